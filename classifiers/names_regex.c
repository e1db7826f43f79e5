/* SPDX-License-Identifier: BSD-3-Clause */
#include "names_regex.h"

#include <hs.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each is told once a name; `.` is any byte. */
enum { FLAGS = HS_FLAG_CASELESS | HS_FLAG_DOTALL | HS_FLAG_SINGLEMATCH };

enum { SCRATCHES = 64 }; /* threads that look at once; more wait for one of them */

struct added {
	char *text;
	uint16_t list;
};

struct names_regex {
	struct added *added; /* sorted when sealed: same expressions side by side */
	size_t count, room;
	size_t expression_count;
	uint32_t *first_of; /* by expression: its first row in added; one more than there are */
	hs_database_t *database;
	hs_scratch_t *scratches[SCRATCHES];
	_Atomic uint64_t in_use; /* bits by scratch */
};

static void *memory_of(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

bool names_regex_possible(void)
{
	return hs_valid_platform() == HS_SUCCESS;
}

/* "... at index 3." ends most messages of its parser. */
static size_t index_in(const char *message)
{
	const char *found = strstr(message, "at index ");

	return found ? strtoul(found + strlen("at index "), NULL, 10) : 0;
}

bool names_regex_check(const char *text, size_t len, char *why, size_t size, size_t *at)
{
	char *copy = memory_of(strndup(text, len));
	hs_compile_error_t *error = NULL;
	hs_database_t *database = NULL;
	bool good;

	*at = 0;
	good = hs_compile(copy, FLAGS, HS_MODE_BLOCK, NULL, &database, &error) == HS_SUCCESS;
	if (!good) {
		snprintf(why, size, "%s", error->message);
		why[strcspn(why, "\n")] = '\0';
		*at = index_in(error->message);
	}
	hs_free_compile_error(error);
	hs_free_database(database);
	free(copy);
	return good;
}

struct names_regex *names_regex_new(void)
{
	return memory_of(calloc(1, sizeof(struct names_regex)));
}

void names_regex_free(struct names_regex *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		free(set->added[i].text);
	for (int i = 0; i < SCRATCHES; i++)
		hs_free_scratch(set->scratches[i]);
	hs_free_database(set->database);
	free(set->added);
	free(set->first_of);
	free(set);
}

/* Every character by its number: none of them means anything else then. */
static char *written_out(const char *text, size_t len)
{
	char *escaped = memory_of(malloc(len * 4 + 1));

	for (size_t i = 0; i < len; i++)
		sprintf(escaped + i * 4, "\\x%02x", (unsigned char)text[i]);
	escaped[len * 4] = '\0';
	return escaped;
}

void names_regex_add(
	struct names_regex *set, const char *text, size_t len, bool literal, uint16_t list)
{
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 16;
		set->added = memory_of(reallocarray(set->added, set->room, sizeof(*set->added)));
	}
	set->added[set->count++] = (struct added){
		literal ? written_out(text, len) : memory_of(strndup(text, len)), list};
}

static int compare(const void *a, const void *b)
{
	const struct added *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : left->list - right->list;
}

/* Same expressions come to lie together, and the same asked for twice by one list goes. */
static void sort_out(struct names_regex *set)
{
	size_t kept = 0;

	qsort(set->added, set->count, sizeof(*set->added), compare);
	set->first_of = memory_of(calloc(set->count + 1, sizeof(*set->first_of)));
	for (size_t i = 0; i < set->count; i++) {
		if (kept && !compare(&set->added[kept - 1], &set->added[i])) {
			free(set->added[i].text);
			continue;
		}
		if (!kept || strcmp(set->added[kept - 1].text, set->added[i].text) != 0)
			set->first_of[set->expression_count++] = (uint32_t)kept;
		set->added[kept++] = set->added[i];
	}
	set->count = kept;
	set->first_of[set->expression_count] = (uint32_t)kept;
}

static bool compile(struct names_regex *set)
{
	const char **texts = memory_of(calloc(set->expression_count, sizeof(*texts)));
	unsigned *flags = memory_of(calloc(set->expression_count, sizeof(*flags)));
	unsigned *ids = memory_of(calloc(set->expression_count, sizeof(*ids)));
	hs_compile_error_t *error = NULL;
	hs_error_t answer;

	for (size_t i = 0; i < set->expression_count; i++) {
		texts[i] = set->added[set->first_of[i]].text;
		flags[i] = FLAGS;
		ids[i] = (unsigned)i;
	}
	answer = hs_compile_multi(texts, flags, ids, (unsigned)set->expression_count, HS_MODE_BLOCK,
		NULL, &set->database, &error);
	hs_free_compile_error(error);
	free(texts);
	free(flags);
	free(ids);
	return answer == HS_SUCCESS;
}

bool names_regex_seal(struct names_regex *set)
{
	if (!set->count || set->first_of)
		return true;
	sort_out(set);
	if (!compile(set) || hs_alloc_scratch(set->database, &set->scratches[0]) != HS_SUCCESS) {
		hs_free_database(set->database);
		set->database = NULL;
		return false;
	}
	for (int i = 1; i < SCRATCHES; i++) {
		if (hs_clone_scratch(set->scratches[0], &set->scratches[i]) != HS_SUCCESS)
			abort();
	}
	return true;
}

/* The number of a scratch space that nobody is in. */
static int enter(struct names_regex *set)
{
	uint64_t used = atomic_load_explicit(&set->in_use, memory_order_relaxed);
	uint64_t mine;

	do {
		while (!~used) {
			sched_yield();
			used = atomic_load_explicit(&set->in_use, memory_order_relaxed);
		}
		mine = ~used & (used + 1);
	} while (!atomic_compare_exchange_weak_explicit(
		&set->in_use, &used, used | mine, memory_order_acquire, memory_order_relaxed));
	return __builtin_ctzll(mine);
}

static void leave(struct names_regex *set, int number)
{
	atomic_fetch_and_explicit(&set->in_use, ~(1ull << number), memory_order_release);
}

struct found {
	const struct names_regex *set;
	uint64_t *bits;
	unsigned matches;
};

static int on_match(
	unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
	struct found *found = context;
	const struct names_regex *set = found->set;

	for (uint32_t i = set->first_of[id]; i < set->first_of[id + 1]; i++) {
		uint16_t list = set->added[i].list;

		found->bits[list / 64] |= 1ull << list % 64;
		found->matches++;
	}
	return 0;
}

unsigned names_regex_match(struct names_regex *set, const uint8_t *name, size_t len, uint64_t *bits)
{
	struct found found = {set, bits, 0};
	int scratch;

	if (!set->database)
		return 0;
	scratch = enter(set);
	hs_scan(set->database, (const char *)name, (unsigned)len, 0, set->scratches[scratch],
		on_match, &found);
	leave(set, scratch);
	return found.matches;
}
