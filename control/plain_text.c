/* SPDX-License-Identifier: BSD-3-Clause */
#include "plain_text.h"

#include <stdint.h>
#include <string.h>

/* By the first byte: how many follow, and what the first of those may be (RFC 3629 section 4). */
static const struct form {
	uint8_t first, last;
	uint8_t follow;
	uint8_t second_first, second_last;
} forms[] = {
	{0x00, 0x7f, 0, 0x00, 0x00},
	{0xc2, 0xdf, 1, 0x80, 0xbf},
	{0xe0, 0xe0, 2, 0xa0, 0xbf},
	{0xe1, 0xec, 2, 0x80, 0xbf},
	{0xed, 0xed, 2, 0x80, 0x9f},
	{0xee, 0xef, 2, 0x80, 0xbf},
	{0xf0, 0xf0, 3, 0x90, 0xbf},
	{0xf1, 0xf3, 3, 0x80, 0xbf},
	{0xf4, 0xf4, 3, 0x80, 0x8f},
};

size_t plain_text_character(const char *text, size_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	const struct form *form = forms, *end = forms + sizeof(forms) / sizeof(forms[0]);

	if (!len)
		return 0;
	while (form < end && (bytes[0] < form->first || bytes[0] > form->last))
		form++;
	if (form == end || len < form->follow + 1u)
		return 0;
	if (form->follow && (bytes[1] < form->second_first || bytes[1] > form->second_last))
		return 0;
	for (size_t i = 2; i <= form->follow; i++) {
		if (bytes[i] < 0x80 || bytes[i] > 0xbf)
			return 0;
	}
	return form->follow + 1u;
}

bool plain_text_check(const char *file, const char *text, size_t len, struct failure *failure)
{
	int line = 1, column = 1;
	size_t size;

	for (size_t i = 0; i < len; i += size) {
		unsigned char byte = (unsigned char)text[i];

		size = plain_text_character(text + i, len - i);
		if (!size)
			return failure_at(
				failure, file, line, column, "byte 0x%02x is not UTF-8 text", byte);
		if ((byte < ' ' && !strchr("\t\n\r", byte)) || byte == 0 || byte == 0x7f)
			return failure_at(failure, file, line, column,
				"the control character 0x%02x is not allowed", byte);
		if (byte == '%' && column == 1)
			return failure_at(failure, file, line, column,
				"YAML directives (a line that begins with %%) are not allowed");
		if (size == 3 && !memcmp(text + i, "\xef\xbb\xbf", 3)) {
			if (i)
				return failure_at(failure, file, line, column,
					"a byte order mark is only allowed at the beginning");
			continue;
		}
		column++;
		if (byte == '\n' || (byte == '\r' && (i + 1 == len || text[i + 1] != '\n'))) {
			line++;
			column = 1;
		}
	}
	return true;
}
