/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/ledger.h"

#include "control/accounts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the answer to a command of the batch is about. */
struct entry {
	struct account *account; /* NULL: about nothing that is kept */
	bool removal;
};

struct ledger {
	char prefix[STORE_KEY_SIZE]; /* "sluice:{LAB}:counters:NODE:" */
	char samples[STORE_KEY_SIZE];
	uint64_t grace_ns;
	struct stamp stamp;
	bool recalled;
	struct account total, ports[BOX_PORTS_MAX];
	struct accounts rules;
	struct entry *batch;
	size_t batch_count, batch_room;
};

static void __attribute__((format(printf, 2, 3)))
set_key(struct account *account, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(account->key, sizeof(account->key), format, args);
	va_end(args);
}

struct ledger *ledger_new(const char *lab, const char *node, uint64_t epoch, uint64_t grace_ns)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return NULL;
	snprintf(ledger->prefix, sizeof(ledger->prefix), "sluice:{%s}:counters:%s:", lab, node);
	snprintf(ledger->samples, sizeof(ledger->samples), "sluice:{%s}:samples:%s", lab, node);
	ledger->grace_ns = grace_ns;
	ledger->stamp.epoch = epoch;
	set_key(&ledger->total, "%sdrops", ledger->prefix);
	for (int port = 0; port < BOX_PORTS_MAX; port++)
		set_key(&ledger->ports[port], "%sport:%d", ledger->prefix, port);
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	if (!ledger)
		return;
	accounts_end(&ledger->rules);
	free(ledger->batch);
	free(ledger);
}

void ledger_repeat(struct ledger *ledger)
{
	ledger->total.written = false;
	for (int port = 0; port < BOX_PORTS_MAX; port++)
		ledger->ports[port].written = false;
	for (size_t i = 0; i < ledger->rules.count; i++)
		ledger->rules.rows[i]->written = false;
}

/* What earlier processes left */

static bool ask_for_rules(struct ledger *ledger, struct redis *redis, struct failure *failure)
{
	struct redis_answer *ids = redis_ask(redis, failure, "SMEMBERS %srules", ledger->prefix);

	for (size_t i = 0; i < redis_count(ids); i++) {
		const char *id = redis_text(redis_at(ids, i), NULL);

		if (id && strlen(id) < SNAPSHOT_WORD)
			accounts_add(&ledger->rules, ledger->prefix, id);
	}
	redis_forget(ids);
	return ids != NULL;
}

static struct account *account_at(struct ledger *ledger, size_t i)
{
	if (!i)
		return &ledger->total;
	return i <= BOX_PORTS_MAX ? &ledger->ports[i - 1]
				  : ledger->rules.rows[i - 1 - BOX_PORTS_MAX];
}

static bool take_past(struct account *account, struct redis *redis, struct failure *failure)
{
	struct failure why = {0};
	struct redis_answer *hash = redis_take(redis, &why);

	memset(&account->past, 0, sizeof(account->past));
	account_recall(account, hash);
	redis_forget(hash);
	/* Of another type: none of ours. */
	if (hash || strstr(why.line, "WRONGTYPE"))
		return true;
	return failure_set(failure, why.exit_code, "%s", why.line);
}

static bool recall(struct ledger *ledger, struct redis *redis, struct failure *failure)
{
	size_t count;
	bool good;

	accounts_end(&ledger->rules);
	if (!ask_for_rules(ledger, redis, failure))
		return false;
	count = 1 + BOX_PORTS_MAX + ledger->rules.count;
	good = true;
	for (size_t i = 0; i < count && good; i++)
		good = redis_put(redis, failure, "HGETALL %s", account_at(ledger, i)->key);
	for (size_t i = 0; i < count && !redis_is_broken(redis); i++)
		good = take_past(account_at(ledger, i), redis, failure) && good;
	accounts_sort(&ledger->rules);
	return ledger->recalled = good && !redis_is_broken(redis);
}

