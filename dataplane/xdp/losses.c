/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/losses.h"

#include "dataplane/xdp/losses.skel.h"

#include <sys/stat.h>

static bool net_namespace(__u32 *number)
{
	struct stat status;

	if (stat("/proc/self/ns/net", &status) != 0)
		return false;
	*number = (__u32)status.st_ino;
	return true;
}

struct losses *losses_new(unsigned interface)
{
	struct losses_bpf *programs = losses_bpf__open();

	if (!programs)
		return NULL;
	programs->rodata->interface = interface;
	if (net_namespace((__u32 *)&programs->rodata->net_namespace) &&
		losses_bpf__load(programs) == 0 && losses_bpf__attach(programs) == 0)
		return (struct losses *)programs;
	losses_bpf__destroy(programs);
	return NULL;
}

void losses_free(struct losses *losses)
{
	losses_bpf__destroy((struct losses_bpf *)losses);
}

struct steer_losses losses_read(const struct losses *losses)
{
	const struct losses_bpf *programs = (const struct losses_bpf *)losses;

	if (!programs)
		return (struct steer_losses){0};
	return (struct steer_losses){
		.known = 1,
		.to_user = __atomic_load_n(&programs->bss->to_user, __ATOMIC_RELAXED),
		.to_other = __atomic_load_n(&programs->bss->to_other, __ATOMIC_RELAXED),
	};
}
