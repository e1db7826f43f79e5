/* SPDX-License-Identifier: BSD-3-Clause */
#include "sentences.h"

#include <stddef.h>

const struct sentence sentences[] = {
	{"initiator", "it was begun from "},
	{"proto", "its protocol is "},
	{"client", "its client is in "},
	{"server", "its server is in "},
	{"client_port", "the client's port is "},
	{"server_port", "the server's port is "},
	{"name", "its TLS, QUIC, DTLS or HTTP name is "},
	{"tls.sni", "its TLS server name is "},
	{"quic.sni", "its QUIC server name is "},
	{"dtls.sni", "its DTLS server name is "},
	{"http.host", "its HTTP Host is "},
	{"tls.version", "the highest TLS version of its hello is "},
	{"tls.key_share", "a key share of its hello is "},
	{"tls.ech", "the encrypted hello in its hello is "},
	{"tls.alpn", "a protocol offered in its hello is "},
	{"tls.ja3", "the JA3 of its hello is "},
	{"tls.ja4", "the JA4 of its hello is "},
	{"app", "it is recognised as "},
	{"category", "what it is recognised as is of the category "},
	{"between", "it began between "},
	{"chance", "chance takes it, with "},
	{"client_port_over_server_port", "the client's port is above the server's: "},
	{"quic", "a datagram of its client has QUIC's "},
	{"connections", "there are too many of those of which the rest is true: "},
	{"fully_encrypted", "the client's first payload looks fully encrypted: "},
	{NULL, NULL},
};
