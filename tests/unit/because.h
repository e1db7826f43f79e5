/* SPDX-License-Identifier: BSD-3-Clause */
/* A skipped test says why, in the line that tests/total.py looks for. */
#ifndef SLUICE_BECAUSE_H
#define SLUICE_BECAUSE_H

#define SKIP_BECAUSE(reason)                                   \
	do {                                                   \
		print_message("skipped because %s\n", reason); \
		skip();                                        \
	} while (0)

#endif
