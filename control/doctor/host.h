/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The machine as /sys, /proc and a few questions to the kernel describe it. Files are looked up
 * under a root, questions go through a table, so that a test is another machine.
 *
 * What is not there is not known: every function says so, and no check takes it for bad news.
 */
#ifndef SLUICE_HOST_H
#define SLUICE_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an interface says of itself. */
enum offload {
	OFFLOAD_TX_CHECKSUM, /* packets leave with unfinished checksums */
	OFFLOAD_TSO,         /* packets leave longer than the MTU */
	OFFLOAD_GSO,
	OFFLOAD_GRO,
	OFFLOAD_COUNT,
};

enum {
	XDP_BASIC = 1,
	XDP_REDIRECT = 2, /* out of this interface */
	XDP_TRANSMIT = 4, /* redirected frames into it */
	XDP_ZEROCOPY = 8,
};

struct interface_facts {
	char name[16];
	char kind[16];        /* "veth", "bridge", …; "" for hardware */
	char netns[64];       /* far ends: the name of their namespace, "" ours or unknown */
	uint32_t known;       /* 1 << enum offload: can be told */
	uint32_t on;          /* 1 << enum offload */
	uint32_t xdp_program; /* id of the attached one, 0 none */
	bool xdp_features_known;
	uint32_t xdp_features;   /* XDP_ */
	unsigned queues;         /* that both receive and send, 0 unknown */
	unsigned rx_queues;      /* that receive */
	unsigned queues_max;     /* most of the former, 0 unknown */
	unsigned hash_key_bytes; /* of the receive hash that can be set, 0 none or unknown */
};

struct host_questions {
	bool (*interface)(const char *name, struct interface_facts *facts);
	/* The other end of a veth pair, in whatever namespace can be reached. */
	bool (*far_end)(const char *name, struct interface_facts *facts);
	/* 1 the kernel has such sockets, 0 it has not, -1 unknown. */
	int (*socket_family)(int family);
	/* 1 a living process has locked the file, 0 none has, -1 unknown. */
	int (*locked)(const char *path);
};

extern const struct host_questions host_kernel; /* asks the kernel we run on */

struct host {
	const char *root; /* before every path; "" for this machine */
	const struct host_questions *questions;
};

/* The first line of a file without the newline; false when it cannot be read. Paths are formats. */
bool host_line(const struct host *host, char *into, size_t size, const char *path, ...)
	__attribute__((format(printf, 4, 5)));
bool host_number(const struct host *host, int64_t *number, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
bool host_has(const struct host *host, const char *path, ...) __attribute__((format(printf, 2, 3)));

/* The last component of what a symbolic link points to. */
bool host_link(const struct host *host, char *into, size_t size, const char *path, ...)
	__attribute__((format(printf, 4, 5)));

/* The rest of the first line that begins so, blanks around it cut: "CapEff:", "flags". */
bool host_field(
	const struct host *host, const char *path, const char *begin, char *into, size_t size);

/* Names in a folder, sorted, without "." and ".."; NULL-terminated; host_names_free(). NULL when
 * there is no such folder. Names that do not begin so are left out. */
char **host_names(const struct host *host, const char *begin, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
void host_names_free(char **names);

/* Whether "0-3,8" has the number. */
bool host_list_has(const char *list, unsigned number);

#endif
