/* SPDX-License-Identifier: BSD-3-Clause */
/* Ports that are files or made from one: captures, and the device behind tap interfaces. */
#include "control/doctor/checks.h"

#include <string.h>

static void check_capture(const struct checkup *checkup, const struct checkup_port *port)
{
	int len = (int)strcspn(port->rest, ",");

	if (!host_has(checkup->host, "%.*s", len, port->rest))
		results_add(checkup->results, CHECK_FAIL, port->text, "", "there is no file %.*s",
			len, port->rest);
	else
		results_add(checkup->results, CHECK_OK, port->text, "", "the capture is there");
}

static void check_tap(const struct checkup *checkup, const struct checkup_port *port)
{
	if (!host_has(checkup->host, "/dev/net/tun"))
		result_mend(results_add(checkup->results, CHECK_FAIL, port->text, "",
				    "/dev/net/tun is not there"),
			"modprobe tun && mkdir -p /dev/net && mknod /dev/net/tun c 10 200");
	else
		results_add(checkup->results, CHECK_OK, port->text, "", "/dev/net/tun is there");
}

void check_files(const struct checkup *checkup)
{
	for (size_t i = 0; i < checkup->port_count; i++) {
		const struct checkup_port *port = &checkup->ports[i];

		if (!strcmp(port->kind->word, "pcap"))
			check_capture(checkup, port);
		else if (!strcmp(port->kind->word, "tap"))
			check_tap(checkup, port);
	}
}
