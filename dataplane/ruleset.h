/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compiled ruleset: what the control plane builds from the model language and the pipeline
 * reads. Constant once built; any number of workers read it.
 *
 * Rules are tried in order and the first that matches wins. A condition is a tree of nodes; while
 * a flow is young some of its leaves are not known yet (a name that may still come), so trees are
 * evaluated to true, false or unknown, and a rule is taken when it is true and all before it are
 * false. What stays unknown when inspection is over is false.
 */
#ifndef SLUICE_RULESET_H
#define SLUICE_RULESET_H

#include "classifiers/inspection.h"
#include "classifiers/names.h"
#include "classifiers/prefixes.h"
#include "classifiers/reassembly.h"
#include "classifiers/tls.h"
#include "throttle/throttle.h"

#include <stdbool.h>
#include <stdint.h>

enum condition_op {
	CONDITION_ALL, /* every child; true without children */
	CONDITION_ANY, /* at least one child; false without children */
	CONDITION_NOT, /* one child */
	CONDITION_INITIATOR,
	CONDITION_PROTO,
	CONDITION_CLIENT,
	CONDITION_SERVER,
	CONDITION_CLIENT_PORT,
	CONDITION_SERVER_PORT,
	CONDITION_NAME, /* tls.sni, quic.sni, http.host, or any of them */
	CONDITION_APP,
};

enum initiator { INITIATOR_UNKNOWN, INITIATOR_INSIDE, INITIATOR_OUTSIDE };

struct port_range {
	uint16_t first, last; /* both included */
};

enum { APP_WORDS = 16 }; /* bitmap of application numbers 0 to 1023 (classifiers/ndpi.h) */

struct condition {
	uint8_t op; /* enum condition_op */
	union {
		struct {
			uint32_t first, count;   /* into ruleset.conditions */
		} children;                      /* ALL, ANY, NOT */
		uint8_t initiator;               /* enum initiator */
		uint64_t proto[4];               /* bitmap of IP protocol numbers */
		const struct prefixes *prefixes; /* CLIENT, SERVER */
		struct {
			uint32_t first, count; /* into ruleset.ports */
		} ports;
		struct {
			uint16_t list;   /* bit of struct names; one list a condition */
			uint8_t sources; /* 1 << enum name_source */
			uint8_t inspect; /* index into ruleset.inspects: how the box reads */
		} name;
		uint32_t apps; /* index into ruleset.apps: APP_WORDS words */
	};
};

/* How a box looks for names: what its parser does, and when it stops looking. */
struct inspect {
	uint32_t budget_packets; /* packets with payload that are looked at, then no more */
	uint32_t give_up_over;   /* bytes: a first payload packet that is not recognised and longer
				    ends inspection for ever; UINT32_MAX: never */
	uint8_t directions;      /* DIRECTIONS_ bits that are looked at */
	uint8_t reassembly;      /* enum reassembly_way */
	uint8_t tls_records;     /* enum tls_records */
};

enum { INSPECTS_MAX = 8 };

/* One step of a rule's `then`. */
struct throttle {
	const struct throttle_kind *kind;
	struct throttle_per per;
	uint16_t flow_state_at; /* SCOPE_FLOW: offset into the flow's THROTTLE_STATE_BYTES */
	uint16_t shared;        /* SCOPE_RULE, SCOPE_INSIDE_HOST: number of this throttle among the
				   ruleset's shared ones, from 0 */
	_Alignas(8) uint8_t params[THROTTLE_PARAMS_BYTES];
};

enum { CLEARED_BY_FIN = TCP_FIN, CLEARED_BY_RST = TCP_RST, CLEARED_BY_SYN = TCP_SYN };

struct rule {
	char id[64];
	uint32_t condition;                      /* root, index into ruleset.conditions */
	uint32_t throttle_first, throttle_count; /* into ruleset.throttles; none: exempts */
	uint64_t idle_ns;   /* a flow of this rule is forgotten after this silence */
	uint8_t cleared_by; /* CLEARED_BY_ bits: what ends the flow's state at once */
	bool counts;        /* some step of it has due() */
};

enum {
	RULE_MAX = 65000,
	RULE_UNDECIDED = 0xfffe, /* inspection goes on */
	RULE_NONE = 0xffff,      /* no rule matches */
};

struct ruleset {
	char id[64];
	struct rule *rules;
	struct condition *conditions;
	struct throttle *throttles;
	struct port_range *ports;
	uint64_t (*apps)[APP_WORDS];
	struct prefixes **prefixes; /* owned; referred to by conditions */
	struct names *names;        /* sealed; lists are numbered over all rules */
	/* Lists that count for a name read by inspect i from source s: bitmaps of list_words. */
	uint64_t *list_masks[INSPECTS_MAX][NAME_SOURCES];
	struct inspect inspects[INSPECTS_MAX];
	uint32_t rule_count, condition_count, throttle_count, port_count, app_count, prefixes_count;
	uint32_t list_count, list_words; /* list_words = ceil(list_count / 64), at least 1 */
	uint32_t inspect_count;
	uint32_t shared_count; /* throttles whose state is not per flow */
	uint64_t idle_ns;      /* for flows without a rule: the longest idle_ns of any rule */
	uint8_t cleared_by;    /* for flows without a rule: what every rule is cleared by */
	bool wants_apps;       /* some condition asks for CONDITION_APP */
};

#define FLOW_IDLE_NS (600ull * 1000 * 1000 * 1000)

/* Frees the ruleset and all it points to. NULL is fine. */
void ruleset_free(struct ruleset *ruleset);

#endif
