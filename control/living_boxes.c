/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/living_boxes.h"

#include "dataplane/io/eal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 5 };

/* The socket, connected, or -1 with errno set. */
static int connect_to(const char *lab)
{
	struct timeval limit = {.tv_sec = PATIENCE_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[96];
	int fd;

	if (!eal_runtime_folder(lab, folder, sizeof(folder)) ||
		snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk_telemetry.v2",
			folder) >= (int)sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* "a, b": the boxes that answer; *only is a connection when there is one. */
static unsigned find_living(char *names, size_t size, int *only)
{
	char path[PATH_MAX];
	const char *begin;
	unsigned count = 0;
	struct dirent *entry;
	DIR *folder;

	*only = -1;
	names[0] = '\0';
	if (!eal_runtime_folder("", path, sizeof(path)))
		return 0;
	begin = strrchr(path, '/') + 1;
	path[begin - path - 1] = '\0';
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		const char *lab = entry->d_name + strlen(begin);
		int fd = strncmp(entry->d_name, begin, strlen(begin)) ? -1 : connect_to(lab);
		size_t used = strlen(names);

		if (fd < 0)
			continue;
		snprintf(names + used, size - used, "%s%s", count++ ? ", " : "", lab);
		if (*only >= 0)
			close(fd);
		else
			*only = fd;
	}
	if (folder)
		closedir(folder);
	return count;
}

static void no_box(const char *lab, const char *names, unsigned count, struct failure *failure)
{
	char path[PATH_MAX];

	if (lab && count)
		failure_set(failure, EXIT_BAD_INPUT, "no box of the name %s runs here; there %s %s",
			lab, count > 1 ? "are" : "is", names);
	else if (count)
		failure_set(failure, EXIT_BAD_INPUT,
			"several boxes run here: choose one with --lab: %s", names);
	if (!eal_runtime_folder("", path, sizeof(path)))
		return;
	*strrchr(path, '/') = '\0';
	if (access(path, R_OK | X_OK) < 0 && errno != ENOENT)
		failure_set(failure, EXIT_REFUSED, "%s: %s (run by another user?)", path,
			strerror(errno));
	failure_set(failure, EXIT_BAD_INPUT, "no box%s%s runs here (see `sluice run`)",
		lab ? " of the name " : "", lab ? lab : "");
}

int living_box(const char *lab, struct failure *failure)
{
	int fd = lab ? connect_to(lab) : -1, only;
	char names[512];
	unsigned count;

	if (fd >= 0)
		return fd;
	count = find_living(names, sizeof(names), &only);
	if (!lab && count == 1)
		return only;
	if (only >= 0)
		close(only);
	no_box(lab, names, count, failure);
	return -1;
}
