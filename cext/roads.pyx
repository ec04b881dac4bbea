"""Shortest travel times on a road network whose streets may close at any moment.

Dijkstra's algorithm (1959) on forward and reverse stars with an indexed 4-ary heap: one pair, paths, one or several
sources to everywhere, towards targets, tables, nearest k. A query looks no farther than it must and undoes only what
it touched, O((nodes + arcs touched) log nodes). A change of weights is exact for the next query.

Weights are whole milliseconds in uint32, closed = 2^31 - 1: integer sums are the same in any order, and against float
seconds an arc is off by at most 0.5 ms. Sums are uint64: n nodes make at most (2^31 - 1) arcs of less than 2^31 ms, so
no sum can reach 2^62 and none wraps. Parallel arcs, loops, zero weights and unconnected parts are all right.

Not for: turn restrictions, weights that depend on the time of departure, threads that share one graph (fork it).
"""

from libc.math cimport rint
from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from cext.heap cimport Heap, clear, lower, pop, push, top

import numpy as np

cdef uint32_t CLOSED = 0x7FFFFFFF
cdef uint64_t UNREACHED = 0xFFFFFFFFFFFFFFFF
cdef double INFINITY = float("inf")


cdef struct View:
    # A star with its weights, as the search reads it.
    const int32_t* first
    const int32_t* far
    const int32_t* arc
    const uint32_t* weight


cdef struct Work:
    # What a search writes. Between queries: due UNREACHED, goals 0 and place -1 everywhere, nothing touched.
    uint64_t* due       # time of each node so far, ms; final once it is at most `limit`
    int32_t* via        # the arc by which a touched node was reached, -1 at a start
    int32_t* touched    # the first n_touched: nodes whose `due` is to be undone
    int32_t* goals      # how many of what is looked for stand at each node
    int32_t n_touched
    uint64_t limit      # ms, < UNREACHED; what is later than this is not known
    Heap heap


cdef inline void start(Work* work, int32_t node) noexcept nogil:
    if work.due[node] != UNREACHED:
        return
    work.due[node] = 0
    work.via[node] = -1
    work.touched[work.n_touched] = node
    work.n_touched += 1
    push(&work.heap, 0, node)


cdef inline void reach_by(Work* work, int32_t arc, int32_t node, uint64_t due) noexcept nogil:
    """Note that ``arc`` reaches ``node`` at ``due``. In a tie the lowest arc stays; a settled node keeps its arc, or
    arcs of zero weight could close a ring of them."""
    if due < work.due[node]:
        if work.due[node] == UNREACHED:
            work.touched[work.n_touched] = node
            work.n_touched += 1
            push(&work.heap, due, node)
        else:
            lower(&work.heap, due, node)
        work.due[node] = due
        work.via[node] = arc
    elif due == work.due[node] and arc < work.via[node] and work.heap.place[node] >= 0:
        work.via[node] = arc


cdef inline void relax(Work* work, const View* arcs, int32_t node, uint64_t now) noexcept nogil:
    cdef int32_t slot
    cdef uint64_t due
    for slot in range(arcs.first[node], arcs.first[node + 1]):
        if arcs.weight[slot] == CLOSED:
            continue
        due = now + arcs.weight[slot]
        if due <= work.limit:
            reach_by(work, arcs.arc[slot], arcs.far[slot], due)


cdef void search(Work* work, const View* arcs, uint64_t limit, int64_t wanted) noexcept nogil:
    """Settle nodes by time, then id, up to the limit; it falls to the time at which the last wanted goal is met, so
    that whatever ties with it is settled too. Afterwards ``due`` is final where it is at most ``work.limit``."""
    cdef int32_t node
    work.limit = limit
    while work.heap.size > 0 and work.due[top(&work.heap)] <= work.limit:
        node = pop(&work.heap)
        if work.goals[node] > 0:
            wanted -= work.goals[node]
            if wanted <= 0:
                work.limit = work.due[node]
        relax(work, arcs, node, work.due[node])


cdef void reset(Work* work) noexcept nogil:
    cdef int32_t i
    for i in range(work.n_touched):
        work.due[work.touched[i]] = UNREACHED
    work.n_touched = 0
    clear(&work.heap)


cdef inline double seconds(const Work* work, int32_t node) noexcept nogil:
    return work.due[node] / 1000.0 if work.due[node] <= work.limit else INFINITY


cdef void add_goals(Work* work, const int32_t[::1] nodes, int32_t step) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(nodes.shape[0]):
        work.goals[nodes[i]] += step


