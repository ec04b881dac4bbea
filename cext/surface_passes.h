/* The vector loops of cext.surface, each over a run of cells of one row: flows, gains, limits, depths.

   Written for the compiler's vectoriser: flat rows, no branches, no libm. Function clones give the same bits on every
   machine, because contraction is off and nothing is summed over lanes but whole numbers and fixed lanes. */

#ifndef CITYOPS_SURFACE_PASSES_H
#define CITYOPS_SURFACE_PASSES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "powers.h"

#define SEGMENT 64 /* cells of a row that are dry or wet together */

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), noinline))
#else
#define CLONES
#endif

/* What the flow between two cells needs and all faces share in a step. */
typedef struct {
    float push;     /* g dt / dx */
    float drag;     /* g dt / 4, for the sum of two roughnesses */
    float least;    /* hmin: no flow up to this depth, m */
    float own;      /* theta */
    float sides;    /* (1 - theta) / 2 */
} Pace;

INLINE uint32_t float_bits(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }
INLINE float bits_float(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }

/* x^(7/3) for 1e-9 < x < 1e9, relative error below 6e-7, without division: with y near x^(-1/3) by the exponent and
   r = 1 - x y^3, |r| < 0.1021, it is x^3 y^2 (1 - r)^(-2/3), the last factor a minimax polynomial. */
INLINE float seven_thirds(float x)
{
    float y = bits_float((uint32_t)(int32_t)(1419900442.0f - 0.333333333f * (float)(int32_t)float_bits(x)));
    float y2 = y * y;
    float r = 1.0f - (x * y) * y2;
    float p = 0.4586188495f * r + 0.4994914234f;
    p = p * r + 0.5555348992f;
    p = p * r + 0.6666516066f;
    p = p * r + 1.0f;
    return (x * x) * (x * y2) * p;
}

/* New flow per metre over a face, m2/s, from cell 0 to cell 1: depths h0 and h1, d = bed 0 - bed 1, `rough` the sum of
   both Manning's n, q0 the old flow, `beside` the sum of the old flows at the next faces in its direction, `across`
   that of the four crossing ones (de Almeida & Bates 2013). The beds' difference is taken first, so that levels far
   above the datum lose no digits; a difference of levels below the last digit of what it is made of is none. */
INLINE float face_flow(float h0, float h1, float d, float rough, float q0, float beside, float across, Pace k)
{
    float low = d < 0.0f ? d : 0.0f, high = d > 0.0f ? d : 0.0f;
    float over0 = h0 + low, over1 = h1 - high;
    float depth = over0 > over1 ? over0 : over1;
    float fall = d + (h0 - h1);
    float blur = 1.1920929e-7f * ((h0 + h1) + (high - low));
    fall = fabsf(fall) <= blur ? 0.0f : fall;
    float x = depth > k.least ? depth : k.least;
    float b = k.push * x * fall;
    float mixed = k.own * q0 + k.sides * beside;
    mixed = mixed * b < 0.0f ? q0 : mixed;
    float cross = 0.25f * across;
    float size = sqrtf(q0 * q0 + cross * cross);
    float p = seven_thirds(x);
    float q = (mixed + b) * p / (p + k.drag * (rough * rough) * size);
    return depth > k.least ? q : 0.0f;
}

/* Faces west of the cells from `first` to `last` (excluded). `south` is the row of qy below. */
CLONES static void flow_west(int first, int last, const float *restrict h, const float *restrict z,
                             const float *restrict n, const float *restrict qx, const float *restrict qy,
                             const float *restrict south, Pace k, float *restrict out)
{
    for (ptrdiff_t c = first; c < last; c++) {
        float across = (qy[c - 1] + qy[c]) + (south[c - 1] + south[c]);
        out[c] = face_flow(h[c - 1], h[c], z[c - 1] - z[c], n[c - 1] + n[c], qx[c], qx[c - 1] + qx[c + 1], across, k);
    }
}

