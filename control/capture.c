/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each input has its next packet in hand; the earliest of them is given out.
 * Packets of plain files are taken where they lie in the stream; libpcap, which reads the same
 * stream, has all the others, and keeps the packet in hand until it is asked for another.
 */
#include "capture.h"

#include "compression.h"
#include "earliest.h"
#include "records.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 * 1024 };

#define TIME_MAX_NS ((uint64_t)INT64_MAX) /* in the year 2262 */

static const struct link_type {
	int dlt;
	const char *name; /* as in pcap-linktype(7) */
	enum link_layer link;
} link_types[] = {
	{0, "NULL", LINK_BSD_NULL},
	{1, "ETHERNET", LINK_ETHERNET},
	{9, "PPP", LINK_PPP},
	{12, "RAW", LINK_RAW_IP},
	{14, "RAW", LINK_RAW_IP},  /* DLT_RAW of OpenBSD */
	{101, "RAW", LINK_RAW_IP}, /* LINKTYPE_RAW */
	{50, "PPP_HDLC", LINK_PPP},
	{104, "C_HDLC", LINK_CISCO_HDLC},
	{108, "LOOP", LINK_BSD_LOOP},
	{113, "LINUX_SLL", LINK_LINUX_SLL},
	{228, "IPV4", LINK_RAW_IP},
	{229, "IPV6", LINK_RAW_IP},
	{276, "LINUX_SLL2", LINK_LINUX_SLL2},
};

enum { LINK_TYPES = sizeof(link_types) / sizeof(link_types[0]) };

struct input {
	const char *path;
	int fd;
	pcap_t *pcap;
	enum link_layer link;
	uint64_t size; /* bytes; 0 when not known */
	struct stream stream;
	struct records records;
	uint64_t packets;
	bool late;            /* a time was beyond TIME_MAX_NS, and that was said */
	struct record record; /* the packet in hand */
	struct piece *piece;  /* that its data lies in; NULL: libpcap has it */
	uint64_t time_ns;
};

struct capture {
	size_t count;
	struct input *inputs;
	struct earliest earliest; /* inputs with a packet in hand */
	bool started;             /* every input has been asked for its first packet */
	struct pieces *pieces;
	struct digests *digests;
};

static ssize_t read_input(void *cookie, char *buffer, size_t size)
{
	return stream_read(cookie, buffer, size);
}

/* The descriptor stays the input's: what libpcap leaves unread is still to be digested. Packets are
 * taken past libpcap only when it has read no byte more than it was asked for. */
static FILE *file_of(struct input *input)
{
	bool buffered = !input->records.longest;
	FILE *file = fopencookie(&input->stream, "r", (cookie_io_functions_t){.read = read_input});

	if (!file)
		return NULL;
	/* One thread reads it; a lock for each of two reads a packet costs a tenth of the time. */
	__fsetlocking(file, FSETLOCKING_BYCALLER);
	setvbuf(file, NULL, buffered ? _IOFBF : _IONBF, buffered ? BUFFER_BYTES : 0);
	return file;
}

static bool open_file(struct input *input, struct failure *failure)
{
	bool is_standard_input = strcmp(input->path, "-") == 0;
	struct stat facts;

	input->fd = is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
				      : open(input->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (input->fd < 0 || fstat(input->fd, &facts) != 0)
		return failure_set(failure, EXIT_BAD_INPUT, "%s: cannot be opened: %s", input->path,
			strerror(errno));
	if (S_ISDIR(facts.st_mode))
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s: is a folder, not a capture (pcap or pcapng)", input->path);
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	input->size = S_ISREG(facts.st_mode) ? (uint64_t)facts.st_size : 0;
	input->stream.fd = input->fd;
	input->records = records_of(stream_rest(&input->stream));
	return true;
}

/* libpcap's words where they are clear; for what happens most, clearer ones. */
static bool not_a_capture(const struct input *input, const char *error, struct failure *failure)
{
	const char *tool = compression_tool(input->fd);

	if (tool)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s: is compressed: %s -dc FILE | sluice ... - reads it", input->path,
			tool);
	if (input->stream.read == 0 && !strstr(error, "error reading"))
		error = "is empty, not a capture (pcap or pcapng)";
	else if (strstr(error, "unknown file format") || strstr(error, "file header bytes"))
		error = "is not a capture (pcap or pcapng), or too short for one";
	return failure_set(failure, EXIT_BAD_INPUT, "%s: %s", input->path, error);
}

