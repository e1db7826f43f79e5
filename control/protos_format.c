/* SPDX-License-Identifier: BSD-3-Clause */
#include "protos_format.h"

#include "classifiers/prefixes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A run of characters of the line. */
struct part {
	const char *text;
	size_t len;
};

static bool begins(struct part part, const char *word)
{
	return part.len >= strlen(word) && !memcmp(part.text, word, strlen(word));
}

static struct part without(struct part part, size_t count)
{
	return (struct part){part.text + count, part.len - count};
}

/* Up to the character, which must be in it. */
static struct part up_to(struct part part, char end)
{
	return (struct part){
		part.text, (size_t)((const char *)memchr(part.text, end, part.len) - part.text)};
}

/* 1 to 65535 in digits; 0 is none. */
static uint16_t port_of(struct part part)
{
	unsigned port = 0;

	if (!part.len || part.len > 5)
		return 0;
	for (size_t i = 0; i < part.len; i++) {
		if (!isdigit((unsigned char)part.text[i]))
			return 0;
		port = port * 10 + (unsigned)(part.text[i] - '0');
	}
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static const char *read_ports(struct part value, struct claim *claim)
{
	struct part first = value, last = value;

	if (memchr(value.text, '-', value.len)) {
		first = up_to(value, '-');
		last = without(value, first.len + 1);
	}
	claim->first_port = port_of(first);
	claim->last_port = port_of(last);
	if (!claim->first_port || !claim->last_port)
		return "is no port: a number from 1 to 65535, or two with - between them";
	return claim->first_port <= claim->last_port ? NULL
						     : "is a reversed range: lowest port first";
}

static const char *read_host(struct part value, struct claim *claim)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.*";

	if (begins(value, "\"") && value.len > 1 && value.text[value.len - 1] == '"')
		value = (struct part){value.text + 1, value.len - 2};
	if (!value.len || value.len > PROTOS_HOST_MAX)
		return "is no host name: 1 to 253 characters";
	for (size_t i = 0; i < value.len; i++) {
		claim->host[i] = (char)tolower((unsigned char)value.text[i]);
		if (!claim->host[i] || !strchr(allowed, claim->host[i]))
			return "is no host name: letters, digits, -, _ and dots, in two quotes or "
			       "none";
	}
	claim->host[value.len] = '\0';
	return NULL;
}

static const char *read_address(struct part value, struct claim *claim)
{
	struct part network = value;
	struct prefix prefix;
	char text[sizeof("255.255.255.255/32")];

	if (memchr(value.text, ':', value.len)) {
		network = up_to(value, ':');
		claim->port = port_of(without(value, network.len + 1));
		if (!claim->port)
			return "is no IPv4 network with a port: 203.0.113.7:443";
	}
	if (network.len >= sizeof(text))
		return "is no IPv4 network";
	memcpy(text, network.text, network.len);
	text[network.len] = '\0';
	if (strlen(text) != network.len || prefix_parse(text, &prefix) || prefix.ip_version != 4 ||
		!prefix.length)
		return "is no IPv4 network: 198.51.100.0/24, without host bits";
	memcpy(claim->address, prefix.address, sizeof(claim->address));
	return NULL;
}

static const struct {
	const char *word;
	enum claim_kind kind;
	const char *(*read)(struct part value, struct claim *claim);
} kinds[] = {
	{"host:", CLAIM_HOST, read_host},
	{"ip:", CLAIM_ADDRESS, read_address},
	{"tcp:", CLAIM_TCP, read_ports},
	{"udp:", CLAIM_UDP, read_ports},
};

static const char *read_claim(struct part part, struct claim *claim)
{
	*claim = (struct claim){0};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!begins(part, kinds[i].word))
			continue;
		claim->kind = kinds[i].kind;
		return kinds[i].read(without(part, strlen(kinds[i].word)), claim);
	}
	return "is none of host:, ip:, tcp: and udp:";
}

/* nDPI writes other characters as _, and some of its own names have some that would be taken for
 * the dot between two names. */
static const char *read_name(struct part part, char *name)
{
	if (!part.len || part.len > PROTOS_NAME_MAX)
		return "is no protocol name: 1 to 63 characters";
	for (size_t i = 0; i < part.len; i++) {
		if (!isalnum((unsigned char)part.text[i]) && part.text[i] != '_' &&
			part.text[i] != '-')
			return "is no protocol name: letters, digits, - and _";
	}
	memcpy(name, part.text, part.len);
	name[part.len] = '\0';
	return NULL;
}

bool protos_is_risk(const char *line, size_t len)
{
	static const char *const risks[] = {
		"ip_risk_mask:", "host_risk_mask:", "trusted_issuer_dn:"};

	for (size_t i = 0; i < sizeof(risks) / sizeof(risks[0]); i++) {
		if (begins((struct part){line, len}, risks[i]))
			return true;
	}
	return false;
}

static struct part trimmed(const char *line, size_t len)
{
	while (len && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	return (struct part){line, len};
}

const char *protos_line(
	const char *line, size_t len, claim_sink sink, void *context, size_t *column)
{
	struct part rest = trimmed(line, len), part;
	char name[PROTOS_NAME_MAX + 1];
	struct claim claim;
	const char *wrong;

	*column = 1;
	if (!rest.len || *rest.text == '#' || protos_is_risk(line, len))
		return NULL;
	if (rest.len > PROTOS_LINE_MAX)
		return "is too long";
	if (!memchr(rest.text, '@', rest.len))
		return "has no @NAME at its end";
	part = up_to(rest, '@');
	*column = part.len + 2;
	wrong = read_name(without(rest, part.len + 1), name);
	for (rest.len = part.len; !wrong; rest = without(rest, part.len + 1)) {
		part = memchr(rest.text, ',', rest.len) ? up_to(rest, ',') : rest;
		*column = (size_t)(part.text - line) + 1;
		wrong = read_claim(part, &claim);
		if (wrong)
			break;
		sink(context, &claim, name, *column);
		if (part.len == rest.len)
			break;
	}
	return wrong;
}
