/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/attachment.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM_MAPS_MAX = 64 };

static const uint32_t flags_of_mode[] = {
	[XDP_ATTACHED_NONE] = 0,
	[XDP_ATTACHED_DRV] = XDP_FLAGS_DRV_MODE,
	[XDP_ATTACHED_SKB] = XDP_FLAGS_SKB_MODE,
	[XDP_ATTACHED_HW] = XDP_FLAGS_HW_MODE,
	[XDP_ATTACHED_MULTI] = 0,
};

static bool refuse(struct trouble *trouble, const char *interface, const char *what, int error)
{
	return trouble_set(trouble, true, "port xdp:%s: %s: %s%s", interface, what, strerror(error),
		error == EPERM ? " (CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN are needed)" : "");
}

static bool open_program(struct attachment *attachment, uint32_t id, struct trouble *trouble)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	attachment->program = bpf_prog_get_fd_by_id(id);
	if (attachment->program < 0)
		return refuse(trouble, attachment->interface, "its XDP program", errno);
	if (bpf_obj_get_info_by_fd(attachment->program, &info, &size) != 0)
		return refuse(trouble, attachment->interface, "its XDP program", errno);
	snprintf(attachment->name, sizeof(attachment->name), "%.15s", info.name);
	return true;
}

bool attachment_find(struct attachment *attachment, const char *interface, struct trouble *trouble)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int error;

	*attachment = (struct attachment){.interface = interface, .program = -1, .link = -1};
	attachment->index = if_nametoindex(interface);
	if (!attachment->index)
		return trouble_set(trouble, false, "port xdp:%s: there is no interface %s here",
			interface, interface);
	error = bpf_xdp_query((int)attachment->index, 0, &query);
	if (error)
		return refuse(trouble, interface, "what XDP program it has", -error);
	if (query.attach_mode >= sizeof(flags_of_mode) / sizeof(flags_of_mode[0]))
		return refuse(trouble, interface, "its XDP mode", ENOTSUP);
	if (query.attach_mode == XDP_ATTACHED_MULTI)
		return trouble_set(trouble, true,
			"port xdp:%s: it has several XDP programs: ip link set dev %s xdp off",
			interface, interface);
	attachment->mode = flags_of_mode[query.attach_mode];
	if (!query.prog_id || open_program(attachment, query.prog_id, trouble))
		return true;
	attachment_close(attachment);
	return false;
}

bool attachment_remove(struct attachment *attachment, struct trouble *trouble)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, only_this, .old_prog_fd = attachment->program);
	int error = bpf_xdp_detach((int)attachment->index, attachment->mode, &only_this);

	return !error ||
	       refuse(trouble, attachment->interface, "detaching its XDP program", -error);
}

bool attachment_own(struct attachment *attachment, struct trouble *trouble)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = attachment->mode);

	if (!attachment_remove(attachment, trouble))
		return false;
	attachment->link =
		bpf_link_create(attachment->program, (int)attachment->index, BPF_XDP, &options);
	return attachment->link >= 0 ||
	       refuse(trouble, attachment->interface, "attaching the XDP program", errno);
}

/* Keeps the descriptor when the map is one of those asked for. */
static void sort_map(int map, const char *const names[], int maps[], size_t count)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(map, &info, &size) == 0) {
		for (size_t i = 0; i < count; i++) {
			if (maps[i] < 0 && strcmp(names[i], info.name) == 0) {
				maps[i] = map;
				return;
			}
		}
	}
	close(map);
}

bool attachment_maps(const struct attachment *attachment, const char *const names[], int maps[],
	size_t count, struct trouble *trouble)
{
	uint32_t ids[PROGRAM_MAPS_MAX];
	struct bpf_prog_info info = {.nr_map_ids = PROGRAM_MAPS_MAX, .map_ids = (uintptr_t)ids};
	uint32_t size = sizeof(info);

	for (size_t i = 0; i < count; i++)
		maps[i] = -1;
	if (bpf_obj_get_info_by_fd(attachment->program, &info, &size) != 0)
		return refuse(trouble, attachment->interface, "maps of its XDP program", errno);
	for (uint32_t i = 0; i < info.nr_map_ids && i < PROGRAM_MAPS_MAX; i++) {
		int map = bpf_map_get_fd_by_id(ids[i]);

		if (map < 0)
			return refuse(
				trouble, attachment->interface, "maps of its XDP program", errno);
		sort_map(map, names, maps, count);
	}
	return true;
}

void attachment_close(struct attachment *attachment)
{
	if (attachment->link >= 0)
		close(attachment->link);
	if (attachment->program >= 0)
		close(attachment->program);
	attachment->link = attachment->program = -1;
}
