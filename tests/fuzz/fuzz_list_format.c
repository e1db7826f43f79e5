/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first byte chooses a format, the rest is a line: every entry lies in the line, and so does
 * the place of what is wrong.
 */
#include "control/list_format.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct line {
	const char *text;
	size_t len;
};

static void check_entry(void *context, struct list_word entry, bool below, struct list_word group)
{
	const struct line *line = context;

	assert(entry.text >= line->text && entry.len);
	assert(entry.text + entry.len <= line->text + line->len);
	assert(!group.len || (group.text >= line->text && group.text + group.len < entry.text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct line line = {(const char *)data + 1, size - 1};
	unsigned formats = 0;
	size_t column;

	while (list_formats[formats])
		formats++;
	if (!size)
		return 0;
	if (list_format_line(data[0] % formats, line.text, line.len, check_entry, &line, &column))
		assert(column >= 1 && column <= line.len + 1);
	return 0;
}
