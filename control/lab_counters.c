/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/lab_counters.h"

#include "control/accounts.h"
#include "control/counters_file.h"
#include "control/fates_fields.h"

#include "dataplane/io/box.h"

#include <inttypes.h>
#include <string.h>

/* A lab while it is read. */
struct reading {
	struct redis *redis;
	const char *lab;
	struct failure *failure;
	struct fates total;
	struct accounts rules; /* sums over nodes, in `now` */
	json_t *nodes;
};

static bool broken(const struct reading *reading)
{
	return reading->failure->exit_code != 0;
}

static void node_key(char key[STORE_KEY_SIZE], const struct reading *reading, const char *kind,
	const char *node, const char *rest)
{
	snprintf(key, STORE_KEY_SIZE, "sluice:{%s}:%s:%s%s", reading->lab, kind, node, rest);
}

static void add_to_rule(struct reading *reading, const char *id, const struct fates *fates)
{
	struct account *account = accounts_find(&reading->rules, id);

	if (!account)
		account = accounts_add(&reading->rules, "", id);
	if (account)
		fates_add(&account->now, fates);
}

/* Nothing of a node that is gone is held. */
static void read_fates(const struct redis_answer *hash, bool lives, struct fates *fates)
{
	*fates = (struct fates){0};
	account_read(hash, fates);
	if (!lives)
		fates->held = (struct tally){0};
}

static void read_rules(struct reading *reading, const char *node, bool lives)
{
	struct redis_answer *ids;
	char key[STORE_KEY_SIZE];

	node_key(key, reading, "counters", node, ":rules");
	ids = redis_ask(reading->redis, reading->failure, "SMEMBERS %s", key);
	for (size_t i = 0; i < redis_count(ids) && !broken(reading); i++)
		redis_put(reading->redis, reading->failure,
			"HGETALL sluice:{%s}:counters:%s:rule:%s", reading->lab, node,
			redis_text(redis_at(ids, i), NULL));
	for (size_t i = 0; i < redis_count(ids) && !redis_is_broken(reading->redis); i++) {
		struct redis_answer *hash = redis_take(reading->redis, reading->failure);
		struct fates fates;

		read_fates(hash, lives, &fates);
		add_to_rule(reading, redis_text(redis_at(ids, i), NULL), &fates);
		redis_forget(hash);
	}
	redis_forget(ids);
	accounts_sort(&reading->rules);
}

static json_t *read_ports(struct reading *reading, const char *node, bool lives, unsigned count)
{
	json_t *ports = json_object();

	for (unsigned port = 0; port < count && port < BOX_PORTS_MAX && !broken(reading); port++) {
		struct redis_answer *hash = redis_ask(reading->redis, reading->failure,
			"HGETALL sluice:{%s}:counters:%s:port:%u", reading->lab, node, port);
		json_t *into = json_object();
		struct fates fates;
		char number[12];

		read_fates(hash, lives, &fates);
		redis_forget(hash);
		counters_put_fates(into, &fates, true);
		snprintf(number, sizeof(number), "%u", port);
		json_object_set_new(ports, number, into);
	}
	return ports;
}

static void copy_number(json_t *into, const struct redis_answer *hash, const char *name)
{
	json_object_set_new(into, name, json_integer(redis_number(redis_field(hash, name))));
}

static void copy_text(json_t *into, const struct redis_answer *hash, const char *name)
{
	const char *text = redis_text(redis_field(hash, name), NULL);

	json_object_set_new(into, name, json_string(text ? text : ""));
}

/* False: it does not live. */
static bool put_standing(struct reading *reading, json_t *into, const char *node)
{
	struct redis_answer *hash;
	char key[STORE_KEY_SIZE];
	bool lives;

	node_key(key, reading, "node", node, "");
	hash = redis_ask(reading->redis, reading->failure, "HGETALL %s", key);
	lives = redis_field(hash, "status") != NULL;
	json_object_set_new(into, "live", json_boolean(lives));
	if (lives) {
		copy_text(into, hash, "status");
		copy_number(into, hash, "version");
		copy_text(into, hash, "error");
	}
	redis_forget(hash);
	return lives;
}

