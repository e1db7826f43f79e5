/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/top_view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_END = 3, KEY_RETURN = '\r', KEY_ESCAPE = 27, KEY_DELETE = 127, KEY_BACK = 8 };
enum { NUMBERS = 12 + 3 * 10, LINE_MAX_BYTES = 1024 };

/* Keys */

static void type(struct top_view *view, int key)
{
	size_t len = strlen(view->filter);

	if (key == KEY_RETURN || key == '\n')
		view->typing = false;
	else if ((key == KEY_DELETE || key == KEY_BACK) && len)
		view->filter[len - 1] = '\0';
	else if (key >= ' ' && key < KEY_DELETE && len + 1 < sizeof(view->filter))
		view->filter[len] = (char)key;
}

static void leave_filter(struct top_view *view)
{
	memset(view->filter, 0, sizeof(view->filter));
	view->typing = false;
}

bool top_view_key(struct top_view *view, int key)
{
	static const char orders[] = "odxhn"; /* as in enum top_order */
	const char *order;

	if (key == KEY_END)
		return false;
	if (key == KEY_ESCAPE) {
		leave_filter(view);
	} else if (view->typing) {
		type(view, key);
	} else if (key == '/') {
		leave_filter(view);
		view->typing = true;
	} else if (key == 'p' || key == ' ') {
		view->paused = !view->paused;
	} else if (key == 'j' || (key == 'k' && view->skipped)) {
		view->skipped += key == 'j' ? 1 : -1;
	} else if (key > 0 && (order = strchr(orders, key))) {
		view->order = (enum top_order)(order - orders);
		view->skipped = 0;
	}
	return view->typing || key != 'q';
}

/* Lines */

struct screen {
	const struct top_view *view;
	FILE *out;
	unsigned lines;
};

/* A column a byte, but for blocks, which come after the text: `blocks` is made to fit by the
 * caller. */
static void put_line(struct screen *screen, const char *style, const char *text, const char *blocks)
{
	const struct top_view *view = screen->view;
	bool styled = view->colour && *style;

	if (screen->lines == view->height)
		return;
	fprintf(screen->out, "%s%s%s%.*s%s%s\033[K", screen->lines ? "\r\n" : "",
		styled ? "\033[" : "", styled ? style : "", (int)view->width, text, blocks,
		styled ? "\033[0m" : "");
	screen->lines++;
}

static void __attribute__((format(printf, 3, 4)))
print_line(struct screen *screen, const char *style, const char *format, ...)
{
	char text[LINE_MAX_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_line(screen, style, text, "");
}

/* "12.3M": four digits at most. */
static const char *short_number(double value, char text[16])
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;

	while (value >= 999.5 && unit + 2 < sizeof(units)) {
		value /= 1000;
		unit++;
	}
	snprintf(text, 16, value < 99.95 && unit ? "%.1f%c" : "%.0f%c", value, units[unit]);
	text[strcspn(text, " ")] = '\0';
	return text;
}

/* The newest at the right. `text` has room for 3 bytes a column and NUL. */
static void spark(
	const struct screen *screen, const struct top_row *row, unsigned columns, char *text)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[] = {" ", ".", ":", "-", "=", "+", "*", "#", "@"};
	double most = 0;

	*text = '\0';
	columns = columns < TOP_HISTORY ? columns : TOP_HISTORY;
	for (unsigned i = 0; i < columns; i++)
		most = row->history[i] > most ? row->history[i] : most;
	for (unsigned i = columns; i-- > 0;) {
		double share = most > 0 ? row->history[i] / most : 0;
		int level = share > 0 ? 1 + (int)(share * 7.0) : 0;

		strcat(text, (screen->view->blocks ? blocks : plain)[level]);
	}
}

/* Parts of the screen */

static const struct top_row *total_of(const struct top_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (rows->items[i].kind == TOP_ALL)
			return &rows->items[i];
	}
	return NULL;
}

static void draw_head(struct screen *screen, const struct top_rows *rows)
{
	const struct top_row *all = total_of(rows);
	const struct top_view *view = screen->view;
	char offered[16], delivered[16], dropped[16], packets[16], graph[3 * TOP_HISTORY + 1];

	print_line(screen, "7m", "sluice top  %s %s  %" PRIu64 " flows%s%s%s", view->what,
		rows->lab, all ? all->flows : 0, view->paused ? "  PAUSED" : "",
		*view->trouble ? "  " : "", view->trouble);
	if (!all)
		return;
	print_line(screen, "", "offered %sbit/s  delivered %sbit/s  dropped %sbit/s, %s packets/s",
		short_number(all->offered, offered), short_number(all->delivered, delivered),
		short_number(all->dropped, dropped), short_number(all->dropped_packets, packets));
	spark(screen, all, view->width, graph);
	put_line(screen, "", "", graph);
}

static void draw_drops(struct screen *screen, const struct top_rows *rows)
{
	char text[LINE_MAX_BYTES] = "drops/s", number[16];
	size_t len = strlen(text);

	for (size_t i = 0; i < rows->count && len < sizeof(text); i++) {
		const struct top_row *row = &rows->items[i];

		if (row->kind == TOP_DROP && row->totals.dropped)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "  %s %s",
				row->name, short_number(row->dropped_packets, number));
	}
	put_line(screen, "", len == strlen("drops/s") ? "drops/s  none" : text, "");
}

