/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The path between clients and servers of the virtual lab: each side has a link with a rate and a
 * queue that drops at its tail; then, for a quarter of the way from inside and three quarters from
 * outside, the delay to the box; the box, which is the pipeline that replay and live runs have;
 * and the rest of the way.
 */
#ifndef SLUICE_CROSSING_H
#define SLUICE_CROSSING_H

#include "control/pcapng.h"
#include "control/rules.h"
#include "control/virtual/agenda.h"
#include "control/virtual/cargo.h"
#include "control/virtual/witness.h"

/* What became of a flow's packets at the box, by enum cargo_side where it is two. */
struct account {
	uint64_t offered[2], passed[2], dropped[2];
	uint64_t held;
	uint64_t delay_ns;   /* the longest */
	uint64_t decided_at; /* packet of the flow, 0 never */
	uint64_t after;      /* passed since the begin of the last message */
	uint64_t mark;       /* step of the last message */
	bool marked;         /* a packet of it has been at the box */
	uint64_t step_sent, step_arrived;
	uint32_t step;
	uint16_t rule;
	uint16_t master, app;
};

struct crossing_setup {
	struct agenda *agenda;
	const struct rules *rules; /* NULL: no box */
	uint64_t seed;
	uint64_t rtt_ns;
	uint64_t rate;  /* bit/s of each link */
	uint64_t queue; /* bytes */
	uint64_t loss;  /* share of 2^64 */
	bool client_inside;
	void (*arrive)(const struct cargo *cargo); /* at the other end */
	struct witness *witnesses[2];              /* beside the hosts of each side; NULL: nobody */
	struct pcapng *capture;                    /* gets what comes out of the box; NULL: none */
};

struct crossing;

/* NULL when memory cannot be had. */
struct crossing *crossing_new(const struct crossing_setup *setup);
void crossing_free(struct crossing *crossing);

/* Takes the cargo, which crossing_cargo() made. */
void crossing_send(struct crossing *crossing, struct cargo *cargo);

/* Room for so many bytes. Never NULL. */
struct cargo *crossing_cargo(uint32_t room);

/* Names for what is in an account; "none", "Unknown" when there is none. */
const char *crossing_rule(const struct crossing *crossing, const struct account *account);
void crossing_class(
	const struct crossing *crossing, const struct account *account, char *into, size_t size);

#endif