cdef void fill_rows(
    Work* work, const View* arcs, const int32_t[::1] starts, const int32_t[::1] ends, double[:, :] out
) noexcept nogil:
    cdef Py_ssize_t i, j
    for i in range(starts.shape[0]):
        start(work, starts[i])
        search(work, arcs, UNREACHED - 1, ends.shape[0])
        for j in range(ends.shape[0]):
            out[i, j] = seconds(work, ends[j])
        reset(work)


cdef Py_ssize_t first_outside(const int32_t[::1] ids, int32_t n) noexcept nogil:
    """Where the first id outside 0 .. n-1 stands, -1 when all are inside."""
    cdef Py_ssize_t i
    for i in range(ids.shape[0]):
        if ids[i] < 0 or ids[i] >= n:
            return i
    return -1


cdef Py_ssize_t to_milliseconds(const double[::1] time_s, uint32_t[::1] out) noexcept nogil:
    """Round to whole ms, infinity to CLOSED; give where the first refused time stands, -1 when there is none."""
    cdef Py_ssize_t i
    cdef double ms
    for i in range(time_s.shape[0]):
        ms = rint(time_s[i] * 1000.0)
        if time_s[i] == INFINITY:
            out[i] = CLOSED
        elif time_s[i] >= 0.0 and ms < CLOSED:
            out[i] = <uint32_t>ms
        else:
            return i
    return -1


