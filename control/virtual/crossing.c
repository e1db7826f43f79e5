/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/crossing.h"

#include "dataplane/pipeline.h"
#include "dataplane/prng.h"
#include "dataplane/reset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS 1000000000ull

enum { FLOWS_MAX = 1 << 20, HOLD_MAX = 1 << 18 };

/* A packet that the box holds. */
struct waiting {
	struct cargo *cargo;
	struct held held;
};

struct crossing {
	struct crossing_setup setup;
	struct prefixes *inside;
	struct pipeline *pipeline; /* NULL: no box */
	uint64_t free_ns[2];       /* of each link: when what is queued has left */
	uint64_t sent, packets;
};

static void flow_ended(void *context, const struct flow_ended *ended)
{
}

static bool make_box(struct crossing *crossing)
{
	struct pipeline_options options = {
		.seed = crossing->setup.seed,
		.table_seed = 1,
		.flows = FLOWS_MAX,
		.hold = HOLD_MAX,
		.ports = 1,
		.growing = true,
		.ended = flow_ended,
	};

	if (!crossing->setup.rules)
		return true;
	crossing->inside = prefixes_private();
	options.ruleset = rules_compiled(crossing->setup.rules);
	options.inside = crossing->inside;
	crossing->pipeline = pipeline_new(&options);
	return crossing->pipeline;
}

struct crossing *crossing_new(const struct crossing_setup *setup)
{
	struct crossing *crossing = calloc(1, sizeof(*crossing));

	if (!crossing)
		return NULL;
	crossing->setup = *setup;
	if (make_box(crossing))
		return crossing;
	crossing_free(crossing);
	return NULL;
}

void crossing_free(struct crossing *crossing)
{
	if (!crossing)
		return;
	pipeline_free(crossing->pipeline);
	prefixes_free(crossing->inside);
	free(crossing);
}

struct cargo *crossing_cargo(uint32_t room)
{
	struct cargo *cargo = malloc(sizeof(*cargo) + room);

	if (!cargo)
		abort();
	memset(cargo, 0, sizeof(*cargo));
	return cargo;
}

static bool from_inside(const struct crossing *crossing, const struct cargo *cargo)
{
	return (cargo->side == SIDE_CLIENT) == crossing->setup.client_inside;
}

/* Before the box and behind it. */
static uint64_t way_ns(const struct crossing *crossing, const struct cargo *cargo, bool behind)
{
	uint64_t way = crossing->setup.rtt_ns / 2;

	return from_inside(crossing, cargo) == behind ? way - way / 4 : way / 4;
}

static void witnessed(struct crossing *crossing, const struct cargo *cargo, unsigned side)
{
	if (crossing->setup.witnesses[side])
		witness_see(crossing->setup.witnesses[side], agenda_now(crossing->setup.agenda),
			cargo->bytes, cargo->len);
}

static void arrive(void *who, void *what)
{
	struct crossing *crossing = who;
	struct cargo *cargo = what;

	witnessed(crossing, cargo, !cargo->side);
	if (cargo->account && !cargo->made && cargo->step == cargo->account->step)
		cargo->account->step_arrived++;
	crossing->setup.arrive(cargo);
	free(cargo);
}

/* Out of the box. */
static void set_out(void *who, void *what)
{
	struct crossing *crossing = who;
	struct cargo *cargo = what;
	uint64_t now_ns = agenda_now(crossing->setup.agenda);

	if (crossing->setup.capture)
		pcapng_write(crossing->setup.capture, 0, now_ns, cargo->bytes, cargo->len,
			cargo->len, NULL, 0);
	if (cargo->fake)
		free(cargo);
	else
		agenda_add(crossing->setup.agenda, now_ns + way_ns(crossing, cargo, true), arrive,
			crossing, cargo);
}

static void pass(struct crossing *crossing, struct cargo *cargo)
{
	struct account *account = cargo->account;

	account->passed[cargo->side]++;
	account->after += account->marked;
	set_out(crossing, cargo);
}

static void leave(void *who, void *what)
{
	struct crossing *crossing = who;
	struct waiting *waiting = what;

	pipeline_release(crossing->pipeline, &waiting->held, DROP_NONE);
	pass(crossing, waiting->cargo);
	free(waiting);
}

static void keep(struct crossing *crossing, struct cargo *cargo, const struct packet *packet,
	const struct verdict *verdict)
{
	struct waiting *waiting = malloc(sizeof(*waiting));
	uint64_t delay_ns = verdict->leaves_ns - packet->time_ns;

	if (!waiting)
		abort();
	waiting->cargo = cargo;
	waiting->held = pipeline_held(crossing->pipeline, packet, verdict);
	cargo->account->held++;
	if (delay_ns > cargo->account->delay_ns)
		cargo->account->delay_ns = delay_ns;
	agenda_add(crossing->setup.agenda, verdict->leaves_ns, leave, crossing, waiting);
}

