/* SPDX-License-Identifier: BSD-3-Clause */
#include "temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};

enum { DEADLY = sizeof(deadly) / sizeof(deadly[0]) };

static struct {
	volatile sig_atomic_t live; /* set last, cleared first */
	pid_t owner;
	int parent;
	char name[NAME_MAX + 1];
} folders[TEMPORARY_MAX];

/* readdir() allocates, which a signal handler must not. */
static void unlink_files(int folder)
{
	_Alignas(struct dirent64) char entries[2048];
	ssize_t len;

	while ((len = getdents64(folder, entries, sizeof(entries))) > 0) {
		for (ssize_t at = 0; at < len;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			unlinkat(folder, entry->d_name, 0); /* refuses folders, "." and ".." too */
			at += entry->d_reclen;
		}
	}
}

bool temporary_remove(int parent, const char *name)
{
	bool gone = false;

	/* Removing while reading may skip entries, so what is left gets another pass. */
	for (int pass = 0; pass < 4 && !gone; pass++) {
		int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (folder < 0)
			return errno == ENOENT;
		unlink_files(folder);
		close(folder);
		gone = unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
	}
	return gone;
}

static void remove_all(void)
{
	for (int i = 0; i < TEMPORARY_MAX; i++) {
		if (!folders[i].live || folders[i].owner != getpid())
			continue;
		temporary_remove(folders[i].parent, folders[i].name);
		folders[i].live = 0;
	}
}

/* Removes, then lets the signal do what it does: whoever waits for us sees the true cause. */
static void on_deadly_signal(int number)
{
	struct sigaction fallback = {.sa_handler = SIG_DFL};

	remove_all();
	sigaction(number, &fallback, NULL);
	raise(number); /* blocked until this handler returns */
}

static void deadly_set(sigset_t *set)
{
	sigemptyset(set);
	for (int i = 0; i < DEADLY; i++)
		sigaddset(set, deadly[i]);
}

static void arm(void)
{
	struct sigaction action = {.sa_handler = on_deadly_signal}, old;

	deadly_set(&action.sa_mask);
	for (int i = 0; i < DEADLY; i++) {
		sigaction(deadly[i], NULL, &old);
		if (old.sa_handler == SIG_DFL)
			sigaction(deadly[i], &action, NULL);
	}
	atexit(remove_all);
}

static int free_slot(void)
{
	for (int i = 0; i < TEMPORARY_MAX; i++) {
		if (!folders[i].live)
			return i;
	}
	errno = EMFILE;
	return -1;
}

static int make(char *path, int parent)
{
	static bool armed;
	int slot = free_slot();
	const char *name;

	if (slot < 0 || !mkdtemp(path))
		return -1;
	if (!armed)
		arm();
	armed = true;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	strncpy(folders[slot].name, name, NAME_MAX);
	folders[slot].parent = parent;
	folders[slot].owner = getpid();
	folders[slot].live = 1;
	return slot;
}

int temporary_make(char *path, int parent)
{
	sigset_t set, old;
	int slot, error;

	/* A signal between the making and the noting would leave the folder behind. */
	deadly_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	slot = make(path, parent);
	error = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return slot;
}

void temporary_release(int number)
{
	folders[number].live = 0;
}
