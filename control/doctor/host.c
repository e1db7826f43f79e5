/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/doctor/host.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static bool full_path(
	const struct host *host, char path[PATH_MAX], const char *format, va_list args)
{
	int root = snprintf(path, PATH_MAX, "%s", host->root);

	if (root >= PATH_MAX)
		return false;
	return vsnprintf(path + root, PATH_MAX - root, format, args) < PATH_MAX - root;
}

static char *trimmed(char *text)
{
	size_t len = strlen(text);

	while (len && (unsigned char)text[len - 1] <= ' ')
		text[--len] = '\0';
	return text + strspn(text, " \t");
}

static bool read_line(const char *path, char *into, size_t size)
{
	FILE *file = fopen(path, "re");
	bool any = file && fgets(into, (int)size, file);

	if (file)
		fclose(file);
	if (any)
		memmove(into, trimmed(into), strlen(trimmed(into)) + 1);
	return any;
}

bool host_line(const struct host *host, char *into, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, format);
	fits = full_path(host, path, format, args);
	va_end(args);
	return fits && read_line(path, into, size);
}

bool host_number(const struct host *host, int64_t *number, const char *format, ...)
{
	char path[PATH_MAX], text[64], *end;
	va_list args;
	bool fits;

	va_start(args, format);
	fits = full_path(host, path, format, args);
	va_end(args);
	if (!fits || !read_line(path, text, sizeof(text)))
		return false;
	errno = 0;
	*number = strtoll(text, &end, 0);
	return end != text && !errno;
}

bool host_has(const struct host *host, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, format);
	fits = full_path(host, path, format, args);
	va_end(args);
	return fits && access(path, F_OK) == 0;
}

bool host_link(const struct host *host, char *into, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	va_list args;
	ssize_t len;
	bool fits;

	va_start(args, format);
	fits = full_path(host, path, format, args);
	va_end(args);
	len = fits ? readlink(path, target, sizeof(target) - 1) : -1;
	if (len <= 0)
		return false;
	target[len] = '\0';
	last = strrchr(target, '/');
	return snprintf(into, size, "%s", last ? last + 1 : target) < (int)size;
}

/* The kernel's configuration may be compressed: zlib reads plain files as they are. */
bool host_field(
	const struct host *host, const char *where, const char *begin, char *into, size_t size)
{
	char path[PATH_MAX], line[8192];
	bool found = false;
	gzFile file;

	if (snprintf(path, sizeof(path), "%s%s", host->root, where) >= (int)sizeof(path))
		return false;
	file = gzopen(path, "rb");
	while (file && !found && gzgets(file, line, sizeof(line))) {
		found = !strncmp(line, begin, strlen(begin));
		if (found)
			snprintf(into, size, "%s", trimmed(line + strlen(begin)));
	}
	if (file)
		gzclose_r(file);
	return found;
}

static int by_name(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

static char **read_names(DIR *folder, const char *begin)
{
	size_t count = 0, size = 64;
	char **names = malloc(size * sizeof(*names));
	const struct dirent *entry;

	while (names && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, begin, strlen(begin)) != 0)
			continue;
		if (count + 1 == size)
			names = reallocarray(names, size *= 2, sizeof(*names));
		if (names)
			names[count++] = strdup(entry->d_name);
	}
	if (!names)
		abort();
	names[count] = NULL;
	qsort(names, count, sizeof(*names), by_name);
	return names;
}

char **host_names(const struct host *host, const char *begin, const char *format, ...)
{
	char path[PATH_MAX];
	char **names = NULL;
	va_list args;
	DIR *folder;
	bool fits;

	va_start(args, format);
	fits = full_path(host, path, format, args);
	va_end(args);
	folder = fits ? opendir(path) : NULL;
	if (folder) {
		names = read_names(folder, begin);
		closedir(folder);
	}
	return names;
}

void host_names_free(char **names)
{
	for (char **name = names; name && *name; name++)
		free(*name);
	free(names);
}

bool host_list_has(const char *list, unsigned number)
{
	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		list = *end == ',' ? end + 1 : "";
	}
	return false;
}
