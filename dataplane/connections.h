/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that act on connections which come too often (`when: {connections: {over: 3, within: 60s,
 * per: [client, name]}}`): a flow of which everything else in the rule's `when` is true is counted
 * once, together with those that agree in the parts that `per` names, and the rule is true of it
 * when there were more than so many.
 */
#ifndef SLUICE_CONNECTIONS_H
#define SLUICE_CONNECTIONS_H

#include "dataplane/counters.h"
#include "dataplane/flow.h"
#include "dataplane/recent.h"
#include "dataplane/ruleset.h"

struct connections {
	struct recent *recent;
	const struct flow_table *table;
	struct counters *counters;
};

/* Counts the flow under its rule, which has a limit. True: there were too many. */
bool connections_over(const struct connections *connections, const struct rule *rule,
	const struct flow_record *record, uint64_t now_ns);

#endif
