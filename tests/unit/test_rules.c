/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/rules.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD   "sluice: 1\nrules:\n"
#define POLICE "police: {rate: 140kbit/s, burst: 17500B, count: l3}"

/* What is wrong, where, and what is said about it; lines and columns counted by hand. */
static const struct {
	const char *document;
	const char *line; /* how the message begins after "t.yaml:", or a part of it */
} bad[] = {
	/* the document */
	{"", "1:1: empty"},
	{"a: [1", "not valid YAML: "},
	{"sluice: 1\n%YAML 1.2\n", "2:1: YAML directives"},
	{"sluice: \xff\n", "1:9: byte 0xff is not UTF-8"},
	{"title: \xc3\xa9\xc0\x80\n", "1:9: byte 0xc0 is not UTF-8"}, /* overlong */
	{"title: \xed\xa0\x80\n", "1:8: byte 0xed is not UTF-8"},     /* a surrogate */
	{"title: \"\033[2J\"\n", "1:9: the control character 0x1b"},
	{"[1, 2]", "1:1: the document must be a map {..}, not a list [..]"},
	{"sluice: 1\n", "1:1: the document has no rules"},
	{"rules: []\n", "1:1: the document has no version"},
	{"sluice: 2\nrules: []\n", "1:9: this version of the language is not known"},
	{"sluice: 1\nrules: []\n", "2:8: rules is empty"},
	{"sluice: 1\nrules: {a: 1}\n", "2:8: rules must be a list [..]"},
	{"sluice: 1\nruels: []\n",
		"2:1: unknown key \"ruels\" in the document, did you mean \"rules\""},
	{"sluice: 1\nsluice: 1\n", "2:1: the key \"sluice\" appears twice (first in line 1)"},
	{"sluice: 1\nrules: &a []\n", "anchors and aliases (&word, *word) are not allowed"},
	{"sluice: 1\nrules: *a\n", "anchors and aliases"},
	{"sluice: !x 1\n", "tags (!word) are not allowed"},
	{"sluice: 1\n---\nsluice: 1\n", "3:1: a second document"},
	{"sluice: 1\nid: Upper\nrules: []\n", "2:5: the id \"Upper\" is not allowed: 1 to 63"},
	{"sluice: 1\nyears: [2021-03-10, 2020]\nrules: []\n", "2:8: years is reversed"},
	{"sluice: 1\nyears: [now]\nrules: []\n", "2:9: \"now\" is no date"},
	{"sluice: 1\nsources: {a: {url: x}}\nrules: []\n", "2:11: the source a has no title"},
	{"sluice: 1\nexpect: [{id: a}]\nrules: []\n", "2:10: the expectation has no do"},
	{"sluice: 1\nexpect: [{id: a, do: hello, frozen: no, source: c}]\nrules: []\n",
		"2:49: unknown source \"c\": the document has no sources"},
	{"sluice: 1\nexpect: [{id: a, do: \"wait 1s; helo\", frozen: no}]\nrules: []\n",
		"2:32: unknown step \"helo\", did you mean \"hello\"? allowed: link"},
	{"sluice: 1\nexpect: [{id: a, do: hello}]\nrules: []\n",
		"2:10: nothing is expected: goodput, throttled"},
	{"sluice: 1\nexpect: [{id: a, do: hello, frosen: no}]\nrules: []\n",
		"2:29: unknown key \"frosen\" in an expectation, did you mean \"frozen\""},
	{"sluice: 1\nexpect: [{id: a, do: hello, frozen: 3}]\nrules: []\n",
		"2:37: \"3\" is neither yes nor no"},
	{"sluice: 1\nexpect: [{id: a, do: hello, goodput: [2kbit/s, 1kbit/s]}]\nrules: []\n",
		"2:39: [least, most] is reversed"},
	{"sluice: 1\nexpect: [{id: a, do: hello, goodput: 2kbit/s, tolerance: 1s}]\nrules: []\n",
		"2:58: \"1s\" is neither a share (10%) nor in the unit of goodput"},
	{"sluice: 1\nexpect: [{id: a, in: labb, do: hello, frozen: no}]\nrules: []\n",
		"2:22: unknown place \"labb\" in in, did you mean \"lab\""},

	/* rules */
	{HEAD "- {when: {}}\n", "3:3: the rule has no id"},
	{HEAD "- {id: a_b}\n", "3:8: the id \"a_b\" is not allowed"},
	{HEAD "- {id: a, then: pass, wen: {}}\n", "3:23: unknown key \"wen\" in a rule, did you "
						  "mean \"when\"? allowed: id, when, inspect"},
	{HEAD "- {id: a, when: {proto: udp}}\n- {id: a}\n",
		"4:8: the rule id a appears twice (first in line 3)"},

	/* when */
	{HEAD "- {id: a, when: {tls_sni: [t.co]}}\n",
		"3:18: unknown key \"tls_sni\" in when, did you mean \"tls.sni\""},
	{HEAD "- {id: a, when: {initiator: insde}}\n", "3:29: unknown initiator \"insde\", did you "
						       "mean \"inside\"? allowed: inside, outside"},
	{HEAD "- {id: a, when: {proto: tpc}}\n",
		"3:25: unknown protocol \"tpc\", did you mean \"tcp\"? allowed: tcp, udp, icmp"},
	{HEAD "- {id: a, when: {proto: 256}}\n", "3:25: unknown protocol \"256\""},
	{HEAD "- {id: a, when: {app: YouTub}}\n",
		"3:23: unknown app \"YouTub\", did you mean \"YouTube\""},
	{HEAD "- {id: a, when: {category: Vidoe}}\n",
		"3:28: unknown category \"Vidoe\", did you mean \"Video\""},
	{HEAD "- {id: a, when: {category: Unspecified}}\n",
		"3:28: unknown category \"Unspecified\""},
	{HEAD "- {id: a, when: {category: [VPN, Chat]}}\n- {id: b, when: {category: VPN}}\n",
		"4:3: rule b can never match: the earlier rule a takes all of it"},
	{HEAD "- {id: a, when: {server: 10.0.0.1/8}}\n", "3:26: \"10.0.0.1/8\" is not a prefix"},
	{HEAD "- {id: a, when: {server_port: 65536}}\n", "3:31: \"65536\" is no port"},
	{HEAD "- {id: a, when: {server_port: 80-79}}\n",
		"3:31: the port range \"80-79\" is reversed"},
	{HEAD "- {id: a, when: {name: \"a.*.b\"}}\n", "3:24: \"a.*.b\" is not a name pattern: "},
	{HEAD "- {id: a, when: {any: {proto: tcp}}}\n", "3:23: any must be a list [..]"},
	{HEAD "- {id: a, when: {not: {}}}\n", "3:23: not is empty"},

	/* what can never match */
	{HEAD "- {id: a, when: {tls.sni: []}}\n", "3:27: tls.sni is empty, so it can never match"},
	{HEAD "- {id: a, when: {any: []}}\n", "3:23: any is empty, so it can never match"},
	{HEAD "- {id: a, when: {proto: udp, tls.sni: t.co}}\n",
		"3:30: tls.sni can never match here: it needs proto tcp, and what stands before "
		"allows udp"},
	{HEAD "- {id: a, when: {quic.sni: t.co, proto: tcp}}\n",
		"3:34: proto can never match here: it needs proto tcp"},
	{HEAD "- {id: a, when: {proto: icmp, server_port: 443}}\n",
		"3:31: server_port can never match here"},
	{HEAD "- {id: a, when: {not: {proto: tcp}, http.host: t.co}}\n",
		"3:37: http.host can never match here"},
	{HEAD "- {id: a, when: {client: 10.0.0.0/8, server: \"2001:db8::/32\"}}\n",
		"3:38: server can never match here: what stands before allows only the other IP "
		"version"},
	{HEAD "- {id: a}\n- {id: b, when: {proto: tcp}}\n",
		"4:3: rule b can never match: the earlier rule a matches every flow"},
	{HEAD "- {id: a, when: {proto: [udp, tcp]}}\n- {id: b, when: {proto: [tcp, udp]}}\n",
		"4:3: rule b can never match: the earlier rule a has the same condition"},
	{HEAD "- {id: a, when: {name: \"**.b.c\"}}\n- {id: b, when: {tls.sni: [a.b.c, b.c]}}\n",
		"4:18: tls.sni can never match: the earlier rule a takes every name"},
	{HEAD "- {id: a, when: {name: \"*t.co*\"}}\n- {id: b, when: {proto: tcp, name: "
	      "reddit.com}}\n",
		"4:30: name can never match: the earlier rule a"},
	{HEAD "- {id: a, when: {server: 10.0.0.0/8}}\n"
	      "- {id: b, when: {server: 10.1.0.0/16, proto: tcp}}\n",
		"4:3: rule b can never match: the earlier rule a takes all of it"},
	{"sluice: 1\nlists: {l: []}\nrules:\n- {id: a, when: {name: $l}}\n",
		"4:18: rule a can never match: name is an empty list"},

	/* schedules and chance */
	{HEAD "- {id: a, when: {chance: 0}}\n", "3:26: a chance of 0 never holds"},
	{HEAD "- {id: a, when: {chance: 2}}\n", "3:26: "},
	{HEAD "- {id: a, when: {chance: [0.1, 0.2]}}\n", "3:32: chance is one share"},
	{HEAD "- {id: a, when: {between: 0:00-6:00 utc}}\n",
		"3:27: \"0:00-6:00 utc\" is no part of a day: written like 00:00-06:00 utc"},
	{HEAD "- {id: a, when: {between: 00:00-06:00 cet}}\n",
		"3:27: \"00:00-06:00 cet\" says no zone: utc, +08:00, or local"},
	{HEAD "- {id: a, when: {between: 00:00-06:00 local}}\n",
		"3:27: local needs the document's zone"},
	{HEAD "- {id: a, when: {between: 00:00-25:00 utc}}\n", "3:27: \"00:00-25:00 utc\" is no"},
	{"sluice: 1\nzone: cet\nrules: []\n", "2:7: \"cet\" is no zone"},
	{HEAD "- {id: a, then: [{drop: {}, betwen: x}]}\n", "3:18: a step of then is one word"},
	{HEAD "- {id: a, then: [{drop: {}, between: []}]}\n", "3:38: between is empty"},
	{HEAD "- {id: a, then: [{drop: {}, ramp: linear}]}\n", "3:29: ramp without from"},
	{HEAD "- {id: a, then: [{drop: {}, from: {soon: {}}}]}\n", "3:36: \"soon\" is no date"},
	{HEAD "- {id: a, then: [{drop: {}, from: {2024-01-02: {probabilty: 1}}}]}\n",
		"unknown key \"probabilty\" in drop, did you mean \"probability\""},
	{HEAD "- {id: a, then: [{drop: {}, from: {2024-01-02: {}, 2024-01-01: {}}}]}\n",
		"3:52: the dates are not in order"},
	{HEAD "- {id: a, then: [{drop: {}, from: {2024-01-02: {probability: 0}}}]}\n",
		"probability of drop at one of these dates of 0 never drops"},
	{HEAD "- {id: a, then: [{" POLICE ", from: {2024-01-02: {burst: 1B}}}]}\n",
		"burst of police at one of these dates is smaller than one full packet"},
	{HEAD "- {id: a, then: [{freeze: {after: 9 packets}, between: 00:00-01:00 utc}]}\n",
		"3:18: freeze counts from a flow's begin"},

	/* inspect and state */
	{HEAD "- {id: a, inspect: {direction: up}}\n",
		"3:21: unknown key \"direction\" in inspect, "
		"did you mean \"directions\""},
	{HEAD "- {id: a, inspect: {directions: top}}\n", "3:33: unknown directions \"top\""},
	{HEAD "- {id: a, inspect: {reassembly: {tcp: some}}}\n",
		"3:39: unknown tcp reassembly \"some\", did you mean \"none\"? allowed: none, "
		"in-order, full"},
	{HEAD "- {id: a, inspect: {budget: {packets: 0}}}\n", "3:39: a budget of 0 packets"},
	{HEAD "- {id: a, inspect: {budget: {give_up_on_unrecognised_over: 100}}}\n",
		"3:60: \"100\" has no unit"},
	{HEAD "- {id: a, state: {idle: 600}}\n", "3:25: \"600\" has no unit: a duration"},
	{HEAD "- {id: a, state: {idle: 0s}}\n", "3:25: idle of 0s forgets every flow"},
	{HEAD "- {id: a, state: {timeouts: {syn_send: 60s}}}\n",
		"3:30: unknown key \"syn_send\" in timeouts, did you mean \"syn_sent\""},
	{HEAD "- {id: a, state: {timeouts: {udp: 0s}}}\n", "3:35: udp of 0s forgets such flows"},
	{HEAD "- {id: a, state: {timeouts: 60s}}\n", "3:29: timeouts must be a map"},
	{HEAD "- {id: a, when: {connections: {over: 3}}}\n",
		"3:31: connections needs over and within"},
	{HEAD "- {id: a, when: {connections: {over: 0, within: 60s}}}\n",
		"3:38: over is a number of connections from 1 to 29"},
	{HEAD "- {id: a, when: {connections: {over: 3, within: 60}}}\n",
		"3:49: within: \"60\" has no unit"},
	{HEAD "- {id: a, when: {connections: {over: 3, within: 0s}}}\n", "3:49: within of 0s"},
	{HEAD "- {id: a, when: {connections: {over: 3, within: 60s, per: cleint}}}\n",
		"3:59: unknown per \"cleint\", did you mean \"client\""},
	{HEAD "- {id: a, when: {connections: {over: 3, within: 60s, per: [server, server/24]}}}\n",
		"3:68: an address and its net do not stand side by side: server says it all"},
	{HEAD "- {id: a, when: {connections: {over: 3, within: 60s, per: [client, name]}}}\n",
		"3:18: connections per name, tls.ja3 or tls.ja4: the rule decides before"},
	{HEAD "- {id: a, when: {not: {connections: {over: 3, within: 60s}}}}\n",
		"3:24: connections stands in when itself"},
	{HEAD "- {id: a, when: {connection: {over: 3, within: 60s}}}\n",
		"3:18: unknown key \"connection\" in when, did you mean \"connections\""},
	{HEAD "- {id: a, when: {proto: tcp, connections: {over: 3, within: 60s}}}\n"
	      "- {id: b, when: {connections: {within: 60s, over: 3}, proto: tcp}}\n",
		"4:3: rule b can never match: the earlier rule a has the same condition"},
	{HEAD "- {id: a, state: {residual: 75}}\n", "3:29: \"75\" has no unit: a duration"},
	{HEAD "- {id: a, state: {residual: 0s}}\n", "3:29: residual of 0s ends at once"},
	{HEAD "- {id: a, state: {residul: 75s}}\n",
		"3:19: unknown key \"residul\" in state, did you mean \"residual\""},
	{HEAD "- {id: a, state: {residual: 75s, refresh: packet}}\n",
		"3:43: unknown refresh \"packet\"; allowed: no, yes"},
	{HEAD "- {id: a, state: {residual: 75s, key: 4-tupel}}\n",
		"3:39: unknown key \"4-tupel\", did you mean \"4-tuple\"? allowed: 4-tuple, "
		"3-tuple, client+server"},
	{HEAD "- {id: a, state: {refresh: yes}}\n",
		"3:19: refresh says who else is treated so, and for how long is missing: residual"},
	{HEAD "- {id: a, state: {key: client}}\n", "3:19: key says who else"},
	{HEAD "- {id: a, state: {key: host}}\n", "3:24: unknown key \"host\""},
	{HEAD "- {id: a, state: {cleared_by: [sin]}}\n",
		"3:32: unknown cleared_by \"sin\", did you mean \"fin\""},

	{HEAD "- {id: a, on_change: kep}\n", "3:22: unknown on_change \"kep\", did you mean "
					     "\"keep\"? allowed: redecide, keep"},
	{HEAD "- {id: a, on_change: []}\n", "3:22: on_change must be"},
	{HEAD "- {id: a, on_chnage: keep}\n",
		"3:11: unknown key \"on_chnage\" in a rule, did you mean \"on_change\""},
	{HEAD "- {id: a, state: {on_change: keep}}\n", "3:19: unknown key \"on_change\" in state"},

	/* then */
	{HEAD "- {id: a, then: []}\n", "3:17: then is empty"},
	{HEAD "- {id: a, then: drop}\n", "3:17: then (or the word pass) must be a list"},
	{HEAD "- {id: a, then: [polic: {}]}\n",
		"3:18: unknown word \"polic\" in then, did you mean \"police\"?"},
	{HEAD "- {id: a, then: [police: {rate: 1kbit/s, burst: 1500B}]}\n",
		"3:18: police needs count"},
	{HEAD "- {id: a, then: [police: {rat: 1kbit/s}]}\n",
		"3:27: unknown key \"rat\" in police, did you mean \"rate\""},
	{HEAD "- {id: a, then: [police: {rate: 140, burst: 1500B, count: l3}]}\n",
		"3:33: \"140\" has no unit: a rate is written like 140kbit/s"},
	{HEAD "- {id: a, then: [police: {rate: 0kbit/s, burst: 1500B, count: l3}]}\n",
		"3:33: \"0kbit/s\" is out of bounds"},
	{HEAD "- {id: a, then: [police: {rate: 401Gbit/s, burst: 1500B, count: l3}]}\n",
		"3:33: \"401Gbit/s\" is out of bounds"},
	{HEAD "- {id: a, then: [police: {rate: 1kbit/s, burst: 1499B, count: l3}]}\n",
		"3:49: burst of police is smaller than one full packet"},
	{HEAD "- {id: a, then: [police: {rate: 1kbit/s, burst: 9kB, count: l4}]}\n",
		"3:61: unknown count \"l4\", did you mean \"l2\"? allowed: l2, l3, payload"},
	{HEAD "- {id: a, then: [police: {rate: 1kbit/s, burst: 9kB, count: l3, per: [flow, "
	      "rule]}]}\n",
		"3:77: per rule stands beside flow"},
	{HEAD "- {id: a, then: [drop: {probability: 1.5}]}\n", "3:38: \"1.5\" is more than 1"},
	{HEAD "- {id: a, then: [freeze: {after: 25}]}\n",
		"3:34: \"25\" is neither packets nor bytes"},
	{HEAD "- {id: a, then: [drop: {begins: 5}]}\n",
		"3:33: \"5\" is neither packets nor bytes nor a duration: begins is written"},
	{HEAD "- {id: a, then: [drop: {begins: [5 packets, 80ms]}]}\n",
		"3:45: the two bounds of begins are of one kind"},
	{HEAD "- {id: a, then: [drop: {begins: [8 packets, 5 packets]}]}\n",
		"3:33: the bounds of begins are reversed"},
	{HEAD "- {id: a, then: [drop: {begin: 5 packets}]}\n",
		"3:25: unknown key \"begin\" in drop, did you mean \"begins\""},
	{HEAD "- {id: a, then: [pass, drop]}\n", "3:18: pass stands alone"},
	{HEAD "- {id: a, then: [" POLICE ", " POLICE ", " POLICE ", " POLICE ", " POLICE "]}\n",
		"3:17: too many steps remember something for each flow: 80 bytes, at most 64"},

	/* params and lists */
	{"sluice: 1\nparams: {rate: {range: [1, 2]}}\nrules: []\n",
		"2:10: the parameter rate has no default"},
	{"sluice: 1\nparams: {rate: {default: 3kbit/s, range: [1kbit/s, 2kbit/s]}}\nrules: []\n",
		"2:26: \"3kbit/s\" is out of range: 1kbit/s to 2kbit/s"},
	{"sluice: 1\nparams: {a: {default: 1B, range: [2B, 1B]}}\nrules: []\n",
		"2:34: the range is reversed"},
	{"sluice: 1\nparams: {a: {default: x, choices: [y, z]}}\nrules: []\n",
		"2:23: unknown choice \"x\""},
	{"sluice: 1\nparams: {a: {default: 1B, certainty: E}}\nrules: []\n",
		"2:38: unknown certainty \"E\""},
	{"sluice: 1\nparams: {rate: {default: 1kbit/s}}\n"
	 "rules: [{id: a, then: [police: {rate: $rat, burst: 9kB, count: l3}]}]\n",
		"3:39: unknown parameter or list \"rat\", did you mean \"rate\""},
	{"sluice: 1\nparams: {l: {default: [a.b]}}\n"
	 "rules: [{id: a, when: {initiator: $l}, state: {idle: $l}}]\n",
		"2:24: unknown initiator \"a.b\""},
	{"sluice: 1\nlists: {l: {file: /dev/zero}}\nrules: []\n",
		"2:19: this document cannot name files"},
	{"sluice: 1\nlists: {l: {versions: {2021-03-10: [a.b]}, select: 2021-03-09}}\nrules: []\n",
		"2:52: 2021-03-09 is before the first version of versions: 2021-03-10 or later"},
};

