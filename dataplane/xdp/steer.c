/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/xdp/steer.h"

#include "dataplane/xdp/attachment.h"
#include "dataplane/xdp/losses.h"
#include "dataplane/xdp/own.h"
#include "dataplane/xdp/redirect.h"
#include "dataplane/xdp/steer.skel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum map {
	MAP_SETUP,
	MAP_OTHER_PORT,
	MAP_COUNTS,
	MAP_OWN,
	MAP_SCOPE4,
	MAP_SCOPE6,
	MAP_BYPASS,
	MAP_COUNT
};

static const char *const map_names[MAP_COUNT] = {
	[MAP_SETUP] = "setup",
	[MAP_OTHER_PORT] = "other_port",
	[MAP_COUNTS] = "counts",
	[MAP_OWN] = "own",
	[MAP_SCOPE4] = "scope4",
	[MAP_SCOPE6] = "scope6",
	[MAP_BYPASS] = "bypass",
};

const char *const steer_path_words[STEER_PATH_COUNT] = {
#define X(name, word) [STEER_##name] = word,
	STEER_PATHS(X)
#undef X
};

struct steer {
	struct attachment attachment;
	struct own own;
	struct steer_setup setup; /* as written last */
	char interface[IF_NAMESIZE];
	char other[IF_NAMESIZE]; /* "" none */
	int maps[MAP_COUNT];
	struct losses *losses; /* NULL: not told */
	int processors;        /* possible ones: values of a per-CPU map */
	struct steer_count *counted;
};

static const uint32_t first;

/* libbpf prints by itself; what it says goes here instead. */
static char last_error[160];

static int keep_line(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(last_error, sizeof(last_error), format, arguments);
		last_error[strcspn(last_error, "\n")] = '\0';
	}
	return 0;
}

const char *steer_last_error(void)
{
	return last_error;
}

static bool write_all(int file, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t written = write(file, bytes, size);

		if (written <= 0)
			return false;
		bytes += written;
		size -= (size_t)written;
	}
	return true;
}

const char *steer_object(struct trouble *trouble)
{
	static char path[32];
	size_t size;
	const char *bytes = steer_bpf__elf_bytes(&size);
	int file;

	libbpf_set_print(keep_line);
	if (path[0])
		return path;
	file = memfd_create("sluice-steer", MFD_CLOEXEC);
	if (file < 0 || !write_all(file, bytes, size)) {
		trouble_set(trouble, true, "the XDP program: %s", strerror(errno));
		if (file >= 0)
			close(file);
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	return path;
}

bool steer_clean(const char *interface, struct trouble *trouble)
{
	struct attachment attachment;
	bool done;

	libbpf_set_print(keep_line);
	if (!attachment_find(&attachment, interface, trouble))
		return false;
	if (attachment.program < 0)
		return true;
	if (strcmp(attachment.name, STEER_PROGRAM) != 0)
		done = trouble_set(trouble, true,
			"port xdp:%s: it has the XDP program %s: ip link set dev %s xdp off",
			interface, attachment.name, interface);
	else if (!attachment_remove(&attachment, trouble))
		done = trouble_set(trouble, true, "port xdp:%s: another sluice has it", interface);
	else
		done = true;
	attachment_close(&attachment);
	return done;
}

/* A trie of the prefixes of one family, or -1. */
static int make_trie(
	enum steer_family family, const struct prefix *scope, size_t count, size_t *added)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	size_t key_size =
		family == STEER_IPV4 ? sizeof(struct steer_prefix4) : sizeof(struct steer_prefix6);
	int trie = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "scope", (uint32_t)key_size, 1,
		STEER_PREFIXES_MAX, &options);
	const __u8 one = 1;

	for (size_t i = 0; trie >= 0 && i < count; i++) {
		struct steer_prefix6 key = {.bits = scope[i].length};

		if ((scope[i].ip_version == 4) != (family == STEER_IPV4))
			continue;
		memcpy(key.address, scope[i].address, sizeof(key.address));
		if (bpf_map_update_elem(trie, &key, &one, BPF_ANY) != 0) {
			close(trie);
			return -1;
		}
		++*added;
	}
	return trie;
}

bool steer_scope(
	struct steer *steer, const struct prefix *scope, size_t count, struct trouble *trouble)
{
	size_t added = 0;
	int trie4 = make_trie(STEER_IPV4, scope, count, &added);
	int trie6 = make_trie(STEER_IPV6, scope, count, &added);
	bool done = trie4 >= 0 && trie6 >= 0 &&
		    bpf_map_update_elem(steer->maps[MAP_SCOPE4], &first, &trie4, BPF_ANY) == 0 &&
		    bpf_map_update_elem(steer->maps[MAP_SCOPE6], &first, &trie6, BPF_ANY) == 0;

	if (!done)
		trouble_set(trouble, true, "port xdp:%s: scope of %zu prefixes: %s",
			steer->interface, count, strerror(errno));
	/* The program's map of tries holds them. */
	if (trie4 >= 0)
		close(trie4);
	if (trie6 >= 0)
		close(trie6);
	return done;
}

static bool write_setup(struct steer *steer, const struct steer_setup *setup)
{
	if (bpf_map_update_elem(steer->maps[MAP_SETUP], &first, setup, BPF_ANY) != 0)
		return false;
	steer->setup = *setup;
	return true;
}

