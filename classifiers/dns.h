/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first question of a DNS message (RFC 1035 section 4.1). Answers are not read.
 */
#ifndef SLUICE_DNS_H
#define SLUICE_DNS_H

#include "span.h"

#include <stdbool.h>

enum { DNS_NAME_BYTES = 254 }; /* the longest name as text, RFC 1035 section 3.1 */

struct dns_question {
	bool response;
	uint16_t type, class;
	uint16_t name_bytes;
	char name[DNS_NAME_BYTES]; /* labels with dots between, as sent; not ended by a zero */
};

/*
 * A whole message as UDP carries it. FINDING_IS: a header that makes sense with one question, and
 * the question is there. Never FINDING_NOT_YET. A name with a compression pointer is refused:
 * before the first question there is nothing to point to.
 */
enum finding dns_message_parse(struct span message, struct dns_question *question);

/* The same over TCP, where a length stands before the message (section 4.2.2); FINDING_NOT_YET when
 * the question may still come. */
enum finding dns_stream_parse(struct span stream, struct dns_question *question);

#endif
