/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_file.h"

#include "dictionary.h"
#include "list_format.h"
#include "plain_text.h"
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Opened without waiting, so that a pipe without a writer does not hang. */
static int open_regular(const char *path)
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (file < 0)
		return -1;
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
		return file;
	close(file);
	errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
	return -1;
}

static char *read_all(int file, size_t max, size_t *len)
{
	size_t room = 65536;
	char *bytes = malloc(room);
	ssize_t got;

	for (*len = 0; bytes; *len += (size_t)got) {
		if (*len == room) {
			char *larger = realloc(bytes, room * 2);

			if (!larger)
				break;
			bytes = larger;
			room *= 2;
		}
		got = read(file, bytes + *len, room - *len);
		if (got < 0 && errno == EINTR) {
			got = 0;
			continue;
		}
		if (got == 0)
			return bytes;
		if (got < 0)
			break;
		if (*len + (size_t)got > max) {
			errno = EFBIG;
			break;
		}
	}
	free(bytes);
	return NULL;
}

char *list_file_bytes(const char *path, size_t max, size_t *len)
{
	bool standard_input = !strcmp(path, "-");
	int file = standard_input ? STDIN_FILENO : open_regular(path);
	char *bytes;
	int error;

	if (file < 0)
		return NULL;
	bytes = read_all(file, max, len);
	error = errno;
	if (!standard_input)
		close(file);
	errno = error;
	return bytes;
}

/* Lines on their way into a list. */
struct reading {
	struct arena *arena;
	const struct list_source *source;
	struct dictionary *wanted; /* names of prefixes to 1, or to 2 once there; NULL all */
	struct skips *skips;
	struct failure *failure;
	const char *file, *line;
	struct yaml_node *list, **end;
	uint32_t number; /* of the line */
};

static bool is_wanted(struct reading *reading, struct list_word group)
{
	char name[256];

	if (!reading->wanted)
		return true;
	if (group.len >= sizeof(name))
		return false;
	memcpy(name, group.text, group.len);
	name[group.len] = '\0';
	if (!dictionary_get(reading->wanted, name))
		return false;
	*dictionary_at(reading->wanted, name) = 2;
	return true;
}

static void take_entry(void *context, struct list_word entry, bool below, struct list_word group)
{
	struct reading *reading = context;
	bool dotted = below && entry.len && *entry.text == '.';
	struct yaml_node *node;

	if (!is_wanted(reading, group))
		return;
	node = yaml_scalar(reading->arena, reading->file, entry.text, entry.len);
	if (below)
		node->text = arena_format(reading->arena, "**.%s", node->text + dotted);
	node->listed = true;
	node->line = reading->number;
	node->column = (uint32_t)(entry.text - reading->line) + 1;
	*reading->end = node;
	reading->end = &node->next;
	reading->list->count++;
}

/* What no line of text holds, and where. */
static const char *bytes_error(const char *line, size_t len, size_t *column)
{
	size_t size;

	for (size_t i = 0; i < len; i += size) {
		unsigned char byte = (unsigned char)line[i];

		*column = i + 1;
		size = plain_text_character(line + i, len - i);
		if (!size)
			return "is not UTF-8 text";
		if ((byte < ' ' && byte != '\t' && byte != '\r') || byte == 0x7f)
			return "has a control character";
	}
	return NULL;
}

static bool take_line(struct reading *reading, const char *line, size_t len)
{
	struct yaml_node **end = reading->end;
	uint32_t count = reading->list->count;
	size_t column;
	const char *wrong = bytes_error(line, len, &column);

	reading->line = line;
	if (!wrong)
		wrong = list_format_line(
			reading->source->format, line, len, take_entry, reading, &column);
	if (!wrong)
		return true;
	reading->end = end; /* a bad line counts for nothing */
	reading->list->count = count;
	*end = NULL;
	return skips_line(reading->skips, reading->failure, reading->file, reading->number,
		(uint32_t)column, "the line %s", wrong);
}

static bool take_lines(struct reading *reading, const char *bytes, size_t len)
{
	const char *text = bytes, *stop = bytes + len;

	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		text += 3;
	for (reading->number = 1; text < stop; reading->number++) {
		const char *newline = memchr(text, '\n', (size_t)(stop - text));
		const char *end = newline ? newline : stop;

		if (!take_line(reading, text, (size_t)(end - text)))
			return false;
		text = end + 1;
	}
	return true;
}

/* A name without prefixes would be a list that says nothing. */
static bool all_found(const struct reading *reading)
{
	const struct yaml_node *only = reading->source->only;

	for (const struct yaml_node *name = only ? only->first : NULL; name; name = name->next) {
		if (dictionary_get(reading->wanted, name->text) != 2)
			return yaml_failure(name, reading->failure,
				"no prefix of %.200s has the name \"%.60s\"", reading->file,
				name->text);
	}
	return true;
}

static const struct yaml_node *read_list(struct reading *reading, const char *bytes, size_t len)
{
	const struct yaml_node *only = reading->source->only;
	bool good;

	reading->list = arena_alloc(reading->arena, sizeof(*reading->list));
	*reading->list = *reading->source->path;
	reading->list->kind = YAML_LIST;
	reading->list->text = NULL;
	reading->list->next = NULL;
	reading->end = &reading->list->first;
	reading->wanted = only ? dictionary_new() : NULL;
	for (const struct yaml_node *name = only ? only->first : NULL; name; name = name->next)
		*dictionary_at(reading->wanted, name->text) = 1;
	good = take_lines(reading, bytes, len) && all_found(reading);
	dictionary_free(reading->wanted);
	return good ? reading->list : NULL;
}

static bool cannot_be_read(const struct reading *reading, const char *why)
{
	return yaml_failure(reading->source->path, reading->failure,
		"the list \"%.200s\" cannot be read: %s", reading->file, why);
}

/* The file's text, unpacked; the caller frees. NULL after a failure. */
static char *read_text(const struct reading *reading, size_t *len)
{
	char *bytes = list_file_bytes(reading->file, LIST_FILE_BYTES_MAX, len), *text;
	const char *why;

	if (!bytes) {
		cannot_be_read(reading, errno == EINVAL  ? "not a regular file"
					: errno == EFBIG ? "larger than 64 MB"
							 : strerror(errno));
		return NULL;
	}
	if (!unpack_is_packed(bytes, *len))
		return bytes;
	text = unpack(bytes, *len, LIST_FILE_BYTES_MAX, len, &why);
	free(bytes);
	if (!text)
		cannot_be_read(reading, why);
	return text;
}

const struct yaml_node *list_file_read(struct arena *arena, const struct list_source *source,
	struct skips *skips, struct failure *failure)
{
	const char *path = source->path->text;
	struct reading reading = {
		.arena = arena, .source = source, .skips = skips, .failure = failure};
	const struct yaml_node *list;
	char *text;
	size_t len;

	if (!source->directory) {
		yaml_failure(source->path, failure,
			"this document cannot name files: write the list here");
		return NULL;
	}
	reading.file = *path == '/' ? path : arena_format(arena, "%s/%s", source->directory, path);
	text = read_text(&reading, &len);
	if (!text)
		return NULL;
	list = read_list(&reading, text, len);
	free(text);
	return list;
}
