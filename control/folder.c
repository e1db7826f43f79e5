/* SPDX-License-Identifier: BSD-3-Clause */
#include "folder.h"

#include "temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BUFFER_BYTES = 1 << 18,
	RUN_JSON_BYTES_MAX = 64 << 20, /* more is not read to find out whose it is */
	TARGET_IN_NAME = 200,          /* bytes of the target's name in the temporary one */
};

struct folder {
	char *path;                       /* as given, for messages */
	char *parent;                     /* "." when path is a name alone */
	char *name;                       /* last component of the target */
	char *temporary, *temporary_name; /* the name points into the path */
	char *file;                       /* what folder_path returned last */
	char *buffers[FOLDER_FILES_MAX];
	int buffer_count;
	int parent_fd;
	int number; /* of temporary_make, -1 none */
	bool force;
};

static bool refused(struct failure *failure, const char *what, int error)
{
	enum exit_code code = error == ENAMETOOLONG ? EXIT_BAD_INPUT : EXIT_REFUSED;

	return failure_set(failure, code, "%s: %s", what, strerror(error));
}

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static void release(struct folder *folder)
{
	for (int i = 0; i < folder->buffer_count; i++)
		free(folder->buffers[i]);
	if (folder->number >= 0)
		temporary_release(folder->number);
	if (folder->parent_fd >= 0)
		close(folder->parent_fd);
	free(folder->path);
	free(folder->parent);
	free(folder->name);
	free(folder->temporary);
	free(folder->file);
	free(folder);
}

/* "a/b///" is "b" in "a"; "b" is "b" in "."; "/b" is "b" in "/". */
static bool split_path(struct folder *folder, struct failure *failure)
{
	char *path = must(strdup(folder->path)), *slash;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	slash = strrchr(path, '/');
	folder->name = must(strdup(slash ? slash + 1 : path));
	if (slash)
		slash[slash == path] = '\0';
	folder->parent = must(strdup(slash ? path : "."));
	free(path);
	if (!*folder->name || strcmp(folder->name, ".") == 0 || strcmp(folder->name, "..") == 0)
		return failure_set(failure, EXIT_BAD_INPUT,
			"'%s' cannot be an output folder: name one that can be created",
			folder->path);
	return true;
}

static bool open_parent(struct folder *folder, struct failure *failure)
{
	folder->parent_fd = open(folder->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->parent_fd >= 0)
		return true;
	if (errno == ENOENT || errno == ENOTDIR)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s: there is no folder '%s' to create it in", folder->path,
			folder->parent);
	return refused(failure, folder->parent, errno);
}

/* What results consist of: a folder that holds anything else holds somebody's work. */
static const char *const result_files[] = {"run.json", "flows.csv", "counters.json", "series.csv",
	"sequences.json", "verdicts.pcapng", "out.pcapng", "report.html", "models.html",
	"models.json", NULL};

