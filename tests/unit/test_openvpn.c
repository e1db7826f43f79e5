/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/openvpn.h"
#include "tests/unit/hex.h"

enum { ROOM = 256, MESSAGE = 40 };

/* First bytes: opcode << 3 | key number, opcodes as in OpenVPN's ssl_pkt.h. */
enum {
	CONTROL = 4 << 3,
	ACK = 5 << 3,
	DATA = 6 << 3,
	RESET = 7 << 3,
	ANSWER = 8 << 3,
	DATA_V2 = 9 << 3,
	RESET_V3 = 10 << 3,
	WKC = 11 << 3
};

/* Resets without and with tls-auth (HMAC of 20 bytes, number, time): opcode, session id, [HMAC,
 * number, time,] count of acknowledgements, [numbers, session id of the other,] message number. */
#define CLIENT      "38 a1a2a3a4a5a6a7a8 00 00000000"
#define SERVER      "40 b1b2b3b4b5b6b7b8 01 00000000 a1a2a3a4a5a6a7a8 00000000"
#define HMAC        "0123456789abcdef0123456789abcdef01234567 00000001 65000000"
#define CLIENT_AUTH "38 a1a2a3a4a5a6a7a8 " HMAC "00 00000000"
#define SERVER_AUTH "40 b1b2b3b4b5b6b7b8 " HMAC "01 00000000 a1a2a3a4a5a6a7a8 00000000"

struct pair {
	const char *what, *first, *second;
	enum finding finding;
};

static const struct pair pairs[] = {
	{"plain", CLIENT, SERVER, FINDING_IS},
	{"tls-auth", CLIENT_AUTH, SERVER_AUTH, FINDING_IS},
	{"version 1", "08 a1a2a3a4a5a6a7a8 00 00000000",
		"10 b1b2b3b4b5b6b7b8 01 00000000 a1a2a3a4a5a6a7a8 00000000", FINDING_IS},
	{"tls-crypt-v2", "50 a1a2a3a4a5a6a7a8 00 00000000", SERVER, FINDING_IS},
	{"another session", CLIENT, "40 b1b2b3b4b5b6b7b8 01 00000000 a1a2a3a4a5a6a7a9 00000000",
		FINDING_NOT_YET},
	{"nothing acknowledged", CLIENT,
		"40 b1b2b3b4b5b6b7b8 00 00000000 a1a2a3a4a5a6a7a8 00000000", FINDING_NOT_YET},
	{"no reset of a client", "30 a1a2a3a4a5a6a7a8 00 00000000", SERVER, FINDING_NOT_YET},
	{"key 1", "39 a1a2a3a4a5a6a7a8 00 00000000", SERVER, FINDING_NOT_YET},
	{"an echo", CLIENT, CLIENT, FINDING_IS_NOT},
	{"too short", CLIENT, "40 b1b2b3b4b5b6b7b8 00 000000", FINDING_IS_NOT},
};

static void second_message(void **state)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		uint8_t first[ROOM], second[ROOM];
		uint32_t first_len = hex_bytes(pairs[i].first, first, ROOM);
		uint32_t second_len = hex_bytes(pairs[i].second, second, ROOM);
		struct openvpn openvpn = {0};

		assert_int_equal(openvpn_look(&openvpn, (struct span){first, first_len}, 0),
			FINDING_NOT_YET);
		if (openvpn_look(&openvpn, (struct span){second, second_len}, 1) !=
			pairs[i].finding)
			fail_msg("%s", pairs[i].what);
	}
}

/* A message: which side's, and its first byte. */
struct step {
	int direction;
	uint8_t byte;
};

struct dialogue {
	const char *what;
	struct step steps[OPENVPN_MESSAGES];
	uint8_t count; /* of steps */
	enum finding last;
};

static const struct dialogue dialogues[] = {
	{"a handshake",
		{{0, RESET}, {1, ANSWER}, {0, ACK}, {0, CONTROL}, {1, ACK}, {1, CONTROL}, {0, ACK},
			{1, CONTROL}, {0, CONTROL}, {0, DATA_V2}},
		10, FINDING_IS},
	{"two others are enough",
		{{0, RESET}, {1, ANSWER}, {0, ACK}, {0, CONTROL}, {1, ACK}, {1, ACK}, {0, ACK},
			{1, ACK}, {0, ACK}, {0, ACK}},
		10, FINDING_IS},
	{"one is not",
		{{0, RESET}, {1, ANSWER}, {0, ACK}, {0, ACK}, {1, ACK}, {1, ACK}, {0, ACK},
			{1, ACK}, {0, ACK}, {0, ACK}},
		10, FINDING_IS_NOT},
	{"four others",
		{{0, RESET_V3}, {1, ANSWER}, {0, WKC}, {1, ACK}, {1, CONTROL}, {0, DATA_V2},
			{0, ACK}, {1, ACK}, {0, ACK}, {0, ACK}},
		10, FINDING_IS},
	{"five others",
		{{0, RESET_V3}, {1, ANSWER}, {0, WKC}, {1, ACK}, {1, CONTROL}, {0, DATA_V2},
			{0, DATA}},
		7, FINDING_IS_NOT},
	{"resets sent again",
		{{0, RESET}, {0, RESET}, {1, ANSWER}, {0, RESET}, {1, ANSWER}, {0, ACK},
			{0, CONTROL}, {1, ACK}, {1, CONTROL}, {0, ACK}},
		10, FINDING_IS},
	{"a reset after others", {{0, RESET}, {1, ANSWER}, {0, ACK}, {0, RESET}}, 4,
		FINDING_IS_NOT},
	{"the other's reset", {{0, RESET}, {1, ANSWER}, {0, ANSWER}}, 3, FINDING_IS_NOT},
	{"others before an answer", {{0, RESET}, {0, CONTROL}}, 2, FINDING_IS_NOT},
	{"the same on both sides", {{0, RESET}, {1, RESET}}, 2, FINDING_IS_NOT},
	{"one side only",
		{{0, RESET}, {0, RESET}, {0, RESET}, {0, RESET}, {0, RESET}, {0, RESET}, {0, RESET},
			{0, RESET}, {0, RESET}, {0, RESET}},
		10, FINDING_IS_NOT},
};