static bool find_link_type(struct input *input, struct failure *failure)
{
	int dlt = pcap_datalink(input->pcap);
	const char *name = pcap_datalink_val_to_name(dlt);
	char known[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < LINK_TYPES; i++) {
		const struct link_type *type = &link_types[i];

		if (type->dlt == dlt) {
			input->link = type->link;
			return true;
		}
		if (i == 0 || strcmp(type->name, type[-1].name) != 0)
			used += (size_t)snprintf(
				known + used, sizeof(known) - used, " %s", type->name);
	}
	return failure_set(failure, EXIT_BAD_INPUT, "%s: link type %s (%d) is not known; known:%s",
		input->path, name ? name : "without a name", dlt, known);
}

static bool open_input(struct input *input, const char *path, struct failure *failure)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	FILE *file;

	input->path = path;
	if (!open_file(input, failure))
		return false;
	file = file_of(input);
	if (!file)
		return failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	input->pcap =
		pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!input->pcap) {
		fclose(file);
		return not_a_capture(input, error, failure);
	}
	return find_link_type(input, failure);
}

static bool names_standard_input_twice(const char *const *paths, size_t count)
{
	unsigned times = 0;

	for (size_t i = 0; i < count; i++)
		times += strcmp(paths[i], "-") == 0;
	return times > 1;
}

static struct capture *capture_new(size_t count)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	struct input *inputs = calloc(count, sizeof(*inputs));

	if (!capture || !inputs)
		abort();
	*capture = (struct capture){.count = count, .inputs = inputs};
	earliest_begin(&capture->earliest, count);
	capture->pieces = pieces_new();
	capture->digests = digests_new(count);
	for (size_t i = 0; i < count; i++)
		inputs[i] = (struct input){.fd = -1,
			.stream = {.input = i,
				.pieces = capture->pieces,
				.digests = capture->digests}};
	return capture;
}

struct capture *capture_open(const char *const *paths, size_t count, struct failure *failure)
{
	struct capture *capture;

	if (count == 0 || count > UINT16_MAX || names_standard_input_twice(paths, count)) {
		failure_set(failure, EXIT_BAD_INPUT, "%s",
			count ? "-: standard input can be read once only" : "no capture is named");
		return NULL;
	}
	capture = capture_new(count);
	for (size_t i = 0; i < count; i++) {
		if (!open_input(&capture->inputs[i], paths[i], failure)) {
			capture_close(capture);
			return NULL;
		}
	}
	return capture;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	for (size_t i = 0; i < capture->count; i++) {
		struct input *input = &capture->inputs[i];

		if (input->pcap)
			pcap_close(input->pcap);
		if (input->fd >= 0)
			close(input->fd);
		stream_end(&input->stream);
	}
	digests_free(capture->digests);
	pieces_free(capture->pieces);
	free(capture->inputs);
	earliest_end(&capture->earliest);
	free(capture);
}

/* Seconds of classic pcap are 32 bits without a sign that libpcap hands on with one. */
static uint64_t time_of(struct input *input, struct warnings *warnings)
{
	int64_t seconds = input->record.seconds;
	int64_t part = input->record.part_ns;

	if (seconds < 0)
		seconds = seconds >= INT32_MIN ? (uint32_t)seconds : 0;
	if (part < 0)
		part = 0;
	if ((uint64_t)seconds < TIME_MAX_NS / 1000000000 - 1)
		return (uint64_t)(seconds * 1000000000 + part);
	if (!input->late)
		warnings_add(warnings, "%s: packet %" PRIu64 ": time is beyond the year 2262",
			input->path, input->packets);
	input->late = true;
	return TIME_MAX_NS;
}

static int in_hand(struct input *input, struct piece *piece, struct warnings *warnings)
{
	input->piece = piece;
	input->packets++;
	input->time_ns = time_of(input, warnings);
	return 1;
}

