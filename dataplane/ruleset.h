/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compiled ruleset: what the control plane builds from the model language and the pipeline
 * reads. Constant once built; any number of workers read it. What succeeds what, and which numbers
 * stay the same then, is succession.h.
 *
 * Rules are tried in order and the first that matches wins. A condition is a tree of nodes; while
 * a flow is young some of its leaves are not known yet (a name that may still come), so trees are
 * evaluated to true, false or unknown, and a rule is taken when it is true and all before it are
 * false. What stays unknown when inspection is over is false.
 */
#ifndef SLUICE_RULESET_H
#define SLUICE_RULESET_H

#include "classifiers/entropy.h"
#include "classifiers/hello_texts.h"
#include "classifiers/names.h"
#include "classifiers/prefixes.h"
#include "classifiers/reassembly.h"
#include "classifiers/tls.h"
#include "dataplane/onset.h"
#include "dataplane/recent.h"
#include "throttle/throttle.h"
#include "timetable.h"

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
	CONDITION_NAME, /* tls.sni, quic.sni, dtls.sni, http.host, or any of them; or a text of a
			   hello */
	CONDITION_APP,
	CONDITION_CATEGORY,
	CONDITION_FULLY_ENCRYPTED, /* the client's first payload: no exemption holds */
	CONDITION_BETWEEN,         /* when the flow began */
	CONDITION_CHANCE,          /* drawn once for a flow */
	CONDITION_PORT_ORDER,      /* the client's port is above the server's, or is not */
	CONDITION_DATAGRAM,        /* quic: what a datagram of the client looks like */
	CONDITION_CONNECTIONS,     /* the rule's limit: only beside what else the rule says */
};

enum initiator { INITIATOR_UNKNOWN, INITIATOR_INSIDE, INITIATOR_OUTSIDE };

struct port_range {
	uint16_t first, last; /* both included */
};

/* A look at datagrams of the client that decrypts nothing. One that fits is noted like a name that
 * is on a list. */
struct datagram_look {
	uint32_t bytes_low, bytes_high;        /* of payload, both included */
	uint32_t version_first, version_count; /* into ruleset.versions; none: any bytes */
	uint16_t list;                         /* its bit among the lists */
	uint8_t inspect;                       /* index into ruleset.inspects: who looks */
	bool first_only;                       /* at the client's first one */
};

enum { APP_WORDS = 16 };     /* bitmap of application numbers 0 to 1023 (classifiers/ndpi.h) */
enum { CATEGORY_WORDS = 4 }; /* likewise of categories */

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
			uint16_t list;    /* bit of struct names; one list a condition */
			uint16_t sources; /* 1 << enum name_source or hello_source */
			uint8_t inspect;  /* index into ruleset.inspects: how the box reads */
		} name;
		uint32_t apps; /* index into ruleset.apps: APP_WORDS words */
		uint64_t categories[CATEGORY_WORDS];
		struct {
			struct entropy_limits limits;
			uint8_t inspect; /* as for names: the payload is waited for so long */
		} fully_encrypted;
		uint64_t chance;        /* CHANCE: of 2^64, see prng.h */
		struct opening opening; /* BETWEEN */
		bool client_above;      /* PORT_ORDER */
		uint32_t look;          /* DATAGRAM: index into ruleset.looks */
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
	uint8_t quic;            /* enum quic_way */
	uint8_t number;   /* what flows know it by: below INSPECTS_MAX, stays while it lives */
	uint32_t born_at; /* generation in which it got that number */
};

enum { INSPECTS_MAX = 8 };

static inline bool inspect_equal(const struct inspect *a, const struct inspect *b)
{
	return a->budget_packets == b->budget_packets && a->give_up_over == b->give_up_over &&
	       a->directions == b->directions && a->reassembly == b->reassembly &&
	       a->tls_records == b->tls_records && a->quic == b->quic;
}

