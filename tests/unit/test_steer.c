/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's program, run by the kernel on frames that exist nowhere else (BPF_PROG_TEST_RUN).
 * Needs root; nothing is attached.
 */
#include "because.h"
#include "control/capture.h"
#include "dataplane/xdp/steer.skel.h"
#include "dataplane/xdp/steer_maps.h"
#include "hex.h"

#include "classifiers/prefixes.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <linux/if_xdp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOPBACK = 1 /* interface to redirect to; a test run sends nothing */, ROOM = 3400 };

static struct steer_bpf *program;
static int receiver = -1;
static const uint32_t first;
static const uint8_t present = 1;

/* The interface under test. */
static const char *const own_addresses[] = {"10.0.0.254/32", "fd00::fe/128"};
static const char *const scope[] = {"10.0.0.0/24", "192.168.7.128/25", "fd00::/64"};

static const struct steer_setup usual = {.ready = 1, .redirect = 1, .mac = {0x0002, 0, 0xaa00}};

static int map(const struct bpf_map *of)
{
	return bpf_map__fd(of);
}

static void set(const struct steer_setup *setup)
{
	assert_int_equal(bpf_map_update_elem(map(program->maps.setup), &first, setup, 0), 0);
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	return prefix;
}

static void fill_scope(const char *const texts[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct prefix prefix = prefix_of(texts[i]);
		struct steer_prefix6 key = {.bits = prefix.length};
		int trie =
			map(prefix.ip_version == 4 ? program->maps.empty4 : program->maps.empty6);

		memcpy(key.address, prefix.address, 16);
		assert_int_equal(bpf_map_update_elem(trie, &key, &present, 0), 0);
	}
}

static void fill_own(void)
{
	for (size_t i = 0; i < sizeof(own_addresses) / sizeof(own_addresses[0]); i++) {
		struct prefix prefix = prefix_of(own_addresses[i]);
		struct steer_address key = {
			.family = prefix.ip_version == 4 ? STEER_IPV4 : STEER_IPV6};

		memcpy(key.bytes, prefix.address, 16);
		assert_int_equal(bpf_map_update_elem(map(program->maps.own), &key, &present, 0), 0);
	}
}

/* A socket need not be bound to be in the map, it must have a ring only. */
static void serve_queue(bool served)
{
	int entries = 64;

	if (!served) {
		bpf_map_delete_elem(map(program->maps.xsks_map), &first);
		return;
	}
	if (receiver < 0) {
		receiver = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
		setsockopt(receiver, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries));
	}
	assert_int_equal(bpf_map_update_elem(map(program->maps.xsks_map), &first, &receiver, 0), 0);
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

static int begin(void **state)
{
	uint32_t loopback = LOOPBACK;

	libbpf_set_print(silent);
	program = steer_bpf__open_and_load();
	if (!program)
		return 0;
	fill_scope(scope, sizeof(scope) / sizeof(scope[0]));
	fill_own();
	serve_queue(true);
	assert_int_equal(
		bpf_map_update_elem(map(program->maps.other_port), &first, &loopback, 0), 0);
	set(&usual);
	return 0;
}

static int end(void **state)
{
	steer_bpf__destroy(program);
	if (receiver >= 0)
		close(receiver);
	return 0;
}

static void need_program(void)
{
	if (libbpf_num_possible_cpus() <= 0)
		SKIP_BECAUSE("/sys is not mounted");
	if (!program)
		SKIP_BECAUSE("the kernel does not load the program: not root, or no BPF here");
}

static void read_counts(struct steer_count sums[STEER_PATH_COUNT])
{
	int processors = libbpf_num_possible_cpus();
	struct steer_count *each = calloc((size_t)processors, sizeof(*each));

	memset(sums, 0, STEER_PATH_COUNT * sizeof(*sums));
	for (uint32_t path = 0; path < STEER_PATH_COUNT; path++) {
		assert_int_equal(bpf_map_lookup_elem(map(program->maps.counts), &path, each), 0);
		for (int i = 0; i < processors; i++) {
			sums[path].packets += each[i].packets;
			sums[path].bytes += each[i].bytes;
		}
	}
	free(each);
}

