/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands about the rules of a lab: check, apply, show, diff, log, rollback, enable,
 * disable. */
#include "commands.h"
#include "list_file.h"
#include "manifest.h"
#include "protos.h"
#include "redis_options.h"
#include "rule_switch.h"
#include "rules.h"
#include "units.h"
#include "versions.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 5000, LOG_DEFAULT = 20, LOG_MAX = 10000 };

struct rules_options {
	struct redis_choice redis;
	const char *comment, *author, *wait, *protos;
	uint64_t version, follows, count;
	bool json;
};

/* One call of a command: its options, its arguments, its connection. */
struct call {
	struct rules_options options;
	struct option_list words;
	struct redis_target target;
	struct redis *redis;
	struct protos *protos;
	struct failure *failure;
};

#define ROWS_OF_ALL                                                \
	REDIS_OPTION_ROWS(struct rules_options),                   \
	{                                                          \
		"--json", 0, OPTION_FLAG, NULL, "print JSON",      \
			offsetof(struct rules_options, json), 0, 0 \
	}

#define ROWS_OF_CHECKERS                                                           \
	ROWS_OF_ALL,                                                               \
	{                                                                          \
		"--protos", 0, OPTION_TEXT, "FILE",                                \
			"protocols that the nodes are told of by the same option", \
			offsetof(struct rules_options, protos), 0, 0               \
	}

#define ROWS_OF_WRITERS                                                                      \
	{"--comment", 0, OPTION_TEXT, "TEXT", "why, for the log",                            \
		offsetof(struct rules_options, comment), 0, 0},                              \
		{"--author", 0, OPTION_TEXT, "NAME", "who, for the log (default: the user)", \
			offsetof(struct rules_options, author), 0, 0},                       \
		{"--follows", 0, OPTION_COUNT, "N",                                          \
			"refuse when another version than N is in force (default: any is "   \
			"followed)",                                                         \
			offsetof(struct rules_options, follows), 0, UINT64_MAX - 1},         \
	{                                                                                    \
		"--wait", 0, OPTION_TEXT, "TIME",                                            \
			"until every live node has applied or rejected it, at most so long", \
			offsetof(struct rules_options, wait), 0, 0                           \
	}

#define NO_FOLLOWS UINT64_MAX

static const struct option_row options_plain[] = {
	ROWS_OF_ALL, {NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0}};

static const struct option_row options_check[] = {
	ROWS_OF_CHECKERS, {NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0}};

static const struct option_row options_write[] = {
	ROWS_OF_CHECKERS, ROWS_OF_WRITERS, {NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0}};

static const struct option_row options_show[] = {
	ROWS_OF_ALL,
	{"--version", 0, OPTION_COUNT, "N", "that version (default: what is in force)",
		offsetof(struct rules_options, version), 1, UINT64_MAX - 1},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

static const struct option_row options_log[] = {
	ROWS_OF_ALL,
	{"--count", 'n', OPTION_COUNT, "N", "the last N versions (default 20)",
		offsetof(struct rules_options, count), 1, LOG_MAX},
	{NULL, 0, OPTION_FLAG, NULL, NULL, 0, 0, 0},
};

/* Parses, counts the words, connects when the command needs it, runs and cleans up. */
static int with_call(const struct command *command, int argc, char **argv, struct failure *failure,
	size_t words, bool connects, void (*run)(struct call *call))
{
	struct call call = {
		.failure = failure, .options = {.follows = NO_FOLLOWS, .count = LOG_DEFAULT}};
	bool good = options_parse(command, argc, argv, &call.options, &call.words, failure) == 0;

	if (good && call.words.count != words)
		good = failure_set(failure, EXIT_BAD_INPUT, "%s: usage: sluice %s %s",
			command->name, command->name, command->synopsis);
	good = good && protos_load(&call.protos, call.options.protos, false, failure);
	if (good && connects) {
		good = redis_target_read(&call.options.redis, &call.target, failure);
		if (good)
			call.redis = redis_target_connect(&call.target, WAIT_MS, failure);
		good = call.redis != NULL;
	}
	if (good)
		run(&call);
	redis_close(call.redis);
	protos_free(call.protos);
	options_free(command, &call.options, &call.words);
	return failure->exit_code;
}

static void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	putchar('\n');
	json_decref(value);
}

/* check */

static void check(struct call *call)
{
	const char *path = call->words.items[0];
	struct rules *rules = rules_load_file(path, NULL, 0, call->failure);
	unsigned count = rules ? rules_compiled(rules)->rule_count : 0;

	if (call->options.json)
		print_json(json_pack("{s:s, s:b, s:i, s:s}", "file", path, "good", rules != NULL,
			"rules", (int)count, "error", call->failure->line));
	else if (rules)
		printf("%s: good, %u rule%s\n", path, count, count == 1 ? "" : "s");
	rules_free(rules);
}