/* What the box sends in answer. */
static void answer(struct crossing *crossing, const struct cargo *cargo,
	const struct packet *packet, const struct verdict *verdict)
{
	const struct reset *reset = verdict->reset;
	unsigned count = reset ? reset_count(reset) : 0;

	for (unsigned n = 0; n < count; n++) {
		struct cargo *made = crossing_cargo(RESET_BYTES_MAX);
		bool back;

		made->len = reset_make(verdict, packet, LINK_RAW_IP, n, made->bytes, &back);
		made->connection = cargo->connection;
		made->account = cargo->account;
		made->side = back ? !cargo->side : cargo->side;
		made->flags = TCP_RST;
		made->made = true;
		agenda_add(crossing->setup.agenda, verdict->leaves_ns + reset->delay_ns, set_out,
			crossing, made);
	}
}

static void note(struct account *account, const struct cargo *cargo, const struct verdict *verdict)
{
	account->offered[cargo->side]++;
	if (cargo->payload && cargo->step >= account->mark && account->mark)
		account->marked = true;
	account->rule = verdict->rule;
	account->master = verdict->master;
	account->app = verdict->app;
	if (!account->decided_at && verdict->flow && verdict->rule != RULE_UNDECIDED)
		account->decided_at = verdict->flow_packet;
}

static void at_box(void *who, void *what)
{
	struct crossing *crossing = who;
	struct cargo *cargo = what;
	struct verdict verdict, *into = &verdict;
	struct packet packet;
	const struct packet *one = &packet;

	packet_parse(&packet, LINK_RAW_IP, cargo->bytes, cargo->len, cargo->len);
	packet.index = ++crossing->packets;
	packet.time_ns = agenda_now(crossing->setup.agenda);
	packet.port = 0;
	pipeline_burst(crossing->pipeline, &one, &into, 1);
	note(cargo->account, cargo, &verdict);
	answer(crossing, cargo, &packet, &verdict);
	if (verdict.fate == FATE_HOLD) {
		keep(crossing, cargo, &packet, &verdict);
	} else if (verdict.fate == FATE_FORWARD) {
		pass(crossing, cargo);
	} else {
		cargo->account->dropped[cargo->side]++;
		free(cargo);
	}
}

static void at_no_box(void *who, void *what)
{
	struct crossing *crossing = who;
	struct cargo *cargo = what;

	cargo->account->offered[cargo->side]++;
	if (cargo->payload && cargo->step >= cargo->account->mark && cargo->account->mark)
		cargo->account->marked = true;
	pass(crossing, cargo);
}

void crossing_send(struct crossing *crossing, struct cargo *cargo)
{
	const struct crossing_setup *setup = &crossing->setup;
	uint64_t now_ns = agenda_now(setup->agenda), *free_ns = &crossing->free_ns[cargo->side];
	uint64_t backlog_ns = *free_ns > now_ns ? *free_ns - now_ns : 0;

	cargo->sent_ns = now_ns;
	witnessed(crossing, cargo, cargo->side);
	if (cargo->account->step == cargo->step)
		cargo->account->step_sent++;
	if (backlog_ns * (double)setup->rate / 8e9 + cargo->len > (double)setup->queue ||
		prng_hits(prng_draw(setup->seed ^ 0x6c6f7373, ++crossing->sent), setup->loss)) {
		free(cargo);
		return;
	}
	*free_ns = now_ns + backlog_ns + cargo->len * 8 * SECOND_NS / setup->rate;
	agenda_add(setup->agenda, *free_ns + way_ns(crossing, cargo, false),
		crossing->pipeline ? at_box : at_no_box, crossing, cargo);
}

const char *crossing_rule(const struct crossing *crossing, const struct account *account)
{
	if (!crossing->pipeline || account->rule == RULE_NONE || account->rule == RULE_UNDECIDED)
		return "none";
	return ruleset_rule_id(rules_compiled(crossing->setup.rules), account->rule);
}

void crossing_class(
	const struct crossing *crossing, const struct account *account, char *into, size_t size)
{
	const char *app;

	snprintf(into, size, "Unknown");
	if (!crossing->pipeline)
		return;
	app = account->app ? pipeline_app_name(crossing->pipeline, account->app) : "";
	snprintf(into, size, "%s%s%s", pipeline_app_name(crossing->pipeline, account->master),
		account->app ? "." : "", app);
}
