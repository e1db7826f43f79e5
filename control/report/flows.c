/* SPDX-License-Identifier: BSD-3-Clause */
#include "flows.h"

#include "block.h"
#include "csv.h"

#include <stdlib.h>

static const char header[] = "flow,proto,client,client_port,server,server_port,initiator,first_ns,"
			     "last_ns,class,name,rule,decided_at,reason,up_packets,up_bytes,"
			     "up_dropped,down_packets,down_bytes,down_dropped,held,delay_ns_max";

enum column {
	COLUMN_UP_BYTES = 15,
	COLUMN_UP_DROPPED = 16,
	COLUMN_DOWN_BYTES = 18,
	COLUMN_DOWN_DROPPED = 19,
};

struct rank {
	uint64_t dropped, bytes;
	struct csv_place place;
};

struct selection {
	struct rank ranks[FLOWS_SHOWN]; /* a heap, the least affected on top */
	size_t count;
	uint64_t total; /* rows in the file */
};

static bool less_affected(const struct rank *a, const struct rank *b)
{
	if (a->dropped != b->dropped)
		return a->dropped < b->dropped;
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes;
	return a->place.offset > b->place.offset;
}

static void swap(struct rank *a, struct rank *b)
{
	struct rank kept = *a;

	*a = *b;
	*b = kept;
}

static void sift_up(struct selection *selection, size_t at)
{
	struct rank *ranks = selection->ranks;

	for (; at && less_affected(&ranks[at], &ranks[(at - 1) / 2]); at = (at - 1) / 2)
		swap(&ranks[at], &ranks[(at - 1) / 2]);
}

static void sift_down(struct selection *selection)
{
	struct rank *ranks = selection->ranks;
	size_t at = 0, child;

	while ((child = 2 * at + 1) < selection->count) {
		if (child + 1 < selection->count && less_affected(&ranks[child + 1], &ranks[child]))
			child++;
		if (!less_affected(&ranks[child], &ranks[at]))
			return;
		swap(&ranks[child], &ranks[at]);
		at = child;
	}
}

static void offer(struct selection *selection, const struct rank *rank)
{
	if (selection->count < FLOWS_SHOWN) {
		selection->ranks[selection->count] = *rank;
		sift_up(selection, selection->count++);
	} else if (less_affected(&selection->ranks[0], rank)) {
		selection->ranks[0] = *rank;
		sift_down(selection);
	}
}

static int by_place(const void *a, const void *b)
{
	const struct rank *first = a, *second = b;

	return (first->place.offset > second->place.offset) -
	       (first->place.offset < second->place.offset);
}

static bool read_rank(const struct csv *csv, struct rank *rank, struct failure *failure)
{
	uint64_t up_dropped, down_dropped, up_bytes, down_bytes;

	if (!csv_numbers(csv, COLUMN_UP_DROPPED, 1, &up_dropped, failure) ||
		!csv_numbers(csv, COLUMN_DOWN_DROPPED, 1, &down_dropped, failure) ||
		!csv_numbers(csv, COLUMN_UP_BYTES, 1, &up_bytes, failure) ||
		!csv_numbers(csv, COLUMN_DOWN_BYTES, 1, &down_bytes, failure))
		return false;
	rank->dropped = up_dropped + down_dropped;
	rank->bytes = up_bytes + down_bytes;
	rank->place = csv_place(csv);
	return true;
}

static bool choose(struct selection *selection, struct csv *csv, struct failure *failure)
{
	struct rank rank;
	int more;

	for (; (more = csv_next(csv, failure)) == 1; selection->total++) {
		if (!read_rank(csv, &rank, failure))
			return false;
		offer(selection, &rank);
	}
	qsort(selection->ranks, selection->count, sizeof(rank), by_place);
	return more == 0;
}

static void write_row(FILE *page, const struct csv *csv, bool first)
{
	fputs(first ? "\n" : ",\n", page);
	for (size_t i = 0; i < csv_columns(csv); i++) {
		putc_unlocked(i ? ',' : '[', page);
		block_value(page, csv_field(csv, i));
	}
	putc_unlocked(']', page);
}

static bool write_chosen(
	FILE *page, const struct selection *selection, struct csv *csv, struct failure *failure)
{
	for (size_t i = 0; i < selection->count; i++) {
		csv_go(csv, selection->ranks[i].place);
		if (csv_next(csv, failure) != 1)
			return false;
		write_row(page, csv, i == 0);
	}
	return true;
}

static bool write_block(
	FILE *page, struct selection *selection, struct csv *csv, struct failure *failure)
{
	bool good;

	if (!choose(selection, csv, failure))
		return false;
	block_begin(page, "flows");
	fprintf(page,
		"{\"total\":%llu,\"shown\":%zu,\"columns\":", (unsigned long long)selection->total,
		selection->count);
	for (size_t i = 0; i < csv_columns(csv); i++) {
		putc_unlocked(i ? ',' : '[', page);
		block_string(page, csv_title(csv, i));
	}
	fputs("],\"rows\":[", page);
	good = write_chosen(page, selection, csv, failure);
	fputs("]}", page);
	block_end(page);
	return good || failure_set(failure, EXIT_BAD_INPUT, "flows.csv changed while it was read");
}

bool flows_block(FILE *page, const char *folder, struct failure *failure)
{
	struct selection *selection = calloc(1, sizeof(*selection));
	struct csv *csv = csv_open(folder, "flows.csv", header, failure);
	bool good = false;

	if (!selection)
		failure_set(failure, EXIT_REFUSED, "out of memory");
	else if (csv)
		good = write_block(page, selection, csv, failure);
	csv_close(csv);
	free(selection);
	return good;
}