/* One step of a rule's `then`. */
struct throttle {
	const struct throttle_kind *kind;
	struct throttle_per per;
	uint16_t flow_state_at; /* SCOPE_FLOW: offset into the flow's THROTTLE_STATE_BYTES */
	uint32_t shared;        /* SCOPE_RULE: number in struct shared_states, below SHARED_MAX;
				   SCOPE_INSIDE_HOST: never given to another throttle again */
	uint32_t born_at;       /* generation in which it got that number, with a fresh state */
	struct timetable *timetable; /* owned; NULL: acts always, and as params say */
	struct onset begins;
	_Alignas(8) uint8_t params[THROTTLE_PARAMS_BYTES];
};

/* What holds at that time; NULL when the step rests then. */
static inline const void *throttle_params_at(const struct throttle *throttle, uint64_t now_ns)
{
	return throttle->timetable ? timetable_params(throttle->timetable, throttle->params, now_ns)
				   : throttle->params;
}

/* Most throttles with a shared state in a ruleset; numbers of those, as none is given that the
 * ruleset before still uses. */
enum { SHARED_COUNT_MAX = UINT16_MAX, SHARED_MAX = 2 * SHARED_COUNT_MAX };

/* What says whether a rule of the same id is still the same: digests (equal numbers, equal things)
 * that the compiler fills in. */
struct rule_content {
	uint64_t matching; /* when, inspect */
	uint64_t layout;   /* kinds of the steps and who shares their states */
	uint64_t whole;    /* all but the id and on_change, with parameters and lists as applied */
};

enum {
	CLEARED_BY_FIN = TCP_FIN,
	CLEARED_BY_RST = TCP_RST,
	CLEARED_BY_SYN = TCP_SYN, /* a new one of the client's */
	CLEARED_BY_REMOTE_SYN = 0x80,
};

/* By what the flows that follow are told to be alike; see penalties.h. */
enum penalty_key {
	PENALTY_4_TUPLE,       /* client, its port, server, its port */
	PENALTY_3_TUPLE,       /* client, server, server's port */
	PENALTY_CLIENT_SERVER, /* both addresses */
	PENALTY_SERVER_PORT,   /* server and its port */
	PENALTY_CLIENT,
	PENALTY_SERVER,
	PENALTY_KEYS,
};

struct residual {
	uint64_t lasts_ns; /* since the flow was decided; 0: no penalty */
	uint8_t key;       /* enum penalty_key */
	bool refreshes;    /* since the last packet that it was put on, instead */
	bool catches_all;  /* flows of which the rule's words about headers are false too */
};

/* In what connections agree that are counted together. An address, or its net: 24 bits of IPv4, 48
 * of IPv6. */
enum connections_part {
	CONNECTIONS_CLIENT = 1,
	CONNECTIONS_CLIENT_NET = 2,
	CONNECTIONS_SERVER = 4,
	CONNECTIONS_SERVER_NET = 8,
	CONNECTIONS_SERVER_PORT = 16,
	CONNECTIONS_NAME = 32,
	CONNECTIONS_JA3 = 64,
	CONNECTIONS_JA4 = 128,
	CONNECTIONS_OF_CLIENT = CONNECTIONS_CLIENT | CONNECTIONS_CLIENT_NET,
	CONNECTIONS_OF_SERVER = CONNECTIONS_SERVER | CONNECTIONS_SERVER_NET,
	CONNECTIONS_READ = CONNECTIONS_NAME | CONNECTIONS_JA3 | CONNECTIONS_JA4,
};

struct connections_limit {
	struct recent_limit limit; /* over 0: none */
	uint8_t parts; /* bits of connections_part; none: all that the rule is true of */
};

/* How far a flow has come, as boxes that track connections tell. */
enum flow_phase {
	PHASE_SYN_SENT,     /* the client's SYN, and nothing from the server */
	PHASE_SYN_RECEIVED, /* an answer, and no ACK of the client */
	PHASE_ESTABLISHED,  /* any other TCP, also when its begin was not seen */
	PHASE_CLOSING,      /* a FIN or RST was seen */
	PHASE_UDP,
	PHASE_OTHER,
	PHASES,
};

