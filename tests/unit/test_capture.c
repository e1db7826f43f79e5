/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures written byte by byte after draft-ietf-opsawg-pcap (sections 4 and 5) and
 * draft-ietf-opsawg-pcapng (section 4), and what has to come out of them.
 */
#include "control/capture.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "because.h"
#include "hex.h"
#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* File headers: magic, version 2.4, zone, accuracy, snap length 262144, link type. */
#define US_LITTLE(link) "d4c3b2a1 0200 0400 00000000 00000000 00000400 " link
#define US_BIG(link)    "a1b2c3d4 0002 0004 00000000 00000000 00040000 " link
#define NS_LITTLE(link) "4d3cb2a1 0200 0400 00000000 00000000 00000400 " link
#define NS_BIG(link)    "a1b23c4d 0002 0004 00000000 00000000 00040000 " link
#define ETHERNET_LITTLE "01000000 "
#define ETHERNET_BIG    "00000001 "

/* 4 bytes captured of 60, at second 1 and fraction 2, or as given in one byte each. */
#define PACKET_LITTLE(second, fraction) \
	second "000000 " fraction "000000 04000000 3c000000 deadbeef "
#define PACKET_BIG(second, fraction) \
	"000000" second " 000000" fraction " 00000004 0000003c deadbeef "

/* Section header; interface of a link type without options (microseconds); packets. */
#define SECTION_LITTLE         "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 "
#define SECTION_BIG            "0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c "
#define INTERFACE_LITTLE(link) "01000000 14000000 " link " 0000 00000000 14000000 "
#define INTERFACE_BIG          "00000001 00000014 0001 0000 00000000 00000014 "
/* if_tsresol 9: nanoseconds. */
#define INTERFACE_NS           "01000000 20000000 0100 0000 00000000 0900 0100 09000000 0000 0000 20000000 "
#define ENHANCED_LITTLE(interface, high, low)                                                \
	"06000000 24000000 " interface "000000 " high " " low " 04000000 3c000000 deadbeef " \
	"24000000 "
/* 1000002 microseconds, the same instant as second 1 and fraction 2. */
#define ENHANCED_BIG \
	"00000006 00000024 00000000 00000000 000f4242 00000004 0000003c deadbeef 00000024 "

static char folder[SCRATCH_BYTES];

/* A file in the test's folder with these bytes; the path lives until the next call but one. */
static const char *file_of(const char *name, const char *hex)
{
	static char paths[2][SCRATCH_BYTES + 64];
	static unsigned turn;
	static uint8_t bytes[65536];
	uint32_t len = hex_bytes(hex, bytes, sizeof(bytes));
	char *path = paths[turn++ % 2];
	FILE *file;

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	return path;
}

static struct capture *open_one(const char *path, struct failure *failure)
{
	*failure = (struct failure){0};
	return capture_open(&path, 1, failure);
}

static struct capture *open_good(const char *path)
{
	struct failure failure;
	struct capture *capture = open_one(path, &failure);

	if (!capture)
		print_message("%s\n", failure.line);
	assert_non_null(capture);
	return capture;
}

struct outcome {
	unsigned frames;
	struct capture_frame last;
	int end; /* of capture_next */
	struct warnings warnings;
	struct failure failure;
};

static void read_all(struct capture *capture, struct outcome *outcome)
{
	*outcome = (struct outcome){0};
	while ((outcome->end = capture_next(
			capture, &outcome->last, &outcome->warnings, &outcome->failure)) == 1)
		outcome->frames++;
}

