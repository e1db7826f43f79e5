/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_format.h"

#include "classifiers/prefixes.h"

#include <string.h>

const char *const list_formats[] = {"plain", "domains", "hosts", "dnsmasq", "prefixes", NULL};

/* A line on its way: what is left of it. */
struct cursor {
	const char *line, *at, *end;
	list_sink sink;
	void *context;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next run of characters that are not blank; empty at the end. */
static struct list_word next_word(struct cursor *cursor)
{
	struct list_word word;

	while (cursor->at < cursor->end && is_blank(*cursor->at))
		cursor->at++;
	word.text = cursor->at;
	while (cursor->at < cursor->end && !is_blank(*cursor->at))
		cursor->at++;
	word.len = (size_t)(cursor->at - word.text);
	return word;
}

static void hand_on(const struct cursor *cursor, struct list_word entry, bool below)
{
	cursor->sink(cursor->context, entry, below, (struct list_word){"", 0});
}

static bool same(struct list_word word, const char *text)
{
	return word.len == strlen(text) && !memcmp(word.text, text, word.len);
}

static const char *plain(struct cursor *cursor)
{
	const char *end = cursor->end;

	while (cursor->at < end && is_blank(*cursor->at))
		cursor->at++;
	while (end > cursor->at && is_blank(end[-1]))
		end--;
	hand_on(cursor, (struct list_word){cursor->at, (size_t)(end - cursor->at)}, false);
	return NULL;
}

static const char *domains(struct cursor *cursor)
{
	struct list_word word = next_word(cursor), more;
	const char *after = cursor->at;

	hand_on(cursor, word, true);
	more = next_word(cursor);
	cursor->at = after;
	return more.len ? "has more than one name on a line" : NULL;
}

static bool is_address(struct list_word word)
{
	struct prefix prefix;
	char text[64];

	if (word.len >= sizeof(text) || memchr(word.text, '/', word.len))
		return false;
	memcpy(text, word.text, word.len);
	text[word.len] = '\0';
	text[strcspn(text, "%")] = '\0'; /* fe80::1%lo0 */
	return !prefix_parse(text, &prefix);
}

/* Lists that replace /etc/hosts begin with what every machine has there. */
static bool is_own_name(struct list_word name)
{
	static const char *const names[] = {"localhost", "localhost.localdomain", "local",
		"broadcasthost", "ip6-localhost", "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
		"ip6-allnodes", "ip6-allrouters", "ip6-allhosts", "0.0.0.0"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (same(name, names[i]))
			return true;
	}
	return false;
}

static const char *hosts(struct cursor *cursor)
{
	struct list_word address = next_word(cursor), name = next_word(cursor);

	if (!is_address(address) || !name.len) {
		cursor->at = address.text;
		return "is no line of a hosts file: ADDRESS NAME... is wanted";
	}
	for (; name.len; name = next_word(cursor)) {
		if (!is_own_name(name))
			hand_on(cursor, name, false);
	}
	return NULL;
}

static const char *dnsmasq(struct cursor *cursor)
{
	static const char *const options[] = {"address=/", "server=/", "local=/"};
	struct list_word word = next_word(cursor);
	const char *end = word.text + word.len, *name = NULL;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (word.len > strlen(options[i]) &&
			!memcmp(word.text, options[i], strlen(options[i])))
			name = word.text + strlen(options[i]);
	}
	cursor->at = word.text;
	if (!name || !memchr(name, '/', (size_t)(end - name)))
		return "is no line of dnsmasq that names hosts: address=/NAME/ADDRESS, "
		       "server=/NAME/ADDRESS or local=/NAME/ is wanted";
	for (const char *slash; (slash = memchr(name, '/', (size_t)(end - name)));
		name = slash + 1) {
		cursor->at = name;
		if (slash == name || *name == '#')
			return "names no host, or all of them";
		hand_on(cursor, (struct list_word){name, (size_t)(slash - name)}, true);
	}
	return NULL;
}

static const char *prefixes(struct cursor *cursor)
{
	struct list_word group = next_word(cursor), prefix = next_word(cursor);

	if (!prefix.len) {
		cursor->at = group.text;
		return "has no prefix: NAME PREFIX... is wanted";
	}
	for (; prefix.len; prefix = next_word(cursor))
		cursor->sink(cursor->context, prefix, false, group);
	return NULL;
}

/* Where the comment begins, or the end. */
static const char *comment(unsigned format, const char *line, size_t len)
{
	const char *first = line, *end = line + len;
	bool after_blank;

	while (first < end && is_blank(*first))
		first++;
	after_blank = !strcmp(list_formats[format], "dnsmasq") || (first < end && *first == '/');
	for (const char *at = first; at < end; at++) {
		if (*at == '#' && (!after_blank || at == first || is_blank(at[-1])))
			return at;
	}
	return end;
}

const char *list_format_line(unsigned format, const char *line, size_t len, list_sink sink,
	void *context, size_t *column)
{
	static const char *(*const readers[])(struct cursor *) = {
		plain, domains, hosts, dnsmasq, prefixes};
	struct cursor cursor = {line, line, comment(format, line, len), sink, context};
	const char *wrong;

	*column = 1;
	if (!next_word(&cursor).len)
		return NULL;
	cursor.at = line;
	wrong = readers[format](&cursor);
	if (wrong)
		*column = (size_t)(cursor.at - line) + 1;
	return wrong;
}
