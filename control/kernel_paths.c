/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/kernel_paths.h"

#include <inttypes.h>

static json_t *lost_json(const struct steer_losses *losses, uint64_t packets)
{
	return losses->known ? json_integer((json_int_t)packets) : json_null();
}

json_t *kernel_paths_json(const struct steer_counters *counters)
{
	const struct steer_losses *losses = &counters->losses;
	json_t *json = json_object();

	for (unsigned path = 0; path < STEER_PATH_COUNT; path++) {
		const struct steer_count *count = &counters->paths[path];

		json_object_set_new(json, steer_path_words[path],
			json_pack("{s:I,s:I}", "packets", (json_int_t)count->packets, "bytes",
				(json_int_t)count->bytes));
	}
	json_object_set_new(json, "lost_behind",
		json_pack("{s:o,s:o}", "to_user", lost_json(losses, losses->to_user), "to_other",
			lost_json(losses, losses->to_other)));
	return json;
}

void kernel_paths_print(unsigned port, const struct steer_counters *counters, FILE *out)
{
	const struct steer_losses *losses = &counters->losses;
	const char *separator = "";

	fprintf(out, "port %u in the kernel:", port);
	for (unsigned path = 0; path < STEER_PATH_COUNT; path++) {
		if (!counters->paths[path].packets)
			continue;
		fprintf(out, "%s %s %" PRIu64, separator, steer_path_words[path],
			(uint64_t)counters->paths[path].packets);
		separator = ",";
	}
	if (!*separator)
		fputs(" nothing", out);
	if (losses->to_user || losses->to_other)
		fprintf(out,
			"; lost behind it: %" PRIu64 " to user space, %" PRIu64
			" to the other port",
			(uint64_t)losses->to_user, (uint64_t)losses->to_other);
	fputc('\n', out);
}
