/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/port.h"

#include "dataplane/io/interface.h"
#include "dataplane/io/rss.h"
#include "dataplane/xdp/steer.h"

#include <linux/bpf.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEVICE_NAME_SIZE = 64, DEVICE_ARGUMENTS_SIZE = PORT_TEXT_SIZE + 256 };

/* A device as DPDK names it: "net_af_xdp0", "iface=eth1,queue_count=1". */
struct device {
	char name[DEVICE_NAME_SIZE];
	char arguments[DEVICE_ARGUMENTS_SIZE];
};

/* The driver's own words, or the error code's. */
static bool refuse(struct trouble *trouble, const struct port *port, const char *what, int error)
{
	const char *words = eal_error();

	return trouble_set(trouble, true, "port %s: %s: %s", port->text, what,
		words[0] ? words : rte_strerror(error < 0 ? -error : error));
}

/* Devices by kind */

static void describe_pci(
	struct device *device, const struct port_options *options, const char *rest)
{
	snprintf(device->name, sizeof(device->name), "%s", rest);
}

static void describe_xdp(
	struct device *device, const struct port_options *options, const char *rest)
{
	snprintf(device->name, sizeof(device->name), "net_af_xdp%u", options->number);
	snprintf(device->arguments, sizeof(device->arguments), "iface=%s,queue_count=%u%s%s", rest,
		options->queues, options->program ? ",xdp_prog=" : "",
		options->program ? options->program : "");
}

/* A frame of the ring holds its header and the packet: a page's half, or whole pages. */
unsigned port_packet_frame(unsigned mtu)
{
	unsigned bytes = mtu + 256;

	return bytes <= 2048 ? 2048 : (bytes + 4095) / 4096 * 4096;
}

static void describe_packet(
	struct device *device, const struct port_options *options, const char *rest)
{
	unsigned frame = port_packet_frame(options->mtu);

	snprintf(device->name, sizeof(device->name), "net_af_packet%u", options->number);
	snprintf(device->arguments, sizeof(device->arguments),
		"iface=%s,qpairs=%u,framesz=%u,blocksz=%u,framecnt=512", rest, options->queues,
		frame, frame * 16);
}

static void describe_tap(
	struct device *device, const struct port_options *options, const char *rest)
{
	snprintf(device->name, sizeof(device->name), "net_tap%u", options->number);
	snprintf(device->arguments, sizeof(device->arguments), "iface=%s", rest);
}

static void describe_pcap(
	struct device *device, const struct port_options *options, const char *rest)
{
	const char *comma = strchr(rest, ',');
	int in = comma ? (int)(comma - rest) : (int)strlen(rest);
	bool out = comma && comma[1];

	snprintf(device->name, sizeof(device->name), "net_pcap%u", options->number);
	snprintf(device->arguments, sizeof(device->arguments), "%s%.*s%s%s%s", in ? "rx_pcap=" : "",
		in, rest, in && out ? "," : "", out ? "tx_pcap=" : "", out ? comma + 1 : "");
}

static void describe_vdev(
	struct device *device, const struct port_options *options, const char *rest)
{
	int name = (int)strcspn(rest, ",");

	snprintf(device->name, sizeof(device->name), "%.*s", name, rest);
	snprintf(device->arguments, sizeof(device->arguments), "%s",
		rest[name] ? rest + name + 1 : "");
}

static const struct {
	const char *kind;
	void (*describe)(
		struct device *device, const struct port_options *options, const char *rest);
} devices[] = {
	{"pci", describe_pci},
	{"xdp", describe_xdp},
	{"packet", describe_packet},
	{"tap", describe_tap},
	{"pcap", describe_pcap},
	{"vdev", describe_vdev},
};

