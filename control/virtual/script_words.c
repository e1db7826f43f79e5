/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/script_words.h"

#define KEY(name) (1ull << SCRIPT_KEY_##name)
#define SECOND_NS 1000000000ull

enum { PAYLOAD_MAX = 1460, STREAM_MAX = 16000 }; /* bytes of a datagram, of a message */

static const char *const from_words[] = {"client", "server", "both", NULL};
static const char *const same_words[] = {"none", "4-tuple", "3-tuple", "hosts", "client", NULL};
static const char *const cc_words[] = {"cubic", "reno", "bbr", NULL};
static const char *const after_words[] = {"ccs", "alert", "data", NULL};
static const char *const version_words[] = {"v1", "v2", "draft-29", "Q050", "unknown", NULL};

const struct script_key_row script_keys[SCRIPT_KEYS] = {
	[SCRIPT_KEY_AFTER] = {"after", SCRIPT_TYPE_WORD, 0, 0, after_words,
		"a record of that kind stands before it in the same segment"},
	[SCRIPT_KEY_AT] = {"at", SCRIPT_TYPE_TIME, 0, 0, NULL,
		"when the script begins, UTC: 2021-03-20T08:00"},
	[SCRIPT_KEY_CC] = {"cc", SCRIPT_TYPE_WORD, 0, 0, cc_words,
		"congestion control of both ends (cubic)"},
	[SCRIPT_KEY_CLIENT] = {"client", SCRIPT_TYPE_ADDRESS, 0, 0, NULL, "address (10.0.0.2)"},
	[SCRIPT_KEY_CLIENT_PORT] = {"client_port", SCRIPT_TYPE_COUNT, 1, 65535, NULL,
		"port (from 40000 on, by the seed)"},
	[SCRIPT_KEY_ECH] = {"ech", SCRIPT_TYPE_NONE, 0, 0, NULL,
		"with encrypted_client_hello; sni is the outer name"},
	[SCRIPT_KEY_EVERY] = {"every", SCRIPT_TYPE_DURATION, 0, 86400 * SECOND_NS, NULL,
		"from the begin of one to that of the next"},
	[SCRIPT_KEY_FAKE] = {"fake", SCRIPT_TYPE_NONE, 0, 0, NULL,
		"passes the box and ends there, as with a short TTL; no sequence number is used"},
	[SCRIPT_KEY_FROM] = {"from", SCRIPT_TYPE_WORD, 0, 0, from_words, "who sends it (client)"},
	[SCRIPT_KEY_HOST] = {"host", SCRIPT_TYPE_TEXT, 0, 0, NULL, "Host field"},
	[SCRIPT_KEY_INVERTED] = {"inverted", SCRIPT_TYPE_NONE, 0, 0, NULL,
		"every bit of every payload of the step is the other"},
	[SCRIPT_KEY_KIND] = {"kind", SCRIPT_TYPE_COUNT, 0, 65535, NULL,
		"message type (1: request)"},
	[SCRIPT_KEY_LOSS] = {"loss", SCRIPT_TYPE_SHARE, 0, 0, NULL,
		"share of packets lost at random, each way, before the box (0)"},
	[SCRIPT_KEY_METHOD] = {"method", SCRIPT_TYPE_TEXT, 0, 0, NULL, "method (GET)"},
	[SCRIPT_KEY_MSS] = {"mss", SCRIPT_TYPE_BYTES, 88, PAYLOAD_MAX, NULL,
		"payload of a full segment (1448, with the timestamp option; 1460 has none)"},
	[SCRIPT_KEY_NAME] = {"name", SCRIPT_TYPE_TEXT, 0, 0, NULL, "name that is asked for"},
	[SCRIPT_KEY_ONES] = {"ones", SCRIPT_TYPE_NUMBER, 0, 8 * SECOND_NS, NULL,
		"mean bits set per byte (about 4)"},
	[SCRIPT_KEY_PATH] = {"path", SCRIPT_TYPE_TEXT, 0, 0, NULL, "path (/)"},
	[SCRIPT_KEY_PORT] = {"port", SCRIPT_TYPE_COUNT, 1, 65535, NULL,
		"port of the server (443; the protocol's own)"},
	[SCRIPT_KEY_PRINTABLE] = {"printable", SCRIPT_TYPE_COUNT, 0, STREAM_MAX, NULL,
		"bytes of it are printable (0), spread out"},
	[SCRIPT_KEY_PRINTABLE_FIRST] = {"printable_first", SCRIPT_TYPE_COUNT, 0, STREAM_MAX, NULL,
		"so many first bytes are printable"},
	[SCRIPT_KEY_PRINTABLE_RUN] = {"printable_run", SCRIPT_TYPE_COUNT, 0, STREAM_MAX, NULL,
		"so many bytes in a row are printable, at the end"},
	[SCRIPT_KEY_QUEUE] = {"queue", SCRIPT_TYPE_BYTES, 1500, 1000000000, NULL,
		"room before each end's link (what it sends in an RTT)"},
	[SCRIPT_KEY_RATE] = {"rate", SCRIPT_TYPE_RATE, 0, 0, NULL,
		"of each end's link (100Mbit/s); of a transfer: L3 bytes are offered at that rate"},
	[SCRIPT_KEY_RECORDS] = {"records", SCRIPT_TYPE_COUNT, 1, 16, NULL,
		"TLS records that it is cut into"},
	[SCRIPT_KEY_RTT] = {"rtt", SCRIPT_TYPE_DURATION, 1000000, 10 * SECOND_NS, NULL,
		"round-trip time without queues (40ms, and up to 5 % more by the seed)"},
	[SCRIPT_KEY_SAME] = {"same", SCRIPT_TYPE_WORD, 0, 0, same_words,
		"what it has in common with the flow before: nothing; both addresses and ports; "
		"all but the client's port; both addresses; the client's address (hosts). The "
		"first connection of each of N flows: a server of its own (none, client)"},
	[SCRIPT_KEY_SERVER] = {"server", SCRIPT_TYPE_ADDRESS, 0, 0, NULL, "address (198.51.100.7)"},
	[SCRIPT_KEY_SIZE] = {"size", SCRIPT_TYPE_BYTES, 1, STREAM_MAX, NULL,
		"bytes of the message, reached by padding"},
	[SCRIPT_KEY_SNI] = {"sni", SCRIPT_TYPE_TEXT, 0, 0, NULL, "server name"},
	[SCRIPT_KEY_SPLIT] = {"split", SCRIPT_TYPE_COUNT, 1, 16, NULL,
		"segments or datagrams that it is cut into"},
	[SCRIPT_KEY_TCP] = {"tcp", SCRIPT_TYPE_NONE, 0, 0, NULL, "over TCP"},
	[SCRIPT_KEY_TEXT] = {"is", SCRIPT_TYPE_TEXT, 0, 0, NULL, "the bytes; _ stands for a blank"},
	[SCRIPT_KEY_UDP] = {"udp", SCRIPT_TYPE_NONE, 0, 0, NULL, "over UDP"},
	[SCRIPT_KEY_VERSION] = {"version", SCRIPT_TYPE_WORD, 0, 0, version_words, "version (v1)"},
	[SCRIPT_KEY_WRITES] = {"writes", SCRIPT_TYPE_BYTES, 1, PAYLOAD_MAX, NULL,
		"each so many bytes are a segment of their own"},
};

