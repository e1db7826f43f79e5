/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of checks. */
#include "control/doctor/checks.h"

#include <string.h>

struct check {
	const char *name;
	void (*run)(const struct checkup *checkup);
};

static const struct check checks[] = {
	{"privilege", check_privilege},
	{"memlock", check_memory_lock},
	{"huge-pages", check_huge_pages},
	{"cores", check_cores},
	{"isolation", check_isolation},
	{"governor", check_governor},
	{"clock", check_clock},
	{"steal", check_steal},
	{"kernel", check_kernel},
	{"drivers", check_drivers},
	{"nics", check_nics},
	{"interfaces", check_interfaces},
	{"xdp", check_xdp},
	{"queues", check_queues},
	{"offloads", check_offloads},
	{"files", check_files},
	{"leftovers", check_leftovers},
};

bool checkup_wants(const struct checkup *checkup, const char *kind)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		if (!strcmp(checkup->ports[i].kind->word, kind))
			return true;
	}
	return false;
}

void checkup_examine(const struct checkup *checkup)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		checkup->results->check = checks[i].name;
		checks[i].run(checkup);
	}
}
