/* SPDX-License-Identifier: BSD-3-Clause */
#include "redis_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *given(const char *option, const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	if (option)
		return option;
	return value && *value ? value : otherwise;
}

static bool read_password_file(const char *path, char *into, size_t size, struct failure *failure)
{
	FILE *file = fopen(path, "re");
	bool good;

	if (!file)
		return failure_set(failure, EXIT_BAD_INPUT, "%s: %s", path, strerror(errno));
	good = fgets(into, (int)size, file) != NULL;
	fclose(file);
	into[good ? strcspn(into, "\r\n") : 0] = '\0';
	return *into || failure_set(failure, EXIT_BAD_INPUT, "%s: holds no password", path);
}

static bool read_password(
	const struct redis_choice *choice, struct redis_target *target, struct failure *failure)
{
	const char *password = getenv("SLUICE_REDIS_PASSWORD");

	if (choice->password_file)
		return read_password_file(
			choice->password_file, target->password, sizeof(target->password), failure);
	if (!password)
		return true;
	if (strlen(password) >= sizeof(target->password))
		return failure_set(
			failure, EXIT_BAD_INPUT, "SLUICE_REDIS_PASSWORD: at most 511 characters");
	strcpy(target->password, password);
	return true;
}

bool redis_target_read(
	const struct redis_choice *choice, struct redis_target *target, struct failure *failure)
{
	const char *lab = given(choice->lab, "SLUICE_LAB", LAB_DEFAULT);

	memset(target, 0, sizeof(*target));
	if (!store_name_valid(lab))
		return failure_set(failure, EXIT_BAD_INPUT,
			"--lab %.80s: a name is 1 to %d letters, digits, - and _", lab,
			LAB_SIZE - 1);
	strcpy(target->lab, lab);
	return redis_address_parse(given(choice->url, "SLUICE_REDIS", REDIS_DEFAULT),
		       &target->address, failure) &&
	       read_password(choice, target, failure);
}

struct redis *redis_target_connect(
	const struct redis_target *target, unsigned wait_ms, struct failure *failure)
{
	char key[STORE_KEY_SIZE];
	struct redis_options options = {
		.address = target->address,
		.password = *target->password ? target->password : NULL,
		.key = key,
		.wait_ms = wait_ms,
	};

	store_key(key, target->lab, "ruleset");
	return redis_connect(&options, failure);
}
