/* SPDX-License-Identifier: BSD-3-Clause */
/* What boxes that died have left, and whether the wanted name is free. */
#include "control/doctor/checks.h"

#include <limits.h>
#include <string.h>

#define RUNTIME "/run/dpdk"
#define PAGES   "/dev/hugepages"

static const char begin[] = "sluice-";

/* 1 a living process, 0 none, -1 unknown. */
static int lives(const struct host *host, const char *name)
{
	char path[PATH_MAX];

	if (!host->questions || snprintf(path, sizeof(path), "%s" RUNTIME "/%s/lock", host->root,
					name) >= (int)sizeof(path))
		return -1;
	if (!host_has(host, RUNTIME "/%s/lock", name))
		return 0;
	return host->questions->locked(path);
}

static void check_folders(const struct checkup *checkup)
{
	char **names = host_names(checkup->host, begin, RUNTIME);

	for (char **name = names; name && *name; name++) {
		const char *lab = *name + strlen(begin);
		int alive = lives(checkup->host, *name);

		if (alive > 0 && checkup->lab && !strcmp(lab, checkup->lab))
			result_mend(results_add(checkup->results, CHECK_FAIL, lab, "",
					    "a box of this name is running"),
				"sluice run --lab OTHER ...");
		else if (alive > 0)
			results_add(checkup->results, CHECK_OK, lab, "",
				"a box of this name is running");
		else if (!alive)
			result_mend(results_add(checkup->results, CHECK_WARN, lab,
					    "the next run clears it",
					    "a box that died has left " RUNTIME "/%s", *name),
				"rm -r " RUNTIME "/%s", *name);
	}
	host_names_free(names);
}

/* "sluice-LABmap_0" is a page of the box LAB. */
static void check_pages(const struct checkup *checkup)
{
	char **names = host_names(checkup->host, begin, PAGES);
	size_t count = 0;

	for (char **name = names; name && *name; name++) {
		char *end = strstr(*name, "map_");

		if (!end)
			continue;
		*end = '\0';
		count += lives(checkup->host, *name) == 0;
	}
	host_names_free(names);
	if (count)
		result_mend(results_add(checkup->results, CHECK_WARN, "huge pages",
				    "they stay taken until the files are removed",
				    "boxes that died have left %zu files in " PAGES, count),
			"rm " PAGES "/%s*map_*", begin);
}

static bool any_lives(const struct host *host)
{
	char **names = host_names(host, begin, RUNTIME);
	bool any = false;

	for (char **name = names; name && *name; name++)
		any = any || lives(host, *name) != 0;
	host_names_free(names);
	return any;
}

/* A program on an interface, and no box that it could belong to. */
static void check_programs(const struct checkup *checkup)
{
	const struct host *host = checkup->host;
	char **names = host_names(host, "", "/sys/class/net");
	struct interface_facts facts;

	for (char **name = names; name && *name && host->questions; name++) {
		if (host->questions->interface(*name, &facts) && facts.xdp_program &&
			!any_lives(host))
			result_mend(results_add(checkup->results, CHECK_WARN, *name,
					    "if a box that died has left it, it keeps packets from "
					    "the kernel",
					    "XDP program %u is attached, and no box is running",
					    facts.xdp_program),
				"ip link set dev %s xdp off", *name);
	}
	host_names_free(names);
}

void check_leftovers(const struct checkup *checkup)
{
	size_t before = checkup->results->count;

	check_folders(checkup);
	check_pages(checkup);
	check_programs(checkup);
	if (before == checkup->results->count)
		results_add(checkup->results, CHECK_OK, "", "", "none");
}
