/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line on standard error from a box that must go on, whoever reads it: when a pipe is full it is
 * not waited for. Lines that were lost are told with the next one that is not.
 */
#ifndef SLUICE_NOTICE_H
#define SLUICE_NOTICE_H

/* The line without "sluice: " before it and a newline behind; what is longer than a pipe takes at
 * once (PIPE_BUF) is cut. Any thread. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
