/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/agenda.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

struct entry {
	uint64_t time_ns, number;
	agenda_call *call;
	void *who, *what;
};

/* A binary heap. */
struct agenda {
	uint64_t now_ns, numbers;
	struct entry *heap;
	size_t count, room;
};

struct agenda *agenda_new(uint64_t begin_ns)
{
	struct agenda *agenda = calloc(1, sizeof(*agenda));

	if (!agenda)
		abort();
	agenda->now_ns = begin_ns;
	return agenda;
}

void agenda_free(struct agenda *agenda)
{
	if (!agenda)
		return;
	free(agenda->heap);
	free(agenda);
}

uint64_t agenda_now(const struct agenda *agenda)
{
	return agenda->now_ns;
}

static bool is_before(const struct entry *a, const struct entry *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->number < b->number;
}

void agenda_add(struct agenda *agenda, uint64_t time_ns, agenda_call *call, void *who, void *what)
{
	struct entry entry = {time_ns, agenda->numbers++, call, who, what};
	size_t at = agenda->count++;

	if (at == agenda->room) {
		agenda->room = agenda->room ? agenda->room * 2 : 256;
		agenda->heap = realloc(agenda->heap, agenda->room * sizeof(*agenda->heap));
		if (!agenda->heap)
			abort();
	}
	for (; at && is_before(&entry, &agenda->heap[(at - 1) / 2]); at = (at - 1) / 2)
		agenda->heap[at] = agenda->heap[(at - 1) / 2];
	agenda->heap[at] = entry;
}

static struct entry take_first(struct agenda *agenda)
{
	struct entry first = agenda->heap[0], last = agenda->heap[--agenda->count];
	size_t at = 0, next;

	while ((next = at * 2 + 1) < agenda->count) {
		if (next + 1 < agenda->count &&
			is_before(&agenda->heap[next + 1], &agenda->heap[next]))
			next++;
		if (!is_before(&agenda->heap[next], &last))
			break;
		agenda->heap[at] = agenda->heap[next];
		at = next;
	}
	agenda->heap[at] = last;
	return first;
}

bool agenda_step(struct agenda *agenda)
{
	struct entry entry;

	if (!agenda->count)
		return false;
	entry = take_first(agenda);
	if (entry.time_ns > agenda->now_ns)
		agenda->now_ns = entry.time_ns;
	entry.call(entry.who, entry.what);
	return true;
}

/* An entry that is early because the alarm was put off goes back into the agenda. */
static void go_off(void *who, void *what)
{
	struct alarm *alarm = who;
	uint64_t now_ns = alarm->agenda->now_ns;

	if (alarm->queued_ns != now_ns)
		return; /* another, earlier entry was made since */
	alarm->queued_ns = 0;
	if (!alarm->due_ns)
		return;
	if (alarm->due_ns > now_ns) {
		alarm_set(alarm, alarm->due_ns);
		return;
	}
	alarm->due_ns = 0;
	alarm->ring(alarm->who);
}

void alarm_set(struct alarm *alarm, uint64_t due_ns)
{
	if (due_ns < alarm->agenda->now_ns)
		due_ns = alarm->agenda->now_ns;
	alarm->due_ns = due_ns;
	if (alarm->queued_ns && alarm->queued_ns <= due_ns)
		return;
	alarm->queued_ns = due_ns;
	agenda_add(alarm->agenda, due_ns, go_off, alarm, NULL);
}

void alarm_off(struct alarm *alarm)
{
	alarm->due_ns = 0;
}
