/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/scope.h"

#include <stdlib.h>
#include <string.h>

enum { PUBLIC_LENGTH_IPV4 = 16, PUBLIC_LENGTH_IPV6 = 32 };

/* Ranges that no public network has: nobody else's traffic can be in them. */
static const char *const lab_ranges[] = {
	"10.0.0.0/8",      /* private, RFC 1918 */
	"172.16.0.0/12",   /* private, RFC 1918 */
	"192.168.0.0/16",  /* private, RFC 1918 */
	"100.64.0.0/10",   /* shared, RFC 6598 */
	"169.254.0.0/16",  /* link-local, RFC 3927 */
	"127.0.0.0/8",     /* loopback, RFC 1122 */
	"192.0.2.0/24",    /* documentation, RFC 5737 */
	"198.51.100.0/24", /* documentation, RFC 5737 */
	"203.0.113.0/24",  /* documentation, RFC 5737 */
	"198.18.0.0/15",   /* benchmarks, RFC 2544 */
	"fc00::/7",        /* unique local, RFC 4193 */
	"fe80::/10",       /* link-local, RFC 4291 */
	"::1/128",         /* loopback, RFC 4291 */
	"2001:db8::/32",   /* documentation, RFC 3849 */
	"3fff::/20",       /* documentation, RFC 9637 */
	"2001:2::/48",     /* benchmarks, RFC 5180 */
};

static bool is_within(const struct prefix *narrow, const struct prefix *wide)
{
	unsigned bytes = wide->length / 8, bits = wide->length % 8;

	if (narrow->ip_version != wide->ip_version || narrow->length < wide->length ||
		memcmp(narrow->address, wide->address, bytes) != 0)
		return false;
	return !bits || (narrow->address[bytes] ^ wide->address[bytes]) >> (8 - bits) == 0;
}

static bool is_of_lab(const struct prefix *prefix)
{
	for (size_t i = 0; i < sizeof(lab_ranges) / sizeof(lab_ranges[0]); i++) {
		struct prefix range;

		if (!prefix_parse(lab_ranges[i], &range) && is_within(prefix, &range))
			return true;
	}
	return false;
}

static bool check_width(
	const char *option, const char *text, const struct prefix *prefix, struct failure *failure)
{
	unsigned least = prefix->ip_version == 4 ? PUBLIC_LENGTH_IPV4 : PUBLIC_LENGTH_IPV6;

	if (prefix->length == 0)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s %s: a default route is no testbed; name its prefixes", option, text);
	if (is_of_lab(prefix) || prefix->length >= least)
		return true;
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s %s: too wide; a public prefix must be /%u or longer (private, documentation "
		"and benchmark ranges may be wider)",
		option, text, least);
}

static bool lies_within(const char *option, const char *text, const struct prefix *prefix,
	const struct scope *scope, struct failure *failure)
{
	for (size_t i = 0; i < scope->count; i++) {
		if (is_within(prefix, &scope->list[i]))
			return true;
	}
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s %s: does not lie within --scope, so nothing of it would be looked at", option,
		text);
}

static bool add(struct scope *scope, const struct prefix *prefix, struct failure *failure)
{
	struct prefix *longer = realloc(scope->list, (scope->count + 1) * sizeof(*longer));

	if (!longer)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	longer[scope->count++] = *prefix;
	scope->list = longer;
	prefixes_add(scope->set, prefix);
	return true;
}

/* One prefix, or several with commas between them. */
static bool read_value(struct scope *scope, const char *option, const char *value,
	const struct scope *within, struct failure *failure)
{
	char *copy = strdup(value), *rest = copy;
	bool good = copy || failure_set(failure, EXIT_REFUSED, "out of memory");
	const char *one;

	while (good && (one = strsep(&rest, ","))) {
		struct prefix prefix;
		const char *wrong = prefix_parse(one, &prefix);

		if (wrong)
			good = failure_set(
				failure, EXIT_BAD_INPUT, "%s %s: %s", option, one, wrong);
		else
			good = (within ? lies_within(option, one, &prefix, within, failure)
				       : check_width(option, one, &prefix, failure)) &&
			       add(scope, &prefix, failure);
	}
	free(copy);
	return good;
}

static bool read_all(struct scope *scope, const char *option, const struct option_list *values,
	const struct scope *within, struct failure *failure)
{
	*scope = (struct scope){.set = prefixes_new()};
	for (size_t i = 0; i < values->count; i++) {
		if (!read_value(scope, option, values->items[i], within, failure))
			return false;
	}
	prefixes_seal(scope->set);
	return true;
}

bool scope_read(struct scope *scope, const char *option, const struct option_list *values,
	struct failure *failure)
{
	if (!values->count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s is needed: the testbed's prefixes, as in %s 10.7.0.0/16; traffic with "
			"an end elsewhere is never looked at",
			option, option);
	return read_all(scope, option, values, NULL, failure);
}

bool scope_read_within(struct scope *inside, const char *option, const struct option_list *values,
	const struct scope *scope, struct failure *failure)
{
	if (!values->count)
		return failure_set(failure, EXIT_BAD_INPUT,
			"%s is needed: the subscribers' addresses, within --scope", option);
	return read_all(inside, option, values, scope, failure);
}

void scope_free(struct scope *scope)
{
	prefixes_free(scope->set);
	free(scope->list);
	*scope = (struct scope){0};
}
