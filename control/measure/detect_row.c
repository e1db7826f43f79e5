/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/measure/detect_row.h"

#include "control/flow_line.h"

#include <jansson.h>
#include <math.h>

static void set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

/* A number, or null when it is not known. */
static json_t *known(double value)
{
	return value > 0 && isfinite(value) ? json_integer((json_int_t)(value + 0.5)) : json_null();
}

static json_t *interval(double low, double high)
{
	return low > 0 && high > 0 ? json_pack("[o, o]", known(low), known(high)) : json_null();
}

static void describe(json_t *object, const struct judgement *judgement)
{
	set(object, "verdict", json_string(measured_words[judgement->verdict]));
	set(object, "reason", json_string(measured_whys[judgement->why]));
	set(object, "rate_bps", known(judgement->rate_bps));
	set(object, "rate_bps_ci", interval(judgement->rate_low, judgement->rate_high));
	set(object, "burst_bytes", known(judgement->burst_bytes));
	set(object, "burst_bytes_ci", interval(judgement->burst_low, judgement->burst_high));
	set(object, "layer",
		judgement->rate_bps > 0 ? json_string(layer_words[judgement->layer]) : json_null());
	set(object, "explained", json_real(judgement->explained));
	set(object, "packets", json_integer(judgement->packets));
	set(object, "losses", json_integer(judgement->losses));
	set(object, "threshold_packets", known((double)judgement->threshold_packets));
	set(object, "threshold_bytes", known((double)judgement->threshold_bytes));
	set(object, "begin_ns", json_integer((json_int_t)judgement->begin_ns));
	set(object, "end_ns", json_integer((json_int_t)judgement->end_ns));
}

static json_t *address(const uint8_t *bytes, uint8_t ip_version)
{
	struct csv_line line = {0};

	flow_put_address(&line, bytes, ip_version);
	return json_stringn(line.text, line.used);
}

bool detect_row_json(const struct flow_journals *flow, enum direction direction,
	const struct judgements *judgements, FILE *out)
{
	json_t *object = json_object(), *bursts = json_array();
	bool good;

	set(object, "proto", json_string(flow->proto == PROTO_TCP ? "tcp" : "udp"));
	set(object, "client", address(flow->client, flow->ip_version));
	set(object, "client_port", json_integer(flow->client_port));
	set(object, "server", address(flow->server, flow->ip_version));
	set(object, "server_port", json_integer(flow->server_port));
	set(object, "direction", json_string(direction == DIRECTION_UP ? "up" : "down"));
	set(object, "vantage", json_string(vantage_words[flow->journals[direction].vantage]));
	describe(object, &judgements->whole);
	for (size_t i = 0; i < judgements->count; i++) {
		json_t *burst = json_object();

		describe(burst, &judgements->bursts[i]);
		json_array_append_new(bursts, burst);
	}
	set(object, "segments", bursts);
	good = object && !json_dumpf(object, out, JSON_COMPACT | JSON_REAL_PRECISION(4));
	json_decref(object);
	fputc('\n', out);
	return good;
}

void detect_row_header(FILE *out)
{
	fprintf(out, "%-22s %-22s %-4s %-16s %12s %-7s %10s %7s %7s  %s\n", "client", "server",
		"way", "verdict", "rate bit/s", "layer", "burst B", "packets", "lost", "reason");
}

static const char *end_text(
	struct csv_line *line, const uint8_t *bytes, uint8_t ip_version, uint16_t port)
{
	line->used = 0;
	if (ip_version == 6)
		csv_put_char(line, '[');
	flow_put_address(line, bytes, ip_version);
	csv_put_text(line, ip_version == 6 ? "]:" : ":");
	csv_put_digits(line, port);
	csv_put_char(line, '\0');
	return line->text;
}

static void put_judgement(const struct judgement *judgement, FILE *out)
{
	fprintf(out, "%-16s ", measured_words[judgement->verdict]);
	if (judgement->rate_bps > 0)
		fprintf(out, "%12.0f %-7s ", judgement->rate_bps, layer_words[judgement->layer]);
	else
		fprintf(out, "%12s %-7s ", "-", "-");
	if (judgement->burst_bytes > 0)
		fprintf(out, "%10.0f ", judgement->burst_bytes);
	else
		fprintf(out, "%10s ", "-");
	fprintf(out, "%7u %7u  %s\n", judgement->packets, judgement->losses,
		measured_whys[judgement->why]);
}

void detect_row_table(const struct flow_journals *flow, enum direction direction,
	const struct judgements *judgements, FILE *out)
{
	struct csv_line client, server;

	fprintf(out, "%-22s %-22s %-4s ",
		end_text(&client, flow->client, flow->ip_version, flow->client_port),
		end_text(&server, flow->server, flow->ip_version, flow->server_port),
		direction == DIRECTION_UP ? "up" : "down");
	put_judgement(&judgements->whole, out);
	for (size_t i = 0; judgements->count > 1 && i < judgements->count; i++) {
		const struct judgement *burst = &judgements->bursts[i];

		fprintf(out, "  %-20s %-28.3f ", "burst at s",
			(double)(burst->begin_ns - judgements->whole.begin_ns) / 1e9);
		put_judgement(burst, out);
	}
}
