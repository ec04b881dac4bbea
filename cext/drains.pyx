"""Dynamic wave in a drainage network: the St. Venant equations by Picard iterations, as in SWMM 5.2.

Written from the EPA Storm Water Management Model Reference Manual Vol. II (2017), chapters 3 and 6, and checked against
SWMM 5.2's own source for the details that the manual leaves out (both public domain). A `Router` holds what does not
move, a `State` what does; a fork of a state is one copy of memory. SI throughout, with SWMM's constants of 32.2 ft/s2
and 1.486 converted. One step costs O(links + nodes) per trial. Not here: water quality, evaporation, seepage.
"""

from libc.math cimport exp, fabs, floor, isfinite, log10, pow, sqrt
from libc.string cimport memcpy

from cext.drains_devices cimport device_flow, gate_shuts
from cext.drains_net cimport (
    BY_DEPTH, BY_FROUDE, BY_SLOPE, FULL_DAMPING, NO_DAMPING, OUTFALL, PUMP, STORAGE, Link, Net, Node,
)
from cext.drains_rules cimport Rules
from cext.drains_state cimport (
    DN_CRITICAL, DN_DRY, DRY, SUBCRITICAL, SUPERCRITICAL, UP_CRITICAL, UP_DRY, Clock, LinkState, Moving, NodeState,
)
from cext.sections cimport FORCE_MAIN, critical_depth, normal_depth, section_at

import numpy as np

cdef double FOOT = 0.3048
cdef double GRAVITY = 32.2 * 0.3048
cdef double TINY = 0.0001 * 0.3048              # m: as good as dry
cdef double TINY_AREA = 0.0001 * 0.3048 ** 2
cdef double TINY_FLOW = 0.0001 * 0.3048 ** 3
cdef double TURNING_FLOW = 0.001 * 0.3048 ** 3  # with which a flow changes its direction
cdef double MOST_VELOCITY = 50.0 * 0.3048
cdef double VISCOSITY = 1.1e-5 * 0.3048 ** 2
cdef double OMEGA = 0.5                         # under-relaxation


cdef struct End:        # of a conduit: level, depth in it, area, width, hydraulic radius
    double h, y, a, w, r