static void every_format_gives_the_same(void **state)
{
	static const struct {
		const char *what, *hex;
		uint64_t time_ns;
	} rows[] = {
		{"pcap us little", US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "02"),
			1000002000},
		{"pcap us big", US_BIG(ETHERNET_BIG) PACKET_BIG("01", "02"), 1000002000},
		{"pcap ns little", NS_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "02"),
			1000000002},
		{"pcap ns big", NS_BIG(ETHERNET_BIG) PACKET_BIG("01", "02"), 1000000002},
		{"pcapng us little",
			SECTION_LITTLE INTERFACE_LITTLE("0100")
				ENHANCED_LITTLE("00", "00000000", "42420f00"),
			1000002000},
		{"pcapng us big", SECTION_BIG INTERFACE_BIG ENHANCED_BIG, 1000002000},
		{"pcapng ns little",
			SECTION_LITTLE INTERFACE_NS ENHANCED_LITTLE("00", "00000000", "02ca9a3b"),
			1000000002},
		/* A second interface with another resolution: 0x3b9aca02 microseconds. */
		{"pcapng ns and us",
			SECTION_LITTLE INTERFACE_NS INTERFACE_LITTLE("0100")
				ENHANCED_LITTLE("01", "00000000", "02ca9a3b"),
			1000000002000},
		/* Classic seconds are unsigned: 0xff000000 is in 2105. */
		{"pcap after 2038",
			US_LITTLE(ETHERNET_LITTLE) "000000ff 00000000 04000000 3c000000 deadbeef",
			4278190080000000000},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture *capture = open_good(file_of("one", rows[i].hex));
		static const uint8_t data[4] = {0xde, 0xad, 0xbe, 0xef};
		struct capture_frame frame;
		struct outcome outcome = {0};

		print_message("%s\n", rows[i].what);
		assert_int_equal(
			capture_next(capture, &frame, &outcome.warnings, &outcome.failure), 1);
		assert_true(frame.time_ns == rows[i].time_ns);
		assert_int_equal(frame.captured, 4);
		assert_int_equal(frame.wire, 60);
		assert_int_equal(frame.file, 0);
		assert_int_equal(frame.link, LINK_ETHERNET);
		assert_memory_equal(frame.data, data, 4);
		read_all(capture, &outcome);
		assert_int_equal(outcome.frames, 0);
		assert_int_equal(outcome.end, 0);
		assert_int_equal(outcome.warnings.count, 0);
		capture_close(capture);
	}
}

/* LINKTYPE_ and DLT_ values of pcap-linktype(7). */
static void every_known_link_type_has_its_framing(void **state)
{
	static const struct {
		const char *hex;
		enum link_layer link;
	} rows[] = {
		{US_LITTLE("00000000") PACKET_LITTLE("01", "02"), LINK_BSD_NULL},
		{US_LITTLE("01000000") PACKET_LITTLE("01", "02"), LINK_ETHERNET},
		{US_LITTLE("09000000") PACKET_LITTLE("01", "02"), LINK_PPP},
		{US_LITTLE("0c000000") PACKET_LITTLE("01", "02"), LINK_RAW_IP},
		{US_LITTLE("0e000000") PACKET_LITTLE("01", "02"), LINK_RAW_IP},
		{US_LITTLE("32000000") PACKET_LITTLE("01", "02"), LINK_PPP},
		{US_LITTLE("65000000") PACKET_LITTLE("01", "02"), LINK_RAW_IP},
		{US_LITTLE("68000000") PACKET_LITTLE("01", "02"), LINK_CISCO_HDLC},
		{US_LITTLE("6c000000") PACKET_LITTLE("01", "02"), LINK_BSD_LOOP},
		{US_LITTLE("71000000") PACKET_LITTLE("01", "02"), LINK_LINUX_SLL},
		{US_LITTLE("e4000000") PACKET_LITTLE("01", "02"), LINK_RAW_IP},
		{US_LITTLE("e5000000") PACKET_LITTLE("01", "02"), LINK_RAW_IP},
		{US_LITTLE("14010000") PACKET_LITTLE("01", "02"), LINK_LINUX_SLL2},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct capture *capture = open_good(file_of("link", rows[i].hex));
		struct outcome outcome;

		read_all(capture, &outcome);
		assert_int_equal(outcome.frames, 1);
		assert_int_equal(outcome.last.link, rows[i].link);
		capture_close(capture);
	}
}

