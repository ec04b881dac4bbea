/* What cext.surface does to a row in a step: its flows, gains, shares, limited flows and depths.

   Rows are stored with ghosts: row -1 and `rows` (and one row of flows more) and a margin of columns. A block of rows
   belongs to one thread; it reads old rows of its neighbours from copies made before anybody writes, and computes the
   flows and shares at its rim once more itself. So a block needs nothing from another one within a step, and the bits
   do not depend on the number of blocks. */

#ifndef CITYOPS_SURFACE_ROWS_H
#define CITYOPS_SURFACE_ROWS_H

#include "surface_passes.h"
#include "surface_team.h"

#define RING 4         /* rows of new flows and shares that are kept */
#define HALO 5         /* rows of neighbours: two above, three below */
#define LEFT 16        /* columns of margin */
#define DEEPEST 1.0e4f /* m; deeper water is a failure of the numbers */

enum { RAIN, SOAKED, CAME, LEFT_OVER, POURED, TAKEN, BOOKS }; /* sums kept for each row, m of a cell */
enum { WEST, EAST, NORTH, SOUTH, EDGES };
enum { CLOSED, OPEN, LEVEL }; /* kinds of edge cells */

typedef struct {
    int rows, columns, stride, segments;
    double cell, gravity, alpha, longest;
    float least, theta;
    /* to row 0, column 0 of each */
    float *h, *carry, *z, *n, *qx, *qy, *peak;
    int n_stride, rain_stride, keeps_peak;
    float *rain;
    double *rain_sum; /* per row, m/s */
    /* infiltration */
    const unsigned char *class_of; /* NULL without; rows x columns, no margin */
    int n_classes;
    const double *classes; /* kind, and three numbers each */
    Soil *soils;
    double *done; /* rows x columns */
    /* what comes in or is taken at cells, in the order of rows */
    int n_points;
    const int *point_first, *point_column; /* rows + 1; n_points */
    const double *point_rate;              /* m/s over the cell */
    double *point_given;                   /* m */
    const unsigned char *edge[EDGES];
    int rim_open[2];   /* whether anything passes the north and the south edge */
    float outside_top; /* the deepest water at a level outside, m */
    /* bookkeeping */
    double *books;  /* rows x BOOKS */
    uint32_t *top;  /* rows x segments: bits of the largest depth */
    uint32_t *row_top;
    unsigned char *state; /* rows x segments: bit 0 can change now, bit 1 could in the last step */
    unsigned char *fed;   /* rows x segments: gets rain, or has points, or lies at a level */
    int *busy;            /* rows: segments that can change */
    /* the step */
    double now, until, dt;
    long long steps, updates;
    int runs, stopped, failed_row;
    int first[MOST_THREADS + 1]; /* blocks of rows */
    Pace pace;
} Ground;

/* The room of one thread. */
typedef struct {
    Ground *g;
    int a, b; /* its rows */
    float *x[RING], *y[RING], *share[RING];
    int is_full[RING]; /* whether all shares of the row are 1 */
    double *gain[RING];
    float *halo_h, *halo_carry, *halo_x, *halo_y, *spare;
    double *soil[2]; /* the soils' state in the rows above and below */
    double *taken;   /* what soils take up in a row; zeros between rows */
} Sweep;

INLINE int slot(int row) { return (row + RING) % RING; }

/* Old rows: one's own in place, the neighbours' from the copies. */
INLINE int halo_place(const Sweep *s, int row)
{
    if (row < s->a)
        return s->a > 0 ? row - (s->a - 2) : -1;
    if (row >= s->b)
        return s->b < s->g->rows ? 2 + row - s->b : -1;
    return -1;
}

INLINE const float *old_row(const Sweep *s, const float *field, const float *halo, int row)
{
    int place = halo_place(s, row);
    return place < 0 ? field + (ptrdiff_t)row * s->g->stride : halo + (ptrdiff_t)place * s->g->stride;
}

