/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/ssh.h"

#include <stdbool.h>
#include <string.h>

enum {
	PREFIX_BYTES = 4,   /* "SSH-" */
	VERSION_BYTES = 6,  /* more than any protoversion that was given out */
	BANNER_BYTES = 255, /* section 4.2: with CR and LF */
};

static bool is_version_byte(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || byte == '.';
}

static bool is_printable(uint8_t byte)
{
	return byte > ' ' && byte < 0x7f;
}

/* Takes a digit, a dot and digits, as far as the dash. */
static enum finding take_version(struct span *from, struct span *version)
{
	uint32_t len = 0;

	while (len < from->len && len < VERSION_BYTES && is_version_byte(from->data[len]))
		len++;
	if ((len > 0 && from->data[0] == '.') || (len > 1 && from->data[1] != '.'))
		return FINDING_IS_NOT;
	if (len == from->len)
		return FINDING_NOT_YET;
	if (len < 3 || from->data[len] != '-')
		return FINDING_IS_NOT;
	*version = (struct span){from->data, len};
	from->data += len + 1;
	from->len -= len + 1;
	return FINDING_IS;
}

enum finding ssh_banner_parse(struct span stream, struct ssh_banner *banner)
{
	uint32_t prefix = stream.len < PREFIX_BYTES ? stream.len : PREFIX_BYTES;
	struct span rest;
	enum finding version;

	*banner = (struct ssh_banner){0};
	if (stream.len == 0 || memcmp(stream.data, "SSH-", prefix) != 0)
		return FINDING_IS_NOT;
	if (stream.len > BANNER_BYTES)
		stream.len = BANNER_BYTES;
	rest = (struct span){stream.data + prefix, stream.len - prefix};
	version = rest.len ? take_version(&rest, &banner->version) : FINDING_NOT_YET;
	if (version != FINDING_IS)
		return version;
	banner->software = rest;
	banner->software.len = 0;
	while (banner->software.len < rest.len && is_printable(rest.data[banner->software.len]))
		banner->software.len++;
	return FINDING_IS;
}
