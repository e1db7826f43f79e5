/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The doctor on machines made of files: a good one, and rows of what is different and what must be
 * found then.
 */
#include "control/doctor/checks.h"
#include "scratch.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct entry {
	const char *path;
	const char *text; /* "-> X": a link to X; NULL: it is not there */
};

/* A machine on which everything is as it should be. */
static const struct entry good[] = {
	{"/proc/self/status", "Name:\tsluice\nCapEff:\t000001ffffffffff\n"},
	{"/proc/self/limits", "Max locked memory         8388608     8388608     bytes\n"},
	{"/proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n"},
	{"/proc/cpuinfo",
		"vendor_id\t: AuthenticAMD\nflags\t\t: fpu constant_tsc nonstop_tsc sse\n"},
	{"/proc/stat", "cpu  1000 0 1000 8000 0 0 0 0 0 0\n"},
	{"/proc/sys/kernel/osrelease", "6.1.0\n"},
	{"/proc/sys/net/core/bpf_jit_enable", "1\n"},
	{"/proc/net/route", "Iface\tDestination\tGateway\nlan0\t00000000\t0101A8C0\t0003\n"},
	{"/boot/config-6.1.0", "CONFIG_BPF_SYSCALL=y\nCONFIG_XDP_SOCKETS=y\nCONFIG_PACKET=y\n"
			       "CONFIG_TUN=m\nCONFIG_VFIO_PCI=m\n"},
	{"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n"},
	{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "512\n"},
	{"/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "256\n"},
	{"/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages", "256\n"},
	{"/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "256\n"},
	{"/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "256\n"},
	{"/sys/devices/system/node/node0/cpulist", "0-1\n"},
	{"/sys/devices/system/node/node1/cpulist", "2-3\n"},
	{"/sys/devices/system/cpu/online", "0-3\n"},
	{"/sys/devices/system/cpu/isolated", "2-3\n"},
	{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n"},
	{"/sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "1\n"},
	{"/sys/devices/system/cpu/cpu2/topology/thread_siblings_list", "2\n"},
	{"/sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "3\n"},
	{"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
	{"/sys/kernel/btf/vmlinux", "\n"},
	{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_af_xdp.so", ""},
	{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_af_packet.so", ""},
	{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_tap.so", ""},
	{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_pcap.so", ""},
	{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_bus_pci.so", ""},
	{"/sys/bus/pci/devices/0000:03:00.0/class", "0x020000\n"},
	{"/sys/bus/pci/devices/0000:03:00.0/numa_node", "1\n"},
	{"/sys/bus/pci/devices/0000:03:00.0/driver", "-> ../../../bus/pci/drivers/vfio-pci"},
	{"/sys/bus/pci/devices/0000:03:00.0/iommu_group", "-> ../../../kernel/iommu_groups/7"},
	{"/sys/bus/pci/devices/0000:04:00.0/class", "0x020000\n"},
	{"/sys/bus/pci/devices/0000:04:00.0/driver", "-> ../../../bus/pci/drivers/virtio-pci"},
	{"/sys/bus/pci/devices/0000:04:00.0/virtio2/net/lan0/mtu", "1500\n"},
	{"/sys/kernel/iommu_groups/7/devices/0000:03:00.0", "-> ../../../../bus/pci/x"},
	{"/sys/class/net/lan0/flags", "0x1003\n"},
	{"/sys/class/net/lan0/mtu", "1500\n"},
	{"/sys/class/net/inA/flags", "0x1003\n"},
	{"/sys/class/net/inA/carrier", "1\n"},
	{"/sys/class/net/inA/mtu", "1500\n"},
	{"/sys/class/net/outB/flags", "0x1003\n"},
	{"/sys/class/net/outB/carrier", "1\n"},
	{"/sys/class/net/outB/mtu", "1500\n"},
	{"/dev/net/tun", ""},
	{"/data/in.pcap", ""},
};

/* What the kernel of that machine answers; tests change it. */
static struct interface_facts near_end, far_end;
static int family_answer, locked_answer;
static bool far_answer;

static bool ask_interface(const char *name, struct interface_facts *facts)
{
	*facts = near_end;
	snprintf(facts->name, sizeof(facts->name), "%s", name);
	return true;
}

static bool ask_far_end(const char *name, struct interface_facts *facts)
{
	*facts = far_end;
	return far_answer;
}

static int ask_family(int family)
{
	assert_int_equal(family, AF_XDP);
	return family_answer;
}

static int ask_locked(const char *path)
{
	return locked_answer;
}

static const struct host_questions questions = {
	.interface = ask_interface,
	.far_end = ask_far_end,
	.socket_family = ask_family,
	.locked = ask_locked,
};

static const struct port_kind kinds[] = {{.word = "pci"}, {.word = "xdp", .scoped = true},
	{.word = "packet"}, {.word = "tap"}, {.word = "pcap"}};

enum { PORTS_MAX = 4, CHANGES_MAX = 3 };

struct machine {
	char root[SCRATCH_BYTES];
	struct host host;
	struct check_results results;
	struct checkup_port ports[PORTS_MAX];
	struct checkup checkup;
};

static const unsigned cores_23[] = {2, 3}, cores_12[] = {1, 2}, cores_123[] = {1, 2, 3};
static const unsigned core_9[] = {9}, cores_all[] = {0, 1, 2, 3};

struct test_case {
	const char *name;
	struct entry changes[CHANGES_MAX];
	const char *ports[PORTS_MAX];
	const unsigned *cores;
	size_t core_count;
	const char *lab;
	bool no_huge;
	/* What must be found. */
	const char *check, *about;
	enum check_status status;
	const char *mend; /* a part of the command */
};

static const struct test_case cases[] = {
	{.name = "no huge pages",
		.changes = {{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0"}},
		.check = "huge-pages",
		.status = CHECK_WARN,
		.mend = "echo 256 > /proc/sys/vm/nr_hugepages"},
	{.name = "no huge pages are wanted",
		.changes = {{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0"}},
		.no_huge = true,
		.check = "huge-pages",
		.status = CHECK_OK},
	{.name = "pages of 1 GB",
		.changes = {{"/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "0"},
			{"/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "2"},
			{"/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1"}},
		.check = "huge-pages",
		.status = CHECK_OK},
	{.name = "a node without huge pages",
		.changes = {{"/sys/devices/system/node/node1/hugepages/hugepages-2048kB/"
			     "free_hugepages",
			"0"}},
		.check = "huge-pages",
		.about = "node1",
		.status = CHECK_WARN,
		.mend = "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages"},
	{.name = "nothing is known of huge pages",
		.changes = {{"/sys/kernel/mm", NULL}},
		.check = "huge-pages",
		.status = CHECK_UNKNOWN},
	{.name = "an unprivileged user and AF_XDP",
		.changes = {{"/proc/self/status", "CapEff:\t0000000000000000\n"}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "privilege",
		.about = "xdp",
		.status = CHECK_FAIL,
		.mend = "sudo"},
	{.name = "CAP_SYS_ADMIN instead of CAP_BPF", /* bits 12, 13, 21 */
		.changes = {{"/proc/self/status", "CapEff:\t0000000000203000\n"}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "privilege",
		.status = CHECK_OK},
	{.name = "little locked memory",
		.changes = {{"/proc/self/status", "CapEff:\t0000000000203000\n"}},
		.check = "memlock",
		.status = CHECK_WARN,
		.mend = "ulimit -l unlimited"},
	{.name = "a core that does not exist",
		.cores = core_9,
		.core_count = 1,
		.check = "cores",
		.about = "core 9",
		.status = CHECK_FAIL,
		.mend = "lscpu"},
	{.name = "a core that is offline",
		.changes = {{"/sys/devices/system/cpu/online", "0-2\n"}},
		.cores = cores_23,
		.core_count = 2,
		.check = "cores",
		.about = "core 3",
		.status = CHECK_FAIL,
		.mend = "echo 1 > /sys/devices/system/cpu/cpu3/online"},
	{.name = "a core that this process may not use",
		.changes = {{"/proc/self/status",
			"CapEff:\t000001ffffffffff\nCpus_allowed_list:\t0-2\n"}},
		.cores = cores_23,
		.core_count = 2,
		.check = "cores",
		.about = "core 3",
		.status = CHECK_FAIL,
		.mend = "taskset"},
	{.name = "hyper-threads",
		.changes = {{"/sys/devices/system/cpu/cpu3/topology/thread_siblings_list",
			"2-3\n"}},
		.cores = cores_23,
		.core_count = 2,
		.check = "cores",
		.about = "core 3",
		.status = CHECK_WARN},
	{.name = "no core left",
		.cores = cores_all,
		.core_count = 4,
		.check = "cores",
		.status = CHECK_WARN},
	{.name = "cores that are not isolated",
		.cores = cores_12,
		.core_count = 2,
		.check = "isolation",
		.status = CHECK_WARN,
		.mend = "isolcpus=1,2 nohz_full=1,2"},
	{.name = "powersave",
		.changes = {{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
			"powersave\n"}},
		.check = "governor",
		.about = "cpu0",
		.status = CHECK_WARN,
		.mend = "echo performance"},
	{.name = "a counter that stops",
		.changes = {{"/proc/cpuinfo", "flags\t: constant_tsc nonstop_tsc_s3\n"},
			{"/sys/devices/system/clocksource/clocksource0/current_clocksource",
				"hpet\n"}},
		.check = "clock",
		.status = CHECK_FAIL},
	{.name = "the kernel's clock is slow",
		.changes = {{"/sys/devices/system/clocksource/clocksource0/current_clocksource",
			"acpi_pm\n"}},
		.check = "clock",
		.status = CHECK_WARN,
		.mend = "echo tsc > "},
	{.name = "stolen time, 1 of 20",
		.changes = {{"/proc/stat", "cpu  1000 0 1000 17000 0 0 0 1000 0 0\n"}},
		.check = "steal",
		.status = CHECK_WARN},
	{.name = "no types of the kernel",
		.changes = {{"/sys/kernel/btf", NULL}},
		.check = "kernel",
		.about = "btf",
		.status = CHECK_WARN},
	{.name = "a kernel without VFIO, for a NIC",
		.changes = {{"/boot/config-6.1.0", "# CONFIG_VFIO_PCI is not set\n"}},
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.check = "kernel",
		.about = "CONFIG_VFIO_PCI",
		.status = CHECK_FAIL},
	{.name = "a kernel whose configuration is nowhere",
		.changes = {{"/boot/config-6.1.0", NULL}},
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.check = "kernel",
		.about = "CONFIG_VFIO_PCI",
		.status = CHECK_UNKNOWN},
	{.name = "no driver for AF_XDP",
		.changes = {{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_af_xdp.so",
			NULL}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "drivers",
		.about = "xdp",
		.status = CHECK_FAIL,
		.mend = "apt-get install librte-net-af-xdp23"},
	{.name = "no driver for what is not asked for",
		.changes = {{"/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_tap.so", NULL}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "drivers",
		.about = "tap",
		.status = CHECK_WARN},
	{.name = "a NIC that is not there",
		.ports = {"pci:0000:09:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:09:00.0",
		.status = CHECK_FAIL},
	{.name = "a NIC that the machine needs",
		.ports = {"pci:0000:04:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:04:00.0",
		.status = CHECK_FAIL,
		.mend = "dpdk-devbind.py --status-dev net"},
	{.name = "a NIC that the kernel drives",
		.changes = {{"/proc/net/route", "Iface\n"}},
		.ports = {"pci:0000:04:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:04:00.0",
		.status = CHECK_FAIL,
		.mend = "ip link set dev lan0 down && modprobe vfio-pci && dpdk-devbind.py "
			"--bind=vfio-pci 0000:04:00.0"},
	{.name = "a NIC that the kernel shares",
		.changes = {{"/sys/bus/pci/devices/0000:04:00.0/driver", "-> x/mlx5_core"}},
		.ports = {"pci:0000:04:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:04:00.0",
		.status = CHECK_OK},
	{.name = "no IOMMU",
		.changes = {{"/sys/bus/pci/devices/0000:03:00.0/iommu_group", NULL}},
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:03:00.0",
		.status = CHECK_FAIL,
		.mend = "enable_unsafe_noiommu_mode"},
	{.name = "no IOMMU, and the kernel told to do without",
		.changes = {{"/sys/bus/pci/devices/0000:03:00.0/iommu_group", NULL},
			{"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n"}},
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:03:00.0",
		.status = CHECK_WARN},
	{.name = "a group that is shared with a disk",
		.changes = {{"/sys/kernel/iommu_groups/7/devices/0000:05:00.0", "-> x"},
			{"/sys/bus/pci/devices/0000:05:00.0/driver", "-> x/ahci"}},
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.check = "nics",
		.about = "0000:03:00.0",
		.status = CHECK_FAIL,
		.mend = "dpdk-devbind.py --bind=vfio-pci 0000:05:00.0"},
	{.name = "a NIC on another node",
		.ports = {"pci:0000:03:00.0", "xdp:outB"},
		.cores = cores_12,
		.core_count = 2,
		.check = "nics",
		.about = "0000:03:00.0",
		.status = CHECK_WARN,
		.mend = "-l 2-3"},
	{.name = "a missing interface",
		.ports = {"xdp:inA", "xdp:outC"},
		.check = "interfaces",
		.about = "xdp:outC",
		.status = CHECK_FAIL,
		.mend = "ip -br link"},
	{.name = "an interface that is down",
		.changes = {{"/sys/class/net/outB/flags", "0x1002\n"}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "interfaces",
		.about = "xdp:outB",
		.status = CHECK_FAIL,
		.mend = "ip link set dev outB up"},
	{.name = "no carrier",
		.changes = {{"/sys/class/net/outB/carrier", "0\n"}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "interfaces",
		.about = "xdp:outB",
		.status = CHECK_WARN},
	{.name = "the interface of the default route",
		.ports = {"packet:lan0", "xdp:outB"},
		.check = "interfaces",
		.about = "packet:lan0",
		.status = CHECK_WARN},
	{.name = "different MTUs",
		.changes = {{"/sys/class/net/outB/mtu", "9000\n"}},
		.ports = {"xdp:inA", "xdp:outB"},
		.check = "interfaces",
		.about = "xdp:inA",
		.status = CHECK_WARN,
		.mend = "ip link set dev inA mtu 9000"},
	{.name = "one interface twice",
		.ports = {"xdp:inA", "xdp:inA"},
		.check = "interfaces",
		.about = "xdp:inA",
		.status = CHECK_FAIL},
	{.name = "three ports",
		.ports = {"xdp:inA", "xdp:outB", "xdp:lan0"},
		.check = "interfaces",
		.status = CHECK_FAIL},
	{.name = "more workers than queues",
		.ports = {"xdp:inA", "xdp:outB"},
		.cores = cores_123,
		.core_count = 3,
		.check = "queues",
		.about = "xdp:inA",
		.status = CHECK_WARN,
		.mend = "ethtool -L inA combined 3"},
	{.name = "a missing capture",
		.ports = {"pcap:/data/other.pcap", "pcap:/data/in.pcap"},
		.check = "files",
		.about = "pcap:/data/other.pcap",
		.status = CHECK_FAIL},
	{.name = "no tap device",
		.changes = {{"/dev/net/tun", NULL}},
		.ports = {"tap:a", "tap:b"},
		.check = "files",
		.about = "tap:a",
		.status = CHECK_FAIL,
		.mend = "modprobe tun"},
	{.name = "a dead box",
		.changes = {{"/run/dpdk/sluice-old/lock", ""}},
		.check = "leftovers",
		.about = "old",
		.status = CHECK_WARN,
		.mend = "rm -r /run/dpdk/sluice-old"},
	{.name = "pages of a dead box",
		.changes = {{"/dev/hugepages/sluice-oldmap_0", ""}},
		.check = "leftovers",
		.about = "huge pages",
		.status = CHECK_WARN,
		.mend = "rm /dev/hugepages/sluice-*map_*"},
};

static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
}

static int remove_one(const char *path, const struct stat *unused, int flag, struct FTW *walk)
{
	return remove(path);
}

static void put(const char *root, const struct entry *entry)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s", root, entry->path);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (!entry->text)
		return;
	make_folders(path);
	if (!strncmp(entry->text, "-> ", 3)) {
		assert_int_equal(symlink(entry->text + 3, path), 0);
		return;
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(entry->text, file);
	fclose(file);
}

static void add_port(struct machine *machine, const char *text)
{
	size_t kind = 0, len = strcspn(text, ":");

	while (strlen(kinds[kind].word) != len || strncmp(kinds[kind].word, text, len) != 0)
		kind++;
	machine->ports[machine->checkup.port_count++] =
		(struct checkup_port){&kinds[kind], text, text + len + 1};
}

static int begin_machine(void **state)
{
	struct machine *machine = calloc(1, sizeof(*machine));

	scratch_name(machine->root, "doctor");
	assert_non_null(mkdtemp(machine->root));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		put(machine->root, &good[i]);
	machine->host = (struct host){machine->root, &questions};
	machine->checkup = (struct checkup){
		.host = &machine->host, .results = &machine->results, .ports = machine->ports};
	near_end = (struct interface_facts){.kind = "veth",
		.xdp_features_known = true,
		.xdp_features = XDP_BASIC | XDP_REDIRECT,
		.queues = 2,
		.rx_queues = 2,
		.queues_max = 4};
	far_end = (struct interface_facts){.name = "eth0",
		.netns = "client",
		.known = (1 << OFFLOAD_COUNT) - 1,
		.on = 1 << OFFLOAD_GRO};
	far_answer = true;
	family_answer = 1;
	locked_answer = 0;
	*state = machine;
	return 0;
}

static int end_machine(void **state)
{
	struct machine *machine = *state;

	nftw(machine->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	results_free(&machine->results);
	free(machine);
	return 0;
}

static const struct check_result *find(const struct check_results *results, const char *check,
	const char *about, enum check_status status)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct check_result *row = &results->rows[i];

		if (!strcmp(row->check, check) && !strcmp(row->about, about ? about : "") &&
			row->status == status)
			return row;
	}
	return NULL;
}

static size_t count(const struct check_results *results, enum check_status status)
{
	size_t found = 0;

	for (size_t i = 0; i < results->count; i++)
		found += results->rows[i].status == status;
	return found;
}

static void xdp_pair(struct machine *machine)
{
	add_port(machine, "xdp:inA");
	add_port(machine, "xdp:outB");
	machine->checkup.cores = cores_23;
	machine->checkup.core_count = 2;
}

static void test_good_machine(void **state)
{
	struct machine *machine = *state;

	xdp_pair(machine);
	checkup_examine(&machine->checkup);
	assert_int_equal(count(&machine->results, CHECK_FAIL), 0);
	assert_int_equal(count(&machine->results, CHECK_WARN), 0);
	assert_int_equal(count(&machine->results, CHECK_UNKNOWN), 0);
	assert_true(machine->results.count > 15);
}

/* A chroot without anything: nothing is known, so nothing has failed. */
static void test_empty_machine(void **state)
{
	struct machine *machine = *state;
	struct host empty = {"/nonexistent", NULL};

	xdp_pair(machine);
	machine->checkup.host = &empty;
	checkup_examine(&machine->checkup);
	assert_int_equal(count(&machine->results, CHECK_FAIL), 0);
	assert_true(count(&machine->results, CHECK_UNKNOWN) > 8);
}

static void run_case(struct machine *machine, const struct test_case *of)
{
	const struct check_result *found;

	for (int i = 0; i < CHANGES_MAX && of->changes[i].path; i++)
		put(machine->root, &of->changes[i]);
	for (int i = 0; i < PORTS_MAX && of->ports[i]; i++)
		add_port(machine, of->ports[i]);
	machine->checkup.cores = of->cores;
	machine->checkup.core_count = of->core_count;
	machine->checkup.lab = of->lab;
	machine->checkup.no_huge = of->no_huge;
	checkup_examine(&machine->checkup);
	found = find(&machine->results, of->check, of->about, of->status);
	if (!found || (of->mend && !strstr(found->mend, of->mend))) {
		results_print(&machine->results, stderr);
		fail_msg("%s: %s", of->name, found ? found->mend : "not found");
	}
	/* A case that expects no failure has none anywhere, and the other way round. */
	assert_int_equal(results_failed(&machine->results), of->status == CHECK_FAIL);
}

static void test_cases(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		void *machine;

		begin_machine(&machine);
		run_case(machine, &cases[i]);
		end_machine(&machine);
	}
}

static void test_far_end(void **state)
{
	static const struct {
		uint32_t on;
		bool reached;
		enum check_status status;
		const char *mend;
	} rows[] = {
		{1 << OFFLOAD_GRO, true, CHECK_OK, ""},
		{0, true, CHECK_WARN, "ip netns exec client ethtool -K eth0 gro on"},
		{1 << OFFLOAD_GRO | 1 << OFFLOAD_TX_CHECKSUM, true, CHECK_WARN,
			"ip netns exec client ethtool -K eth0 tx off"},
		{1 << OFFLOAD_GRO | 1 << OFFLOAD_TSO, true, CHECK_WARN,
			"ip netns exec client ethtool -K eth0 tso off"},
		{1 << OFFLOAD_GRO | 1 << OFFLOAD_GSO, true, CHECK_WARN,
			"ip netns exec client ethtool -K eth0 gso off"},
		{0, false, CHECK_UNKNOWN, "nsenter"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct check_result *found;
		struct machine *machine;

		begin_machine((void **)&machine);
		xdp_pair(machine);
		far_end.on = rows[i].on;
		far_answer = rows[i].reached;
		checkup_examine(&machine->checkup);
		found = find(&machine->results, "offloads", "xdp:inA", rows[i].status);
		assert_non_null(found);
		assert_non_null(strstr(found->mend, rows[i].mend));
		end_machine((void **)&machine);
	}
}

static void test_xdp_answers(void **state)
{
	struct machine *machine = *state;

	xdp_pair(machine);
	near_end.xdp_program = 17;
	near_end.xdp_features = 0;
	family_answer = 0;
	checkup_examine(&machine->checkup);
	assert_non_null(find(&machine->results, "kernel", "af_xdp", CHECK_FAIL));
	assert_non_null(find(&machine->results, "xdp", "xdp:inA", CHECK_WARN));
	assert_non_null(find(&machine->results, "leftovers", "inA", CHECK_WARN));
	assert_string_equal(find(&machine->results, "leftovers", "inA", CHECK_WARN)->mend,
		"ip link set dev inA xdp off");
}

static void test_queues_beside(void **state)
{
	struct machine *machine = *state;

	xdp_pair(machine);
	near_end.queues = 1;
	checkup_examine(&machine->checkup);
	assert_string_equal(find(&machine->results, "queues", "xdp:inA", CHECK_FAIL)->mend,
		"ethtool -L inA rx 1");
}

static void test_name_taken(void **state)
{
	struct machine *machine = *state;
	const struct entry living = {"/run/dpdk/sluice-mine/lock", ""};

	put(machine->root, &living);
	locked_answer = 1;
	machine->checkup.lab = "mine";
	checkup_examine(&machine->checkup);
	assert_non_null(find(&machine->results, "leftovers", "mine", CHECK_FAIL));
}

static void test_json(void **state)
{
	struct check_results results = {.check = "huge-pages"};
	json_t *json, *row;

	result_mend(results_add(&results, CHECK_WARN, "a\xff\n", "because", "%d of %d", 1, 2),
		"echo %d", 5);
	json = results_json(&results);
	row = json_array_get(json, 0);
	assert_int_equal(json_array_size(json), 1);
	assert_string_equal(json_string_value(json_object_get(row, "check")), "huge-pages");
	assert_string_equal(json_string_value(json_object_get(row, "about")), "a??");
	assert_string_equal(json_string_value(json_object_get(row, "status")), "warn");
	assert_string_equal(json_string_value(json_object_get(row, "what")), "1 of 2");
	assert_string_equal(json_string_value(json_object_get(row, "why")), "because");
	assert_string_equal(json_string_value(json_object_get(row, "mend")), "echo 5");
	json_decref(json);
	results_free(&results);
}

static void test_lists(void **state)
{
	assert_true(host_list_has("0-3,8", 0));
	assert_true(host_list_has("0-3,8", 3));
	assert_true(host_list_has("0-3,8", 8));
	assert_false(host_list_has("0-3,8", 4));
	assert_false(host_list_has("0-3,8", 9));
	assert_false(host_list_has("", 0));
	assert_false(host_list_has("x", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good_machine, begin_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_empty_machine, begin_machine, end_machine),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_far_end),
		cmocka_unit_test_setup_teardown(test_xdp_answers, begin_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_queues_beside, begin_machine, end_machine),
		cmocka_unit_test_setup_teardown(test_name_taken, begin_machine, end_machine),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
