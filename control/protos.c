/* SPDX-License-Identifier: BSD-3-Clause */
#include "protos.h"

#include "arena.h"
#include "list_file.h"
#include "manifest.h"
#include "protos_format.h"

#include "classifiers/ndpi.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 16 * 1000 * 1000, WHERE_MAX = 400 };

/* A claim and where it is written. */
struct claimed {
	struct claimed *next;
	struct claim claim;
	const char *name;
	size_t column;
	unsigned line;
};

struct protos {
	struct arena *arena;
	const char *path;
	char sha256[65];
	char *text; /* the good lines; nDPI is given it */
	size_t len;
	struct claimed *first, **end;
	json_t *skipped, *without_effect;
	bool skip_bad;
	unsigned line;
};

static void tell(const struct protos *protos, json_t *list, unsigned line, size_t column,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

static void tell(const struct protos *protos, json_t *list, unsigned line, size_t column,
	const char *format, ...)
{
	char where[WHERE_MAX], why[WHERE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	snprintf(where, sizeof(where), "%.200s:%u:%zu: ", protos->path, line, column);
	fprintf(stderr, "sluice: warning: %s%s\n", where, why);
	json_array_append_new(list, json_sprintf("%u:%zu: %s", line, column, why));
}

static void take_claim(void *context, const struct claim *claim, const char *name, size_t column)
{
	struct protos *protos = context;
	struct claimed *claimed = arena_alloc(protos->arena, sizeof(*claimed));

	*claimed = (struct claimed){.claim = *claim,
		.name = arena_text(protos->arena, name, strlen(name)),
		.column = column,
		.line = protos->line};
	*protos->end = claimed;
	protos->end = &claimed->next;
}

/* Nothing is kept of a bad line. */
static bool take_line(struct protos *protos, const char *line, size_t len, struct failure *failure)
{
	struct claimed **end = protos->end;
	size_t column;
	const char *wrong = protos_line(line, len, take_claim, protos, &column);

	if (wrong && !protos->skip_bad)
		return failure_at(failure, protos->path, (int)protos->line, (int)column,
			"what stands here %s", wrong);
	if (wrong) {
		protos->end = end;
		*end = NULL;
		tell(protos, protos->skipped, protos->line, column, "skipped: what stands here %s",
			wrong);
	} else if (protos_is_risk(line, len)) {
		tell(protos, protos->without_effect, protos->line, 1,
			"without effect: nothing is kept of risks");
	} else if (protos->end != end) {
		while (len && strchr(" \t\r", line[len - 1]))
			len--;
		memcpy(protos->text + protos->len, line, len);
		protos->text[protos->len + len] = '\n';
		protos->len += len + 1;
	}
	return true;
}

static bool take_lines(
	struct protos *protos, const char *bytes, size_t len, struct failure *failure)
{
	const char *stop = bytes + len, *end;
	bool good = true;

	protos->text = arena_alloc(protos->arena, len + 2);
	for (protos->line = 1; good && bytes < stop; protos->line++, bytes = end + 1) {
		end = memchr(bytes, '\n', (size_t)(stop - bytes));
		if (!end)
			end = stop;
		good = take_line(protos, bytes, (size_t)(end - bytes), failure);
	}
	return good;
}

static bool read_file(struct protos *protos, struct failure *failure)
{
	size_t len;
	char *bytes = list_file_bytes(protos->path, FILE_BYTES_MAX, &len);
	bool good;

	if (!bytes)
		return failure_set(failure, EXIT_BAD_INPUT, "--protos %s: %s", protos->path,
			errno == EINVAL  ? "not a regular file"
			: errno == EFBIG ? "larger than 16 MB"
					 : strerror(errno));
	manifest_sha256(bytes, len, protos->sha256);
	good = take_lines(protos, bytes, len, failure);
	free(bytes);
	return good;
}

/* A name below it where it is a pattern: a name as such cannot begin so. */
static uint16_t ask_host(struct dpi *dpi, const char *host)
{
	char name[PROTOS_HOST_MAX + 2];

	host += *host == '*';
	snprintf(name, sizeof(name), "%s%s", *host == '.' ? "a" : "", host);
	return dpi_app_of_host(dpi, (struct span){(const uint8_t *)name, strlen(name)});
}

/* The protocol that nDPI takes it for. Ports cannot be asked about alone. */
static int ask(struct dpi *dpi, const struct claimed *claimed)
{
	const struct claim *claim = &claimed->claim;

	if (claim->kind == CLAIM_HOST)
		return ask_host(dpi, claim->host);
	if (claim->kind == CLAIM_ADDRESS)
		return dpi_app_of_end(dpi, claim->address, claim->port);
	return dpi_app_number(dpi, claimed->name);
}

/* The first line that had the port for another protocol. */
static const struct claimed *earlier(const struct protos *protos, const struct claimed *claimed)
{
	const struct claimed *other = protos->first;

	if (claimed->claim.kind != CLAIM_TCP && claimed->claim.kind != CLAIM_UDP)
		return NULL;
	while (other != claimed && (other->claim.kind != claimed->claim.kind ||
					   other->claim.last_port < claimed->claim.first_port ||
					   other->claim.first_port > claimed->claim.last_port ||
					   !strcasecmp(other->name, claimed->name)))
		other = other->next;
	return other == claimed ? NULL : other;
}

static void check_claim(const struct protos *protos, struct dpi *dpi, const struct claimed *claimed)
{
	const struct claimed *other = earlier(protos, claimed);
	int wanted = dpi_app_number(dpi, claimed->name), is = ask(dpi, claimed);

	if (wanted < 0)
		tell(protos, protos->without_effect, claimed->line, claimed->column,
			"without effect: nDPI has no room for the protocol %s", claimed->name);
	else if (is != wanted)
		tell(protos, protos->without_effect, claimed->line, claimed->column,
			"without effect: to nDPI this is %s, not %s",
			is ? dpi_app_name(dpi, (uint16_t)is) : "nothing", claimed->name);
	else if (other)
		tell(protos, protos->without_effect, claimed->line, claimed->column,
			"in part without effect: a port of it is %s's by line %u", other->name,
			other->line);
}

static bool learn(struct protos *protos, struct failure *failure)
{
	struct dpi *dpi;

	dpi_learn(protos->text);
	dpi = dpi_new(1);
	if (!dpi)
		return failure_set(
			failure, EXIT_REFUSED, "--protos %s: nDPI cannot load it", protos->path);
	for (const struct claimed *each = protos->first; each; each = each->next)
		check_claim(protos, dpi, each);
	dpi_free(dpi);
	return true;
}

bool protos_load(struct protos **protos, const char *path, bool skip_bad, struct failure *failure)
{
	struct protos *loaded;

	*protos = NULL;
	if (!path)
		return true;
	*protos = loaded = calloc(1, sizeof(*loaded));
	if (!loaded)
		return failure_set(failure, EXIT_REFUSED, "out of memory");
	loaded->arena = arena_new();
	loaded->path = path;
	loaded->end = &loaded->first;
	loaded->skip_bad = skip_bad;
	loaded->skipped = json_array();
	loaded->without_effect = json_array();
	return read_file(loaded, failure) && learn(loaded, failure);
}

void protos_free(struct protos *protos)
{
	if (!protos)
		return;
	dpi_learn(NULL);
	json_decref(protos->skipped);
	json_decref(protos->without_effect);
	arena_free(protos->arena);
	free(protos);
}

json_t *protos_json(const struct protos *protos)
{
	if (!protos)
		return json_null();
	return json_pack("{s:s, s:s, s:O, s:O}", "path", protos->path, "sha256", protos->sha256,
		"skipped", protos->skipped, "without_effect", protos->without_effect);
}
