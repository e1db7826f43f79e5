/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's drivers are packages of their own: which of those for our kinds of ports are there. */
#include "control/doctor/checks.h"

#include <string.h>

struct driver {
	const char *kind;
	const char *name; /* librte_NAME.so; the package is librte-NAME with hyphens */
};

static const struct driver drivers[] = {
	{"xdp", "net_af_xdp"},
	{"packet", "net_af_packet"},
	{"tap", "net_tap"},
	{"pcap", "net_pcap"},
	{"pci", "bus_pci"},
};

/* "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0": the newest below any architecture's folder. */
static bool find_folder(const struct host *host, char *folder, size_t size)
{
	char **names = host_names(host, "", "/usr/lib");
	bool found = false;

	for (char **name = names; name && *name; name++) {
		char **versions = host_names(host, "pmds-", "/usr/lib/%s/dpdk", *name);

		for (char **version = versions; version && *version; version++)
			found = snprintf(folder, size, "/usr/lib/%s/dpdk/%s", *name, *version) <
				(int)size;
		host_names_free(versions);
	}
	host_names_free(names);
	return found;
}

/* Debian's names: librte-net-af-xdp23 for pmds-23.0. */
static void mend_driver(struct check_result *result, const char *name, const char *folder)
{
	const char *version = strstr(folder, "pmds-") + strlen("pmds-");
	char package[64];

	snprintf(package, sizeof(package), "%s%.*s", name, (int)strcspn(version, "."), version);
	for (char *c = package; *c; c++)
		*c = *c == '_' ? '-' : *c;
	result_mend(result, "apt-get install librte-%s", package);
}

void check_drivers(const struct checkup *checkup)
{
	char folder[256];

	if (!find_folder(checkup->host, folder, sizeof(folder))) {
		result_mend(results_add(checkup->results, CHECK_UNKNOWN, "", "",
				    "no folder of DPDK drivers below /usr/lib"),
			"apt-get install dpdk");
		return;
	}
	results_add(checkup->results, CHECK_OK, "", "", "DPDK's drivers are in %s", folder);
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		const struct driver *driver = &drivers[i];
		bool wanted = checkup_wants(checkup, driver->kind);

		if (host_has(checkup->host, "%s/librte_%s.so", folder, driver->name))
			continue;
		mend_driver(results_add(checkup->results, wanted ? CHECK_FAIL : CHECK_WARN,
				    driver->kind, "ports of this kind need it",
				    "librte_%s.so is not there", driver->name),
			driver->name, folder);
	}
}
