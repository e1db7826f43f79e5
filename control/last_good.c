/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/last_good.h"

#include "control/list_file.h"
#include "control/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "end ", a digest, a line's end. */
enum { HEAD_MAX = 256, DIGEST = 64, TAIL = 4 + DIGEST + 1 };

static const char head_format[] = "sluice-rules 1\nversion %" PRIu64 "\nsha256 %s\n\n";

void last_good_path(char path[PATH_MAX], const char *folder, const char *lab, const char *node)
{
	snprintf(path, PATH_MAX, "%s/%s-%s.rules", folder, lab, node);
}

/* Reading */

static bool is_whole(const char *bytes, size_t len)
{
	char hex[DIGEST + 1], tail[TAIL + 1];

	if (len < TAIL)
		return false;
	manifest_sha256(bytes, len - TAIL, hex);
	snprintf(tail, sizeof(tail), "end %s\n", hex);
	return memcmp(bytes + len - TAIL, tail, TAIL) == 0;
}

/* `bytes` are whole, so that what is written here is what was written there. */
static bool take(const char *bytes, size_t len, struct stored_ruleset *stored)
{
	char head[HEAD_MAX];
	int used = 0;

	snprintf(head, sizeof(head), "%.*s", (int)(len < HEAD_MAX - 1 ? len : HEAD_MAX - 1), bytes);
	if (sscanf(head, "sluice-rules 1 version %" SCNu64 " sha256 %64[0-9a-f]%n",
		    &stored->version, stored->sha256, &used) != 2 ||
		!used || !stored->version || (size_t)used + 2 > len - TAIL)
		return false;
	used += 2;
	stored->len = len - TAIL - (size_t)used;
	stored->document = malloc(stored->len + 1);
	if (!stored->document)
		return false;
	memcpy(stored->document, bytes + used, stored->len);
	stored->document[stored->len] = '\0';
	return true;
}

bool last_good_read(const char *path, struct stored_ruleset *stored, struct failure *failure)
{
	size_t len;
	char *bytes = list_file_bytes(path, YAML_BYTES_MAX + HEAD_MAX + TAIL, &len);
	bool good;

	memset(stored, 0, sizeof(*stored));
	if (!bytes && errno == ENOENT)
		return true;
	if (!bytes)
		return failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	good = is_whole(bytes, len) && take(bytes, len, stored);
	free(bytes);
	if (good)
		return true;
	stored_ruleset_end(stored);
	return failure_set(failure, EXIT_BAD_INPUT, "%s: is not whole", path);
}

/* Writing */

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t wrote = write(fd, bytes, len);

		if (wrote < 0)
			return false;
		bytes += wrote;
		len -= (size_t)wrote;
	}
	return true;
}

/* Everything that the file holds; NULL without memory. */
static char *compose(const struct stored_ruleset *stored, size_t *len)
{
	char *bytes = malloc(HEAD_MAX + stored->len + TAIL + 1), hex[DIGEST + 1];

	if (!bytes)
		return NULL;
	*len = (size_t)snprintf(bytes, HEAD_MAX, head_format, stored->version, stored->sha256);
	memcpy(bytes + *len, stored->document, stored->len);
	*len += stored->len;
	manifest_sha256(bytes, *len, hex);
	*len += (size_t)snprintf(bytes + *len, TAIL + 1, "end %s\n", hex);
	return bytes;
}

/* A new file on disk, not only on its way there. */
static bool put(const char *path, const char *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write_all(fd, bytes, len) && fsync(fd) == 0;
	return close(fd) == 0 && good;
}

/* The folder that the path is in; made, but not its parents. */
static int open_folder(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -1;
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool exchange(const char *path, const char *bytes, size_t len)
{
	char fresh[PATH_MAX + 8];
	int folder = open_folder(path);
	bool good;

	if (folder < 0)
		return false;
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	good = put(fresh, bytes, len) && rename(fresh, path) == 0 && fsync(folder) == 0;
	close(folder);
	return good;
}

bool last_good_write(const char *path, const struct stored_ruleset *stored, struct failure *failure)
{
	size_t len;
	char *bytes = compose(stored, &len);
	bool good;

	errno = ENOMEM;
	good = bytes && exchange(path, bytes, len);
	free(bytes);
	return good || failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
}
