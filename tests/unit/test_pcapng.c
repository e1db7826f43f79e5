/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expected bytes are put together by hand after draft-ietf-opsawg-pcapng; what is too long for that
 * is read back with libpcap and, where it is installed, with tshark.
 */
#include "control/pcapng.h"

#include "control/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "because.h"
#include "hex.h"
#include "scratch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* "sluice" and "eth" as application and interface name. */
#define SECTION                                                  \
	"0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff " \
	"0400 0600 736c756963650000 0000 0000 2c000000 "
#define INTERFACE                               \
	"01000000 28000000 0100 0000 00000000 " \
	"0200 0300 65746800 0900 0100 09000000 0000 0000 28000000 "

static char path[SCRATCH_BYTES];

static struct pcapng *create(void)
{
	struct failure failure = {0};
	struct pcapng *pcapng = pcapng_create(path, "sluice", &failure);

	assert_non_null(pcapng);
	return pcapng;
}

static void close_good(struct pcapng *pcapng)
{
	struct failure failure = {0};

	assert_true(pcapng_close(pcapng, &failure));
	assert_int_equal(failure.exit_code, 0);
}

static size_t file_size(void)
{
	struct stat facts;

	assert_int_equal(stat(path, &facts), 0);
	return (size_t)facts.st_size;
}

static void read_bytes(long at, uint8_t *bytes, size_t len)
{
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fread(bytes, 1, len, file), len);
	fclose(file);
}

static void blocks_are_as_the_draft_says(void **state)
{
	static const struct {
		const char *what;
		uint64_t time_ns;
		const char *data;
		uint32_t captured, wire;
		const char *comment;
		const char *block;
	} rows[] = {
		{"padded data and comment", 0x0123456789abcdef, "\1\2\3\4\5", 5, 60, "drop x",
			"06000000 38000000 00000000 67452301 efcdab89 05000000 3c000000 "
			"0102030405000000 0100 0600 64726f7020780000 0000 0000 38000000"},
		{"without padding", 1, "\1\2\3\4", 4, 4, "pass",
			"06000000 30000000 00000000 00000000 01000000 04000000 04000000 "
			"01020304 0100 0400 70617373 0000 0000 30000000"},
		{"no comment", 1, "\1\2\3\4", 4, 60, NULL,
			"06000000 24000000 00000000 00000000 01000000 04000000 3c000000 "
			"01020304 24000000"},
		{"empty comment", 1, "\1\2\3\4", 4, 60, "",
			"06000000 24000000 00000000 00000000 01000000 04000000 3c000000 "
			"01020304 24000000"},
		{"no data", 1, NULL, 0, 60, NULL,
			"06000000 20000000 00000000 00000000 01000000 00000000 3c000000 "
			"20000000"},
		{"wire never below captured", 1, "\1\2\3\4", 4, 0, NULL,
			"06000000 24000000 00000000 00000000 01000000 04000000 04000000 "
			"01020304 24000000"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pcapng *pcapng = create();
		const char *comment = rows[i].comment;
		uint8_t expected[512], bytes[512];
		uint32_t len = hex_bytes(SECTION INTERFACE, expected, sizeof(expected));

		print_message("%s\n", rows[i].what);
		len += hex_bytes(rows[i].block, expected + len, sizeof(expected) - len);
		assert_int_equal(pcapng_interface(pcapng, LINK_ETHERNET, "eth"), 0);
		pcapng_write(pcapng, 0, rows[i].time_ns, (const uint8_t *)rows[i].data,
			rows[i].captured, rows[i].wire, comment,
			comment ? (uint32_t)strlen(comment) : 0);
		close_good(pcapng);
		assert_int_equal(file_size(), len);
		read_bytes(0, bytes, len);
		assert_memory_equal(bytes, expected, len);
	}
}

/* LINKTYPE_ values of pcap-linktype(7), little endian at byte 8 of the block. */
static void interfaces_have_the_type_of_their_framing(void **state)
{
	static const struct {
		enum link_layer link;
		unsigned type;
	} rows[] = {
		{LINK_ETHERNET, 1},
		{LINK_RAW_IP, 101},
		{LINK_LINUX_SLL, 113},
		{LINK_LINUX_SLL2, 276},
		{LINK_BSD_NULL, 0},
		{LINK_BSD_LOOP, 108},
		{LINK_CISCO_HDLC, 104},
		{LINK_PPP, 9},
	};
	struct pcapng *pcapng = create();

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(pcapng_interface(pcapng, rows[i].link, "eth"), i);
	close_good(pcapng);
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t type[2];

		read_bytes(44 + 40 * (long)i + 8, type, sizeof(type));
		assert_int_equal(type[0] | type[1] << 8, rows[i].type);
	}
}