cdef void place_weights(
    const int32_t[::1] arcs, const uint32_t[::1] ms, const int32_t[::1] slot, uint32_t[::1] weight
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(arcs.shape[0]):
        weight[slot[arcs[i]]] = ms[i]


cdef int check_node(int64_t node, int32_t n_nodes) except -1:
    if node < 0 or node >= n_nodes:
        raise IndexError(f"node {node} is not in the road network, which has {n_nodes} nodes from 0")
    return 0


cdef int check_nodes(const int32_t[::1] nodes, int32_t n_nodes) except -1:
    cdef Py_ssize_t bad = first_outside(nodes, n_nodes)
    return check_node(nodes[bad], n_nodes) if bad >= 0 else 0


cdef uint32_t[::1] milliseconds(const int32_t[::1] arcs, const double[::1] time_s):
    """The times in ms, or ValueError naming the arc whose time cannot be."""
    cdef uint32_t[::1] ms = np.empty(time_s.shape[0], np.uint32)
    cdef Py_ssize_t bad
    if arcs.shape[0] != time_s.shape[0]:
        raise ValueError(f"{arcs.shape[0]} arcs but {time_s.shape[0]} times")
    bad = to_milliseconds(time_s, ms)
    if bad >= 0:
        raise ValueError(
            f"arc {arcs[bad]}: a travel time of {time_s[bad]} s; it must be at least 0 and below 2147483.647 s "
            "(24.8 days), or infinite for a closed street"
        )
    return ms


cdef class Star:
    """Arcs grouped by one of their ends, ascending within a node. Never changed, so forks share it."""

    cdef int32_t[::1] first     # (n_nodes + 1,), the slots of node v are first[v] .. first[v + 1] - 1
    cdef int32_t[::1] far       # (n_arcs,), by slot: the node at the other end
    cdef int32_t[::1] arc       # (n_arcs,), by slot: the arc
    cdef int32_t[::1] slot      # (n_arcs,), by arc: its slot

    def __cinit__(self, int32_t n_nodes, near, far):
        order = np.argsort(near, kind="stable").astype(np.int32)
        slot = np.empty_like(order)
        slot[order] = np.arange(order.size, dtype=np.int32)
        self.first = np.concatenate(([0], np.cumsum(np.bincount(near, minlength=n_nodes)))).astype(np.int32)
        self.far = np.asarray(far)[order]
        self.arc = order
        self.slot = slot

    cdef View view(self, const uint32_t[::1] weight):
        return View(&self.first[0], &self.far[0], &self.arc[0], &weight[0])


cdef class Graph:
    """A directed graph with travel times that may change between queries.

    tail, head : int32 (n_arcs,), node ids 0 .. n_nodes-1; kept as two stars, O(n_arcs log n_arcs) once
    time_s : float64 (n_arcs,), seconds, >= 0, rounded to whole ms; infinite = closed
    Raises IndexError naming a node that is not there; ValueError naming an arc whose time is NaN, negative or finite
    and 24.8 days or more, or when the lengths differ. A graph serves one thread at a time.
    """

    cdef readonly int32_t n_nodes
    cdef readonly int32_t n_arcs
    cdef Star outward
    cdef Star inward
    cdef uint32_t[::1] weight_out
    cdef uint32_t[::1] weight_in
    cdef Work work
    cdef object memory      # the arrays that `work` points into

    def __init__(self, int32_t n_nodes, const int32_t[::1] tail, const int32_t[::1] head, const double[::1] time_s):
        if n_nodes < 0:
            raise ValueError(f"a road network of {n_nodes} nodes")
        if tail.shape[0] != head.shape[0]:
            raise ValueError(f"{tail.shape[0]} tails but {head.shape[0]} heads")
        check_nodes(tail, n_nodes)
        check_nodes(head, n_nodes)
        self.n_nodes = n_nodes
        self.n_arcs = <int32_t>tail.shape[0]
        self.outward = Star(n_nodes, tail, head)
        self.inward = Star(n_nodes, head, tail)
        self.weight_out = np.empty(self.n_arcs, np.uint32)
        self.weight_in = np.empty(self.n_arcs, np.uint32)
        self.make_room()
        self.set_times(np.arange(self.n_arcs, dtype=np.int32), time_s)

    cdef void make_room(self):
        cdef uint64_t[::1] due = np.full(self.n_nodes, UNREACHED, np.uint64)
        cdef int32_t[::1] via = np.empty(self.n_nodes, np.int32)
        cdef int32_t[::1] touched = np.empty(self.n_nodes, np.int32)
        cdef int32_t[::1] goals = np.zeros(self.n_nodes, np.int32)
        cdef int32_t[::1] place = np.full(self.n_nodes, -1, np.int32)
        cdef uint64_t[::1] entry = np.empty(self.n_nodes, np.uint64)
        self.work = Work(
            &due[0], &via[0], &touched[0], &goals[0], 0, 0, Heap(&entry[0], &place[0], 0)
        )
        self.memory = (due, via, touched, goals, place, entry)

    def fork(self):
        """Give a graph with the same arcs and its own copy of the travel times, O(n_nodes + n_arcs)."""
        cdef Graph other = Graph.__new__(Graph)
        other.n_nodes = self.n_nodes
        other.n_arcs = self.n_arcs
        other.outward = self.outward
        other.inward = self.inward
        other.weight_out = self.weight_out.copy()
        other.weight_in = self.weight_in.copy()
        other.make_room()
        return other

    def set_times(self, const int32_t[::1] arcs, const double[::1] time_s):
        """Change the travel times of some arcs in place, all of them or, on an error, none; O(arcs given).

        arcs : int32 (k,); of one that stands there twice the last time holds
        time_s : float64 (k,), seconds, as for the graph itself
        Raises IndexError naming an arc that is not there, ValueError naming an arc whose time cannot be.
        """
        cdef Py_ssize_t bad = first_outside(arcs, self.n_arcs)
        cdef const uint32_t[::1] ms
        if bad >= 0:
            raise IndexError(f"arc {arcs[bad]} is not in the road network, which has {self.n_arcs} arcs from 0")
        ms = milliseconds(arcs, time_s)
        place_weights(arcs, ms, self.outward.slot, self.weight_out)
        place_weights(arcs, ms, self.inward.slot, self.weight_in)

    def times_s(self):
        """Give the travel time of each arc, float64 (n_arcs,), whole ms as seconds; infinite where closed."""
        ms = np.asarray(self.weight_out)[np.asarray(self.outward.slot)]
        return np.where(ms == CLOSED, np.inf, ms / 1000.0)

    def travel_time_s(self, int64_t source, int64_t target):
        """Give the shortest time from source to target in seconds, infinite where there is no way.

        Raises IndexError naming a node that is not there.
        """
        cdef double time_s
        check_node(source, self.n_nodes)
        check_node(target, self.n_nodes)
        self.search_pair(<int32_t>source, <int32_t>target)
        time_s = seconds(&self.work, <int32_t>target)
        reset(&self.work)
        return time_s

    def path(self, int64_t source, int64_t target):
        """Give the arcs of a shortest way in travel order, int32 (k,); None where there is no way.

        Of several arcs that reach a node at its time from nodes settled before it (nodes settle by time, then by
        id), the lowest is taken, so the way is a fact of the graph. Raises IndexError naming a node not there.
        """
        check_node(source, self.n_nodes)
        check_node(target, self.n_nodes)
        self.search_pair(<int32_t>source, <int32_t>target)
        arcs = self.arcs_to(<int32_t>target) if seconds(&self.work, <int32_t>target) < INFINITY else None
        reset(&self.work)
        return arcs

    cdef void search_pair(self, int32_t source, int32_t target):
        cdef View arcs = self.outward.view(self.weight_out)
        with nogil:
            self.work.goals[target] = 1
            start(&self.work, source)
            search(&self.work, &arcs, UNREACHED - 1, 1)
            self.work.goals[target] = 0

    cdef arcs_to(self, int32_t node):
        """Walk back from a settled node to its start; the far end of an arc's inward slot is the arc's tail."""
        cdef list arcs = []
        while self.work.via[node] >= 0:
            arcs.append(self.work.via[node])
            node = self.inward.far[self.inward.slot[self.work.via[node]]]
        return np.array(arcs[::-1], np.int32)

    def reach_s(self, const int32_t[::1] starts, *, bint backward=False, double within_s=INFINITY):
        """Give the shortest time from any of the starts to every node (backward: to any of them from every node).

        starts : int32 (k,); none of them, and nothing is reached
        Returns float64 (n_nodes,), seconds; infinite where there is no way or it takes longer than ``within_s``.
        Raises IndexError naming a node that is not there, ValueError for a ``within_s`` that is NaN or negative.
        """
        cdef double[::1] out = np.empty(self.n_nodes)
        cdef View arcs = self.inward.view(self.weight_in) if backward else self.outward.view(self.weight_out)
        cdef uint64_t limit = UNREACHED - 1
        cdef Py_ssize_t i
        check_nodes(starts, self.n_nodes)
        if not within_s >= 0.0:
            raise ValueError(f"within {within_s} s: it must be at least 0")
        if within_s < 1e15:     # beyond it no sum of weights lies, and the product would leave 64 bits
            limit = <uint64_t>rint(within_s * 1000.0)
        with nogil:
            for i in range(starts.shape[0]):
                start(&self.work, starts[i])
            search(&self.work, &arcs, limit, 0)
            for i in range(self.n_nodes):
                out[i] = seconds(&self.work, <int32_t>i)
            reset(&self.work)
        return np.asarray(out)

    def table_s(self, const int32_t[::1] sources, const int32_t[::1] targets):
        """Give the shortest time of every pair, float64 (n_sources, n_targets), seconds; infinite where no way.

        sources, targets : int32, repeats allowed; one search per element of the shorter list, each no farther than
        the last of the other. Raises IndexError naming a node that is not there.
        """
        cdef bint backward = targets.shape[0] < sources.shape[0]
        cdef const int32_t[::1] starts = targets if backward else sources
        cdef const int32_t[::1] ends = sources if backward else targets
        cdef View arcs = self.inward.view(self.weight_in) if backward else self.outward.view(self.weight_out)
        check_nodes(sources, self.n_nodes)
        check_nodes(targets, self.n_nodes)
        table = np.empty((sources.shape[0], targets.shape[0]))
        cdef double[:, :] out = table.T if backward else table
        with nogil:
            add_goals(&self.work, ends, 1)
            fill_rows(&self.work, &arcs, starts, ends, out)
            add_goals(&self.work, ends, -1)
        return table

    def nearest(self, int64_t target, const int32_t[::1] units, int64_t k):
        """Give the k units that reach the target first: indices into units int32 (j,), times float64 (j,) in seconds.

        units : int32 (n_units,), the node of each; several may share one
        Soonest first, ties to the lowest index; j < k where fewer can reach it. One backward search, as far as the
        k-th unit. Raises IndexError naming a node that is not there, ValueError for k < 1.
        """
        cdef View arcs = self.inward.view(self.weight_in)
        cdef double[::1] time_s = np.empty(units.shape[0])
        cdef Py_ssize_t i
        check_node(target, self.n_nodes)
        check_nodes(units, self.n_nodes)
        if k < 1:
            raise ValueError(f"the nearest {k} units: at least 1 must be asked for")
        with nogil:
            add_goals(&self.work, units, 1)
            start(&self.work, <int32_t>target)
            search(&self.work, &arcs, UNREACHED - 1, k)
            add_goals(&self.work, units, -1)
            for i in range(units.shape[0]):
                time_s[i] = seconds(&self.work, units[i])
            reset(&self.work)
        times = np.asarray(time_s)
        order = np.argsort(times, kind="stable")[:k]
        order = order[times[order] < INFINITY]
        return order.astype(np.int32), times[order]
