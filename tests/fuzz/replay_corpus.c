/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What stands in for libFuzzer in an ordinary build: feeds every file of the folders given (or the
 * files given) to the target, so that what once was found is looked at in every test run.
 *
 * Each input is fed from a heap block of exactly its size, where a sanitizer sees a read beyond it.
 */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void feed_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat facts;
	uint8_t *data;
	size_t size;

	if (!file || fstat(fileno(file), &facts) != 0) {
		perror(path);
		exit(1);
	}
	size = (size_t)facts.st_size;
	data = malloc(size);
	if ((size && !data) || fread(data, 1, size, file) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	fclose(file);
	/* Flushed first: when the target aborts, the last line names the input. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int feed_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, visible, alphasort);
	char name[4096];

	if (count < 0) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		feed_file(name);
		free(entries[i]);
	}
	free(entries);
	return count;
}

int main(int argc, char **argv)
{
	int fed = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat facts;

		if (stat(argv[i], &facts) == 0 && S_ISDIR(facts.st_mode)) {
			fed += feed_folder(argv[i]);
		} else {
			feed_file(argv[i]);
			fed++;
		}
	}
	printf("%d inputs\n", fed);
	return fed ? 0 : 1; /* a corpus that is not there must not pass */
}
