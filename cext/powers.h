/* x^a and its parts without libm, so that the bits are the same on every machine: branch-free, and fit for vector
   loops. */

#ifndef CITYOPS_POWERS_H
#define CITYOPS_POWERS_H

#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52: adding and taking it off again rounds to a whole number */

INLINE double as_double(uint64_t bits) { double x; memcpy(&x, &bits, 8); return x; }
INLINE uint64_t as_bits(double x) { uint64_t bits; memcpy(&bits, &x, 8); return bits; }

/* log2 of x > 0: x = 2^e m with m in [sqrt(1/2), sqrt 2), log2 m = (2 / ln 2) atanh s, s = (m - 1) / (m + 1).
   Gives -1023 for 0. */
INLINE double binary_log(double x)
{
    uint64_t bits = as_bits(x);
    /* exponents move up by one where the mantissa is above sqrt 2 */
    uint64_t up = (bits & 0xFFFFFFFFFFFFFULL) > 0x6A09E667F3BCCULL ? 1ULL : 0ULL;
    double e = as_double(0x4330000000000000ULL | ((bits >> 52) + up)) - (4503599627370496.0 + 1023.0);
    double m = as_double((bits & 0xFFFFFFFFFFFFFULL) | ((1023ULL - up) << 52));
    double s = (m - 1.0) / (m + 1.0);
    double z = s * s;
    double y = 1.0 / 17.0;
    y = y * z + 1.0 / 15.0;
    y = y * z + 1.0 / 13.0;
    y = y * z + 1.0 / 11.0;
    y = y * z + 1.0 / 9.0;
    y = y * z + 1.0 / 7.0;
    y = y * z + 1.0 / 5.0;
    y = y * z + 1.0 / 3.0;
    y = y * z + 1.0;
    return e + 2.885390081777926815 * (s * y);
}

/* 2^t for t in [-1022, 1023] (else the nearest end): t = n + f, Taylor in f ln 2. */
INLINE double binary_power(double t)
{
    t = t < -1022.0 ? -1022.0 : t;
    t = t > 1023.0 ? 1023.0 : t;
    double shifted = t + ROUNDER;
    double f = (t - (shifted - ROUNDER)) * 0.693147180559945309;
    uint64_t n = as_bits(shifted) << 52;
    double y = 1.0 / 479001600.0;
    y = y * f + 1.0 / 39916800.0;
    y = y * f + 1.0 / 3628800.0;
    y = y * f + 1.0 / 362880.0;
    y = y * f + 1.0 / 40320.0;
    y = y * f + 1.0 / 5040.0;
    y = y * f + 1.0 / 720.0;
    y = y * f + 1.0 / 120.0;
    y = y * f + 1.0 / 24.0;
    y = y * f + 1.0 / 6.0;
    y = y * f + 0.5;
    y = y * f + 1.0;
    y = y * f + 1.0;
    return as_double(as_bits(y) + n);
}

/* x^a for x >= 0, relative error below 2e-14 where |a log2 x| < 100. */
INLINE double power(double x, double a) { return binary_power(a * binary_log(x)); }

static inline double scalar_power(double x, double a) { return power(x, a); }

#endif
