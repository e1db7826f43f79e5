/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * run.json: what it takes to repeat a result, and every warning about it.
 *
 * {"sluice": VERSION, "command": "replay", "arguments": [...], "seed": N,
 *  "started": "2026-01-31T12:00:00Z", "seconds": S, "clock": "capture",
 *  "libraries": {"ndpi": "...", "libpcap": "...", ...},
 *  "host": {"kernel": "...", "machine": "x86_64", "cpus": N},
 *  "inputs": [{"path": "...", "bytes": N, "sha256": "..."}],
 *  "rules": {"id": "...", "title": "...", "origin": "...", "sha256": "...",
 *            "parameters": [{"name","value","source","certainty","set"}]},
 *  "results": {...}, "warnings": ["..."]}
 */
#ifndef SLUICE_MANIFEST_H
#define SLUICE_MANIFEST_H

#include "failure.h"
#include "warnings.h"

#include <jansson.h>
#include <stdint.h>

struct manifest;

/*
 * Notes the start time, the host and the libraries. argv is copied, as given and in order; the
 * command's own word (argv[0]) is left out. Text that is not UTF-8 (a file name may be) is written
 * with U+FFFD for each of its bytes beyond ASCII.
 */
struct manifest *manifest_begin(const char *command, int argc, char **argv);
/* Beyond 2^63 - 1, the largest integer of our JSON library, it is written as a string. */
void manifest_seed(struct manifest *manifest, uint64_t seed);
void manifest_input(
	struct manifest *manifest, const char *path, uint64_t bytes, const char *sha256);
/* Takes over the reference to `value`, stored under `key` at the top level, in the order shown
 * above whatever the order of the calls; other keys follow, and the warnings are last. "clock" is
 * "capture" unless set. Keys that nobody sets are left out. */
void manifest_set(struct manifest *manifest, const char *key, json_t *value);
/* Writes the file; "seconds" is the time since manifest_begin. Frees nothing. */
bool manifest_write(const struct manifest *manifest, const struct warnings *warnings,
	const char *path, struct failure *failure);
void manifest_free(struct manifest *manifest);

/* Lower-case hex SHA-256 of a buffer. */
void manifest_sha256(const void *data, size_t len, char hex[65]);

#endif
