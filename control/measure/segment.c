/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/segment.h"

enum {
	FIXED_BYTES = 20,
	OPTION_END = 0,
	OPTION_NOTHING = 1,
	OPTION_MSS = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
	SHIFT_MAX = 14, /* RFC 7323, section 2.3: a larger one counts as 14 */
};

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) << 16 | read16(at + 2);
}

static void take_sacks(struct segment *segment, const uint8_t *at, unsigned bytes)
{
	for (; bytes >= 8 && segment->sacks < SEGMENT_SACKS; at += 8, bytes -= 8) {
		segment->sack[segment->sacks][0] = read32(at);
		segment->sack[segment->sacks][1] = read32(at + 4);
		segment->sacks++;
	}
}

/* `at` is behind kind and length, `bytes` are what follows. */
static void take_option(struct segment *segment, int kind, const uint8_t *at, unsigned bytes)
{
	switch (kind) {
	case OPTION_MSS:
		segment->mss = bytes == 2 ? read16(at) : 0;
		break;
	case OPTION_SCALE:
		if (bytes == 1)
			segment->shift = at[0] > SHIFT_MAX ? SHIFT_MAX : at[0];
		break;
	case OPTION_SACK_PERMITTED:
		segment->sack_permitted = true;
		break;
	case OPTION_SACK:
		take_sacks(segment, at, bytes);
		break;
	case OPTION_TIMESTAMPS:
		segment->timestamps = bytes == 8;
		segment->ts_value = bytes == 8 ? read32(at) : 0;
		segment->ts_echo = bytes == 8 ? read32(at + 4) : 0;
		break;
	}
}

static void read_options(struct segment *segment, const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at != OPTION_END) {
		unsigned length;

		if (*at == OPTION_NOTHING) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return;
		length = at[1];
		take_option(segment, at[0], at + 2, length - 2);
		at += length;
	}
}

bool segment_read(const struct packet *packet, struct segment *segment)
{
	const uint8_t *tcp = packet->frame + packet->l4_at;
	uint32_t header;

	if ((uint32_t)packet->l4_at + FIXED_BYTES > packet->captured)
		return false;
	*segment = (struct segment){
		.time_ns = packet->time_ns,
		.seq = packet->tcp_seq,
		.ack = read32(tcp + 8),
		.len = packet->payload_bytes,
		.window = read16(tcp + 14),
		.flags = packet->tcp_flags,
		.shift = SEGMENT_NO_SHIFT,
		.l3_bytes = packet->l3_bytes,
	};
	if (packet->ip_version == 4)
		segment->ip_id = read16(packet->frame + packet->l3_at + 4);
	header = (tcp[12] >> 4) * 4u;
	segment->option_bytes = (uint8_t)(header > FIXED_BYTES ? header - FIXED_BYTES : 0);
	if (packet->l4_at + header > packet->captured)
		header = packet->captured - packet->l4_at;
	read_options(segment, tcp + FIXED_BYTES, tcp + header);
	return true;
}