static void check_refusal(const struct failure *failure, const char *path, const char *word)
{
	print_message("%s\n", failure->line);
	assert_int_equal(failure->exit_code, EXIT_BAD_INPUT);
	assert_int_equal(strncmp(failure->line, path, strlen(path)), 0);
	assert_non_null(strstr(failure->line, word));
	assert_null(strchr(failure->line, '\n'));
}

static void what_is_no_capture_is_refused_in_one_line(void **state)
{
	static const struct {
		const char *hex, *word;
	} rows[] = {
		{"", "is empty"},
		{"68656c6c6f20776f726c640a 68656c6c6f20776f726c640a", "not a capture"},
		{"d4c3", "too short"},
		{"d4c3b2a1 0200 0400 00000000", "too short"},
		{"1f8b0800 00000000", "gzip -dc"},
		{"fd377a58 5a000004", "xz -dc"},
		{"28b52ffd 00000000", "zstd -dc"},
		{"d4c3b2a1 0900 0400 00000000 00000000 00000400 01000000", "version"},
		{US_LITTLE("69000000"), "IEEE802_11 (105) is not known; known: NULL ETHERNET"},
		{US_LITTLE("69000000"), "LINUX_SLL2"},
		{US_LITTLE("ff030000"), "(1023) is not known"},
		{SECTION_LITTLE, "no Interface"},
	};
	struct failure failure;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *path = file_of("wrong", rows[i].hex);

		assert_null(open_one(path, &failure));
		check_refusal(&failure, path, rows[i].word);
	}
	assert_null(open_one(folder, &failure));
	check_refusal(&failure, folder, "is a folder");
	assert_null(open_one("/nonexistent/x.pcap", &failure));
	check_refusal(&failure, "/nonexistent/x.pcap", "No such file");
	failure = (struct failure){0};
	assert_null(capture_open(NULL, 0, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	failure = (struct failure){0};
	assert_null(capture_open((const char *const[]){"-", "-"}, 2, &failure));
	check_refusal(&failure, "-", "once");
}

static void an_unreadable_file_is_refused(void **state)
{
	const char *path = file_of("secret", US_LITTLE(ETHERNET_LITTLE));
	bool is_root = geteuid() == 0; /* to whom nothing is unreadable */
	struct failure failure;

	assert_int_equal(chmod(path, 0), 0);
	if (is_root && seteuid(65534) != 0)
		SKIP_BECAUSE("root cannot be another user here");
	assert_null(open_one(path, &failure));
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	check_refusal(&failure, path, "Permission denied");
}

static void a_cut_file_gives_its_whole_packets_and_one_warning(void **state)
{
	static const struct {
		const char *hex;
		unsigned frames;
	} rows[] = {
		{US_LITTLE(ETHERNET_LITTLE) "01000000 02", 0},
		{US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "02") "01", 1},
		{US_LITTLE(ETHERNET_LITTLE)
				PACKET_LITTLE("01", "02") "02000000 00000000 04000000 3c000000",
			1},
		{US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "02") PACKET_LITTLE(
			 "02", "00") "02000000 00000000 04000000 3c000000 deadbe",
			2},
		{SECTION_LITTLE INTERFACE_LITTLE("0100") ENHANCED_LITTLE(
			 "00", "00000000", "00000000") "06000000 24000000 00000000 00",
			1},
		{SECTION_LITTLE INTERFACE_LITTLE("0100")
				ENHANCED_LITTLE("00", "00000000", "00000000") "0600",
			1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *path = file_of("cut", rows[i].hex);
		struct capture *capture = open_good(path);
		struct outcome outcome;
		char expected[320];

		snprintf(expected, sizeof(expected), "%s: ends within packet %u", path,
			rows[i].frames + 1);
		read_all(capture, &outcome);
		assert_int_equal(outcome.end, 0);
		assert_int_equal(outcome.frames, rows[i].frames);
		assert_int_equal(outcome.warnings.count, 1);
		assert_string_equal(outcome.warnings.text[0], expected);
		read_all(capture, &outcome);
		assert_int_equal(outcome.warnings.count, 0);
		capture_close(capture);
	}
}

