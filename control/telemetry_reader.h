/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other side of dataplane/io/telemetry: finds the box that runs on this machine and reads whole
 * snapshots of it, page by page, through its socket.
 */
#ifndef SLUICE_TELEMETRY_READER_H
#define SLUICE_TELEMETRY_READER_H

#include "failure.h"

#include "dataplane/io/snapshot.h"

struct telemetry_reader;

/* The box of that name, or the only one (NULL). NULL with *failure set: there is none, or several
 * (says which). */
struct telemetry_reader *telemetry_reader_open(const char *lab, struct failure *failure);

/* A fresh snapshot; the caller ends it. All its numbers are of one instant. False with *failure
 * set, also when the box has gone. */
bool telemetry_reader_read(
	struct telemetry_reader *reader, struct snapshot *snapshot, struct failure *failure);

void telemetry_reader_close(struct telemetry_reader *reader);

#endif
