/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The program on an interface: taken from who attached it, served, and gone when its process is. On
 * the loopback of a network namespace of this test's own. Needs root.
 */
#include "dataplane/xdp/attachment.h"
#include "dataplane/xdp/steer.h"

#include "because.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LOOPBACK = 1, PORT = 4000 };

static bool able;
static int listener;

/* Somebody listens, so that the kernel answers nothing by itself. */
static int begin(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};

	if (unshare(CLONE_NEWNET) != 0)
		return 0;
	listener = socket(AF_INET, SOCK_DGRAM, 0);
	able = ioctl(listener, SIOCSIFFLAGS, &request) == 0 &&
	       bind(listener, (const void *)&any, sizeof(any)) == 0;
	return 0;
}

/* A test that failed leaves its program. */
static int detach(void **state)
{
	if (able)
		bpf_xdp_detach(LOOPBACK, 0, NULL);
	return 0;
}

static void need_namespace(void)
{
	if (!able)
		SKIP_BECAUSE("network namespaces need root");
	if (libbpf_num_possible_cpus() <= 0)
		SKIP_BECAUSE("/sys is not mounted");
}

/* As DPDK's driver does it; the object is kept, as the driver keeps it. */
static struct bpf_object *attach_as_driver(void)
{
	struct trouble trouble;
	const char *path = steer_object(&trouble);
	struct bpf_object *object;

	assert_non_null(path);
	assert_int_equal(access(path, F_OK), 0);
	object = bpf_object__open_file(path, NULL);
	assert_non_null(object);
	assert_int_equal(bpf_object__load(object), 0);
	assert_int_equal(
		bpf_xdp_attach(LOOPBACK, bpf_program__fd(bpf_object__next_program(object, NULL)),
			XDP_FLAGS_UPDATE_IF_NOEXIST, NULL),
		0);
	return object;
}

static bool is_attached(void)
{
	uint32_t id = 0;

	assert_int_equal(bpf_xdp_query_id(LOOPBACK, 0, &id), 0);
	return id != 0;
}

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_null(prefix_parse(text, &prefix));
	return prefix;
}

/* A queue's socket that is in the map but not bound: the program sends to it, and it is lost. */
static int serve_queue(const struct bpf_object *object)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, "xsks_map");
	int receiver = socket(AF_XDP, SOCK_RAW, 0), entries = 64;
	uint32_t queue = 0;

	assert_int_equal(setsockopt(receiver, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries)), 0);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &queue, &receiver, BPF_ANY), 0);
	return receiver;
}

/* Sends so many UDP datagrams; returns how many it could. */
static unsigned send_between(const char *from, const char *to, unsigned count)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	struct sockaddr_in target = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned sent = 0;

	inet_pton(AF_INET, from, &source.sin_addr);
	inet_pton(AF_INET, to, &target.sin_addr);
	assert_int_equal(bind(sender, (void *)&source, sizeof(source)), 0);
	for (unsigned i = 0; i < count; i++)
		sent += sendto(sender, "x", 1, 0, (void *)&target, sizeof(target)) == 1;
	close(sender);
	return sent;
}

static uint64_t path_of(const struct steer *steer, enum steer_path path)
{
	struct steer_counters counters;

	steer_counters(steer, &counters);
	return counters.paths[path].packets;
}

static void frames_go_where_they_belong(void **state)
{
	struct prefix scope = prefix_of("127.0.0.4/30");
	struct steer_options options = {.scope = &scope, .scope_count = 1};
	struct steer_counters counters;
	struct bpf_object *driver;
	struct trouble trouble;
	struct steer *steer;
	int receiver;

	need_namespace();
	driver = attach_as_driver();
	steer = steer_take("lo", &trouble);
	assert_non_null(steer);
	assert_false(steer_native(steer));
	receiver = serve_queue(driver);
	send_between("127.0.0.5", "127.0.0.6", 3);
	assert_int_equal(path_of(steer, STEER_IDLE), 3);

	assert_true(steer_serve(steer, &options, &trouble));
	assert_false(steer_redirects(steer));
	send_between("127.0.0.5", "127.0.0.6", 5); /* in scope */
	send_between("127.0.0.5", "127.0.0.9", 7); /* an end out of it */
	send_between("127.0.0.9", "127.0.0.1", 2); /* the interface's own address */
	steer_counters(steer, &counters);
	assert_int_equal(counters.paths[STEER_SCOPE].packets, 5);
	assert_int_equal(counters.paths[STEER_SCOPE].bytes, 5 * (14 + 20 + 8 + 1));
	assert_int_equal(counters.paths[STEER_LIFTED].packets, 7);
	assert_int_equal(counters.paths[STEER_OWN].packets, 2);
	assert_int_equal(counters.paths[STEER_LOST].packets, 0);
	if (counters.losses.known)
		assert_int_equal(counters.losses.to_user, 5 + 7);
	else
		print_message("the kernel does not tell what redirects lose\n");

	steer_free(steer);
	assert_false(is_attached());
	close(receiver);
	bpf_object__close(driver);
}

