"""Rules that set pumps and openings by levels, flows and time, as SWMM's [CONTROLS].

A premise after AND is looked at only while all before it held; one after OR only while they did not. Of the actions on
one link the one of highest rank wins. Times are equal within half a step.
"""

import numpy as np

cdef enum:
    NODE_DEPTH, NODE_HEAD, NODE_INFLOW, LINK_FLOW, LINK_DEPTH, LINK_STATUS, LINK_SETTING, TIME, CLOCK_TIME
cdef enum:
    EQUAL, DIFFERENT, LESS, AT_MOST, MORE, AT_LEAST
cdef double DAY = 86400.0


cdef class Rules:
    """Premises (p,), sorted by rule, and actions (a,), of rules ranked by priority."""

    def __init__(
        self, *, premise_rule, joint, what, element, relation, value, action_rule, branch, link, setting, priority,
    ):
        counts = np.bincount(premise_rule, minlength=len(priority))
        if (np.diff(premise_rule) < 0).any() or len(counts) != len(priority) or (counts == 0).any():
            raise ValueError("premises must be sorted by rule, and each rule needs one")
        self.n_premises, self.n_actions = len(premise_rule), len(action_rule)
        self.first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self.joint, self.what = np.array(joint, dtype=np.int32), np.array(what, dtype=np.int32)
        self.element, self.relation = np.array(element, dtype=np.int32), np.array(relation, dtype=np.int32)
        self.value = np.array(value, dtype=np.float64)
        rank = -np.array(priority, dtype=np.float64)[np.array(action_rule, dtype=np.int32)]
        order = np.lexsort([np.arange(self.n_actions), rank, link])
        self.rule, self.branch, self.link = (np.array(a, dtype=np.int32)[order] for a in (action_rule, branch, link))
        self.setting = np.array(setting, dtype=np.float64)[order]

    def check(self, int n_nodes, int n_links):
        """ValueError where an id is none of a network's."""
        for p in range(self.n_premises):
            bound = n_nodes if self.what[p] <= NODE_INFLOW else n_links if self.what[p] <= LINK_SETTING else 1
            if not 0 <= self.element[p] < bound:
                raise ValueError(f"premise {p} looks at element {self.element[p]} of {bound}")
        for a in range(self.n_actions):
            if not 0 <= self.link[a] < n_links or not 0.0 <= self.setting[a]:
                raise ValueError(f"an action sets link {self.link[a]} of {n_links} to {self.setting[a]}")

    cdef double _seen(self, Moving m, int p) noexcept nogil:
        cdef int what = self.what[p], i = self.element[p], k
        if what == NODE_DEPTH:
            return m.nodes[i].depth
        if what == NODE_HEAD:
            return m.nodes[i].depth + m.net.nodes[i].bed
        if what == NODE_INFLOW:
            return m.nodes[i].inflow
        if what == TIME:
            return m.clock.now / 1000.0
        if what == CLOCK_TIME:
            return (m.clock.now / 1000.0 + m.net.start_clock) % DAY
        k = m.net.place_of[i]
        if what == LINK_FLOW:
            return m.links[k].flow * m.net.links[k].direction
        if what == LINK_DEPTH:
            return m.links[k].depth
        if what == LINK_STATUS:
            return m.links[k].setting > 0.0
        return m.links[k].setting

    cdef bint _holds(self, Moving m, int p, double dt) noexcept nogil:
        cdef double x = self._seen(m, p), y = self.value[p]
        cdef int relation = self.relation[p]
        cdef bint same = y - 0.5 * dt <= x < y + 0.5 * dt if self.what[p] >= TIME else x == y
        if relation == EQUAL:
            return same
        if relation == DIFFERENT:
            return not same
        if relation == LESS:
            return x < y
        if relation == AT_MOST:
            return x <= y
        return x > y if relation == MORE else x >= y

    cdef bint _fires(self, Moving m, int r, double dt) noexcept nogil:
        cdef int p
        cdef bint holds = True
        for p in range(self.first[r], self.first[r + 1]):
            if self.joint[p]:
                holds = holds or self._holds(m, p, dt)
            elif not holds:
                break
            else:
                holds = self._holds(m, p, dt)
        return holds

    cdef void apply(self, Moving m, double dt) noexcept nogil:
        """Set the targets of the links."""
        cdef int a, done = -1
        for a in range(self.n_actions):
            if self.link[a] != done and self._fires(m, self.rule[a], dt) != self.branch[a]:
                m.links[m.net.place_of[self.link[a]]].target = self.setting[a]
                done = self.link[a]