static void garbage_between_packets_is_a_failure(void **state)
{
	static const struct {
		const char *hex;
		unsigned frames;
	} rows[] = {
		{US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE(
			 "01", "02") "ffffffff ffffffff ffffffff ffffffff 00000000 00000000",
			1},
		{SECTION_LITTLE INTERFACE_LITTLE("0100") ENHANCED_LITTLE(
			 "00", "00000000", "00000000") "06000000 03000000 00000000 00000000",
			1},
		{SECTION_LITTLE INTERFACE_LITTLE("0100")
				ENHANCED_LITTLE("07", "00000000", "00000000"),
			0},
		/* Two link types in one file are more than libpcap can say. */
		{SECTION_LITTLE INTERFACE_LITTLE("0100") INTERFACE_LITTLE("6500")
				ENHANCED_LITTLE("00", "00000000", "00000000"),
			0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *path = file_of("garbage", rows[i].hex);
		struct capture *capture = open_good(path);
		struct outcome outcome;
		char word[32];

		snprintf(word, sizeof(word), "packet %u: ", rows[i].frames + 1);
		read_all(capture, &outcome);
		assert_int_equal(outcome.end, -1);
		assert_int_equal(outcome.frames, rows[i].frames);
		check_refusal(&outcome.failure, path, word);
		read_all(capture, &outcome);
		assert_int_equal(outcome.end, 0);
		capture_close(capture);
	}
}

static void files_are_merged_by_time(void **state)
{
	static const char first[] = US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "00")
		PACKET_LITTLE("03", "00") PACKET_LITTLE("05", "00");
	/* Runs backwards at its third packet. */
	static const char second[] = NS_BIG(ETHERNET_BIG) PACKET_BIG("02", "00")
		PACKET_BIG("03", "00") PACKET_BIG("01", "00") PACKET_BIG("07", "00");
	static const struct {
		uint16_t file;
		unsigned seconds;
	} expected[] = {{0, 1}, {1, 2}, {0, 3}, {1, 3}, {1, 1}, {0, 5}, {1, 7}};
	const char *paths[2] = {file_of("first", first), file_of("second", second)};
	struct failure failure = {0};
	struct warnings warnings = {0};
	struct capture *capture = capture_open(paths, 2, &failure);
	struct capture_frame frame;

	assert_non_null(capture);
	for (size_t i = 0; i < COUNT(expected); i++) {
		assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 1);
		assert_int_equal(frame.file, expected[i].file);
		assert_true(frame.time_ns == expected[i].seconds * 1000000000ull);
	}
	assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 0);
	assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 0);
	capture_close(capture);
}

/* 16 files of one packet each, the last one the earliest; one more is empty of packets. */
static void many_files_are_merged_by_time(void **state)
{
	static char paths[17][128];
	const char *names[17];
	struct failure failure = {0};
	struct warnings warnings = {0};
	struct capture_frame frame;
	struct capture *capture;
	char hex[256];

	for (unsigned i = 0; i < 17; i++) {
		snprintf(hex, sizeof(hex), US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("%02x", "00"),
			16 - i);
		if (i == 16)
			hex[strlen(US_LITTLE(ETHERNET_LITTLE))] = '\0';
		snprintf(paths[i], sizeof(paths[i]), "%u", i);
		snprintf(paths[i], sizeof(paths[i]), "%s", file_of(paths[i], hex));
		names[i] = paths[i];
	}
	capture = capture_open(names, 17, &failure);
	assert_non_null(capture);
	for (unsigned i = 16; i-- > 0;) {
		assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 1);
		assert_int_equal(frame.file, i);
	}
	assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 0);
	capture_close(capture);
}

