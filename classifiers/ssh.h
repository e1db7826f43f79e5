/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The identification string that both ends of SSH begin with (RFC 4253 section 4.2).
 */
#ifndef SLUICE_SSH_H
#define SLUICE_SSH_H

#include "span.h"

/* Spans into the stream, without "SSH-", dashes, comments and line ends. */
struct ssh_banner {
	struct span version;  /* "2.0", "1.99", "1.5" */
	struct span software; /* as far as it has come; empty where none follows the dash */
};

/*
 * `stream`: the first bytes of a direction. FINDING_NOT_YET: a proper beginning of "SSH-N.N-", not
 * empty. FINDING_IS without the line's end too: only the version is waited for. Lines that a server
 * may send before its string are not looked through.
 */
enum finding ssh_banner_parse(struct span stream, struct ssh_banner *banner);

#endif
