/* SPDX-License-Identifier: BSD-3-Clause */
/* ClientHellos (RFC 8446, 6066, 7685, 9147 and draft-ietf-tls-esni). */
#ifndef SLUICE_HELLO_H
#define SLUICE_HELLO_H

#include "control/virtual/utterance.h"

struct hello {
	const char *name; /* NULL: without server_name */
	bool ech;
	bool quic;       /* with transport parameters, without a session id */
	uint32_t size;   /* of the handshake message with what goes around it; 0: no padding */
	uint32_t around; /* bytes that go around it */
	uint64_t seed;
};

/* The handshake message. */
void hello_message(struct utterance *utterance, const struct hello *hello);

/* As TLS records, after another record when the step says so. */
void hello_tls(struct utterance *utterance, const struct script_step *step, uint64_t seed);
void hello_dtls(struct utterance *utterance, uint64_t seed);

#endif
