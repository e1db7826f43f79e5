/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Does an interface send what an XDP program redirects to it? The kernel accepts such redirects and
 * then drops what the driver cannot send, so it must be known before. A veth sends only when its
 * far end has GRO on or an XDP program, which may change at any time.
 */
#ifndef SLUICE_REDIRECT_H
#define SLUICE_REDIRECT_H

#include <stdbool.h>

/* Asks the kernel (netdev family, Linux 6.3); an older one is judged by the driver's name, and veth
 * is then taken as one that does not. `long_frames`: also those of several buffers. */
bool redirect_delivers(unsigned interface, bool long_frames);

#endif
