/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/hello_notes.h"

#include "dataplane/decision.h"

#include <string.h>

enum { RANDOM_AT = 2 }; /* in a hello's body, after the version */

struct span hello_notes_of(struct hello_notes *notes, uint64_t packet, uint32_t wanted,
	const struct inspection_result *read)
{
	const uint8_t *random = read->hello->body.data + RANDOM_AT;

	if (notes->packet != packet || memcmp(notes->random, random, sizeof(notes->random)) != 0) {
		notes->packet = packet;
		memcpy(notes->random, random, sizeof(notes->random));
		hello_texts_of(read->hello, read->source, wanted, &notes->texts);
	}
	return (struct span){notes->texts.bytes, notes->texts.used};
}

static bool is_kept(
	const struct flow_table *table, const struct flow_record *record, struct span texts)
{
	struct span kept = flow_hello(table, record);

	return kept.len && kept.len == texts.len && !memcmp(kept.data, texts.data, texts.len);
}

bool hello_notes_take(const struct ruleset *ruleset, uint32_t i, struct flow_table *table,
	struct flow_record *record, struct span texts, uint64_t *seen)
{
	bool counts = decision_sight_hello(ruleset, i, texts, seen);

	if ((counts || !record->hello) && !is_kept(table, record, texts)) {
		flow_keep(table, &record->hello, texts);
		record->hello_read_by = 0;
	}
	if (is_kept(table, record, texts))
		record->hello_read_by |= 1u << ruleset->inspects[i].number;
	return counts;
}