/* Runs the program on one frame: the path that was counted (STEER_PATH_COUNT when not just one),
 * and the action. */
static enum steer_path run(const uint8_t *frame, uint32_t bytes, uint32_t *action)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = bytes);
	struct steer_count before[STEER_PATH_COUNT], after[STEER_PATH_COUNT];
	enum steer_path taken = STEER_PATH_COUNT;
	uint64_t packets = 0;

	read_counts(before);
	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(program->progs.sluice_steer), &options), 0);
	read_counts(after);
	for (unsigned path = 0; path < STEER_PATH_COUNT; path++) {
		packets += after[path].packets - before[path].packets;
		if (after[path].packets != before[path].packets) {
			taken = path;
			assert_int_equal(after[path].bytes - before[path].bytes, bytes);
		}
	}
	*action = options.retval;
	return packets == 1 ? taken : STEER_PATH_COUNT;
}

#define TO(mac, type)            mac "020000000001" type
#define OTHER_MAC                "020000000002"
#define OWN_MAC                  "0200000000aa"
#define BROADCAST                "ffffffffffff"
#define IPV4(from, to)           "45000014000000004011 0000" from to
#define IPV6(next, from, to)     "600000000000" next "ff" from to
#define IN                       "0a000001" /* 10.0.0.1, in scope */
#define ALSO_IN                  "c0a807fe" /* 192.168.7.254 */
#define ALMOST                   "c0a8077f" /* 192.168.7.127, one below the prefix */
#define OUT                      "08080808"
#define OWN                      "0a0000fe"
#define IN6                      "fd000000000000000000000000000001"
#define OUT6                     "fd000000000000010000000000000001" /* fd00:0:0:1::1 */
#define OWN6                     "fd0000000000000000000000000000fe"
#define SOLICITED_OWN            "ff0200000000000000000001ff0000fe"
#define SOLICITATION(target)     "87000000 00000000" target
#define ARP(operation, from, to) "0001080006 04" operation "020000000001" from "000000000000" to