static bool make_device(struct port *port, const struct port_options *options, const char *rest,
	struct trouble *trouble)
{
	struct device device = {0};
	int error;

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (strcmp(devices[i].kind, port->kind->word) == 0)
			devices[i].describe(&device, options, rest);
	}
	/* Cards were found when EAL began; everything else is made here. */
	if (strcmp(port->kind->word, "pci") != 0) {
		error = rte_eal_hotplug_add("vdev", device.name, device.arguments);
		if (error)
			return refuse(trouble, port, "cannot be opened", error);
	}
	error = rte_eth_dev_get_port_by_name(device.name, &port->id);
	return !error || refuse(trouble, port, "no such device", error);
}

/* The kernel's interface as it is now, and its program. */
static bool take_interface(
	struct port *port, struct port_options *options, const char *rest, struct trouble *trouble)
{
	struct interface interface;

	snprintf(port->interface, sizeof(port->interface), "%s", rest);
	if (port->kind->creates)
		return true;
	if (!interface_read(rest, &interface))
		return trouble_set(
			trouble, false, "port %s: there is no interface %s here", port->text, rest);
	options->mtu = interface.mtu;
	if (!port->kind->scoped)
		return true;
	options->queues = interface.queues;
	options->program = steer_object(trouble);
	return options->program && steer_clean(rest, trouble);
}

static uint16_t fewer(unsigned wanted, unsigned possible)
{
	return wanted < possible ? wanted : possible;
}

static void choose_configuration(struct port *port, const struct port_options *options,
	const struct rte_eth_dev_info *info, struct rte_eth_conf *configuration,
	uint8_t key[RSS_KEY_MAX])
{
	bool card = strcmp(port->kind->word, "pci") == 0;

	port->rx_queues = fewer(options->queues, info->max_rx_queues);
	port->tx_queues = fewer(options->queues, info->max_tx_queues);
	memset(configuration, 0, sizeof(*configuration));
	configuration->txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (card)
		configuration->rxmode.mtu = options->mtu;
	if (port->rx_queues > 1)
		rss_ask(configuration, info, key);
}

static bool set_up_queues(struct port *port, const struct port_options *options,
	const struct rte_eth_dev_info *info, struct trouble *trouble)
{
	uint16_t rx = options->descriptors, tx = options->descriptors;
	int error = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	if (error)
		return refuse(trouble, port, "descriptors", error);
	for (unsigned queue = 0; queue < port->rx_queues; queue++) {
		error = rte_eth_rx_queue_setup(
			port->id, queue, rx, port->socket, &info->default_rxconf, options->pool);
		if (error)
			return refuse(trouble, port, "receive queue", error);
	}
	for (unsigned queue = 0; queue < port->tx_queues; queue++) {
		error = rte_eth_tx_queue_setup(
			port->id, queue, tx, port->socket, &info->default_txconf);
		if (error)
			return refuse(trouble, port, "transmit queue", error);
	}
	return true;
}

static bool configure(
	struct port *port, const struct port_options *options, struct trouble *trouble)
{
	struct rte_eth_conf configuration;
	struct rte_eth_dev_info info;
	uint8_t key[RSS_KEY_MAX];
	int error = rte_eth_dev_info_get(port->id, &info);

	if (error)
		return refuse(trouble, port, "no information", error);
	port->socket = rte_eth_dev_socket_id(port->id);
	choose_configuration(port, options, &info, &configuration, key);
	error = rte_eth_dev_configure(port->id, port->rx_queues, port->tx_queues, &configuration);
	if (error)
		return refuse(trouble, port, "cannot be configured", error);
	return set_up_queues(port, options, &info, trouble);
}

/* Without FCS. Interfaces of the kernel take one VLAN tag beyond their MTU, cards two. */
static void limit_frames(struct port *port)
{
	port->shortest = RTE_ETHER_HDR_LEN;
	port->longest = port->mtu + RTE_ETHER_HDR_LEN + (port->interface[0] ? 1u : 2u) * 4;
	if (port->kind->ends) {
		/* The driver cuts longer ones without a word. */
		port->longest = RTE_ETHER_MAX_JUMBO_FRAME_LEN;
		port->shortest = 0;
	} else if (strcmp(port->kind->word, "vdev") == 0) {
		port->longest = UINT32_MAX;
		port->shortest = 0;
	}
}