/* Traffic in both scopes while one takes the other's place. */
static void *send_on(void *stop)
{
	uintptr_t sent = 0;

	while (!__atomic_load_n((int *)stop, __ATOMIC_RELAXED))
		sent += send_between("127.0.0.5", "127.0.0.6", 100);
	return (void *)sent;
}

static void a_scope_changes_at_once(void **state)
{
	struct prefix scopes[2] = {prefix_of("127.0.0.4/30"), prefix_of("127.0.0.0/8")};
	struct steer_options options = {.scope = scopes, .scope_count = 1};
	struct bpf_object *driver;
	struct trouble trouble;
	struct steer *steer;
	int stop = 0, receiver;
	pthread_t sender;
	void *sent;

	need_namespace();
	driver = attach_as_driver();
	receiver = serve_queue(driver);
	steer = steer_take("lo", &trouble);
	assert_non_null(steer);
	assert_true(steer_serve(steer, &options, &trouble));
	assert_int_equal(pthread_create(&sender, NULL, send_on, &stop), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_true(steer_scope(steer, &scopes[i % 2], 1, &trouble));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(sender, &sent);
	assert_true((uintptr_t)sent > 0);
	assert_int_equal(path_of(steer, STEER_SCOPE), (uintptr_t)sent);
	assert_int_equal(path_of(steer, STEER_LIFTED), 0);

	/* The last one holds, and an empty one holds nothing. */
	assert_true(steer_scope(steer, NULL, 0, &trouble));
	send_between("127.0.0.5", "127.0.0.6", 4);
	assert_int_equal(path_of(steer, STEER_LIFTED), 4);
	steer_free(steer);
	close(receiver);
	bpf_object__close(driver);
}

/* A child that has what the driver attached, maybe as its own, and waits to be killed. */
static pid_t start_box(bool take)
{
	struct bpf_object *driver = attach_as_driver();
	struct trouble trouble;
	int said[2];
	pid_t child;
	char ready;

	assert_int_equal(pipe(said), 0);
	child = fork();
	if (child == 0) {
		if (take && !steer_take("lo", &trouble))
			_exit(1);
		if (write(said[1], "r", 1) == 1)
			pause();
		_exit(1);
	}
	close(said[1]);
	assert_int_equal(read(said[0], &ready, 1), 1);
	close(said[0]);
	bpf_object__close(driver);
	return child;
}

static void end_box(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void nothing_outlives_its_process(void **state)
{
	struct trouble trouble;
	pid_t box;

	need_namespace();
	box = start_box(true);
	assert_true(is_attached());
	assert_false(steer_clean("lo", &trouble));
	assert_string_equal(trouble.line, "port xdp:lo: another sluice has it");
	assert_true(trouble.system);
	end_box(box);
	/* The kernel lets go of it as the last descriptor is closed, a moment later. */
	for (unsigned i = 0; i < 100 && is_attached(); i++)
		usleep(10000);
	assert_false(is_attached());
}

static void what_a_crash_left_is_removed(void **state)
{
	struct trouble trouble;

	need_namespace();
	end_box(start_box(false));
	assert_true(is_attached());
	assert_true(steer_clean("lo", &trouble));
	assert_false(is_attached());
	assert_true(steer_clean("lo", &trouble));
}

static void others_programs_are_left_alone(void **state)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct trouble trouble;
	int program;

	need_namespace();
	assert_non_null(steer_object(&trouble));
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
	assert_true(program >= 0);
	assert_int_equal(bpf_xdp_attach(LOOPBACK, program, 0, NULL), 0);
	assert_false(steer_clean("lo", &trouble));
	assert_string_equal(trouble.line,
		"port xdp:lo: it has the XDP program foreign: ip link set dev lo xdp off");
	assert_null(steer_take("lo", &trouble));
	assert_true(is_attached());
	assert_int_equal(bpf_xdp_detach(LOOPBACK, 0, NULL), 0);
	close(program);
	assert_null(steer_take("lo", &trouble));
	assert_string_equal(
		trouble.line, "port xdp:lo: the driver has not attached the XDP program");
	assert_false(steer_clean("nowhere", &trouble));
	assert_string_equal(trouble.line, "port xdp:nowhere: there is no interface nowhere here");
	assert_false(trouble.system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(frames_go_where_they_belong, detach),
		cmocka_unit_test_teardown(a_scope_changes_at_once, detach),
		cmocka_unit_test_teardown(nothing_outlives_its_process, detach),
		cmocka_unit_test_teardown(what_a_crash_left_is_removed, detach),
		cmocka_unit_test_teardown(others_programs_are_left_alone, detach),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