static int from_library(struct input *input)
{
	struct pcap_pkthdr *header;
	int got = pcap_next_ex(input->pcap, &header, &input->record.data);

	if (got != 1)
		return got;
	input->record.seconds = header->ts.tv_sec;
	input->record.part_ns = header->ts.tv_usec; /* nanoseconds, as asked for */
	input->record.captured = header->caplen;
	input->record.wire = header->len;
	return got;
}

/* 1: the next packet is in hand. 0: there is none. -1: failure. */
static int advance(struct input *input, struct warnings *warnings, struct failure *failure)
{
	const char *error;

	if (records_next(&input->records, &input->stream, &input->record))
		return in_hand(input, input->stream.piece, warnings);
	switch (from_library(input)) {
	case 1:
		return in_hand(input, NULL, warnings);
	case PCAP_ERROR_BREAK: /* the end of a file */
		return 0;
	}
	error = pcap_geterr(input->pcap);
	if (strncmp(error, "truncated", 9) == 0) {
		warnings_add(warnings, "%s: ends within packet %" PRIu64, input->path,
			input->packets + 1);
		return 0;
	}
	failure_set(failure, EXIT_BAD_INPUT, "%s: packet %" PRIu64 ": %s", input->path,
		input->packets + 1, error);
	return -1;
}

static int start(struct capture *capture, struct warnings *warnings, struct failure *failure)
{
	for (size_t i = 0; i < capture->count; i++) {
		int got = advance(&capture->inputs[i], warnings, failure);

		if (got < 0)
			return -1;
		if (got > 0)
			earliest_add(&capture->earliest, (uint16_t)i, capture->inputs[i].time_ns);
	}
	return 1;
}

static int replace_first(
	struct capture *capture, struct warnings *warnings, struct failure *failure)
{
	struct input *first;
	int got;

	if (capture->earliest.used == 0)
		return 0;
	first = &capture->inputs[earliest_first(&capture->earliest)];
	got = advance(first, warnings, failure);
	if (got > 0)
		earliest_delay_first(&capture->earliest, first->time_ns);
	else if (got == 0)
		earliest_remove_first(&capture->earliest);
	return got < 0 ? -1 : 1;
}

int capture_next(struct capture *capture, struct capture_frame *frame, struct warnings *warnings,
	struct failure *failure)
{
	const struct input *input;
	int got = capture->started ? replace_first(capture, warnings, failure)
				   : start(capture, warnings, failure);

	capture->started = true;
	if (got < 0)
		capture->earliest.used = 0; /* the end, should it be asked for more */
	if (got < 0)
		return -1;
	if (capture->earliest.used == 0)
		return 0;
	input = &capture->inputs[earliest_first(&capture->earliest)];
	*frame = (struct capture_frame){
		.time_ns = input->time_ns,
		.data = input->record.data,
		.piece = input->piece,
		.captured = input->record.captured,
		.wire = input->record.wire > input->record.captured ? input->record.wire
								    : input->record.captured,
		.file = (uint16_t)(input - capture->inputs),
		.link = input->link,
	};
	return 1;
}

void capture_progress(const struct capture *capture, uint64_t *read, uint64_t *total)
{
	bool known = true;

	*read = *total = 0;
	for (size_t i = 0; i < capture->count; i++) {
		const struct input *input = &capture->inputs[i];

		*read += input->stream.read;
		*total += input->size;
		known &= input->size != 0;
	}
	*total = known ? *total : 0;
}

void capture_forgo_digests(struct capture *capture)
{
	digests_forgo(capture->digests);
}

bool capture_digest(struct capture *capture, size_t file, char hex[65], uint64_t *bytes,
	struct failure *failure)
{
	struct input *input = &capture->inputs[file];
	int error = stream_finish(&input->stream);

	digests_result(capture->digests, file, hex);
	*bytes = input->stream.read;
	return !error || failure_set(failure, EXIT_BAD_INPUT, "%s: cannot be read on: %s",
				 input->path, strerror(error));
}

const char *capture_library(void)
{
	const char *version = strstr(pcap_lib_version(), "version ");

	return version ? version + strlen("version ") : pcap_lib_version();
}