/* RFC 791, 8200, 826, 4861, IEEE 802.1Q, RFC 1042. */
static const struct {
	const char *frame;
	enum steer_path path;
} rows[] = {
	/* Both ends in scope, or not. */
	{TO(OTHER_MAC, "0800") IPV4(IN, ALSO_IN), STEER_SCOPE},
	{TO(OTHER_MAC, "0800") IPV4(ALSO_IN, IN), STEER_SCOPE},
	{TO(OTHER_MAC, "0800") IPV4(IN, IN), STEER_SCOPE},
	{TO(OTHER_MAC, "0800") IPV4(IN, OUT), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(OUT, IN), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(OUT, OUT), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(IN, ALMOST), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(IN, "ffffffff"), STEER_OTHER},
	{TO(OTHER_MAC, "86dd") IPV6("11", IN6, IN6), STEER_SCOPE},
	{TO(OTHER_MAC, "86dd") IPV6("00", IN6, IN6), STEER_SCOPE},
	{TO(OTHER_MAC, "86dd") IPV6("11", IN6, OUT6), STEER_OTHER},
	{TO(OTHER_MAC, "86dd") IPV6("11", OUT6, IN6), STEER_OTHER},
	/* IPv4 options; a fragment; a length that is wrong is for user space to judge. */
	{TO(OTHER_MAC, "0800") "460000180000 0000 4011 0000" IN ALSO_IN "94040000", STEER_SCOPE},
	{TO(OTHER_MAC, "0800") "450000140000 2001 4011 0000" IN ALSO_IN, STEER_SCOPE},
	{TO(OTHER_MAC, "0800") "45ff ffff0000 0000 4011 0000" IN ALSO_IN, STEER_SCOPE},
	/* What cannot be read is nobody's. */
	{TO(OTHER_MAC, "0800"), STEER_OTHER},
	{TO(OTHER_MAC, "0800") "45000014000000004011 0000" IN "c0a807", STEER_OTHER},
	{TO(OTHER_MAC, "0800") "65000014000000004011 0000" IN ALSO_IN, STEER_OTHER},
	{TO(OTHER_MAC, "86dd") "600000000000 11ff" IN6 "fd0000000000000000000000000000",
		STEER_OTHER},
	{TO(OTHER_MAC, "86dd") "400000000000 11ff" IN6 IN6, STEER_OTHER},
	{TO(OTHER_MAC, "86dd") IPV4(IN, ALSO_IN), STEER_OTHER},
	/* VLAN tags: one, two of each kind, eight; nine are more than user space reads. */
	{TO(OTHER_MAC, "8100") "00640800" IPV4(IN, ALSO_IN), STEER_SCOPE},
	{TO(OTHER_MAC, "8100") "00640800" IPV4(IN, OUT), STEER_OTHER},
	{TO(OTHER_MAC, "88a8") "00c88100 00640800" IPV4(IN, ALSO_IN), STEER_SCOPE},
	{TO(OTHER_MAC, "9100") "00c88100 006486dd" IPV6("11", IN6, IN6), STEER_SCOPE},
	{TO(OTHER_MAC, "8100") "00018100 00018100 00018100 00018100 00018100 00018100 00018100"
			       "00010800" IPV4(IN, ALSO_IN),
		STEER_SCOPE},
	{TO(OTHER_MAC, "8100") "00018100 00018100 00018100 00018100 00018100 00018100 00018100"
			       "00018100 00010800" IPV4(IN, ALSO_IN),
		STEER_OTHER},
	{TO(OTHER_MAC, "8100") "0064", STEER_OTHER},
	/* 802.2 with SNAP; other 802.2 (spanning tree). */
	{TO(OTHER_MAC, "001c") "aaaa03000000 0800" IPV4(IN, ALSO_IN), STEER_SCOPE},
	{TO(OTHER_MAC, "001c") "aaaa030000f8 0800" IPV4(IN, ALSO_IN), STEER_OTHER},
	{"0180c2000000 020000000001 0026 424203 0000000000", STEER_OTHER},
	/* For the interface itself: its MAC and its address, without a VLAN (0 is none). */
	{TO(OWN_MAC, "0800") IPV4(IN, OWN), STEER_OWN},
	{TO(OWN_MAC, "0800") IPV4(OUT, OWN), STEER_OWN},
	{TO(OWN_MAC, "8100") "60000800" IPV4(OUT, OWN), STEER_OWN},
	{TO(OWN_MAC, "8100") "00640800" IPV4(OUT, OWN), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(OUT, OWN), STEER_OTHER},
	{TO(OTHER_MAC, "0800") IPV4(IN, OWN), STEER_SCOPE},
	{TO("0200000000ab", "0800") IPV4(OUT, OWN), STEER_OTHER},
	{TO("0300000000aa", "0800") IPV4(OUT, OWN), STEER_OTHER},
	{TO(OWN_MAC, "0800") IPV4(IN, ALSO_IN), STEER_SCOPE},
	{TO(OWN_MAC, "0800") IPV4(OUT, OUT), STEER_OTHER},
	{TO(OWN_MAC, "0800") IPV4(OWN, OUT), STEER_OTHER},
	{TO(OWN_MAC, "86dd") IPV6("3a", OUT6, OWN6), STEER_OWN},
	{TO(OTHER_MAC, "86dd") IPV6("3a", OUT6, OWN6), STEER_OTHER},
	/* ARP: for one of its addresses, whoever asks or answers; else between the sides. */
	{TO(BROADCAST, "0806") ARP("0001", IN, OWN), STEER_OWN},
	{TO(OWN_MAC, "0806") ARP("0002", IN, OWN), STEER_OWN},
	{TO(BROADCAST, "0806") ARP("0001", "00000000", OWN), STEER_OWN},
	{TO(BROADCAST, "0806") ARP("0001", IN, ALSO_IN), STEER_OTHER},
	{TO(BROADCAST, "0806") ARP("0001", OWN, IN), STEER_OTHER},
	{TO(BROADCAST, "8100") "00640806" ARP("0001", IN, OWN), STEER_OTHER},
	{TO(BROADCAST, "0806") "0006080006 040001 020000000001" IN "000000000000" OWN, STEER_OTHER},
	{TO(BROADCAST, "0806") "0001080006 040001 020000000001" IN "000000000000 0a0000",
		STEER_OTHER},
	/* IPv6 neighbour discovery likewise. */
	{TO("3333ff0000fe", "86dd") IPV6("3a", OUT6, SOLICITED_OWN) SOLICITATION(OWN6), STEER_OWN},
	{TO("3333ff0000fe", "86dd") IPV6("3a", OUT6, SOLICITED_OWN) SOLICITATION(OUT6),
		STEER_OTHER},
	{TO("3333ff0000fe", "86dd") IPV6("3a", OUT6, SOLICITED_OWN) "88000000 00000000" OWN6,
		STEER_OTHER},
	{TO("3333ff0000fe", "86dd") IPV6("3a", OUT6, SOLICITED_OWN) "87000000", STEER_OTHER},
	{TO("3333ff0000fe", "86dd") IPV6("11", OUT6, SOLICITED_OWN) SOLICITATION(OWN6),
		STEER_OTHER},
	{TO("333300000001", "86dd") IPV6("3a", OUT6, "ff020000000000000000000000000001")
			SOLICITATION(OWN6),
		STEER_OTHER},
	/* LLDP, an unknown ethertype, nothing after the type. */
	{"0180c200000e 020000000001 88cc 0207", STEER_OTHER},
	{TO(OTHER_MAC, "9999") "00", STEER_OTHER},
	{TO(OTHER_MAC, "ffff"), STEER_OTHER},
};

