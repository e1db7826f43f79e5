/* SPDX-License-Identifier: BSD-3-Clause */
/* What XDP can do on the interfaces of xdp: ports, and what breaks it on veth pairs. */
#include "control/doctor/checks.h"

#include <string.h>

static bool ask(const struct checkup *checkup, const struct checkup_port *port,
	struct interface_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	return !strcmp(port->kind->word, "xdp") && checkup->host->questions &&
	       checkup->host->questions->interface(port->rest, facts);
}

static void check_modes(const struct checkup *checkup, const struct checkup_port *port,
	const struct interface_facts *facts)
{
	if (!facts->xdp_features_known) {
		results_add(checkup->results, CHECK_UNKNOWN, port->text, "",
			"the kernel does not say what the driver can do (before 6.3)");
		return;
	}
	if (!(facts->xdp_features & XDP_BASIC)) {
		results_add(checkup->results, CHECK_WARN, port->text,
			"every packet becomes a socket buffer first",
			"the driver has no XDP: generic mode");
		return;
	}
	results_add(checkup->results, CHECK_OK, port->text, "", "native XDP%s%s",
		facts->xdp_features & XDP_REDIRECT ? ", redirect" : "",
		facts->xdp_features & XDP_ZEROCOPY ? ", zero-copy AF_XDP" : "");
}

static void check_busy(const struct checkup *checkup, const struct checkup_port *port,
	const struct interface_facts *facts)
{
	if (facts->xdp_program)
		result_mend(results_add(checkup->results, CHECK_WARN, port->text,
				    "run takes the interface over when the program is one that a "
				    "dead box left, else it refuses",
				    "XDP program %u is attached", facts->xdp_program),
			"ip link set dev %s xdp off", port->rest);
}

void check_xdp(const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		struct interface_facts facts;

		if (!ask(checkup, &checkup->ports[i], &facts))
			continue;
		check_modes(checkup, &checkup->ports[i], &facts);
		check_busy(checkup, &checkup->ports[i], &facts);
	}
}

/* What the far end of a veth pair must have on or off, and what happens else. */
struct wanted_offload {
	enum offload offload;
	bool on;
	const char *word; /* of ethtool -K */
	const char *why;
};

static const struct wanted_offload wanted_offloads[] = {
	{OFFLOAD_TX_CHECKSUM, false, "tx",
		"its packets come with unfinished checksums, which no one finishes behind AF_XDP: "
		"receivers drop them"},
	{OFFLOAD_TSO, false, "tso", "its packets come up to 64 kB long: AF_XDP cuts or drops them"},
	{OFFLOAD_GSO, false, "gso", "its packets come up to 64 kB long: AF_XDP cuts or drops them"},
	{OFFLOAD_GRO, true, "gro",
		"frames that the kernel program redirects to it are dropped unless its GRO is on"},
};

static void check_offload(const struct checkup *checkup, const struct checkup_port *port,
	const struct interface_facts *far, const struct wanted_offload *wanted)
{
	char where[96] = "";

	if (!(far->known >> wanted->offload & 1) || (far->on >> wanted->offload & 1) == wanted->on)
		return;
	if (*far->netns)
		snprintf(where, sizeof(where), "ip netns exec %s ", far->netns);
	result_mend(results_add(checkup->results, CHECK_WARN, port->text, wanted->why,
			    "its far end %s%s%s has %s %s", far->name, *far->netns ? " in " : "",
			    far->netns, wanted->word, wanted->on ? "off" : "on"),
		"%sethtool -K %s %s %s", where, far->name, wanted->word, wanted->on ? "on" : "off");
}

static void check_far_end(const struct checkup *checkup, const struct checkup_port *port)
{
	struct interface_facts far;
	size_t before = checkup->results->count;

	if (!checkup->host->questions->far_end(port->rest, &far)) {
		result_mend(results_add(checkup->results, CHECK_UNKNOWN, port->text, "",
				    "its far end is in a namespace that has no name"),
			"nsenter --net --target PID ethtool -K FAR tx off tso off gso off gro on");
		return;
	}
	for (size_t i = 0; i < sizeof(wanted_offloads) / sizeof(wanted_offloads[0]); i++)
		check_offload(checkup, port, &far, &wanted_offloads[i]);
	if (before == checkup->results->count)
		results_add(checkup->results, CHECK_OK, port->text, "",
			"offloads of its far end %s%s%s are as they should be", far.name,
			*far.netns ? " in " : "", far.netns);
}

void check_offloads(const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		struct interface_facts facts;

		if (ask(checkup, &checkup->ports[i], &facts) && !strcmp(facts.kind, "veth"))
			check_far_end(checkup, &checkup->ports[i]);
	}
}