/* Faces north of the cells: row 0 lies north of row 1; `above` and `below` are the rows of qy around the faces' own. */
CLONES static void flow_north(int first, int last, const float *restrict h0, const float *restrict h1,
                              const float *restrict z0, const float *restrict z1, const float *restrict n0,
                              const float *restrict n1, const float *restrict qx0, const float *restrict qx1,
                              const float *restrict above, const float *restrict qy, const float *restrict below,
                              Pace k, float *restrict out)
{
    for (ptrdiff_t c = first; c < last; c++) {
        float across = (qx0[c] + qx0[c + 1]) + (qx1[c] + qx1[c + 1]);
        out[c] = face_flow(h0[c], h1[c], z0[c] - z1[c], n0[c] + n1[c], qy[c], above[c] + below[c], across, k);
    }
}

CLONES static void rain_pass(int first, int last, const float *restrict rate, double dt, double *restrict gain)
{
    for (ptrdiff_t c = first; c < last; c++)
        gain[c] = dt * (double)rate[c];
}

/* What soils take up in a step: a table for each class. */
typedef struct {
    int kind;       /* 0 nothing, 1 Horton, 2 Green-Ampt */
    double steady;  /* fmin dt, or Ks dt, m */
    double excess;  /* (f0 - fmin) / k, m; or suction times deficit, m */
    double decay;   /* 1 - exp(-k dt) */
} Soil;

INLINE double available(float h, float carry, double gain) { return ((double)h + (double)carry) + gain; }

/* What the cells of class `id` take up, never more than there is: off the gains, and added to `taken`. */
CLONES static void horton_pass(int first, int last, const float *restrict h, const float *restrict carry,
                               const unsigned char *restrict class_of, int id, Soil s, double *restrict done,
                               double *restrict gain, double *restrict taken)
{
    /* Modified Horton (Akan 1992): what went in above the steady rate uses up the excess; under ponding it is Horton's
       curve exactly. */
    for (ptrdiff_t c = first; c < last; c++) {
        double there = available(h[c], carry[c], gain[c]), left = s.excess - done[c];
        double most = s.steady + (left > 0.0 ? left : 0.0) * s.decay;
        there = there > 0.0 ? there : 0.0;
        double goes = most < there ? most : there;
        goes = class_of[c] == id ? goes : 0.0;
        double used = goes - s.steady;
        done[c] += used > 0.0 ? used : 0.0;
        gain[c] -= goes;
        taken[c] += goes;
    }
}

CLONES static void green_ampt_pass(int first, int last, const float *restrict h, const float *restrict carry,
                                   const unsigned char *restrict class_of, int id, Soil s, double *restrict done,
                                   double *restrict gain, double *restrict taken)
{
    /* Green-Ampt by Li, Stevens & Simons (1976), the suction's head alone. */
    for (ptrdiff_t c = first; c < last; c++) {
        double there = available(h[c], carry[c], gain[c]), a = s.steady - 2.0 * done[c];
        double most = 0.5 * (a + sqrt(a * a + 8.0 * s.steady * (s.excess + done[c])));
        there = there > 0.0 ? there : 0.0;
        double goes = most < there ? most : there;
        goes = class_of[c] == id ? goes : 0.0;
        done[c] += goes;
        gain[c] -= goes;
        taken[c] += goes;
    }
}

/* The sum of a row over four fixed lanes; leaves zeros. */
CLONES static double row_sum(int count, double *restrict x)
{
    double a[4] = {0.0, 0.0, 0.0, 0.0};
    for (ptrdiff_t c = 0; c < count; c += 4) /* rows end in a margin of zeros */
        for (int lane = 0; lane < 4; lane++)
            a[lane] += x[c + lane];
    memset(x, 0, (size_t)count * sizeof(double));
    return (a[0] + a[1]) + (a[2] + a[3]);
}

