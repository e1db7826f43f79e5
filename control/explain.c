/* SPDX-License-Identifier: BSD-3-Clause */
#include "explain.h"

#include "document.h"
#include "evasions.h"
#include "metadata.h"
#include "sentences.h"
#include "state.h"

#include "dataplane/ruleset.h"

#include <string.h>

enum { SHOWN_MAX = 8 };

struct teller {
	struct references references; /* a copy: what fails here was checked before */
	struct failure failure;
	FILE *out;
};

static struct teller begin(const struct rules *rules, FILE *out)
{
	struct teller teller = {.references = rules->references, .out = out};

	teller.references.values_taken = NULL;
	return teller;
}

/* Where a value comes from: " ($rate, certainty A)". */
static void tell_origin(struct teller *teller, const struct yaml_node *node)
{
	const struct named_list *list = references_list(&teller->references, node);
	const struct parameter *parameter;

	if (node->kind != YAML_SCALAR || *node->text != '$')
		return;
	if (list && *list->version)
		fprintf(teller->out, " (list %s, version %s%s%s)", list->name, list->version,
			*list->certainty ? ", certainty " : "", list->certainty);
	else if (list)
		fprintf(teller->out, " (list %s)", list->name);
	parameter = list ? NULL : parameters_find(&teller->references.parameters, node->text + 1);
	if (!parameter)
		return;
	fprintf(teller->out, " (parameter %s", parameter->name);
	if (parameter->set)
		fputs(", as set", teller->out);
	else if (*parameter->certainty)
		fprintf(teller->out, ", certainty %s", parameter->certainty);
	fputs(")", teller->out);
}

static void tell_values(struct teller *teller, const struct yaml_node *node, const char *last)
{
	struct items items;

	teller->references.failure = &teller->failure;
	if (!references_items(&teller->references, node, "a value", &items))
		return;
	for (uint32_t i = 0; i < items.count && i < SHOWN_MAX; i++)
		fprintf(teller->out, "%s%s",
			!i                    ? ""
			: i + 1 < items.count ? ", "
					      : last,
			items.nodes[i]->text);
	if (items.count > SHOWN_MAX)
		fprintf(teller->out, " and %u more", items.count - SHOWN_MAX);
	if (!items.count)
		fputs("nothing", teller->out);
	tell_origin(teller, node);
}

/* What a condition asks for in detail: "set_bits 3.4 and 4.6, printable_lead 6". */
static void tell_details(struct teller *teller, const struct yaml_node *map)
{
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		fprintf(teller->out, "%s%s ", node == map->first ? "" : ", ", node->key->text);
		tell_values(teller, node, " and ");
	}
}

static void tell_map(struct teller *teller, const struct yaml_node *map);

static void tell_key(struct teller *teller, const struct yaml_node *node)
{
	if (!strcmp(node->key->text, "not")) {
		fputs("not (", teller->out);
		tell_map(teller, node);
		fputs(")", teller->out);
		return;
	}
	if (!strcmp(node->key->text, "any")) {
		for (const struct yaml_node *map = node->first; map; map = map->next) {
			fputs(map == node->first ? "(" : " or ", teller->out);
			tell_map(teller, map);
		}
		fputs(")", teller->out);
		return;
	}
	for (const struct sentence *row = sentences; row->key; row++) {
		if (!strcmp(row->key, node->key->text))
			fputs(row->words, teller->out);
	}
	if (node->kind == YAML_MAP)
		tell_details(teller, node);
	else
		tell_values(teller, node, " or ");
}

static void tell_map(struct teller *teller, const struct yaml_node *map)
{
	for (const struct yaml_node *node = map->first; node; node = node->next) {
		if (node != map->first)
			fputs(" and ", teller->out);
		tell_key(teller, node);
	}
}

void explain_when(const struct rules *rules, uint32_t rule, FILE *out)
{
	struct teller teller = begin(rules, out);
	const struct yaml_node *when = yaml_get(rules->rule_nodes[rule], "when");

	if (!when || !when->count) {
		fputs("every flow that no earlier rule took", out);
		return;
	}
	fputs("a flow when ", out);
	tell_map(&teller, when);
}

static const struct condition *name_condition(const struct ruleset *ruleset, uint32_t at)
{
	const struct condition *condition = &ruleset->conditions[at];

	if (condition->op == CONDITION_NAME)
		return condition;
	for (uint32_t i = 0; condition->op <= CONDITION_NOT && i < condition->children.count; i++) {
		const struct condition *found =
			name_condition(ruleset, condition->children.first + i);

		if (found)
			return found;
	}
	return NULL;
}

