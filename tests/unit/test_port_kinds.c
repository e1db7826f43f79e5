/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/port.h"
#include "dataplane/io/privilege.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	const char *kind, *rest; /* NULL: refused */
	const char *says;
} rows[] = {
	{"pci:0000:03:00.0", "pci", "0000:03:00.0", NULL},
	{"xdp:eth1", "xdp", "eth1", NULL},
	{"packet:enp3s0f1np1", "packet", "enp3s0f1np1", NULL},
	{"packet:veth.100", "packet", "veth.100", NULL},
	{"tap:lab0", "tap", "lab0", NULL},
	{"pcap:in.pcap", "pcap", "in.pcap", NULL},
	{"pcap:in.pcap,out.pcap", "pcap", "in.pcap,out.pcap", NULL},
	{"pcap:,out.pcap", "pcap", ",out.pcap", NULL},
	{"pcap:a:b", "pcap", "a:b", NULL},
	{"vdev:net_null0,copy=1", "vdev", "net_null0,copy=1", NULL},
	{"", NULL, NULL, "KIND"},
	{"eth1", NULL, NULL, "pci, xdp, packet, tap, pcap, vdev"},
	{"xdp", NULL, NULL, "xdp:IFACE"},
	{"xdp:", NULL, NULL, "xdp:IFACE"},
	{"XDP:eth1", NULL, NULL, "unknown kind 'XDP'"},
	{"xd:eth1", NULL, NULL, "unknown kind 'xd'"},
	{"xdpp:eth1", NULL, NULL, "unknown kind 'xdpp'"},
	{":eth1", NULL, NULL, "unknown kind ''"},
	{"xdp:eth1,eth2", NULL, NULL, "at most 15 characters"},
	{"xdp:eth1:2", NULL, NULL, "at most 15 characters"},
	{"xdp:../x", NULL, NULL, "at most 15 characters"},
	{"xdp:..", NULL, NULL, "at most 15 characters"},
	{"tap:a name", NULL, NULL, "at most 15 characters"},
	{"xdp:abcdefghijklmno", "xdp", "abcdefghijklmno", NULL},
	{"xdp:abcdefghijklmnop", NULL, NULL, "at most 15 characters"},
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trouble trouble = {0};
		const char *rest = NULL;
		const struct port_kind *kind = port_parse(rows[i].text, &rest, &trouble);

		if (!kind != !rows[i].kind)
			fail_msg("'%s': %s", rows[i].text, kind ? "taken" : trouble.line);
		if (kind) {
			assert_string_equal(kind->word, rows[i].kind);
			assert_string_equal(rest, rows[i].rest);
			continue;
		}
		assert_false(trouble.system);
		if (!strstr(trouble.line, rows[i].says))
			fail_msg("'%s': %s", rows[i].text, trouble.line);
	}
}

static void test_long_text(void **state)
{
	char text[PORT_TEXT_SIZE + 1] = "pcap:";
	struct trouble trouble;
	const char *rest;

	memset(text + 5, 'a', sizeof(text) - 6);
	assert_null(port_parse(text, &rest, &trouble));
	text[PORT_TEXT_SIZE - 1] = '\0';
	assert_non_null(port_parse(text, &rest, &trouble));
}

/* capabilities(7): CAP_SYS_ADMIN holds CAP_BPF in it, not the other way round. */
static void test_capabilities(void **state)
{
	const uint64_t net = 1ull << CAP_NET_ADMIN | 1ull << CAP_NET_RAW;

	for (const struct privilege *row = privileges; row->kind; row++) {
		assert_true(privilege_held(row, UINT64_MAX));
		assert_false(privilege_held(row, 0));
		assert_int_equal(privilege_held(row, net),
			row->capability == CAP_NET_ADMIN || row->capability == CAP_NET_RAW);
		assert_int_equal(privilege_held(row, 1ull << CAP_SYS_ADMIN),
			row->capability == CAP_BPF || row->capability == CAP_SYS_ADMIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