/* `mask`: what a scrambler does to every first byte; it leaves the key's number alone. */
static void play(const struct dialogue *dialogue, uint8_t mask, bool stream)
{
	struct openvpn openvpn = {0};
	uint32_t seq[2] = {1000, 0xfffffff0}; /* one goes round */

	for (uint8_t i = 0; i < dialogue->count; i++) {
		const struct step *step = &dialogue->steps[i];
		uint8_t bytes[2 + MESSAGE] = {0, MESSAGE, step->byte ^ mask};
		enum finding want = i + 1 == dialogue->count ? dialogue->last : FINDING_NOT_YET;
		enum finding got;

		if (stream)
			got = openvpn_look_stream(&openvpn, seq[step->direction],
				(struct span){bytes, sizeof(bytes)}, step->direction);
		else
			got = openvpn_look(
				&openvpn, (struct span){bytes + 2, MESSAGE}, step->direction);
		seq[step->direction] += sizeof(bytes);
		if (got != want)
			fail_msg("%s: message %d: %d", dialogue->what, i + 1, got);
	}
}

static void opcodes(void **state)
{
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		play(&dialogues[i], 0, false);
		play(&dialogues[i], 0, true);
		play(&dialogues[i], 0xa8, false);
		play(&dialogues[i], 0xa8, true);
	}
}

/* The first dialogue as one stream a direction, cut anew. */
static void segments(void **state)
{
	const struct dialogue *dialogue = &dialogues[0];

	for (uint32_t size = 3; size <= MESSAGE + 2; size += 13) {
		struct openvpn openvpn = {0};
		enum finding got = FINDING_NOT_YET;
		uint32_t seq[2] = {0, 0};

		for (uint8_t i = 0; i < dialogue->count; i++) {
			const struct step *step = &dialogue->steps[i];
			uint8_t bytes[2 + MESSAGE] = {0, MESSAGE, step->byte};
			uint32_t *at = &seq[step->direction], end = *at + sizeof(bytes);

			for (uint32_t from = 0; *at < end; from += size) {
				uint32_t left = end - *at, take = left < size ? left : size;

				assert_int_equal(got, FINDING_NOT_YET);
				got = openvpn_look_stream(&openvpn, *at,
					(struct span){bytes + from, take}, step->direction);
				*at += take;
				if (got == FINDING_IS)
					break;
			}
		}
		assert_int_equal(got, FINDING_IS);
	}
}

/* Several messages in a segment, and what was sent again says nothing new. */
static void together_and_again(void **state)
{
	uint8_t client[4 * (2 + MESSAGE)] = {0}, server[2 * (2 + MESSAGE)] = {0};
	static const uint8_t from_client[] = {RESET, ACK, CONTROL, DATA_V2};
	static const uint8_t from_server[] = {ANSWER, ACK};
	struct openvpn openvpn = {0};

	for (uint32_t i = 0; i < 4; i++) {
		client[i * (2 + MESSAGE) + 1] = MESSAGE;
		client[i * (2 + MESSAGE) + 2] = from_client[i];
	}
	for (uint32_t i = 0; i < 2; i++) {
		server[i * (2 + MESSAGE) + 1] = MESSAGE;
		server[i * (2 + MESSAGE) + 2] = from_server[i];
	}
	assert_int_equal(openvpn_look_stream(&openvpn, 0, (struct span){client, 2 + MESSAGE}, 0),
		FINDING_NOT_YET);
	assert_int_equal(openvpn_look_stream(&openvpn, 0, (struct span){client, 2 + MESSAGE}, 0),
		FINDING_NOT_YET);
	assert_int_equal(openvpn.messages, 1);
	assert_int_equal(openvpn_look_stream(&openvpn, 0, (struct span){server, sizeof(server)}, 1),
		FINDING_NOT_YET);
	assert_int_equal(openvpn_look_stream(&openvpn, 0, (struct span){client, sizeof(client)}, 0),
		FINDING_NOT_YET);
	assert_int_equal(openvpn.messages, 6);
	assert_true(openvpn_is_likely(&openvpn));
	/* a gap */
	assert_int_equal(openvpn_look_stream(
				 &openvpn, sizeof(client) + 1, (struct span){client, MESSAGE}, 0),
		FINDING_IS_NOT);
	assert_false(openvpn_is_likely(&openvpn));
}

static void lengths_of_a_stream(void **state)
{
	static const struct {
		uint8_t high, low;
		enum finding finding;
	} rows[] = {
		{0, 13, FINDING_IS_NOT},
		{0, 14, FINDING_NOT_YET},
		{6000 >> 8, 6000 & 0xff, FINDING_NOT_YET},
		{6001 >> 8, 6001 & 0xff, FINDING_IS_NOT},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[8] = {rows[i].high, rows[i].low, RESET};
		struct openvpn openvpn = {0};

		assert_int_equal(openvpn_look_stream(&openvpn, 1, (struct span){bytes, 8}, 0),
			rows[i].finding);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(second_message),
		cmocka_unit_test(opcodes),
		cmocka_unit_test(segments),
		cmocka_unit_test(together_and_again),
		cmocka_unit_test(lengths_of_a_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
