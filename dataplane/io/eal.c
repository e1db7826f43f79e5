/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/io/eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_log.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* EAL without files: huge pages come from memory descriptors, so a killed box leaves none. */
enum { ARGUMENTS_MAX = 64 };

static struct {
	char folder[128];
	int lock; /* held while this box lives: a folder whose lock can be had is dead */
	FILE *log;
	char error[200]; /* what DPDK said first that was wrong, see eal_expect() */
	bool begun;
} eal = {.lock = -1};

/* Log */

/* The first line says what is wrong; those after it, what was given up because of it. */
static ssize_t keep_line(void *unused, const char *text, size_t size)
{
	size_t len = size < sizeof(eal.error) - 1 ? size : sizeof(eal.error) - 1;

	if (eal.error[0] || rte_log_cur_msg_loglevel() > (int)RTE_LOG_ERR)
		return size;
	while (len && text[len - 1] == '\n')
		len--;
	memcpy(eal.error, text, len);
	eal.error[len] = '\0';
	return size;
}

void eal_expect(void)
{
	eal.error[0] = '\0';
}

const char *eal_error(void)
{
	return eal.error;
}

static bool quieten(const struct eal_options *options)
{
	cookie_io_functions_t functions = {.write = keep_line};

	if (options->verbose)
		return true;
	eal.log = fopencookie(NULL, "w", functions);
	if (!eal.log)
		return false;
	setvbuf(eal.log, NULL, _IONBF, 0);
	return rte_openlog_stream(eal.log) == 0;
}

/* Runtime folder */

static const char *runtime_root(void)
{
	const char *user = getenv("XDG_RUNTIME_DIR");

	return getuid() == 0 ? "/var/run" : user ? user : "/tmp";
}

bool eal_runtime_folder(const char *lab, char *path, size_t size)
{
	return snprintf(path, size, "%s/dpdk/sluice-%s", runtime_root(), lab) < (int)size;
}

static void remove_folder(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(entries), entry->d_name, 0);
	}
	if (entries)
		closedir(entries);
	rmdir(folder);
}

/* The locked descriptor of a folder in which nobody lives, or -1. */
static int lock_folder(const char *folder)
{
	struct stat held, named;
	char path[160];
	int lock;

	snprintf(path, sizeof(path), "%s/lock", folder);
	lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0)
		return -1;
	/* Somebody may have removed the folder between the two calls. */
	if (flock(lock, LOCK_EX | LOCK_NB) == 0 && fstat(lock, &held) == 0 &&
		stat(path, &named) == 0 && held.st_ino == named.st_ino)
		return lock;
	close(lock);
	return -1;
}

static void clear_dead_folders(const char *root)
{
	DIR *entries = opendir(root);
	struct dirent *entry;
	char path[sizeof(eal.folder) + NAME_MAX];

	while (entries && (entry = readdir(entries))) {
		int lock;

		if (strncmp(entry->d_name, "sluice-", 7) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, entry->d_name);
		lock = lock_folder(path);
		if (lock < 0)
			continue;
		remove_folder(path);
		close(lock);
	}
	if (entries)
		closedir(entries);
}

static bool claim_folder(const struct eal_options *options, struct trouble *trouble)
{
	char root[64];

	snprintf(root, sizeof(root), "%s/dpdk", runtime_root());
	if (!eal_runtime_folder(options->lab, eal.folder, sizeof(eal.folder)))
		return trouble_set(trouble, false, "--lab %s: too long", options->lab);
	if (mkdir(root, 0700) < 0 && errno != EEXIST)
		return trouble_set(trouble, true, "%s: %s", root, strerror(errno));
	clear_dead_folders(root);
	if (mkdir(eal.folder, 0700) < 0 && errno != EEXIST)
		return trouble_set(trouble, true, "%s: %s", eal.folder, strerror(errno));
	eal.lock = lock_folder(eal.folder);
	if (eal.lock >= 0)
		return true;
	return trouble_set(trouble, true, "--lab %s: a box of this name is running (%s)",
		options->lab, eal.folder);
}

static void release_folder(void)
{
	if (eal.lock < 0)
		return;
	remove_folder(eal.folder);
	close(eal.lock);
	eal.lock = -1;
}

/* Cores */

static void list_cpus(const cpu_set_t *set, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE && used < size; cpu++) {
		if (CPU_ISSET(cpu, set))
			used += snprintf(text + used, size - used, "%s%d", used ? "," : "", cpu);
	}
}