static void read_node(struct reading *reading, const char *node)
{
	static const char *const numbers[] = {"epoch", "seq", "ts_ns", "interval_ns", "flows"};
	json_t *into = json_object();
	bool lives = put_standing(reading, into, node);
	struct redis_answer *hash;
	char key[STORE_KEY_SIZE];
	struct fates fates;

	node_key(key, reading, "counters", node, ":drops");
	hash = redis_ask(reading->redis, reading->failure, "HGETALL %s", key);
	read_fates(hash, lives, &fates);
	fates_add(&reading->total, &fates);
	counters_put_fates(into, &fates, true);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		copy_number(into, hash, numbers[i]);
	json_object_set_new(into, "ports",
		read_ports(
			reading, node, lives, (unsigned)redis_number(redis_field(hash, "ports"))));
	redis_forget(hash);
	json_object_set_new(reading->nodes, node, into);
	read_rules(reading, node, lives);
}

static json_t *compose(struct reading *reading)
{
	json_t *root = json_pack("{s:s}", "lab", reading->lab), *rules = json_object();

	counters_put_fates(root, &reading->total, true);
	for (size_t i = 0; i < reading->rules.count; i++) {
		json_t *into = json_object();

		counters_put_fates(into, &reading->rules.rows[i]->now, true);
		json_object_set_new(rules, reading->rules.rows[i]->name, into);
	}
	json_object_set_new(root, "rules", rules);
	json_object_set(root, "nodes", reading->nodes);
	return root;
}

json_t *lab_counters_read(struct redis *redis, const char *lab, struct failure *failure)
{
	struct reading reading = {
		.redis = redis, .lab = lab, .failure = failure, .nodes = json_object()};
	struct redis_answer *names;
	json_t *root = NULL;
	char key[STORE_KEY_SIZE];

	store_key(key, lab, "nodes");
	names = redis_ask(redis, failure, "SORT %s ALPHA", key);
	for (size_t i = 0; i < redis_count(names) && !broken(&reading); i++)
		read_node(&reading, redis_text(redis_at(names, i), NULL));
	redis_forget(names);
	if (!broken(&reading))
		root = compose(&reading);
	accounts_end(&reading.rules);
	json_decref(reading.nodes);
	return root;
}

/* A table */

static uint64_t number(const json_t *row, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(row, name));
}

static void print_row(const char *kind, const char *name, const json_t *row, FILE *out)
{
	uint64_t dropped = 0;
	const char *reason;
	const json_t *value;

	json_object_foreach(json_object_get(row, "dropped"), reason, value)
	{
		dropped += (uint64_t)json_integer_value(value);
	}
	fprintf(out, "%-5s%-23.23s %12" PRIu64 " %12" PRIu64 " %8" PRIu64 " %10" PRIu64, kind, name,
		number(row, "received"), number(row, "forwarded"), number(row, "held"), dropped);
}

static void print_standing(const json_t *node, FILE *out)
{
	if (!json_is_true(json_object_get(node, "live")))
		fprintf(out, "  gone");
	else
		fprintf(out, "  version %" PRIu64 " %s", number(node, "version"),
			json_string_value(json_object_get(node, "status")));
}

void lab_counters_print(const json_t *counters, FILE *out)
{
	const char *name;
	const json_t *row;

	fprintf(out, "%-28s %12s %12s %8s %10s\n", "", "received", "forwarded", "held", "dropped");
	print_row("all", "", counters, out);
	fputc('\n', out);
	json_object_foreach(json_object_get(counters, "nodes"), name, row)
	{
		print_row("node", name, row, out);
		print_standing(row, out);
		fputc('\n', out);
	}
	json_object_foreach(json_object_get(counters, "rules"), name, row)
	{
		print_row("rule", name, row, out);
		fputc('\n', out);
	}
}