static void be_promiscuous(struct port *port)
{
	if (port->interface[0])
		port->promiscuity = interface_listen(port->interface);
	else
		rte_eth_promiscuous_enable(port->id);
}

static bool take_program(
	struct port *port, const struct port_options *options, struct trouble *trouble)
{
	if (!port->kind->scoped)
		return true;
	port->frame_max = rte_pktmbuf_data_room_size(options->pool) - RTE_PKTMBUF_HEADROOM -
			  XDP_PACKET_HEADROOM;
	port->steer = steer_take(port->interface, trouble);
	return port->steer != NULL;
}

static bool start(struct port *port, const struct port_options *options, struct trouble *trouble)
{
	struct interface interface;
	int error = rte_eth_dev_start(port->id);

	if (error)
		return refuse(trouble, port, "does not start", error);
	if (!take_program(port, options, trouble))
		return false;
	if (options->promiscuous)
		be_promiscuous(port);
	rte_eth_dev_get_mtu(port->id, &port->mtu);
	if (port->interface[0] && interface_read(port->interface, &interface))
		port->mtu = interface.mtu;
	limit_frames(port);
	port_poll_link(port);
	return true;
}

bool port_open(struct port *port, const struct port_options *given, struct trouble *trouble)
{
	struct port_options options = *given;
	const char *rest;

	memset(port, 0, sizeof(*port));
	port->promiscuity = -1;
	eal_expect();
	port->kind = port_parse(given->text, &rest, trouble);
	if (!port->kind)
		return false;
	snprintf(port->text, sizeof(port->text), "%s", given->text);
	if (port->kind->interface && !take_interface(port, &options, rest, trouble))
		return false;
	if (!make_device(port, &options, rest, trouble))
		return false;
	port->open = true;
	return configure(port, &options, trouble) && start(port, &options, trouble);
}

void port_close(struct port *port)
{
	struct rte_eth_dev_info info;

	if (port->promiscuity >= 0)
		close(port->promiscuity);
	port->promiscuity = -1;
	if (!port->open)
		return;
	port->open = false;
	steer_free(port->steer);
	port->steer = NULL;
	rte_eth_dev_stop(port->id);
	if (rte_eth_dev_info_get(port->id, &info) == 0 && info.device)
		rte_dev_remove(info.device);
	else
		rte_eth_dev_close(port->id);
}

bool port_poll_link(struct port *port)
{
	struct rte_eth_link link = {0};
	bool up;

	if (port->interface[0]) {
		up = interface_has_link(port->interface);
	} else {
		if (rte_eth_link_get_nowait(port->id, &link) < 0)
			return false;
		up = link.link_status == RTE_ETH_LINK_UP;
		port->speed_mbps =
			link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	}
	if (up == port->link_up)
		return false;
	__atomic_store_n(&port->link_up, up, __ATOMIC_RELAXED);
	return true;
}

bool port_meets(const struct port *one, const struct port *other)
{
	struct rss of_one, of_other;

	rss_read(&of_one, one->id, one->rx_queues);
	rss_read(&of_other, other->id, other->rx_queues);
	return rss_agrees(&of_one, &of_other);
}

void port_driver_counters(const struct port *port, struct port_driver_counters *counters)
{
	struct rte_eth_stats stats = {0};

	rte_eth_stats_get(port->id, &stats);
	*counters = (struct port_driver_counters){
		.rx_packets = stats.ipackets,
		.tx_packets = stats.opackets,
		.rx_bytes = stats.ibytes,
		.tx_bytes = stats.obytes,
		.rx_missed = stats.imissed,
		.rx_errors = stats.ierrors,
		.rx_no_buffer = stats.rx_nombuf,
		.tx_errors = stats.oerrors,
	};
}