/* "0@1,1@2,2@(0,3)": workers are lcores 0 and up, the control thread is the last one. */
static bool place_lcores(
	const struct eal_options *options, char *text, size_t size, struct trouble *trouble)
{
	char names[256];
	size_t used = 0;
	cpu_set_t allowed, rest;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	rest = allowed;
	for (unsigned i = 0; i < options->core_count; i++) {
		unsigned core = options->cores[i];

		list_cpus(&allowed, names, sizeof(names));
		if (core >= CPU_SETSIZE || !CPU_ISSET(core, &allowed))
			return trouble_set(trouble, false,
				"core %u is not there; this process may use %s", core, names);
		CPU_CLR(core, &rest);
		used += snprintf(text + used, size - used, "%u@%u,", i, core);
	}
	list_cpus(CPU_COUNT(&rest) ? &rest : &allowed, names, sizeof(names));
	used += snprintf(text + used, size - used, "%u@(%s)", options->core_count, names);
	return used < size || trouble_set(trouble, false, "too many cores");
}

/* Memory */

static uint64_t read_number(const char *folder, const char *name, const char *file)
{
	unsigned long long number = 0;
	char path[512];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s/%s", folder, name, file);
	in = fopen(path, "re");
	if (!in)
		return 0;
	if (fscanf(in, "%llu", &number) != 1)
		number = 0;
	fclose(in);
	return number;
}

uint64_t eal_free_huge_bytes(void)
{
	static const char sizes[] = "/sys/kernel/mm/hugepages";
	DIR *entries = opendir(sizes);
	struct dirent *entry;
	uint64_t bytes = 0;

	while (entries && (entry = readdir(entries))) {
		unsigned long long kilobytes;

		if (sscanf(entry->d_name, "hugepages-%llukB", &kilobytes) == 1)
			bytes += read_number(sizes, entry->d_name, "free_hugepages") * kilobytes *
				 1024;
	}
	if (entries)
		closedir(entries);
	return bytes;
}

struct arguments {
	int count;
	char *items[ARGUMENTS_MAX + 1];
	char lcores[1024], main_lcore[16], prefix[80], megabytes[16];
};

static void argue(struct arguments *arguments, const char *argument)
{
	if (argument && arguments->count < ARGUMENTS_MAX)
		arguments->items[arguments->count++] = (char *)argument;
}

static void argue_pair(struct arguments *arguments, const char *name, const char *value)
{
	argue(arguments, name);
	argue(arguments, value);
}

static void fill_arguments(
	struct arguments *arguments, const struct eal_options *options, bool no_huge)
{
	snprintf(arguments->prefix, sizeof(arguments->prefix), "sluice-%s", options->lab);
	snprintf(arguments->megabytes, sizeof(arguments->megabytes), "%u",
		options->memory_mb ? options->memory_mb : 256);
	snprintf(arguments->main_lcore, sizeof(arguments->main_lcore), "%u", options->core_count);
	argue(arguments, "sluice");
	argue_pair(arguments, "--lcores", arguments->lcores);
	argue_pair(arguments, "--main-lcore", arguments->main_lcore);
	argue_pair(arguments, "--file-prefix", arguments->prefix);
	if (no_huge) {
		argue(arguments, "--no-huge");
		argue(arguments, "--no-shconf");
		argue_pair(arguments, "-m", arguments->megabytes);
	} else {
		argue(arguments, "--in-memory");
	}
	if (!options->pci_count)
		argue(arguments, "--no-pci");
	for (unsigned i = 0; i < options->pci_count; i++)
		argue_pair(arguments, "-a", options->pci[i]);
}

bool eal_begin(const struct eal_options *options, bool *fell_back, struct trouble *trouble)
{
	struct arguments arguments = {0};
	uint64_t needed = (uint64_t)(options->memory_mb ? options->memory_mb : 1) << 20;

	if (!place_lcores(options, arguments.lcores, sizeof(arguments.lcores), trouble) ||
		!claim_folder(options, trouble))
		return false;
	*fell_back = !options->no_huge && eal_free_huge_bytes() < needed;
	fill_arguments(&arguments, options, options->no_huge || *fell_back);
	if (!quieten(options) || rte_eal_init(arguments.count, arguments.items) < 0) {
		trouble_set(trouble, true, "DPDK does not start: %s",
			eal.error[0] ? eal.error : "it does not say why");
		release_folder();
		return false;
	}
	eal.begun = true;
	return true;
}

bool eal_launch(unsigned worker, int (*run)(void *context), void *context)
{
	return rte_eal_remote_launch(run, context, worker) == 0;
}

void eal_wait(void)
{
	rte_eal_mp_wait_lcore();
}

void eal_end(void)
{
	if (eal.begun)
		rte_eal_cleanup();
	eal.begun = false;
	release_folder();
	rte_openlog_stream(NULL);
	if (eal.log)
		fclose(eal.log);
	eal.log = NULL;
}