static void decides(void **state)
{
	need_program();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t frame[ROOM];
		uint32_t bytes = hex_bytes(rows[i].frame, frame, sizeof(frame)), action;
		enum steer_path path = run(frame, bytes, &action);

		if (path != rows[i].path)
			fail_msg("row %zu: path %u, not %u: %s", i, path, rows[i].path,
				rows[i].frame);
		assert_int_equal(action, path == STEER_OWN ? XDP_PASS : XDP_REDIRECT);
	}
}

/* What becomes of a path that is closed. */
static const struct {
	struct steer_setup setup;
	bool served, in_scope;
	enum steer_path path;
	uint32_t action;
} closed[] = {
	{{.ready = 1, .redirect = 1}, true, true, STEER_SCOPE, XDP_REDIRECT},
	{{.ready = 1, .redirect = 1}, true, false, STEER_OTHER, XDP_REDIRECT},
	{{.ready = 0, .redirect = 1}, true, true, STEER_IDLE, XDP_PASS},
	{{.ready = 0, .redirect = 1}, true, false, STEER_IDLE, XDP_PASS},
	{{.ready = 1, .redirect = 1}, false, true, STEER_UNSERVED, XDP_REDIRECT},
	{{.ready = 1, .redirect = 1}, false, false, STEER_OTHER, XDP_REDIRECT},
	{{.ready = 1, .redirect = 0}, true, true, STEER_SCOPE, XDP_REDIRECT},
	{{.ready = 1, .redirect = 0}, true, false, STEER_LIFTED, XDP_REDIRECT},
	{{.ready = 1, .redirect = 0}, false, true, STEER_LOST, XDP_DROP},
	{{.ready = 1, .redirect = 0}, false, false, STEER_LOST, XDP_DROP},
	{{.ready = 1, .redirect = 1, .frame_max = 34}, true, true, STEER_SCOPE, XDP_REDIRECT},
	{{.ready = 1, .redirect = 1, .frame_max = 33}, true, true, STEER_TOO_LONG, XDP_REDIRECT},
	{{.ready = 1, .redirect = 1, .frame_max = 33}, true, false, STEER_OTHER, XDP_REDIRECT},
};

