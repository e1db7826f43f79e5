/* SPDX-License-Identifier: BSD-3-Clause */
/* Cores: which there are, who else runs on them, how fast they run. */
#include "control/doctor/checks.h"

#include <stdlib.h>
#include <string.h>

#define CPU "/sys/devices/system/cpu"

/* How many numbers "0-3,8" has. */
static unsigned list_count(const char *list)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 4096; i++)
		count += host_list_has(list, i);
	return count;
}

/* Two threads of one core share its execution units. */
static void check_siblings(const struct checkup *checkup, size_t at)
{
	char list[256], about[16];

	if (!host_line(checkup->host, list, sizeof(list),
		    CPU "/cpu%u/topology/thread_siblings_list", checkup->cores[at]))
		return;
	for (size_t other = 0; other < at; other++) {
		if (!host_list_has(list, checkup->cores[other]))
			continue;
		snprintf(about, sizeof(about), "core %u", checkup->cores[at]);
		result_mend(
			results_add(checkup->results, CHECK_WARN, about,
				"two workers on one core are little faster than one",
				"is the same core as %u (hyper-threading)", checkup->cores[other]),
			"lscpu --extended");
	}
}

static void check_core(const struct checkup *checkup, size_t at, const char *online)
{
	unsigned core = checkup->cores[at];
	char about[16], allowed[256];

	snprintf(about, sizeof(about), "core %u", core);
	if (!host_has(checkup->host, CPU "/cpu%u", core))
		result_mend(results_add(checkup->results, CHECK_FAIL, about, "",
				    "does not exist; online are %s", online),
			"lscpu --extended");
	else if (!host_list_has(online, core))
		result_mend(results_add(checkup->results, CHECK_FAIL, about, "",
				    "is offline; online are %s", online),
			"echo 1 > " CPU "/cpu%u/online", core);
	else if (host_field(checkup->host, "/proc/self/status", "Cpus_allowed_list:", allowed,
			 sizeof(allowed)) &&
		 !host_list_has(allowed, core))
		result_mend(results_add(checkup->results, CHECK_FAIL, about, "",
				    "this process may use %s only", allowed),
			"taskset --cpu-list %s sluice run ...", online);
	else
		check_siblings(checkup, at);
}

void check_cores(const struct checkup *checkup)
{
	char online[256];
	unsigned count;

	if (!host_line(checkup->host, online, sizeof(online), CPU "/online")) {
		results_add(checkup->results, CHECK_UNKNOWN, "", "", CPU "/online is not there");
		return;
	}
	count = list_count(online);
	results_add(checkup->results, CHECK_OK, "", "", "%u online: %s", count, online);
	for (size_t i = 0; i < checkup->core_count; i++)
		check_core(checkup, i, online);
	if (checkup->core_count && checkup->core_count >= count)
		results_add(checkup->results, CHECK_WARN, "",
			"a worker takes all of its core: the control thread and everything else "
			"wait or disturb",
			"%zu workers leave no core for anybody else", checkup->core_count);
}

void check_isolation(const struct checkup *checkup)
{
	static const char why[] = "the kernel runs other things on a worker's core, which shows in "
				  "the worst loop time; rates in a lab stay right";
	char isolated[256] = "", list[128] = "";
	size_t shared = 0;

	if (!host_line(checkup->host, isolated, sizeof(isolated), CPU "/isolated") &&
		!host_has(checkup->host, CPU "/isolated")) {
		results_add(checkup->results, CHECK_UNKNOWN, "", why, CPU "/isolated is not there");
		return;
	}
	for (size_t i = 0; i < checkup->core_count; i++) {
		size_t used = strlen(list);

		shared += !host_list_has(isolated, checkup->cores[i]);
		snprintf(list + used, sizeof(list) - used, "%s%u", i ? "," : "", checkup->cores[i]);
	}
	if (checkup->core_count ? !shared : *isolated != '\0')
		results_add(checkup->results, CHECK_OK, "", "", "isolated: %s", isolated);
	else
		result_mend(results_add(checkup->results, CHECK_WARN, "", why, "%s%s",
				    *isolated ? "not all workers' cores are isolated; isolated: "
					      : "no core is isolated",
				    isolated),
			"sed -i 's/^GRUB_CMDLINE_LINUX=\"/&isolcpus=%s nohz_full=%s rcu_nocbs=%s "
			"/' "
			"/etc/default/grub && update-grub && reboot",
			*list ? list : "1", *list ? list : "1", *list ? list : "1");
}

void check_governor(const struct checkup *checkup)
{
	char governor[64] = "", about[32] = "";
	char **names = host_names(checkup->host, "cpu", CPU);
	size_t known = 0;
	bool slow = false;

	for (char **name = names; name && *name && !slow; name++) {
		if (!host_line(checkup->host, governor, sizeof(governor),
			    CPU "/%s/cpufreq/scaling_governor", *name))
			continue;
		known++;
		slow = strcmp(governor, "performance") != 0;
		snprintf(about, sizeof(about), "%.31s", slow ? *name : "");
	}
	host_names_free(names);
	if (slow)
		result_mend(results_add(checkup->results, CHECK_WARN, about,
				    "the clock of the core changes while packets wait",
				    "the frequency governor is %s", governor),
			"echo performance | tee " CPU "/cpu*/cpufreq/scaling_governor");
	else if (known)
		results_add(checkup->results, CHECK_OK, "", "", "%s", governor);
	else
		results_add(checkup->results, CHECK_UNKNOWN, "", "",
			"the kernel does not set frequencies here (usual in a virtual machine)");
}