/* 2^64 - 1 microseconds are in the year 586524; 2^63 - 1 nanoseconds end in 2262. */
static void a_time_beyond_all_use_is_said_once(void **state)
{
	const char *path = file_of(
		"late", SECTION_LITTLE INTERFACE_LITTLE("0100") ENHANCED_LITTLE("00", "ffffffff",
				"ffffffff") ENHANCED_LITTLE("00", "ffffffff", "ffffffff"));
	struct capture *capture = open_good(path);
	struct outcome outcome;

	read_all(capture, &outcome);
	assert_int_equal(outcome.frames, 2);
	assert_true(outcome.last.time_ns == 9223372036854775807ull);
	assert_int_equal(outcome.warnings.count, 1);
	assert_non_null(strstr(outcome.warnings.text[0], path));
	assert_non_null(strstr(outcome.warnings.text[0], "packet 1"));
	capture_close(capture);
}

#define DIGESTED US_LITTLE(ETHERNET_LITTLE) PACKET_LITTLE("01", "02")
/* sha256sum of the 44 bytes. */
static const char digested_sha256[] =
	"63f84af92646e38a16d6381c6140af67ed46a5d1cc44176c7dff4b84c766289b";

static void check_digest(struct capture *capture, const char *sha256, uint64_t length)
{
	struct failure failure = {0};
	uint64_t bytes;
	char hex[65];

	for (unsigned times = 0; times < 2; times++) {
		assert_true(capture_digest(capture, 0, hex, &bytes, &failure));
		assert_string_equal(hex, sha256);
		assert_true(bytes == length);
	}
}

static void a_file_is_digested_whole(void **state)
{
	for (int asked = 0; asked < 2; asked++) {
		struct capture *capture = open_good(file_of("digested", DIGESTED));
		uint64_t read, total;
		struct outcome outcome;

		if (asked) {
			read_all(capture, &outcome);
			assert_int_equal(outcome.frames, 1);
		}
		check_digest(capture, digested_sha256, 44); /* also if nothing was asked for */
		capture_progress(capture, &read, &total);
		assert_true(read == 44);
		assert_true(total == 44);
		capture_close(capture);
	}
}

/* The path may lead to another file by the time the digest is asked for. */
static void a_replaced_file_keeps_its_digest(void **state)
{
	const char *path = file_of("replaced", DIGESTED);
	struct capture *capture = open_good(path);

	assert_int_equal(unlink(path), 0);
	file_of("replaced", "00");
	check_digest(capture, digested_sha256, 44);
	capture_close(capture);
}

static void standard_input_is_read_and_digested(void **state)
{
	int fds[2], kept = dup(STDIN_FILENO);
	struct capture *capture;
	struct outcome outcome;
	uint8_t bytes[64];
	uint64_t read, total;
	uint32_t len = hex_bytes(DIGESTED, bytes, sizeof(bytes));

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], bytes, len), len);
	close(fds[1]);
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	close(fds[0]);
	capture = open_good("-");
	read_all(capture, &outcome);
	assert_int_equal(outcome.frames, 1);
	capture_progress(capture, &read, &total);
	assert_true(read == 44);
	assert_true(total == 0); /* not known */
	check_digest(capture, digested_sha256, 44);
	capture_close(capture);
	dup2(kept, STDIN_FILENO);
	close(kept);
}

