"""Sparse systems of conductances, of one pattern and many values: A_ij = -c_ij, A_ii = sum of c_ij + excess_i.

The matrices of pipe networks are planar or nearly so: L has about twice as many entries as there are unknowns, and its
longest column is below 40. Latency rules there, so everything that does not depend on numbers is done once: minimum
degree ordering on the explicit elimination graph (Tinney & Walker 1967), the pattern of L, and for every update of the
right-looking factorisation the place it changes.

Conductances range over sixteen decades, from closed links to pipes without flow, and an ordinary factorisation loses
the small ones in the differences on its diagonal. So the diagonal is never stored: with off-diagonal entries and
excesses, which all stay positive, a pivot is a sum (Grassmann, Taksar & Heyman 1985; Alfa, Xue & Ye 2002), and no digit
is lost.
"""

from libc.stdlib cimport free, malloc, realloc

import numpy as np


cdef struct Graph:
    # Neighbours of each node that is not eliminated yet, and lists of nodes of equal degree.
    int n
    int *length
    int *room
    int **neighbours
    int *bucket     # first node of a degree, -1 where none
    int *after
    int *before     # -1 at the head of its bucket
    int *stamp
    int stamps


cdef void _unlink(Graph *g, int v) noexcept nogil:
    if g.before[v] >= 0:
        g.after[g.before[v]] = g.after[v]
    else:
        g.bucket[g.length[v]] = g.after[v]
    if g.after[v] >= 0:
        g.before[g.after[v]] = g.before[v]


cdef void _link(Graph *g, int v) noexcept nogil:
    cdef int d = g.length[v]
    g.after[v] = g.bucket[d]
    g.before[v] = -1
    if g.bucket[d] >= 0:
        g.before[g.bucket[d]] = v
    g.bucket[d] = v


cdef bint _append(Graph *g, int v, int u) noexcept nogil:
    # False where memory ran out.
    cdef int *grown
    if g.length[v] == g.room[v]:
        grown = <int *> realloc(g.neighbours[v], (2 * g.room[v] + 4) * sizeof(int))
        if grown == NULL:
            return False
        g.neighbours[v] = grown
        g.room[v] = 2 * g.room[v] + 4
    g.neighbours[v][g.length[v]] = u
    g.length[v] += 1
    return True


cdef bint _join(Graph *g, int v, int u) noexcept nogil:
    # u forgets v and learns v's other neighbours.
    cdef int i, w, kept = 0
    cdef int *mine = g.neighbours[u]
    g.stamps += 1
    g.stamp[u] = g.stamps
    for i in range(g.length[u]):
        w = mine[i]
        if w != v:
            g.stamp[w] = g.stamps
            mine[kept] = w
            kept += 1
    g.length[u] = kept
    for i in range(g.length[v]):
        w = g.neighbours[v][i]
        if g.stamp[w] != g.stamps and not _append(g, u, w):
            return False
    return True


cdef bint _eliminate_all(Graph *g, int *order) noexcept nogil:
    # Afterwards neighbours[v] are those that v had when it went: its column of L. Always the lowest degree, its
    # neighbours having been joined; a node that goes out does not change its own list again.
    cdef int step, i, u, v, lowest = 0
    for step in range(g.n):
        while g.bucket[lowest] < 0:
            lowest += 1
        v = g.bucket[lowest]
        _unlink(g, v)
        order[step] = v
        for i in range(g.length[v]):
            u = g.neighbours[v][i]
            _unlink(g, u)
            if not _join(g, v, u):
                return False
            _link(g, u)
        if lowest > 0:
            lowest -= 1
    return True


cdef void _heights(int n, const int *parent, int *height) noexcept nogil:
    # How far each column stands above the lowest one below it in the elimination tree; children come before parents.
    cdef int k
    for k in range(n):
        height[k] = 0
    for k in range(n):
        if parent[k] >= 0 and height[parent[k]] <= height[k]:
            height[parent[k]] = height[k] + 1


cdef void _free(Graph *g) noexcept nogil:
    cdef int v
    if g.neighbours != NULL:
        for v in range(g.n):
            free(g.neighbours[v])
    free(g.neighbours)