/* A batch */

/* A command was put. */
static bool note(struct ledger *ledger, struct account *account, bool removal)
{
	if (ledger->batch_count == ledger->batch_room) {
		size_t room = ledger->batch_room ? ledger->batch_room * 2 : 64;
		struct entry *batch = realloc(ledger->batch, room * sizeof(*batch));

		if (!batch)
			return false;
		ledger->batch = batch;
		ledger->batch_room = room;
	}
	ledger->batch[ledger->batch_count++] = (struct entry){account, removal};
	return true;
}

static bool put_account(struct ledger *ledger, struct redis *redis, struct account *account,
	const struct redis_words *more, struct failure *failure)
{
	return account_put(account, redis, &ledger->stamp, more, failure) &&
	       note(ledger, account, false);
}

static bool put_total(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	uint64_t flows, struct failure *failure)
{
	struct fates total = counters_total(&numbers->counters.sum);
	struct redis_words more = {.count = 0};

	redis_words_add_number(&more, "ports", numbers->counters.sum.port_count);
	redis_words_add_number(&more, "workers", numbers->counters.worker_count);
	redis_words_add_number(&more, "flows", flows);
	account_count(&ledger->total, &total);
	return put_account(ledger, redis, &ledger->total, &more, failure);
}

static bool put_ports(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	struct failure *failure)
{
	for (uint32_t port = 0; port < numbers->counters.sum.port_count; port++) {
		struct account *account = &ledger->ports[port];

		if (account_count(account, &numbers->counters.sum.ports[port]) &&
			!put_account(ledger, redis, account, NULL, failure))
			return false;
	}
	return true;
}

static bool put_rule(struct ledger *ledger, struct redis *redis, struct account *account,
	const struct fates *fates, struct failure *failure)
{
	account->seq = ledger->stamp.seq;
	account->gone_ns = 0;
	if (!account_count(account, fates))
		return true;
	if (!account->written &&
		(!redis_put(redis, failure, "SADD %srules %s", ledger->prefix, account->name) ||
			!note(ledger, NULL, false)))
		return false;
	return put_account(ledger, redis, account, NULL, failure);
}

static bool put_rules(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	struct failure *failure)
{
	bool good = true;

	for (uint32_t i = 0; i < numbers->rule_count && good; i++) {
		const char *id = numbers->rules[i].id;
		struct account *account = accounts_find(&ledger->rules, id);
		struct fates fates = snapshot_fates(numbers, i);

		if (!account)
			account = accounts_add(&ledger->rules, ledger->prefix, id);
		good = account && put_rule(ledger, redis, account, &fates, failure);
	}
	accounts_sort(&ledger->rules);
	return good;
}

/* Rules that have not been in force for the grace. */
static bool put_removals(struct ledger *ledger, struct redis *redis, struct failure *failure)
{
	for (size_t i = 0; i < ledger->rules.count; i++) {
		struct account *account = ledger->rules.rows[i];

		if (account->seq == ledger->stamp.seq)
			continue;
		if (!account->gone_ns)
			account->gone_ns = ledger->stamp.ts_ns;
		if (ledger->stamp.ts_ns < account->gone_ns + ledger->grace_ns)
			continue;
		if (!redis_put(redis, failure, "SREM %srules %s", ledger->prefix, account->name) ||
			!note(ledger, NULL, false) ||
			!redis_put(redis, failure, "DEL %s", account->key) ||
			!note(ledger, account, true))
			return false;
	}
	return true;
}

