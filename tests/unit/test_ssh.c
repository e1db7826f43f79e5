/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/ssh.h"

struct row {
	const char *stream;
	enum finding finding;
	const char *version, *software;
};

/* RFC 4253 section 4.2 (its example first), 5.1 for 1.99; OpenSSH's and Dropbear's own banners. */
static const struct row rows[] = {
	{"SSH-2.0-billsSSH_3.6.3q3\r\n", FINDING_IS, "2.0", "billsSSH_3.6.3q3"},
	{"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", FINDING_IS, "2.0", "OpenSSH_9.2p1"},
	{"SSH-1.99-OpenSSH_3.9p1\n", FINDING_IS, "1.99", "OpenSSH_3.9p1"},
	{"SSH-1.5-1.2.27\n", FINDING_IS, "1.5", "1.2.27"},
	{"SSH-2.0-dropbear_2022.83\r\n\x00\x00\x01", FINDING_IS, "2.0", "dropbear_2022.83"},
	{"SSH-2.0-", FINDING_IS, "2.0", ""},
	{"SSH-2.0", FINDING_NOT_YET, "", ""},
	{"SSH-2.", FINDING_NOT_YET, "", ""},
	{"SSH-2", FINDING_NOT_YET, "", ""},
	{"SSH-", FINDING_NOT_YET, "", ""},
	{"S", FINDING_NOT_YET, "", ""},
	{"", FINDING_IS_NOT, "", ""},
	{"ssh-2.0-x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH2.0-x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH-20-x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH-.2-x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH-2.-x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH-2.0 x\r\n", FINDING_IS_NOT, "", ""},
	{"SSH-x.0-y\r\n", FINDING_IS_NOT, "", ""},
	{"GET / HTTP/1.1\r\n", FINDING_IS_NOT, "", ""},
};

static void is_text(struct span span, const char *text)
{
	assert_int_equal(span.len, strlen(text));
	if (span.len)
		assert_memory_equal(span.data, text, span.len);
}

static void banners(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = (uint32_t)strlen(rows[i].stream);
		uint8_t *copy = malloc(len); /* its exact size, for the sanitizer */
		struct ssh_banner banner;

		memcpy(copy, rows[i].stream, len);
		assert_int_equal(
			ssh_banner_parse((struct span){copy, len}, &banner), rows[i].finding);
		if (rows[i].finding == FINDING_IS) {
			is_text(banner.version, rows[i].version);
			is_text(banner.software, rows[i].software);
		}
		free(copy);
	}
}

/* Section 4.2: 255 characters at most, CR and LF among them. */
static void longest(void **state)
{
	struct ssh_banner banner;
	uint8_t bytes[400];

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes, "SSH-2.0-", 8);
	assert_int_equal(
		ssh_banner_parse((struct span){bytes, sizeof(bytes)}, &banner), FINDING_IS);
	assert_int_equal(banner.software.len, 255 - 8);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(banners),
		cmocka_unit_test(longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