static struct rules *load(
	const char *document, const struct rules_setting *setting, struct failure *failure)
{
	*failure = (struct failure){0};
	return rules_load_text(
		"t.yaml", document, strlen(document), setting, setting ? 1 : 0, failure);
}

static struct rules *load_good(const char *document)
{
	struct failure failure;
	struct rules *rules = load(document, NULL, &failure);

	if (!rules)
		fail_msg("%s", failure.line);
	return rules;
}

static void test_bad(void **state)
{
	int wrong = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct failure failure;
		struct rules *rules = load(bad[i].document, NULL, &failure);

		if (rules)
			fail_msg("taken: %s", bad[i].document);
		assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
		assert_memory_equal(failure.line, "t.yaml:", 7);
		if (strstr(failure.line, bad[i].line))
			continue;
		print_error("\"%s\"\ndoes not say\n\"%s\"\n", failure.line, bad[i].line);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void test_twitter(void **state)
{
	struct failure failure = {0};
	struct rules *rules = rules_load_model("ru-twitter-2021", NULL, 0, &failure);
	const struct ruleset *set;
	uint64_t lists = 0;

	assert_non_null(rules);
	set = rules_compiled(rules);
	assert_string_equal(set->id, "ru-twitter-2021");
	assert_string_equal(rules_origin(rules), "model ru-twitter-2021");
	assert_int_equal(set->rule_count, 1);
	assert_string_equal(set->rules[0].id, "twitter");
	assert_int_equal(set->rules[0].idle_ns, 600000000000);
	assert_int_equal(set->rules[0].cleared_by, 0);
	assert_int_equal(set->cleared_by, 0);
	assert_int_equal(set->rules[0].throttle_count, 1);
	assert_string_equal(set->throttles[0].kind->word, "police");
	assert_int_equal(set->throttles[0].per.scope, SCOPE_FLOW);
	assert_true(set->throttles[0].per.by_direction);
	/* rate and burst come first in police's parameters */
	assert_int_equal(((const uint64_t *)set->throttles[0].params)[0], 140000);
	assert_int_equal(((const uint64_t *)set->throttles[0].params)[1], 17500);
	assert_int_equal(set->inspect_count, 1);
	assert_int_equal(set->inspects[0].budget_packets, 15);
	assert_int_equal(set->inspects[0].give_up_over, 100);
	assert_int_equal(set->inspects[0].directions, DIRECTIONS_BOTH);
	assert_int_equal(set->inspects[0].reassembly, REASSEMBLY_NONE);
	assert_int_equal(set->inspects[0].tls_records, TLS_RECORDS_FIRST);
	assert_int_equal(set->list_masks[0][NAME_TLS][0], 1);
	assert_int_equal(set->list_masks[0][NAME_HTTP][0], 0);
	assert_int_equal(names_match(set->names, (const uint8_t *)"t.co", 4, &lists), 1);
	assert_int_equal(lists, 1);
	assert_int_equal(names_match(set->names, (const uint8_t *)"reddit.com", 10, &lists), 0);
	assert_false(set->wants_apps);
	rules_free(rules);
}

/* The collateral of each list, as published: models differ by date. */
static void test_dated_lists(void **state)
{
	static const struct {
		const char *date;
		const char *name;
		bool taken;
	} cases[] = {
		{"2021-03-10", "reddit.com", true},
		{"2021-03-10", "throttletwitter.com", true},
		{"2021-03-11", "reddit.com", false},
		{"2021-03-11", "throttletwitter.com", true},
		{"2021-04-01", "throttletwitter.com", true},
		{"2021-04-02", "throttletwitter.com", false},
		{"2021-04-02", "api.twitter.com", true},
		{"2030-01-01", "garbage.twimg.com", true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rules_setting setting = {"date", cases[i].date};
		struct failure failure = {0};
		struct rules *rules = rules_load_model("ru-twitter-2021", &setting, 1, &failure);
		uint64_t lists = 0;

		assert_non_null(rules);
		names_match(rules_compiled(rules)->names, (const uint8_t *)cases[i].name,
			strlen(cases[i].name), &lists);
		assert_int_equal(lists, cases[i].taken);
		rules_free(rules);
	}
}

static void test_settings(void **state)
{
	static const struct {
		const char *model, *name, *value;
		const char *line; /* NULL: taken */
	} cases[] = {
		{"ru-twitter-2021", "rate", "135kbit/s", NULL},
		{"ru-twitter-2021", "rate", "129kbit/s",
			"--set rate=129kbit/s: \"129kbit/s\" is "
			"out of range: 130kbit/s to 150kbit/s"},
		{"ru-twitter-2021", "rate", "151kbit/s", "out of range: 130kbit/s to 150kbit/s"},
		{"ru-twitter-2021", "rate", "135", "\"135\" has no unit"},
		{"ru-twitter-2021", "depht", "1kB",
			"unknown parameter \"depht\", did you mean \"depth\""},
		{"ru-twitter-2021", "depth", "17500", "\"17500\" has no unit"},
		{"ru-twitter-2021", "depth", "100B",
			"--set depth=100B: burst of police is smaller"},
		{"ru-twitter-2021", "date", "2021-03-09", "2021-03-10 or later"},
		{"ru-twitter-2021", "depth", "1\nkB", "\"1\nkB\" is not an amount of bytes"},
		{"ru-twitter-2021", "depth", "\xff", "byte 0xff is not UTF-8"},
		{"ru-twitter-2021", "date", "soon", "\"soon\" is not a date"},
		{"ru-l425-2025", "after", "24 packets", NULL},
		{"ru-l425-2025", "after", "16384B", NULL},
		{"ru-l425-2025", "after", "28 packets",
			"23 packets to 27 packets or 14000B to 34000B"},
		{"ru-l425-2025", "sample", "100%", NULL},
		{"ru-l425-2025", "sample", "0", "out of range"},
		{"ru-l425-2025", "suspicious", "198.51.100.0/24,203.0.113.7", NULL},
		{"ru-l425-2025", "suspicious", "", "rule suspicious can never match"},
		{"ru-l425-2025", "suspicious", "198.51.100.1/24", "is not a prefix"},
		{"us-bingeon-2015", "names", "video.example", NULL},
		{"us-bingeon-2015", "layer", "l4", "did you mean \"l2\"? allowed: l2, l3, payload"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct rules_setting setting = {cases[i].name, cases[i].value};
		struct failure failure = {0};
		struct rules *rules = rules_load_model(cases[i].model, &setting, 1, &failure);

		if (!cases[i].line != !!rules)
			fail_msg("%s=%s: %s", cases[i].name, cases[i].value, failure.line);
		if (cases[i].line && !strstr(failure.line, cases[i].line))
			fail_msg("\"%s\"\ndoes not say\n\"%s\"", failure.line, cases[i].line);
		rules_free(rules);
	}
}

static void test_l425(void **state)
{
	struct failure failure = {0};
	struct rules *rules = rules_load_model("ru-l425-2025", NULL, 0, &failure);
	const struct ruleset *set;
	const struct condition *root;

	assert_non_null(rules);
	set = rules_compiled(rules);
	assert_int_equal(set->rule_count, 3);
	assert_true(set->wants_apps);
	assert_int_equal(set->rules[0].throttle_count, 0); /* ssh is exempt */
	assert_int_equal(set->conditions[set->rules[0].condition].op, CONDITION_APP);
	/* any of names and no prefixes is names alone */
	assert_int_equal(set->conditions[set->rules[1].condition].op, CONDITION_NAME);
	root = &set->conditions[set->rules[2].condition];
	assert_int_equal(root->op, CONDITION_ALL);
	assert_int_equal(root->children.count, 2);
	assert_int_equal(set->conditions[root->children.first].op, CONDITION_PROTO);
	/* tcp is 6, udp 17 (IANA) */
	assert_int_equal(set->conditions[root->children.first].proto[0], 1ull << 6 | 1ull << 17);
	assert_int_equal(set->conditions[root->children.first + 1].op, CONDITION_SERVER);
	assert_true(set->rules[2].counts);
	assert_false(set->rules[1].counts);
	rules_free(rules);
}

/* Every model of the library loads, and says so in order. */
static void test_library(void **state)
{
	const char *id, *before = "";
	size_t count = 0;

	while ((id = rules_model_id(count))) {
		struct failure failure = {0};
		struct rules *rules = rules_load_model(id, NULL, 0, &failure);

		if (!rules)
			fail_msg("%s", failure.line);
		assert_true(strcmp(before, id) < 0);
		assert_string_equal(rules_id(rules), id);
		before = id;
		count++;
		rules_free(rules);
	}
	assert_true(count >= 20);
}

static void test_unknown_model(void **state)
{
	struct failure failure = {0};

	assert_null(rules_load_model("ru-twiter-2021", NULL, 0, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	assert_non_null(strstr(failure.line, "did you mean \"ru-twitter-2021\""));
}

static void test_defaults(void **state)
{
	struct rules *rules = load_good(HEAD "- {id: a, when: {name: t.co}}\n- {id: b}\n");
	const struct ruleset *set = rules_compiled(rules);

	assert_string_equal(set->id, "unnamed");
	assert_int_equal(set->inspect_count, 1);
	assert_int_equal(set->inspects[0].budget_packets, 10);
	assert_int_equal(set->inspects[0].give_up_over, UINT32_MAX);
	assert_int_equal(set->inspects[0].reassembly, REASSEMBLY_FULL);
	assert_int_equal(set->inspects[0].tls_records, TLS_RECORDS_ALL);
	assert_int_equal(set->rules[0].idle_ns, FLOW_IDLE_NS);
	assert_int_equal(set->rules[0].cleared_by, CLEARED_BY_SYN);
	assert_int_equal(set->cleared_by, CLEARED_BY_SYN);
	assert_int_equal(set->conditions[set->rules[1].condition].op, CONDITION_ALL);
	assert_int_equal(set->conditions[set->rules[1].condition].children.count, 0);
	rules_free(rules);
}

/* Two steps with a state for each direction: 16 bytes a bucket, so at 0 and 32; a shared one is
 * numbered instead. */
static void test_states(void **state)
{
	static const char document[] = HEAD
		"- id: a\n"
		"  state: {idle: 20min, cleared_by: [fin, syn]}\n"
		"  then:\n"
		"    - police: {rate: 1Mbit/s, burst: 9kB, count: l2, per: [flow, direction]}\n"
		"    - police: {rate: 2Mbit/s, burst: 9kB, count: l2, per: inside-host}\n"
		"    - police: {rate: 3Mbit/s, burst: 9kB, count: l2, per: direction}\n"
		"    - police: {rate: 4Mbit/s, burst: 9kB, count: l2, per: rule}\n";
	struct rules *rules = load_good(document);
	const struct ruleset *set = rules_compiled(rules);

	assert_int_equal(set->throttle_count, 4);
	assert_int_equal(set->throttles[0].flow_state_at, 0);
	assert_int_equal(set->throttles[1].per.scope, SCOPE_INSIDE_HOST);
	assert_int_equal(set->throttles[1].shared, 0);
	assert_int_equal(set->throttles[2].flow_state_at, 32);
	assert_int_equal(set->throttles[3].per.scope, SCOPE_RULE);
	assert_int_equal(set->throttles[3].shared, 0); /* numbers of each scope by itself */
	assert_int_equal(set->shared_count, 2);
	assert_int_equal(set->idle_ns, 1200000000000);
	assert_int_equal(set->cleared_by, CLEARED_BY_FIN | CLEARED_BY_SYN);
	rules_free(rules);
}

/* Equal ways to read share an entry, equal conditions a list; a list is not shared by ways. */
static void test_sharing(void **state)
{
	static const char document[] =
		HEAD "- {id: a, when: {tls.sni: [x.y, z.y], server_port: 443}}\n"
		     "- {id: b, when: {tls.sni: [z.y, x.y], server_port: [80, 8000-8080]}}\n"
		     "- {id: c, when: {tls.sni: [x.y, z.y]}, inspect: {directions: up}}\n"
		     "- {id: d, when: {http.host: [x.y, z.y]}}\n";
	struct rules *rules = load_good(document);
	const struct ruleset *set = rules_compiled(rules);

	assert_int_equal(set->inspect_count, 2);
	assert_int_equal(set->list_count, 3);
	assert_int_equal(set->list_words, 1);
	assert_int_equal(set->list_masks[0][NAME_TLS][0], 1);
	assert_int_equal(set->list_masks[1][NAME_TLS][0], 2);
	assert_int_equal(set->list_masks[0][NAME_HTTP][0], 4);
	assert_int_equal(set->list_masks[0][NAME_QUIC][0], 0);
	assert_int_equal(set->port_count, 3);
	rules_free(rules);
}

static void test_any_and_not(void **state)
{
	struct rules *rules =
		load_good(HEAD "- {id: a, when: {not: {proto: udp}, any: [{server_port: 22}, "
			       "{client: 10.0.0.0/8}]}}\n");
	const struct ruleset *set = rules_compiled(rules);
	const struct condition *root = &set->conditions[set->rules[0].condition];
	const struct condition *children = &set->conditions[root->children.first];

	assert_int_equal(root->op, CONDITION_ALL);
	assert_int_equal(children[0].op, CONDITION_NOT);
	assert_int_equal(set->conditions[children[0].children.first].op, CONDITION_PROTO);
	assert_int_equal(children[1].op, CONDITION_ANY);
	assert_int_equal(children[1].children.count, 2);
	assert_int_equal(set->conditions[children[1].children.first].op, CONDITION_SERVER_PORT);
	rules_free(rules);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Names of a list kept beside the document; a bad one is told by its place in that file. */
static void test_list_file(void **state)
{
	char folder[SCRATCH_BYTES], rules_path[SCRATCH_BYTES + 16], list_path[SCRATCH_BYTES + 16];
	char line[SCRATCH_BYTES + 128];
	struct failure failure = {0};
	struct rules *rules;

	scratch_name(folder, "rules");
	assert_non_null(mkdtemp(folder));
	snprintf(rules_path, sizeof(rules_path), "%s/r.yaml", folder);
	snprintf(list_path, sizeof(list_path), "%s/names.txt", folder);
	write_file(rules_path, "sluice: 1\nlists: {l: {file: names.txt}}\n"
			       "rules: [{id: a, when: {name: $l}}]\n");
	write_file(list_path, "# names\n\n  t.co\r\n**.twitter.com # and below\n");
	rules = rules_load_file(rules_path, NULL, 0, &failure);
	if (!rules)
		fail_msg("%s", failure.line);
	assert_int_equal(names_match(rules_compiled(rules)->names,
				 (const uint8_t *)"api.twitter.com", 15, &(uint64_t){0}),
		1);
	rules_free(rules);
	write_file(list_path, "t.co\n  a.*.b\n");
	assert_null(rules_load_file(rules_path, NULL, 0, &failure));
	snprintf(line, sizeof(line), "%s:2:3: \"a.*.b\" is not a name pattern", list_path);
	assert_memory_equal(failure.line, line, strlen(line));
	unlink(list_path);
	unlink(rules_path);
	rmdir(folder);
}

/* A list named again and again is counted each time: 1000 values, 5000 times. */
static void test_reference_bomb(void **state)
{
	char *document = malloc(100000), *end = document;
	struct failure failure;

	assert_non_null(document);
	end += sprintf(end, "sluice: 1\nlists:\n  l: [");
	for (int i = 0; i < 1000; i++)
		end += sprintf(end, "n%d.example,", i);
	end += sprintf(end, "]\nrules: [{id: a, when: {name: [");
	for (int i = 0; i < 5000; i++)
		end += sprintf(end, "$l,");
	sprintf(end, "]}}]\n");
	assert_null(load(document, NULL, &failure));
	assert_non_null(strstr(failure.line, "too many values"));
	free(document);
}

static void test_not_a_file(void **state)
{
	struct failure failure = {0};

	assert_null(rules_load_file("/dev/zero", NULL, 0, &failure));
	assert_string_equal(failure.line, "/dev/zero: not a regular file");
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_twitter),
		cmocka_unit_test(test_dated_lists),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_l425),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_unknown_model),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_any_and_not),
		cmocka_unit_test(test_list_file),
		cmocka_unit_test(test_reference_bomb),
		cmocka_unit_test(test_not_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
