/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What it costs to know whether a host name is on a list: a million generated names of 27
 * characters in the mean, half of them patterns of any depth. The peer is nDPI's own matcher of
 * host names with a tenth of them. Both answer the same names, in turns, several rounds; half of
 * what is asked is on the list, and the order is drawn, so that the caches do not help.
 *
 *   build/tests/bench/bench_names [ROUNDS]
 */
#include "classifiers/names.h"
#include "dataplane/prng.h"

#include <malloc.h>
#include <ndpi_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAMES = 1000000, PEER_NAMES = NAMES / 10, ASKED = 200000, ROUNDS_MAX = 99, ROOM = 64 };

struct question {
	char text[ROOM];
	size_t len;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static uint64_t draw(uint64_t *counter)
{
	return prng_draw(0x6e616d6573, (*counter)++);
}

/* Two to four labels of letters and digits over a handful of top-level domains; what is drawn for
 * the same number is the same name. 27 characters in the mean. */
static size_t name_at(uint64_t number, char *text)
{
	static const char *const tops[] = {"com", "net", "org", "ru", "co.uk", "info", "io", "de"};
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	uint64_t counter = number << 8;
	uint64_t labels = 1 + draw(&counter) % 3;
	size_t len = 0;

	for (uint64_t label = 0; label < labels; label++) {
		uint64_t size = (label == 0 ? 6 : 5) + draw(&counter) % 12;

		for (uint64_t i = 0; i < size; i++)
			text[len++] = letters[draw(&counter) % (i && i + 1 < size ? 37 : 36)];
		text[len++] = '.';
	}
	strcpy(text + len, tops[draw(&counter) % 8]);
	return strlen(text);
}

/* Names 0 to `known` are on the list; half of the questions are such, some of them below one. */
static struct question *questions(uint64_t known, uint64_t seed)
{
	struct question *asked = calloc(ASKED, sizeof(*asked));
	uint64_t counter = seed << 40;

	if (!asked)
		abort();
	for (int i = 0; i < ASKED; i++) {
		uint64_t number = draw(&counter) % known;

		asked[i].len = name_at(i % 2 ? number : number + NAMES, asked[i].text);
	}
	return asked;
}

static struct names *build(double *seconds, double *mean)
{
	struct names *names = names_new(1);
	uint64_t begin, bytes = 0;
	char *texts = malloc((size_t)NAMES * ROOM);

	if (!texts)
		abort();
	for (uint64_t i = 0; i < NAMES; i++) {
		char *text = texts + i * ROOM;

		memcpy(text, "**.", 3);
		bytes += name_at(i, text + 3);
		if (i % 2)
			memmove(text, text + 3, ROOM - 3);
	}
	begin = now_ns();
	for (uint64_t i = 0; i < NAMES; i++)
		names_add(names, texts + i * ROOM, 0);
	names_seal(names);
	*seconds = (now_ns() - begin) / 1e9;
	*mean = (double)bytes / NAMES;
	free(texts);
	return names;
}

static struct ndpi_detection_module_struct *build_peer(double *seconds)
{
	struct ndpi_detection_module_struct *peer = ndpi_init_detection_module(ndpi_no_prefs);
	uint64_t begin = now_ns();
	char text[ROOM];

	if (!peer)
		abort();
	for (uint64_t i = 0; i < PEER_NAMES; i++) {
		name_at(i, text);
		ndpi_load_hostname_category(peer, text, NDPI_PROTOCOL_CATEGORY_CUSTOM_1);
	}
	ndpi_enable_loaded_categories(peer);
	*seconds = (now_ns() - begin) / 1e9;
	return peer;
}

static double ask(const struct names *names, const struct question *asked, unsigned *found)
{
	uint64_t begin = now_ns(), bits = 0;

	for (int i = 0; i < ASKED; i++)
		*found += names_match(names, (const uint8_t *)asked[i].text, asked[i].len, &bits) !=
			  0;
	return (double)(now_ns() - begin) / ASKED;
}

static double ask_peer(
	struct ndpi_detection_module_struct *peer, struct question *asked, unsigned *found)
{
	uint64_t begin = now_ns();

	for (int i = 0; i < ASKED; i++) {
		ndpi_protocol_category_t category = NDPI_PROTOCOL_CATEGORY_UNSPECIFIED;

		*found += !ndpi_match_custom_category(
			peer, asked[i].text, (u_int)asked[i].len, &category);
	}
	return (double)(now_ns() - begin) / ASKED;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

static double heap_mb(void)
{
	struct mallinfo2 info = mallinfo2();

	return (info.uordblks + info.hblkhd) / 1e6;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 9;
	double ours[ROUNDS_MAX], theirs[ROUNDS_MAX], seconds, peer_seconds, mean;
	double before = heap_mb(), megabytes, peer_megabytes;
	unsigned found = 0, peer_found = 0;
	struct ndpi_detection_module_struct *peer;
	struct names *names;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		return 2;
	names = build(&seconds, &mean);
	megabytes = heap_mb() - before;
	before = heap_mb();
	peer = build_peer(&peer_seconds);
	peer_megabytes = heap_mb() - before;
	for (int i = 0; i < rounds; i++) {
		struct question *asked = questions(NAMES, i + 1);
		struct question *peer_asked = questions(PEER_NAMES, i + 1);

		ours[i] = ask(names, asked, &found);
		theirs[i] = ask_peer(peer, peer_asked, &peer_found);
		free(asked);
		free(peer_asked);
	}
	printf("%-22s %9s %8s %8s %10s %6s\n", "", "names", "build s", "MB", "ns/lookup", "found");
	printf("%-22s %9d %8.2f %8.1f %10.0f %5.1f%%\n", "names", NAMES, seconds, megabytes,
		median(ours, rounds), 100.0 * found / rounds / ASKED);
	printf("%-22s %9d %8.2f %8.1f %10.0f %5.1f%%\n", "nDPI", PEER_NAMES, peer_seconds,
		peer_megabytes, median(theirs, rounds), 100.0 * peer_found / rounds / ASKED);
	printf("%.1f characters in the mean; %.1f times as fast (wanted 5)\n", mean,
		theirs[rounds / 2] / ours[rounds / 2]);
	names_free(names);
	ndpi_exit_detection_module(peer);
	return 0;
}
