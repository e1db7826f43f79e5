/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/telemetry_page.h"

#include <inttypes.h>
#include <rte_telemetry.h>
#include <rte_version.h>
#include <stdio.h>
#include <string.h>

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif

enum { NAME = 64, TEXT = RTE_TEL_MAX_STRING_LEN, PUNCTUATION = 6 /* "name":"text", */ };

/* DPDK 22.11 takes letters, digits, '_' and '/'. */
static void make_name(char into[NAME], const char *name)
{
	snprintf(into, NAME, "%s", name);
	for (char *c = into; *c; c++)
		*c = *c == '-' || *c == '.' ? '_' : *c;
}

void page_number(struct page *page, const char *name, uint64_t number)
{
	char digits[24], safe[NAME];

	page->bytes +=
		strlen(name) + PUNCTUATION + snprintf(digits, sizeof(digits), "%" PRIu64, number);
	page->names++;
	if (!page->data)
		return;
	make_name(safe, name);
	add_number(page->data, safe, number);
}

void page_text(struct page *page, const char *name, const char *text)
{
	char printable[TEXT], safe[NAME];

	snprintf(printable, sizeof(printable), "%s", text);
	/* 22.11 escapes by itself, and wrongly. */
	for (char *c = printable; *c; c++)
		*c = *c < ' ' || *c >= 0x7f || *c == '"' || *c == '\\' ? '?' : *c;
	page->bytes += strlen(name) + strlen(printable) + PUNCTUATION;
	page->names++;
	if (!page->data)
		return;
	make_name(safe, name);
	rte_tel_data_add_dict_string(page->data, safe, printable);
}

struct page page_open(const struct page *page)
{
	struct page inside = {.data = page->data ? rte_tel_data_alloc() : NULL};

	if (inside.data)
		rte_tel_data_start_dict(inside.data);
	return inside;
}

void page_close(struct page *page, const char *name, struct page *inside)
{
	char safe[NAME];

	page->bytes += strlen(name) + PUNCTUATION + inside->bytes;
	page->names++;
	if (!page->data || !inside->data)
		return;
	make_name(safe, name);
	if (rte_tel_data_add_dict_container(page->data, safe, inside->data, 0) != 0)
		rte_tel_data_free(inside->data);
}

bool page_fits(const struct page *page, const char *name, const struct page *measured)
{
	return page->names < PAGE_NAMES &&
	       page->bytes + strlen(name) + PUNCTUATION + measured->bytes <= PAGE_BYTES;
}