struct rule {
	uint64_t idle_ns;             /* a flow of this rule is forgotten after this silence */
	uint64_t timeouts_ns[PHASES]; /* the same by phase, where the ruleset is timed */
	uint32_t throttle_first, throttle_count; /* into ruleset.throttles; none: exempts */
	/* Flows that last met a ruleset older than that generation are decided anew, or begin with
	 * fresh throttle states. */
	uint32_t redecides_before, forgets_before;
	struct residual residual;
	struct connections_limit connections;
	uint16_t slot;      /* what flows, verdicts and counters know it by */
	uint8_t cleared_by; /* CLEARED_BY_ bits: what ends the flow's state at once */
	bool counts;        /* some step of it has due() */
	bool keeps;         /* on_change: keep */
	uint32_t condition; /* root, index into ruleset.conditions */
	struct rule_content content;
	char id[64];
};

enum {
	RULE_MAX = 65000,
	RULE_UNDECIDED = 0xfffe, /* inspection goes on */
	RULE_NONE = 0xffff,      /* no rule matches */
	RULE_SLOTS = RULE_UNDECIDED,
};

/* A rule's number for as long as its id lives, and some time longer: then it may be another's. */
struct rule_slot {
	uint32_t born_at; /* generation in which this id got the slot */
	uint32_t gone_at; /* generation that did not have it any more; 0: it is there */
	uint16_t rule;    /* index, RULE_NONE: gone */
	char id[64];
};

struct ruleset {
	char id[64];
	struct rule *rules;
	struct condition *conditions;
	struct throttle *throttles;
	struct port_range *ports;
	struct datagram_look *looks;
	uint32_t *versions;
	uint64_t (*apps)[APP_WORDS];
	struct prefixes **prefixes; /* owned; referred to by conditions */
	struct names *names;        /* sealed; lists are numbered over all rules */
	/* Lists that count for a text read by inspect i from source s: bitmaps of list_words. */
	uint64_t *list_masks[INSPECTS_MAX][TEXT_SOURCES];
	uint32_t hello_sources; /* bits of hello_source that some condition asks for */
	struct inspect inspects[INSPECTS_MAX];
	uint32_t rule_count, condition_count, throttle_count, port_count, app_count, prefixes_count;
	uint32_t look_count, version_count;
	uint32_t list_count, list_words; /* list_words = ceil(list_count / 64), at least 1 */
	uint32_t inspect_count;
	uint32_t shared_count; /* throttles whose state is not per flow, and penalties that more
				  than one flow can have */
	uint32_t residual_count;
	uint16_t *residuals; /* indices of the rules with a penalty, in order */
	/* From ruleset_succeed() */
	uint32_t generation;     /* 1 for the first */
	uint32_t matching_since; /* generation since which the same flows fall under the same rules
				  */
	uint32_t reborn_at; /* generation in which a slot was last given to another id, 0 never */
	uint32_t next_host_number; /* for throttle.shared of SCOPE_INSIDE_HOST */
	uint32_t slot_count;       /* never less than before */
	struct rule_slot *slots;
	uint64_t idle_ns; /* for flows without a rule: the longest idle_ns of any rule */
	uint64_t timeouts_ns[PHASES]; /* likewise, of the rules that say one */
	uint64_t patience_ns; /* no flow is forgotten after a shorter silence: the least of all */
	bool timed;           /* some rule has time-outs by phase */
	uint8_t cleared_by;   /* for flows without a rule: what every rule is cleared by */
	bool wants_apps;      /* some condition asks for CONDITION_APP or _CATEGORY */
	bool wants_entropy;   /* and for CONDITION_FULLY_ENCRYPTED */
};

#define FLOW_IDLE_NS (600ull * 1000 * 1000 * 1000)

/* The rule of a slot; NULL when it has gone, or for RULE_NONE and RULE_UNDECIDED. */
static inline const struct rule *ruleset_rule(const struct ruleset *ruleset, uint16_t slot)
{
	uint16_t rule = slot < ruleset->slot_count ? ruleset->slots[slot].rule : RULE_NONE;

	return rule == RULE_NONE ? NULL : &ruleset->rules[rule];
}

/* The id of the rule that has the slot or had it last; NULL for RULE_NONE and RULE_UNDECIDED. */
static inline const char *ruleset_rule_id(const struct ruleset *ruleset, uint16_t slot)
{
	return slot < ruleset->slot_count ? ruleset->slots[slot].id : NULL;
}

/* Frees the ruleset and all it points to. NULL is fine. */
void ruleset_free(struct ruleset *ruleset);

#endif