#define ENDS  (KEY(CLIENT) | KEY(SERVER) | KEY(PORT) | KEY(CLIENT_PORT))
#define CUT   (KEY(FROM) | KEY(INVERTED) | KEY(FAKE) | KEY(SPLIT))
#define TLS   (KEY(SNI) | KEY(ECH) | KEY(SIZE) | KEY(RECORDS) | KEY(AFTER))
#define BULK  (KEY(SNI) | KEY(INVERTED) | KEY(MSS) | KEY(WRITES) | KEY(EVERY) | KEY(RATE))
#define FLAGS (KEY(FROM))

#define NO_AMOUNT      SCRIPT_TYPE_NONE, 0, 0, 0
#define PAYLOAD(usual) SCRIPT_TYPE_BYTES, usual, 1, PAYLOAD_MAX
#define MESSAGE(usual) SCRIPT_TYPE_BYTES, usual, 1, STREAM_MAX
#define TRANSFER       SCRIPT_TYPE_BYTES, 0, 1, 1000000000

const struct script_verb_row script_verbs[SCRIPT_VERBS] = {
	[SCRIPT_LINK] = {"link", 0, NO_AMOUNT,
		KEY(RTT) | KEY(RATE) | KEY(QUEUE) | KEY(LOSS) | KEY(CC) | KEY(MSS) | KEY(AT) | ENDS,
		"what the path and the hosts are like; the first step when there is one"},
	[SCRIPT_CONNECT] = {"connect", 0, NO_AMOUNT, ENDS | KEY(SAME) | KEY(UDP),
		"leaves the flow at hand without a word and opens another"},
	[SCRIPT_HELLO] = {"hello", 0, NO_AMOUNT, CUT | TLS, "a TLS ClientHello"},
	[SCRIPT_CCS] = {"ccs", 0, NO_AMOUNT, CUT, "a TLS change_cipher_spec record"},
	[SCRIPT_RECORDS] = {"records", 1, MESSAGE(200), CUT,
		"TLS application data, a segment each, one after the other"},
	[SCRIPT_GARBAGE] = {"garbage", 1, MESSAGE(101), CUT | KEY(UDP),
		"bytes that no protocol begins with"},
	[SCRIPT_RANDOM] = {"random", 0, MESSAGE(200),
		CUT | KEY(UDP) | KEY(ONES) | KEY(PRINTABLE) | KEY(PRINTABLE_FIRST) |
			KEY(PRINTABLE_RUN),
		"what looks encrypted from its first byte; no byte is printable unless said"},
	[SCRIPT_TEXT] = {"text", 0, NO_AMOUNT, CUT | KEY(TEXT) | KEY(UDP), "bytes as given"},
	[SCRIPT_HTTP] = {"http", 0, NO_AMOUNT,
		CUT | KEY(HOST) | KEY(PATH) | KEY(METHOD) | KEY(PORT), "a request in clear"},
	[SCRIPT_HTTP_CONNECT] = {"http connect", 0, NO_AMOUNT, CUT | KEY(HOST) | KEY(PORT),
		"a request to a proxy"},
	[SCRIPT_SOCKS] = {"socks", 0, NO_AMOUNT, CUT | KEY(PORT), "a SOCKS5 greeting"},
	[SCRIPT_SSH] = {"ssh", 0, NO_AMOUNT, CUT | KEY(PORT), "an SSH identification line"},
	[SCRIPT_DNS] = {"dns", 0, NO_AMOUNT, KEY(NAME) | KEY(TCP) | KEY(PORT) | CUT,
		"a query for an A record"},
	[SCRIPT_STUN] = {"stun", 1, NO_AMOUNT, KEY(KIND) | KEY(PORT) | KEY(EVERY) | CUT,
		"a STUN message"},
	[SCRIPT_DTLS] = {"dtls hello", 0, NO_AMOUNT, KEY(PORT) | CUT, "a DTLS 1.2 ClientHello"},
	[SCRIPT_QUIC_INITIAL] = {"quic initial", 1, NO_AMOUNT,
		KEY(SNI) | KEY(ECH) | KEY(VERSION) | KEY(SIZE) | KEY(PORT) | KEY(EVERY) | CUT,
		"a sealed client Initial of size 1200B"},
	[SCRIPT_OPENVPN] = {"openvpn", 10, NO_AMOUNT, KEY(TCP) | KEY(PORT) | KEY(FROM),
		"messages of an OpenVPN session in their order, both ends in turn (10)"},
	[SCRIPT_WIREGUARD] = {"wireguard", 3, NO_AMOUNT, KEY(PORT) | KEY(FROM),
		"messages of a WireGuard session in their order: initiation, response, transport "
		"(3)"},
	[SCRIPT_DATAGRAMS] = {"datagrams", 1, PAYLOAD(200), KEY(EVERY) | KEY(PORT) | KEY(FROM),
		"UDP payload that looks encrypted"},
	[SCRIPT_FRAGMENTS] = {"fragments", 2, NO_AMOUNT, KEY(FROM),
		"one UDP datagram in so many IP fragments"},
	[SCRIPT_FIN] = {"fin", 0, NO_AMOUNT, FLAGS,
		"a FIN that passes the box and never gets to the other end"},
	[SCRIPT_RST] = {"rst", 0, NO_AMOUNT, FLAGS, "likewise a RST"},
	[SCRIPT_SYN] = {"syn", 0, NO_AMOUNT, FLAGS, "likewise a SYN"},
	[SCRIPT_ACK] = {"acks", 1, NO_AMOUNT, FLAGS, "likewise ACKs without payload"},
	[SCRIPT_WAIT] = {"wait", 0, SCRIPT_TYPE_DURATION, 0, 1, 30 * 86400 * SECOND_NS, 0,
		"nothing is sent"},
	[SCRIPT_DOWNLOAD] = {"download", 0, TRANSFER, BULK,
		"the server sends TLS application data; sni=: after a hello"},
	[SCRIPT_UPLOAD] = {"upload", 0, TRANSFER, BULK, "the client sends, likewise"},
	[SCRIPT_EXCHANGE] = {"exchange", 0, TRANSFER, BULK, "both at once, so much each"},
	[SCRIPT_UDP_DOWNLOAD] = {"udp download", 0, TRANSFER, KEY(RATE) | KEY(PORT),
		"the server sends datagrams at a steady rate (10Mbit/s) whatever becomes of them"},
	[SCRIPT_UDP_UPLOAD] = {"udp upload", 0, TRANSFER, KEY(RATE) | KEY(PORT),
		"the client sends, likewise"},
	[SCRIPT_QUIC_DOWNLOAD] = {"quic download", 0, TRANSFER, KEY(SNI) | KEY(RATE) | KEY(PORT),
		"the server sends short-header packets, with loss recovery and congestion control"},
	[SCRIPT_QUIC_UPLOAD] = {"quic upload", 0, TRANSFER, KEY(SNI) | KEY(RATE) | KEY(PORT),
		"the client sends, likewise"},
};