cdef class Ldlt:
    """The symbolic factorisation of the conductance matrix of a graph, and its work space."""

    def __init__(self, int n, const int[::1] tail, const int[::1] head):
        """Edges may repeat and may be loops; ValueError where an end is not in [0, n)."""
        cdef int i
        if n < 0:
            raise ValueError(f"n is {n}: must not be negative")
        if tail.shape[0] != head.shape[0]:
            raise ValueError(f"tail has {tail.shape[0]} edges, head {head.shape[0]}")
        for i in range(tail.shape[0]):
            if not (0 <= tail[i] < n and 0 <= head[i] < n):
                raise ValueError(f"edge {i} joins {tail[i]} and {head[i]}: must be in [0, {n})")
        self.n = n
        columns = self._ordered(tail, head)
        self.first = np.concatenate([[0], np.cumsum([c.size for c in columns])]).astype(np.int32)
        self.row = np.concatenate([np.zeros(0, np.int32), *columns]).astype(np.int32)
        self.n_lower = self.row.shape[0]
        self.lower = np.zeros(self.n_lower + 1)
        self.excess = np.zeros(n + 1)
        sizes = np.diff(self.first).astype(np.int64)
        self.n_pairs = int((sizes * (sizes - 1) // 2).sum())
        self.target = np.empty(self.n_pairs + 1, np.int32)
        self._aim()

    def _ordered(self, const int[::1] tail, const int[::1] head):
        # Orders the unknowns and gives the columns of L, rows ascending.
        cdef int n = self.n, i, v
        cdef Graph g
        ints = np.zeros((5, n + 1), np.int32)
        cdef int[:, ::1] space = ints
        cdef int[::1] order = np.zeros(n + 1, np.int32)
        cdef bint fits = True
        g.n, g.stamps = n, 0
        g.length, g.room, g.after = &space[0, 0], &space[1, 0], &space[2, 0]
        g.before, g.stamp = &space[3, 0], &space[4, 0]
        buckets = np.full(n + 1, -1, np.int32)
        cdef int[::1] bucket = buckets
        g.bucket = &bucket[0]
        g.neighbours = <int **> malloc((n + 1) * sizeof(int *))
        if g.neighbours == NULL:
            raise MemoryError
        for v in range(n):
            g.neighbours[v] = NULL
        try:
            for u, v in _distinct(tail, head):
                fits = fits and _append(&g, u, v) and _append(&g, v, u)
            for v in range(n):
                _link(&g, v)
            if not (fits and _eliminate_all(&g, &order[0])):
                raise MemoryError
            columns = [
                np.array([g.neighbours[order[i]][k] for k in range(g.length[order[i]])], np.int32) for i in range(n)
            ]
        finally:
            _free(&g)
        return self._relabelled(columns, np.asarray(order)[:n])

    def _relabelled(self, list columns, order):
        # The columns by rows instead of unknowns, by height in the elimination tree: neighbours in this order do not
        # wait for each other, and a processor works at several of them at once.
        cdef int n = self.n
        step_of = np.empty(n, np.int32)
        step_of[order] = np.arange(n, dtype=np.int32)
        cdef int[::1] parent = np.array([step_of[c].min() if c.size else -1 for c in columns] + [-1], np.int32)
        cdef int[::1] height = np.zeros(n + 1, np.int32)
        _heights(n, &parent[0], &height[0])
        rank = np.empty(n, np.int32)
        rank[np.argsort(np.asarray(height)[:n], kind="stable")] = np.arange(n, dtype=np.int32)
        position = rank[step_of]
        self.position_of = position
        relabelled = [None] * n
        for step in range(n):
            relabelled[rank[step]] = np.sort(position[columns[step]])
        return relabelled

    cdef void _aim(self) noexcept nogil:
        # Where the updates go: for entries a before b of a column, the entry (row b, row a).
        cdef int k, a, b, t = 0
        for k in range(self.n):
            for a in range(self.first[k], self.first[k + 1]):
                for b in range(a + 1, self.first[k + 1]):
                    self.target[t] = self.place(self.row[b], self.row[a])
                    t += 1

    cdef int place(self, int i, int j) noexcept nogil:
        """Where L keeps the entry of rows i and j (i != j); -1 where it has none."""
        cdef int column = i if i < j else j
        cdef int wanted = j if i < j else i
        cdef int low = self.first[column], high = self.first[column + 1] - 1, middle
        while low <= high:
            middle = (low + high) >> 1
            if self.row[middle] == wanted:
                return middle
            if self.row[middle] < wanted:
                low = middle + 1
            else:
                high = middle - 1
        return -1

    cdef int factor_solve(self, double *x) noexcept nogil:
        """Factor what stands in ``lower`` and ``excess`` and solve for x in place; how many pivots were mended.

        A row that nothing ties to anything gets the pivot 1, so that x stays finite.
        """
        cdef int n = self.n, k, p, b, end, r, t = 0, mended = 0
        cdef double pivot, inverse, l, xk, excess
        cdef const int *first = &self.first[0]
        cdef const int *row = &self.row[0]
        cdef const int *target = &self.target[0]
        cdef double *lower = &self.lower[0]
        cdef double *rest = &self.excess[0]
        for k in range(n):
            end = first[k + 1]
            xk = x[k]
            excess = rest[k]
            pivot = excess
            for p in range(first[k], end):
                pivot += lower[p]
            if not pivot > 0.0:
                pivot = 1.0
                mended += 1
            inverse = 1.0 / pivot
            rest[k] = inverse
            for p in range(first[k], end):
                r = row[p]
                l = lower[p] * inverse
                rest[r] += l * excess
                x[r] += l * xk
                for b in range(p + 1, end):
                    lower[target[t]] += l * lower[b]
                    t += 1
                lower[p] = l
        for k in range(n - 1, -1, -1):
            xk = x[k] * rest[k]
            for p in range(first[k], first[k + 1]):
                xk += lower[p] * x[row[p]]
            x[k] = xk
        return mended

    def position(self):
        """The row of each unknown, int32 (n,)."""
        return np.array(self.position_of, np.int32)

    def solve(
        self,
        const double[::1] conductance,
        const double[::1] excess,
        const double[::1] right,
        *,
        const int[::1] tail,
        const int[::1] head,
    ):
        """x of A x = right; ValueError where an edge is not in the pattern, a value is negative or A is singular."""
        cdef int k, at
        if excess.shape[0] != self.n or right.shape[0] != self.n:
            raise ValueError(f"excess and right must have {self.n} entries")
        if not conductance.shape[0] == tail.shape[0] == head.shape[0]:
            raise ValueError("conductance, tail and head must be of one length")
        x = np.empty(self.n + 1)
        cdef double[::1] solution = x
        self.lower[:] = 0.0
        for k in range(self.n):
            if not excess[k] >= 0.0:
                raise ValueError(f"excess[{k}] is {excess[k]}: must not be negative")
            self.excess[self.position_of[k]] = excess[k]
            solution[self.position_of[k]] = right[k]
        for k in range(tail.shape[0]):
            if not (0 <= tail[k] < self.n and 0 <= head[k] < self.n) or tail[k] == head[k]:
                raise ValueError(f"edge {k} joins {tail[k]} and {head[k]}: not two of {self.n} unknowns")
            if not conductance[k] >= 0.0:
                raise ValueError(f"conductance[{k}] is {conductance[k]}: must not be negative")
            at = self.place(self.position_of[tail[k]], self.position_of[head[k]])
            if at < 0:
                raise ValueError(f"edge {k} joins {tail[k]} and {head[k]}, which the pattern does not")
            self.lower[at] += conductance[k]
        if self.factor_solve(&solution[0]):
            raise ValueError("the matrix is singular")
        return x[np.asarray(self.position_of)]


def _distinct(const int[::1] tail, const int[::1] head):
    # The edges without loops and repeats, in ascending order.
    ends = np.sort(np.stack([tail, head], axis=1), axis=1)
    ends = np.unique(ends[ends[:, 0] != ends[:, 1]], axis=0)
    return ends.tolist()
