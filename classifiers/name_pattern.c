/* SPDX-License-Identifier: BSD-3-Clause */
#include "name_pattern.h"

#include <stdbool.h>
#include <string.h>

static bool ends_with_star(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '*';
}

static struct name_pattern split(const char *text)
{
	size_t len = strlen(text);

	if (len > 1 && text[0] == '/' && text[len - 1] == '/')
		return (struct name_pattern){text + 1, len - 2, FORM_REGEX};
	if (*text == '*' && ends_with_star(text + 1))
		return (struct name_pattern){text + 1, strlen(text) - 2, FORM_CONTAINS};
	if (strncmp(text, "**.", 3) == 0)
		return (struct name_pattern){text + 3, strlen(text) - 3, FORM_ANY_DEPTH};
	if (strncmp(text, "*.", 2) == 0)
		return (struct name_pattern){text + 2, strlen(text) - 2, FORM_ONE_LABEL};
	if (*text == '*')
		return (struct name_pattern){text + 1, strlen(text) - 1, FORM_SUFFIX};
	return (struct name_pattern){text, strlen(text), FORM_EXACT};
}

/* Two dots in a row, or one in front: no name of whole labels is written so. Nor with a label of
 * more than 63 bytes (RFC 1035 section 2.3.4). */
static const char *label_error(const struct name_pattern *pattern)
{
	size_t begin = 0;

	if (pattern->form == FORM_CONTAINS || pattern->form == FORM_SUFFIX)
		return NULL;
	for (size_t i = 0; i <= pattern->len; i++) {
		if (i < pattern->len && pattern->literal[i] != '.')
			continue;
		if (i < pattern->len && i == begin)
			return "has an empty label";
		if (i - begin > 63)
			return "has a label of more than 63 characters";
		begin = i + 1;
	}
	return NULL;
}

/* What a character cannot be, by its number; of what is wrong first. */
static const char *character_error(const struct name_pattern *pattern, unsigned char c)
{
	if (c <= ' ' || c == 0x7f)
		return "has a blank or a control character";
	if (c > 0x7f)
		return "has a character beyond ASCII: names go over the wire as xn--...";
	if (pattern->form == FORM_REGEX)
		return NULL;
	if (c == '*')
		return "has a '*' where none can be: NAME, *.NAME, **.NAME, *ENDING and "
		       "*PART* are known";
	if (strchr("/:?#\\,;\"'", c) && pattern->literal[0] != '[')
		return "has a character that no host name has (give the name alone: no scheme, "
		       "port or path)";
	return NULL;
}

const char *name_pattern_parse(const char *text, struct name_pattern *pattern)
{
	bool has_character = false;

	*pattern = split(text);
	if (pattern->len > NAME_BYTES)
		return "is longer than a name can be (255 characters)";
	for (size_t i = 0; i < pattern->len; i++) {
		unsigned char c = (unsigned char)pattern->literal[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
		const char *wrong = plain || c == '.' ? NULL : character_error(pattern, c);

		if (wrong)
			return wrong;
		has_character |= c != '.';
	}
	if (pattern->form == FORM_REGEX)
		return pattern->len ? NULL : "has nothing between its slashes";
	if (!has_character)
		return "names nothing: it needs a character that is not '*' or '.'";
	return label_error(pattern);
}
