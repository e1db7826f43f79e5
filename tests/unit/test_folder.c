/* SPDX-License-Identifier: BSD-3-Clause */
#include "because.h"
#include "control/folder.h"
#include "scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test begins in a new folder, which is the working folder, with these in it. */
static const struct {
	const char *path;
	const char *text; /* NULL: a folder */
} scene[] = {
	{"plain", "text"},
	{"empty", NULL},
	{"result", NULL},
	{"result/run.json", "{\"sluice\": \"0.0.1\"}"},
	{"result/series.csv", "old"},
	{"mixed", NULL},
	{"mixed/run.json", "{\"sluice\": \"0.0.1\"}"},
	{"mixed/notes.txt", "mine"},
	{"foreign", NULL},
	{"foreign/notes.txt", "dear diary"},
	{"other", NULL},
	{"other/run.json", "{\"program\": \"another\"}"},
	{"list", NULL},
	{"list/run.json", "[\"sluice\"]"},
	{"broken", NULL},
	{"broken/run.json", "{\"sluice\": "},
	{"deep", NULL},
	{"deep/run.json", "{\"sluice\": \"0.0.1\"}"},
	{"deep/below", NULL},
	{"deep/below/thesis.tex", "years of work"},
	{"piped", NULL},
};

static const char scene_names[] =
	"broken,dangling,deep,empty,foreign,link,list,mixed,other,piped,plain,result";

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int begin_scene(void **state)
{
	char path[SCRATCH_BYTES];

	scratch_name(path, "folder");
	if (!mkdtemp(path) || chdir(path) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(scene) / sizeof(scene[0]); i++) {
		if (scene[i].text)
			write_text(scene[i].path, scene[i].text);
		else if (mkdir(scene[i].path, 0755) != 0)
			return -1;
	}
	if (symlink("result", "link") || symlink("nowhere", "dangling") ||
		mkfifo("piped/run.json", 0600))
		return -1;
	*state = strdup(path);
	return 0;
}

static int end_scene(void **state)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
	free(*state);
	return chdir("/") == 0 ? system(command) : -1;
}

