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

/* Notes the start time, the host and the libraries. argv is copied. */
struct manifest *manifest_begin(const char *command, int argc, char **argv);
void manifest_seed(struct manifest *manifest, uint64_t seed);
void manifest_input(struct manifest *manifest, const char *path, uint64_t bytes,
	const char *sha256);
/* Takes over the reference to `value`, stored under `key` at the top level. */
void manifest_set(struct manifest *manifest, const char *key, json_t *value);
/* Writes the file. Frees nothing. */
bool manifest_write(const struct manifest *manifest, const struct warnings *warnings,
	const char *path, struct failure *failure);
void manifest_free(struct manifest *manifest);

/* Lower-case hex SHA-256 of a buffer. */
void manifest_sha256(const void *data, size_t len, char hex[65]);

#endif
