/* SPDX-License-Identifier: BSD-3-Clause */
/* What the kernel was built with: asked where it answers, else read from its configuration. */
#include "control/doctor/checks.h"

#include <string.h>
#include <sys/socket.h>

struct kernel_option {
	const char *kind; /* of port that needs it */
	const char *name, *why;
};

static const struct kernel_option kernel_options[] = {
	{"xdp", "CONFIG_BPF_SYSCALL", "the XDP program cannot be loaded"},
	{"xdp", "CONFIG_XDP_SOCKETS", "there are no AF_XDP sockets"},
	{"packet", "CONFIG_PACKET", "there are no AF_PACKET sockets"},
	{"tap", "CONFIG_TUN", "tap interfaces cannot be made"},
	{"pci", "CONFIG_VFIO_PCI", "NICs cannot be handed to user space with an IOMMU"},
};

static void check_btf(const struct checkup *checkup)
{
	if (host_has(checkup->host, "/sys/kernel/btf/vmlinux"))
		results_add(
			checkup->results, CHECK_OK, "btf", "", "the kernel describes its types");
	else if (!host_has(checkup->host, "/sys/kernel"))
		results_add(checkup->results, CHECK_UNKNOWN, "btf", "", "/sys/kernel is not there");
	else
		result_mend(results_add(checkup->results, CHECK_WARN, "btf",
				    "libxdp cannot share an interface between XDP programs "
				    "without it",
				    "/sys/kernel/btf/vmlinux is not there"),
			"apt-get install linux-image-amd64 # a kernel with CONFIG_DEBUG_INFO_BTF");
}

/* The option's value ("y", "m"), "n" when the configuration has none, false without one. */
static bool option_value(const struct host *host, const char *name, char *value, size_t size)
{
	char begin[64], path[128] = "/proc/config.gz", release[64];

	if (!host_has(host, "%s", path)) {
		if (!host_line(host, release, sizeof(release), "/proc/sys/kernel/osrelease"))
			return false;
		snprintf(path, sizeof(path), "/boot/config-%s", release);
	}
	if (!host_has(host, "%s", path))
		return false;
	snprintf(begin, sizeof(begin), "%s=", name);
	if (!host_field(host, path, begin, value, size))
		snprintf(value, size, "n");
	return true;
}

static void check_option(const struct checkup *checkup, const struct kernel_option *option)
{
	bool wanted = checkup_wants(checkup, option->kind);
	char value[32];

	if (!option_value(checkup->host, option->name, value, sizeof(value))) {
		results_add(checkup->results, CHECK_UNKNOWN, option->name, "",
			"neither /proc/config.gz nor /boot/config-* is there");
		return;
	}
	if (strcmp(value, "n") != 0)
		results_add(checkup->results, CHECK_OK, option->name, "", "%s", value);
	else
		result_mend(results_add(checkup->results, wanted ? CHECK_FAIL : CHECK_WARN,
				    option->name, option->why, "is not set in the running kernel"),
			"apt-get install linux-image-amd64 # Debian's own kernel has it");
}

static void check_xdp_sockets(const struct checkup *checkup)
{
	const struct host_questions *questions = checkup->host->questions;
	int has = questions ? questions->socket_family(AF_XDP) : -1;
	bool wanted = checkup_wants(checkup, "xdp");

	if (has < 0)
		results_add(checkup->results, CHECK_UNKNOWN, "af_xdp", "",
			"the kernel does not say whether it has AF_XDP sockets");
	else if (has)
		results_add(checkup->results, CHECK_OK, "af_xdp", "", "there are AF_XDP sockets");
	else
		result_mend(
			results_add(checkup->results, wanted ? CHECK_FAIL : CHECK_WARN, "af_xdp",
				"xdp: ports need them", "the kernel has no AF_XDP sockets"),
			"apt-get install linux-image-amd64 # a kernel with CONFIG_XDP_SOCKETS");
}

static void check_jit(const struct checkup *checkup)
{
	int64_t jit;

	if (host_number(checkup->host, &jit, "/proc/sys/net/core/bpf_jit_enable") && !jit)
		result_mend(results_add(checkup->results, CHECK_WARN, "bpf_jit",
				    "the XDP program is interpreted for every packet",
				    "compiling of BPF programs is switched off"),
			"sysctl -w net.core.bpf_jit_enable=1");
}

void check_kernel(const struct checkup *checkup)
{
	check_btf(checkup);
	check_xdp_sockets(checkup);
	check_jit(checkup);
	for (size_t i = 0; i < sizeof(kernel_options) / sizeof(kernel_options[0]); i++)
		check_option(checkup, &kernel_options[i]);
}
