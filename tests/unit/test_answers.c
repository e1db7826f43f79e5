/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "classifiers/answers.h"

static struct span text(const char *bytes)
{
	return (struct span){(const uint8_t *)bytes, (uint32_t)strlen(bytes)};
}

static void an_answer_is_kept(void **state)
{
	struct answers answers;
	struct answer *place;

	assert_true(answers_begin(&answers));
	place = answers_place(&answers, text("www.example.org"));
	assert_false(answer_is_of(place, text("www.example.org")));
	answer_put(place, text("www.example.org"), 124);
	place = answers_place(&answers, text("www.example.org"));
	assert_true(answer_is_of(place, text("www.example.org")));
	assert_int_equal(place->answer, 124);
	assert_false(answer_is_of(place, text("www.example.or")));
	answers_end(&answers);
}

/* Ten times as many questions as there are places: whatever is there is its own question's. */
static void no_answer_is_another_questions(void **state)
{
	struct answers answers;
	uint32_t kept = 0;
	char question[40];

	assert_true(answers_begin(&answers));
	for (uint32_t i = 0; i < 10 * ANSWERS_PLACES; i++) {
		snprintf(question, sizeof(question), "host-%u.example.org", i);
		answer_put(answers_place(&answers, text(question)), text(question), (uint16_t)i);
	}
	for (uint32_t i = 0; i < 10 * ANSWERS_PLACES; i++) {
		struct answer *place;

		snprintf(question, sizeof(question), "host-%u.example.org", i);
		place = answers_place(&answers, text(question));
		if (!answer_is_of(place, text(question)))
			continue;
		assert_int_equal(place->answer, (uint16_t)i);
		kept++;
	}
	/* Each place has one, but for those (e^-10 of 4096) that nobody drew. */
	assert_in_range(kept, ANSWERS_PLACES * 99 / 100, ANSWERS_PLACES);
	answers_end(&answers);
}

static void too_long_has_no_place(void **state)
{
	struct answers answers;
	uint8_t bytes[ANSWERS_QUESTION_BYTES + 1];

	memset(bytes, 'a', sizeof(bytes));
	assert_true(answers_begin(&answers));
	assert_null(answers_place(&answers, (struct span){bytes, 0}));
	assert_non_null(answers_place(&answers, (struct span){bytes, ANSWERS_QUESTION_BYTES}));
	assert_null(answers_place(&answers, (struct span){bytes, ANSWERS_QUESTION_BYTES + 1}));
	answers_end(&answers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_kept),
		cmocka_unit_test(no_answer_is_another_questions),
		cmocka_unit_test(too_long_has_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
