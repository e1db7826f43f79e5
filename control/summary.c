/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/summary.h"

#include "control/kernel_paths.h"

#include <inttypes.h>

static void print_fates(const char *what, const struct fates *fates, FILE *out)
{
	fprintf(out, "%s: received %" PRIu64 " packets, forwarded %" PRIu64, what,
		fates->received.packets, fates->forwarded.packets);
	if (fates->held.packets)
		fprintf(out, ", held %" PRIu64, fates->held.packets);
	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++) {
		if (fates->dropped[drop].packets)
			fprintf(out, ", dropped by %s %" PRIu64, drop_words[drop],
				fates->dropped[drop].packets);
	}
	fputc('\n', out);
}

void summary_print(const struct box_counters *counters, const struct ruleset *ruleset,
	uint64_t ran_ns, FILE *out)
{
	const struct counters *sum = &counters->sum;
	struct fates total = counters_total(sum);
	char what[96];

	snprintf(what, sizeof(what), "%.1f s", (double)ran_ns / 1e9);
	print_fates(what, &total, out);
	for (uint32_t port = 0; port < sum->port_count; port++) {
		snprintf(what, sizeof(what), "port %u", port);
		print_fates(what, &sum->ports[port], out);
		if (counters->kernel[port].serves)
			kernel_paths_print(port, &counters->kernel[port], out);
	}
	for (uint32_t rule = 0; rule < ruleset->rule_count; rule++) {
		snprintf(what, sizeof(what), "rule %s", ruleset->rules[rule].id);
		print_fates(what, &sum->rules[rule], out);
	}
}
