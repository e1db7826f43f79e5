/* SPDX-License-Identifier: BSD-3-Clause */
#include "classifiers/http.h"

#include <string.h>
#include <strings.h>

enum { HEADER_BYTES = 8192 }; /* how much of a request is looked at */

/* RFC 9110 section 9.3, and RFC 5789. */
static const char methods[][8] = {
	"GET",
	"HEAD",
	"POST",
	"PUT",
	"DELETE",
	"CONNECT",
	"OPTIONS",
	"TRACE",
	"PATCH",
};

static struct span after(struct span whole, uint32_t count)
{
	return (struct span){whole.data + count, whole.len - count};
}

static struct span before(struct span whole, uint32_t count)
{
	return (struct span){whole.data, count};
}

/* Where `byte` is first, or the length when it is not there. */
static uint32_t find(struct span in, uint8_t byte)
{
	const uint8_t *at = in.len ? memchr(in.data, byte, in.len) : NULL;

	return at ? (uint32_t)(at - in.data) : in.len;
}

/* Takes a line off the front, without its LF or CRLF; false when it has no end yet. */
static bool take_line(struct span *from, struct span *line)
{
	uint32_t end = find(*from, '\n');

	if (end == from->len)
		return false;
	*line = before(*from, end > 0 && from->data[end - 1] == '\r' ? end - 1 : end);
	*from = after(*from, end + 1);
	return true;
}

static struct span trim(struct span text)
{
	while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
		text = after(text, 1);
	while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* IS: a method and a space. NOT_YET: a proper beginning of that. */
static enum finding method_look(struct span stream, struct span *method)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		uint32_t len = (uint32_t)strlen(methods[i]);

		if (stream.len == 0)
			return FINDING_NOT_YET;
		if (memcmp(stream.data, methods[i], stream.len < len ? stream.len : len) != 0)
			continue;
		if (stream.len <= len)
			return FINDING_NOT_YET;
		if (stream.data[len] != ' ')
			return FINDING_IS_NOT; /* no method is the beginning of another */
		*method = before(stream, len);
		return FINDING_IS;
	}
	return FINDING_IS_NOT;
}

static bool has_control(struct span text)
{
	for (uint32_t i = 0; i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			return true;
	return false;
}

/* Takes " HTTP/1.x" off the end of a request line (RFC 9112 section 2.3). */
static bool take_version(struct span *line)
{
	static const char version[] = " HTTP/1.";
	const uint32_t len = sizeof(version) - 1;
	const uint8_t *at;

	if (line->len < len + 1)
		return false;
	at = line->data + line->len - len - 1;
	if (memcmp(at, version, len) != 0 || at[len] < '0' || at[len] > '9')
		return false;
	line->len -= len + 1;
	return true;
}

/* uri-host of `uri-host [":" port]`; a literal that does not close is nobody's name. */
static struct span without_port(struct span authority)
{
	uint32_t end = find(authority, ']');

	if (authority.len == 0 || authority.data[0] != '[')
		return before(authority, find(authority, ':'));
	return before(authority, end < authority.len ? end + 1 : 0);
}

/* Length of `scheme "://"` at the beginning, 0 when there is none (RFC 3986 section 3.1). */
static uint32_t scheme_bytes(struct span target)
{
	static const char scheme_marks[] = "+-.";
	uint32_t i = 0;

	for (; i < target.len; i++) {
		uint8_t lower = target.data[i] | 0x20;
		bool letter = lower >= 'a' && lower <= 'z';
		bool later = (target.data[i] >= '0' && target.data[i] <= '9') ||
			     memchr(scheme_marks, target.data[i], 3);

		if (!letter && !(i > 0 && later))
			break;
	}
	if (i == 0 || target.len - i < 3 || memcmp(target.data + i, "://", 3) != 0)
		return 0;
	return i + 3;
}

/* Host of an absolute or CONNECT target; other targets have none. */
static struct span target_host(struct span target, struct http_request *request)
{
	bool connect = request->method.len == 7 && request->method.data[0] == 'C';
	uint32_t scheme = connect ? 0 : scheme_bytes(target), end = 0, user;

	request->to_proxy = connect || scheme > 0;
	if (!request->to_proxy)
		return before(target, 0);
	target = after(target, scheme);
	while (end < target.len && !memchr("/?# ", target.data[end], 4))
		end++;
	target = before(target, end);
	user = find(target, '@');
	return without_port(user < target.len ? after(target, user + 1) : target);
}

/* A line that begins with white space continues the one before (obs-fold) and is no Host. */
static bool is_host(struct span line, struct span *value)
{
	if (line.len < 5 || strncasecmp((const char *)line.data, "host:", 5) != 0)
		return false;
	*value = trim(after(line, 5));
	return true;
}

/* `headers` begins after the request line; request->host is what the target said. */
static enum finding read_headers(struct span headers, bool cut, struct http_request *request)
{
	struct span line, value;

	while (take_line(&headers, &line)) {
		if (line.len == 0)
			return FINDING_IS;
		if (!is_host(line, &value))
			continue;
		value = without_port(value);
		request->host = value.len ? value : request->host;
		return FINDING_IS;
	}
	return cut ? FINDING_IS : FINDING_NOT_YET;
}

/* The request line has no end yet: it may still become one while it is text. */
static enum finding read_part(struct span line, bool cut, struct http_request *request)
{
	if (line.data[line.len - 1] == '\r')
		line.len--;
	if (has_control(line))
		return FINDING_IS_NOT;
	target_host(trim(after(line, request->method.len)), request);
	return cut ? FINDING_IS : FINDING_NOT_YET;
}

enum finding http_request_parse(struct span stream, struct http_request *request)
{
	bool cut = stream.len >= HEADER_BYTES;
	struct span rest = before(stream, cut ? HEADER_BYTES : stream.len);
	struct span line;
	enum finding method;

	*request = (struct http_request){0};
	method = method_look(rest, &request->method);
	if (method != FINDING_IS)
		return method;
	if (!take_line(&rest, &line))
		return read_part(rest, cut, request);
	if (has_control(line) || !take_version(&line) || line.len <= request->method.len)
		return FINDING_IS_NOT;
	line = trim(after(line, request->method.len));
	if (line.len == 0)
		return FINDING_IS_NOT;
	request->host = target_host(line, request);
	return read_headers(rest, cut, request);
}

bool http_is_request(struct span stream)
{
	struct span method;

	return stream.len > 0 && method_look(stream, &method) != FINDING_IS_NOT;
}
