/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces of the kernel that are ports: there, up, of one MTU, with enough queues. */
#include "control/doctor/checks.h"

#include <string.h>

#define NET "/sys/class/net"

enum { UP = 1 }; /* IFF_UP */

static bool is_interface(const struct checkup_port *port)
{
	return !strcmp(port->kind->word, "xdp") || !strcmp(port->kind->word, "packet");
}

/* "eth0, eth1": what there is. */
static void interface_list(const struct host *host, char *into, size_t size)
{
	char **names = host_names(host, "", NET);
	size_t used = 0;

	into[0] = '\0';
	for (char **name = names; name && *name && used < size; name++)
		used += snprintf(into + used, size - used, "%s%s", used ? ", " : "", *name);
	host_names_free(names);
}

static bool missing(const struct checkup *checkup, const struct checkup_port *port)
{
	char list[128];

	if (host_has(checkup->host, NET "/%s", port->rest))
		return false;
	interface_list(checkup->host, list, sizeof(list));
	result_mend(results_add(checkup->results, CHECK_FAIL, port->text, "",
			    "there is no such interface here; there are: %s", list),
		"ip -br link");
	return true;
}

static void check_link(const struct checkup *checkup, const struct checkup_port *port)
{
	int64_t flags, carrier, mtu = 0;

	host_number(checkup->host, &mtu, NET "/%s/mtu", port->rest);
	if (!host_number(checkup->host, &flags, NET "/%s/flags", port->rest))
		results_add(checkup->results, CHECK_UNKNOWN, port->text, "",
			NET "/%s/flags is not there", port->rest);
	else if (!(flags & UP))
		result_mend(results_add(checkup->results, CHECK_FAIL, port->text, "",
				    "the interface is down"),
			"ip link set dev %s up", port->rest);
	else if (host_number(checkup->host, &carrier, NET "/%s/carrier", port->rest) && !carrier)
		result_mend(results_add(checkup->results, CHECK_WARN, port->text,
				    "packets that should leave by it are dropped (link-down) until "
				    "it has one",
				    "the interface has no carrier"),
			"ip -d link show dev %s # cable, or the other end of a veth pair down?",
			port->rest);
	else
		results_add(
			checkup->results, CHECK_OK, port->text, "", "up, MTU %lld", (long long)mtu);
}

static void check_route(const struct checkup *checkup, const struct checkup_port *port)
{
	char begin[48], rest[256];

	snprintf(begin, sizeof(begin), "%.32s\t00000000\t", port->rest);
	if (host_field(checkup->host, "/proc/net/route", begin, rest, sizeof(rest)))
		result_mend(results_add(checkup->results, CHECK_WARN, port->text,
				    "the box forwards what comes in by it to its other port: this "
				    "machine's own connections suffer",
				    "this machine's default route leaves by it"),
			"ip route show default");
}

/* What fits one port must fit the other. */
static void check_pair(const struct checkup *checkup, size_t first)
{
	const struct checkup_port *a = &checkup->ports[first], *b = a + 1;
	int64_t mtu_a, mtu_b;

	if (!is_interface(a) || !is_interface(b) ||
		!host_number(checkup->host, &mtu_a, NET "/%s/mtu", a->rest) ||
		!host_number(checkup->host, &mtu_b, NET "/%s/mtu", b->rest) || mtu_a == mtu_b)
		return;
	result_mend(
		results_add(checkup->results, CHECK_WARN, a->text,
			"packets longer than the smaller MTU are dropped (too-long)",
			"MTU %lld here, %lld on %s", (long long)mtu_a, (long long)mtu_b, b->text),
		"ip link set dev %s mtu %lld", mtu_a < mtu_b ? a->rest : b->rest,
		(long long)(mtu_a < mtu_b ? mtu_b : mtu_a));
}

static void check_twice(const struct checkup *checkup, size_t at)
{
	const struct checkup_port *port = &checkup->ports[at];

	for (size_t i = 0; i < at; i++) {
		if (is_interface(port) && is_interface(&checkup->ports[i]) &&
			!strcmp(port->rest, checkup->ports[i].rest))
			results_add(checkup->results, CHECK_FAIL, port->text, "",
				"the interface is given twice");
	}
}

void check_interfaces(const struct checkup *checkup)
{
	if (checkup->port_count && !host_has(checkup->host, NET)) {
		results_add(checkup->results, CHECK_UNKNOWN, "", "", NET " is not there");
		return;
	}
	if (checkup->port_count % 2)
		results_add(checkup->results, CHECK_FAIL, "", "",
			"%zu ports: they come in pairs, inside and outside", checkup->port_count);
	for (size_t i = 0; i < checkup->port_count; i++) {
		if (!is_interface(&checkup->ports[i]) || missing(checkup, &checkup->ports[i]))
			continue;
		check_link(checkup, &checkup->ports[i]);
		check_route(checkup, &checkup->ports[i]);
		check_twice(checkup, i);
	}
	for (size_t i = 0; i + 1 < checkup->port_count; i += 2)
		check_pair(checkup, i);
}

/* Packets of a queue that does not send never reach an AF_XDP socket of the driver. */
static bool receives_beside(const struct checkup *checkup, const struct checkup_port *port,
	const struct interface_facts *facts)
{
	if (!port->kind->scoped || facts->rx_queues <= facts->queues)
		return false;
	result_mend(results_add(checkup->results, CHECK_FAIL, port->text,
			    "packets of the other queues would bypass the box",
			    "it receives by %u queues, AF_XDP can have %u", facts->rx_queues,
			    facts->queues),
		"ethtool -L %s rx %u", port->rest, facts->queues);
	return true;
}

static void check_queue_count(const struct checkup *checkup, const struct checkup_port *port)
{
	static const char why[] = "packets are handed over to their flow's worker by rings: exact, "
				  "but slower than a NIC that spreads them";
	struct interface_facts facts = {0};
	struct check_result *result;

	if (!checkup->host->questions || !checkup->host->questions->interface(port->rest, &facts) ||
		!facts.queues) {
		results_add(checkup->results, CHECK_UNKNOWN, port->text, "",
			"the driver does not tell its queues");
		return;
	}
	if (receives_beside(checkup, port, &facts))
		return;
	if (checkup->core_count <= 1 || facts.queues == checkup->core_count) {
		results_add(checkup->results, CHECK_OK, port->text, "", "%u queue%s%s",
			facts.queues, facts.queues > 1 ? "s" : "",
			facts.queues > 1 && facts.hash_key_bytes ? ", the hash's key can be set"
								 : "");
		return;
	}
	result = results_add(checkup->results, CHECK_WARN, port->text, why,
		"%u queue%s for %zu workers", facts.queues, facts.queues > 1 ? "s" : "",
		checkup->core_count);
	if (facts.queues_max >= checkup->core_count)
		result_mend(result, "ethtool -L %s combined %zu", port->rest, checkup->core_count);
}

void check_queues(const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		if (is_interface(&checkup->ports[i]))
			check_queue_count(checkup, &checkup->ports[i]);
	}
}
