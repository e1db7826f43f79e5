/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/list_format.h"

#include <stdio.h>
#include <string.h>

/* The entries of a line, with spaces between them: "**." before one that means all below, "GROUP="
 * before a prefix with a name. */
struct said {
	char text[512];
};

static void say(void *context, struct list_word entry, bool below, struct list_word group)
{
	struct said *said = context;
	size_t used = strlen(said->text);

	snprintf(said->text + used, sizeof(said->text) - used, "%s%.*s%s%s%.*s", used ? " " : "",
		(int)group.len, group.text, group.len ? "=" : "", below ? "**." : "",
		(int)entry.len, entry.text);
}

static unsigned format_number(const char *word)
{
	unsigned number = 0;

	while (strcmp(list_formats[number], word) != 0)
		number++;
	return number;
}

/* What a line says, by hand after the formats' own descriptions: hosts(5), dnsmasq(8). */
static const struct {
	const char *format, *line, *entries;
} good[] = {
	{"plain", "", ""},
	{"plain", "   \t\r", ""},
	{"plain", "# all of it", ""},
	{"plain", "t.co", "t.co"},
	{"plain", "  **.twitter.com # and below\r", "**.twitter.com"},
	{"plain", "/^r[0-9]+#x/ # a regular expression", "/^r[0-9]+#x/"},
	{"plain", "10.0.0.0/8", "10.0.0.0/8"},
	{"plain", "two words", "two words"}, /* for the condition to refuse */
	{"domains", "example.org", "**.example.org"},
	{"domains", "example.org#comment", "**.example.org"},
	{"hosts", "0.0.0.0 ads.example.org", "ads.example.org"},
	{"hosts", "127.0.0.1\tlocalhost ads.example.org www.ads.example.org # two",
		"ads.example.org www.ads.example.org"},
	{"hosts", "127.0.0.1 localhost.localdomain", ""},
	{"hosts", "::1 ip6-localhost ip6-loopback", ""},
	{"hosts", "fe80::1%lo0 localhost", ""},
	{"hosts", ":: a.example", "a.example"},
	{"hosts", "0.0.0.0 0.0.0.0", ""},
	{"dnsmasq", "address=/example.org/0.0.0.0", "**.example.org"},
	{"dnsmasq", "address=/a.example/b.example/::", "**.a.example **.b.example"},
	{"dnsmasq", "server=/example.org/", "**.example.org"},
	{"dnsmasq", "server=/example.org/192.0.2.1#5353 # port", "**.example.org"},
	{"dnsmasq", "local=/example.org/", "**.example.org"},
	{"dnsmasq", "# comment", ""},
	{"prefixes", "AS64496 192.0.2.0/24", "AS64496=192.0.2.0/24"},
	{"prefixes", "AS64496\t192.0.2.0/24 2001:db8::/32",
		"AS64496=192.0.2.0/24 AS64496=2001:db8::/32"},
};

/* Where it goes wrong (columns counted by hand), and a part of what is said. */
static const struct {
	const char *format, *line;
	size_t column;
	const char *why;
} bad[] = {
	{"domains", "a.example b.example", 10, "more than one name"},
	{"hosts", "ads.example.org", 1, "no line of a hosts file"},
	{"hosts", "  0.0.0.0", 3, "no line of a hosts file"},
	{"hosts", "0.0.0.0/8 ads.example.org", 1, "no line of a hosts file"},
	{"hosts", "300.0.0.1 ads.example.org", 1, "no line of a hosts file"},
	{"dnsmasq", "example.org", 1, "no line of dnsmasq"},
	{"dnsmasq", "no-resolv", 1, "no line of dnsmasq"},
	{"dnsmasq", " address=/example.org", 2, "no line of dnsmasq"},
	{"dnsmasq", "address=/#/0.0.0.0", 10, "names no host, or all"},
	{"dnsmasq", "server=//192.0.2.1", 9, "names no host, or all"},
	{"prefixes", "192.0.2.0/24", 1, "has no prefix"},
};

static void test_good(void **state)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct said said = {""};
		size_t column;
		const char *wrong = list_format_line(format_number(good[i].format), good[i].line,
			strlen(good[i].line), say, &said, &column);

		if (wrong)
			fail_msg("%s: \"%s\" %s", good[i].format, good[i].line, wrong);
		assert_string_equal(said.text, good[i].entries);
	}
}

static void test_bad(void **state)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct said said = {""};
		size_t column = 0;
		const char *wrong = list_format_line(format_number(bad[i].format), bad[i].line,
			strlen(bad[i].line), say, &said, &column);

		if (!wrong || !strstr(wrong, bad[i].why) || column != bad[i].column)
			fail_msg("%s: \"%s\": column %zu: %s", bad[i].format, bad[i].line, column,
				wrong ? wrong : "good");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
