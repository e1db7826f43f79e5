/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct account *const *)a)->name, (*(struct account *const *)b)->name);
}

static int against_name(const void *name, const void *account)
{
	return strcmp(name, (*(struct account *const *)account)->name);
}

struct account *accounts_find(const struct accounts *accounts, const char *name)
{
	struct account **found = NULL;

	if (accounts->sorted)
		found = bsearch(
			name, accounts->rows, accounts->sorted, sizeof(found), against_name);
	return found ? *found : NULL;
}

static bool make_room(struct accounts *accounts)
{
	size_t room = accounts->room ? accounts->room * 2 : 64;
	struct account **rows;

	if (accounts->count < accounts->room)
		return true;
	rows = realloc(accounts->rows, room * sizeof(*rows));
	if (!rows)
		return false;
	accounts->rows = rows;
	accounts->room = room;
	return true;
}

struct account *accounts_add(struct accounts *accounts, const char *prefix, const char *name)
{
	struct account *account = make_room(accounts) ? calloc(1, sizeof(*account)) : NULL;
	int len;

	if (!account)
		return NULL;
	len = snprintf(account->key, sizeof(account->key), "%srule:%s", prefix, name);
	account->name = account->key + len - strlen(name);
	return accounts->rows[accounts->count++] = account;
}

void accounts_sort(struct accounts *accounts)
{
	if (accounts->sorted == accounts->count)
		return;
	qsort(accounts->rows, accounts->count, sizeof(struct account *), by_name);
	accounts->sorted = accounts->count;
}

void accounts_prune(struct accounts *accounts)
{
	size_t kept = 0;

	for (size_t i = 0; i < accounts->count; i++) {
		if (*accounts->rows[i]->key)
			accounts->rows[kept++] = accounts->rows[i];
		else
			free(accounts->rows[i]);
	}
	accounts->count = accounts->sorted = kept;
}

void accounts_end(struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->count; i++)
		free(accounts->rows[i]);
	free(accounts->rows);
	*accounts = (struct accounts){0};
}
