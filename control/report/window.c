/* SPDX-License-Identifier: BSD-3-Clause */
#include "window.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* A bit for each byte, of which all bits are set or none. */
static inline uint64_t bits_of(bytes16 hits)
{
#ifdef __SSE2__
	return (uint64_t)_mm_movemask_epi8((__m128i)hits);
#else
	uint64_t bits = 0;

	for (unsigned i = 0; i < 16; i++)
		bits |= (uint64_t)(hits[i] & 1) << i;
	return bits;
#endif
}

static inline uint32_t count_of(uint64_t bits)
{
	bits -= bits >> 1 & 0x5555555555555555;
	bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
	bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (uint32_t)(bits * 0x0101010101010101 >> 56);
}

/* Appends the places of the bits. Four at a time, for a loop of any number is foretold badly by
 * the processor; what is written too much is written over. */
static inline void mark(struct marks *marks, uint64_t bits, uint32_t base)
{
	uint32_t *at = marks->at + marks->count;

	if (bits == 0)
		return;
	marks->count += count_of(bits);
	do {
		for (unsigned i = 0; i < 4; i++) {
			*at++ = base + (uint32_t)__builtin_ctzll(bits | 1ull << 63);
			bits &= bits - 1;
		}
	} while (bits);
}

/* A bit for each of 64 bytes that is `wanted`. */
static inline uint64_t places(const bytes16 bytes[4], uint8_t wanted)
{
	return bits_of((bytes16)(bytes[0] == wanted)) |
	       bits_of((bytes16)(bytes[1] == wanted)) << 16 |
	       bits_of((bytes16)(bytes[2] == wanted)) << 32 |
	       bits_of((bytes16)(bytes[3] == wanted)) << 48;
}

/* Marks 64 bytes, of which those from `end` on do not count. */
static void mark_block(struct window *window, uint32_t base, uint32_t end)
{
	const char *text = window->text + base;
	uint64_t within = end - base < 64 ? (1ull << (end - base)) - 1 : UINT64_MAX;
	uint64_t breaks, odd;
	bytes16 bytes[4];

	memcpy(bytes, text, sizeof(bytes));
	breaks = places(bytes, '\n');
	odd = places(bytes, '\r') & ~(breaks >> 1 | (uint64_t)(text[64] == '\n') << 63);
	odd |= places(bytes, '"');
	mark(&window->stops, (breaks | places(bytes, ',')) & within, base);
	mark(&window->breaks, breaks & within, base);
	mark(&window->odd, odd & within, base);
}

static void unmark(struct window *window)
{
	window->marked = window->at;
	window->stops.at[0] = window->at - 1;
	window->stops.count = 1;
	window->breaks.count = window->odd.count = 0;
	window->stops.next = window->breaks.next = window->odd.next = 0;
	window->breaks.at[0] = window->odd.at[0] = WINDOW_NONE;
}

static void mark_step(struct window *window)
{
	uint32_t left = window->filled - window->marked;
	uint32_t end = window->marked + (left < window->step ? left : window->step);

	for (uint32_t base = window->marked; base < end; base += 64)
		mark_block(window, base, end);
	window->marked = end;
	window->step *= 2;
}

void window_mark(struct window *window)
{
	unmark(window);
	while (window->breaks.count == 0 && window->marked < window->filled)
		mark_step(window);
	if (window->step > WINDOW_STEP)
		window->step = WINDOW_STEP;
	window->breaks.at[window->breaks.count] = WINDOW_NONE;
	window->odd.at[window->odd.count] = WINDOW_NONE;
}

bool window_fill(struct window *window)
{
	char *text = window->room + WINDOW_SLACK;
	uint32_t kept = window->filled - window->at;
	size_t more = 0;

	memmove(text, text + window->at, kept);
	if (!window->ended)
		more = fread(text + kept, 1, WINDOW_BYTES - kept, window->file);
	window->offset += window->at;
	window->at = 0;
	window->filled = kept + (uint32_t)more;
	window->ended = window->ended || window->filled < WINDOW_BYTES;
	window->broken = window->broken || ferror(window->file);
	memset(text + window->filled, 0, WINDOW_SLACK);
	unmark(window);
	return more != 0;
}

void window_go(struct window *window, uint64_t offset)
{
	if (offset < window->offset || offset - window->offset > window->filled) {
		window->broken = fseeko(window->file, (off_t)offset, SEEK_SET) != 0;
		window->ended = window->broken;
		window->offset = offset;
		window->filled = 0;
	}
	window->at = (uint32_t)(offset - window->offset);
	window->step = WINDOW_STEP_FIRST;
	unmark(window);
}

void window_open(struct window *window, FILE *file)
{
	/* Blocks come straight into the window, not through a buffer of the file's own. */
	setvbuf(file, NULL, _IONBF, 0);
	window->file = file;
	window->text = window->room + WINDOW_SLACK;
	window_go(window, 0);
}