/* Byte k of frame n: no two frames of the tests begin alike. */
static uint8_t pattern(uint32_t n, uint32_t k)
{
	return (uint8_t)(n * 41 + k * 7 + (k >> 8));
}

static void fill(uint8_t *data, uint32_t n, uint32_t len)
{
	for (uint32_t k = 0; k < len; k++)
		data[k] = pattern(n, k);
}

/* Lengths around the padding, a usual snap length, and what libpcap reads at most; 400 frames are
 * several times what the writer buffers. */
static uint32_t length_of(uint32_t n)
{
	static const uint32_t lengths[] = {60, 61, 62, 63, 1514, 9000, 65535, 262144};

	return lengths[n % COUNT(lengths)];
}

static void what_is_written_is_read_back(void **state)
{
	static uint8_t data[262144];
	struct pcapng *pcapng = create();
	struct failure failure = {0};
	struct warnings warnings = {0};
	struct capture_frame frame;
	struct capture *capture;

	pcapng_interface(pcapng, LINK_RAW_IP, "eth");
	for (uint32_t n = 0; n < 400; n++) {
		fill(data, n, length_of(n));
		pcapng_write(pcapng, 0, 1700000000000000000u + n, data, length_of(n),
			length_of(n) + n, "comment", n % 8);
	}
	close_good(pcapng);
	capture = capture_open((const char *const[]){path}, 1, &failure);
	assert_non_null(capture);
	for (uint32_t n = 0; n < 400; n++) {
		fill(data, n, length_of(n));
		assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 1);
		assert_true(frame.time_ns == 1700000000000000000u + n);
		assert_int_equal(frame.link, LINK_RAW_IP);
		assert_int_equal(frame.captured, length_of(n));
		assert_int_equal(frame.wire, length_of(n) + n);
		assert_memory_equal(frame.data, data, length_of(n));
	}
	assert_int_equal(capture_next(capture, &frame, &warnings, &failure), 0);
	assert_int_equal(warnings.count, 0);
	capture_close(capture);
}

/* A frame of 3000001 bytes: block 3000004 + 32 = 0x2dc6e4 bytes, after 44 and 40 of headers. */
static void a_frame_may_be_larger_than_the_buffer(void **state)
{
	enum { LEN = 3000001 };
	struct pcapng *pcapng = create();
	uint8_t *data = malloc(LEN), *bytes = malloc(LEN + 7);
	static const uint8_t tail[7] = {0, 0, 0, 0xe4, 0xc6, 0x2d, 0};

	fill(data, 1, LEN);
	pcapng_interface(pcapng, LINK_ETHERNET, "eth");
	pcapng_write(pcapng, 0, 0, data, LEN, LEN, NULL, 0);
	close_good(pcapng);
	assert_int_equal(file_size(), 44 + 40 + 0x2dc6e4);
	read_bytes(44 + 40 + 28, bytes, LEN + 7);
	assert_memory_equal(bytes, data, LEN);
	assert_memory_equal(bytes + LEN, tail, sizeof(tail));
	free(data);
	free(bytes);
}

/* An option's length has 16 bits: block 32 + 4 + 4 + 65536 + 4 = 0x1002c bytes. */
static void a_comment_is_cut_at_what_the_format_can_hold(void **state)
{
	struct pcapng *pcapng = create();
	char *comment = malloc(100000);
	uint8_t bytes[8];

	memset(comment, 'x', 100000);
	pcapng_interface(pcapng, LINK_ETHERNET, "eth");
	pcapng_write(pcapng, 0, 0, (const uint8_t *)"abcd", 4, 4, comment, 100000);
	close_good(pcapng);
	assert_int_equal(file_size(), 44 + 40 + 0x1002c);
	read_bytes(44 + 40 + 32, bytes, sizeof(bytes));
	assert_memory_equal(bytes, "\1\0\377\377xxxx", 8);
	free(comment);
}