cdef class Router(Net):
    """A drainage network ready to be routed; every state of it shares it."""

    cdef Rules rules

    def __init__(self, *, Rules rules=None, **given):
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""
        Net.__init__(self, given)
        self.rules = rules
        if rules is not None:
            rules.check(self.n_nodes, self.n_links)

    def start(self):
        """The state at time 0 as the network describes it."""
        cdef State s = State(self)
        s.begin()
        return s

    def resume(self, const unsigned char[::1] data not None):
        """A state from its ``to_bytes()``, which goes on with the same bits."""
        cdef State s = State(self)
        if data.shape[0] != <Py_ssize_t> s.size:
            raise ValueError(f"data has {data.shape[0]} bytes: a state of this network has {s.size}")
        memcpy(s.block, &data[0], s.size)
        return s

    # One conduit ------------------------------------------------------------------------------------------------------

    cdef void _conduit(self, const Link *c, LinkState *s, const NodeState *nodes, bint first, double dt) noexcept nogil:
        """New flow of a conduit from the heads of the last trial; its share of its nodes' surface."""
        cdef End one, mid, two
        cdef double share, q = s.q, full = c.section.y_full
        one.h = max(nodes[c.tail].depth + c.bed1, c.z1)
        two.h = max(nodes[c.head].depth + c.bed2, c.z2)
        one.y, two.y = max(one.h - c.z1, TINY), max(two.h - c.z2, TINY)
        if not self.slot:
            one.y, two.y = min(one.y, full), min(two.y, full)
        share = self._classify(c, s, nodes, &one, &two)
        mid.y = 0.5 * (one.y + two.y)
        self._measure(c, &one)
        self._measure(c, &mid)
        self._measure(c, &two)
        self._surface(c, s, &one, &mid, &two, share)
        s.depth = min(mid.y, full)
        s.volume = 0.5 * (one.a + two.a) * c.true_length * c.barrels
        if s.flow_class <= DN_DRY or s.setting == 0.0 or mid.a <= TINY_AREA:
            s.area = 0.5 * (one.a + two.a)
            s.q = s.flow = s.froude = 0.0
            s.slope = GRAVITY * dt * mid.a / c.length * c.barrels
            return
        q = self._momentum(c, s, &one, &mid, &two, dt)
        if not first:
            q = (1.0 - OMEGA) * s.q + OMEGA * q
            if q * s.q < 0.0:
                q = TURNING_FLOW if q > 0.0 else -TURNING_FLOW
        s.area = mid.a
        s.q = self._limited(c, nodes, q)
        s.flow = s.q * c.barrels

    cdef double _momentum(self, const Link *c, LinkState *s, const End *one, const End *mid, const End *two,
                          double dt) noexcept nogil:
        """The momentum equation for one conduit: flow per barrel, and its slope with the head."""
        cdef double v = s.q / mid.a, sigma, rho = 1.0, a, r, friction, losses = 0.0, inertia = 0.0, under, q
        cdef bint full = one.y >= c.section.y_full and two.y >= c.section.y_full
        v = max(-MOST_VELOCITY, min(v, MOST_VELOCITY))
        s.froude = self._froude(c, v, mid)
        if s.flow_class == SUBCRITICAL and s.froude > 1.0:
            s.flow_class = SUPERCRITICAL
        sigma = max(0.0, min(1.0, 2.0 * (1.0 - s.froude)))
        if not full and s.q > 0.0 and one.h >= two.h:
            rho = sigma
        a, r = one.a + (mid.a - one.a) * rho, one.r + (mid.r - one.r) * rho
        if self.damping == NO_DAMPING:
            sigma = 1.0
        elif self.damping == FULL_DAMPING:
            sigma = 0.0
        if full and not c.section.is_open:
            sigma = 0.0
        if full and c.section.kind == FORCE_MAIN:
            friction = dt * self._force_friction(c, fabs(v), mid.r)
        else:
            friction = dt * c.rough / pow(r, 4.0 / 3.0) * fabs(v)
        if sigma > 0.0:
            inertia = (2.0 * v * (mid.a - max(s.old_area, TINY_AREA)) + dt * v * v * (two.a - one.a) / c.length) * sigma
        if c.has_losses:
            losses = self._losses(c, fabs(s.q), one.a, mid.a, two.a) * dt / (2.0 * c.length)
        under = 1.0 / (1.0 + friction + losses)
        q = (s.old_flow / c.barrels - dt * GRAVITY * a * (two.h - one.h) / c.length + inertia) * under
        s.slope = under * GRAVITY * dt * a / c.length * c.barrels
        if q > 0.0 and self.normal_limit and one.y < c.section.y_full and s.flow_class <= SUPERCRITICAL:
            return self._normal_limited(c, q, one, two)
        return q

    cdef double _froude(self, const Link *c, double v, const End *e) noexcept nogil:
        if e.y <= TINY or (not c.section.is_open and c.section.y_full - e.y <= TINY):
            return 0.0
        return fabs(v) / sqrt(GRAVITY * e.a / e.w)

    cdef double _losses(self, const Link *c, double q, double a1, double am, double a2) noexcept nogil:
        cdef double total = 0.0
        total += c.k_in * q / a1 if a1 > TINY_AREA else 0.0
        total += c.k_out * q / a2 if a2 > TINY_AREA else 0.0
        return total + (c.k_mean * q / am if am > TINY_AREA else 0.0)

    cdef double _force_friction(self, const Link *c, double v, double r) noexcept nogil:
        """g times the friction slope of a full force main, per unit of velocity: Hazen-Williams or Swamee and Jain."""
        cdef double reynolds, f, x
        if self.hazen_williams:
            return c.force * pow(v, 0.852) / pow(r, 1.1667)
        reynolds = max(4.0 * r * v / VISCOSITY, 10.0)
        if reynolds <= 2000.0:
            f = 64.0 / reynolds
        else:
            x = log10(c.force_height / 3.7 / (4.0 * r) + 5.74 / pow(max(reynolds, 4000.0), 0.9))
            f = 0.25 / (x * x)
            if reynolds < 4000.0:
                f = 0.032 + (f - 0.032) * (reynolds - 2000.0) / 2000.0
        return f * c.force * v / r

    cdef double _normal_limited(self, const Link *c, double q, const End *one, const End *two) noexcept nogil:
        """No more than normal flow where the surface falls less than the bed, or where the flow is supercritical."""
        cdef bint checks = (self.normal_limit & BY_SLOPE or c.at_outfall) and one.y < two.y
        if not checks and self.normal_limit & BY_FROUDE and not c.at_outfall and one.y > TINY and two.y > TINY:
            checks = self._froude(c, q / one.a, one) >= 1.0
        return min(q, c.beta * one.a * pow(one.r, 2.0 / 3.0)) if checks else q

    cdef double _limited(self, const Link *c, const NodeState *nodes, double q) noexcept nogil:
        """A set limit, a flap gate, a dry node."""
        if c.limit > 0.0:
            q = max(-c.limit, min(q, c.limit))
        if gate_shuts(c, q):
            return 0.0
        if q > TINY_FLOW and nodes[c.tail].depth <= TINY:
            return TINY_FLOW
        if q < -TINY_FLOW and nodes[c.head].depth <= TINY:
            return -TINY_FLOW
        return q

    # Flow classes and surface -----------------------------------------------------------------------------------------

    cdef double _classify(self, const Link *c, LinkState *s, const NodeState *nodes, End *one, End *two) noexcept nogil:
        """Set the flow class and, at a free drop, the level there; gives the head's share of its half surface."""
        cdef double drop1, drop2, full = c.section.y_full, yn, yc
        cdef bint wet1 = one.y > TINY, wet2 = two.y > TINY
        s.flow_class = SUBCRITICAL
        if one.y >= full and two.y >= full:
            return 1.0
        if not wet1 and not wet2:
            s.flow_class = DRY
            return 1.0
        if not wet1 and two.h < c.z1:
            s.flow_class = UP_DRY
            return 1.0
        if not wet2 and one.h < c.z2:
            s.flow_class = DN_DRY
            return 1.0
        drop1, drop2 = c.offset1, c.offset2
        if c.at_outfall:
            self._outfall_drops(c, nodes, &drop1, &drop2)
        if wet1 and wet2:
            if drop1 <= 0.0 if s.q < 0.0 else drop2 <= 0.0:
                return 1.0
        elif (drop1 if not wet1 else drop2) <= 0.0:
            return 1.0
        yn = normal_depth(&c.section, min(fabs(s.q), c.most_normal) / c.beta)
        yc = critical_depth(&c.section, fabs(s.q))
        if wet1 and wet2:
            return self._free_drop(c, s, one, two, yn, yc)
        if not wet1:
            self._drop_at_tail(c, s, one, min(yn, yc))
        else:
            self._drop_at_head(c, s, two, min(yn, yc))
        return 1.0

    cdef void _outfall_drops(self, const Link *c, const NodeState *nodes, double *drop1, double *drop2) noexcept nogil:
        if self.nodes[c.tail].kind == OUTFALL:
            drop1[0] = max(0.0, c.offset1 - nodes[c.tail].depth)
        if self.nodes[c.head].kind == OUTFALL:
            drop2[0] = max(0.0, c.offset2 - nodes[c.head].depth)

    cdef double _free_drop(self, const Link *c, LinkState *s, End *one, End *two, double yn, double yc) noexcept nogil:
        cdef double low = min(yn, yc), high = max(yn, yc)
        if s.q < 0.0:
            if one.y < low:
                self._drop_at_tail(c, s, one, low)
        elif two.y < low:
            self._drop_at_head(c, s, two, low)
        elif two.y < high:
            return 0.0 if high - low < TINY else (high - two.y) / (high - low)
        return 1.0

    cdef void _drop_at_tail(self, const Link *c, LinkState *s, End *one, double y) noexcept nogil:
        s.flow_class = UP_CRITICAL
        one.y = max(y, TINY)
        one.h = c.z1 + one.y

    cdef void _drop_at_head(self, const Link *c, LinkState *s, End *two, double y) noexcept nogil:
        s.flow_class = DN_CRITICAL
        two.y = max(y, TINY)
        two.h = c.z2 + two.y

    cdef double _slot_width(self, const Link *c, double y) noexcept nogil:
        """Width of the Preissmann slot above the crown (Sjoberg), 0 where there is none."""
        cdef double share = y / c.section.y_full
        if not self.slot or c.section.is_open or y < c.cut_depth:
            return 0.0
        if share > 1.78:
            return 0.01 * c.section.w_max
        return c.section.w_max * 0.5423 * exp(-pow(share, 2.4))

    cdef void _measure(self, const Link *c, End *e) noexcept nogil:
        """Area, top width and hydraulic radius at the depth of an end."""
        section_at(&c.section, e.y, &e.a, &e.w, &e.r)
        if e.y >= c.section.y_full:
            e.a, e.r = c.section.a_full, c.section.r_full
            if self.slot:
                e.a += (e.y - c.section.y_full) * self._slot_width(c, e.y)

    cdef double _surface_width(self, const Link *c, const End *e) noexcept nogil:
        """Top width as a node's surface feels it: near the crown of a closed conduit held, or that of the slot."""
        if c.section.is_open or e.y < c.cut_depth:
            return e.w
        return self._slot_width(c, e.y) if self.slot else c.cut_width

    cdef void _surface(self, const Link *c, LinkState *s, const End *one, const End *mid, const End *two,
                       double share) noexcept nogil:
        """The surface that a conduit lends to its nodes, per barrel."""
        cdef double w1 = self._surface_width(c, one), wm = self._surface_width(c, mid), w2 = self._surface_width(c, two)
        cdef double quarter = 0.25 * c.length
        s.surface1, s.surface2 = (w1 + wm) * quarter, (wm + w2) * quarter * share
        if s.flow_class == UP_CRITICAL:
            s.surface1, s.surface2 = 0.0, 2.0 * s.surface2
        elif s.flow_class == DN_CRITICAL:
            s.surface1, s.surface2 = 2.0 * s.surface1, 0.0
        elif s.flow_class == UP_DRY and c.offset1 > 0.0:
            s.surface1 = 0.0
        elif s.flow_class == DN_DRY and c.offset2 > 0.0:
            s.surface2 = 0.0
        elif s.flow_class == DRY:
            s.surface1 = s.surface2 = 0.5 * TINY * c.length

    # One step ---------------------------------------------------------------------------------------------------------

    cdef void step(self, Moving m, double dt) noexcept nogil:
        """Route for dt seconds: settings, inflows, trials until the depths rest, balance."""
        cdef int trial
        cdef bint rests = False
        cdef Clock *clock = m.clock
        clock.inflow += 0.5 * dt * clock.inflow_rate
        clock.outflow += 0.5 * dt * clock.outflow_rate
        self._settings(m, dt)
        self._inflows(m)
        clock.old, clock.now, clock.step = clock.now, clock.now + 1000.0 * dt, dt
        self._remember(m, dt)
        for trial in range(self.trials):
            self._gather(m)
            self._flows(m, trial == 0, dt)
            rests = self._depths(m, trial == 0, dt)
            clock.trials += 1
            if trial > 0:
                if rests:
                    break
                self._bypass(m)
        clock.unconverged += not rests
        clock.steps += 1
        clock.link_steps += self.n_links
        self._rates(m, dt)
        clock.inflow += 0.5 * dt * clock.inflow_rate
        clock.outflow += 0.5 * dt * clock.outflow_rate

    cdef void _settings(self, Moving m, double dt) noexcept nogil:
        """Start and stop levels of pumps, then rules, then outside hands."""
        cdef int k
        cdef const Link *c
        cdef LinkState *s
        cdef double y
        for k in range(self.n_conduits, self.n_links):
            c, s = &self.links[k], &m.links[k]
            if c.kind == PUMP:
                y = m.nodes[c.tail].depth
                if c.stop > 0.0 and s.target > 0.0 and y < c.stop:
                    s.target = 0.0
                elif c.start > 0.0 and s.target == 0.0 and y > c.start:
                    s.target = 1.0
        if self.rules is not None:
            self.rules.apply(m, dt)
        for k in range(self.n_links):
            s = &m.links[k]
            y = s.held if s.held == s.held else s.target
            if y != s.setting:
                m.bring(k, y)

    cdef void _inflows(self, Moving m) noexcept nogil:
        """Constant inflow, series, what runs off the ground and what an outside hand sets, all at the step's start."""
        cdef int i
        cdef double f = 0.0, at = m.clock.now
        cdef NodeState *n
        if m.clock.ramp_to > m.clock.ramp_from:
            f = max(0.0, min(1.0, (at - m.clock.ramp_from) / (m.clock.ramp_to - m.clock.ramp_from)))
        for i in range(self.n_nodes):
            n = &m.nodes[i]
            n.lateral = self.inflow_base[i] + n.external + n.ramp0 + f * (n.ramp1 - n.ramp0)
        for i in range(self.n_series):
            m.nodes[self.inflow_node[i]].lateral += self.curve_series(self.inflow_curve[i], at / 1000.0, False)

    cdef void _remember(self, Moving m, double dt) noexcept nogil:
        cdef int i, k
        cdef NodeState *n
        cdef LinkState *s
        for i in range(self.n_nodes):
            n = &m.nodes[i]
            n.old_depth, n.old_volume, n.old_net = n.depth, n.volume, n.inflow - n.outflow
            n.converged = False
            n.rise = n.overflow = 0.0
            if self.nodes[i].kind != STORAGE and n.volume > self.nodes[i].full_volume:
                n.overflow = (n.volume - self.nodes[i].full_volume) / dt
        for k in range(self.n_links):
            s = &m.links[k]
            s.old_flow, s.old_area = s.flow, s.area
            s.bypassed = False
            s.surface1 = s.surface2 = 0.0

    cdef void _gather(self, Moving m) noexcept nogil:
        """Begin the sums at the nodes."""
        cdef int i
        cdef NodeState *s
        cdef const Node *n
        for i in range(self.n_nodes):
            n, s = &self.nodes[i], &m.nodes[i]
            s.inflow, s.outflow = max(s.lateral, 0.0), max(-s.lateral, 0.0)
            s.slope_sum = s.area = 0.0
            if n.can_pond and s.depth > n.full:
                s.area = n.ponded
            elif n.kind == STORAGE:
                s.area = self.storage_area(n, s.depth)

    cdef void _flows(self, Moving m, bint first, double dt) noexcept nogil:
        cdef int k
        cdef LinkState *s
        cdef double q
        for k in range(self.n_conduits):
            s = &m.links[k]
            if not s.bypassed:
                self._conduit(&self.links[k], s, m.nodes, first, dt)
            self._add(&self.links[k], s, m.nodes)
        for k in range(self.n_conduits, self.n_links):
            s = &m.links[k]
            if not s.bypassed:
                q = device_flow(self, m, k, dt)
                if not first and self.links[k].kind != PUMP:
                    q = (1.0 - OMEGA) * s.flow + OMEGA * q
                    if q * s.flow < 0.0:
                        q = TURNING_FLOW if q > 0.0 else -TURNING_FLOW
                s.flow = q
            self._add(&self.links[k], s, m.nodes)

    cdef void _add(self, const Link *c, const LinkState *s, NodeState *nodes) noexcept nogil:
        """Book a link's flow, surface and slope at its ends."""
        cdef NodeState *tail = &nodes[c.tail]
        cdef NodeState *head = &nodes[c.head]
        if s.flow >= 0.0:
            tail.outflow += s.flow
            head.inflow += s.flow
        else:
            tail.inflow -= s.flow
            head.outflow -= s.flow
        tail.area += s.surface1 * c.barrels
        head.area += s.surface2 * c.barrels
        tail.slope_sum += s.slope
        if not (c.kind == PUMP and c.device == BY_DEPTH):
            head.slope_sum += s.slope

    cdef bint _depths(self, Moving m, bint first, double dt) noexcept nogil:
        """New depths at all nodes; whether all of them moved less than the tolerance."""
        cdef int i
        cdef double before
        cdef bint rests = True
        for i in range(self.outfall_link.shape[0]):
            m.set_outfall_depth(self.outfall_link[i])
        for i in range(self.n_nodes):
            if self.nodes[i].kind != OUTFALL:
                before = m.nodes[i].depth
                self._depth(&self.nodes[i], &m.nodes[i], first, dt)
                m.nodes[i].converged = fabs(before - m.nodes[i].depth) <= self.tolerance
                rests = rests and m.nodes[i].converged
        return rests

    cdef void _depth(self, const Node *n, NodeState *s, bint first, double dt) noexcept nogil:
        cdef double net = s.inflow - s.outflow, dv = 0.5 * (s.old_net + net) * dt, y
        cdef bint ponds = n.can_pond and s.depth > n.full, surcharged = False
        s.overflow = 0.0
        if not self.slot and not ponds:
            if n.kind == STORAGE:
                surcharged = n.surcharge > 0.0 and s.depth > n.full and s.slope_sum != 0.0
            else:
                surcharged = n.crown > 0.0 and s.depth > n.crown
        if surcharged:
            y = self._surcharged(n, s, net, dt)
        else:
            y = self._free(n, s, dv, ponds, first)
        y = max(y, 0.0)
        if y > n.most:
            y = self._flood(n, s, dv, y, dt)
        else:
            s.volume = self.node_volume(n, y)
        s.rise = fabs(y - s.old_depth) / dt
        s.depth = y

    cdef double _free(self, const Node *n, NodeState *s, double dv, bint ponds, bint first) noexcept nogil:
        """Depth from the water that came and the surface it spreads over."""
        cdef double area = max(s.area, self.least_area), y = s.old_depth + dv / area
        if not ponds:
            s.old_area = area
        if not first:
            y = (1.0 - OMEGA) * s.depth + OMEGA * y
        if ponds and y < n.full:
            y = n.full - TINY
        return y

    cdef double _surcharged(self, const Node *n, const NodeState *s, double net, double dt) noexcept nogil:
        """Depth that lets the net inflow vanish: the links' flows answer to the head (EXTRAN)."""
        cdef double under = s.slope_sum, y = s.depth
        if s.depth < 1.25 * n.crown:    # just above the crown the surface still counts, so that the change is smooth
            under += (s.old_area / dt - under) * exp(-15.0 * (s.depth - n.crown) / n.crown)
        if under != 0.0:
            y += (0.6 if n.is_upstream_end else 1.0) * net / under
        if y < n.crown:
            y = n.crown - TINY
        if n.can_pond and y > n.full:
            y = n.full + TINY
        return y

    cdef double _flood(self, const Node *n, NodeState *s, double dv, double y, double dt) noexcept nogil:
        """Above its most depth a node loses water to the street, or ponds it."""
        if not n.can_pond:
            s.overflow = dv / dt
            s.volume = n.full_volume
            y = n.most
        else:
            s.volume = max(s.old_volume + dv, n.full_volume)
            s.overflow = (s.volume - max(s.old_volume, n.full_volume)) / dt
        if s.overflow < TINY_FLOW:
            s.overflow = 0.0
        return y

    cdef void _bypass(self, Moving m) noexcept nogil:
        """Links between nodes at rest need no further trial."""
        cdef int k
        for k in range(self.n_links):
            m.links[k].bypassed = m.nodes[self.links[k].tail].converged and m.nodes[self.links[k].head].converged

    cdef void _rates(self, Moving m, double dt) noexcept nogil:
        """What enters and leaves the network at the end of the step; flooding; what is no number."""
        cdef int i, k
        cdef Clock *clock = m.clock
        cdef NodeState *s
        cdef double sum = 0.0, leaves
        clock.inflow_rate = clock.outflow_rate = 0.0
        for i in range(self.n_nodes):
            s = &m.nodes[i]
            clock.inflow_rate += max(s.lateral, 0.0)
            clock.outflow_rate += max(-s.lateral, 0.0)
            if self.nodes[i].kind == OUTFALL:
                leaves = s.inflow - s.outflow
                s.volume = 0.0
            else:
                leaves = s.overflow if s.volume <= self.nodes[i].full_volume else 0.0
                s.flooded += leaves * dt
                clock.flooded += leaves * dt
            clock.outflow_rate += max(leaves, 0.0)
            clock.inflow_rate += max(-leaves, 0.0)
            sum += s.depth + s.flooded
        for k in range(self.n_links):
            sum += m.links[k].flow
        if not isfinite(sum):
            self._blame(m)

    cdef void _blame(self, Moving m) noexcept nogil:
        cdef int i
        for i in range(self.n_links):
            if not isfinite(m.links[i].flow) and m.clock.bad_link < 0:
                m.clock.bad_link = i
        for i in range(self.n_nodes):
            if not isfinite(m.nodes[i].depth + m.nodes[i].flooded) and m.clock.bad_node < 0:
                m.clock.bad_node = i

    # The length of a step ---------------------------------------------------------------------------------------------

    cdef double next_step(self, Moving m) noexcept nogil:
        """Seconds, a multiple of 1 ms: SWMM's Courant condition of links and limit on the rise of nodes."""
        cdef double dt = self.routing_step
        cdef int i, k
        if self.variable_step <= 0.0 or dt < 0.001:
            return dt
        if m.clock.steps == 0:
            return floor(1000.0 * self.minimum_step) / 1000.0
        for k in range(self.n_conduits):
            dt = min(dt, self._link_step(&self.links[k], &m.links[k], dt))
        for i in range(self.n_nodes):
            dt = min(dt, self._node_step(&self.nodes[i], &m.nodes[i], dt))
        return floor(1000.0 * max(dt, self.minimum_step)) / 1000.0

    cdef double _link_step(self, const Link *c, const LinkState *s, double most) noexcept nogil:
        cdef double q = fabs(s.flow) / c.barrels
        if q <= TINY_FLOW or s.area <= TINY_AREA or s.froude <= 0.01:
            return most
        return s.volume / c.barrels / q * c.length / c.true_length * s.froude / (1.0 + s.froude) * self.variable_step

    cdef double _node_step(self, const Node *n, const NodeState *s, double most) noexcept nogil:
        if n.kind == OUTFALL or s.depth <= TINY or s.depth + TINY >= n.crown:
            return most
        if 0.25 * n.crown < TINY or s.rise < TINY:
            return most
        return 0.25 * n.crown / s.rise

    cdef int run(self, Moving m, double until, bint exactly) noexcept nogil:
        """Step until an instant, ms, is reached; 1 where a number broke."""
        cdef double dt
        while m.clock.now < until - 1e-6:
            dt = self.next_step(m)
            if exactly and m.clock.now + 1000.0 * dt > until:
                dt = (until - m.clock.now) / 1000.0
            self.step(m, dt)
            if m.clock.bad_link >= 0 or m.clock.bad_node >= 0:
                return 1
        return 0


