/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice doctor: what this machine lacks for `sluice run`, with the commands that mend it. */
#include "control/commands.h"
#include "control/cores.h"
#include "control/doctor/checks.h"

#include "dataplane/io/box.h"

#include <stdlib.h>

struct doctor_options {
	struct option_list ports;
	const char *cores, *lab;
	uint64_t memory;
	bool no_huge, json;
};

static const struct option_row options[] = {
	{"--port", 'p', OPTION_LIST, "PORT", "a port that `sluice run` would get",
		offsetof(struct doctor_options, ports), 0, 0},
	{"--cores", 'l', OPTION_TEXT, "LIST", "cores that its workers would get, as in 1,2 or 2-5",
		offsetof(struct doctor_options, cores), 0, 0},
	{"--lab", 0, OPTION_TEXT, "NAME", "the name that it would get",
		offsetof(struct doctor_options, lab), 0, 0},
	{"--memory", 0, OPTION_COUNT, "MB", "memory for packets that it would get",
		offsetof(struct doctor_options, memory), 16, 1 << 20},
	{"--no-huge", 0, OPTION_FLAG, NULL, "it would not use huge pages",
		offsetof(struct doctor_options, no_huge), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "print the findings as JSON",
		offsetof(struct doctor_options, json), 0, 0},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

static bool read_ports(
	const struct doctor_options *given, struct checkup_port *ports, struct failure *failure)
{
	if (given->ports.count > BOX_PORTS_MAX)
		return failure_set(
			failure, EXIT_BAD_INPUT, "doctor: at most %d ports", BOX_PORTS_MAX);
	for (size_t i = 0; i < given->ports.count; i++) {
		struct trouble trouble = {0};

		ports[i].text = given->ports.items[i];
		ports[i].kind = port_parse(ports[i].text, &ports[i].rest, &trouble);
		if (!ports[i].kind)
			return failure_set(failure, EXIT_BAD_INPUT, "%s", trouble.line);
	}
	return true;
}

static bool print(const struct check_results *results, bool json)
{
	json_t *object;
	bool good;

	if (!json) {
		results_print(results, stdout);
		return true;
	}
	object = json_pack(
		"{s:b, s:o}", "good", !results_failed(results), "findings", results_json(results));
	good = json_dumpf(object, stdout, JSON_INDENT(2)) == 0 && puts("") >= 0;
	json_decref(object);
	return good;
}

/* The exit code. */
static int examine(const struct doctor_options *given, struct failure *failure)
{
	static const struct host host = {"", &host_kernel};
	struct checkup_port ports[BOX_PORTS_MAX];
	struct check_results results = {0};
	struct cores cores = {0};
	struct checkup checkup = {
		.host = &host,
		.results = &results,
		.ports = ports,
		.port_count = given->ports.count,
		.cores = cores.list,
		.lab = given->lab,
		.memory_mb = given->memory,
		.no_huge = given->no_huge,
	};
	int answer;

	if (!read_ports(given, ports, failure) ||
		(given->cores && !cores_read(&cores, "--cores", given->cores, failure)))
		return failure->exit_code;
	checkup.core_count = cores.count;
	checkup_examine(&checkup);
	answer = results_failed(&results) ? EXIT_ANSWER_NO : EXIT_DONE;
	print(&results, given->json);
	results_free(&results);
	return answer;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct doctor_options given = {0};
	int parsed = options_parse(&command_doctor, argc, argv, &given, NULL, failure);
	int answer = parsed == 0 ? examine(&given, failure) : failure->exit_code;

	options_free(&command_doctor, &given, NULL);
	return answer;
}

const struct command command_doctor = {
	.name = "doctor",
	.synopsis = "[-p PORT...] [-l CORES] [options]",
	.help = "say what this machine lacks for `sluice run`, and how to mend it",
	.details =
		"Give it the options that `sluice run` would get: it exits 1 exactly when run "
		"would refuse\nthem on this machine. Without ports it looks at the machine alone.\n"
		"A result is ok, unknown (cannot be read here), warn (works, but) or fail.",
	.options = options,
	.run = run,
};
