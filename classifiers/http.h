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

/*
 * FINDING_NOT_YET while the header block has no end and Host has not been seen (up to 8 KB: then
 * FINDING_IS with what the target says, or an empty host). An IPv6 literal keeps its brackets, one
 * that does not close is an empty host. FINDING_IS_NOT: no such request line (a control byte in it,
 * no target, another version than HTTP/1.x); more bytes never change this answer. *request is
 * filled with FINDING_IS only, and host may hold any bytes but LF.
 *
 * As lenient servers do: LF alone ends a line, several spaces may stand around the target. The
 * first Host line counts; a line folded onto it (obs-fold) does not.
 */
enum finding http_request_parse(struct span stream, struct http_request *request);

/* Begins with a method of RFC 9110 (or PATCH) and a space, or is a proper beginning of one (not
 * empty). */
bool http_is_request(struct span stream);

#endif