static const char *const amount_words[] = {
	[SCRIPT_TYPE_BYTES] = " BYTES", [SCRIPT_TYPE_DURATION] = " DURATION"};

static const char *const value_words[] = {
	[SCRIPT_TYPE_BYTES] = "BYTES",
	[SCRIPT_TYPE_DURATION] = "DURATION",
	[SCRIPT_TYPE_RATE] = "RATE",
	[SCRIPT_TYPE_COUNT] = "COUNT",
	[SCRIPT_TYPE_SHARE] = "SHARE",
	[SCRIPT_TYPE_NUMBER] = "NUMBER",
	[SCRIPT_TYPE_TIME] = "TIME",
	[SCRIPT_TYPE_ADDRESS] = "ADDRESS",
	[SCRIPT_TYPE_TEXT] = "TEXT",
};

static void print_key(FILE *out, const struct script_key_row *row)
{
	fprintf(out, "  %s", row->word);
	if (row->type == SCRIPT_TYPE_WORD) {
		for (size_t i = 0; row->words[i]; i++)
			fprintf(out, "%c%s", i ? '|' : '=', row->words[i]);
	} else if (row->type != SCRIPT_TYPE_NONE) {
		fprintf(out, "=%s", value_words[row->type]);
	}
	fprintf(out, "\n      %s\n", row->help);
}

static void print_verb(FILE *out, const struct script_verb_row *row)
{
	fprintf(out, "  %s%s%s", row->counted ? "[COUNT] " : "", row->word,
		row->amount ? amount_words[row->amount] : "");
	for (int key = 0; key < SCRIPT_KEYS; key++) {
		if (row->keys >> key & 1)
			fprintf(out, " %s%s", script_keys[key].word,
				script_keys[key].type == SCRIPT_TYPE_NONE ? "" : "=");
	}
	fprintf(out, "\n      %s\n", row->help);
}

void script_words_print(FILE *out)
{
	fprintf(out, "do: \"[from outside:] [COUNT flows:] STEP; STEP; ...\"\n\nSteps:\n");
	for (int verb = 0; verb < SCRIPT_VERBS; verb++)
		print_verb(out, &script_verbs[verb]);
	fprintf(out, "\nTheir keys:\n");
	for (int key = 0; key < SCRIPT_KEYS; key++)
		print_key(out, &script_keys[key]);
}
