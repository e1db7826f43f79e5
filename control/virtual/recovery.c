/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/virtual/recovery.h"

#include <math.h>

enum { LATER_SEGMENTS = 3 };

static uint64_t now(const struct flight *flight)
{
	return agenda_now(flight->timeout.agenda);
}

/* RFC 8985 section 6.2 step 4, for paths that were never seen to reorder. */
static uint64_t reordering_ns(const struct flight *flight)
{
	uint64_t quarter = flight->min_rtt_ns / 4;

	if (flight->state != FLIGHT_OPEN || flight->sacked >= LATER_SEGMENTS)
		return 0;
	return quarter < flight->srtt_ns ? quarter : flight->srtt_ns;
}

struct losses {
	uint32_t lost, again; /* again: of what was sent more than once */
	uint64_t wait_ns;     /* until the next one may be known to be, 0 none */
};

/* Section 6.2 step 5: lost is what was sent before something that was delivered, and long ago. */
static struct losses mark_lost(struct flight *flight)
{
	uint64_t now_ns = now(flight), limit_ns = flight->newest_rtt_ns + reordering_ns(flight);
	struct losses losses = {0};

	for (size_t i = 0; i < flight->count; i++) {
		struct flight_segment *segment = flight_segment(flight, i);

		if (segment->state != SEGMENT_FLYING || segment->sent_ns > flight->newest_ns)
			continue;
		/* Sent in the same instant: the order in the stream is that of sending. */
		if (segment->sent_ns == flight->newest_ns && segment->start >= flight->newest_start)
			continue;
		if (now_ns - segment->sent_ns >= limit_ns) {
			segment->state = SEGMENT_LOST;
			flight->flying--;
			losses.lost++;
			losses.again += segment->times > 1;
		} else if (segment->sent_ns + limit_ns - now_ns > losses.wait_ns) {
			losses.wait_ns = segment->sent_ns + limit_ns - now_ns;
		}
	}
	return losses;
}

static void begin(struct flight *flight)
{
	struct congestion *congestion = &flight->congestion;

	flight->window_before = congestion->window;
	congestion->threshold = congestion->kind->reduced(congestion, now(flight));
	flight->reduction_delivered = 0;
	flight->reduction_sent = 0;
	flight->high = flight->next;
	flight->state = FLIGHT_RECOVERY;
	flight->probe_high = 0;
	flight->probe_ns = 0;
}

static void end(struct flight *flight)
{
	if (flight->state == FLIGHT_RECOVERY && !flight->congestion.kind->own_window)
		flight->congestion.window = flight->congestion.threshold;
	flight->state = FLIGHT_OPEN;
}

/* RFC 6937 with the slow-start bound, as Linux does it. */
static void reduce_in_proportion(struct flight *flight, uint32_t delivered, uint32_t lost)
{
	struct congestion *congestion = &flight->congestion;
	double room = congestion->threshold - flight->flying, more;

	flight->reduction_delivered += delivered;
	if (room < 0) {
		more = ceil(congestion->threshold * flight->reduction_delivered /
			       flight->window_before) -
		       flight->reduction_sent;
	} else {
		more = fmax(
			(double)flight->reduction_delivered - flight->reduction_sent, delivered);
		more += !lost && delivered;
		more = fmin(room, more);
	}
	more = fmax(more, flight->reduction_sent ? 0 : 1);
	congestion->window = flight->flying + more;
}

static void take_losses(struct flight *flight, uint32_t delivered)
{
	struct losses losses = mark_lost(flight);

	alarm_off(&flight->reorder);
	if (losses.wait_ns)
		alarm_set(&flight->reorder, now(flight) + losses.wait_ns);
	if (losses.lost &&
		(flight->state == FLIGHT_OPEN || (flight->state == FLIGHT_LOSS && losses.again)))
		begin(flight);
	if (flight->state == FLIGHT_RECOVERY && !flight->congestion.kind->own_window)
		reduce_in_proportion(flight, delivered, losses.lost);
}

void recovery_look(struct flight *flight, uint32_t delivered)
{
	take_losses(flight, delivered);
}

void recovery_acked(struct flight *flight, const struct congestion_ack *told)
{
	const struct congestion_kind *kind = flight->congestion.kind;
	struct congestion_ack copy = *told;

	if (flight->state != FLIGHT_OPEN && flight->una >= flight->high)
		end(flight);
	take_losses(flight, told->acked);
	copy.lossy = flight->state != FLIGHT_OPEN;
	if (told->acked && (kind->own_window || flight->state != FLIGHT_RECOVERY))
		kind->acked(&flight->congestion, &copy);
}

void recovery_time_out(struct flight *flight)
{
	struct congestion *congestion = &flight->congestion;

	if (flight->state == FLIGHT_OPEN || (flight->state == FLIGHT_LOSS && !flight->timeouts)) {
		congestion->threshold = congestion->kind->reduced(congestion, now(flight));
		congestion->kind->timed_out(congestion);
	}
	for (size_t i = 0; i < flight->count; i++) {
		struct flight_segment *segment = flight_segment(flight, i);

		if (segment->state == SEGMENT_FLYING)
			segment->state = SEGMENT_LOST;
	}
	flight->flying = 0;
	congestion->window = 1;
	flight->pace_ns = 0;
	flight->high = flight->next;
	flight->state = FLIGHT_LOSS;
}

void recovery_reduce(struct flight *flight)
{
	struct congestion *congestion = &flight->congestion;

	congestion->threshold = congestion->kind->reduced(congestion, now(flight));
	if (!congestion->kind->own_window)
		congestion->window = congestion->threshold;
}
