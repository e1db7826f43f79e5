/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One flow of a traffic script with both its hosts: goes through the steps, each over when what it
 * sent is there, or when it has waited long enough.
 */
#ifndef SLUICE_ACTOR_H
#define SLUICE_ACTOR_H

#include "control/virtual/connection.h"
#include "control/virtual/script.h"

/* How the last transfer, or the last step that sent anything, went. */
struct outcome {
	uint64_t begin_ns, end_ns; /* end: when it was there, or was given up */
	bool complete;
	bool transfer;
	bool sides[2];       /* transfer: which ends sent */
	bool frozen;         /* transfer: nothing came any more */
	bool open_loop;      /* transfer: datagrams at a steady rate */
	double goodput[2];   /* bit/s, by the end that sent */
	uint64_t arrived[2]; /* bytes, likewise */
};

struct actor_setup {
	struct agenda *agenda;
	struct crossing *crossing;
	const struct script *script;
	uint64_t seed;
	uint64_t rtt_ns;
	unsigned number;
	void (*finished)(void *who);
	void *who;
};

struct actor {
	struct actor_setup setup;
	size_t at;                      /* step */
	struct connection *connection;  /* at hand, NULL none */
	struct connection *connections; /* all */
	unsigned opened;
	struct alarm patience;               /* the step's end */
	struct alarm next;                   /* the next message or write of the step */
	bool (*done)(struct actor *actor);   /* the step is complete; NULL: only time ends it */
	void (*resume)(struct actor *actor); /* once the connection is there */
	uint64_t goals[2];                   /* of the streams, by the end that sends */
	uint64_t left[2];                    /* transfer: bytes still to be written */
	uint64_t progress_ns, progress;      /* transfer: when and how much came last */
	uint64_t written_ns;                 /* transfer: when the last byte was */
	unsigned said;                       /* messages of the step */
	bool greeted;                        /* transfer: what precedes it is sent */
	bool finished;
	struct outcome last, transfer; /* transfer: begin_ns 0 when there was none */
};

void actor_begin(struct actor *actor, const struct actor_setup *setup);
void actor_end(struct actor *actor);

/* For the files of the steps */

const struct script_step *actor_step(const struct actor *actor);

/* Makes sure that the connection at hand is of that kind, opens one if not, and goes on with
 * resume() when it is established; or ends the step after a while. */
void actor_need(struct actor *actor, bool udp, uint16_t port, void (*resume)(struct actor *actor));

/* Opens one as the step `connect` (or another, or NULL) says. */
void actor_open(struct actor *actor, const struct script_step *step, bool udp, uint16_t port);

/* Something has come to one of the ends of the connection. */
void actor_look(void *who);

/* Ends the step. */
void actor_over(struct actor *actor, bool complete);

/* Messages (messages.c) and transfers (transfer.c). */
void actor_say(struct actor *actor);
void actor_transfer(struct actor *actor);
void actor_transfer_ends(struct actor *actor, bool complete);
bool actor_is_datagram(const struct script_step *step);
uint16_t actor_port(const struct script_step *step);

/* All that was sent by streams up to the goals has been acknowledged. */
bool actor_acknowledged(struct actor *actor);

#define ACTOR_PATIENCE_NS 1000000000ull

#endif
