/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/quic.h"
#include "tests/unit/hex.h"
#include "tests/unit/quic_seal.h"

#define V1       0x00000001u
#define V2       0x6b3343cfu
#define DRAFT_29 0xff00001du
#define T051     0x54303531u

/* RFC 9001 appendix A.2: the frame in the client's Initial, which PADDING makes 1162 bytes long.
 * Offsets in the message: server_name at 49, the name itself at 58. RFC 9369 has the same one. */
static const char published_frame[] =
	"06 00 40f1"
	"010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c000004130113"
	"02010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d001700180010"
	"000700050461"
	"6c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f"
	"1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d0002010100"
	"1c00024001003900320408ffffffffffffffff05048000ffff07048000ffff08011001048000753009"
	"01100f088394c8f03e51570806048000ffff";

enum { FRAME_BYTES = 245, MESSAGE_BYTES = 241, PAYLOAD_BYTES = 1162, NAME_AT = 58 };

static const uint8_t dcid[] = {0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08};
static const uint8_t other_dcid[] = {1, 2, 3, 4, 5, 6, 7, 8};
static uint8_t payload[PAYLOAD_BYTES];
static const uint8_t *const message = payload + FRAME_BYTES - MESSAGE_BYTES;
static struct quic quic;

static int begin(void **state)
{
	assert_int_equal(hex_bytes(published_frame, payload, sizeof(payload)), FRAME_BYTES);
	assert_true(quic_begin(&quic, 2));
	return 0;
}

static int end(void **state)
{
	quic_end(&quic);
	return 0;
}

/* From a heap block of exactly that size, where a sanitizer sees a read beyond it. */
static enum finding read_bytes(uint32_t *hello, enum quic_way way, const uint8_t *bytes,
	uint32_t len, char *name, struct quic_result *result)
{
	uint8_t *copy = malloc(len);

	memcpy(copy, bytes, len);
	quic_read(&quic, hello, way, (struct span){copy, len}, result);
	memset(name, 0, 64);
	if (result->finding == FINDING_IS)
		memcpy(name, result->name.data, result->name.len < 63 ? result->name.len : 63);
	free(copy);
	return result->finding;
}

static enum finding read_sealed(
	uint32_t *hello, enum quic_way way, const struct sealed *sealed, char *name)
{
	struct quic_result result;

	return read_bytes(hello, way, sealed->bytes, sealed->len, name, &result);
}

/* RFC 9001 appendix A.1, RFC 9369 appendix A.1; of draft-ietf-quic-tls-29 the first two. */
static void keys_are_the_published_ones(void **state)
{
	static const struct {
		uint32_t version;
		const char *key, *iv, *hp;
	} rows[] = {
		{V1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
			"9f50449e04a0e810283a1e9933adedd2"},
		{V2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
			"45b95e15235d6f45a6b19cbcb0294ba9"},
		{DRAFT_29, "175257a31eb09dea9366d8bb79ad80ba", "6b26114b9cba2b63a9e8dd4f", ""},
	};
	struct quic_secrets secrets;
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		quic_keys_derive(quic.keys, quic_version_of(rows[i].version),
			(struct span){dcid, sizeof(dcid)}, &secrets);
		hex_bytes(rows[i].key, bytes, 16);
		assert_memory_equal(secrets.key, bytes, 16);
		hex_bytes(rows[i].iv, bytes, 16);
		assert_memory_equal(secrets.iv, bytes, 12);
		if (hex_bytes(rows[i].hp, bytes, 16))
			assert_memory_equal(secrets.hp, bytes, 16);
	}
}

/* Of the published packets (1200 bytes, number 2) the protected header with the sample, and the
 * tag: no other ciphertext has that tag. */
static void published_packets_are_opened(void **state)
{
	static const struct {
		uint32_t version;
		const char *head, *tag;
	} rows[] = {
		{V1, "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
			"e221af44860018ab0856972e194cd934"},
		{V2, "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
			"a18b2faa745b6fe189cf772a9f84cbfc"},
	};
	struct quic_result result;
	struct sealed sealed;
	uint8_t bytes[38];
	char name[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t hello = 0;

		seal(&sealed, rows[i].version, dcid, dcid, 2, payload, PAYLOAD_BYTES);
		assert_int_equal(sealed.len, 1200);
		hex_bytes(rows[i].head, bytes, sizeof(bytes));
		assert_memory_equal(sealed.bytes, bytes, 38);
		hex_bytes(rows[i].tag, bytes, sizeof(bytes));
		assert_memory_equal(sealed.bytes + 1184, bytes, 16);
		for (int way = QUIC_WAY_ONE_FRAME; way < QUIC_WAYS; way++) {
			assert_int_equal(
				read_bytes(&hello, way, sealed.bytes, sealed.len, name, &result),
				FINDING_IS);
			assert_string_equal(name, "example.com");
			assert_int_equal(result.version, rows[i].version);
			assert_int_equal(result.hello.version, 0x0304);
			assert_int_equal(result.hello.group, 0x001d);
			assert_memory_equal(result.hello.alpn.data, "alpn", 4);
			assert_int_equal(hello, 0);
		}
		assert_int_equal(
			read_sealed(&hello, QUIC_WAY_CLOSED, &sealed, name), FINDING_NOT_YET);
	}
}

