/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The box's numbers on DPDK's telemetry socket, for dpdk-telemetry.py and `sluice counters`:
 *
 *   /sluice/list               who this is: version, lab, ruleset, ports, workers, rules
 *   /sluice/drops              all packets: received, forwarded, held, dropped by each reason
 *   /sluice/ports[,FIRST[,S]]  the same for each port, and what its driver counted
 *   /sluice/rules[,FIRST[,S]]  the same for each rule
 *   /sluice/workers[,FIRST[,S]]  loops, bursts, busy time, worst loop, hand-over
 *   /sluice/flows[,S]          fill of the flow tables, created, ended, evicted
 *   /sluice/pools[,S]          packet buffers, held packets
 *
 * Every answer has `snapshot` (a number) and `time_ns` (of its counters). An answer holds at most
 * 16 KB and 256 names (limits of DPDK 22.11), so lists come in pages: where `next` stands, it is
 * the FIRST of the next page. S asks for a snapshot that was given before, so that pages fit
 * together; the last few are kept. Without S the numbers are fresh. Names have letters, digits and
 * underscores only (another limit), so shape-queue-bytes is shape_queue_bytes.
 *
 * DPDK's threads answer; the control thread alone reads the box. A question without S makes
 * telemetry_fd() readable; the control thread then takes a snapshot and calls telemetry_publish(),
 * which wakes whoever asked. Nothing here is seen by workers.
 */
#ifndef SLUICE_TELEMETRY_H
#define SLUICE_TELEMETRY_H

#include "dataplane/io/snapshot.h"

/* After eal_begin(); once a process, since DPDK's callbacks know no context and cannot be taken
 * back. False when DPDK or memory says no. */
bool telemetry_begin(void);
void telemetry_end(void); /* answers are null from now on */

/* Readable while somebody waits; -1 before telemetry_begin(). */
int telemetry_fd(void);

/* Copies the snapshot when somebody waits for one, else does nothing. False when memory is gone. */
bool telemetry_publish(const struct snapshot *snapshot);

#endif