void explain_reading(const struct rules *rules, uint32_t rule, FILE *out)
{
	static const char *const directions[] = {
		"", "what the client sends", "what the server sends", "both directions"};
	static const char *const reassembly[] = {"each segment alone",
		"segments joined while they come in order", "segments joined in any order"};
	static const char *const records[] = {"only the first TLS record", "every TLS record"};
	static const char *const quic[] = {", QUIC not decrypted",
		", QUIC hellos in one frame only", ", QUIC hellos in one packet only",
		", QUIC hellos joined while their packets come in order", ""};
	const struct ruleset *ruleset = rules->ruleset;
	const struct condition *name = name_condition(ruleset, ruleset->rules[rule].condition);
	const struct inspect *inspect;

	if (!name)
		return;
	inspect = &ruleset->inspects[name->name.inspect];
	fprintf(out, "%s, %s, %s%s; at most %u packet%s with payload",
		directions[inspect->directions], reassembly[inspect->reassembly],
		records[inspect->tls_records], quic[inspect->quic], inspect->budget_packets,
		inspect->budget_packets == 1 ? "" : "s");
	if (inspect->give_up_over != UINT32_MAX)
		fprintf(out,
			"; gives up for ever when the first payload is not recognised and longer "
			"than %u bytes",
			inspect->give_up_over);
}

static void tell_params(struct teller *teller, const struct yaml_node *map, const char *before)
{
	for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next) {
		fprintf(teller->out, "%s%s ", node == map->first ? before : ", ", node->key->text);
		tell_values(teller, node, " and ");
	}
}

/* What stands beside the kind's word (schedule.h). */
static void tell_schedule(struct teller *teller, const struct yaml_node *step)
{
	const struct yaml_node *between = yaml_get(step, "between"), *from = yaml_get(step, "from");
	const struct yaml_node *ramp = yaml_get(step, "ramp");

	if (between) {
		fputs("; only between ", teller->out);
		tell_values(teller, between, " and ");
	}
	for (const struct yaml_node *date = from ? from->first : NULL; date; date = date->next) {
		fprintf(teller->out, "; from %s on", date->key->text);
		tell_params(teller, date, " ");
	}
	if (ramp)
		fprintf(teller->out, "; from date to date in one go (steps) or evenly: %s",
			ramp->text);
}

static void tell_step(
	struct teller *teller, const struct yaml_node *step, const struct throttle_kind *kind)
{
	bool alone = step->kind != YAML_MAP;

	fprintf(teller->out, "%s, which %s", kind->word, kind->help);
	tell_params(teller, alone ? NULL : yaml_get(step, kind->word), ": ");
	if (!alone)
		tell_schedule(teller, step);
}

void explain_then(const struct rules *rules, uint32_t rule, FILE *out)
{
	struct teller teller = begin(rules, out);
	const struct rule *compiled = &rules->ruleset->rules[rule];
	const struct yaml_node *then = yaml_get(rules->rule_nodes[rule], "then");
	const struct yaml_node *step = then ? then->first : NULL;

	if (!compiled->throttle_count)
		fputs("nothing: it passes untouched", out);
	for (uint32_t i = 0; i < compiled->throttle_count; i++, step = step->next) {
		fputs(i ? "; then " : "", out);
		tell_step(&teller, step,
			rules->ruleset->throttles[compiled->throttle_first + i].kind);
	}
}

static void tell_duration(FILE *out, uint64_t ns)
{
	static const struct {
		const char *word;
		uint64_t ns;
	} units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
	int i = 0;

	while (ns % units[i].ns)
		i++;
	fprintf(out, "%llu%s", (unsigned long long)(ns / units[i].ns), units[i].word);
}

void explain_until(const struct rules *rules, uint32_t rule, FILE *out)
{
	static const struct {
		const char *word;
		uint8_t flag;
	} clears[] = {{"FIN", CLEARED_BY_FIN}, {"RST", CLEARED_BY_RST},
		{"a new SYN", CLEARED_BY_SYN}, {"a SYN of the server", CLEARED_BY_REMOTE_SYN},
		{NULL, 0}};
	const struct rule *compiled = &rules->ruleset->rules[rule];
	bool any = false;

	fputs("it was silent for ", out);
	tell_duration(out, compiled->idle_ns);
	for (int phase = 0; phase_words[phase]; phase++) {
		if (compiled->timeouts_ns[phase] == compiled->idle_ns)
			continue;
		fprintf(out, " (%s: ", phase_words[phase]);
		tell_duration(out, compiled->timeouts_ns[phase]);
		fputs(")", out);
	}
	for (int i = 0; clears[i].word; i++) {
		if (!(compiled->cleared_by & clears[i].flag))
			continue;
		fprintf(out, "%s%s", any ? " or " : ", or is ended by ", clears[i].word);
		any = true;
	}
	fputs(any ? "" : "; neither FIN nor RST nor a new SYN ends it", out);
}

