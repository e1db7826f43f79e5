/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include "units.h"

#include <string.h>

const char *const state_words[] = {
	"idle", "timeouts", "cleared_by", "key", "residual", "refresh", "catches", NULL};
const char *const phase_words[] = {
	"syn_sent", "syn_received", "established", "closing", "udp", NULL};
const char *const penalty_key_words[] = {
	"4-tuple", "3-tuple", "client+server", "server+port", "client", "server", NULL};

/* What stands beside `residual` only. */
static const char *const of_residual[] = {"key", "refresh", "catches", NULL};

static bool read_cleared_by(
	const struct references *references, const struct yaml_node *node, struct rule *rule)
{
	static const char *const words[] = {"fin", "rst", "syn", "remote_syn", NULL};
	static const uint8_t flags[] = {
		CLEARED_BY_FIN, CLEARED_BY_RST, CLEARED_BY_SYN, CLEARED_BY_REMOTE_SYN};
	struct items items;
	uint8_t index;

	if (!references_items(references, node, "cleared_by", &items))
		return false;
	rule->cleared_by = 0;
	for (uint32_t i = 0; i < items.count; i++) {
		if (!references_word(references, items.nodes[i], "cleared_by", words, &index))
			return false;
		rule->cleared_by |= flags[index];
	}
	return true;
}

static bool read_duration(const struct references *references, const struct yaml_node *node,
	const char *what, const char *zero, uint64_t *ns)
{
	const struct yaml_node *value = references_scalar(references, node, what);
	char why[UNITS_WHY];

	if (!value)
		return false;
	if (!units_parse(value->text, QUANTITY_DURATION, ns, why))
		return yaml_failure(value, references->failure, "%s", why);
	if (!*ns)
		return yaml_failure(value, references->failure,
			"%s of 0s %s: a duration like 600s is wanted", what, zero);
	return true;
}

static bool read_timeouts(
	const struct references *references, const struct yaml_node *node, struct rule *rule)
{
	if (!yaml_want_keys(node, "timeouts", phase_words, references->failure))
		return false;
	for (int phase = 0; phase_words[phase]; phase++) {
		const struct yaml_node *one = yaml_get(node, phase_words[phase]);

		if (one && !read_duration(references, one, phase_words[phase],
				   "forgets such flows at once", &rule->timeouts_ns[phase]))
			return false;
	}
	return true;
}

static bool read_word(const struct references *references, const struct yaml_node *state,
	const char *key, const char *const *words, uint8_t *index)
{
	const struct yaml_node *node = yaml_get(state, key);

	return !node || references_word(references, node, key, words, index);
}

static bool read_residual(const struct references *references, const struct yaml_node *state,
	struct residual *residual)
{
	static const char *const answers[] = {"no", "yes", NULL};
	static const char *const caught[] = {"alike", "all", NULL};
	uint8_t refreshes = 0, all = 0;

	if (!read_duration(references, yaml_get(state, "residual"), "residual", "ends at once",
		    &residual->lasts_ns) ||
		!read_word(references, state, "key", penalty_key_words, &residual->key) ||
		!read_word(references, state, "refresh", answers, &refreshes) ||
		!read_word(references, state, "catches", caught, &all))
		return false;
	residual->refreshes = refreshes;
	residual->catches_all = all;
	return true;
}

/* "key: flow" is what holds without a penalty. */
static bool without_residual(const struct references *references, const struct yaml_node *state)
{
	static const char *const words[] = {"flow", "4-tuple", "3-tuple", "client+server",
		"server+port", "client", "server", NULL};
	uint8_t key = 0;

	if (!read_word(references, state, "key", words, &key))
		return false;
	for (const char *const *word = of_residual; *word; word++) {
		const struct yaml_node *node = yaml_get(state, *word);

		if (node && (key || word != of_residual))
			return yaml_failure(node->key, references->failure,
				"%s says who else is treated so, and for how long is missing: "
				"residual, a duration like 420s",
				*word);
	}
	return true;
}

bool state_read(
	const struct references *references, const struct yaml_node *node, struct rule *rule)
{
	const struct yaml_node *idle, *timeouts, *cleared_by;

	rule->idle_ns = FLOW_IDLE_NS;
	rule->cleared_by = CLEARED_BY_SYN;
	if (!node)
		return true;
	if (!yaml_want_keys(node, "state", state_words, references->failure))
		return false;
	idle = yaml_get(node, "idle");
	timeouts = yaml_get(node, "timeouts");
	cleared_by = yaml_get(node, "cleared_by");
	if (idle && !read_duration(
			    references, idle, "idle", "forgets every flow at once", &rule->idle_ns))
		return false;
	if (timeouts && !read_timeouts(references, timeouts, rule))
		return false;
	if (cleared_by && !read_cleared_by(references, cleared_by, rule))
		return false;
	return yaml_get(node, "residual") ? read_residual(references, node, &rule->residual)
					  : without_residual(references, node);
}