static void copy_halo(Sweep *s)
{
    const Ground *g = s->g;
    for (int row = s->a - 2; row < s->b + 3; row++) {
        int place = halo_place(s, row);
        if (place < 0 || row > g->rows + 1)
            continue;
        ptrdiff_t from = (ptrdiff_t)row * g->stride - LEFT, to = (ptrdiff_t)place * g->stride - LEFT;
        size_t size = (size_t)g->stride * sizeof(float);
        memcpy(s->halo_h + to, g->h + from, size);
        memcpy(s->halo_carry + to, g->carry + from, size);
        memcpy(s->halo_x + to, g->qx + from, size);
        memcpy(s->halo_y + to, g->qy + from, size);
    }
    for (int side = 0; side < 2 && g->class_of != NULL; side++) {
        int row = side ? s->b : s->a - 1;
        if (row >= 0 && row < g->rows)
            memcpy(s->soil[side], g->done + (ptrdiff_t)row * g->columns, (size_t)g->columns * sizeof(double));
    }
}

INLINE int is_live(const Ground *g, int row, int k)
{
    return row >= 0 && row < g->rows && g->state[(ptrdiff_t)row * g->segments + k] != 0;
}

INLINE int busy_in(const Ground *g, int row) { return row >= 0 && row < g->rows ? g->busy[row] : 0; }

/* The next run of segments, from `k` on, that are live in `row` (or in `also`): its columns; 0 where there is none. */
static int next_run(const Ground *g, int row, int also, int *k, int *first, int *last)
{
    while (*k < g->segments && !is_live(g, row, *k) && !is_live(g, also, *k))
        ++*k;
    if (*k >= g->segments)
        return 0;
    *first = *k * SEGMENT;
    while (*k < g->segments && (is_live(g, row, *k) || is_live(g, also, *k)))
        ++*k;
    *last = *k * SEGMENT < g->columns ? *k * SEGMENT : g->columns;
    return 1;
}

/* Outflow over an open edge: the velocity at the next face inside, times the depth at the edge. */
INLINE float open_flow(float inner, float depth_in, float depth_at)
{
    return depth_in > 1e-9f && inner > 0.0f ? inner / depth_in * depth_at : 0.0f;
}

INLINE float depth_between(float h0, float h1, float z0, float z1)
{
    float w0 = z0 + h0, w1 = z1 + h1;
    return (w0 > w1 ? w0 : w1) - (z0 > z1 ? z0 : z1);
}

static void open_sides(Sweep *s, int row, const float *h, const float *z)
{
    const Ground *g = s->g;
    float *x = s->x[slot(row)];
    int c = g->columns;
    if (c > 1 && g->edge[WEST][row] == OPEN)
        x[0] = -open_flow(-x[1], depth_between(h[0], h[1], z[0], z[1]), h[0]);
    if (c > 1 && g->edge[EAST][row] == OPEN)
        x[c] = open_flow(x[c - 1], depth_between(h[c - 2], h[c - 1], z[c - 2], z[c - 1]), h[c - 1]);
}

/* The north or south edge from the faces next to it; `outer` is the row at the edge, `next` the one inside. */
static void open_rim(Sweep *s, const unsigned char *edge, const float *inner, float *rim, int outer, int next)
{
    const Ground *g = s->g;
    const float *h0 = old_row(s, g->h, s->halo_h, outer), *h1 = old_row(s, g->h, s->halo_h, next);
    const float *z0 = g->z + (ptrdiff_t)outer * g->stride, *z1 = g->z + (ptrdiff_t)next * g->stride;
    float way = outer == 0 ? -1.0f : 1.0f;
    for (int c = 0; c < g->columns; c++)
        if (edge[c] == OPEN)
            rim[c] = way * open_flow(way * inner[c], depth_between(h0[c], h1[c], z0[c], z1[c]), h0[c]);
}

/* Ask for the rows that the next call needs, while this one computes. */
static void fetch_rows(const Ground *g, int row)
{
#if defined(__GNUC__)
    const ptrdiff_t from = (ptrdiff_t)row * g->stride, width = g->stride;
    if (row + 1 >= g->rows || !busy_in(g, row))
        return;
    for (ptrdiff_t c = 0; c < g->columns; c += 16) {
        __builtin_prefetch(g->h + from + c, 1);
        __builtin_prefetch(g->z + from + c);
        __builtin_prefetch(g->qx + from + c, 1);
        __builtin_prefetch(g->qy + from + width + c, 1);
        __builtin_prefetch(g->carry + from + c, 1);
    }
#else
    (void)g, (void)row;
#endif
}

