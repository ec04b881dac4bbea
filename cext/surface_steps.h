/* Steps of cext.surface: which runs of cells can change, the sweep over a block of rows in which flows, limits and
   depths follow each other while their rows are in the cache, how long a step is, and who does which rows. */

#ifndef CITYOPS_SURFACE_STEPS_H
#define CITYOPS_SURFACE_STEPS_H

#include "surface_rows.h"
#include "surface_team.h"

/* Which segments can change: those where water can flow, in them or beside them, those that are fed, and wet ones that
   soak. One that could change stays for one more step, in which its flows become 0. */
static void mark_rows(Ground *g, int a, int b)
{
    const uint32_t least = float_bits(g->least);
    const int m = g->segments;
    for (int row = a; row < b; row++) {
        const uint32_t *top = g->top + (ptrdiff_t)row * m;
        const uint32_t *over = row > 0 ? top - m : top, *under = row + 1 < g->rows ? top + m : top;
        unsigned char *state = g->state + (ptrdiff_t)row * m;
        const unsigned char *fed = g->fed + (ptrdiff_t)row * m;
        int busy = 0;
        for (int k = 0; k < m; k++) {
            int moves = (top[k] > least) | (over[k] > least) | (under[k] > least);
            moves |= (k > 0 && top[k - 1] > least) | (k + 1 < m && top[k + 1] > least);
            moves |= fed[k] | (g->class_of != NULL && top[k] > 0);
            state[k] = (unsigned char)(((state[k] & 1) << 1) | moves);
            busy += state[k] != 0;
        }
        g->busy[row] = busy;
    }
}

/* One step of a block: each row's flows, then the row before's shares and limits, then the depths of the one before. */
static void sweep(Sweep *s)
{
    const Ground *g = s->g;
    int low = s->a > 0 ? s->a - 1 : 0, high = s->b < g->rows ? s->b + 1 : g->rows;
    if (s->a == 0)
        full_share(s, -1);
    for (int row = low; row <= high; row++) {
        fetch_rows(g, row + 1);
        flow_row(s, row);
        if (row - 1 < low)
            continue;
        gain_row(s, row - 1);
        share_row(s, row - 1);
        if (row - 1 >= s->a)
            scale_row(s, row - 1);
        if (row - 2 >= s->a)
            depth_row(s, row - 2);
    }
    if (s->b == g->rows) {
        full_share(s, g->rows);
        scale_row(s, g->rows);
        depth_row(s, g->rows - 1);
    }
}

/* Blocks of about as many live segments each, by the step before; at least 8 rows. */
static void divide(Ground *g, int size)
{
    double all = 0.0, sum = 0.0;
    int i = 1;
    for (int row = 0; row < g->rows; row++)
        all += 0.05 * g->segments + g->busy[row];
    g->first[0] = 0;
    for (int row = 0; row < g->rows; row++) {
        sum += 0.05 * g->segments + g->busy[row];
        while (i < size && sum * size >= all * i) {
            int least = g->first[i - 1] + 8, most = g->rows - 8 * (size - i);
            int cut = row + 1 > least ? row + 1 : least;
            g->first[i++] = cut < most ? cut : most;
        }
    }
    for (; i <= size; i++)
        g->first[i] = g->rows;
}

/* Between steps, by one thread: the clock, whether all depths are sound, the next step. */
static void plan(Ground *g, int size)
{
    uint32_t most = float_bits(g->outside_top);
    if (g->runs) {
        g->steps++;
        for (int row = 0; row < g->rows; row++)
            g->updates += g->busy[row] * SEGMENT < g->columns ? g->busy[row] * SEGMENT : g->columns;
        g->now = g->dt >= g->until - g->now ? g->until : g->now + g->dt;
    }
    g->runs = 1;
    for (int row = 0; row < g->rows; row++) {
        if (g->row_top[row] > float_bits(DEEPEST) && g->failed_row < 0)
            g->failed_row = row;
        most = g->row_top[row] > most ? g->row_top[row] : most;
    }
    if (g->failed_row >= 0 || g->now >= g->until) {
        g->stopped = 1;
        return;
    }
    double left = g->until - g->now, limit = g->longest;
    double wave = sqrt(g->gravity * (double)bits_float(most));
    if (wave * limit > g->alpha * g->cell)
        limit = g->alpha * g->cell / wave;
    double count = ceil(left / limit - 1e-9);
    g->dt = count > 1.0 ? left / count : left;
    g->pace.push = (float)(g->gravity * g->dt / g->cell);
    g->pace.drag = (float)(g->gravity * g->dt * 0.25);
    for (int k = 0; k < g->n_classes; k++) {
        const double *c = g->classes + 4 * k;
        g->soils[k].kind = (int)c[0];
        g->soils[k].steady = c[1] * g->dt;
        g->soils[k].excess = c[2];
        g->soils[k].decay = 1.0 - binary_power(-1.44269504088896341 * c[3] * g->dt);
    }
    divide(g, size);
}

static void plan_once(void *shared, int size) { plan((Ground *)shared, size); }

/* What all threads of a run share. */
typedef struct {
    Ground *g;
    Sweep *sweeps;
} Work;

static void *work(void *given)
{
    Member *member = (Member *)given;
    Work *shared = (Work *)member->shared;
    Ground *g = shared->g;
    Sweep *s = &shared->sweeps[member->id];
    for (;;) {
        meet(member->team, plan_once, g);
        if (g->stopped)
            return NULL;
        s->a = g->first[member->id];
        s->b = g->first[member->id + 1];
        copy_halo(s);
        mark_rows(g, s->a, s->b);
        meet(member->team, NULL, NULL);
        sweep(s);
    }
}

enum { FLOAT_ROWS = 3 * RING + 4 * HALO + 1, DOUBLE_ROWS = RING + 3 };

/* A thread's room: FLOAT_ROWS and DOUBLE_ROWS rows of `stride` numbers, zeroed but for the shares. */
static void lay_out(Sweep *s, Ground *g, float *floats, double *doubles)
{
    ptrdiff_t width = g->stride;
    s->g = g;
    for (int k = 0; k < RING; k++) {
        s->x[k] = floats + k * width + LEFT;
        s->y[k] = floats + (RING + k) * width + LEFT;
        s->share[k] = floats + (2 * RING + k) * width + LEFT;
        s->gain[k] = doubles + k * width + LEFT;
        s->is_full[k] = 1;
        for (int c = -LEFT; c < width - LEFT; c++)
            s->share[k][c] = 1.0f;
    }
    floats += 3 * RING * width + LEFT;
    s->halo_h = floats;
    s->halo_x = floats + HALO * width;
    s->halo_y = floats + 2 * HALO * width;
    s->halo_carry = floats + 3 * HALO * width;
    s->spare = floats + 4 * HALO * width;
    s->soil[0] = doubles + RING * width;
    s->soil[1] = doubles + (RING + 1) * width;
    s->taken = doubles + (RING + 2) * width + LEFT;
}

/* On to `until` (or to the first unsound depth), by `threads` threads or as many as can be started. */
static void run_ground(Ground *g, double until, int threads, float *floats, double *doubles)
{
    Sweep sweeps[MOST_THREADS];
    Work shared = {g, sweeps};
    for (int k = 0; k < threads; k++)
        lay_out(&sweeps[k], g, floats + (ptrdiff_t)k * FLOAT_ROWS * g->stride,
                doubles + (ptrdiff_t)k * DOUBLE_ROWS * g->stride);
    g->until = until;
    g->runs = g->stopped = 0;
    g->failed_row = -1;
    run_team(threads, work, &shared);
}

#endif
