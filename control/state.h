/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `state` of a rule: how long its box remembers, and for whom.
 *
 *   state:
 *     idle: 600s                      a flow is forgotten after this silence
 *     timeouts: {syn_sent: 60s}       instead of idle, by phase: syn_sent, syn_received,
 *                                     established, closing (after a FIN or RST), udp
 *     cleared_by: [syn]               fin, rst, syn, remote_syn; [] nothing
 *     residual: 420s                  flows of the same key that come later are treated likewise
 *     key: 3-tuple                    4-tuple, 3-tuple, client+server, server+port, client, server
 *     refresh: yes                    each packet under the penalty begins it anew
 *     catches: alike                  only flows that the rule's words about headers are true of;
 *                                     all
 */
#ifndef SLUICE_STATE_H
#define SLUICE_STATE_H

#include "references.h"

#include "dataplane/ruleset.h"

/* Fills idle_ns, timeouts_ns (0: not said), cleared_by and residual; what is not written is the
 * default, node may be NULL. False on failure. */
bool state_read(
	const struct references *references, const struct yaml_node *node, struct rule *rule);

extern const char *const state_words[];       /* keys of `state`, NULL-terminated */
extern const char *const phase_words[];       /* by enum flow_phase, NULL after PHASE_UDP */
extern const char *const penalty_key_words[]; /* by enum penalty_key, NULL-terminated */

#endif
