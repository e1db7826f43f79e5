/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's environment: memory, cores, runtime folder. One a process, begun once. Above this folder
 * nobody sees a DPDK type; what goes wrong comes back as one line.
 */
#ifndef SLUICE_EAL_H
#define SLUICE_EAL_H

#include "dataplane/trouble.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eal_options {
	const char *lab;       /* name of this box: runtime folder and telemetry socket; boxes of
				  different names do not disturb each other */
	const unsigned *cores; /* of the workers, in order */
	unsigned core_count;   /* the control thread runs on whatever is left, or shares */
	unsigned memory_mb;    /* 0: as needed, from huge pages as they are there */
	bool no_huge;          /* asked for; also taken, and said, when there are none */
	bool verbose;          /* show DPDK's own log */
	const char *const
		*pci; /* addresses of the devices this process drives; no other is touched */
	unsigned pci_count;
};

/* False with *trouble set: not root (says which capability is missing), core does not exist, name
 * taken by a living box. *fell_back: no huge pages were there. A dead box's folder is cleared. */
bool eal_begin(const struct eal_options *options, bool *fell_back, struct trouble *trouble);

/* Runs on the core of worker `worker` (index into cores); eal_wait() joins all. */
bool eal_launch(unsigned worker, int (*run)(void *context), void *context);
void eal_wait(void);

/* What DPDK logged first as an error since eal_expect(), "" when nothing: why a device could not be
 * made. With eal_options.verbose it is shown instead. */
void eal_expect(void);
const char *eal_error(void);

/* Bytes of huge pages nobody uses. */
uint64_t eal_free_huge_bytes(void);

/* Removes the runtime folder and gives all memory back. */
void eal_end(void);

/* "/var/run/dpdk/sluice-LAB": where the telemetry socket is. False when it does not fit. */
bool eal_runtime_folder(const char *lab, char *path, size_t size);

#endif