static bool is_result_file(int at, const char *name)
{
	struct stat facts;

	for (int i = 0; result_files[i]; i++) {
		if (!strcmp(result_files[i], name))
			return fstatat(at, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
			       S_ISREG(facts.st_mode);
	}
	return false;
}

/* Counts what is in the open folder; -1 when something in it is no result of ours. Leaves fd
 * open. */
static int count_entries(int fd)
{
	DIR *entries = fdopendir(dup(fd));
	struct dirent *entry;
	int count = 0;

	if (!entries)
		return -1;
	rewinddir(entries); /* the duplicate shares its position with fd */
	while (count >= 0 && (entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		count = is_result_file(fd, entry->d_name) ? count + 1 : -1;
	}
	closedir(entries);
	return count;
}

static bool has_run_json(int fd)
{
	/* Not blocking: "run.json" might be a pipe that nobody writes to. */
	int file = openat(fd, "run.json", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	json_t *json = NULL;
	struct stat facts;
	bool ours;

	if (file < 0)
		return false;
	if (fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
		facts.st_size <= RUN_JSON_BYTES_MAX)
		json = json_loadfd(file, 0, NULL);
	ours = json_object_get(json, "sluice") != NULL;
	json_decref(json);
	close(file);
	return ours;
}

/* NULL when the folder may be replaced, else what speaks against it. */
static const char *not_replaceable(const struct folder *folder)
{
	int fd = openat(
		folder->parent_fd, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *why = NULL;
	int count;

	if (fd < 0)
		return "cannot be read";
	count = count_entries(fd);
	if (count != 0 && !has_run_json(fd))
		why = "is not a result of sluice";
	else if (count < 0)
		why = "holds files or folders that no result has";
	close(fd);
	return why;
}

/* Says whether there is something at the target, and fails when it must stay. */
static bool look_at_target(const struct folder *folder, bool *exists, struct failure *failure)
{
	struct stat target, parent;
	const char *why = NULL;

	*exists = fstatat(folder->parent_fd, folder->name, &target, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*exists && errno == ENOENT)
		return true;
	if (!*exists || fstat(folder->parent_fd, &parent) != 0)
		return refused(failure, folder->path, errno);
	if (S_ISLNK(target.st_mode))
		why = "is a symbolic link";
	else if (!S_ISDIR(target.st_mode))
		why = "is not a folder";
	else if (target.st_dev != parent.st_dev)
		why = "is a mount point";
	else if (folder->force)
		why = not_replaceable(folder);
	if (why)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s: exists and %s, so it is not replaced", folder->path, why);
	if (!folder->force)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s: exists; choose another name, or --force to replace a result",
			folder->path);
	return true;
}

static bool make_temporary(struct folder *folder, struct failure *failure)
{
	if (asprintf(&folder->temporary, "%s/.%.*s.XXXXXX", folder->parent, TARGET_IN_NAME,
		    folder->name) < 0)
		abort();
	folder->temporary_name = strrchr(folder->temporary, '/') + 1;
	folder->number = temporary_make(folder->temporary, folder->parent_fd);
	if (folder->number >= 0)
		return true;
	return failure_set(failure, EXIT_REFUSED, "%s: cannot create a folder in '%s': %s",
		folder->path, folder->parent, strerror(errno));
}

struct folder *folder_begin(const char *path, bool force, struct failure *failure)
{
	struct folder *folder = must(calloc(1, sizeof(*folder)));
	bool exists;

	folder->path = must(strdup(path));
	folder->force = force;
	folder->parent_fd = folder->number = -1;
	if (split_path(folder, failure) && open_parent(folder, failure) &&
		look_at_target(folder, &exists, failure) && make_temporary(folder, failure))
		return folder;
	release(folder);
	return NULL;
}

const char *folder_path(struct folder *folder, const char *name)
{
	free(folder->file);
	if (asprintf(&folder->file, "%s/%s", folder->temporary, name) < 0)
		abort();
	return folder->file;
}

FILE *folder_open(struct folder *folder, const char *name, struct failure *failure)
{
	FILE *file;
	char *buffer;

	if (folder->buffer_count == FOLDER_FILES_MAX)
		abort();
	file = fopen(folder_path(folder, name), "wbe");
	if (!file) {
		refused(failure, name, errno);
		return NULL;
	}
	/* glibc takes a size only together with a buffer. */
	buffer = must(malloc(BUFFER_BYTES));
	folder->buffers[folder->buffer_count++] = buffer;
	setvbuf(file, buffer, _IOFBF, BUFFER_BYTES);
	return file;
}

bool folder_close_file(FILE *file, const char *name, struct failure *failure)
{
	bool written;
	int error;

	if (!file)
		return true;
	/* A write that failed earlier has set the error flag; flushing tells the reason again. */
	errno = 0;
	written = fflush(file) == 0 && !ferror(file);
	error = errno;
	if (written)
		sync_file_range(fileno(file), 0, 0, SYNC_FILE_RANGE_WRITE);
	if (fclose(file) != 0 && written) {
		written = false;
		error = errno;
	}
	return written || refused(failure, name, error ? error : EIO);
}

/* Some file systems know no fsync for folders, and say so with EINVAL. */
static bool flush(int fd, const char *name, struct failure *failure)
{
	return fsync(fd) == 0 || errno == EINVAL || refused(failure, name, errno);
}

static bool flush_file(int folder, const char *name, struct failure *failure)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	bool flushed;

	if (fd < 0)
		return refused(failure, name, errno);
	flushed = flush(fd, name, failure);
	close(fd);
	return flushed;
}

/* Also opens the folder to everybody whom the umask lets read the files: mkdtemp() has not. */
static bool flush_folder(const struct folder *folder, struct failure *failure)
{
	DIR *entries = opendir(folder->temporary);
	struct dirent *entry;
	bool flushed = true;

	if (!entries)
		return refused(failure, folder->temporary, errno);
	while (flushed && (entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			flushed = flush_file(dirfd(entries), entry->d_name, failure);
	}
	if (flushed && fchmod(dirfd(entries), 0755) != 0)
		flushed = refused(failure, folder->temporary, errno);
	flushed = flushed && flush(dirfd(entries), folder->path, failure);
	closedir(entries);
	return flushed;
}

/* Where the file system cannot exchange (NFS): three renames, the target away for a moment. */
static int swap_by_steps(const struct folder *folder)
{
	int at = folder->parent_fd, error = 0;
	char aside[NAME_MAX + 1];
	sigset_t all, old;

	snprintf(aside, sizeof(aside), "%s.old", folder->temporary_name);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	if (renameat(at, folder->name, at, aside) != 0) {
		error = errno;
	} else if (renameat(at, folder->temporary_name, at, folder->name) != 0) {
		error = errno;
		renameat(at, aside, at, folder->name);
	} else {
		renameat(at, aside, at, folder->temporary_name);
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return error;
}

/* 0 or an errno. Afterwards the temporary name is that of the older result, if there was one. */
static int put_in_place(const struct folder *folder, bool exists)
{
	int at = folder->parent_fd;

	/* Renaming a folder replaces nothing but an empty folder, whatever has appeared since. */
	if (!exists)
		return renameat(at, folder->temporary_name, at, folder->name) ? errno : 0;
	if (renameat2(at, folder->temporary_name, at, folder->name, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno == ENOENT) /* removed since we looked */
		return put_in_place(folder, false);
	return errno == EINVAL || errno == ENOSYS ? swap_by_steps(folder) : errno;
}

static bool commit(struct folder *folder, struct failure *failure)
{
	bool exists;
	int error;

	if (!flush_folder(folder, failure) || !look_at_target(folder, &exists, failure))
		return false;
	error = put_in_place(folder, exists);
	if (error)
		return refused(failure, folder->path, error);
	if (!flush(folder->parent_fd, folder->parent, failure))
		return false;
	if (exists && !temporary_remove(folder->parent_fd, folder->temporary_name))
		return failure_set(failure, EXIT_REFUSED,
			"%s: written, but the older result could not be removed from '%s': %s",
			folder->path, folder->temporary, strerror(errno));
	return true;
}

bool folder_commit(struct folder *folder, struct failure *failure)
{
	bool committed = commit(folder, failure);

	if (committed)
		release(folder);
	else
		folder_abandon(folder);
	return committed;
}

void folder_abandon(struct folder *folder)
{
	if (!folder)
		return;
	temporary_remove(folder->parent_fd, folder->temporary_name);
	release(folder);
}
