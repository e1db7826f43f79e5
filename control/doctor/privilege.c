/* SPDX-License-Identifier: BSD-3-Clause */
/* What this process may do, which `run` started the same way may do too. */
#include "control/doctor/checks.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

struct need {
	const char *kind; /* of port; NULL: any run */
	int capability;
	const char *word, *why;
};

static const struct need needs[] = {
	{"xdp", CAP_NET_ADMIN, "CAP_NET_ADMIN", "to attach the XDP program"},
	{"xdp", CAP_NET_RAW, "CAP_NET_RAW", "to open AF_XDP sockets"},
	{"xdp", CAP_BPF, "CAP_BPF", "to load the XDP program"},
	{"packet", CAP_NET_RAW, "CAP_NET_RAW", "to open AF_PACKET sockets"},
	{"tap", CAP_NET_ADMIN, "CAP_NET_ADMIN", "to make the interface"},
	{"pci", CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "to drive a NIC from user space"},
};

/* CAP_SYS_ADMIN is what older kernels asked for instead of CAP_BPF, and newer ones still take. */
static bool held(uint64_t effective, int capability)
{
	return effective >> capability & 1 ||
	       (capability == CAP_BPF && effective >> CAP_SYS_ADMIN & 1);
}

void check_privilege(const struct checkup *checkup)
{
	char text[64];
	uint64_t effective;
	bool lacking = false;

	if (!host_field(checkup->host, "/proc/self/status", "CapEff:", text, sizeof(text))) {
		results_add(checkup->results, CHECK_UNKNOWN, "", "",
			"/proc/self/status does not tell the capabilities");
		return;
	}
	effective = strtoull(text, NULL, 16);
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		const struct need *need = &needs[i];

		if (!checkup_wants(checkup, need->kind) || held(effective, need->capability))
			continue;
		lacking = true;
		result_mend(results_add(checkup->results, CHECK_FAIL, need->kind, need->why,
				    "%s is missing", need->word),
			"sudo sluice run ...");
	}
	if (!lacking)
		results_add(checkup->results, CHECK_OK, "", "", "%s",
			effective >> CAP_SYS_ADMIN & 1 ? "all that is needed"
						       : "enough for these ports");
}

/* The kernel counts what AF_XDP and VFIO pin, unless CAP_IPC_LOCK is held. */
void check_memory_lock(const struct checkup *checkup)
{
	static const char why[] = "AF_XDP and VFIO pin the packet buffers";
	char text[128];
	uint64_t limit;

	if (host_field(checkup->host, "/proc/self/status", "CapEff:", text, sizeof(text)) &&
		strtoull(text, NULL, 16) >> CAP_IPC_LOCK & 1) {
		results_add(checkup->results, CHECK_OK, "", "", "no limit: CAP_IPC_LOCK");
		return;
	}
	if (!host_field(
		    checkup->host, "/proc/self/limits", "Max locked memory", text, sizeof(text))) {
		results_add(checkup->results, CHECK_UNKNOWN, "", why,
			"/proc/self/limits does not tell the limit of locked memory");
		return;
	}
	limit = strtoull(text, NULL, 10);
	if (!strncmp(text, "unlimited", 9) || limit >= 1ull << 30)
		results_add(checkup->results, CHECK_OK, "", "", "no limit that matters");
	else
		result_mend(results_add(checkup->results, CHECK_WARN, "", why,
				    "locked memory is limited to %llu kB",
				    (unsigned long long)limit / 1024),
			"ulimit -l unlimited");
}
