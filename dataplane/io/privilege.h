/* SPDX-License-Identifier: BSD-3-Clause */
/* What the system asks of a process for each kind of port. */
#ifndef SLUICE_PRIVILEGE_H
#define SLUICE_PRIVILEGE_H

#include "dataplane/io/port.h"

struct privilege {
	const char *kind; /* of port */
	int capability;   /* as in <linux/capability.h> */
	const char *word, *why;
};

extern const struct privilege privileges[]; /* ends with a row whose kind is NULL */

/* Whether these effective capabilities (a bit each) are enough for a row. CAP_SYS_ADMIN is what
 * older kernels asked for instead of CAP_BPF, and newer ones still take. */
bool privilege_held(const struct privilege *privilege, uint64_t effective);

/* False with *trouble set: what this process lacks for the port. */
bool privilege_check(const struct port_kind *kind, const char *text, struct trouble *trouble);

#endif
