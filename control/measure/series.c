/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice measure series: what happened to each flow, stretch of time by stretch of time. */
#include "control/commands.h"
#include "control/measure/bins.h"
#include "control/measure/passage.h"
#include "control/units.h"

#include <stddef.h>

struct series_options {
	const char *bin;
	bool json;
};

static const struct option_row options[] = {
	{"--bin", 0, OPTION_TEXT, "TIME", "length of a row, as in 20ms (default 100ms)",
		offsetof(struct series_options, bin), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "an object a line instead of CSV",
		offsetof(struct series_options, json), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

static void on_time(void *context, uint64_t now_ns)
{
	bins_time(context, now_ns);
}

static void on_packet(void *context, struct connection *connection, enum direction direction,
	const struct packet *packet)
{
	bins_packet(context, connection, direction, packet);
}

static void on_news(void *context, struct connection *connection, enum direction direction,
	const struct track_event *event)
{
	bins_heard(context, connection, direction, event);
}

static void on_end(void *context, struct connection *connection)
{
	bins_ended(context, connection);
}

static bool write_series(const struct series_options *given, const struct option_list *captures,
	uint64_t bin_ns, struct failure *failure)
{
	struct bins *bins = bins_begin(&(struct bins_options){bin_ns, given->json, stdout});
	const struct passage_listener listener = {
		.connections = {on_packet, on_news, on_end, bins}, .time = on_time};
	struct warnings warnings = {0};
	struct passage_totals totals = {0};
	bool good = bins &&
		    passage_run(captures, "measure series", &listener, &totals, &warnings, failure);

	if (bins && !bins_end(bins))
		good = false;
	passage_print_warnings(&warnings);
	return good || failure_set(failure, EXIT_REFUSED, "out of memory");
}

static bool read_bin(const struct series_options *given, uint64_t *bin_ns, struct failure *failure)
{
	char why[UNITS_WHY];

	*bin_ns = 100 * 1000 * 1000;
	if (given->bin && !units_parse(given->bin, QUANTITY_DURATION, bin_ns, why))
		return failure_set(failure, EXIT_BAD_INPUT, "--bin %s: %s", given->bin, why);
	return *bin_ns >= 1000 ||
	       failure_set(failure, EXIT_BAD_INPUT, "--bin %s: at least 1us", given->bin);
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct series_options given = {0};
	struct option_list captures = {0};
	uint64_t bin_ns;

	if (options_parse(&command_measure_series, argc, argv, &given, &captures, failure) == 0 &&
		read_bin(&given, &bin_ns, failure)) {
		if (captures.count)
			write_series(&given, &captures, bin_ns, failure);
		else
			failure_set(failure, EXIT_BAD_INPUT,
				"measure series: give a capture (see `sluice measure series "
				"--help`)");
	}
	options_free(&command_measure_series, &given, &captures);
	return failure->exit_code;
}

const struct command command_measure_series = {
	.name = "measure series",
	.synopsis = "CAPTURE... [--bin TIME] [--json]",
	.help = "goodput, losses, round trips of each flow, in bins",
	.details = "A row for each flow and direction with packets in the bin, as CSV or JSON.\n\n"
		   "vantage: where the capture was taken, seen from this direction's data (sender, "
		   "receiver,\nmiddle), as far as is known by then. goodput_bps: payload that was "
		   "acknowledged in\nthe bin, or (next to the receiver, and for UDP) that came by "
		   "for the first time.\nlost_after and lost_before: lost behind the capture and "
		   "before it, counted when the data\nis sent again; not_lost: of these, what "
		   "turned out to have arrived. missed_bytes: the\nreceiver has them, the capture "
		   "has not. rtt_ns: from the capture to the receiver\nand back. window_bytes_min: "
		   "empty where the handshake was not seen.\n",
	.options = options,
	.run = run,
};
