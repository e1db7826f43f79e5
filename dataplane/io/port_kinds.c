/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/port.h"

#include <string.h>

const struct port_kind port_kinds[] = {
	{.word = "pci",
		.value = "ADDRESS",
		.help = "a network card that DPDK drives, as in pci:0000:03:00.0",
		.real = true},
	{.word = "xdp",
		.value = "IFACE",
		.help = "AF_XDP on an interface of the kernel, as in xdp:eth1",
		.real = true,
		.scoped = true,
		.interface = true},
	{.word = "packet",
		.value = "IFACE",
		.help = "AF_PACKET on an interface of the kernel",
		.real = true,
		.interface = true},
	{.word = "tap",
		.value = "NAME",
		.help = "a new tap interface",
		.real = true,
		.interface = true,
		.creates = true},
	{.word = "pcap",
		.value = "IN[,OUT]",
		.help = "a capture as input and one as output, not paced; either may be empty",
		.ends = true},
	{.word = "vdev",
		.value = "STRING",
		.help = "any virtual device of DPDK, as in vdev:net_null0,copy=1"},
	{.word = NULL},
};

/* "pci, xdp, …" */
static void list_kinds(char *into, size_t size)
{
	into[0] = '\0';
	for (const struct port_kind *kind = port_kinds; kind->word; kind++) {
		strncat(into, kind == port_kinds ? "" : ", ", size - strlen(into) - 1);
		strncat(into, kind->word, size - strlen(into) - 1);
	}
}

static bool is_interface_name(const char *name)
{
	size_t len = strlen(name);

	return len < PORT_INTERFACE_SIZE && !strpbrk(name, "/,: \t\n") && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0;
}

const struct port_kind *port_parse(const char *text, const char **rest, struct trouble *trouble)
{
	const struct port_kind *kind = port_kinds;
	size_t len = strcspn(text, ":");
	char kinds[80];

	while (kind->word && (strlen(kind->word) != len || strncmp(kind->word, text, len) != 0))
		kind++;
	list_kinds(kinds, sizeof(kinds));
	if (!text[len] && !kind->word)
		trouble_set(trouble, false, "port '%s': write KIND:NAME, KIND is one of %s", text,
			kinds);
	else if (!kind->word)
		trouble_set(trouble, false, "port '%s': unknown kind '%.*s'; there are %s", text,
			(int)len, text, kinds);
	else if (!text[len] || !text[len + 1])
		trouble_set(trouble, false, "port '%s': %s:%s is needed", text, kind->word,
			kind->value);
	else if (strlen(text) >= PORT_TEXT_SIZE)
		trouble_set(trouble, false, "port '%.40s...': at most %d characters are possible",
			text, PORT_TEXT_SIZE - 1);
	else if (kind->interface && !is_interface_name(text + len + 1))
		trouble_set(trouble, false,
			"port '%s': an interface name has at most %d characters and no / , : or "
			"space",
			text, PORT_INTERFACE_SIZE - 1);
	else
		return *rest = text + len + 1, kind;
	return NULL;
}