/* Nothing when the rule has no penalty. */
static void tell_penalty(const struct residual *residual, FILE *out)
{
	static const char *const keys[PENALTY_KEYS] = {"the same two addresses and ports",
		"the same client, server and server's port", "the same client and server",
		"the same server and its port", "the same client", "the same server"};

	if (!residual->lasts_ns)
		return;
	fputs("\n  Penalty for ", out);
	tell_duration(out, residual->lasts_ns);
	fprintf(out, "%s, %s flow of %s is treated likewise, whatever it says",
		residual->refreshes ? " since the last packet" : "",
		residual->catches_all ? "any" : "each such", keys[residual->key]);
}

static void tell_parameter(const struct parameter *row, FILE *out)
{
	fprintf(out, "  %s = %s%s%s%s\n", row->name, *row->text ? row->text : "nothing",
		*row->unit ? " " : "", row->unit, row->set ? " (as set)" : "");
	if (*row->help)
		fprintf(out, "    %s\n", row->help);
	if (*row->allowed)
		fprintf(out, "    allowed: %s\n", row->allowed);
	fprintf(out, "    source: %s", *row->source ? row->source : "none");
	if (*row->certainty)
		fprintf(out, "; certainty %s: %s", row->certainty,
			parameters_certainty_meaning(row->certainty));
	fputc('\n', out);
}

/* Its condition can never be true: the version in force of a list is empty, or it is so written. */
static bool is_off(const struct ruleset *ruleset, uint32_t rule)
{
	const struct condition *root = &ruleset->conditions[ruleset->rules[rule].condition];

	return root->op == CONDITION_ANY && !root->children.count;
}

static void tell_rule(const struct rules *rules, uint32_t rule, FILE *out)
{
	const char *then = rules->ruleset->rules[rule].throttle_count ? "Does   " : "Exempts";

	if (is_off(rules->ruleset, rule)) {
		fprintf(out, "Rule %s is switched off%s.\n\n", rules->ruleset->rules[rule].id,
			yaml_get(rules->rule_nodes[rule], "enabled") ? ""
								     : " by a version in force");
		return;
	}
	fprintf(out, "Rule %s\n  Takes   ", rules->ruleset->rules[rule].id);
	explain_when(rules, rule, out);
	if (name_condition(rules->ruleset, rules->ruleset->rules[rule].condition)) {
		fputs("\n  Reads   ", out);
		explain_reading(rules, rule, out);
	}
	fprintf(out, "\n  %s ", then);
	explain_then(rules, rule, out);
	fputs("\n  Until   ", out);
	explain_until(rules, rule, out);
	tell_penalty(&rules->ruleset->rules[rule].residual, out);
	if (rules->ruleset->rules[rule].keeps)
		fputs("\n  Keeps   its flows when another ruleset changes it (on_change: keep)",
			out);
	fputs("\n\n", out);
}

/* A source needs neither an address nor a note: what is not there has no line. */
static void tell_source(const struct yaml_node *source, FILE *out)
{
	static const char *const more[] = {"url", "note"};

	fprintf(out, "  %s: %s\n", source->key->text, metadata_text(source, "title"));
	for (int i = 0; i < 2; i++) {
		if (yaml_get(source, more[i]))
			fprintf(out, "    %s\n", metadata_text(source, more[i]));
	}
}

void rules_explain(const struct rules *rules, FILE *out)
{
	const struct parameters *parameters = &rules->references.parameters;
	const struct yaml_node *sources = yaml_get(rules->root, "sources");

	fprintf(out, "%s: %s\n\n", rules_id(rules),
		*rules_title(rules) ? rules_title(rules) : rules_origin(rules));
	for (uint32_t rule = 0; rule < rules->ruleset->rule_count; rule++)
		tell_rule(rules, rule, out);
	fputs("Every other flow passes untouched.\n", out);
	if (parameters->count)
		fputs("\nParameters (--set NAME=VALUE)\n", out);
	for (size_t i = 0; i < parameters->count; i++)
		tell_parameter(&parameters->rows[i], out);
	evasions_tell(rules->root, out);
	if (sources && sources->count)
		fputs("\nSources\n", out);
	for (const struct yaml_node *source = sources ? sources->first : NULL; source;
		source = source->next)
		tell_source(source, out);
}
