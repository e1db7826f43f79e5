/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual time: what is to happen, in the order of its time and, at the same time, in the order in
 * which it was put down.
 */
#ifndef SLUICE_AGENDA_H
#define SLUICE_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

struct agenda;

typedef void agenda_call(void *who, void *what);

/* Never NULL: memory that is gone ends the program. */
struct agenda *agenda_new(uint64_t begin_ns);
void agenda_free(struct agenda *agenda); /* what is still to happen does not; NULL is fine */

uint64_t agenda_now(const struct agenda *agenda); /* ns */

/* time_ns: not before now. */
void agenda_add(struct agenda *agenda, uint64_t time_ns, agenda_call *call, void *who, void *what);

/* Lets the next thing happen; false when there is none. */
bool agenda_step(struct agenda *agenda);

/* A timer that is set again far more often than it goes off. Zeroed, it is off; its memory stays
 * where it is until the agenda is freed. */
struct alarm {
	struct agenda *agenda;
	void (*ring)(void *who);
	void *who;
	uint64_t due_ns;    /* 0: off */
	uint64_t queued_ns; /* of its entry in the agenda, 0: none */
};

void alarm_set(struct alarm *alarm, uint64_t due_ns);
void alarm_off(struct alarm *alarm);

#endif