static void one_changed_bit_or_missing_byte_shuts_it(void **state)
{
	struct sealed sealed;
	uint32_t hello = 0;
	char name[64];

	seal(&sealed, V1, dcid, dcid, 0, payload, FRAME_BYTES);
	for (uint32_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.bytes[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
		sealed.bytes[bit / 8] ^= 1 << bit % 8;
	}
	while (sealed.len--)
		assert_int_not_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
	assert_int_equal(hello, 0);
}

/* A CRYPTO frame around [begin, end) of `from`, with an offset and a length of two bytes each. */
static uint32_t put_frame(
	uint8_t *frames, uint8_t type, const uint8_t *from, uint32_t begin_at, uint32_t end_at)
{
	uint32_t count = end_at - begin_at;
	uint8_t header[] = {type, (uint8_t)(0x40 | begin_at >> 8), (uint8_t)begin_at,
		(uint8_t)(0x40 | count >> 8), (uint8_t)count};

	memcpy(frames, header, sizeof(header));
	memcpy(frames + sizeof(header), from + begin_at, count);
	return sizeof(header) + count;
}

/* Pieces that overlap by 20 bytes each. */
enum { PIECES = 4 };
static const uint32_t pieces[PIECES][2] = {{0, 80}, {60, 140}, {120, 200}, {180, MESSAGE_BYTES}};

/* The n-th of the 24 orders; the first is 0, 1, 2, 3. */
static void order_of(uint32_t n, uint32_t *order)
{
	uint32_t left[PIECES] = {0, 1, 2, 3};

	for (uint32_t i = 0, ways = 6; i < PIECES; i++) {
		uint32_t pick = n / ways;

		order[i] = left[pick];
		memmove(left + pick, left + pick + 1, (PIECES - 1 - pick) * sizeof(*left));
		n %= ways;
		ways = i < PIECES - 2 ? ways / (PIECES - 1 - i) : 1;
	}
}

static bool found_in_one_packet(enum quic_way way, const uint32_t *order)
{
	uint32_t hello = 0, count = 0;
	struct sealed sealed;
	uint8_t frames[512];
	char name[64];
	bool found;

	for (uint32_t i = 0; i < PIECES; i++)
		count += put_frame(
			frames + count, 6, message, pieces[order[i]][0], pieces[order[i]][1]);
	seal(&sealed, V1, dcid, dcid, 0, frames, count);
	found = read_sealed(&hello, way, &sealed, name) == FINDING_IS;
	assert_true(!found || !strcmp(name, "example.com"));
	quic_forget(&quic, &hello);
	return found;
}

static bool found_in_four_datagrams(enum quic_way way, const uint32_t *order)
{
	struct sealed sealed;
	uint8_t frames[512];
	uint32_t hello = 0;
	char name[64];
	bool found = false;

	for (uint32_t i = 0; i < PIECES && !found; i++) {
		const uint32_t *piece = pieces[order[i]];
		uint32_t count = put_frame(frames, 6, message, piece[0], piece[1]);

		seal(&sealed, V1, dcid, dcid, (uint8_t)i, frames, count);
		found = read_sealed(&hello, way, &sealed, name) == FINDING_IS;
		/* Not before the last piece of the message is there. */
		assert_true(!found || (i == PIECES - 1 && !strcmp(name, "example.com")));
	}
	quic_forget(&quic, &hello);
	return found;
}

static void every_order_of_four_frames(void **state)
{
	uint32_t order[PIECES];

	for (uint32_t n = 0; n < 24; n++) {
		order_of(n, order);
		for (int way = 0; way < QUIC_WAYS; way++) {
			assert_int_equal(
				found_in_one_packet(way, order), way >= QUIC_WAY_ONE_PACKET);
			assert_int_equal(found_in_four_datagrams(way, order),
				way == QUIC_WAY_FULL || (way == QUIC_WAY_IN_ORDER && n == 0));
		}
	}
	assert_int_equal(quic.hellos_refused, 0);
}

/* Two frames overlap in the name; one of them lies about it. */
static void bytes_that_came_first_stay(void **state)
{
	uint8_t lie[MESSAGE_BYTES], frames[512];
	struct sealed sealed;
	uint32_t hello = 0;
	char name[64];

	memcpy(lie, message, MESSAGE_BYTES);
	memset(lie + NAME_AT + 2, 'X', 9);
	for (int lie_first = 0; lie_first < 2; lie_first++) {
		uint32_t count = put_frame(frames, 6, lie_first ? lie : message, 0, 100);

		count += put_frame(frames + count, 6, lie_first ? message : lie, 50, MESSAGE_BYTES);
		seal(&sealed, V1, dcid, dcid, 0, frames, count);
		assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
		assert_string_equal(name, lie_first ? "exXXXXXXXXX" : "example.com");
	}
}

/* RFC 9001 section 5.2: after a Retry the keys follow from the connection id that it brought. */
static void a_retry_brings_new_keys(void **state)
{
	uint8_t frames[512], retry[64] = {0xf0, 0, 0, 0, 1, 0, 8};
	struct quic_result result;
	struct sealed sealed;
	uint32_t hello = 0;
	char name[64];

	memcpy(retry + 7, other_dcid, 8);
	seal(&sealed, V1, dcid, dcid, 0, frames, put_frame(frames, 6, message, 0, 100));
	assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_NOT_YET);
	assert_int_equal(read_bytes(&hello, QUIC_WAY_FULL, retry, sizeof(retry), name, &result),
		FINDING_NOT_YET);
	seal(&sealed, V1, other_dcid, other_dcid, 1, frames,
		put_frame(frames, 6, message, 100, MESSAGE_BYTES));
	assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
	assert_string_equal(name, "example.com");
}

