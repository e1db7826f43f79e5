/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/wireguard.h"

/* Lengths are sums of the fields of the paper's section 5.4: an initiation is 1+3+4+32+48+28+16+16
 * = 148, a response 1+3+4+4+32+16+16+16 = 92, a cookie 1+3+4+24+32 = 64, data 1+3+4+8+n+16 with n
 * padded to 16. */
struct row {
	uint8_t head[4];
	uint32_t len;
	enum wireguard_type type;
};

static const struct row rows[] = {
	{{1}, 148, WIREGUARD_INITIATION},
	{{1}, 147, WIREGUARD_NONE},
	{{1}, 149, WIREGUARD_NONE},
	{{1, 1}, 148, WIREGUARD_NONE},
	{{1, 0, 1}, 148, WIREGUARD_NONE},
	{{1, 0, 0, 1}, 148, WIREGUARD_NONE},
	{{2}, 92, WIREGUARD_RESPONSE},
	{{2}, 148, WIREGUARD_NONE},
	{{3}, 64, WIREGUARD_COOKIE},
	{{3}, 92, WIREGUARD_NONE},
	{{4}, 32, WIREGUARD_DATA},
	{{4}, 48, WIREGUARD_DATA},
	{{4}, 1472, WIREGUARD_DATA},
	{{4}, 16, WIREGUARD_NONE},
	{{4}, 33, WIREGUARD_NONE},
	{{4}, 47, WIREGUARD_NONE},
	{{0}, 148, WIREGUARD_NONE},
	{{5}, 64, WIREGUARD_NONE},
	{{1}, 0, WIREGUARD_NONE},
	{{1}, 3, WIREGUARD_NONE},
};

static void messages(void **state)
{
	uint8_t bytes[1500];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(bytes, 0xa5, sizeof(bytes));
		memcpy(bytes, rows[i].head, 4);
		assert_int_equal(
			wireguard_message((struct span){bytes, rows[i].len}), rows[i].type);
	}
}

/* One datagram of a dialogue: sender and receiver are where the paper has them. */
struct step {
	int direction;
	uint8_t type;
	uint32_t len, sender, receiver;
	enum finding finding;
};

static void put(uint8_t *bytes, uint32_t at, uint32_t index)
{
	memcpy(bytes + at, &index, sizeof(index));
}

static struct span datagram(const struct step *step, uint8_t *bytes)
{
	memset(bytes, 0xa5, 200);
	memset(bytes, 0, 4);
	bytes[0] = step->type;
	put(bytes, 4, step->type == WIREGUARD_COOKIE ? step->receiver : step->sender);
	if (step->type == WIREGUARD_RESPONSE)
		put(bytes, 8, step->receiver);
	return (struct span){bytes, step->len};
}

static const struct step dialogues[][4] = {
	/* decided at datagram 2 */
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {1, 2, 92, 9, 7, FINDING_IS}},
	{{1, 1, 148, 7, 0, FINDING_NOT_YET}, {0, 2, 92, 9, 7, FINDING_IS}},
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {1, 3, 64, 0, 7, FINDING_IS}},
	/* the first was lost: it is sent again with a new index */
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {0, 1, 148, 8, 0, FINDING_NOT_YET},
		{1, 2, 92, 9, 8, FINDING_IS}},
	/* another index, and nothing can mend it */
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {1, 2, 92, 9, 6, FINDING_IS_NOT},
		{1, 2, 92, 9, 7, FINDING_IS_NOT}},
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {1, 3, 64, 0, 9, FINDING_IS_NOT}},
	/* who asks does not answer; both ask */
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {0, 2, 92, 9, 7, FINDING_IS_NOT}},
	{{0, 1, 148, 7, 0, FINDING_NOT_YET}, {1, 1, 148, 7, 0, FINDING_IS_NOT}},
	/* begins in the middle */
	{{1, 2, 92, 9, 7, FINDING_IS_NOT}, {0, 1, 148, 7, 0, FINDING_IS_NOT}},
	{{0, 4, 48, 7, 0, FINDING_IS_NOT}},
	/* 15 bytes more before the initiation, as AmneziaWG's S1 does */
	{{0, 1, 163, 7, 0, FINDING_IS_NOT}, {1, 2, 92, 9, 7, FINDING_IS_NOT}},
};

static void handshakes(void **state)
{
	for (size_t i = 0; i < sizeof(dialogues) / sizeof(dialogues[0]); i++) {
		struct wireguard wireguard = {0};
		uint8_t bytes[200];

		for (const struct step *step = dialogues[i]; step < dialogues[i] + 4 && step->len;
			step++) {
			enum finding finding =
				wireguard_look(&wireguard, datagram(step, bytes), step->direction);

			if (finding != step->finding)
				fail_msg("dialogue %zu, datagram %td: %d", i,
					step - dialogues[i] + 1, finding);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages),
		cmocka_unit_test(handshakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