static bool put_worker(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	unsigned number, struct failure *failure)
{
	const struct worker_counters *worker = &numbers->counters.workers[number];
	struct redis_words words;
	char key[STORE_KEY_SIZE + 24];

	words.count = words.number_count = 0;
	snprintf(key, sizeof(key), "%sworker:%u", ledger->prefix, number);
	redis_words_add(&words, "HSET", key);
	stamp_put(&ledger->stamp, &words);
	redis_words_add_number(&words, "tsc_hz", (uint64_t)numbers->counters.tsc_hz);
#define X(name) redis_words_add_number(&words, #name, worker->name);
	WORKER_NUMBERS(X)
#undef X
	for (int i = 0; i < BURST_SIZES; i++)
		redis_words_add_number(&words, burst_words[i], worker->bursts[i]);
	return redis_words_put(&words, redis, failure) && note(ledger, NULL, false);
}

static bool put_sample(
	struct ledger *ledger, struct redis *redis, uint64_t flows, struct failure *failure)
{
	const struct fates *total = &ledger->total.now;
	uint64_t dropped = 0;

	for (int drop = DROP_NONE + 1; drop < DROP_COUNT; drop++)
		dropped += total->dropped[drop].packets;
	return redis_put(redis, failure,
		       "XADD %s MAXLEN ~ %d * epoch %llu ts_ns %llu interval_ns %llu received %llu "
		       "received_bytes %llu forwarded %llu forwarded_bytes %llu held %llu dropped "
		       "%llu flows %llu",
		       ledger->samples, (int)LEDGER_SAMPLES,
		       (unsigned long long)ledger->stamp.epoch,
		       (unsigned long long)ledger->stamp.ts_ns,
		       (unsigned long long)ledger->stamp.interval_ns,
		       (unsigned long long)total->received.packets,
		       (unsigned long long)total->received.bytes,
		       (unsigned long long)total->forwarded.packets,
		       (unsigned long long)total->forwarded.bytes,
		       (unsigned long long)total->held.packets, (unsigned long long)dropped,
		       (unsigned long long)flows) &&
	       note(ledger, NULL, false);
}

static bool put_batch(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	struct failure *failure)
{
	uint64_t flows = 0;

	for (unsigned i = 0; i < numbers->counters.worker_count; i++)
		flows += numbers->counters.workers[i].flows;
	if (!put_total(ledger, redis, numbers, flows, failure) ||
		!put_ports(ledger, redis, numbers, failure) ||
		!put_rules(ledger, redis, numbers, failure) ||
		!put_removals(ledger, redis, failure) || !put_sample(ledger, redis, flows, failure))
		return false;
	for (unsigned i = 0; i < numbers->counters.worker_count; i++) {
		if (!put_worker(ledger, redis, numbers, i, failure))
			return false;
	}
	return true;
}

/* Answers in the order of the commands. */
static bool take_answers(struct ledger *ledger, struct redis *redis, struct failure *failure)
{
	bool good = true, lost = false;

	for (size_t i = 0; i < ledger->batch_count && !redis_is_broken(redis); i++) {
		struct entry *entry = &ledger->batch[i];
		struct redis_answer *answer = redis_take(redis, failure);

		good = answer && good;
		if (entry->account && !entry->removal)
			lost = !account_answered(entry->account, answer) || lost;
		else if (entry->account && answer)
			entry->account->key[0] = '\0';
		redis_forget(answer);
	}
	accounts_prune(&ledger->rules);
	if (lost)
		ledger_repeat(ledger);
	return good && !redis_is_broken(redis);
}

bool ledger_write(struct ledger *ledger, struct redis *redis, const struct snapshot *numbers,
	struct failure *failure)
{
	uint64_t before_ns = ledger->stamp.ts_ns;
	bool good;

	if (!ledger->recalled && !recall(ledger, redis, failure))
		return false;
	ledger->stamp.seq++;
	ledger->stamp.ts_ns = numbers->counters.time_ns;
	ledger->stamp.interval_ns = before_ns ? ledger->stamp.ts_ns - before_ns : 0;
	ledger->batch_count = 0;
	good = put_batch(ledger, redis, numbers, failure) ||
	       failure_set(failure, EXIT_REFUSED, "out of memory");
	return take_answers(ledger, redis, failure) && good;
}