static void goes_another_way(void **state)
{
	uint8_t in[34], out[34];

	need_program();
	hex_bytes(TO(OTHER_MAC, "0800") IPV4(IN, ALSO_IN), in, sizeof(in));
	hex_bytes(TO(OTHER_MAC, "0800") IPV4(IN, OUT), out, sizeof(out));
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		uint32_t action;

		set(&closed[i].setup);
		serve_queue(closed[i].served);
		assert_int_equal(run(closed[i].in_scope ? in : out, 34, &action), closed[i].path);
		assert_int_equal(action, closed[i].action);
	}
	set(&usual);
	serve_queue(true);
}

/* One direction of a flow that was decided to be free: 10.0.0.1:1000 to 192.168.7.254:443. */
#define TCP_TO(from, to, fragment, ports, flags)                                        \
	TO(OTHER_MAC, "0800")                                                           \
	"45000028 0000" fragment "4006 0000" from to ports "00000001 00000002 50" flags \
	"0000 0000 0000"

static const struct {
	const char *frame;
	enum steer_path path;
	bool turns; /* the flow is not free any more */
} free_rows[] = {
	{TCP_TO(IN, ALSO_IN, "0000", "03e801bb", "10"), STEER_BYPASS, false},
	{TCP_TO(IN, ALSO_IN, "4000", "03e801bb", "18"), STEER_BYPASS, false},
	{TO(OTHER_MAC, "8100") "00640800 4600002c 00000000 4006 0000" IN ALSO_IN
			       "01010100 03e801bb 00000001 00000002 5010 0000 0000 0000",
		STEER_BYPASS, false},
	/* Its beginnings and ends are for user space, so are its fragments. */
	{TCP_TO(IN, ALSO_IN, "0000", "03e801bb", "11"), STEER_SCOPE, true},
	{TCP_TO(IN, ALSO_IN, "0000", "03e801bb", "02"), STEER_SCOPE, true},
	{TCP_TO(IN, ALSO_IN, "0000", "03e801bb", "14"), STEER_SCOPE, true},
	{TCP_TO(IN, ALSO_IN, "2000", "03e801bb", "10"), STEER_SCOPE, false},
	{TCP_TO(IN, ALSO_IN, "0001", "03e801bb", "10"), STEER_SCOPE, false},
	/* Other flows: the way back, another port, out of scope. */
	{TCP_TO(ALSO_IN, IN, "0000", "01bb03e8", "10"), STEER_SCOPE, false},
	{TCP_TO(IN, ALSO_IN, "0000", "03e901bb", "10"), STEER_SCOPE, false},
	{TCP_TO(IN, OUT, "0000", "03e801bb", "10"), STEER_OTHER, false},
	{TO(OTHER_MAC, "0800") "4500001c 00000000 4011 0000" IN ALSO_IN "03e801bb 00080000",
		STEER_SCOPE, false},
	{TO(OTHER_MAC, "0800") "45000022 00000000 4006 0000" IN ALSO_IN
			       "03e801bb 00000001 00000002 50",
		STEER_SCOPE, false},
};

static void forwards_what_is_free(void **state)
{
	struct steer_flow flow = {.source = {10, 0, 0, 1},
		.destination = {192, 168, 7, 254},
		.source_port = __builtin_bswap16(1000),
		.destination_port = __builtin_bswap16(443),
		.protocol = 6,
		.family = STEER_IPV4};
	struct steer_setup setup = usual;
	struct steer_count count;
	uint32_t row = 7, action;
	uint64_t packets = 0, sum = 0;

	need_program();
	setup.bypass = 1;
	set(&setup);
	for (size_t i = 0; i < sizeof(free_rows) / sizeof(free_rows[0]); i++) {
		uint8_t frame[ROOM];
		uint32_t bytes = hex_bytes(free_rows[i].frame, frame, sizeof(frame)), found;

		assert_int_equal(bpf_map_update_elem(map(program->maps.bypass), &flow, &row, 0), 0);
		assert_int_equal(run(frame, bytes, &action), free_rows[i].path);
		assert_int_equal(action, XDP_REDIRECT);
		assert_int_equal(bpf_map_lookup_elem(map(program->maps.bypass), &flow, &found),
			free_rows[i].turns ? -ENOENT : 0);
		packets += free_rows[i].path == STEER_BYPASS;
		sum += free_rows[i].path == STEER_BYPASS ? bytes : 0;
	}
	assert_int_equal(bpf_map_lookup_elem(map(program->maps.bypassed), &row, &count), 0);
	assert_int_equal(count.packets, packets);
	assert_int_equal(count.bytes, sum);
	set(&usual);
	assert_int_equal(bpf_map_delete_elem(map(program->maps.bypass), &flow), 0);
}