static int name_width(const struct screen *screen)
{
	int width = (int)screen->view->width;

	return width < NUMBERS + 8            ? 8
	       : width * 3 / 4 - NUMBERS < 16 ? 16
					      : width * 3 / 4 - NUMBERS;
}

static void draw_row(struct screen *screen, const struct top_row *row, const char *standing)
{
	char text[LINE_MAX_BYTES], offered[16], delivered[16], dropped[16];
	char graph[3 * TOP_HISTORY + 1] = "";
	int width = name_width(screen);

	snprintf(text, sizeof(text), "%-*.*s%12" PRIu64 "%10s%10s%10s ", width, width, row->name,
		row->totals.received, short_number(row->offered, offered),
		short_number(row->delivered, delivered),
		short_number(row->dropped_packets, dropped));
	if (*standing)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %s", standing);
	else if (strlen(text) < screen->view->width)
		spark(screen, row, screen->view->width - (unsigned)strlen(text), graph);
	put_line(screen, row->dropped_packets > 0 ? "31m" : "", text, graph);
}

static void draw_heading(struct screen *screen, const char *what, const char *last)
{
	int width = name_width(screen);

	print_line(screen, "1m", "%-*s%12s%10s%10s%10s  %s", width, what, "packets", "offered",
		"delivered", "dropped/s", last);
}

/* Nodes of a lab, or ports of a box: a third of the screen at most. */
static void draw_places(struct screen *screen, const struct top_rows *rows)
{
	unsigned room = screen->view->height / 3, count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		const struct top_row *row = &rows->items[i];

		if ((row->kind != TOP_NODE && row->kind != TOP_PORT) ||
			!top_row_is_there(rows, row))
			continue;
		if (!count++)
			draw_heading(screen, row->kind == TOP_NODE ? "NODE" : "PORT",
				row->kind == TOP_NODE ? "version" : "");
		if (count <= room)
			draw_row(screen, row, row->standing);
	}
	if (count > room)
		print_line(screen, "", "%u more", count - room);
}

/* Rules */

static double weight(enum top_order order, const struct top_row *row)
{
	return order == TOP_BY_OFFERED     ? row->offered
	       : order == TOP_BY_DELIVERED ? row->delivered
	       : order == TOP_BY_DROPPED   ? row->dropped_packets
	       : order == TOP_BY_HITS      ? (double)row->totals.received
					   : 0;
}

static int compare(const void *left, const void *right, void *context)
{
	const struct top_row *a = *(const struct top_row *const *)left;
	const struct top_row *b = *(const struct top_row *const *)right;
	const enum top_order *order = context;
	double x = weight(*order, a), y = weight(*order, b);

	return x != y ? (x < y) - (x > y) : strcmp(a->name, b->name);
}

/* The chosen ones in their order; NULL when there are none. */
static const struct top_row **choose(
	const struct top_view *view, const struct top_rows *rows, size_t *count)
{
	const struct top_row **chosen = calloc(rows->count + 1, sizeof(*chosen));
	enum top_order order = view->order;

	*count = 0;
	for (size_t i = 0; chosen && i < rows->count; i++) {
		const struct top_row *row = &rows->items[i];

		if (row->kind == TOP_RULE && top_row_is_there(rows, row) &&
			strstr(row->name, view->filter))
			chosen[(*count)++] = row;
	}
	if (chosen)
		qsort_r(chosen, *count, sizeof(*chosen), compare, &order);
	return chosen;
}

static void draw_rules(struct screen *screen, const struct top_rows *rows)
{
	const struct top_view *view = screen->view;
	size_t count;
	const struct top_row **chosen = choose(view, rows, &count);

	draw_heading(screen, "RULE", "");
	for (size_t i = view->skipped; i < count && screen->lines + 1 < view->height; i++)
		draw_row(screen, chosen[i], "");
	free(chosen);
}

static void draw_foot(struct screen *screen)
{
	static const char *const orders[] = {"offered", "delivered", "dropped", "hits", "name"};
	const struct top_view *view = screen->view;

	while (screen->lines + 1 < view->height)
		put_line(screen, "", "", "");
	if (view->typing || *view->filter)
		print_line(screen, "7m", "/%s%s  (Escape: all rules)", view->filter,
			view->typing ? "_" : "");
	else
		print_line(screen, "7m", "by %s (o d x h n)  / filter  p pause  j k scroll  q quit",
			orders[view->order]);
}

void top_view_draw(const struct top_view *view, const struct top_rows *rows, FILE *out)
{
	struct screen screen = {.view = view, .out = out};

	fputs("\033[H", out);
	draw_head(&screen, rows);
	draw_drops(&screen, rows);
	draw_places(&screen, rows);
	draw_rules(&screen, rows);
	draw_foot(&screen);
	fputs("\033[J", out);
	fflush(out);
}