/* A pipe that hands out one byte at a time, and has more to say after an unreadable packet. */
static void a_pipe_is_digested_to_its_end(void **state)
{
	static uint8_t bytes[256];
	uint32_t len = hex_bytes(
		DIGESTED "ffffffff ffffffff ffffffff ffffffff 0102", bytes, sizeof(bytes));
	struct capture *capture;
	struct outcome outcome;
	char path[SCRATCH_BYTES + 64];
	int status;
	pid_t writer;

	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	writer = fork();
	if (writer == 0) {
		int fd = open(path, O_WRONLY);

		for (uint32_t i = 0; i < len; i++)
			if (write(fd, bytes + i, 1) != 1)
				_exit(1);
		_exit(0);
	}
	capture = open_good(path);
	read_all(capture, &outcome);
	assert_int_equal(outcome.frames, 1);
	assert_int_equal(outcome.end, -1);
	check_digest(
		capture, "c5dd9e6887c2b18e449da7ad8b75b54a943de8219c99e16a616a27d49cf7373c", 62);
	capture_close(capture);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
}

/* Larger than any buffer on the way: 3000 packets of 1000 bytes each. */
static void a_large_file_is_read_to_its_end(void **state)
{
	static uint8_t head[24], packet[1016];
	const char *path = file_of("large", "");
	FILE *file = fopen(path, "wb");
	struct capture *capture;
	struct outcome outcome;
	uint64_t read, total;

	hex_bytes(US_LITTLE(ETHERNET_LITTLE), head, sizeof(head));
	hex_bytes("01000000 00000000 e8030000 e8030000", packet, sizeof(packet));
	assert_int_equal(fwrite(head, sizeof(head), 1, file), 1);
	for (unsigned i = 0; i < 3000; i++)
		assert_int_equal(fwrite(packet, sizeof(packet), 1, file), 1);
	assert_int_equal(fclose(file), 0);
	capture = open_good(path);
	read_all(capture, &outcome);
	assert_int_equal(outcome.frames, 3000);
	assert_int_equal(outcome.last.captured, 1000);
	capture_progress(capture, &read, &total);
	assert_true(read == 24 + 3000 * 1016);
	assert_true(total == read);
	capture_close(capture);
}

static void put32(FILE *file, uint32_t value, bool swapped)
{
	value = swapped ? __builtin_bswap32(value) : value;
	assert_int_equal(fwrite(&value, sizeof(value), 1, file), 1);
}

enum { MIXED_PACKETS = 20000 };

/* Of packet n: its length and what fills it. */
static uint32_t mixed_length(unsigned n)
{
	return n * 2654435761u % 1500;
}

/* Packets of all lengths up to 1499 bytes, in this machine's byte order or the other. */
static const char *mixed_file(bool swapped)
{
	const char *path = file_of(swapped ? "swapped" : "plain", "");
	FILE *file = fopen(path, "wb");
	uint8_t bytes[1500];

	put32(file, 0xa1b2c3d4, swapped);
	put32(file, swapped ? 2 << 16 | 4 : 4 << 16 | 2, swapped); /* two numbers of 16 bits */
	put32(file, 0, swapped);
	put32(file, 0, swapped);
	put32(file, 65535, swapped);
	put32(file, 1, swapped);
	for (unsigned n = 0; n < MIXED_PACKETS; n++) {
		put32(file, n, swapped);
		put32(file, n % 1000000, swapped);
		put32(file, mixed_length(n), swapped);
		put32(file, mixed_length(n) + n % 3, swapped);
		memset(bytes, (int)n, mixed_length(n));
		assert_int_equal(fwrite(bytes, 1, mixed_length(n), file), mixed_length(n));
	}
	assert_int_equal(fclose(file), 0);
	return path;
}

static void check_mixed(const struct capture_frame *frame, unsigned n)
{
	assert_int_equal(frame->time_ns, n * 1000000000ull + n * 1000ull);
	assert_int_equal(frame->captured, mixed_length(n));
	assert_int_equal(frame->wire, mixed_length(n) + n % 3);
	for (uint32_t i = 0; i < frame->captured; i++)
		assert_int_equal(frame->data[i], n & 0xff);
}

/* Packets that are taken where they lie, and packets that libpcap hands out, are the same, also
 * where two pieces of the file meet. */
