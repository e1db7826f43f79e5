/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice model verify: runs what models expect and says what was seen. */
#include "control/commands.h"
#include "control/document.h"
#include "control/folder.h"
#include "control/manifest.h"
#include "control/virtual/models_page.h"
#include "control/virtual/proof_rows.h"
#include "control/virtual/script_words.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct options {
	bool all, force, json, words;
	const char *in, *capture, *output;
	struct option_list set;
	uint64_t seed;
};

static const struct option_row options[] = {
	{"--all", 0, OPTION_FLAG, NULL, "all models of the library", offsetof(struct options, all),
		0, 0},
	{"--in", 0, OPTION_TEXT, "PLACE",
		"virtual: what the virtual lab can run (the rest is listed); lab and both: not yet",
		offsetof(struct options, in), 0, 0},
	{"--output", 'o', OPTION_TEXT, "DIR", "write models.html, models.json and run.json there",
		offsetof(struct options, output), 0, 0},
	{"--force", 0, OPTION_FLAG, NULL, "replace DIR when it holds a result",
		offsetof(struct options, force), 0, 0},
	{"--json", 0, OPTION_FLAG, NULL, "print JSON", offsetof(struct options, json), 0, 0},
	{"--set", 0, OPTION_LIST, "NAME=VALUE", "set a parameter of the models",
		offsetof(struct options, set), 0, 0},
	{"--seed", 0, OPTION_COUNT, "N", "first seed (default 1)", offsetof(struct options, seed),
		0, UINT64_MAX},
	{"--capture", 0, OPTION_TEXT, "FILE",
		"write what came out of the box (pcapng); of one expectation",
		offsetof(struct options, capture), 0, 0},
	{"--words", 0, OPTION_FLAG, NULL, "print what an expectation may say, and do nothing else",
		offsetof(struct options, words), 0, 0},
	{.name = NULL},
};

/* What is being verified. */
struct verification {
	struct options options;
	struct option_list names;
	struct rules_setting *settings;
	json_t *list;
	struct folder *folder; /* of -o, NULL none */
	FILE *page;            /* of the folder */
	struct manifest *manifest;
	unsigned states[PROOF_STATES];
	struct failure *failure;
};

static bool cut_settings(struct verification *verification)
{
	const struct option_list *set = &verification->options.set;

	verification->settings = calloc(set->count + 1, sizeof(*verification->settings));
	if (!verification->settings)
		return failure_set(verification->failure, EXIT_REFUSED, "out of memory");
	for (size_t i = 0; i < set->count; i++) {
		const char *equals = strchr(set->items[i], '=');

		if (!equals || equals == set->items[i])
			return failure_set(verification->failure, EXIT_BAD_INPUT,
				"--set %.80s: NAME=VALUE is wanted", set->items[i]);
		verification->settings[i] = (struct rules_setting){
			strndup(set->items[i], (size_t)(equals - set->items[i])), equals + 1};
	}
	return true;
}

static void take(struct verification *verification, const char *model, const struct proof *proof)
{
	verification->states[proof->state]++;
	json_array_append_new(verification->list, proof_json(model, proof));
	if (verification->page)
		models_page_proof(verification->page, proof);
	if (verification->options.json)
		return;
	proof_print(model, proof, stdout);
	fflush(stdout);
}

static bool prove(struct verification *verification, const struct proof_setup *setup,
	const char *id, const struct yaml_node *node)
{
	struct expectation expectation;
	struct proof proof;
	bool good = expectation_read(&expectation, node, verification->failure) &&
		    proof_run(&proof, setup, &expectation, verification->failure);

	if (good)
		take(verification, id, &proof);
	expectation_free(&expectation);
	return good;
}

/* All expectations of a model, or the one that is named. */
static bool prove_all(struct verification *verification, struct proof_setup *setup,
	const struct rules *rules, const char *only)
{
	const struct yaml_node *expect = yaml_get(rules->root, "expect");
	bool any = false;

	for (const struct yaml_node *node = expect ? expect->first : NULL; node;
		node = node->next) {
		if (only && strcmp(yaml_get(node, "id")->text, only))
			continue;
		any = true;
		if (!prove(verification, setup, rules_id(rules), node))
			return false;
	}
	return any || !only ||
	       failure_set(verification->failure, EXIT_BAD_INPUT, "%s has no expectation \"%.60s\"",
		       setup->model, only);
}

/* ID, FILE, or either with :EXPECTATION. */
static bool verify_name(struct verification *verification, const char *name)
{
	const char *colon = strchr(name, ':');
	char *model = strndup(name, colon ? (size_t)(colon - name) : strlen(name));
	struct proof_setup setup = {
		.model = model,
		.settings = verification->settings,
		.setting_count = verification->options.set.count,
		.seed = verification->options.seed,
		.capture = colon ? verification->options.capture : NULL,
	};
	struct rules *rules;
	bool good;

	if (!model)
		return failure_set(verification->failure, EXIT_REFUSED, "out of memory");
	setup.file = strchr(model, '/') || strchr(model, '.');
	rules = setup.file ? rules_load_file(model, setup.settings, setup.setting_count,
				     verification->failure)
			   : rules_load_model(model, setup.settings, setup.setting_count,
				     verification->failure);
	if (rules && verification->page)
		models_page_model(verification->page, rules_id(rules), rules_title(rules));
	good = rules && prove_all(verification, &setup, rules, colon ? colon + 1 : NULL);
	rules_free(rules);
	free(model);
	return good;
}

static bool verify_all(struct verification *verification)
{
	const char *id;

	for (size_t i = 0; (id = rules_model_id(i)); i++) {
		if (!verify_name(verification, id))
			return false;
	}
	return true;
}