/* New flows over the faces west and north of a row. */
static void flow_row(Sweep *s, int row)
{
    const Ground *g = s->g;
    const ptrdiff_t width = g->stride;
    int k = 0, first, last;
    if (!busy_in(g, row) && !busy_in(g, row - 1))
        return;
    const float *h0 = old_row(s, g->h, s->halo_h, row - 1), *h1 = old_row(s, g->h, s->halo_h, row);
    const float *x0 = old_row(s, g->qx, s->halo_x, row - 1), *x1 = old_row(s, g->qx, s->halo_x, row);
    const float *y0 = old_row(s, g->qy, s->halo_y, row - 1), *y1 = old_row(s, g->qy, s->halo_y, row);
    const float *y2 = old_row(s, g->qy, s->halo_y, row + 1);
    const float *z0 = g->z + (row - 1) * width, *z1 = g->z + row * width;
    const float *n0 = g->n + (row - 1) * (ptrdiff_t)g->n_stride, *n1 = g->n + row * (ptrdiff_t)g->n_stride;
    while (next_run(g, row, row - 1, &k, &first, &last)) {
        if (row < g->rows)
            flow_west(first, last + 1, h1, z1, n1, x1, y1, y2, g->pace, s->x[slot(row)]);
        flow_north(first, last, h0, h1, z0, z1, n0, n1, x0, x1, y0, y1, y2, g->pace, s->y[slot(row)]);
    }
    if (row < g->rows)
        open_sides(s, row, h1, z1);
    if (g->rows > 1 && row == 1 && s->a < 2)
        open_rim(s, g->edge[NORTH], s->y[slot(1)], s->y[slot(0)], 0, 1);
    if (g->rows > 1 && row == g->rows)
        open_rim(s, g->edge[SOUTH], s->y[slot(row - 1)], s->y[slot(row)], row - 1, row - 2);
}

/* What cells give and take at their points, never more than there is; booked by the block that owns the row. */
static void point_gains(const Ground *g, int row, int books, const float *h, const float *carry, double *gain)
{
    for (int k = g->point_first[row]; k < g->point_first[row + 1]; k++) {
        int c = g->point_column[k];
        double asked = g->dt * g->point_rate[k], there = available(h[c], carry[c], gain[c]);
        double least = there > 0.0 ? -there : 0.0;
        double given = asked > least ? asked : least;
        gain[c] += given;
        if (books) {
            g->point_given[k] += given;
            g->books[row * BOOKS + (given > 0.0 ? POURED : TAKEN)] += fabs(given);
        }
    }
}

static void soak_run(const Sweep *s, int row, int first, int last, const float *h, const float *carry, double *done)
{
    const Ground *g = s->g;
    const unsigned char *class_of = g->class_of + (ptrdiff_t)row * g->columns;
    double *gain = s->gain[slot(row)];
    for (int id = 0; id < g->n_classes; id++) {
        if (g->soils[id].kind == 1)
            horton_pass(first, last, h, carry, class_of, id, g->soils[id], done, gain, s->taken);
        else if (g->soils[id].kind == 2)
            green_ampt_pass(first, last, h, carry, class_of, id, g->soils[id], done, gain, s->taken);
    }
}

/* Rain less infiltration plus points, m in this step. Rows of neighbours work on the copy of their soils' state. */
static void gain_row(Sweep *s, int row)
{
    Ground *g = s->g;
    int k = 0, first, last, owns = row >= s->a && row < s->b;
    double *gain = s->gain[slot(row)];
    const float *h = old_row(s, g->h, s->halo_h, row), *carry = old_row(s, g->carry, s->halo_carry, row);
    double *done = NULL;
    if (g->class_of)
        done = owns ? g->done + (ptrdiff_t)row * g->columns : s->soil[row >= s->b];
    while (next_run(g, row, row, &k, &first, &last)) {
        rain_pass(first, last, g->rain + row * (ptrdiff_t)g->rain_stride, g->dt, gain);
        if (g->class_of)
            soak_run(s, row, first, last, h, carry, done);
    }
    if (g->n_points)
        point_gains(g, row, owns, h, carry, gain);
    double soaked = g->class_of ? row_sum(g->columns, s->taken) : 0.0;
    if (owns) {
        g->books[row * BOOKS + RAIN] += g->dt * g->rain_sum[row];
        g->books[row * BOOKS + SOAKED] += soaked;
    }
}

