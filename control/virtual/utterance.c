/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/utterance.h"

#include "control/virtual/framing.h"
#include "control/virtual/hello.h"
#include "control/virtual/quic_seal.h"
#include "control/virtual/tunnels.h"
#include "dataplane/prng.h"

#include <stdio.h>
#include <string.h>

enum { RECORD_HEAD = 5, NOBODYS_FIRST_BYTE = 0xf5, TRIES = 4096 };

/* Writing */

void utter_bytes(struct utterance *into, const void *bytes, size_t len)
{
	if (into->len + len > UTTERANCE_ROOM)
		len = UTTERANCE_ROOM - into->len;
	memcpy(into->bytes + into->len, bytes, len);
	into->len += (uint32_t)len;
}

void utter_put(struct utterance *into, uint64_t value, unsigned width)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < width; i++)
		bytes[i] = (uint8_t)(value >> 8 * (width - 1 - i));
	utter_bytes(into, bytes, width);
}

void utter_noise(struct utterance *into, size_t len, uint64_t seed)
{
	if (into->len + len > UTTERANCE_ROOM)
		len = UTTERANCE_ROOM - into->len;
	framing_noise(into->bytes + into->len, len, seed, 0);
	into->len += (uint32_t)len;
}

void utter_length(struct utterance *into, uint32_t at, unsigned width)
{
	uint32_t len = into->len - at - width;

	for (unsigned i = 0; i < width; i++)
		into->bytes[at + i] = (uint8_t)(len >> 8 * (width - 1 - i));
}

static void utter_text(struct utterance *into, const char *text)
{
	utter_bytes(into, text, strlen(text));
}

/* Messages */

static const char *text_of(const struct script_step *step, enum script_key key, const char *usual)
{
	return script_has(step, key) ? step->text[key] : usual;
}

static void say_ccs(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_bytes(into, "\x14\3\3\0\1\1", 6);
}

static void say_record(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	uint32_t body = step->amount > RECORD_HEAD ? (uint32_t)step->amount - RECORD_HEAD : 1;

	utter_bytes(into, "\x17\3\3", 3);
	utter_put(into, body, 2);
	utter_noise(into, body, seed);
}

static void say_garbage(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_put(into, NOBODYS_FIRST_BYTE, 1);
	utter_noise(into, step->amount - 1, seed);
}

static void say_noise(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_noise(into, step->amount, seed);
	into->bytes[0] |= 0x80; /* neither STUN nor DTLS nor text */
}