static int visible(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* All names in a folder, hidden ones too, in alphabetical order. */
static const char *names_in(const char *path)
{
	static char text[1024];
	struct dirent **entries;
	int count = scandir(path, &entries, visible, alphasort);

	if (count < 0)
		return strerror(errno);
	text[0] = '\0';
	for (int i = 0; i < count; i++) {
		strncat(text, i ? "," : "", sizeof(text) - strlen(text) - 1);
		strncat(text, entries[i]->d_name, sizeof(text) - strlen(text) - 1);
		free(entries[i]);
	}
	free(entries);
	return text;
}

static const char *text_of(const char *path)
{
	static char text[256];
	FILE *file = fopen(path, "r");

	if (!file)
		return strerror(errno);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* A folder with run.json and flows.csv in it, not committed yet. */
static struct folder *begin_result(const char *path, bool force, struct failure *failure)
{
	struct folder *folder = folder_begin(path, force, failure);
	FILE *file;

	if (!folder)
		return NULL;
	write_text(folder_path(folder, "run.json"), "{\"sluice\": \"0.1.0\"}");
	file = folder_open(folder, "flows.csv", failure);
	assert_non_null(file);
	fputs("flow\n1\n", file);
	assert_true(folder_close_file(file, "flows.csv", failure));
	return folder;
}

struct begin_row {
	const char *path;
	bool force;
	const char *part; /* of the failure; NULL: is written */
};

static const struct begin_row begins[] = {
	{"new", false, NULL},
	{"new", true, NULL},
	{"./new", false, NULL},
	{"new/", false, NULL},
	{"new///", false, NULL},
	{"foreign/../new", false, NULL},
	{"foreign/new", false, NULL},
	{"link/new", false, NULL}, /* a link to the parent is fine */
	{"-new", false, NULL},
	{"%s", false, NULL}, /* a name is never a format */
	{"result", true, NULL},
	{"result/", true, NULL},
	{"empty", true, NULL},
	{"result", false, "result: exists; choose another name, or --force"},
	{"empty", false, "empty: exists; choose"},
	{"foreign", true, "foreign: exists and is not a result of sluice"},
	{"other", true, "is not a result of sluice"},
	{"list", true, "is not a result of sluice"},
	{"broken", true, "is not a result of sluice"},
	{"piped", true, "is not a result of sluice"},
	{"deep", true, "deep: exists and holds files or folders that no result has"},
	{"mixed", true, "mixed: exists and holds files or folders that no result has"},
	{"plain", false, "plain: exists and is not a folder"},
	{"plain", true, "plain: exists and is not a folder"},
	{"link", true, "link: exists and is a symbolic link"},
	{"link/", true, "link/: exists and is a symbolic link"},
	{"dangling", true, "is a symbolic link"},
	{"", false, "'' cannot be an output folder"},
	{".", true, "'.' cannot be an output folder"},
	{"./", true, "cannot be an output folder"},
	{"..", true, "cannot be an output folder"},
	{"empty/..", true, "cannot be an output folder"},
	{"/", true, "'/' cannot be an output folder"},
	{"//", true, "cannot be an output folder"},
	{"missing/new", false, "missing/new: there is no folder 'missing'"},
	{"plain/new", false, "there is no folder 'plain'"},
	{"dangling/new", false, "there is no folder 'dangling'"},
};

static void check_written(const struct begin_row *row)
{
	struct failure failure = {0};
	struct folder *folder = begin_result(row->path, row->force, &failure);
	char inside[64];

	if (!folder || !folder_commit(folder, &failure))
		fail_msg("%s: %s", row->path, failure.line);
	assert_string_equal(names_in(row->path), "flows.csv,run.json");
	snprintf(inside, sizeof(inside), "%s/flows.csv", row->path);
	assert_string_equal(text_of(inside), "flow\n1\n");
}

static void check_refused(const struct begin_row *row)
{
	struct failure failure = {0};

	assert_null(begin_result(row->path, row->force, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	if (!strstr(failure.line, row->part))
		fail_msg("%s: %s", row->path, failure.line);
	assert_string_equal(names_in("."), scene_names);
	assert_string_equal(text_of("result/series.csv"), "old");
	assert_string_equal(text_of("deep/below/thesis.tex"), "years of work");
}

static void test_what_may_be_written(void **state)
{
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
		end_scene(state);
		begin_scene(state);
		if (begins[i].part)
			check_refused(&begins[i]);
		else
			check_written(&begins[i]);
	}
}

static void test_mount_point(void **state)
{
	struct failure failure = {0};
	struct stat root, proc;

	if (stat("/", &root) != 0 || stat("/proc", &proc) != 0 || root.st_dev == proc.st_dev)
		SKIP_BECAUSE("/proc is not mounted");
	assert_null(folder_begin("/proc", true, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	assert_string_equal(
		failure.line, "/proc: exists and is a mount point, so it is not replaced");
}

static void test_appears_at_once(void **state)
{
	struct failure failure = {0};
	struct folder *folder = begin_result("new", false, &failure);
	struct stat facts;

	assert_string_equal(names_in("new"), "No such file or directory");
	assert_true(folder_commit(folder, &failure));
	assert_string_equal(names_in("new"), "flows.csv,run.json");
	assert_int_equal(stat("new", &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0755);
}

static void test_abandoned_leaves_nothing(void **state)
{
	struct failure failure = {0};

	folder_abandon(begin_result("new", false, &failure));
	folder_abandon(begin_result("result", true, &failure));
	folder_abandon(NULL);
	assert_string_equal(names_in("."), scene_names);
	assert_string_equal(names_in("result"), "run.json,series.csv");
}

/* What has come to the target's name while we worked is not lost either. */
static void test_target_appears_meanwhile(void **state)
{
	for (int force = 0; force <= 1; force++) {
		struct failure failure = {0};
		struct folder *folder = begin_result("new", force, &failure);

		assert_int_equal(mkdir("new", 0755), 0);
		write_text("new/theirs", "precious");
		assert_false(folder_commit(folder, &failure));
		assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
		assert_string_equal(names_in("new"), "theirs");
		unlink("new/theirs");
		rmdir("new");
		assert_string_equal(names_in("."), scene_names);
	}
}

static void test_target_vanishes_meanwhile(void **state)
{
	struct failure failure = {0};
	struct folder *folder = begin_result("empty", true, &failure);

	rmdir("empty");
	assert_true(folder_commit(folder, &failure));
	assert_string_equal(names_in("empty"), "flows.csv,run.json");
}

static void test_two_at_a_time(void **state)
{
	struct failure failure = {0};
	struct folder *one = begin_result("one", false, &failure);
	struct folder *two = begin_result("two", false, &failure);

	folder_abandon(one);
	assert_true(folder_commit(two, &failure));
	assert_string_equal(names_in("two"), "flows.csv,run.json");
	assert_string_equal(names_in("one"), "No such file or directory");
}

static void test_longest_name(void **state)
{
	struct failure failure = {0};
	char name[NAME_MAX + 2];

	memset(name, 'n', sizeof(name));
	name[NAME_MAX] = '\0';
	assert_true(folder_commit(begin_result(name, false, &failure), &failure));
	assert_string_equal(names_in(name), "flows.csv,run.json");
	name[NAME_MAX] = 'n';
	name[NAME_MAX + 1] = '\0';
	assert_null(folder_begin(name, false, &failure));
	assert_int_equal(failure.exit_code, EXIT_BAD_INPUT);
	assert_non_null(strstr(failure.line, "File name too long"));
}

static void test_parent_without_permission(void **state)
{
	struct failure failure = {0};

	if (geteuid() == 0)
		SKIP_BECAUSE("root may write everywhere");
	assert_int_equal(chmod("empty", 0555), 0);
	assert_null(folder_begin("empty/new", false, &failure));
	assert_int_equal(failure.exit_code, EXIT_REFUSED);
	assert_non_null(strstr(failure.line, "Permission denied"));
}

/* A reader finds run.json at every moment while the result is replaced again and again. */
static void test_replaced_without_a_gap(void **state)
{
	struct failure failure = {0};
	int status;
	pid_t watcher;

	fflush(NULL);
	watcher = fork();
	if (watcher == 0) {
		for (;;) {
			if (access("result/run.json", F_OK) != 0)
				_exit(1);
		}
	}
	for (int i = 0; i < 50; i++)
		assert_true(folder_commit(begin_result("result", true, &failure), &failure));
	kill(watcher, SIGKILL);
	assert_int_equal(waitpid(watcher, &status, 0), watcher);
	assert_true(WIFSIGNALED(status));
	assert_string_equal(names_in("."), scene_names);
}

/* A file system that cannot exchange answers renameat2() with EINVAL; so does this filter. */
static void refuse_renameat2(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(77);
}

static void test_replaced_where_exchange_is_not_known(void **state)
{
	struct failure failure = {0};
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		refuse_renameat2();
		_exit(folder_commit(begin_result("result", true, &failure), &failure) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP_BECAUSE("system calls cannot be filtered here");
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(names_in("result"), "flows.csv,run.json");
	assert_string_equal(names_in("."), scene_names);
}

/* Runs a child that has a folder half written, and sends it a signal when it has. 0: it exits. */
static int status_after_signal(int number, bool ignored)
{
	static struct folder *folder; /* static: still reachable when the child exits */
	struct failure failure = {0};
	int ready[2], status;
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		if (ignored)
			signal(number, SIG_IGN);
		folder = begin_result("new", false, &failure);
		if (!folder)
			_exit(9);
		if (!number)
			exit(3);
		byte = 1;
		if (write(ready[1], &byte, 1) != 1)
			_exit(9);
		sleep(ignored ? 1 : 60);
		_exit(folder_commit(folder, &failure) ? 5 : 9);
	}
	close(ready[1]);
	if (number)
		assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (number)
		kill(child, number);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

/* Stands first in the list below: the program decides once, with its first output folder. */
static void test_ignored_signals_stay_ignored(void **state)
{
	int status = status_after_signal(SIGHUP, true);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 5);
	assert_string_equal(names_in("new"), "flows.csv,run.json");
}

static void test_signals_leave_nothing(void **state)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int status = status_after_signal(numbers[i], false);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), numbers[i]);
		assert_string_equal(names_in("."), scene_names);
	}
}

static void test_exit_leaves_nothing(void **state)
{
	int status = status_after_signal(0, false);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_string_equal(names_in("."), scene_names);
}

static void test_full_disk(void **state)
{
	struct failure failure = {0};
	FILE *file = fopen("/dev/full", "w");

	if (!file)
		SKIP_BECAUSE("/dev/full is not there");
	fputs("lost", file);
	assert_false(folder_close_file(file, "flows.csv", &failure));
	assert_int_equal(failure.exit_code, EXIT_REFUSED);
	assert_string_equal(failure.line, "flows.csv: No space left on device");
}

/* The write that fails is one long before the file is closed. */
static void test_file_size_limit(void **state)
{
	struct rlimit old, small = {.rlim_cur = 100000};
	struct failure failure = {0};
	struct folder *folder = begin_result("new", false, &failure);
	FILE *file = folder_open(folder, "series.csv", &failure);
	bool closed;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 1000000; i++)
		fputs("line\n", file);
	closed = folder_close_file(file, "series.csv", &failure);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_false(closed);
	assert_int_equal(failure.exit_code, EXIT_REFUSED);
	assert_string_equal(failure.line, "series.csv: File too large");
	folder_abandon(folder);
	assert_string_equal(names_in("."), scene_names);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, begin_scene, end_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(test_ignored_signals_stay_ignored),
		IN_SCENE(test_what_may_be_written),
		IN_SCENE(test_mount_point),
		IN_SCENE(test_appears_at_once),
		IN_SCENE(test_abandoned_leaves_nothing),
		IN_SCENE(test_target_appears_meanwhile),
		IN_SCENE(test_target_vanishes_meanwhile),
		IN_SCENE(test_two_at_a_time),
		IN_SCENE(test_longest_name),
		IN_SCENE(test_parent_without_permission),
		IN_SCENE(test_replaced_without_a_gap),
		IN_SCENE(test_replaced_where_exchange_is_not_known),
		IN_SCENE(test_signals_leave_nothing),
		IN_SCENE(test_exit_leaves_nothing),
		IN_SCENE(test_full_disk),
		IN_SCENE(test_file_size_limit),
	};

	umask(022);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