# The moving state -----------------------------------------------------------------------------------------------------

cdef class State(Moving):
    """Depths, flows and volumes at an instant."""

    cdef Router router

    def __init__(self, Router router not None):
        self.router = router

    def advance(self, double to_s, *, bint exactly=False):
        """Route until ``to_s``, seconds.

        In whole steps, so that the last one may pass it and looking between changes no bit; or ``exactly`` up to it,
        with a shorter last step. ArithmeticError, naming the link or node, where a number breaks; the state is then of
        no use.
        """
        cdef int failed
        if not to_s < 1e12:
            raise ValueError(f"to_s is {to_s}: a finite time is needed")
        with nogil:
            failed = self.router.run(self, 1000.0 * to_s, exactly)
        if failed:
            raise ArithmeticError(self._complaint())

    def _complaint(self):
        clock = self.clock
        if clock.bad_node >= 0:
            where = f"node {self.net.node_names[clock.bad_node]}"
        else:
            where = f"link {self.net.link_names[self.net.link_of[clock.bad_link]]}"
        return (f"{where}: the solution broke down at {clock.now / 1000.0:g} s with a step of {clock.step:g} s; "
                "take a shorter routing step, and look for very short conduits and bad inflows there")

    def fork(self):
        """A copy that goes its own way."""
        cdef State s = State(self.router)
        memcpy(s.block, self.block, self.size)
        return s

    def to_bytes(self):
        """All of the state, for ``Router.resume``."""
        return self.block[:self.size]

    # Hands from outside -----------------------------------------------------------------------------------------------

    def set_inflows(self, const double[::1] flow_m3s not None):
        """Inflow at each node, m3/s, from now on, beside what the network itself says; negative takes water out.

        Exactly so much: a step takes the mean of the rates at its ends, and at its beginning the new one holds.
        """
        cdef int i
        self._nodes(flow_m3s, "flow_m3s")
        for i in range(self.net.n_nodes):
            if flow_m3s[i] != self.nodes[i].external:
                self._jump(&self.nodes[i], flow_m3s[i])

    cdef void _jump(self, NodeState *node, double flow_m3s) noexcept nogil:
        """Let what enters a node from outside be another flow as of the end of the last step."""
        cdef double before = node.lateral, now = node.lateral + flow_m3s - node.external
        cdef double more_in = max(now, 0.0) - max(before, 0.0), more_out = max(-now, 0.0) - max(-before, 0.0)
        node.external, node.lateral = flow_m3s, now
        node.inflow += more_in
        node.outflow += more_out
        self.clock.inflow_rate += more_in
        self.clock.outflow_rate += more_out

    def ramp_inflows(self, const double[::1] before not None, const double[::1] after not None, double from_s,
                     double to_s):
        """Inflow at each node, m3/s, that goes linearly from ``before`` to ``after`` and then stays."""
        cdef int i
        self._nodes(before, "before")
        self._nodes(after, "after")
        self.clock.ramp_from, self.clock.ramp_to = 1000.0 * from_s, 1000.0 * to_s
        for i in range(self.net.n_nodes):
            self.nodes[i].ramp0, self.nodes[i].ramp1 = before[i], after[i]

    def set_stages(self, const double[::1] stage_m not None):
        """Water level outside each outfall, m, NaN where the network's own shall hold; of other nodes not looked at."""
        cdef int i
        if stage_m.shape[0] != self.net.n_nodes:
            raise ValueError(f"stage_m has {stage_m.shape[0]} values: {self.net.n_nodes} are needed")
        for i in range(self.net.n_nodes):
            self.nodes[i].stage = stage_m[i]

    def _nodes(self, const double[::1] values, str what):
        cdef int i
        if values.shape[0] != self.net.n_nodes:
            raise ValueError(f"{what} has {values.shape[0]} values: {self.net.n_nodes} are needed")
        for i in range(self.net.n_nodes):
            if not isfinite(values[i]):
                raise ValueError(f"{self.net.node_names[i]}: {what} is {values[i]}: a finite number is needed")

    def turn(self, int link, double setting):
        """Set a pump's speed or an opening's share now; start and stop levels still act."""
        self._link(link, setting)
        self.links[self.net.place_of[link]].target = setting

    def hold(self, int link, double setting):
        """Keep a link at a setting whatever levels and controls say, until ``release``."""
        self._link(link, setting)
        self.links[self.net.place_of[link]].held = setting

    def release(self, int link):
        """Let levels and controls act again."""
        self._link(link, 0.0)
        self.links[self.net.place_of[link]].held = float("nan")

    def _link(self, int link, double setting):
        if not 0 <= link < self.net.n_links:
            raise ValueError(f"link {link} is none of the {self.net.n_links} links")
        if not 0.0 <= setting <= 1.0 and not (self.net.links[self.net.place_of[link]].kind == PUMP and setting > 1.0):
            raise ValueError(f"{self.net.link_names[link]}: setting is {setting}: 0 to 1 is needed")

    # Reading ----------------------------------------------------------------------------------------------------------

    @property
    def time_s(self):
        """Where the last step ended, s."""
        return self.clock.now / 1000.0

    def depths(self, at_s=None, *, double[::1] out=None):
        """Depth at each node, m; at a time inside the last step interpolated."""
        cdef int i
        cdef double f = self.share(self.clock.now if at_s is None else 1000.0 * at_s)
        if out is None:
            out = np.empty(self.net.n_nodes)
        for i in range(self.net.n_nodes):
            out[i] = (1.0 - f) * self.nodes[i].old_depth + f * self.nodes[i].depth
        return np.asarray(out)

    def heads(self, at_s=None, *, double[::1] out=None):
        """Water level at each node, m."""
        cdef int i
        depth = self.depths(at_s, out=out)
        cdef double[::1] view = depth
        for i in range(self.net.n_nodes):
            view[i] += self.net.nodes[i].bed
        return depth

    def flows(self, at_s=None, *, double[::1] out=None):
        """Flow of each link, m3/s, positive from its tail to its head."""
        cdef int k
        cdef double f = self.share(self.clock.now if at_s is None else 1000.0 * at_s), share
        cdef const LinkState *s
        if out is None:
            out = np.empty(self.net.n_links)
        for k in range(self.net.n_links):
            s, share = &self.links[k], f
            if self.net.links[k].kind == PUMP and s.old_flow * s.flow == 0.0:    # on or off, nothing between
                share = 1.0 if f >= 0.5 else 0.0
            share = (1.0 - share) * s.old_flow + share * s.flow
            out[self.net.link_of[k]] = self.net.links[k].direction * share
        return np.asarray(out)

    cdef object _copied(self, const double *first):
        # One field of all nodes, from that of the first one on.
        cdef int i
        cdef double[::1] out = np.empty(self.net.n_nodes)
        for i in range(self.net.n_nodes):
            out[i] = (<const double *> (<const char *> first + i * sizeof(NodeState)))[0]
        return np.asarray(out)

    def overflows(self):
        """Rate at which each node floods, m3/s; of a ponding node that at which its pond grows."""
        return self._copied(&self.nodes.overflow)

    def flooded(self):
        """Water that each node has lost to the street since the start, m3."""
        return self._copied(&self.nodes.flooded)

    def volumes(self):
        """Water in each node, m3, ponds and storage; a plain manhole holds none."""
        return self._copied(&self.nodes.volume)

    def laterals(self):
        """Inflow from outside at each node in the last step, m3/s."""
        return self._copied(&self.nodes.lateral)

    def settings(self):
        """Setting of each link: speed of a pump, open share of an opening."""
        cdef int k
        cdef double[::1] out = np.empty(self.net.n_links)
        for k in range(self.net.n_links):
            out[self.net.link_of[k]] = self.links[k].setting
        return np.asarray(out)

    def balance(self):
        """Volumes since the start, m3, steps and trials, and what is missing as a share of all that came in."""
        clock = self.clock[0]
        stored = self.stored()
        came = clock.inflow + clock.first_stored
        left = clock.outflow + stored
        return {
            "inflow_m3": clock.inflow,
            "outflow_m3": clock.outflow,
            "flooded_m3": clock.flooded,
            "first_stored_m3": clock.first_stored,
            "stored_m3": stored,
            "error": (came - left) / came if came > 0.0 else 0.0,
            "steps": clock.steps,
            "trials": clock.trials,
            "link_steps": clock.link_steps,
            "unconverged": clock.unconverged,
        }
