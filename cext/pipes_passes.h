/* The vector loops of cext.pipes: head losses, assembly, outlets, new flows. Feet and cubic feet per second throughout.

   Written for the compiler's vectoriser: flat arrays, no branches, no libm. Function clones give the same bits on every
   machine, because contraction is off and sums run over four fixed lanes. */

#ifndef CITYOPS_PIPES_PASSES_H
#define CITYOPS_PIPES_PASSES_H

#include <math.h>

#include "powers.h"

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), noinline))
#else
#define CLONES
#endif
/* Pipes of a power law, h = r q^n + m q^2: conductance P = 1 / h' and Y = h / h'. Below the gradient `least` the
   friction is linear. */
CLONES static void power_law_pass(int count, const double *restrict q, const double *restrict r,
                                  const double *restrict minor, double n, double least, double *restrict P,
                                  double *restrict Y)
{
    double linear = least / n, share = 1.0 / n;
    for (int k = 0; k < count; k++) {
        double a = fabs(q[k]);
        double steep = n * r[k] * power(a, n - 1.0);
        double g = steep < least ? linear : steep;
        double h = g * a * (steep < least ? 1.0 : share);
        h += minor[k] * a * a;
        g += 2.0 * minor[k] * a;
        P[k] = 1.0 / g;
        Y[k] = copysign(h * P[k], q[k]);
    }
}

/* Darcy-Weisbach pipes: Hagen-Poiseuille to Re 2000, Swamee-Jain from 4000, Dunlop's cubic between. `rough` is
   roughness / diameter, `nu` viscosity x diameter; q / nu is Re pi / 4. Constants as EPANET's. */
INLINE double log_term(double y) { return -0.868588963806503655 * 0.693147180559945309 * binary_log(y); }

static void darcy_pass(int count, const double *restrict q, const double *restrict r, const double *restrict minor,
                       const double *restrict rough, const double *restrict nu, double *restrict P,
                       double *restrict Y)
{
    for (int k = 0; k < count; k++) {
        double a = fabs(q[k]), w = a / nu[k], g, h;
        if (w <= 1570.79632679489662) {
            double laminar = 50.2654824574366918 * nu[k] * r[k];
            h = q[k] * (laminar + minor[k] * a);
            g = laminar + 2.0 * minor[k] * a;
        } else {
            double f, slope;
            if (w >= 3141.59265358979324) {
                double y1 = 4.61841319859066669 / power(w, 0.9);
                double y2 = rough[k] / 3.7 + y1;
                double y3 = log_term(y2);
                f = 1.0 / (y3 * y3);
                slope = 1.8 * f * y1 * -0.868588963806503655 / y2 / y3 / a;
            } else {
                double y2 = rough[k] / 3.7 + 3.28895476345399058690e-03;
                double y3 = log_term(y2);
                double fa = 1.0 / (y3 * y3);
                double fb = (2.0 - 5.14214965799093883760e-03 / (y2 * y3)) * fa;
                double t = w / 1570.79632679489662;
                double x1 = 7.0 * fa - fb, x2 = 0.128 - 17.0 * fa + 2.5 * fb;
                double x3 = -0.128 + 13.0 * fa - (fb + fb), x4 = 0.032 - 3.0 * fa + 0.5 * fb;
                f = x1 + t * (x2 + t * (x3 + t * x4));
                slope = (x2 + t * (2.0 * x3 + t * 3.0 * x4)) / nu[k] / 1570.79632679489662;
            }
            double r1 = f * r[k] + minor[k];
            h = r1 * a * q[k];
            g = 2.0 * r1 * a + slope * r[k] * a * a;
        }
        P[k] = 1.0 / g;
        Y[k] = h * P[k];
    }
}

/* Links into the matrix. Rows of fixed heads are dummies beyond the junctions, and so is the place of a link that has
   one. */
static void assemble(int count, const int *restrict tail, const int *restrict head, const int *restrict place,
                     const double *restrict P, const double *restrict Y, const double *restrict q,
                     double *restrict lower, double *restrict x)
{
    for (int k = 0; k < count; k++) {
        double excess = Y[k] - q[k];
        lower[place[k]] += P[k];
        x[tail[k]] += excess;
        x[head[k]] -= excess;
    }
}

/* Barriers that keep a flow above 0, or below a limit: head loss and gradient grow at once beyond them. */
INLINE void lower_barrier(double d, double *h, double *g)
{
    double a = 1.0e9 * d, b = sqrt(a * a + 1.0e-6);
    *h += (a - b) / 2.0;
    *g += 0.5e9 * (1.0 - a / b);
}

