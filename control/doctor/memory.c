/* SPDX-License-Identifier: BSD-3-Clause */
/* Huge pages: how many, of which size, on which node. Run needs no mounted hugetlbfs. */
#include "control/doctor/checks.h"

#include <stdlib.h>
#include <string.h>

static const char why_huge[] = "without huge pages run falls back to --no-huge: slower for each "
			       "packet, and no NIC with DPDK's own driver";

struct pages {
	int64_t size_kb, count, free;
};

static int64_t pages_mb(const struct pages *pages)
{
	return pages->free * pages->size_kb / 1024;
}

/* "hugepages-2048kB" below a folder. */
static bool read_pages(
	const struct host *host, const char *folder, const char *name, struct pages *pages)
{
	pages->size_kb = strtoll(name + strlen("hugepages-"), NULL, 10);
	return pages->size_kb > 0 &&
	       host_number(host, &pages->count, "%s/%s/nr_hugepages", folder, name) &&
	       host_number(host, &pages->free, "%s/%s/free_hugepages", folder, name);
}

/* A page of the default size is what the kernel makes without a boot option. */
static void mend_pages(const struct host *host, struct check_result *result, int64_t mb)
{
	char text[32];
	int64_t size_kb = 2048;

	if (host_field(host, "/proc/meminfo", "Hugepagesize:", text, sizeof(text)))
		size_kb = strtoll(text, NULL, 10);
	if (size_kb <= 0)
		size_kb = 2048;
	result_mend(result, "echo %lld > /proc/sys/vm/nr_hugepages",
		(long long)((mb * 1024 + size_kb - 1) / size_kb));
}

/* How the free ones lie on the nodes, when there are several. */
static void check_nodes(const struct checkup *checkup)
{
	char **nodes = host_names(checkup->host, "node", "/sys/devices/system/node");
	size_t count = 0, empty = 0;
	const char *lacking = "";

	for (char **node = nodes; node && *node; node++) {
		char folder[128];
		int64_t free_mb = 0;
		struct pages pages;
		char **sizes;

		if (strspn(*node + 4, "0123456789") != strlen(*node + 4))
			continue;
		snprintf(folder, sizeof(folder), "/sys/devices/system/node/%.32s/hugepages", *node);
		sizes = host_names(checkup->host, "hugepages-", "%s", folder);
		for (char **size = sizes; size && *size; size++)
			free_mb += read_pages(checkup->host, folder, *size, &pages)
					   ? pages_mb(&pages)
					   : 0;
		host_names_free(sizes);
		count++;
		if (!free_mb) {
			empty++;
			lacking = *node;
		}
	}
	if (count > 1 && empty && empty < count)
		result_mend(results_add(checkup->results, CHECK_WARN, lacking,
				    "workers and NICs of that node reach memory of another one",
				    "no free huge pages on this node"),
			"echo 512 > /sys/devices/system/node/%s/hugepages/hugepages-2048kB/"
			"nr_hugepages",
			lacking);
	host_names_free(nodes);
}

void check_huge_pages(const struct checkup *checkup)
{
	static const char folder[] = "/sys/kernel/mm/hugepages";
	int64_t free_mb = 0, wanted_mb = checkup->memory_mb ? (int64_t)checkup->memory_mb : 512;
	char **sizes = host_names(checkup->host, "hugepages-", "%s", folder);
	struct check_results *results = checkup->results;
	struct check_result *result;

	if (checkup->no_huge) {
		results_add(results, CHECK_OK, "", "", "not used: --no-huge");
		host_names_free(sizes);
		return;
	}
	if (!sizes) {
		result_mend(results_add(results, CHECK_UNKNOWN, "", why_huge, "%s is not there",
				    folder),
			"grep Huge /proc/meminfo");
		return;
	}
	for (char **size = sizes; *size; size++) {
		struct pages pages;

		if (!read_pages(checkup->host, folder, *size, &pages) || !pages.count)
			continue;
		free_mb += pages_mb(&pages);
		results_add(results, CHECK_OK, "", "", "%lld of %lld free, of %lld kB",
			(long long)pages.free, (long long)pages.count, (long long)pages.size_kb);
	}
	host_names_free(sizes);
	if (free_mb < wanted_mb) {
		result = results_add(results, CHECK_WARN, "", why_huge,
			"%lld MB of huge pages are free, %lld MB are wanted", (long long)free_mb,
			(long long)wanted_mb);
		mend_pages(checkup->host, result, wanted_mb);
	}
	check_nodes(checkup);
}
