/* SPDX-License-Identifier: BSD-3-Clause */
/* How commands are told which Redis and which lab: options, else the environment, else defaults. */
#ifndef SLUICE_REDIS_OPTIONS_H
#define SLUICE_REDIS_OPTIONS_H

#include "redis.h"
#include "ruleset_store.h"

struct redis_choice {
	const char *url, *lab, *password_file; /* as given; NULL: not */
};

#define REDIS_DEFAULT "redis://127.0.0.1"
#define LAB_DEFAULT   "lab"

/* Rows for a command's table of options; `type` has a member `redis` of struct redis_choice. */
#define REDIS_OPTION_ROWS(type)                                                           \
	{"--redis", 0, OPTION_TEXT, "URL",                                                \
		"redis://[USER@]HOST[:PORT][/DB] or unix://PATH[?db=DB] (default "        \
		"SLUICE_REDIS, else " REDIS_DEFAULT ")",                                  \
		offsetof(type, redis.url), 0, 0},                                         \
		{"--redis-password-file", 0, OPTION_TEXT, "FILE",                         \
			"the password is its first line (default SLUICE_REDIS_PASSWORD)", \
			offsetof(type, redis.password_file), 0, 0},                       \
	{                                                                                 \
		"--lab", 0, OPTION_TEXT, "NAME",                                          \
			"whose rules (default SLUICE_LAB, else \"" LAB_DEFAULT "\")",     \
			offsetof(type, redis.lab), 0, 0                                   \
	}

/* What the choice comes to. */
struct redis_target {
	struct redis_address address;
	char lab[LAB_SIZE];
	char password[512]; /* "": none */
};

/* False with *failure set: a bad address or name, a file that cannot be read. */
bool redis_target_read(
	const struct redis_choice *choice, struct redis_target *target, struct failure *failure);

/* Connects. NULL with *failure set. */
struct redis *redis_target_connect(
	const struct redis_target *target, unsigned wait_ms, struct failure *failure);

#endif