/* A generic program hands whole buffers of the stack on, which every driver sends. */
static bool point_at_other(struct steer *steer)
{
	uint32_t index = steer->other[0] ? if_nametoindex(steer->other) : 0;

	if (!index || (steer_native(steer) && !redirect_delivers(index, false)))
		return false;
	return bpf_map_update_elem(steer->maps[MAP_OTHER_PORT], &first, &index, BPF_ANY) == 0;
}

bool steer_tend(struct steer *steer)
{
	struct steer_setup setup = steer->setup;
	bool redirected = setup.redirect;

	if (own_read(&steer->own, steer->interface)) {
		own_write(&steer->own, steer->maps[MAP_OWN]);
		memcpy(setup.mac, steer->own.mac, sizeof(setup.mac));
	}
	setup.redirect = point_at_other(steer);
	if (memcmp(&setup, &steer->setup, sizeof(setup)) != 0)
		write_setup(steer, &setup);
	return redirected != steer->setup.redirect;
}

bool steer_bypass(struct steer *steer, const struct steer_flow *flow, uint32_t row)
{
	return bpf_map_update_elem(steer->maps[MAP_BYPASS], flow, &row, BPF_NOEXIST) == 0;
}

void steer_judge(struct steer *steer, const struct steer_flow *flow)
{
	bpf_map_delete_elem(steer->maps[MAP_BYPASS], flow);
}

bool steer_native(const struct steer *steer)
{
	return steer->attachment.mode != XDP_FLAGS_SKB_MODE;
}

bool steer_redirects(const struct steer *steer)
{
	return steer->setup.redirect;
}

bool steer_bypasses(const struct steer *steer)
{
	return steer->setup.bypass;
}

static bool find_ours(struct steer *steer, struct trouble *trouble)
{
	if (!attachment_find(&steer->attachment, steer->interface, trouble))
		return false;
	if (steer->attachment.program < 0 || strcmp(steer->attachment.name, STEER_PROGRAM) != 0)
		return trouble_set(trouble, true,
			"port xdp:%s: the driver has not attached the XDP program",
			steer->interface);
	if (!attachment_maps(&steer->attachment, map_names, steer->maps, MAP_COUNT, trouble))
		return false;
	for (unsigned map = 0; map < MAP_COUNT; map++) {
		if (steer->maps[map] < 0)
			return trouble_set(trouble, true,
				"port xdp:%s: its XDP program has no map %s", steer->interface,
				map_names[map]);
	}
	return true;
}

struct steer *steer_take(const char *interface, struct trouble *trouble)
{
	struct steer *steer = calloc(1, sizeof(*steer));

	libbpf_set_print(keep_line);
	if (!steer) {
		trouble_set(trouble, true, "no memory");
		return NULL;
	}
	snprintf(steer->interface, sizeof(steer->interface), "%s", interface);
	steer->attachment.program = steer->attachment.link = -1;
	memset(steer->maps, -1, sizeof(steer->maps));
	steer->processors = libbpf_num_possible_cpus();
	if (steer->processors > 0)
		steer->counted = calloc((size_t)steer->processors, sizeof(*steer->counted));
	if (steer->processors <= 0)
		trouble_set(trouble, true,
			"port xdp:%s: /sys, which tells the processors, is not "
			"mounted",
			interface);
	else if (!steer->counted)
		trouble_set(trouble, true, "no memory");
	else if (find_ours(steer, trouble) && attachment_own(&steer->attachment, trouble)) {
		steer->losses = losses_new(steer->attachment.index);
		return steer;
	}
	steer_free(steer);
	return NULL;
}

bool steer_serve(struct steer *steer, const struct steer_options *options, struct trouble *trouble)
{
	struct steer_setup setup;

	if (!steer_scope(steer, options->scope, options->scope_count, trouble))
		return false;
	snprintf(steer->other, sizeof(steer->other), "%s", options->other ? options->other : "");
	steer->setup.frame_max = options->frame_max;
	steer->setup.bypass = options->bypass;
	steer_tend(steer);
	setup = steer->setup;
	setup.ready = true;
	return write_setup(steer, &setup) || trouble_set(trouble, true, "port xdp:%s: setup: %s",
						     steer->interface, strerror(errno));
}

void steer_free(struct steer *steer)
{
	if (!steer)
		return;
	attachment_close(&steer->attachment);
	losses_free(steer->losses);
	for (unsigned map = 0; map < MAP_COUNT; map++) {
		if (steer->maps[map] >= 0)
			close(steer->maps[map]);
	}
	free(steer->counted);
	free(steer);
}

void steer_counters(const struct steer *steer, struct steer_counters *counters)
{
	memset(counters, 0, sizeof(*counters));
	for (uint32_t path = 0; path < STEER_PATH_COUNT; path++) {
		struct steer_count *sum = &counters->paths[path];

		if (bpf_map_lookup_elem(steer->maps[MAP_COUNTS], &path, steer->counted) != 0)
			continue;
		for (int i = 0; i < steer->processors; i++) {
			sum->packets += steer->counted[i].packets;
			sum->bytes += steer->counted[i].bytes;
		}
	}
	counters->serves = steer->setup.ready;
	counters->losses = losses_read(steer->losses);
}
