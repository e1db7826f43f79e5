/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The traffic script: what hosts do in an experiment, as the `do:` of a model's expectations says
 * it.
 *
 *     script = { prefix ":" } step { ";" step }
 *     prefix = "from outside" | COUNT "flows"
 *     step   = [COUNT] NAME [AMOUNT] { WORD | KEY=VALUE }
 *
 *     hello sni=t.co split=2; wait 590s; download 383kB
 *     2 flows: hello sni=t.co; download 383kB
 *     link rtt=100ms cc=reno; 13 records; rst from=server
 *
 * What each word means stands in its row (script_words.c), which `sluice model verify --words`
 * prints. What holds for all of them:
 *
 * - A client inside talks to a server outside (`from outside`: the other way round); the first
 *   step that needs a flow opens one, `connect` opens another. `N flows` do the whole script side
 *   by side. What is measured is measured at the ends, of the last flow that was opened.
 * - Nothing is sent that is not written: no host answers a hello, `download` asks for nothing
 *   first. TCP's own packets (handshake, pure ACKs) are all there is besides.
 * - What begins at a name's step is a segment of its own. A step is over when the other end has
 *   acknowledged it, or after 1 s; a transfer when it is complete, or nothing more has arrived for
 *   60 s; then the next one begins.
 */
#ifndef SLUICE_SCRIPT_H
#define SLUICE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum script_verb {
	SCRIPT_LINK,
	SCRIPT_CONNECT,
	SCRIPT_HELLO,
	SCRIPT_CCS,
	SCRIPT_RECORDS,
	SCRIPT_GARBAGE,
	SCRIPT_RANDOM,
	SCRIPT_TEXT,
	SCRIPT_HTTP,
	SCRIPT_HTTP_CONNECT,
	SCRIPT_SOCKS,
	SCRIPT_SSH,
	SCRIPT_DNS,
	SCRIPT_STUN,
	SCRIPT_DTLS,
	SCRIPT_QUIC_INITIAL,
	SCRIPT_OPENVPN,
	SCRIPT_WIREGUARD,
	SCRIPT_DATAGRAMS,
	SCRIPT_FRAGMENTS,
	SCRIPT_FIN,
	SCRIPT_RST,
	SCRIPT_SYN,
	SCRIPT_ACK,
	SCRIPT_WAIT,
	SCRIPT_DOWNLOAD,
	SCRIPT_UPLOAD,
	SCRIPT_EXCHANGE,
	SCRIPT_UDP_DOWNLOAD,
	SCRIPT_UDP_UPLOAD,
	SCRIPT_QUIC_DOWNLOAD,
	SCRIPT_QUIC_UPLOAD,
	SCRIPT_VERBS,
};

enum script_key {
	SCRIPT_KEY_AFTER,
	SCRIPT_KEY_AT,
	SCRIPT_KEY_CC,
	SCRIPT_KEY_CLIENT,
	SCRIPT_KEY_CLIENT_PORT,
	SCRIPT_KEY_ECH,
	SCRIPT_KEY_EVERY,
	SCRIPT_KEY_FAKE,
	SCRIPT_KEY_FROM,
	SCRIPT_KEY_HOST,
	SCRIPT_KEY_INVERTED,
	SCRIPT_KEY_KIND,
	SCRIPT_KEY_LOSS,
	SCRIPT_KEY_METHOD,
	SCRIPT_KEY_MSS,
	SCRIPT_KEY_NAME,
	SCRIPT_KEY_ONES,
	SCRIPT_KEY_PATH,
	SCRIPT_KEY_PORT,
	SCRIPT_KEY_PRINTABLE,
	SCRIPT_KEY_PRINTABLE_FIRST,
	SCRIPT_KEY_PRINTABLE_RUN,
	SCRIPT_KEY_QUEUE,
	SCRIPT_KEY_RATE,
	SCRIPT_KEY_RECORDS,
	SCRIPT_KEY_RTT,
	SCRIPT_KEY_SAME,
	SCRIPT_KEY_SERVER,
	SCRIPT_KEY_SIZE,
	SCRIPT_KEY_SNI,
	SCRIPT_KEY_SPLIT,
	SCRIPT_KEY_TCP,
	SCRIPT_KEY_TEXT,
	SCRIPT_KEY_UDP,
	SCRIPT_KEY_VERSION,
	SCRIPT_KEY_WRITES,
	SCRIPT_KEYS,
};

/* Words that a key may have, by their place in its row: from=client, server, both; ... */
enum script_from { SCRIPT_FROM_CLIENT, SCRIPT_FROM_SERVER, SCRIPT_FROM_BOTH };
enum script_same {
	SCRIPT_SAME_NONE,
	SCRIPT_SAME_TUPLE,
	SCRIPT_SAME_TRIPLE,
	SCRIPT_SAME_HOSTS,
	SCRIPT_SAME_CLIENT
};
enum script_cc { SCRIPT_CC_CUBIC, SCRIPT_CC_RENO, SCRIPT_CC_BBR };
enum script_after { SCRIPT_AFTER_CCS, SCRIPT_AFTER_ALERT, SCRIPT_AFTER_DATA };
enum script_version {
	SCRIPT_QUIC_V1,
	SCRIPT_QUIC_V2,
	SCRIPT_QUIC_DRAFT29,
	SCRIPT_QUIC_Q050,
	SCRIPT_QUIC_UNKNOWN
};

/* Values are in the base units of units.h; a word's place; shares of 2^64. */
struct script_step {
	enum script_verb verb;
	uint64_t count;  /* the row's own when not written */
	uint64_t amount; /* bytes or ns; the row's own when not written */
	uint64_t given;  /* bit 1 << key: the key is written */
	uint64_t value[SCRIPT_KEYS];
	const char *text[SCRIPT_KEYS]; /* of keys whose value is text */
};

enum { SCRIPT_STEPS_MAX = 64, SCRIPT_FLOWS_MAX = 20000, SCRIPT_WHY = 512 };

struct script {
	uint64_t flows; /* side by side */
	bool outside;   /* clients are outside */
	size_t count;
	struct script_step steps[SCRIPT_STEPS_MAX];
	char *words; /* what step.text points into */
};

struct script_mistake {
	size_t column; /* in the script, from 1 */
	char why[SCRIPT_WHY];
};

/* NULL with *mistake set. Any text may be given. */
struct script *script_parse(const char *text, struct script_mistake *mistake);
void script_free(struct script *script);

static inline bool script_has(const struct script_step *step, enum script_key key)
{
	return step->given >> key & 1;
}

/* The value, or what stands for it when it is not written. */
static inline uint64_t script_value(
	const struct script_step *step, enum script_key key, uint64_t otherwise)
{
	return script_has(step, key) ? step->value[key] : otherwise;
}

#endif