/* Shares of 1: of what lies outside, which gives without limit, and where no cell overdraws. */
static void full_share(Sweep *s, int row)
{
    float *share = s->share[slot(row)];
    for (int c = 0; c < s->g->columns && !s->is_full[slot(row)]; c++)
        share[c] = 1.0f;
    s->is_full[slot(row)] = 1;
}

static void share_row(Sweep *s, int row)
{
    const Ground *g = s->g;
    int k = 0, first, last, low = 0;
    const float *h = old_row(s, g->h, s->halo_h, row);
    const float *x = s->x[slot(row)], *y = s->y[slot(row)], *south = s->y[slot(row + 1)];
    const double *gain = s->gain[slot(row)];
    float most = (float)(g->cell / g->dt);
    while (!low && next_run(g, row, row, &k, &first, &last))
        low = overdraws(first, last, h, gain, x, y, south, most);
    full_share(s, row);
    s->is_full[slot(row)] = !low;
    for (k = 0; low && next_run(g, row, row, &k, &first, &last);)
        share_pass(first, last, h, gain, x, y, south, most, s->share[slot(row)]);
}

/* The row of new flows north of `row`: that of the next block goes to a spare one, for it belongs there. */
INLINE float *new_north(const Sweep *s, int row)
{
    return row < s->b || row == s->g->rows ? s->g->qy + (ptrdiff_t)row * s->g->stride : s->spare;
}

/* Limited flows, to their place. */
static void scale_row(Sweep *s, int row)
{
    Ground *g = s->g;
    int k = 0, first, last, full = s->is_full[slot(row)], both = full && s->is_full[slot(row - 1)];
    const float *x = s->x[slot(row)], *y = s->y[slot(row)];
    const float *share = s->share[slot(row)], *above = s->share[slot(row - 1)];
    float *to_x = g->qx + (ptrdiff_t)row * g->stride, *to_y = new_north(s, row);
    while (next_run(g, row, row - 1, &k, &first, &last)) {
        if (both)
            memcpy(to_y + first, y + first, (size_t)(last - first) * sizeof(float));
        else
            scale_north(first, last, y, above, share, to_y);
        if (row < s->b && full)
            memcpy(to_x + first, x + first, (size_t)(last + 1 - first) * sizeof(float));
        else if (row < s->b)
            scale_west(first, last + 1, x, share, to_x);
    }
}

INLINE void book(double *books, double volume)
{
    books[volume > 0.0 ? CAME : LEFT_OVER] += fabs(volume);
}

static void book_edges(Ground *g, int row, const float *x, const float *y, const float *south, double pace)
{
    double *books = g->books + row * BOOKS;
    book(books, pace * (double)x[0]);
    book(books, -pace * (double)x[g->columns]);
    for (int c = 0; row == 0 && g->rim_open[0] && c < g->columns; c++)
        book(books, pace * (double)y[c]);
    for (int c = 0; row == g->rows - 1 && g->rim_open[1] && c < g->columns; c++)
        book(books, -pace * (double)south[c]);
}

static void depth_row(Sweep *s, int row)
{
    Ground *g = s->g;
    const ptrdiff_t place = (ptrdiff_t)row * g->stride;
    int k = 0, first, last;
    double pace = g->dt / g->cell;
    uint32_t *top = g->top + (ptrdiff_t)row * g->segments, most = 0;
    const float *x = g->qx + place, *y = g->qy + place, *south = new_north(s, row + 1);
    if (!busy_in(g, row))
        return;
    while (next_run(g, row, row, &k, &first, &last)) {
        depth_pass(first, last, s->gain[slot(row)], x, y, south, pace, g->h + place, g->carry + place, top);
        if (g->keeps_peak)
            peak_pass(first, last, g->h + place, g->peak + place);
    }
    for (int j = 0; j < g->segments; j++)
        most = top[j] > most ? top[j] : most;
    g->row_top[row] = most;
    book_edges(g, row, x, y, south, pace);
}

#endif