/* User space's reading of the same frame. */
static bool both_in_scope(const struct prefixes *set, const uint8_t *bytes, uint32_t size)
{
	struct packet packet;

	packet_parse(&packet, LINK_ETHERNET, bytes, size, size);
	return (packet.kind == PACKET_FLOW || packet.kind == PACKET_FRAGMENT) &&
	       prefixes_contain(set, packet_source(&packet), packet.ip_version) &&
	       prefixes_contain(set, packet_destination(&packet), packet.ip_version);
}

/* Frames of a capture that are in scope by both; fails where they differ. */
static unsigned compare(const char *path, const struct prefixes *set, unsigned *in_scope)
{
	struct failure failure = {0};
	struct warnings warnings = {0};
	struct capture *capture = capture_open(&path, 1, &failure);
	struct capture_frame frame;
	unsigned count = 0;

	while (capture && capture_next(capture, &frame, &warnings, &failure) == 1) {
		uint32_t bytes = frame.captured < ROOM ? frame.captured : ROOM, action;
		bool mine;
		enum steer_path taken;

		if (frame.link != LINK_ETHERNET || bytes < 14 || frame.captured != frame.wire)
			continue;
		mine = both_in_scope(set, frame.data, bytes);
		taken = run(frame.data, bytes, &action);
		/* What user space would find malformed beyond its addresses it gets to see, too. */
		if (taken == STEER_PATH_COUNT || (mine && taken != STEER_SCOPE))
			fail_msg("%s: frame %u: path %u", path, count, taken);
		*in_scope += mine;
		count++;
	}
	capture_close(capture);
	return count;
}

static const char *const wide[] = {
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "128.0.0.0/1", "2000::/3", "fe80::/10"};

static struct prefixes *widen(void)
{
	struct prefixes *set = prefixes_new();
	struct prefix prefix;

	fill_scope(wide, sizeof(wide) / sizeof(wide[0]));
	for (size_t i = 0; i < sizeof(scope) / sizeof(scope[0]); i++) {
		prefix = prefix_of(scope[i]);
		prefixes_add(set, &prefix);
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		prefix = prefix_of(wide[i]);
		prefixes_add(set, &prefix);
	}
	prefixes_seal(set);
	return set;
}

static void reads_as_user_space_does(void **state)
{
	const char *given = getenv("SLUICE_CAPTURES"), *root = getenv("SLUICE_SOURCE_ROOT");
	unsigned frames = 0, in_scope = 0;
	const struct dirent *entry;
	struct prefixes *set;
	char folder[512], path[1024];
	DIR *captures;

	need_program();
	snprintf(folder, sizeof(folder), "%s%s/apps",
		given  ? given
		: root ? root
		       : ".",
		given ? "" : "/../shared/captures");
	captures = opendir(folder);
	if (!captures)
		SKIP_BECAUSE("there are no shared captures");
	set = widen();
	while ((entry = readdir(captures))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			frames += compare(path, set, &in_scope);
	}
	print_message("%u frames, %u of them in scope\n", frames, in_scope);
	assert_true(in_scope > 0 && in_scope < frames);
	prefixes_free(set);
	closedir(captures);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(goes_another_way),
		cmocka_unit_test(forwards_what_is_free),
		cmocka_unit_test(reads_as_user_space_does),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
