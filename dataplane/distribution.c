/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/distribution.h"

typedef unsigned __int128 wide;

/* Fixed point: a value times 2^60, or times 2^56 for logarithms. */
enum { POINT = 60, LOG_POINT = 56 };

#define ONE         (1ll << POINT)
#define LN2         0xb17217f7d1cf79bll  /* ln 2 */
#define TWICE_LN2   0x162e42fefa39ef35ll /* 2 ln 2 */
#define QUARTER_ARC 0x1921fb54442d1847ll /* pi / 2 */
#define ALPHA_UNIT  1000000000ull

uint64_t distribution_uniform(uint64_t draw, uint64_t low, uint64_t high)
{
	return low + (uint64_t)((wide)draw * (high - low + 1) >> 64);
}

/* -log2 of (draw + 1/2) / 2^64, from 0 to 65: the bits of the fraction are those of how often the
 * mantissa, squared again and again, passes 2. */
static uint64_t information(uint64_t draw)
{
	unsigned zeros = draw ? (unsigned)__builtin_clzll(draw) : 64;
	uint64_t mantissa = 1ull << 63, fraction = 0;

	if (draw)
		mantissa = draw << zeros | (zeros ? 1ull << (zeros - 1) : 0);
	for (int bit = 0; bit < LOG_POINT; bit++) {
		wide square = (wide)mantissa * mantissa >> 63;
		unsigned carry = square >> 64;

		fraction = fraction << 1 | carry;
		mantissa = (uint64_t)(square >> carry);
	}
	return ((uint64_t)(zeros + 1) << LOG_POINT) - fraction;
}

/* 2^x for x below 1: the series of e^(x ln 2), from its small end. */
static uint64_t power_of_two(uint64_t x)
{
	uint64_t exponent = (uint64_t)((wide)x * LN2 >> LOG_POINT), sum = ONE;

	for (unsigned n = 20; n; n--)
		sum = ONE + (uint64_t)((wide)exponent * sum >> POINT) / n;
	return sum;
}

/* Cosine of draw / 2^64 of a full turn. */
static int64_t cosine(uint64_t draw)
{
	uint64_t quarter = draw >> 62, rest = draw & ((1ull << 62) - 1);
	int64_t angle, square, sum = ONE;

	if (quarter % 2)
		rest = (1ull << 62) - rest;
	angle = (int64_t)((wide)rest * QUARTER_ARC >> 62);
	square = (int64_t)((wide)angle * (wide)angle >> POINT);
	for (int n = 24; n; n -= 2)
		sum = ONE - (int64_t)((__int128)square * sum >> POINT) / (n * (n - 1));
	return quarter == 1 || quarter == 2 ? -sum : sum;
}

/* Rounded down; of less than 2^72. */
static uint64_t square_root(wide value)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 35; bit; bit >>= 1) {
		if ((wide)(root | bit) * (root | bit) <= value)
			root |= bit;
	}
	return root;
}

/* sqrt(-2 ln u) cos(2 pi v) */
int64_t distribution_normal(uint64_t draw, uint64_t another)
{
	wide square = (wide)information(draw) * TWICE_LN2 >> (LOG_POINT + POINT - 64);

	return (int64_t)((__int128)square_root(square) * cosine(another) >> POINT);
}

/* scale u^(-1 / alpha) */
uint64_t distribution_pareto(uint64_t draw, uint64_t scale, uint64_t alpha, uint64_t high)
{
	wide exponent = (wide)information(draw) * ALPHA_UNIT / alpha;
	uint64_t whole = (uint64_t)(exponent >> LOG_POINT);
	wide value;

	if (whole >= 43)
		return high;
	value = (wide)scale * power_of_two((uint64_t)exponent & ((1ull << LOG_POINT) - 1));
	value = value << whole >> POINT;
	return value < high ? (uint64_t)value : high;
}