/* Writing: apply, rollback */

/* Given, else who runs this. */
static char *author_of(const struct call *call)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "", name[512];

	if (call->options.author)
		return strdup(call->options.author);
	gethostname(host, sizeof(host) - 1);
	snprintf(name, sizeof(name), "%s@%s", user ? user->pw_name : "somebody", host);
	return strdup(name);
}

/* As written there it is whole: no node can read files that lie beside it here. */
static bool check_document(
	const char *origin, const char *text, size_t len, struct failure *failure)
{
	struct rules *rules = rules_load_text(origin, text, len, NULL, 0, failure);

	rules_free(rules);
	return rules != NULL;
}

static bool read_wait(const struct call *call, uint64_t *wait_ns)
{
	char why[UNITS_WHY];

	*wait_ns = 0;
	if (!call->options.wait || units_parse(call->options.wait, QUANTITY_DURATION, wait_ns, why))
		return true;
	return failure_set(call->failure, EXIT_BAD_INPUT, "--wait %s: %s", call->options.wait, why);
}

static void tell_written(const struct call *call, const struct stored_ruleset *stored,
	uint64_t version, json_t *nodes)
{
	if (call->options.json) {
		print_json(json_pack("{s:s, s:I, s:s, s:o}", "lab", call->target.lab, "version",
			(json_int_t)version, "sha256", stored->sha256, "nodes", nodes));
		return;
	}
	printf("lab %s: version %" PRIu64 " is in force (%.12s)\n", call->target.lab, version,
		stored->sha256);
	versions_print(nodes, stdout);
	json_decref(nodes);
}

/* Takes the document, which `stored` owns. */
static void put_in_force(struct call *call, struct stored_ruleset *stored)
{
	uint64_t follows = call->options.follows, wait_ns;
	char sha256[65];
	json_t *nodes;

	if (!read_wait(call, &wait_ns))
		return;
	if (follows == NO_FOLLOWS &&
		!store_look(call->redis, call->target.lab, &follows, sha256, call->failure))
		return;
	manifest_sha256(stored->document, stored->len, stored->sha256);
	if (!store_write(call->redis, call->target.lab, follows, stored, call->failure))
		return;
	nodes = versions_wait(
		call->redis, call->target.lab, follows + 1, stored->sha256, wait_ns, call->failure);
	if (nodes)
		tell_written(call, stored, follows + 1, nodes);
}

static void apply(struct call *call)
{
	const char *path = call->words.items[0];
	struct stored_ruleset stored = {.author = author_of(call),
		.comment = strdup(call->options.comment ? call->options.comment : "")};

	stored.document = list_file_bytes(path, YAML_BYTES_MAX, &stored.len);
	if (!stored.document)
		failure_set(call->failure, EXIT_BAD_INPUT, "%s: %s", path,
			errno == EFBIG ? "too large: at most 16 MB" : strerror(errno));
	else if (check_document(path, stored.document, stored.len, call->failure))
		put_in_force(call, &stored);
	stored_ruleset_end(&stored);
}

static bool read_version_word(struct call *call, size_t i, uint64_t *version)
{
	char why[UNITS_WHY];

	return units_count(call->words.items[i], UINT64_MAX - 1, version, why) ||
	       failure_set(call->failure, EXIT_BAD_INPUT, "version \"%.40s\": %s",
		       call->words.items[i], why);
}

static void rollback(struct call *call)
{
	struct stored_ruleset stored = {0};
	char comment[64], origin[64];
	uint64_t version;

	if (!read_version_word(call, 0, &version) ||
		!store_read_version(call->redis, call->target.lab, version, &stored, call->failure))
		return;
	snprintf(comment, sizeof(comment), "rollback to version %" PRIu64, version);
	snprintf(origin, sizeof(origin), "version %" PRIu64, version);
	stored.author = author_of(call);
	stored.comment = strdup(call->options.comment ? call->options.comment : comment);
	if (check_document(origin, stored.document, stored.len, call->failure))
		put_in_force(call, &stored);
	stored_ruleset_end(&stored);
}

