/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/http.h"

enum { LIMIT = 8192 }; /* where http.h says that looking ends */

static void expect(
	const char *text, size_t len, enum finding finding, const char *host, bool to_proxy)
{
	struct http_request request;
	uint8_t *copy = malloc(len); /* its exact size, so that a sanitizer sees a read beyond */
	enum finding found;

	memcpy(copy, text, len);
	found = http_request_parse((struct span){copy, (uint32_t)len}, &request);
	if (found != finding)
		fail_msg("%zu of '%.60s': found %d, not %d", len, text, found, finding);
	if (found == FINDING_IS &&
		(request.host.len != strlen(host) ||
			(*host && memcmp(request.host.data, host, strlen(host)) != 0)))
		fail_msg("'%.60s': host '%.*s', not '%s'", text, (int)request.host.len,
			(const char *)request.host.data, host);
	if (found == FINDING_IS && request.to_proxy != to_proxy)
		fail_msg("'%.60s': %sto a proxy", text, request.to_proxy ? "" : "not ");
	free(copy);
}

static void requests(void **state)
{
	static const struct {
		const char *text, *host;
		bool to_proxy;
	} rows[] = {
		/* RFC 9112 sections 3 and 3.2.1 to 3.2.4: the four forms of a target */
		{"GET /hello.txt HTTP/1.1\r\nHost: www.example.com\r\n\r\n", "www.example.com",
			false},
		{"GET http://www.example.org/pub/WWW/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n",
			"www.example.org", true},
		{"CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
			"www.example.com", true},
		{"OPTIONS * HTTP/1.1\r\nHost: www.example.org:8001\r\n\r\n", "www.example.org",
			false},
		/* methods */
		{"HEAD / HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"POST / HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"PUT / HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"DELETE / HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"TRACE / HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"PATCH / HTTP/1.0\r\nHost: a.b\r\n\r\n", "a.b", false},
		/* the Host line */
		{"GET / HTTP/1.1\nHost: a.b\n\n", "a.b", false},
		{"GET / HTTP/1.1\r\nhOsT:a.b\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost:\t  a.b \t\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost: a.b:8080\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost: a.b:\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", "[2001:db8::1]", false},
		{"GET / HTTP/1.1\r\nHost: [2001:db8::1]\r\n\r\n", "[2001:db8::1]", false},
		{"GET / HTTP/1.1\r\nHost: [2001:db8::1\r\n\r\n", "", false},
		{"GET / HTTP/1.1\r\nHost:\r\n\r\n", "", false},
		{"GET / HTTP/1.1\r\nAccept: */*\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost: a.b\r\nHost: c.d\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nX-Host: c.d\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost : c.d\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nX: y\r\n Host: c.d\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nHost: a.b\r\n .c.d\r\n\r\n", "a.b", false},
		{"GET / HTTP/1.1\r\nX: y\r\n\r\nHost: a.b\r\n\r\n", "", false},
		{"GET / HTTP/1.0\r\n\r\n", "", false},
		{"GET / HTTP/1.1\r\nHost: a.b\r\nand the rest is not waited for", "a.b", false},
		/* targets that name a host when no Host line does */
		{"GET http://a.b/ HTTP/1.0\r\n\r\n", "a.b", true},
		{"GET http://a.b:8080/ HTTP/1.0\r\n\r\n", "a.b", true},
		{"GET HTTP://a.b HTTP/1.0\r\n\r\n", "a.b", true},
		{"GET http://a.b?x=1 HTTP/1.0\r\n\r\n", "a.b", true},
		{"GET http://user:word@a.b:80/ HTTP/1.0\r\n\r\n", "a.b", true},
		{"GET http://[2001:db8::1]:8080/ HTTP/1.0\r\n\r\n", "[2001:db8::1]", true},
		{"GET http:///x HTTP/1.0\r\n\r\n", "", true},
		{"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n\r\n", "[2001:db8::1]", true},
		{"GET http://a.b/ HTTP/1.1\r\nHost: c.d\r\n\r\n", "c.d", true},
		{"GET http://a.b/ HTTP/1.1\r\nHost:\r\n\r\n", "a.b", true},
		{"GET /?u=http://a.b/ HTTP/1.0\r\n\r\n", "", false},
		{"GET a.b:80 HTTP/1.0\r\n\r\n", "", false},
		{"GET 1http://a.b/ HTTP/1.0\r\n\r\n", "", false},
		{"GET z39.50s://a.b/ HTTP/1.0\r\n\r\n", "a.b", true},
		/* leniency */
		{"GET   /a b  HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
		{"GET /\xc3\xa4 HTTP/1.1\r\nHost: a.b\r\n\r\n", "a.b", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].text, strlen(rows[i].text), FINDING_IS, rows[i].host,
			rows[i].to_proxy);
}

static void something_else(void **state)
{
	static const char *const rows[] = {
		"HTTP/1.1 200 OK\r\nHost: a.b\r\n\r\n", /* a response */
		"get / HTTP/1.1\r\nHost: a.b\r\n\r\n",  /* methods are case-sensitive */
		"GETS / HTTP/1.1\r\n\r\n",
		"GET\t/ HTTP/1.1\r\n\r\n",
		"MKCOL / HTTP/1.1\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /* RFC 9113 section 3.4 */
		"GET / HTTP/2.0\r\nHost: a.b\r\n\r\n",
		"GET / HTTP/1.\r\nHost: a.b\r\n\r\n",
		"GET / http/1.1\r\nHost: a.b\r\n\r\n",
		"GET /\r\nHost: a.b\r\n\r\n", /* version 0.9 */
		"GET HTTP/1.1\r\nHost: a.b\r\n\r\n",
		"GET  HTTP/1.1\r\nHost: a.b\r\n\r\n",
		"GET /\x01 HTTP/1.1\r\nHost: a.b\r\n\r\n",
		"GET /\rHTTP/1.1\r\nHost: a.b\r\n\r\n",
		"GET /\x7f", /* known before the line ends */
		" GET / HTTP/1.1\r\n\r\n",
		"\r\nGET / HTTP/1.1\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i], strlen(rows[i]), FINDING_IS_NOT, "", false);
}

/* Nothing is said before the Host line has ended, and then at once. */
static void every_truncation_asks_for_more(void **state)
{
	static const char text[] = "POST /x HTTP/1.1\r\nAccept: */*\r\nHost: a.b\r\n";

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		expect(text, len, FINDING_NOT_YET, "", false);
	expect(text, sizeof(text) - 1, FINDING_IS, "a.b", false);
}

/* A header line with a value of z's so that the whole text has `len` bytes and nothing ends it. */
static void fill(char *text, const char *begin, size_t len)
{
	size_t used = strlen(begin);

	memcpy(text, begin, used);
	memset(text + used, 'z', len - used);
}

static void looking_ends_at_8_kilobytes(void **state)
{
	static char text[2 * LIMIT];

	fill(text, "GET / HTTP/1.1\r\nCookie: ", LIMIT);
	expect(text, LIMIT - 1, FINDING_NOT_YET, "", false);
	expect(text, LIMIT, FINDING_IS, "", false);
	fill(text, "GET http://a.b/ HTTP/1.1\r\nCookie: ", LIMIT);
	expect(text, LIMIT, FINDING_IS, "a.b", true);
	fill(text, "GET /", LIMIT);
	expect(text, LIMIT - 1, FINDING_NOT_YET, "", false);
	expect(text, LIMIT, FINDING_IS, "", false);
	fill(text, "CONNECT ", LIMIT);
	expect(text, LIMIT, FINDING_IS, "", true);

	fill(text, "GET / HTTP/1.1\r\nCookie: ", sizeof(text));
	memcpy(text + LIMIT - 13, "\r\nHost: a.b\r\n", 13);
	expect(text, sizeof(text), FINDING_IS, "a.b", false);
	memcpy(text + LIMIT - 13, "z\r\nHost: a.b\r\n", 14);
	expect(text, sizeof(text), FINDING_IS, "", false);
}

static void beginnings(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} rows[] = {
		{"", false},
		{"G", true},
		{"GET", true},
		{"GET ", true},
		{"GET /", true},
		{"GETX", false},
		{"P", true},
		{"PU", true},
		{"PATCH ", true},
		{"PX", false},
		{"OPTIONS", true},
		{"CONNECT x", true},
		{"x", false},
		{"g", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span text = {(const uint8_t *)rows[i].text, (uint32_t)strlen(rows[i].text)};

		if (http_is_request(text) != rows[i].is)
			fail_msg("'%s' is %sa request", rows[i].text, rows[i].is ? "" : "not ");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(something_else),
		cmocka_unit_test(every_truncation_asks_for_more),
		cmocka_unit_test(looking_ends_at_8_kilobytes),
		cmocka_unit_test(beginnings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
