/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The request line and Host of an HTTP/1 request (RFC 9112), as a middlebox reads it.
 */
#ifndef SLUICE_HTTP_H
#define SLUICE_HTTP_H

#include "span.h"

#include <stdbool.h>

struct http_request {
	struct span method;
	struct span host; /* without port; from Host, else from an absolute or CONNECT target */
	bool to_proxy;    /* CONNECT, or an absolute target (RFC 9112 section 3.2.2, 3.2.3) */
};

/* FINDING_NOT_YET while the header block has no end and Host has not been seen (up to 8 KB: then
 * FINDING_IS with an empty host). An IPv6 literal keeps its brackets. */
enum finding http_request_parse(struct span stream, struct http_request *request);

/* Begins with a method of RFC 9110 (or PATCH) and a space, or is a proper beginning of one. */
bool http_is_request(struct span stream);

#endif