/* The document in force with one rule switched; written as the version after it. */
static void switch_rule(struct call *call, bool on)
{
	const char *rule = call->words.items[0];
	struct stored_ruleset stored, made = {0};
	char comment[96];

	if (!store_read(call->redis, call->target.lab, &stored, call->failure))
		return;
	snprintf(comment, sizeof(comment), "%s %.70s", on ? "enable" : "disable", rule);
	if (stored.version)
		made.document = rule_switch(
			stored.document, stored.len, rule, on, &made.len, call->failure);
	else
		failure_set(
			call->failure, EXIT_ANSWER_NO, "lab %s has no rules yet", call->target.lab);
	made.author = author_of(call);
	made.comment = strdup(call->options.comment ? call->options.comment : comment);
	if (call->options.follows == NO_FOLLOWS)
		call->options.follows = stored.version;
	if (made.document &&
		check_document("the new version", made.document, made.len, call->failure))
		put_in_force(call, &made);
	stored_ruleset_end(&stored);
	stored_ruleset_end(&made);
}

static void enable(struct call *call)
{
	switch_rule(call, true);
}

static void disable(struct call *call)
{
	switch_rule(call, false);
}

/* Reading: show, log, diff */

static void show(struct call *call)
{
	const char *lab = call->target.lab;
	struct stored_ruleset stored;
	bool good = call->options.version ? store_read_version(call->redis, lab,
						    call->options.version, &stored, call->failure)
					  : store_read(call->redis, lab, &stored, call->failure);

	if (good && !stored.version)
		good = failure_set(call->failure, EXIT_ANSWER_NO,
			"lab %s has no rules yet: `sluice rules apply FILE` gives it some", lab);
	if (good && call->options.json)
		print_json(json_pack("{s:s, s:I, s:s, s:s%}", "lab", lab, "version",
			(json_int_t)stored.version, "sha256", stored.sha256, "document",
			stored.document, stored.len));
	else if (good)
		fwrite(stored.document, 1, stored.len, stdout);
	stored_ruleset_end(&stored);
}

struct log {
	json_t *json; /* NULL: print lines */
};

static void tell_entry(void *context, const struct stored_ruleset *entry)
{
	struct log *log = context;
	time_t seconds = (time_t)(entry->time_ms / 1000);
	char when[32];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	if (log->json)
		json_array_append_new(log->json,
			json_pack("{s:I, s:s, s:s, s:s, s:s}", "version",
				(json_int_t)entry->version, "time", when, "author",
				entry->author ? entry->author : "", "comment",
				entry->comment ? entry->comment : "", "sha256", entry->sha256));
	else
		printf("%6" PRIu64 "  %s  %.12s  %-20s %s\n", entry->version, when, entry->sha256,
			entry->author ? entry->author : "", entry->comment ? entry->comment : "");
}

static void show_log(struct call *call)
{
	struct log log = {call->options.json ? json_array() : NULL};

	store_log(call->redis, call->target.lab, (unsigned)call->options.count, tell_entry, &log,
		call->failure);
	if (log.json)
		print_json(log.json);
}

static void diff(struct call *call)
{
	struct stored_ruleset from = {0}, to = {0};
	uint64_t a, b;

	if (read_version_word(call, 0, &a) && read_version_word(call, 1, &b) &&
		store_read_version(call->redis, call->target.lab, a, &from, call->failure) &&
		store_read_version(call->redis, call->target.lab, b, &to, call->failure))
		versions_diff(&from, &to, call->failure);
	stored_ruleset_end(&from);
	stored_ruleset_end(&to);
}

/* A row a command. */
#define COMMAND(word, arguments, text, rows, words, connects)                                    \
	static int run_##word(int argc, char **argv, struct failure *failure)                    \
	{                                                                                        \
		return with_call(                                                                \
			&command_rules_##word, argc, argv, failure, words, connects, do_##word); \
	}                                                                                        \
	const struct command command_rules_##word = {                                            \
		.name = "rules " #word,                                                          \
		.synopsis = arguments,                                                           \
		.help = text,                                                                    \
		.options = rows,                                                                 \
		.run = run_##word,                                                               \
	};

#define do_check    check
#define do_apply    apply
#define do_show     show
#define do_diff     diff
#define do_log      show_log
#define do_rollback rollback
#define do_enable   enable
#define do_disable  disable

COMMAND(check, "FILE", "check a file without a Redis", options_check, 1, false)
COMMAND(apply, "FILE [--comment TEXT] [--wait TIME]",
	"put a file's rules in force on all boxes of a lab", options_write, 1, true)
COMMAND(show, "[--version N]", "print the rules of a lab", options_show, 0, true)
COMMAND(diff, "A B", "print what changed between two versions", options_plain, 2, true)
COMMAND(log, "[-n N]", "list the versions, who wrote them and why", options_log, 0, true)
COMMAND(rollback, "N [--wait TIME]", "put the document of an older version in force again",
	options_write, 1, true)
COMMAND(enable, "RULE [--wait TIME]", "let a rule that was disabled match again", options_write, 1,
	true)
COMMAND(disable, "RULE [--wait TIME]",
	"let a rule match nothing, and leave everything else as it is", options_write, 1, true)