static void plain_and_swapped_files_give_the_same(void **state)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		struct capture *capture = open_good(mixed_file(swapped));
		struct warnings warnings = {0};
		struct failure failure = {0};
		struct capture_frame frame;
		unsigned in_pieces = 0;

		for (unsigned n = 0; n < MIXED_PACKETS; n++) {
			assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 1);
			check_mixed(&frame, n);
			in_pieces += frame.piece != NULL;
		}
		assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 0);
		assert_int_equal(warnings.count, 0);
		assert_int_equal(in_pieces, swapped ? 0 : MIXED_PACKETS);
		capture_close(capture);
	}
}

/* A frame stays as long as its piece is held, however far the file is read. */
static void a_held_frame_stays(void **state)
{
	struct capture *capture = open_good(mixed_file(false));
	struct warnings warnings = {0};
	struct failure failure = {0};
	struct capture_frame first, next;

	assert_int_equal(capture_next(capture, &first, &warnings, &failure), 1);
	assert_int_equal(capture_next(capture, &first, &warnings, &failure), 1);
	piece_hold(first.piece);
	while (capture_next(capture, &next, &warnings, &failure) == 1)
		assert_true(next.piece != first.piece || next.data > first.data);
	check_mixed(&first, 1);
	piece_drop(first.piece);
	capture_close(capture);
}

/* Where real captures are, if anywhere. */
static DIR *open_real_captures(char *path, size_t room)
{
	const char *given = getenv("SLUICE_CAPTURES"), *root = getenv("SLUICE_SOURCE_ROOT");

	if (given)
		snprintf(path, room, "%s/apps", given);
	else
		snprintf(path, room, "%s/../shared/captures/apps", root ? root : ".");
	return opendir(path);
}

static void real_captures_are_read_to_their_end(void **state)
{
	char path[4096], name[8192];
	DIR *captures = open_real_captures(path, sizeof(path));
	const struct dirent *entry;

	if (!captures) {
		SKIP_BECAUSE("there are no shared captures");
	}
	while ((entry = readdir(captures))) {
		struct capture *capture;
		struct outcome outcome;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		capture = open_good(name);
		read_all(capture, &outcome);
		if (outcome.end || outcome.warnings.count > 1)
			print_message("%s: %s\n", name, outcome.failure.line);
		assert_int_equal(outcome.end, 0);
		assert_true(outcome.warnings.count <= 1);
		assert_true(outcome.frames > 0);
		capture_close(capture);
	}
	closedir(captures);
}

static int make_folder(void **state)
{
	scratch_name(folder, "capture");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[SCRATCH_BYTES + 300];
	struct dirent *entry;
	DIR *entries = opendir(folder);

	while ((entry = readdir(entries))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	closedir(entries);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_gives_the_same),
		cmocka_unit_test(every_known_link_type_has_its_framing),
		cmocka_unit_test(what_is_no_capture_is_refused_in_one_line),
		cmocka_unit_test(an_unreadable_file_is_refused),
		cmocka_unit_test(a_cut_file_gives_its_whole_packets_and_one_warning),
		cmocka_unit_test(garbage_between_packets_is_a_failure),
		cmocka_unit_test(files_are_merged_by_time),
		cmocka_unit_test(many_files_are_merged_by_time),
		cmocka_unit_test(a_time_beyond_all_use_is_said_once),
		cmocka_unit_test(a_file_is_digested_whole),
		cmocka_unit_test(a_replaced_file_keeps_its_digest),
		cmocka_unit_test(standard_input_is_read_and_digested),
		cmocka_unit_test(a_pipe_is_digested_to_its_end),
		cmocka_unit_test(a_large_file_is_read_to_its_end),
		cmocka_unit_test(plain_and_swapped_files_give_the_same),
		cmocka_unit_test(a_held_frame_stays),
		cmocka_unit_test(real_captures_are_read_to_their_end),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
