/* SPDX-License-Identifier: BSD-3-Clause */
/* Time: `run` counts by the processor's time stamp counter, which must never change its pace. */
#include "control/doctor/checks.h"

#include <string.h>

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static bool has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)); at += len) {
		if ((at == flags || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

/* Clocks of the kernel that are the time stamp counter under another name: it trusts it. */
static bool counts_by_tsc(const char *clocksource)
{
	static const char *const words[] = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(clocksource, words[i]))
			return true;
	}
	return false;
}

static void check_counter(const struct checkup *checkup, const char *clocksource)
{
	char flags[8192];
	char text[8];

	if (!host_field(checkup->host, "/proc/cpuinfo", "flags", flags, sizeof(flags))) {
		bool x86 = host_field(checkup->host, "/proc/cpuinfo", "vendor_id", text, 8);

		results_add(checkup->results, x86 ? CHECK_UNKNOWN : CHECK_OK, "", "",
			x86 ? "/proc/cpuinfo has no flags"
			    : "not an x86 processor: its counter never changes pace");
		return;
	}
	if (has_flag(flags, "constant_tsc") && has_flag(flags, "nonstop_tsc"))
		results_add(
			checkup->results, CHECK_OK, "", "", "the time stamp counter is invariant");
	else if (counts_by_tsc(clocksource))
		results_add(checkup->results, CHECK_OK, "", "",
			"the kernel counts by the time stamp counter (%s)", clocksource);
	else
		result_mend(results_add(checkup->results, CHECK_FAIL, "",
				    "all times of a live box come from this counter",
				    "the time stamp counter is not invariant"),
			"grep -wo -m1 -E 'constant_tsc|nonstop_tsc' /proc/cpuinfo");
}

void check_clock(const struct checkup *checkup)
{
	char clocksource[64] = "";

	if (!host_line(checkup->host, clocksource, sizeof(clocksource), CLOCKSOURCE))
		results_add(checkup->results, CHECK_UNKNOWN, "", "", CLOCKSOURCE " is not there");
	else if (counts_by_tsc(clocksource))
		results_add(checkup->results, CHECK_OK, "", "", "the kernel's clock is %s",
			clocksource);
	else
		result_mend(results_add(checkup->results, CHECK_WARN, "",
				    "reading the time is slow, and the kernel distrusts the time "
				    "stamp counter",
				    "the kernel's clock is %s", clocksource),
			"echo tsc > " CLOCKSOURCE);
	check_counter(checkup, clocksource);
}

/* /proc/stat: user nice system idle iowait irq softirq steal, in ticks since the start. */
void check_steal(const struct checkup *checkup)
{
	unsigned long long ticks[8], sum = 0;
	char text[256];
	double share;

	if (!host_field(checkup->host, "/proc/stat", "cpu ", text, sizeof(text)) ||
		sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1],
			&ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) != 8) {
		results_add(checkup->results, CHECK_UNKNOWN, "", "",
			"/proc/stat does not tell stolen time");
		return;
	}
	for (int i = 0; i < 8; i++)
		sum += ticks[i];
	share = sum ? 100.0 * (double)ticks[7] / (double)sum : 0;
	if (share < 0.5)
		results_add(checkup->results, CHECK_OK, "", "",
			"%.2f %% of the time was taken by other virtual machines", share);
	else
		result_mend(
			results_add(checkup->results, CHECK_WARN, "",
				"a worker stands still while its core is taken away",
				"%.2f %% of the time was taken by other virtual machines", share),
			"vmstat 1 5");
}
