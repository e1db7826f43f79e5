/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/dns.h"

#include "classifiers/cursor.h"

#include <string.h>

enum {
	HEADER_BYTES = 12,
	LABEL_BYTES = 63,
	QUESTION_BYTES_MAX = 255 + 4, /* name, type, class */
};

/* Bits of the header's second 16 (section 4.1.1). */
enum { RESPONSE = 0x8000, OPCODE_AT = 11, OPCODE_BITS = 0xf };

/* Query, inverse query, status, notify (RFC 1996), update (RFC 2136). */
static bool is_opcode(uint32_t opcode)
{
	return opcode <= 2 || opcode == 4 || opcode == 5;
}

/* IN, CHAOS, HESIOD, NONE, ANY. */
static bool is_class(uint32_t class)
{
	return class == 1 || class == 3 || class == 4 || class == 254 || class == 255;
}

static bool take_header(struct span *from, struct dns_question *question)
{
	uint32_t id, flags, questions, counts;
	struct span rest;

	if (!cursor_number(from, 2, &id) || !cursor_number(from, 2, &flags) ||
		!cursor_number(from, 2, &questions) || !cursor_number(from, 2, &counts) ||
		!cursor_take(from, 4, &rest))
		return false;
	question->response = flags & RESPONSE;
	if (!is_opcode(flags >> OPCODE_AT & OPCODE_BITS) || questions != 1)
		return false;
	return question->response || counts == 0 || (flags >> OPCODE_AT & OPCODE_BITS) != 0;
}

/* Labels up to the root's; the text is never longer than the wire form less two bytes. */
static bool take_name(struct span *from, struct dns_question *question)
{
	uint32_t bytes, at = 0;
	struct span label;

	while (cursor_number(from, 1, &bytes) && bytes <= LABEL_BYTES) {
		if (bytes == 0) {
			question->name_bytes = (uint16_t)at;
			return true;
		}
		if (!cursor_take(from, bytes, &label) || at + !!at + bytes > DNS_NAME_BYTES - 1)
			return false;
		if (at)
			question->name[at++] = '.';
		memcpy(question->name + at, label.data, bytes);
		at += bytes;
	}
	return false;
}

enum finding dns_message_parse(struct span message, struct dns_question *question)
{
	uint32_t type, class;

	question->name_bytes = 0;
	if (!take_header(&message, question) || !take_name(&message, question) ||
		!cursor_number(&message, 2, &type) || !cursor_number(&message, 2, &class))
		return FINDING_IS_NOT;
	if (type == 0 || !is_class(class))
		return FINDING_IS_NOT;
	question->type = (uint16_t)type;
	question->class = (uint16_t) class;
	return FINDING_IS;
}

enum finding dns_stream_parse(struct span stream, struct dns_question *question)
{
	uint32_t bytes;
	enum finding finding;

	question->name_bytes = 0;
	if (!cursor_number(&stream, 2, &bytes))
		return stream.len ? FINDING_NOT_YET : FINDING_IS_NOT;
	if (bytes < HEADER_BYTES)
		return FINDING_IS_NOT;
	if (stream.len > bytes)
		stream.len = bytes;
	finding = dns_message_parse(stream, question);
	if (finding == FINDING_IS_NOT && stream.len < bytes &&
		stream.len < HEADER_BYTES + QUESTION_BYTES_MAX)
		return FINDING_NOT_YET;
	return finding;
}