static void check_failure(const struct failure *failure, const char *name, const char *word)
{
	print_message("%s\n", failure->line);
	assert_int_equal(failure->exit_code, EXIT_REFUSED);
	assert_non_null(strstr(failure->line, name));
	assert_non_null(strstr(failure->line, word));
}

static void errors_are_kept_until_the_end(void **state)
{
	static uint8_t data[65536];
	struct failure failure = {0};
	struct pcapng *pcapng;

	assert_null(pcapng_create("/nonexistent/x.pcapng", "sluice", &failure));
	check_failure(&failure, "/nonexistent/x.pcapng", "No such file");

	failure = (struct failure){0};
	pcapng = pcapng_create("/dev/full", "sluice", &failure);
	assert_non_null(pcapng);
	pcapng_interface(pcapng, LINK_ETHERNET, "eth");
	for (unsigned n = 0; n < 100; n++)
		pcapng_write(pcapng, 0, n, data, sizeof(data), sizeof(data), NULL, 0);
	assert_false(pcapng_close(pcapng, &failure));
	check_failure(&failure, "/dev/full", "No space left");

	failure = (struct failure){0};
	pcapng = pcapng_create("/dev/full", "sluice", &failure);
	assert_false(pcapng_close(pcapng, &failure)); /* what was only buffered counts too */
	check_failure(&failure, "/dev/full", "No space left");

	failure = (struct failure){0};
	pcapng = create();
	pcapng_write(pcapng, 0, 0, data, UINT32_MAX, UINT32_MAX, NULL, 0);
	assert_false(pcapng_close(pcapng, &failure));
	check_failure(&failure, path, "Message too long");
}

static void tshark_reads_it(void **state)
{
	static const char command[] = "tshark -n -r %s -T fields -E separator='|' "
				      "-e frame.time_epoch -e frame.cap_len -e frame.len "
				      "-e frame.interface_name -e frame.comment 2>/dev/null";
	struct pcapng *pcapng = create();
	char line[SCRATCH_BYTES + 256];
	FILE *output;

	if (system("command -v tshark >/dev/null") != 0) {
		pcapng_close(pcapng, &(struct failure){0});
		SKIP_BECAUSE("tshark is not installed");
	}
	pcapng_interface(pcapng, LINK_ETHERNET, "first.pcap");
	pcapng_interface(pcapng, LINK_RAW_IP, "second.pcap");
	pcapng_write(pcapng, 0, 1700000000123456789, (const uint8_t *)"aaaaaabbbbbb\x08\x06", 14,
		60, "forward", 7);
	pcapng_write(
		pcapng, 1, 1700000000123456790, (const uint8_t *)"E", 1, 40, "drop: rule x", 12);
	close_good(pcapng);
	snprintf(line, sizeof(line), command, path);
	output = popen(line, "r");
	assert_non_null(output);
	assert_non_null(fgets(line, sizeof(line), output));
	assert_string_equal(line, "1700000000.123456789|14|60|first.pcap|forward\n");
	assert_non_null(fgets(line, sizeof(line), output));
	assert_string_equal(line, "1700000000.123456790|1|40|second.pcap|drop: rule x\n");
	assert_null(fgets(line, sizeof(line), output));
	assert_int_equal(pclose(output), 0);
}

static int make_file(void **state)
{
	int fd;

	scratch_name(path, "pcapng");
	fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_as_the_draft_says),
		cmocka_unit_test(interfaces_have_the_type_of_their_framing),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_frame_may_be_larger_than_the_buffer),
		cmocka_unit_test(a_comment_is_cut_at_what_the_format_can_hold),
		cmocka_unit_test(errors_are_kept_until_the_end),
		cmocka_unit_test(tshark_reads_it),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
