/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/achieved.h"

#include <math.h>

#define SECOND 1e9

typedef unsigned long long ull;

enum { TIME_FREE_NS = 1000 * 1000 };

static bool has_plan(const struct achieved *achieved)
{
	return achieved->plan.packets != UINT64_MAX && !achieved->stopped;
}

bool achieved_enough(const struct achieved *achieved)
{
	const struct sender_counts *counts = achieved->counts;
	double lost = (double)(counts->full + counts->too_long + counts->refused);
	double late;

	if (lost > achieved->tolerance * (double)(counts->sent + lost))
		return false;
	if (!has_plan(achieved))
		return true;
	if ((double)counts->sent < (double)achieved->plan.packets * (1 - achieved->tolerance))
		return false;
	late = (double)counts->ran_ns - (double)achieved->plan.last_ns;
	return achieved->flat ||
	       fabs(late) <= TIME_FREE_NS + achieved->tolerance * (double)achieved->plan.last_ns;
}

static double per_second(uint64_t count, uint64_t ns)
{
	return ns ? (double)count * SECOND / (double)ns : 0;
}

static void print_errors(const char *what, const struct histogram *errors, FILE *out)
{
	fprintf(out, "  %-24s p50 %llu ns, p99 %llu ns, p99.9 %llu ns, max %llu ns\n", what,
		(ull)histogram_at(errors, 0.5), (ull)histogram_at(errors, 0.99),
		(ull)histogram_at(errors, 0.999), (ull)errors->most);
}

static void print_punctuality(const struct punctuality *punctuality, FILE *out)
{
	const struct punctuality_kept *all = &punctuality->all;

	if (!all->error.count)
		return;
	print_errors("error", &all->error, out);
	print_errors("error without stalls", &punctuality->calm.error, out);
	print_errors("error of gaps", &all->gap, out);
	print_errors("  without stalls", &punctuality->calm.gap, out);
	fprintf(out, "  later than %d ns         %.3f %% of packets; %.3f %% without stalls\n",
		PUNCTUALITY_LATE_NS, 100.0 * (double)all->late / (double)all->error.count,
		punctuality->calm.error.count ? 100.0 * (double)punctuality->calm.late /
							(double)punctuality->calm.error.count
					      : 0.0);
	fprintf(out, "  drift                    %.3f ppm\n", punctuality_drift_ppm(punctuality));
	fprintf(out, "  stalls                   %llu, %.3f ms in all, the longest %.3f ms\n",
		(ull)punctuality->stalls, (double)punctuality->stalled_ns / 1e6,
		(double)punctuality->longest_stall_ns / 1e6);
}

void achieved_print(const struct achieved *achieved, FILE *out)
{
	const struct sender_counts *counts = achieved->counts;
	const struct pace_plan *plan = &achieved->plan;

	if (has_plan(achieved))
		fprintf(out, "asked: %llu packets, %llu bytes in %.6f s\n", (ull)plan->packets,
			(ull)plan->bytes, (double)plan->last_ns / SECOND);
	fprintf(out, "sent:  %llu packets, %llu bytes in %.6f s: %.0f packets/s, %.0f bit/s\n",
		(ull)counts->sent, (ull)counts->bytes, (double)counts->ran_ns / SECOND,
		per_second(counts->sent, counts->ran_ns),
		per_second(counts->wire_bytes * 8, counts->ran_ns));
	if (counts->full + counts->too_long + counts->refused)
		fprintf(out,
			"not sent: %llu port full, %llu too long for the port, %llu out of scope\n",
			(ull)counts->full, (ull)counts->too_long, (ull)counts->refused);
	print_punctuality(achieved->punctuality, out);
}

static json_t *errors_json(const struct histogram *errors)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)errors->count, "p50",
		(json_int_t)histogram_at(errors, 0.5), "p99",
		(json_int_t)histogram_at(errors, 0.99), "p999",
		(json_int_t)histogram_at(errors, 0.999), "max", (json_int_t)errors->most);
}

static json_t *kept_json(const struct punctuality_kept *kept)
{
	return json_pack("{s:o, s:o, s:I}", "error_ns", errors_json(&kept->error), "gap_error_ns",
		errors_json(&kept->gap), "late", (json_int_t)kept->late);
}

static json_t *asked_json(const struct achieved *achieved)
{
	const struct pace_plan *plan = &achieved->plan;

	if (plan->packets == UINT64_MAX)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "packets", (json_int_t)plan->packets, "bytes",
		(json_int_t)plan->bytes, "wire_bytes", (json_int_t)plan->wire_bytes, "duration_ns",
		(json_int_t)plan->last_ns);
}

json_t *achieved_json(const struct achieved *achieved)
{
	const struct sender_counts *counts = achieved->counts;
	const struct punctuality *punctuality = achieved->punctuality;
	json_t *json = json_pack("{s:o, s:b, s:b}", "asked", asked_json(achieved), "stopped",
		achieved->stopped, "within_tolerance", achieved_enough(achieved));

	json_object_set_new(json, "sent",
		json_pack("{s:I, s:I, s:I, s:I, s:f, s:f}", "packets", (json_int_t)counts->sent,
			"bytes", (json_int_t)counts->bytes, "wire_bytes",
			(json_int_t)counts->wire_bytes, "duration_ns", (json_int_t)counts->ran_ns,
			"pps", per_second(counts->sent, counts->ran_ns), "bps",
			per_second(counts->wire_bytes * 8, counts->ran_ns)));
	json_object_set_new(json, "not_sent",
		json_pack("{s:I, s:I, s:I}", "full", (json_int_t)counts->full, "too_long",
			(json_int_t)counts->too_long, "out_of_scope", (json_int_t)counts->refused));
	json_object_set_new(json, "all", kept_json(&punctuality->all));
	json_object_set_new(json, "calm", kept_json(&punctuality->calm));
	json_object_set_new(json, "drift_ppm", json_real(punctuality_drift_ppm(punctuality)));
	json_object_set_new(json, "stalls",
		json_pack("{s:I, s:I, s:I}", "count", (json_int_t)punctuality->stalls, "ns",
			(json_int_t)punctuality->stalled_ns, "longest_ns",
			(json_int_t)punctuality->longest_stall_ns));
	return json;
}
