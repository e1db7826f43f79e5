/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_file.h"

#include "plain_text.h"

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

static void take_line(struct arena *arena, struct yaml_node ***end, const char *file, uint32_t line,
	const char *text, size_t len)
{
	const char *hash = memchr(text, '#', len);
	const char *stop = hash ? hash : text + len;
	const char *begin = text;

	while (begin < stop && strchr(" \t\r", *begin))
		begin++;
	while (stop > begin && strchr(" \t\r", stop[-1]))
		stop--;
	if (begin == stop)
		return;
	**end = yaml_scalar(arena, file, begin, (size_t)(stop - begin));
	(**end)->line = line;
	(**end)->column = (uint32_t)(begin - text) + 1;
	*end = &(**end)->next;
}

static const struct yaml_node *split_lines(struct arena *arena, const struct yaml_node *path,
	const char *file, const char *bytes, size_t len)
{
	struct yaml_node *list = arena_alloc(arena, sizeof(*list));
	struct yaml_node **end = &list->first;
	uint32_t line = 1;

	list->kind = YAML_LIST;
	list->file = path->file;
	list->key = path->key;
	list->line = path->line;
	list->column = path->column;
	for (const char *text = bytes, *stop = bytes + len; text < stop; line++) {
		const char *newline = memchr(text, '\n', (size_t)(stop - text));
		const char *after = newline ? newline : stop;
		struct yaml_node **before = end;

		take_line(arena, &end, file, line, text, (size_t)(after - text));
		list->count += end != before;
		text = after + 1;
	}
	return list;
}

const struct yaml_node *list_file_read(struct arena *arena, const struct yaml_node *path,
	const char *directory, struct failure *failure)
{
	const struct yaml_node *list;
	const char *file;
	char *bytes;
	size_t len;

	if (!directory) {
		yaml_failure(path, failure, "this document cannot name files: write the list here");
		return NULL;
	}
	file = *path->text == '/' ? path->text
				  : arena_format(arena, "%s/%s", directory, path->text);
	bytes = list_file_bytes(file, LIST_FILE_BYTES_MAX, &len);
	if (!bytes) {
		yaml_failure(path, failure, "the list \"%.200s\" cannot be read: %s", file,
			errno == EINVAL  ? "not a regular file"
			: errno == EFBIG ? "larger than 64 MB"
					 : strerror(errno));
		return NULL;
	}
	list = plain_text_check(file, bytes, len, failure)
		       ? split_lines(arena, path, file, bytes, len)
		       : NULL;
	free(bytes);
	return list;
}