INLINE void upper_barrier(double d, double *h, double *g)
{
    double a = 1.0e9 * d, b = sqrt(a * a + 1.0e-6);
    *h += (a + b) / 2.0;
    *g += 0.5e9 * (1.0 + a / b);
}

/* Pressure-driven demands, inverted: head loss h = range (d / full)^n with barriers at 0 and at full; gives 1 / h' and
   h. n = 2 (exponent 1/2) needs no power. */
CLONES static void demand_pass(int count, const double *restrict d, const double *restrict full, double range,
                               double n, double *restrict inverse, double *restrict loss)
{
    if (n == 2.0) {
        for (int i = 0; i < count; i++) {
            double g = 2.0 * range * (fabs(d[i]) / full[i]) / full[i];
            double h = g * d[i] / 2.0;
            lower_barrier(d[i], &h, &g);
            upper_barrier(d[i] - full[i], &h, &g);
            inverse[i] = 1.0 / g;
            loss[i] = h;
        }
        return;
    }
    for (int i = 0; i < count; i++) {
        double g = n * range * power(fabs(d[i]) / full[i], n - 1.0) / full[i];
        double h = g * d[i] / n;
        lower_barrier(d[i], &h, &g);
        upper_barrier(d[i] - full[i], &h, &g);
        inverse[i] = 1.0 / g;
        loss[i] = h;
    }
}

/* Emitters and leaks, inverted: h = ke q^n; linear where the gradient is below `least`, a barrier at 0 where nothing
   may flow back. */
static void outlet_pass(int count, const double *restrict q, const double *restrict ke, double n, double least,
                        int backflow, double *restrict inverse, double *restrict loss)
{
    for (int i = 0; i < count; i++) {
        double g = n * ke[i] * power(fabs(q[i]), n - 1.0), h;
        if (g < least) {
            g = least / n;
            h = g * q[i];
        } else {
            h = g * q[i] / n;
        }
        if (!backflow)
            lower_barrier(q[i], &h, &g);
        inverse[i] = 1.0 / g;
        loss[i] = h;
    }
}

typedef struct {
    double flows;   /* sum of |q| */
    double changes; /* sum of |dq| */
    double largest; /* largest |dq| */
} Sums;

INLINE void add_up(int count, const double *restrict q, const double *restrict dq, Sums *sums)
{
    double a[4] = {0.0, 0.0, 0.0, 0.0}, b[4] = {0.0, 0.0, 0.0, 0.0}, c[4] = {0.0, 0.0, 0.0, 0.0};
    int k = 0;
    for (; k + 4 <= count; k += 4)
        for (int lane = 0; lane < 4; lane++) {
            double change = fabs(dq[k + lane]);
            a[lane] += fabs(q[k + lane]);
            b[lane] += change;
            c[lane] = change > c[lane] ? change : c[lane];
        }
    for (; k < count; k++) {
        double change = fabs(dq[k]);
        a[0] += fabs(q[k]);
        b[0] += change;
        c[0] = change > c[0] ? change : c[0];
    }
    sums->flows += (a[0] + a[1]) + (a[2] + a[3]);
    sums->changes += (b[0] + b[1]) + (b[2] + b[3]);
    for (int lane = 0; lane < 4; lane++)
        sums->largest = c[lane] > sums->largest ? c[lane] : sums->largest;
}

/* q -= relax (Y - P (H_i - H_j)); the changes go to dq. */
CLONES static void flow_pass(int count, const int *restrict tail, const int *restrict head, const double *restrict P,
                             const double *restrict Y, const double *restrict H, double relax, double *restrict q,
                             double *restrict dq)
{
    for (int k = 0; k < count; k++) {
        dq[k] = (Y[k] - P[k] * (H[tail[k]] - H[head[k]])) * relax;
        q[k] -= dq[k];
    }
}

/* New demand flows, at most 0.4 of the full demand at a step. */
CLONES static void new_demands(int count, const int *restrict node, const double *restrict floor,
                               const double *restrict full, const double *restrict inverse,
                               const double *restrict loss, const double *restrict H, double relax,
                               double *restrict d, double *restrict dq)
{
    for (int i = 0; i < count; i++) {
        double change = (loss[i] - (H[node[i]] - floor[i])) * inverse[i] * relax;
        double most = 0.4 * full[i];
        change = change > most ? most : change;
        change = change < -most ? -most : change;
        d[i] -= change;
        dq[i] = change;
    }
}

CLONES static void add_sums(int count, const double *restrict q, const double *restrict dq, Sums *sums)
{
    add_up(count, q, dq, sums);
}

#endif
