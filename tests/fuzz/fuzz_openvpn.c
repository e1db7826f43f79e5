/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A dialogue: of each message a byte that says whose it is and how long (7 bits), then its bytes.
 * As datagrams and as segments of two streams an answer comes within OPENVPN_MESSAGES messages, and
 * "is not" stays.
 */
#include <assert.h>
#include <stddef.h>

#include "classifiers/openvpn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum finding look(
	struct openvpn *openvpn, bool stream, uint32_t seq, struct span message, int direction)
{
	if (stream)
		return openvpn_look_stream(openvpn, seq, message, direction);
	return openvpn_look(openvpn, message, direction);
}

static void play(const uint8_t *data, size_t size, bool stream)
{
	struct openvpn openvpn = {0};
	enum finding finding = FINDING_NOT_YET;
	uint32_t seq[2] = {0, 0x80000000};

	while (size > 1 && finding != FINDING_IS) {
		int direction = data[0] >> 7;
		uint32_t len = data[0] & 0x7f;
		bool over = openvpn.over;

		len = len < size - 1 ? len : (uint32_t)(size - 1);
		finding = look(
			&openvpn, stream, seq[direction], (struct span){data + 1, len}, direction);
		assert(!over || finding == FINDING_IS_NOT);
		assert(openvpn.messages <= OPENVPN_MESSAGES);
		assert(openvpn.other_count <= OPENVPN_OTHERS_MAX);
		seq[direction] += len;
		data += 1 + len;
		size -= 1 + len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	play(data, size, false);
	play(data, size, true);
	return 0;
}
