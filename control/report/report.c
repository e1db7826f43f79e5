/* SPDX-License-Identifier: BSD-3-Clause */
#include "report.h"

#include "block.h"
#include "flows.h"
#include "report_page.h" /* made by embed.py: report_page_head, report_page_tail */
#include "series.h"

#include "control/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool json_block(
	FILE *page, const char *folder, const char *name, const char *id, struct failure *failure)
{
	json_t *value = block_read(folder, name, failure);

	if (!value)
		return false;
	block_json(page, id, value);
	json_decref(value);
	return true;
}

static bool write_page(FILE *page, const char *folder, struct failure *failure)
{
	fwrite(report_page_head, 1, sizeof(report_page_head), page);
	if (!json_block(page, folder, "run.json", "run", failure) ||
		!json_block(page, folder, "counters.json", "counters", failure) ||
		!json_block(page, folder, "sequences.json", "sequences", failure) ||
		!series_block(page, folder, failure) || !flows_block(page, folder, failure))
		return false;
	fwrite(report_page_tail, 1, sizeof(report_page_tail), page);
	return true;
}

/* A new file in any case: what stands there from an interrupted run may be a link elsewhere. */
static FILE *create(const char *path)
{
	int fd;
	FILE *file;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "w");
	if (!file)
		close(fd);
	return file;
}

/* "run.json: No such file" says less than what the folder is not. */
static bool is_result(const char *folder, struct failure *failure)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s/report.html.tmp", folder) >= (int)sizeof(path))
		return failure_set(
			failure, EXIT_BAD_INPUT, "a folder's path of over %zu bytes", sizeof(path));
	snprintf(path, sizeof(path), "%s/run.json", folder);
	if (access(path, F_OK) == 0)
		return true;
	return failure_set(failure, EXIT_BAD_INPUT,
		"%s: %s; a folder that sluice replay wrote is needed", path, strerror(errno));
}

bool report_write(const char *folder, struct failure *failure)
{
	char path[4096], temporary[4096];
	FILE *page;
	bool good;

	if (!is_result(folder, failure))
		return false;
	snprintf(path, sizeof(path), "%s/report.html", folder);
	snprintf(temporary, sizeof(temporary), "%s/report.html.tmp", folder);
	page = create(temporary);
	if (!page)
		return failure_set(failure, EXIT_REFUSED, "%s: %s", temporary, strerror(errno));
	good = write_page(page, folder, failure);
	if (good && (fflush(page) != 0 || ferror(page) || fsync(fileno(page)) != 0))
		good = failure_set(failure, EXIT_REFUSED, "%s: %s", temporary, strerror(errno));
	fclose(page);
	if (good && rename(temporary, path) != 0)
		good = failure_set(failure, EXIT_REFUSED, "%s: %s", path, strerror(errno));
	if (!good)
		unlink(temporary);
	return good;
}

static int run(int argc, char **argv, struct failure *failure)
{
	struct option_list folders = {0};
	int parsed = options_parse(&command_report, argc, argv, NULL, &folders, failure);
	bool good = false;

	if (parsed == 0 && folders.count == 1)
		good = report_write(folders.items[0], failure);
	else if (parsed == 0)
		failure_set(failure, EXIT_BAD_INPUT, "report: one DIR is needed");
	if (good)
		printf("%s/report.html\n", folders.items[0]);
	options_free(&command_report, NULL, &folders);
	return parsed == 1 || good ? EXIT_DONE : failure->exit_code;
}

static const struct option_row options[] = {{0}};

const struct command command_report = {
	.name = "report",
	.synopsis = "DIR",
	.help = "write report.html from the files of a result folder",
	.details = "DIR is a folder that sluice replay wrote. The page is one file that needs no "
		   "network.\nIt replaces DIR/report.html and prints its path.",
	.options = options,
	.run = run,
};