INLINE float outflow(float west, float east, float north, float south)
{
    return ((east > 0.0f ? east : 0.0f) - (west < 0.0f ? west : 0.0f)) +
           ((south > 0.0f ? south : 0.0f) - (north < 0.0f ? north : 0.0f));
}

/* The outflow that a cell can pay for; `most` = dx / dt. A millionth stays, so that roundings never make a depth
   negative. */
INLINE float affordable(float h, double gain, float most) { return (h + (float)gain) * 0.999999f * most; }

/* Whether any cell gives more than it can pay for. */
CLONES static int overdraws(int first, int last, const float *restrict h, const double *restrict gain,
                            const float *restrict qx, const float *restrict qy, const float *restrict south,
                            float most)
{
    int32_t any = 0;
    for (ptrdiff_t c = first; c < last; c++) {
        float out = outflow(qx[c], qx[c + 1], qy[c], south[c]);
        any |= out > affordable(h[c], gain[c], most) ? -1 : 0;
    }
    return any != 0;
}

/* The share of its outflows that a cell can pay for. */
CLONES static void share_pass(int first, int last, const float *restrict h, const double *restrict gain,
                              const float *restrict qx, const float *restrict qy, const float *restrict south,
                              float most, float *restrict share)
{
    for (ptrdiff_t c = first; c < last; c++) {
        float out = outflow(qx[c], qx[c + 1], qy[c], south[c]);
        float s = affordable(h[c], gain[c], most) / (out > 1e-30f ? out : 1e-30f);
        s = s < 1.0f ? s : 1.0f;
        share[c] = s > 0.0f ? s : 0.0f;
    }
}

/* Flows times the share of the cell that they come from: west faces, and north faces below the row `above`. */
CLONES static void scale_west(int first, int last, const float *restrict q, const float *restrict share,
                              float *restrict out)
{
    for (ptrdiff_t c = first; c < last; c++)
        out[c] = q[c] * (q[c] > 0.0f ? share[c - 1] : share[c]);
}

CLONES static void scale_north(int first, int last, const float *restrict q, const float *restrict above,
                               const float *restrict share, float *restrict out)
{
    for (ptrdiff_t c = first; c < last; c++)
        out[c] = q[c] * (q[c] > 0.0f ? above[c] : share[c]);
}

/* New depths, and what their last digit cannot hold; for each segment the bits of the largest. As whole numbers the
   bits of depths have the depths' order, and those of negative, infinite or undefined ones are larger than all. Where
   all was taken, the sum may end below 0 by its rounding and by what the carry was short of while the water was deep
   (half a last digit of 10 m is 5e-7 m): the carry keeps it, so that no volume is lost. */
CLONES static void depth_pass(int first, int last, const double *restrict gain, const float *restrict qx,
                              const float *restrict qy, const float *restrict south, double pace, float *restrict h,
                              float *restrict carry, uint32_t *restrict top)
{
    for (int from = first; from < last; from += SEGMENT) {
        int to = from + SEGMENT < last ? from + SEGMENT : last;
        uint32_t most = 0;
        for (ptrdiff_t c = from; c < to; c++) {
            double in = ((double)qx[c] - (double)qx[c + 1]) + ((double)qy[c] - (double)south[c]);
            double sum = ((double)carry[c] + gain[c]) + pace * in + (double)h[c];
            float depth = (float)sum, dust = depth > -1e-6f ? 0.0f : depth;
            depth = depth < 0.0f ? dust : depth;
            carry[c] = (float)(sum - (double)depth);
            h[c] = depth;
            uint32_t bits = float_bits(depth);
            most = bits > most ? bits : most;
        }
        top[from / SEGMENT] = most;
    }
}

CLONES static void peak_pass(int first, int last, const float *restrict h, float *restrict peak)
{
    for (ptrdiff_t c = first; c < last; c++)
        peak[c] = h[c] > peak[c] ? h[c] : peak[c];
}

#endif
