/* SPDX-License-Identifier: BSD-3-Clause */
/* NICs on the PCI bus: who drives them, and whether DPDK could. */
#include "control/doctor/checks.h"

#include <stdlib.h>
#include <string.h>

#define PCI "/sys/bus/pci/devices"

/* Drivers of the kernel: those that hand a device to user space, and those that share it. */
static const char *const handing_over[] = {"vfio-pci", "uio_pci_generic", "igb_uio", NULL};
static const char *const sharing[] = {"mlx4_core", "mlx5_core", "mana", NULL};

static bool is_among(const char *word, const char *const words[])
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

struct nic {
	const char *address; /* "0000:03:00.0" */
	char driver[32];     /* "" none */
	char interface[32];  /* the first one, "" none */
	bool routed;         /* the machine's default route leaves by it */
};

/* A line of /proc/net/route with destination and mask 0 is the default route. */
static bool has_default_route(const struct host *host, const char *interface)
{
	char begin[48], rest[256];

	snprintf(begin, sizeof(begin), "%s\t00000000\t", interface);
	return *interface && host_field(host, "/proc/net/route", begin, rest, sizeof(rest));
}

static struct nic read_nic(const struct host *host, const char *address)
{
	struct nic nic = {.address = address};
	char **interfaces = host_names(host, "", PCI "/%s/net", address);
	char **below;

	/* A virtio device has its interfaces one level further down. */
	if (!interfaces) {
		below = host_names(host, "virtio", PCI "/%s", address);
		if (below && *below)
			interfaces = host_names(host, "", PCI "/%s/%s/net", address, *below);
		host_names_free(below);
	}
	if (interfaces && *interfaces)
		snprintf(nic.interface, sizeof(nic.interface), "%.31s", *interfaces);
	host_names_free(interfaces);
	if (!host_link(host, nic.driver, sizeof(nic.driver), PCI "/%s/driver", address))
		nic.driver[0] = '\0';
	nic.routed = has_default_route(host, nic.interface);
	return nic;
}

static void tell_nic(const struct checkup *checkup, const struct nic *nic)
{
	results_add(checkup->results, CHECK_OK, nic->address, "", "driver %s%s%s%s",
		*nic->driver ? nic->driver : "none", *nic->interface ? ", interface " : "",
		nic->interface, nic->routed ? " with the default route: leave it alone" : "");
}

static void check_binding(const struct checkup *checkup, const struct nic *nic)
{
	const char *address = nic->address;
	struct check_result *result;

	if (is_among(nic->driver, handing_over) || is_among(nic->driver, sharing)) {
		results_add(checkup->results, CHECK_OK, address, "", "driver %s", nic->driver);
		return;
	}
	result = results_add(checkup->results, CHECK_FAIL, address,
		nic->routed ? "this machine's own default route leaves by it: take another NIC, "
			      "or lose the network"
			    : "DPDK drives a NIC only when the kernel has handed it over",
		"is driven by %s%s%s", *nic->driver ? nic->driver : "nobody",
		*nic->interface ? " as " : "", nic->interface);
	if (nic->routed)
		result_mend(result, "dpdk-devbind.py --status-dev net");
	else
		result_mend(result, "%s%s%smodprobe vfio-pci && dpdk-devbind.py --bind=vfio-pci %s",
			*nic->interface ? "ip link set dev " : "", nic->interface,
			*nic->interface ? " down && " : "", address);
}

/* VFIO hands over a whole group, or works without protection when told to. */
static void check_iommu(const struct checkup *checkup, const struct nic *nic)
{
	char group[16], unsafe[8] = "N";
	char **others;

	if (strcmp(nic->driver, "vfio-pci") != 0)
		return;
	host_line(checkup->host, unsafe, sizeof(unsafe),
		"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	if (!host_link(checkup->host, group, sizeof(group), PCI "/%s/iommu_group", nic->address)) {
		if (*unsafe == 'Y' || *unsafe == '1')
			results_add(checkup->results, CHECK_WARN, nic->address,
				"the NIC can reach all memory", "VFIO without an IOMMU");
		else
			result_mend(
				results_add(checkup->results, CHECK_FAIL, nic->address,
					"VFIO needs the IOMMU (intel_iommu=on or amd_iommu=on at "
					"boot), or to be told to do without",
					"has no IOMMU group"),
				"echo 1 > "
				"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
		return;
	}
	others = host_names(checkup->host, "", "/sys/kernel/iommu_groups/%s/devices", group);
	for (char **other = others; other && *other; other++) {
		char driver[32];

		if (!host_link(checkup->host, driver, sizeof(driver), PCI "/%s/driver", *other) ||
			is_among(driver, handing_over) || !strcmp(driver, "pcieport"))
			continue;
		result_mend(results_add(checkup->results, CHECK_FAIL, nic->address,
				    "VFIO hands over a whole IOMMU group or nothing",
				    "%.16s of its IOMMU group %s is driven by %s", *other, group,
				    driver),
			"dpdk-devbind.py --bind=vfio-pci %.16s", *other);
	}
	host_names_free(others);
}

static void check_node(const struct checkup *checkup, const struct nic *nic)
{
	int64_t node;

	if (!host_number(checkup->host, &node, PCI "/%s/numa_node", nic->address) || node < 0)
		return;
	for (size_t i = 0; i < checkup->core_count; i++) {
		char list[256];

		if (!host_line(checkup->host, list, sizeof(list),
			    "/sys/devices/system/node/node%lld/cpulist", (long long)node) ||
			host_list_has(list, checkup->cores[i]))
			continue;
		result_mend(results_add(checkup->results, CHECK_WARN, nic->address,
				    "every packet crosses between the processors",
				    "is on node %lld, core %u is not", (long long)node,
				    checkup->cores[i]),
			"sluice run -l %s ...", list);
	}
}

static void check_wanted(const struct checkup *checkup, const char *address)
{
	struct nic nic;

	if (!host_has(checkup->host, PCI)) {
		results_add(checkup->results, CHECK_UNKNOWN, address, "", PCI " is not there");
		return;
	}
	if (!host_has(checkup->host, PCI "/%s", address)) {
		result_mend(results_add(checkup->results, CHECK_FAIL, address, "",
				    "there is no such PCI device"),
			"dpdk-devbind.py --status-dev net");
		return;
	}
	nic = read_nic(checkup->host, address);
	check_binding(checkup, &nic);
	check_iommu(checkup, &nic);
	check_node(checkup, &nic);
}

/* Class 0x02: network controllers. */
static void tell_all(const struct checkup *checkup)
{
	char **addresses = host_names(checkup->host, "", PCI);
	char class[16];

	if (!addresses)
		results_add(checkup->results, CHECK_UNKNOWN, "", "", PCI " is not there");
	for (char **address = addresses; address && *address; address++) {
		struct nic nic;

		if (!host_line(checkup->host, class, sizeof(class), PCI "/%s/class", *address) ||
			strncmp(class, "0x02", 4) != 0)
			continue;
		nic = read_nic(checkup->host, *address);
		tell_nic(checkup, &nic);
	}
	host_names_free(addresses);
}

void check_nics(const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		if (!strcmp(checkup->ports[i].kind->word, "pci"))
			check_wanted(checkup, checkup->ports[i].rest);
	}
	if (!checkup->port_count)
		tell_all(checkup);
}
