/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/tunnels.h"

/* OpenVPN without tls-auth: opcodes of its ssl_pkt.h. */
enum {
	CONTROL_V1 = 4,
	ACK_V1 = 5,
	DATA_V2 = 9,
	HARD_RESET_CLIENT_V2 = 7,
	HARD_RESET_SERVER_V2 = 8,
	SESSION_BYTES = 8,
};

struct openvpn_row {
	uint8_t opcode, side;
	uint16_t bytes; /* of what the control channel carries */
	uint8_t acks;
};

/* The TLS handshake over the control channel; data from then on. */
static const struct openvpn_row openvpn_rows[] = {
	{HARD_RESET_CLIENT_V2, SIDE_CLIENT, 0, 0},
	{HARD_RESET_SERVER_V2, SIDE_SERVER, 0, 1},
	{ACK_V1, SIDE_CLIENT, 0, 1},
	{CONTROL_V1, SIDE_CLIENT, 280, 0},
	{ACK_V1, SIDE_SERVER, 0, 1},
	{CONTROL_V1, SIDE_SERVER, 1174, 0},
	{ACK_V1, SIDE_CLIENT, 0, 1},
	{CONTROL_V1, SIDE_SERVER, 900, 0},
	{ACK_V1, SIDE_CLIENT, 0, 1},
	{CONTROL_V1, SIDE_CLIENT, 1100, 0},
	{ACK_V1, SIDE_SERVER, 0, 1},
	{CONTROL_V1, SIDE_SERVER, 250, 0},
	{ACK_V1, SIDE_CLIENT, 0, 1},
};

enum { OPENVPN_ROWS = sizeof(openvpn_rows) / sizeof(openvpn_rows[0]) };

static void put_data(struct utterance *into, unsigned number, uint64_t seed)
{
	utter_put(into, DATA_V2 << 3, 1);
	utter_put(into, 0, 3); /* peer id */
	utter_put(into, number, 4);
	utter_noise(into, 120, seed + number);
}

static void put_control(
	struct utterance *into, const struct openvpn_row *row, unsigned number, uint64_t seed)
{
	utter_put(into, row->opcode << 3, 1);
	utter_noise(into, SESSION_BYTES, seed + row->side);
	utter_put(into, row->acks, 1);
	if (row->acks) {
		utter_put(into, number / 2, 4);
		utter_noise(into, SESSION_BYTES, seed + !row->side);
	}
	if (row->opcode != ACK_V1)
		utter_put(into, number / 2, 4);
	utter_noise(into, row->bytes, seed + 2 + number);
}

enum cargo_side tunnel_openvpn(struct utterance *into, unsigned number, bool tcp, uint64_t seed)
{
	const struct openvpn_row *row = &openvpn_rows[number < OPENVPN_ROWS ? number : 0];

	if (tcp)
		utter_put(into, 0, 2);
	if (number < OPENVPN_ROWS)
		put_control(into, row, number, seed);
	else
		put_data(into, number, seed);
	if (tcp)
		utter_length(into, 0, 2);
	return number < OPENVPN_ROWS ? (enum cargo_side)row->side : number % 2;
}

/* Initiation (148 bytes), response (92), transport data: type, three zeros, indices in little
 * endian, what is encrypted (Donenfeld 2017, section 5.4). */
enum cargo_side tunnel_wireguard(struct utterance *into, unsigned number, uint64_t seed)
{
	static const uint8_t types[] = {1, 2, 4};
	uint32_t kind = number < 2 ? number : 2;

	utter_put(into, (uint64_t)types[kind] << 24, 4);
	if (kind == 0) {
		utter_noise(into, 4, seed);
		utter_noise(into, 116 + 24, seed + 1);
		into->len -= 16;
		for (int i = 0; i < 16; i++)
			utter_put(into, 0, 1); /* mac2 */
		return SIDE_CLIENT;
	}
	if (kind == 1)
		utter_noise(into, 4, seed + 5);
	utter_noise(into, 4, kind == 1 || number % 2 ? seed : seed + 5); /* the receiver's index */
	if (kind == 1) {
		utter_noise(into, 92 - 12 - 16, seed + 2);
		for (int i = 0; i < 16; i++)
			utter_put(into, 0, 1);
		return SIDE_SERVER;
	}
	utter_put(into, (uint64_t)(number - 2) << 56, 8);
	utter_noise(into, 16 + 32, seed + number);
	return number % 2 ? SIDE_SERVER : SIDE_CLIENT;
}
