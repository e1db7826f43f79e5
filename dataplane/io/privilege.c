/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/privilege.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct privilege privileges[] = {
	{"xdp", CAP_NET_ADMIN, "CAP_NET_ADMIN", "to attach the XDP program"},
	{"xdp", CAP_NET_RAW, "CAP_NET_RAW", "to open AF_XDP sockets"},
	{"xdp", CAP_BPF, "CAP_BPF", "to load the XDP program"},
	{"packet", CAP_NET_RAW, "CAP_NET_RAW", "to open AF_PACKET sockets"},
	{"tap", CAP_NET_ADMIN, "CAP_NET_ADMIN", "to make the interface"},
	{"pci", CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "to drive a network card from user space"},
	{NULL, 0, NULL, NULL},
};

bool privilege_held(const struct privilege *privilege, uint64_t effective)
{
	return effective >> privilege->capability & 1 ||
	       (privilege->capability == CAP_BPF && effective >> CAP_SYS_ADMIN & 1);
}

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data) != 0)
		return UINT64_MAX;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

bool privilege_check(const struct port_kind *kind, const char *text, struct trouble *trouble)
{
	uint64_t effective = effective_capabilities();

	for (const struct privilege *each = privileges; each->kind; each++) {
		if (strcmp(each->kind, kind->word) == 0 && !privilege_held(each, effective))
			return trouble_set(trouble, true,
				"port %s: %s is needed %s; run it as root", text, each->word,
				each->why);
	}
	return true;
}