/* The server's connection id stands in the header, the client's first one makes the keys. */
static void the_first_keys_stay(void **state)
{
	struct sealed sealed;
	uint32_t hello = 0;
	uint8_t frames[512];
	char name[64];

	seal(&sealed, V2, dcid, dcid, 0, frames, put_frame(frames, 6, message, 0, 100));
	assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_NOT_YET);
	seal(&sealed, V2, dcid, other_dcid, 1, frames,
		put_frame(frames, 6, message, 100, MESSAGE_BYTES));
	assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
	assert_string_equal(name, "example.com");
}

/* Google's frames: CRYPTO is 8, and PING 7. */
static void other_versions_are_opened(void **state)
{
	static const struct {
		uint32_t version;
		uint8_t ping, crypto;
	} rows[] = {{DRAFT_29, 1, 6}, {0xff000016, 1, 6}, {0xff00001b, 1, 6}, {0xff000022, 1, 6},
		{0xfaceb002, 1, 6}, {T051, 7, 8}, {0x54303530, 7, 8}};
	struct sealed sealed;
	uint8_t frames[512];
	char name[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t hello = 0, count;

		frames[0] = rows[i].ping;
		count = 1 + put_frame(frames + 1, rows[i].crypto, message, 0, MESSAGE_BYTES);
		seal(&sealed, rows[i].version, dcid, dcid, 0, frames, count);
		assert_int_equal(read_sealed(&hello, QUIC_WAY_FULL, &sealed, name), FINDING_IS);
		assert_string_equal(name, "example.com");
	}
}

static void coalesced_packets_are_passed_over(void **state)
{
	/* A Handshake packet of 7 bytes, with the ids that the Initial has. */
	static const char handshake[] = "e0 00000001 08 8394c8f03e515708 00 07 a1a2a3a4a5a6a7";
	struct quic_result result;
	uint8_t datagram[2048];
	struct sealed sealed;
	uint32_t hello = 0;
	char name[64];
	uint32_t count = hex_bytes(handshake, datagram, sizeof(datagram));

	seal(&sealed, V1, dcid, dcid, 0, payload, FRAME_BYTES);
	memcpy(datagram + count, sealed.bytes, sealed.len);
	memset(datagram + count + sealed.len, 0, 100);
	assert_int_equal(read_bytes(&hello, QUIC_WAY_FULL, datagram, count + sealed.len + 100, name,
				 &result),
		FINDING_IS);
	assert_string_equal(name, "example.com");
}

/* A flow has one buffer; without one, the packet is still read on its own. */
static void memory_is_bounded(void **state)
{
	uint32_t hellos[3] = {0};
	struct sealed sealed;
	uint8_t frames[512];
	char name[64];

	seal(&sealed, V1, dcid, dcid, 0, frames, put_frame(frames, 6, message, 0, 100));
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			read_sealed(&hellos[i], QUIC_WAY_FULL, &sealed, name), FINDING_NOT_YET);
	assert_true(hellos[0] && hellos[1] && !hellos[2]);
	assert_int_equal(quic.hellos_refused, 1);
	seal(&sealed, V1, dcid, dcid, 0, payload, FRAME_BYTES);
	assert_int_equal(read_sealed(&hellos[2], QUIC_WAY_FULL, &sealed, name), FINDING_IS);
	quic_forget(&quic, &hellos[0]);
	quic_forget(&quic, &hellos[1]);
	quic.hellos_refused = 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_the_published_ones),
		cmocka_unit_test(published_packets_are_opened),
		cmocka_unit_test(one_changed_bit_or_missing_byte_shuts_it),
		cmocka_unit_test(every_order_of_four_frames),
		cmocka_unit_test(bytes_that_came_first_stay),
		cmocka_unit_test(a_retry_brings_new_keys),
		cmocka_unit_test(the_first_keys_stay),
		cmocka_unit_test(other_versions_are_opened),
		cmocka_unit_test(coalesced_packets_are_passed_over),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