static bool is_printable(uint8_t byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

/* A byte with so many bits set (9: any number), printable or not, if there is one. */
static uint8_t draw_byte(uint64_t seed, int ones, bool printable)
{
	uint8_t byte = 0;

	for (uint64_t i = 0; i < TRIES; i++) {
		byte = (uint8_t)(prng_draw(seed, i) >> 24);
		if (is_printable(byte) == printable &&
			(ones == 9 || __builtin_popcount(byte) == ones))
			return byte;
	}
	return byte;
}

/* Which bytes are printable: the first ones, a run at the end, or spread out. */
static bool wants_printable(const struct script_step *step, uint64_t i)
{
	uint64_t spread = script_value(step, SCRIPT_KEY_PRINTABLE, 0);

	return i < script_value(step, SCRIPT_KEY_PRINTABLE_FIRST, 0) ||
	       i + script_value(step, SCRIPT_KEY_PRINTABLE_RUN, 0) >= step->amount ||
	       (i + 1) * spread / step->amount > i * spread / step->amount;
}

static void say_random(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	uint64_t mean = script_value(step, SCRIPT_KEY_ONES, 0);

	for (uint64_t i = 0; i < step->amount; i++) {
		int ones = 9;

		if (script_has(step, SCRIPT_KEY_ONES))
			ones = (int)((i + 1) * mean / 1000000000 - i * mean / 1000000000);
		utter_put(into, draw_byte(seed + i, ones, wants_printable(step, i)), 1);
	}
}

static void say_text(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	uint32_t begin = into->len;

	utter_text(into, text_of(step, SCRIPT_KEY_TEXT, "text"));
	for (uint32_t i = begin; i < into->len; i++) {
		if (into->bytes[i] == '_')
			into->bytes[i] = ' ';
	}
}

static void say_http(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	char text[1024];

	snprintf(text, sizeof(text),
		"%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
		text_of(step, SCRIPT_KEY_METHOD, "GET"), text_of(step, SCRIPT_KEY_PATH, "/"),
		text_of(step, SCRIPT_KEY_HOST, "example.org"));
	utter_text(into, text);
}

static void say_http_connect(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	const char *host = text_of(step, SCRIPT_KEY_HOST, "example.org:443");
	char text[1024];

	snprintf(text, sizeof(text),
		"CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: curl/7.88.1\r\n"
		"Proxy-Connection: Keep-Alive\r\n\r\n",
		host, host);
	utter_text(into, text);
}

static void say_socks(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_bytes(into, "\5\1\0", 3);
}

static void say_ssh(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_text(into, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
}

static void say_dns(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	const char *name = text_of(step, SCRIPT_KEY_NAME, "example.org");
	bool tcp = script_has(step, SCRIPT_KEY_TCP);

	if (tcp)
		utter_put(into, 0, 2);
	utter_put(into, seed & 0xffff, 2);
	utter_bytes(into, "\1\0\0\1\0\0\0\0\0\0", 10);
	while (*name) {
		size_t len = strcspn(name, ".");

		utter_put(into, len & 63, 1);
		utter_bytes(into, name, len & 63);
		name += len + (name[len] == '.');
	}
	utter_bytes(into, "\0\0\1\0\1", 5);
	if (tcp)
		utter_length(into, 0, 2);
}

static void say_stun(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	utter_put(into, script_value(step, SCRIPT_KEY_KIND, 1), 2);
	utter_put(into, 8, 2);
	utter_put(into, 0x2112a442, 4);
	utter_noise(into, 12, seed);
	utter_bytes(into, "\x80\x22\0\4test", 8); /* SOFTWARE */
}

static void say_dtls(struct utterance *into, const struct script_step *step, uint64_t seed)
{
	hello_dtls(into, seed);
}

typedef void say(struct utterance *into, const struct script_step *step, uint64_t seed);

static say *const sayings[SCRIPT_VERBS] = {
	[SCRIPT_HELLO] = hello_tls,
	[SCRIPT_CCS] = say_ccs,
	[SCRIPT_RECORDS] = say_record,
	[SCRIPT_GARBAGE] = say_garbage,
	[SCRIPT_RANDOM] = say_random,
	[SCRIPT_TEXT] = say_text,
	[SCRIPT_HTTP] = say_http,
	[SCRIPT_HTTP_CONNECT] = say_http_connect,
	[SCRIPT_SOCKS] = say_socks,
	[SCRIPT_SSH] = say_ssh,
	[SCRIPT_DNS] = say_dns,
	[SCRIPT_STUN] = say_stun,
	[SCRIPT_DTLS] = say_dtls,
	[SCRIPT_QUIC_INITIAL] = quic_initial,
	[SCRIPT_DATAGRAMS] = say_noise,
};

static enum cargo_side opposite(enum cargo_side side, bool swap)
{
	return swap ? (enum cargo_side) !side : side;
}

void utter(struct utterance *into, const struct script_step *step, uint64_t seed, unsigned number,
	bool tcp, enum cargo_side *side)
{
	uint64_t from = script_value(step, SCRIPT_KEY_FROM, SCRIPT_FROM_CLIENT);

	into->len = 0;
	*side = from == SCRIPT_FROM_BOTH ? (enum cargo_side)(number % 2) : (enum cargo_side)from;
	if (step->verb == SCRIPT_OPENVPN)
		*side = opposite(tunnel_openvpn(into, number, tcp, seed), from);
	else if (step->verb == SCRIPT_WIREGUARD)
		*side = opposite(tunnel_wireguard(into, number, seed), from);
	else
		sayings[step->verb](into, step, seed + number);
	for (uint32_t i = 0; script_has(step, SCRIPT_KEY_INVERTED) && i < into->len; i++)
		into->bytes[i] ^= 0xff;
}

unsigned utterance_pieces(const struct utterance *utterance, const struct script_step *step)
{
	uint64_t pieces = script_value(step, SCRIPT_KEY_SPLIT, 1);

	return pieces < utterance->len ? (unsigned)pieces : utterance->len;
}

struct span utterance_piece(
	const struct utterance *utterance, const struct script_step *step, unsigned i)
{
	unsigned pieces = utterance_pieces(utterance, step);
	uint32_t begin = (uint32_t)((uint64_t)utterance->len * i / pieces);
	uint32_t end = (uint32_t)((uint64_t)utterance->len * (i + 1) / pieces);

	return (struct span){utterance->bytes + begin, end - begin};
}
