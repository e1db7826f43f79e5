/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Block types, option codes and layouts: draft-ietf-opsawg-pcapng, sections 4.1 to 4.3 and 3.5.
 */
#include "pcapng.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1024 * 1024 };

/* libpcap refuses blocks beyond 16 MiB; the rest of one, with its comment, takes less than 128 KiB.
 */
enum { FRAME_BYTES_MAX = (16 * 1024 - 128) * 1024 };

enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };

enum {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_SHB_USERAPPL = 4,
	OPTION_IF_TSRESOL = 9,
};

/* LINKTYPE_ values of pcap-linktype(7). */
static const uint16_t link_types[] = {
	[LINK_ETHERNET] = 1,
	[LINK_RAW_IP] = 101,
	[LINK_LINUX_SLL] = 113,
	[LINK_LINUX_SLL2] = 276,
	[LINK_BSD_NULL] = 0,
	[LINK_BSD_LOOP] = 108,
	[LINK_CISCO_HDLC] = 104,
	[LINK_PPP] = 9,
};

struct pcapng {
	char *path;
	int fd;
	int error; /* errno of the first write that failed; nothing is written after it */
	uint32_t interfaces;
	size_t used;
	uint8_t buffer[BUFFER_BYTES];
};

static void flush(struct pcapng *pcapng)
{
	const uint8_t *at = pcapng->buffer;

	while (pcapng->used && !pcapng->error) {
		ssize_t wrote = write(pcapng->fd, at, pcapng->used);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0) {
			pcapng->error = wrote < 0 ? errno : EIO;
			break;
		}
		pcapng->used -= (size_t)wrote;
		at += wrote;
	}
	pcapng->used = 0;
}

static void put(struct pcapng *pcapng, const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len > BUFFER_BYTES - pcapng->used) {
		size_t part = BUFFER_BYTES - pcapng->used;

		memcpy(pcapng->buffer + pcapng->used, from, part);
		pcapng->used = BUFFER_BYTES;
		flush(pcapng);
		from += part;
		len -= part;
	}
	if (len) /* data may be NULL otherwise */
		memcpy(pcapng->buffer + pcapng->used, from, len);
	pcapng->used += len;
}

static void put16(struct pcapng *pcapng, uint16_t value)
{
	value = htole16(value);
	put(pcapng, &value, sizeof(value));
}

static void put32(struct pcapng *pcapng, uint32_t value)
{
	value = htole32(value);
	put(pcapng, &value, sizeof(value));
}

/* To the next multiple of 4, as all fields of variable length are. */
static uint32_t padded(uint32_t len)
{
	return (len + 3) & ~3u;
}

static void put_padded(struct pcapng *pcapng, const void *data, uint32_t len)
{
	static const uint8_t zeros[4];

	put(pcapng, data, len);
	put(pcapng, zeros, padded(len) - len);
}

static uint32_t option_bytes(uint32_t len)
{
	return 4 + padded(len);
}

static void put_option(struct pcapng *pcapng, uint16_t code, const void *value, uint32_t len)
{
	put16(pcapng, code);
	put16(pcapng, (uint16_t)len);
	put_padded(pcapng, value, len);
}

/* An option's length has 16 bits. */
static uint32_t option_len(size_t len)
{
	return len > UINT16_MAX ? UINT16_MAX : (uint32_t)len;
}

static void put_section(struct pcapng *pcapng, const char *application)
{
	uint32_t len = option_len(strlen(application));
	uint32_t total = 28 + option_bytes(len) + option_bytes(0);

	put32(pcapng, BLOCK_SECTION);
	put32(pcapng, total);
	put32(pcapng, 0x1a2b3c4d); /* says the byte order */
	put16(pcapng, 1);          /* version 1.0 */
	put16(pcapng, 0);
	put32(pcapng, UINT32_MAX); /* section length: not said */
	put32(pcapng, UINT32_MAX);
	put_option(pcapng, OPTION_SHB_USERAPPL, application, len);
	put_option(pcapng, OPTION_END, NULL, 0);
	put32(pcapng, total);
}

struct pcapng *pcapng_create(const char *path, const char *application, struct failure *failure)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	struct pcapng *pcapng;

	if (fd < 0) {
		failure_set(
			failure, EXIT_REFUSED, "%s: cannot be created: %s", path, strerror(errno));
		return NULL;
	}
	pcapng = malloc(sizeof(*pcapng));
	if (!pcapng)
		abort();
	pcapng->path = strdup(path);
	if (!pcapng->path)
		abort();
	pcapng->fd = fd;
	pcapng->error = 0;
	pcapng->interfaces = 0;
	pcapng->used = 0;
	put_section(pcapng, application);
	return pcapng;
}

uint32_t pcapng_interface(struct pcapng *pcapng, enum link_layer link, const char *name)
{
	static const uint8_t nanoseconds = 9; /* 10 to the power of minus 9 */
	uint32_t len = option_len(strlen(name));
	uint32_t total = 20 + option_bytes(len) + option_bytes(1) + option_bytes(0);

	put32(pcapng, BLOCK_INTERFACE);
	put32(pcapng, total);
	put16(pcapng, link_types[link]);
	put16(pcapng, 0);
	put32(pcapng, 0); /* no snap length: frames are as long as they are */
	put_option(pcapng, OPTION_IF_NAME, name, len);
	put_option(pcapng, OPTION_IF_TSRESOL, &nanoseconds, 1);
	put_option(pcapng, OPTION_END, NULL, 0);
	put32(pcapng, total);
	return pcapng->interfaces++;
}

void pcapng_write(struct pcapng *pcapng, uint32_t interface, uint64_t time_ns, const uint8_t *data,
	uint32_t captured, uint32_t wire, const char *comment, uint32_t comment_len)
{
	uint32_t len = option_len(comment_len);
	uint32_t options = len ? option_bytes(len) + option_bytes(0) : 0;
	uint32_t total = 32 + padded(captured) + options;
	const uint32_t head[7] = {
		htole32(BLOCK_PACKET),
		htole32(total),
		htole32(interface),
		htole32((uint32_t)(time_ns >> 32)),
		htole32((uint32_t)time_ns),
		htole32(captured),
		htole32(wire > captured ? wire : captured),
	};

	if (captured > FRAME_BYTES_MAX && !pcapng->error)
		pcapng->error = EMSGSIZE;
	if (pcapng->error)
		return;
	put(pcapng, head, sizeof(head));
	put_padded(pcapng, data, captured);
	if (len) {
		put_option(pcapng, OPTION_COMMENT, comment, len);
		put_option(pcapng, OPTION_END, NULL, 0);
	}
	put32(pcapng, total);
}

bool pcapng_close(struct pcapng *pcapng, struct failure *failure)
{
	bool written;

	flush(pcapng);
	if (close(pcapng->fd) != 0 && !pcapng->error)
		pcapng->error = errno;
	written = !pcapng->error;
	if (!written)
		failure_set(failure, EXIT_REFUSED, "%s: cannot be written: %s", pcapng->path,
			strerror(pcapng->error));
	free(pcapng->path);
	free(pcapng);
	return written;
}
