/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is looked at, a function a check; examination.c has the table. A check adds results; it
 * adds CHECK_FAIL exactly for what makes `run` refuse with the same arguments.
 */
#ifndef SLUICE_CHECKS_H
#define SLUICE_CHECKS_H

#include "control/doctor/host.h"
#include "control/doctor/results.h"

#include "dataplane/io/port.h"

/* What `run` would be given. */
struct checkup {
	const struct host *host;
	struct check_results *results;
	const struct checkup_port {
		const struct port_kind *kind;
		const char *text; /* "xdp:eth1" */
		const char *rest; /* "eth1" */
	} * ports;
	size_t port_count; /* 0: the machine alone */
	const unsigned *cores;
	size_t core_count; /* 0: not said */
	const char *lab;
	uint64_t memory_mb; /* 0: not said */
	bool no_huge;
};

/* Whether a port of the kind ("pci") is among them. */
bool checkup_wants(const struct checkup *checkup, const char *kind);

/* All checks in order. */
void checkup_examine(const struct checkup *checkup);

void check_privilege(const struct checkup *checkup);
void check_memory_lock(const struct checkup *checkup);
void check_huge_pages(const struct checkup *checkup);
void check_cores(const struct checkup *checkup);
void check_isolation(const struct checkup *checkup);
void check_governor(const struct checkup *checkup);
void check_clock(const struct checkup *checkup);
void check_steal(const struct checkup *checkup);
void check_kernel(const struct checkup *checkup);
void check_drivers(const struct checkup *checkup);
void check_nics(const struct checkup *checkup);
void check_interfaces(const struct checkup *checkup);
void check_xdp(const struct checkup *checkup);
void check_queues(const struct checkup *checkup);
void check_offloads(const struct checkup *checkup);
void check_files(const struct checkup *checkup);
void check_leftovers(const struct checkup *checkup);

#endif