static unsigned total(const struct verification *verification)
{
	unsigned sum = 0;

	for (int state = 0; state < PROOF_STATES; state++)
		sum += verification->states[state];
	return sum;
}

static void summarise(const struct verification *verification, char *into, size_t size)
{
	const unsigned *states = verification->states;

	snprintf(into, size,
		"%u expectations: %u pass, %u fail, %u cannot be met, %u want real hosts",
		total(verification), states[PROOF_PASS], states[PROOF_FAIL], states[PROOF_UNMET],
		states[PROOF_NOT_RUN]);
}

static json_t *whole_json(const struct verification *verification)
{
	const unsigned *states = verification->states;

	return json_pack("{s:i, s:I, s:O, s:{s:i, s:i, s:i, s:i, s:i}}", "format", 1, "seed",
		(json_int_t)verification->options.seed, "expectations", verification->list,
		"summary", "expectations", (int)total(verification), "pass",
		(int)states[PROOF_PASS], "fail", (int)states[PROOF_FAIL], "unmet",
		(int)states[PROOF_UNMET], "not_run", (int)states[PROOF_NOT_RUN]);
}

static void print_json(const struct verification *verification, FILE *out)
{
	json_t *whole = whole_json(verification);

	json_dumpf(whole, out, JSON_COMPACT | JSON_REAL_PRECISION(12));
	fputc('\n', out);
	json_decref(whole);
}

/* The folder of -o */

static bool begin_output(struct verification *verification, int argc, char **argv)
{
	const struct options *given = &verification->options;

	if (!given->output)
		return true;
	verification->folder = folder_begin(given->output, given->force, verification->failure);
	if (!verification->folder)
		return false;
	verification->manifest = manifest_begin("model verify", argc, argv);
	manifest_seed(verification->manifest, given->seed);
	manifest_set(verification->manifest, "clock", json_string("virtual"));
	verification->page =
		folder_open(verification->folder, "models.html", verification->failure);
	if (!verification->page)
		return false;
	models_page_begin(verification->page);
	return true;
}

static bool write_output(struct verification *verification, const char *summary)
{
	struct failure *failure = verification->failure;
	struct warnings warnings = {0};
	struct folder *folder = verification->folder;
	FILE *page = verification->page, *file;

	if (!folder)
		return true;
	verification->page = NULL;
	models_page_end(page, summary);
	if (!folder_close_file(page, "models.html", failure))
		return false;
	file = folder_open(folder, "models.json", failure);
	if (!file)
		return false;
	print_json(verification, file);
	if (!folder_close_file(file, "models.json", failure) ||
		!manifest_write(verification->manifest, &warnings, folder_path(folder, "run.json"),
			failure))
		return false;
	verification->folder = NULL;
	return folder_commit(folder, failure);
}

static void end_output(struct verification *verification)
{
	if (verification->page)
		folder_close_file(verification->page, "models.html", verification->failure);
	folder_abandon(verification->folder);
	if (verification->manifest)
		manifest_free(verification->manifest);
}

static bool check_usage(struct verification *verification)
{
	const struct options *given = &verification->options;
	struct failure *failure = verification->failure;

	if (given->all == (verification->names.count > 0))
		return failure_set(
			failure, EXIT_BAD_INPUT, "model verify: name models, or say --all");
	if (given->in && strcmp(given->in, "virtual"))
		return failure_set(failure, EXIT_BAD_INPUT,
			"--in %.20s: this version runs expectations in the virtual lab only",
			given->in);
	return !given->capture || verification->names.count == 1 ||
	       failure_set(failure, EXIT_BAD_INPUT,
		       "--capture is for one expectation: MODEL:EXPECTATION");
}

static bool verify(struct verification *verification, int argc, char **argv)
{
	bool good = check_usage(verification) && cut_settings(verification) &&
		    begin_output(verification, argc, argv);
	char summary[160];

	if (good && verification->options.all)
		good = verify_all(verification);
	for (size_t i = 0; good && i < verification->names.count; i++)
		good = verify_name(verification, verification->names.items[i]);
	summarise(verification, summary, sizeof(summary));
	if (!good || !write_output(verification, summary))
		return false;
	if (verification->options.json)
		print_json(verification, stdout);
	else
		printf("%s\n", summary);
	return true;
}

static void clean(struct verification *verification)
{
	end_output(verification);
	json_decref(verification->list);
	for (size_t i = 0; verification->settings && i < verification->options.set.count; i++)
		free((char *)verification->settings[i].name);
	free(verification->settings);
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct verification verification = {
		.options = {.seed = 1}, .list = json_array(), .failure = failure};
	int parsed = options_parse(&command_model_verify, argc, argv, &verification.options,
		&verification.names, failure);

	if (!parsed && verification.options.words) {
		script_words_print(stdout);
		putchar('\n');
		observables_print(stdout);
	} else if (!parsed) {
		verify(&verification, argc, argv);
	}
	clean(&verification);
	options_free(&command_model_verify, &verification.options, &verification.names);
	if (failure->exit_code)
		return failure->exit_code;
	return verification.states[PROOF_FAIL] ? EXIT_ANSWER_NO : EXIT_DONE;
}

const struct command command_model_verify = {
	.name = "model verify",
	.synopsis = "[OPTION...] MODEL[:EXPECTATION]...",
	.help = "run what models expect to be seen, and compare it with what was published",
	.details =
		"MODEL is one of the library, or a file when it has a \".\" or \"/\" in it. Hosts\n"
		"that react to loss run the scripts through the model in virtual time, a run a\n"
		"seed. A line each: verdict, model, expectation, what was published: what was\n"
		"measured (least to most over the seeds) [source certainty]. Exit code 1 when one\n"
		"fails.\n",
	.options = options,
	.run = run,
};
