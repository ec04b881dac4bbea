"""Hydraulics of a pressurised pipe network by the Global Gradient Algorithm (Todini & Pilati 1988) as EPANET 2.3 does it.

Inside, everything is in feet and cubic feet per second, because EPANET's tolerances and small and big coefficients are;
the face is SI, with EPANET's 0.028317 m3 to the cubic foot. Nodes are kept in the order of elimination (fixed heads
behind the junctions), links with the pipes first, so that every pass runs over flat arrays. What EPANET has and this
has not: control valves, rules, leakage along pipes, energy and quality.

A link that is closed keeps its place in the matrix with a conductance of 1e-8. Junctions that no open link joins to a
fixed head are held near their elevation by a conductance of 1e-6 each: the heads there mean nothing, but stay finite.
"""

from libc.math cimport fabs, floor, isnan, sqrt
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from cext.ldlt cimport Ldlt

import numpy as np


cdef extern from "pipes_passes.h" nogil:
    ctypedef struct Sums:
        double flows
        double changes
        double largest
    double scalar_power(double x, double a)
    void power_law_pass(int, const double *, const double *, const double *, double, double, double *, double *)
    void darcy_pass(int, const double *, const double *, const double *, const double *, const double *, double *,
                    double *)
    void assemble(int, const int *, const int *, const int *, const double *, const double *, const double *, double *,
                  double *, double *)
    void demand_pass(int, const double *, const double *, double, double, double *, double *)
    void outlet_pass(int, const double *, const double *, double, double, int, double *, double *)
    void flow_pass(int, const int *, const int *, const double *, const double *, const double *, double, double *,
                   double *)
    void new_demands(int, const int *, const double *, const double *, const double *, const double *, const double *,
                     double, double *, double *)
    void add_sums(int, const double *, const double *, Sums *)


cdef enum:
    JUNCTION, RESERVOIR, TANK
cdef enum:
    PIPE, CHECK_VALVE, PUMP
cdef enum:
    POWER_FUNCTION, CUSTOM, CONSTANT_POWER
cdef enum:
    LOW_LEVEL, HIGH_LEVEL, TIMER, TIME_OF_DAY
cdef enum:
    HAZEN_WILLIAMS, DARCY_WEISBACH, CHEZY_MANNING
cdef enum:  # of a link; up to CLOSED nothing flows
    CANNOT_DELIVER, TANK_SHUT, CLOSED, OPEN

cdef double FOOT = 0.3048           # m
cdef double CUBIC_FOOT = 0.028317   # m3, as EPANET rounds it
cdef double HEAD_TOLERANCE = 0.0005  # ft
cdef double FLOW_TOLERANCE = 1.0e-4  # cfs
cdef double LEAST_GRADIENT = 1.0e-7  # ft / cfs, of a head loss
cdef double BIG = 1.0e8
cdef double SMALL = 1.0e-6
cdef double NO_FLOW = 1.0e-6        # cfs
cdef double GROUND = 1.0e-6         # cfs / ft, at a junction that nothing supplies
cdef double DAY = 86400.0
cdef double PI = 3.14159265358979323846
cdef double DISCHARGE = 0.75        # of an orifice in a pipe's wall
cdef double GRAVITY = 9.81          # m / s2


cdef struct Clock:
    double solved
    double next
    long long solves
    int iterations
    int balanced
    int leaks       # junctions with an orifice
    int dry         # junctions that nothing supplies


cdef class State:
    """What moves: the flows, statuses, settings, tank volumes and times of the last solve."""

    cdef Solver solver
    cdef size_t size
    cdef char *block        # all that follows, so that a copy is one copy
    cdef Clock *clock
    cdef double *heads      # n_nodes
    cdef double *flow       # n_links
    cdef double *setting    # n_links
    cdef double *required   # n_junctions
    cdef double *given      # n_junctions
    cdef double *orifice    # n_junctions: ke of h = ke q^2; 0 = none
    cdef double *leaked     # n_junctions
    cdef double *emitted    # n_emitters
    cdef double *volume     # n_fixed
    cdef double *inflow     # n_fixed
    cdef signed char *status    # n_links
    cdef signed char *held      # n_links
    cdef signed char *shut      # n_links: held or closed, when dryness was last looked at
    cdef signed char *dry       # n_nodes

    def __cinit__(self, Solver solver not None):
        cdef Py_ssize_t n = solver.n_nodes, m = solver.n_links, j = solver.n_junctions, f = n - j
        cdef double *at
        self.size = sizeof(Clock) + (n + 2 * m + 4 * j + solver.n_emitters + 2 * f) * sizeof(double) + 3 * m + n
        self.block = <char *> malloc(self.size)
        if self.block == NULL:
            raise MemoryError
        memset(self.block, 0, self.size)
        self.solver = solver
        self.clock = <Clock *> self.block
        at = <double *> (self.block + sizeof(Clock))
        self.heads = at
        self.flow = self.heads + n
        self.setting = self.flow + m
        self.required = self.setting + m
        self.given = self.required + j
        self.orifice = self.given + j
        self.leaked = self.orifice + j
        self.emitted = self.leaked + j
        self.volume = self.emitted + solver.n_emitters
        self.inflow = self.volume + f
        self.status = <signed char *> (self.inflow + f)
        self.held = self.status + m
        self.shut = self.held + m
        self.dry = self.shut + m

    def __dealloc__(self):
        free(self.block)

    @property
    def solved_s(self):
        """When it was last solved."""
        return self.clock.solved

    @property
    def next_s(self):
        """The whole second at which it has to be solved again."""
        return self.clock.next

    @property
    def balanced(self):
        """Whether the last solve converged."""
        return bool(self.clock.balanced)

    @property
    def iterations(self):
        """Newton steps of the last solve."""
        return self.clock.iterations

    def copy(self):
        """A state that goes on with the same bits."""
        cdef State twin = State(self.solver)
        memcpy(twin.block, self.block, self.size)
        return twin

    def to_bytes(self):
        """The whole state, for comparison."""
        return self.block[:self.size]

    def solve(self, double at_s):
        """Fill the tanks up to ``at_s``, then demands, controls, hydraulics, next event."""
        self._check_time(at_s)
        with nogil:
            self.solver._solve(self, at_s)

    cdef int _check_time(self, double at_s) except -1:
        if not self.clock.solved <= at_s <= self.clock.next:
            raise ValueError(f"at_s is {at_s}: must be from {self.clock.solved} to {self.clock.next}")
        return 0

    cdef int _junction(self, int node) except -1:
        if not 0 <= node < self.solver.n_nodes or self.solver.inner[node] >= self.solver.n_junctions:
            raise ValueError(f"node {node} is no junction")
        return self.solver.inner[node]

    cdef int _link(self, int link) except -1:
        if not 0 <= link < self.solver.n_links:
            raise ValueError(f"link {link} must be in [0, {self.solver.n_links})")
        return self.solver.place_of[link]

    def set_leak(self, int node, double area_m2):
        """An orifice of that area at a junction; 0 takes it away."""
        cdef int i = self._junction(node)
        cdef double conductance
        if not 0.0 <= area_m2 <= 1.0e6:
            raise ValueError(f"area_m2 is {area_m2} at node {node}: must be finite and not negative")
        self.clock.leaks += (area_m2 > 0.0) - (self.orifice[i] > 0.0)
        if area_m2 == 0.0:
            self.orifice[i] = self.leaked[i] = 0.0
            return
        conductance = DISCHARGE * area_m2 * sqrt(2.0 * GRAVITY) / CUBIC_FOOT
        if self.orifice[i] == 0.0:  # a first guess of its flow, from the pressure or a foot of it
            self.leaked[i] = conductance * sqrt(FOOT * max(1.0, self.heads[i] - self.solver.elevation[i]))
        self.orifice[i] = 1.0 / (conductance * conductance) / FOOT

    def close_link(self, int link):
        """Hold a link closed against controls and statuses until it is released."""
        self.held[self._link(link)] = True

    def release_link(self, int link):
        """Let a link go back to the status that controls have given it meanwhile."""
        self.held[self._link(link)] = False

    def set_status(self, int link, bint is_open, double speed):
        """Set status (and a pump's relative speed) as a control would; NaN leaves the speed."""
        cdef int k = self._link(link)
        if speed < 0.0 or speed > 1.0e6:
            raise ValueError(f"speed of link {link} is {speed}: must be finite and not negative")
        self.solver._command(self, k, OPEN if is_open else CLOSED, speed)

    def set_tank_level(self, int node, double level_m, double at_s):
        """Fill the tanks up to ``at_s``, then put this one at a level (m above its elevation)."""
        cdef Solver p = self.solver
        cdef int t
        if not 0 <= node < p.n_nodes or p.inner[node] < p.n_junctions or p.area[p.inner[node] - p.n_junctions] == 0.0:
            raise ValueError(f"node {node} is no tank")
        self._check_time(at_s)
        t = p.inner[node] - p.n_junctions
        if not p.lowest[t] <= level_m / FOOT + p.elevation[t + p.n_junctions] <= p.highest[t] + HEAD_TOLERANCE:
            raise ValueError(f"level_m of tank {node} is {level_m}: outside its minimum and maximum")
        p._fill(self, at_s)
        self.volume[t] = p._volume(t, level_m / FOOT + p.elevation[t + p.n_junctions])
        self.heads[t + p.n_junctions] = p._grade(t, self.volume[t])

    def customer_hours(self, const double[::1] people, double threshold, *, double from_s, double until_s):
        """Solve on to ``until_s``; people x hours, over junctions, with delivered / demand below the threshold."""
        cdef double hours = 0.0
        if people.shape[0] != self.solver.n_nodes:
            raise ValueError(f"people has {people.shape[0]} entries: must be one for each of {self.solver.n_nodes} nodes")
        self._check_time(from_s)
        if not from_s <= until_s < 1.0e15:
            raise ValueError(f"until_s is {until_s}: must be finite and not before {from_s}")
        with nogil:
            hours = self.solver._customer_hours(self, &people[0], threshold, from_s, until_s)
        return hours

    def head_m(self, double at_s):
        """Heads, float64 (n_nodes,); tanks as they are at ``at_s``."""
        self._check_time(at_s)
        out = np.empty(self.solver.n_nodes)
        cdef double[::1] to = out
        self.solver._read_heads(self, at_s, &to[0])
        return out

    def tank_level_m(self, double at_s):
        """Levels above the elevation, float64 (n_nodes,); NaN where there is no tank."""
        cdef Solver p = self.solver
        cdef int i, t
        self._check_time(at_s)
        out = np.full(p.n_nodes, np.nan)
        cdef double[::1] to = out
        for i in range(p.n_nodes):
            t = p.inner[i] - p.n_junctions
            if t >= 0 and p.area[t] > 0.0:
                to[i] = (p._grade(t, p._filled(self, t, at_s)) - p.elevation[p.inner[i]]) * FOOT
        return out

    def demand_m3s(self):
        """What consumers ask for at a junction, float64 (n_nodes,); 0 elsewhere."""
        return self._by_junction(self.required, False)

    def delivered_m3s(self):
        """What consumers get at a junction, float64 (n_nodes,); 0 elsewhere."""
        cdef int i, k
        out = np.zeros(self.solver.n_nodes)
        cdef double[::1] to = out
        for i in range(self.solver.n_nodes):
            k = self.solver.inner[i]
            if k < self.solver.n_junctions:
                to[i] = self.solver._delivered(self, k) * CUBIC_FOOT
        return out

    def leak_m3s(self):
        """What leaves through orifices, float64 (n_nodes,)."""
        return np.maximum(self._by_junction(self.leaked, True), 0.0)

    def emitter_m3s(self):
        """What leaves through the network's own emitters, float64 (n_nodes,)."""
        cdef Solver p = self.solver
        cdef int e
        out = np.zeros(p.n_nodes)
        cdef double[::1] to = out
        for e in range(p.n_emitters):
            if not self.dry[p.emitter_node[e]]:
                to[p.outer[p.emitter_node[e]]] = self.emitted[e] * CUBIC_FOOT
        return out

    cdef _by_junction(self, const double *values, bint wet_only):
        cdef int i, k
        out = np.zeros(self.solver.n_nodes)
        cdef double[::1] to = out
        for i in range(self.solver.n_nodes):
            k = self.solver.inner[i]
            if k < self.solver.n_junctions and not (wet_only and self.dry[k]):
                to[i] = values[k] * CUBIC_FOOT
        return out

    def outflow_m3s(self):
        """EPANET's demand, float64 (n_nodes,): consumers, emitters, leaks; net inflow of a tank or reservoir."""
        out = np.empty(self.solver.n_nodes)
        cdef double[::1] to = out
        self.solver._read_outflows(self, &to[0])
        return out

    def flow_m3s(self):
        """From tail to head, float64 (n_links,); 0 in closed links."""
        out = np.empty(self.solver.n_links)
        cdef double[::1] to = out
        if self.solver.n_links:
            self.solver._read_flows(self, &to[0])
        return out

    def speed(self):
        """Relative speed of pumps, float64 (n_links,); 1 elsewhere."""
        cdef int i
        out = np.empty(self.solver.n_links)
        cdef double[::1] to = out
        for i in range(self.solver.n_links):
            to[i] = self.setting[self.solver.place_of[i]]
        return out

    def is_open(self):
        """Links through which water may flow now, bool (n_links,)."""
        return ~self._flags(self.shut)

    def is_held(self):
        """Links held closed by ``close_link``, bool (n_links,)."""
        return self._flags(self.held)

    cdef _flags(self, const signed char *values):
        cdef int i
        out = np.empty(self.solver.n_links, np.int8)
        cdef signed char[::1] to = out
        for i in range(self.solver.n_links):
            to[i] = values[self.solver.place_of[i]]
        return out.astype(np.bool_)

    def unsupplied(self):
        """Nodes that no open link joins to a reservoir or tank, bool (n_nodes,)."""
        cdef int i
        out = np.empty(self.solver.n_nodes, np.int8)
        cdef signed char[::1] to = out
        for i in range(self.solver.n_nodes):
            to[i] = self.dry[self.solver.inner[i]]
        return out.astype(np.bool_)


cdef class Solver:
    """What does not move: topology, coefficients, options, symbolic factorisation and work space."""

    cdef readonly int n_nodes, n_links
    cdef int n_junctions, n_fixed, n_pipes, n_emitters, n_watched
    cdef Ldlt matrix
    # nodes
    cdef int[::1] inner, outer          # outside -> inside, inside -> outside
    cdef double[::1] elevation          # ft; of a reservoir its head without pattern
    cdef int[::1] demand_node, demand_pattern
    cdef double[::1] demand_base
    cdef int[::1] emitter_node
    cdef double[::1] emitter_ke
    # fixed heads, from 0
    cdef double[::1] area, lowest, highest, least_volume, most_volume, first_head
    cdef signed char[::1] may_overflow
    cdef int[::1] head_pattern, tank_curve
    # links
    cdef int[::1] place_of, link_of     # outside -> inside, inside -> outside
    cdef int[::1] tail, head, place     # place in L, or the dummy's
    cdef signed char[::1] kind, first_status
    cdef double[::1] first_setting, first_flow
    cdef double[::1] resistance, minor, rough, nu       # of pipes
    cdef int[::1] watched               # check valves, pumps and links at tanks: their status follows the heads
    cdef int[::1] fixed_link, fixed_from, fixed_to      # ends at fixed heads: that link, that head, the other end
    cdef int[::1] beside_first, beside_node, beside_link    # neighbours
    # pumps, from 0
    cdef signed char[::1] pump_kind
    cdef double[::1] pump_h0, pump_r, pump_n, pump_hmax, pump_q0
    cdef int[::1] pump_curve, pump_pattern
    # patterns, curves, controls
    cdef int[::1] pattern_first, curve_first
    cdef double[::1] pattern_factor, curve_x, curve_y
    cdef int[::1] control_link, control_node
    cdef signed char[::1] control_kind, control_status
    cdef double[::1] control_setting, control_head, control_time
    # options
    cdef int formula, trials, extra_trials, check_frequency, max_check
    cdef bint backflow, pressure_driven
    cdef double flow_exponent, accuracy, damp_limit, head_error, flow_change, emitter_n
    cdef double pressure_low, pressure_range, demand_n, pressure_exponent
    cdef double hydraulic_step, pattern_step, pattern_start, report_step, start_clock
    # work space
    cdef double[::1] P, Y, change, x
    cdef int[::1] closed, ground, queue
    cdef int n_closed, n_ground, n_driven, n_leaks
    cdef int[::1] driven, leak_node
    cdef double[::1] driven_flow, driven_full, driven_floor, driven_inverse, driven_loss
    cdef double[::1] emitter_inverse, emitter_loss, leak_flow, leak_ke, leak_inverse, leak_loss

    def __init__(self, **given):
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""
        a = _checked(given)
        self._take_options(a)
        self._take_nodes(a)
        self._take_links(a)
        self._take_pumps(a)
        self._take_controls(a)
        self._make_room()

    def _take_options(self, a):
        self.formula, self.trials, self.extra_trials = a["formula"], a["trials"], a["extra_trials"]
        self.check_frequency, self.max_check = a["check_frequency"], a["max_check"]
        self.backflow, self.pressure_driven = a["emitter_backflow"], a["pressure_driven"]
        self.flow_exponent = 1.852 if self.formula == HAZEN_WILLIAMS else 2.0
        self.accuracy, self.damp_limit = a["accuracy"], a["damp_limit"]
        self.head_error, self.flow_change = a["head_error_m"] / FOOT, a["flow_change_m3s"] / CUBIC_FOOT
        self.emitter_n = 1.0 / a["emitter_exponent"]
        self.pressure_low = a["minimum_pressure_m"] / FOOT
        self.pressure_range = a["required_pressure_m"] / FOOT - self.pressure_low
        self.pressure_exponent, self.demand_n = a["pressure_exponent"], 1.0 / a["pressure_exponent"]
        self.hydraulic_step, self.pattern_step = a["hydraulic_step_s"], a["pattern_step_s"]
        self.pattern_start, self.report_step = a["pattern_start_s"], a["report_step_s"]
        self.start_clock = a["start_clock_s"]
        self.pattern_first, self.pattern_factor = a["pattern_first"], a["pattern_factor"]

    def _take_nodes(self, a):
        kind, tail, head = a["node_kind"], a["tail"], a["head"]
        junctions = np.flatnonzero(kind == JUNCTION).astype(np.int32)
        fixed = np.flatnonzero(kind != JUNCTION).astype(np.int32)
        number = np.full(len(kind), -1, np.int32)
        number[junctions] = np.arange(len(junctions))
        free_ends = (kind[tail] == JUNCTION) & (kind[head] == JUNCTION)
        self.matrix = Ldlt(len(junctions), number[tail[free_ends]], number[head[free_ends]])
        self.n_nodes, self.n_junctions, self.n_fixed = len(kind), len(junctions), len(fixed)
        inner = np.empty(len(kind), np.int32)
        inner[junctions] = self.matrix.position()
        inner[fixed] = len(junctions) + np.arange(len(fixed))
        outer = np.argsort(inner).astype(np.int32)
        self.inner, self.outer = inner, outer
        self.elevation = a["elevation_m"][outer] / FOOT
        order = np.argsort(inner[a["demand_node"]], kind="stable")
        self.demand_node = inner[a["demand_node"]][order]
        self.demand_base = a["demand_base_m3s"][order] / CUBIC_FOOT * a["demand_multiplier"]
        self.demand_pattern = a["demand_pattern"][order]
        emitters = outer[:len(junctions)][a["emitter"][outer[:len(junctions)]] > 0.0]
        self.emitter_node, self.n_emitters = inner[emitters], len(emitters)
        self.emitter_ke = np.array(
            [max(SMALL, scalar_power(CUBIC_FOOT / c, self.emitter_n) / FOOT) for c in a["emitter"][emitters]], float
        )
        self._take_tanks(a, fixed)

    def _take_tanks(self, a, fixed):
        cdef int t
        elevation = a["elevation_m"][fixed] / FOOT
        is_tank = a["node_kind"][fixed] == TANK
        self.head_pattern, self.tank_curve = a["head_pattern"][fixed], a["tank_curve"][fixed]
        self.may_overflow = a["tank_can_overflow"][fixed].astype(np.int8)
        self.lowest = elevation + np.where(is_tank, a["tank_minimum_m"][fixed] / FOOT, 0.0)
        self.highest = elevation + np.where(is_tank, a["tank_maximum_m"][fixed] / FOOT, 0.0)
        self.first_head = elevation + np.where(is_tank, a["tank_initial_m"][fixed] / FOOT, 0.0)
        curved = is_tank & (a["tank_curve"][fixed] >= 0)
        # of a tank with a curve the area is only told from 0, which is a reservoir's
        self.area = np.where(is_tank, np.where(curved, 1.0, a["tank_area_m2"][fixed] / (FOOT * FOOT)), 0.0)
        self.least_volume = np.where(is_tank, a["tank_minimum_volume_m3"][fixed] / CUBIC_FOOT, 0.0)
        self.most_volume = np.zeros(len(fixed))
        self.curve_first = a["curve_first"]
        self.curve_x, self.curve_y = a["curve_x"].copy(), a["curve_y"].copy()
        used = {int(c) for c in a["tank_curve"][fixed][curved]}
        for c in used:
            self._scale_curve(c, 1.0 / FOOT, 1.0 / CUBIC_FOOT)
        for c in {int(c) for c in a["pump_curve"][(a["link_kind"] == PUMP) & (a["pump_kind"] == CUSTOM)]}:
            if c in used:
                raise ValueError(f"curve {c} is both a tank's and a pump's")
            self._scale_curve(c, 1.0 / CUBIC_FOOT, 1.0 / FOOT)
        for t in np.flatnonzero(curved):
            self.least_volume[t] = self._volume(t, self.lowest[t])
        for t in np.flatnonzero(is_tank):
            self.most_volume[t] = self._volume(t, self.highest[t])

    def _scale_curve(self, int c, double x, double y):
        cdef int i
        for i in range(self.curve_first[c], self.curve_first[c + 1]):
            self.curve_x[i] *= x
            self.curve_y[i] *= y

    def _take_links(self, a):
        cdef int k, i, j
        inner = np.asarray(self.inner)
        tail, head = inner[a["tail"]], inner[a["head"]]
        is_pump = a["link_kind"] == PUMP
        order = np.lexsort((np.maximum(tail, head), np.minimum(tail, head), is_pump)).astype(np.int32)
        self.n_links, self.n_pipes = len(tail), int((~is_pump).sum())
        self.link_of, self.place_of = order, np.argsort(order).astype(np.int32)
        self.tail, self.head = tail[order], head[order]
        self.kind = a["link_kind"][order]
        self.first_status = np.where(a["is_open"][order], OPEN, CLOSED).astype(np.int8)
        self.first_setting = np.where(is_pump, a["speed"], 1.0)[order]
        diameter = a["diameter_m"][order] / FOOT
        self.first_flow = np.where(a["is_open"][order], PI * diameter * diameter / 4.0, NO_FLOW)
        self.place = np.full(self.n_links, self.matrix.n_lower, np.int32)
        for k in range(self.n_links):
            i, j = self.tail[k], self.head[k]
            if i < self.n_junctions and j < self.n_junctions:
                self.place[k] = self.matrix.place(i, j)
        self._take_friction(a, order[:self.n_pipes], diameter[:self.n_pipes])
        self._find_neighbours()

    def _take_friction(self, a, pipes, diameter):
        cdef double d, roughness
        length, rough = a["length_m"][pipes] / FOOT, a["roughness"][pipes]
        resistance = []
        for d, roughness in zip(diameter, rough, strict=True):
            if self.formula == HAZEN_WILLIAMS:
                resistance.append(4.727 / scalar_power(roughness, 1.852) / scalar_power(d, 4.871))
            elif self.formula == DARCY_WEISBACH:
                resistance.append(1.0 / 2.0 / 32.2 / d / (PI * d * d / 4.0) ** 2)
            else:
                resistance.append((4.0 * roughness / (1.49 * PI * d * d)) ** 2 * scalar_power(d / 4.0, -1.333))
        self.resistance = np.array(resistance, float) * length
        self.minor = 0.02517 * a["minor_loss"][pipes] / diameter ** 4
        self.rough = rough / FOOT / diameter
        self.nu = a["viscosity_m2_s"] / (FOOT * FOOT) * diameter

    def _find_neighbours(self):
        tail, head = np.asarray(self.tail), np.asarray(self.head)
        links = np.arange(self.n_links, dtype=np.int32)
        ends, others, both = np.concatenate([tail, head]), np.concatenate([head, tail]), np.concatenate([links, links])
        order = np.argsort(ends, kind="stable")
        self.beside_first = np.searchsorted(ends[order], np.arange(self.n_nodes + 1)).astype(np.int32)
        self.beside_node, self.beside_link = others[order].astype(np.int32), both[order].astype(np.int32)
        at = np.flatnonzero((ends >= self.n_junctions) & (others < self.n_junctions))
        self.fixed_link, self.fixed_from, self.fixed_to = both[at], ends[at], others[at]
        is_tank = np.zeros(self.n_nodes, np.bool_)
        is_tank[self.n_junctions:] = np.asarray(self.area) > 0.0
        watched = (np.asarray(self.kind) != PIPE) | is_tank[tail] | is_tank[head]
        # in the network's own order, as EPANET looks at them
        self.watched = np.asarray(self.place_of)[np.sort(np.asarray(self.link_of)[watched])]
        self.n_watched = len(self.watched)

    def _take_pumps(self, a):
        cdef int p, c
        pumps = np.asarray(self.link_of)[self.n_pipes:]
        self.pump_kind, self.pump_curve = a["pump_kind"][pumps], a["pump_curve"][pumps]
        self.pump_pattern = a["pump_pattern"][pumps]
        n = a["pump_n"][pumps]
        self.pump_h0, self.pump_n = -a["pump_h0_m"][pumps] / FOOT, n
        scale = np.array([scalar_power(CUBIC_FOOT, e) for e in n], float)
        self.pump_r = a["pump_r"][pumps] * scale / FOOT
        self.pump_hmax = a["pump_h0_m"][pumps] / FOOT
        self.pump_q0 = a["pump_qmax_m3s"][pumps] / CUBIC_FOOT / 2.0
        for p in range(len(pumps)):
            if self.pump_kind[p] == CUSTOM:
                c = self.pump_curve[p]
                self.pump_hmax[p] = self.curve_y[self.curve_first[c]]
                self.pump_q0[p] = (self.curve_x[self.curve_first[c]] + self.curve_x[self.curve_first[c + 1] - 1]) / 2.0
            elif self.pump_kind[p] == CONSTANT_POWER:
                self.pump_hmax[p], self.pump_q0[p] = 1.0e10, 1.0
                self.pump_r[p] = -8.814 * a["pump_power_w"][pumps[p]] / 745.7
            if self.first_status[self.n_pipes + p] > CLOSED:
                self.first_flow[self.n_pipes + p] = self.first_setting[self.n_pipes + p] * self.pump_q0[p]

    def _take_controls(self, a):
        self.control_link = np.asarray(self.place_of)[a["control_link"]]
        self.control_kind = a["control_kind"]
        self.control_status = np.where(a["control_is_open"], OPEN, CLOSED).astype(np.int8)
        self.control_setting, self.control_time = a["control_setting"], a["control_time_s"]
        self.control_node = np.where(
            a["control_kind"] <= HIGH_LEVEL, np.asarray(self.inner)[np.maximum(a["control_node"], 0)], -1
        ).astype(np.int32)
        self.control_head = a["control_head_m"] / FOOT

    def _make_room(self):
        n, m, j = self.n_nodes, self.n_links, self.n_junctions
        self.P, self.Y, self.change = np.zeros(m + 1), np.zeros(m + 1), np.zeros(m + 1)
        self.x = np.zeros(n + 1)
        self.matrix.diagonal = np.zeros(n + 1)  # with rows for the fixed heads, which assembly writes and nobody reads
        self.closed, self.ground, self.queue = _ints(m + 1), _ints(n + 1), _ints(n + 1)
        self.driven, self.leak_node = _ints(j + 1), _ints(j + 1)
        self.driven_flow, self.driven_full, self.driven_floor = np.zeros(j + 1), np.zeros(j + 1), np.zeros(j + 1)
        self.driven_inverse, self.driven_loss = np.zeros(j + 1), np.zeros(j + 1)
        self.emitter_inverse, self.emitter_loss = np.zeros(self.n_emitters + 1), np.zeros(self.n_emitters + 1)
        self.leak_flow, self.leak_ke = np.zeros(j + 1), np.zeros(j + 1)
        self.leak_inverse, self.leak_loss = np.zeros(j + 1), np.zeros(j + 1)

    def start(self):
        """The state at time 0 as the network describes it, not yet solved."""
        cdef State s = State(self)
        cdef int k, t
        for k in range(self.n_links):
            s.status[k] = self.first_status[k]
            s.setting[k] = self.first_setting[k]
            s.flow[k] = self.first_flow[k]
            s.shut[k] = -1
        for k in range(self.n_emitters):
            s.emitted[k] = 1.0
        for k in range(self.n_junctions):
            s.heads[k] = self.elevation[k]
        for t in range(self.n_fixed):
            s.heads[self.n_junctions + t] = self.first_head[t]
            s.volume[t] = self._volume(t, self.first_head[t]) if self.area[t] > 0.0 else 0.0
        return s

    # Tanks -----------------------------------------------------------------------------------------------------------

    cdef double _volume(self, int t, double grade) noexcept nogil:
        """Volume of tank t at a water level (as a head)."""
        cdef int c = self.tank_curve[t]
        if c < 0:
            return self.least_volume[t] + (grade - self.lowest[t]) * self.area[t]
        return _interpolated(self.curve_first[c + 1] - self.curve_first[c], &self.curve_x[self.curve_first[c]],
                             &self.curve_y[self.curve_first[c]], grade - self.elevation[self.n_junctions + t])

    cdef double _grade(self, int t, double volume) noexcept nogil:
        """Water level (as a head) of tank t at a volume."""
        cdef int c = self.tank_curve[t]
        if c < 0:
            return self.lowest[t] + (volume - self.least_volume[t]) / self.area[t]
        return self.elevation[self.n_junctions + t] + _interpolated(
            self.curve_first[c + 1] - self.curve_first[c], &self.curve_y[self.curve_first[c]],
            &self.curve_x[self.curve_first[c]], volume)

    cdef double _filled(self, State s, int t, double at) noexcept nogil:
        """Volume of tank t at a time since the last solve; full or empty from one second before it is."""
        cdef double q = s.inflow[t], volume = s.volume[t]
        if at == s.clock.solved:
            return volume
        volume += q * (at - s.clock.solved)
        if volume + q >= self.most_volume[t]:
            return self.most_volume[t]
        if volume - q <= self.least_volume[t]:
            return self.least_volume[t]
        return volume

    cdef void _fill(self, State s, double at) noexcept nogil:
        """Move the tanks, and the clock with them."""
        cdef int t
        for t in range(self.n_fixed):
            if self.area[t] > 0.0 and at > s.clock.solved:
                s.volume[t] = self._filled(s, t, at)
                s.heads[self.n_junctions + t] = self._grade(t, s.volume[t])
        s.clock.solved = at

    # Demands and controls --------------------------------------------------------------------------------------------

    cdef double _factor(self, int pattern, double period) noexcept nogil:
        cdef int first, length
        if pattern < 0:
            return 1.0
        first = self.pattern_first[pattern]
        length = self.pattern_first[pattern + 1] - first
        return self.pattern_factor[first + <int> (period - length * floor(period / length))]

    cdef void _ask(self, State s, double at) noexcept nogil:
        """Demands, reservoir heads and pump speeds by their patterns."""
        cdef int i, t, p
        cdef double period = floor((at + self.pattern_start) / self.pattern_step)
        memset(s.required, 0, self.n_junctions * sizeof(double))
        for i in range(self.demand_node.shape[0]):
            s.required[self.demand_node[i]] += self.demand_base[i] * self._factor(self.demand_pattern[i], period)
        memcpy(s.given, s.required, self.n_junctions * sizeof(double))
        for t in range(self.n_fixed):
            if self.area[t] == 0.0 and self.head_pattern[t] >= 0:
                s.heads[self.n_junctions + t] = self.first_head[t] * self._factor(self.head_pattern[t], period)
        for p in range(self.n_links - self.n_pipes):
            if self.pump_pattern[p] >= 0:
                self._set_speed(s, p, self._factor(self.pump_pattern[p], period))

    cdef void _set_speed(self, State s, int pump, double speed) noexcept nogil:
        cdef int k = self.n_pipes + pump
        s.setting[k] = speed
        if speed > 0.0 and s.status[k] <= CLOSED:
            self._restart_pump(s, k)
            s.status[k] = OPEN
        elif speed == 0.0 and s.status[k] > CLOSED:
            s.status[k] = CLOSED

    cdef void _restart_pump(self, State s, int k) noexcept nogil:
        # A pump of constant power cannot start from no flow.
        if self.pump_kind[k - self.n_pipes] == CONSTANT_POWER:
            s.flow[k] = self.pump_q0[k - self.n_pipes]

    cdef bint _command(self, State s, int k, int status, double setting) noexcept nogil:
        """Give a link the status and setting of a control; whether that changed anything."""
        cdef int before = CLOSED if s.status[k] <= CLOSED else OPEN
        cdef double target = s.setting[k] if self.kind[k] != PUMP or isnan(setting) else setting
        if self.kind[k] == PUMP and before == CLOSED and status == OPEN:
            self._restart_pump(s, k)
        if before == status and s.setting[k] == target:
            return False
        s.status[k] = status
        s.setting[k] = target
        return True

    cdef void _control(self, State s, double at) noexcept nogil:
        """Controls by tank level and time."""
        cdef int c, t
        cdef double now, limit, near
        cdef bint fires
        for c in range(self.control_link.shape[0]):
            fires = False
            t = self.control_node[c] - self.n_junctions
            if self.control_kind[c] == TIMER:
                fires = self.control_time[c] == at
            elif self.control_kind[c] == TIME_OF_DAY:
                now = at + self.start_clock
                fires = now - DAY * floor(now / DAY) == self.control_time[c]
            elif t >= 0 and self.area[t] > 0.0:
                near = fabs(s.inflow[t])  # what one second moves
                now = self._volume(t, s.heads[self.control_node[c]])
                limit = self._volume(t, self.control_head[c])
                fires = now <= limit + near if self.control_kind[c] == LOW_LEVEL else now >= limit - near
            if fires:
                self._command(s, self.control_link[c], self.control_status[c], self.control_setting[c])

    cdef bint _pressure_controls(self, State s) noexcept nogil:
        """Controls by the pressure at a junction, once the heads have converged; whether any changed a link."""
        cdef int c, k, i
        cdef bint changed = False
        for c in range(self.control_link.shape[0]):
            i = self.control_node[c]
            if i < 0 or i >= self.n_junctions:
                continue
            if self.control_kind[c] == LOW_LEVEL and s.heads[i] > self.control_head[c] + HEAD_TOLERANCE:
                continue
            if self.control_kind[c] == HIGH_LEVEL and s.heads[i] < self.control_head[c] - HEAD_TOLERANCE:
                continue
            k = self.control_link[c]
            if self._differs(s, c):
                s.status[k] = self.control_status[c]
                if self.kind[k] == PUMP and not isnan(self.control_setting[c]):
                    s.setting[k] = self.control_setting[c]
                changed = True
        return changed

    cdef bint _differs(self, State s, int c) noexcept nogil:
        # Whether a pressure control would change its link; of a pump only the speed counts, as in EPANET.
        cdef int k = self.control_link[c]
        if self.kind[k] == PUMP and not isnan(self.control_setting[c]):
            return s.setting[k] != self.control_setting[c]
        return s.status[k] != self.control_status[c]

    # Who is shut and who is dry --------------------------------------------------------------------------------------

    cdef void _look(self, State s) noexcept nogil:
        """List the closed pipes and the junctions that nothing supplies; flood anew only where a link changed."""
        cdef int k, i
        cdef bint changed = False
        cdef signed char shut
        self.n_closed = 0
        for k in range(self.n_links):
            shut = s.held[k] or s.status[k] <= CLOSED
            if shut != s.shut[k]:
                s.shut[k] = shut
                changed = True
            if shut and k < self.n_pipes:
                self.closed[self.n_closed] = k
                self.n_closed += 1
        if changed:
            self._flood(s)
        self.n_ground = 0
        if s.clock.dry:
            for i in range(self.n_junctions):
                if s.dry[i]:
                    self.ground[self.n_ground] = i
                    self.n_ground += 1

    cdef void _flood(self, State s) noexcept nogil:
        # Breadth first from the fixed heads over open links.
        cdef int i, j, b, done = 0, found = 0
        for i in range(self.n_junctions):
            s.dry[i] = True
        for i in range(self.n_junctions, self.n_nodes):
            self.queue[found] = i
            found += 1
        while done < found:
            i = self.queue[done]
            done += 1
            for b in range(self.beside_first[i], self.beside_first[i + 1]):
                j = self.beside_node[b]
                if s.dry[j] and not s.shut[self.beside_link[b]]:
                    s.dry[j] = False
                    self.queue[found] = j
                    found += 1
        s.clock.dry = self.n_nodes - found

    # One solve -------------------------------------------------------------------------------------------------------

    cdef void _solve(self, State s, double at) noexcept nogil:
        """All that happens at an instant: tanks, demands, controls, hydraulics, next event."""
        self._fill(s, at)
        self._ask(s, at)
        self._control(s, at)
        self._gather(s)
        self._balance(s)
        self._scatter(s)
        self._sum_inflows(s)
        s.clock.solves += 1
        s.clock.next = self._next_event(s)

    cdef void _gather(self, State s) noexcept nogil:
        """Pack the junctions with pressure-driven demand, and those with leaks."""
        cdef int i, n = 0
        if self.pressure_driven:
            for i in range(self.n_junctions):
                if s.required[i] > 0.0:
                    self.driven[n] = i
                    self.driven_flow[n] = self.driven_full[n] = s.required[i]
                    self.driven_floor[n] = self.elevation[i] + self.pressure_low
                    n += 1
        self.n_driven = n
        n = 0
        if s.clock.leaks:
            for i in range(self.n_junctions):
                if s.orifice[i] > 0.0:
                    self.leak_node[n] = i
                    self.leak_flow[n] = s.leaked[i]
                    self.leak_ke[n] = s.orifice[i]
                    n += 1
        self.n_leaks = n

    cdef void _scatter(self, State s) noexcept nogil:
        cdef int i
        for i in range(self.n_driven):
            s.given[self.driven[i]] = self.driven_flow[i]
        for i in range(self.n_leaks):
            s.leaked[self.leak_node[i]] = self.leak_flow[i]

    cdef void _balance(self, State s) noexcept nogil:
        """Newton steps until flows, statuses and controls are at rest, or the trials are used up."""
        cdef int trial = 1, next_check = self.check_frequency
        cdef int most = self.trials + max(self.extra_trials, 0)
        cdef double error, relax = 1.0
        cdef Sums sums
        cdef bint changed
        s.clock.balanced = False
        self._look(s)
        while trial <= most:
            self._coefficients(s)
            self._assemble(s)
            self.matrix.factor_solve(&self.x[0])
            memcpy(s.heads, &self.x[0], self.n_junctions * sizeof(double))
            error = self._new_flows(s, relax, &sums)
            relax = 0.6 if self.damp_limit > 0.0 and error <= self.damp_limit else 1.0
            if error <= self.accuracy and self._is_at_rest(s, &sums):
                if trial > self.trials:
                    s.clock.balanced = True
                    break
                changed = self._link_statuses(s)
                changed = self._pressure_controls(s) or changed
                if not changed:
                    s.clock.balanced = True
                    break
                self._look(s)
                next_check = trial + self.check_frequency
            elif trial <= self.max_check and trial == next_check:
                if self._link_statuses(s):
                    self._look(s)
                next_check += self.check_frequency
            trial += 1
        s.clock.iterations = min(trial, most)

    cdef void _coefficients(self, State s) noexcept nogil:
        """P (1 / head loss gradient) and Y (head loss / gradient) of all links, at the present flows."""
        cdef int i, k
        if self.formula == DARCY_WEISBACH:
            darcy_pass(self.n_pipes, s.flow, &self.resistance[0], &self.minor[0], &self.rough[0], &self.nu[0],
                       &self.P[0], &self.Y[0])
        else:
            power_law_pass(self.n_pipes, s.flow, &self.resistance[0], &self.minor[0], self.flow_exponent,
                           LEAST_GRADIENT, &self.P[0], &self.Y[0])
        for i in range(self.n_closed):
            k = self.closed[i]
            self.P[k] = 1.0 / BIG
            self.Y[k] = s.flow[k]
        for k in range(self.n_pipes, self.n_links):
            self._pump(s, k)

    cdef void _pump(self, State s, int k) noexcept nogil:
        cdef int p = k - self.n_pipes
        cdef double q = fabs(s.flow[k]), speed = s.setting[k], n = self.pump_n[p]
        cdef double gradient, loss, h0, r
        if s.shut[k] or speed == 0.0:
            self.P[k], self.Y[k] = 1.0 / BIG, s.flow[k]
            return
        if self.pump_kind[p] == CUSTOM:
            self._curve_line(self.pump_curve[p], q / speed, &h0, &r)
            gradient = max(-r * speed, LEAST_GRADIENT)
            loss = -h0 * speed * speed + gradient * s.flow[k]
        elif self.pump_kind[p] == CONSTANT_POWER:
            gradient = -self.pump_r[p] / q / q
            if gradient > BIG or gradient < SMALL:
                self.P[k], self.Y[k] = 1.0 / BIG if gradient > BIG else 1.0 / SMALL, s.flow[k]
                return
            loss = self.pump_r[p] / s.flow[k]
        else:
            h0 = speed * speed * self.pump_h0[p]
            r = self.pump_r[p] * scalar_power(speed, 2.0 - n)
            gradient = n * r * scalar_power(q, n - 1.0)
            if gradient < LEAST_GRADIENT:
                gradient = LEAST_GRADIENT
                loss = h0 + gradient * s.flow[k]
            else:
                loss = h0 + gradient * s.flow[k] / n
        self.P[k], self.Y[k] = 1.0 / gradient, loss / gradient

    cdef void _curve_line(self, int c, double q, double *h0, double *r) noexcept nogil:
        # Intercept and slope of the part of a pump's curve that holds q.
        cdef int first = self.curve_first[c], last = self.curve_first[c + 1] - 1, k = first + 1
        while k < last and self.curve_x[k] < q:
            k += 1
        r[0] = (self.curve_y[k] - self.curve_y[k - 1]) / (self.curve_x[k] - self.curve_x[k - 1])
        h0[0] = self.curve_y[k - 1] - r[0] * self.curve_x[k - 1]

    cdef void _assemble(self, State s) noexcept nogil:
        """A H = F: the links, what leaves at nodes, and the heads that are given."""
        cdef int i, k
        cdef double *x = &self.x[0]
        cdef double *diagonal = &self.matrix.diagonal[0]
        memset(diagonal, 0, self.n_nodes * sizeof(double))
        memset(&self.matrix.lower[0], 0, (self.matrix.n_lower + 1) * sizeof(double))
        memset(x, 0, self.n_nodes * sizeof(double))
        assemble(self.n_links, &self.tail[0], &self.head[0], &self.place[0], &self.P[0], &self.Y[0], s.flow,
                 diagonal, &self.matrix.lower[0], x)
        for i in range(self.fixed_link.shape[0]):
            x[self.fixed_to[i]] += self.P[self.fixed_link[i]] * s.heads[self.fixed_from[i]]
        self._assemble_outlets(s, diagonal, x)
        for i in range(self.n_ground):
            k = self.ground[i]
            diagonal[k] += GROUND
            x[k] += GROUND * self.elevation[k]

    cdef void _assemble_outlets(self, State s, double *diagonal, double *x) noexcept nogil:
        cdef int i, k
        if self.pressure_driven:
            for i in range(self.n_junctions):  # inflows, and nodes without demand
                if not s.required[i] > 0.0:
                    x[i] -= s.required[i]
            demand_pass(self.n_driven, &self.driven_flow[0], &self.driven_full[0], self.pressure_range, self.demand_n,
                        &self.driven_inverse[0], &self.driven_loss[0])
            for i in range(self.n_driven):
                k = self.driven[i]
                diagonal[k] += self.driven_inverse[i]
                x[k] += (self.driven_loss[i] + self.driven_floor[i]) * self.driven_inverse[i] - self.driven_flow[i]
        else:
            for i in range(self.n_junctions):
                x[i] -= s.required[i]
        if self.n_emitters:
            outlet_pass(self.n_emitters, s.emitted, &self.emitter_ke[0], self.emitter_n, LEAST_GRADIENT, self.backflow,
                        &self.emitter_inverse[0], &self.emitter_loss[0])
            for i in range(self.n_emitters):
                k = self.emitter_node[i]
                diagonal[k] += self.emitter_inverse[i]
                x[k] += (self.emitter_loss[i] + self.elevation[k]) * self.emitter_inverse[i] - s.emitted[i]
        if self.n_leaks:
            outlet_pass(self.n_leaks, &self.leak_flow[0], &self.leak_ke[0], 2.0, LEAST_GRADIENT, False,
                        &self.leak_inverse[0], &self.leak_loss[0])
            for i in range(self.n_leaks):
                k = self.leak_node[i]
                diagonal[k] += self.leak_inverse[i]
                x[k] += (self.leak_loss[i] + self.elevation[k]) * self.leak_inverse[i] - self.leak_flow[i]

    cdef double _new_flows(self, State s, double relax, Sums *sums) noexcept nogil:
        """Flows that go with the new heads; the sum of changes over the sum of flows."""
        cdef int k
        cdef double dq
        sums.flows = sums.changes = sums.largest = 0.0
        flow_pass(self.n_pipes, &self.tail[0], &self.head[0], &self.P[0], &self.Y[0], s.heads, relax, s.flow,
                  &self.change[0])
        for k in range(self.n_pipes, self.n_links):
            dq = (self.Y[k] - self.P[k] * (s.heads[self.tail[k]] - s.heads[self.head[k]])) * relax
            if self.pump_kind[k - self.n_pipes] == CONSTANT_POWER and dq > s.flow[k]:
                dq = s.flow[k] / 2.0
            s.flow[k] -= dq
            self.change[k] = dq
        add_sums(self.n_links, s.flow, &self.change[0], sums)
        if self.n_driven:
            # the links' changes are in the sums already: their room is free
            new_demands(self.n_driven, &self.driven[0], &self.driven_floor[0], &self.driven_full[0],
                        &self.driven_inverse[0], &self.driven_loss[0], s.heads, relax, &self.driven_flow[0],
                        &self.x[0])
            add_sums(self.n_driven, &self.driven_flow[0], &self.x[0], sums)
        self._new_outlets(s, self.n_emitters, &self.emitter_node[0], &self.emitter_inverse[0], &self.emitter_loss[0],
                          relax, s.emitted, sums)
        self._new_outlets(s, self.n_leaks, &self.leak_node[0], &self.leak_inverse[0], &self.leak_loss[0],
                          relax, &self.leak_flow[0], sums)
        return sums.changes / sums.flows if sums.flows > self.accuracy else sums.changes

    cdef void _new_outlets(self, State s, int count, const int *node, const double *inverse, const double *loss,
                           double relax, double *q, Sums *sums) noexcept nogil:
        cdef int i
        for i in range(count):
            self.x[i] = (loss[i] - (s.heads[node[i]] - self.elevation[node[i]])) * inverse[i] * relax
            q[i] -= self.x[i]
        add_sums(count, q, &self.x[0], sums)

    cdef bint _is_at_rest(self, State s, Sums *sums) noexcept nogil:
        """The further tests of convergence: head errors, largest change, demands against their pressures."""
        cdef int k, i
        cdef double r, q
        if self.flow_change > 0.0 and sums.largest > self.flow_change:
            return False
        if self.head_error > 0.0:
            self._coefficients(s)
            for k in range(self.n_links):
                r = s.heads[self.tail[k]] - s.heads[self.head[k]] - self.Y[k] / self.P[k]
                if not s.shut[k] and fabs(r) > self.head_error:
                    return False
        for i in range(self.n_driven):
            k = self.driven[i]
            r = (s.heads[k] - self.driven_floor[i]) / self.pressure_range
            if r <= 0.0:
                q = 0.0
            elif r >= 1.0:
                q = 1.0
            elif self.demand_n == 2.0:
                q = sqrt(r)
            else:
                q = scalar_power(r, self.pressure_exponent)
            if fabs(q * self.driven_full[i] - self.driven_flow[i]) > FLOW_TOLERANCE and not s.dry[k]:
                return False
        return True

    # Statuses --------------------------------------------------------------------------------------------------------

    cdef bint _link_statuses(self, State s) noexcept nogil:
        """New statuses of check valves, pumps and links at tanks; whether any changed."""
        cdef int w, k
        cdef int status
        cdef double dh
        cdef bint changed = False
        for w in range(self.n_watched):
            k = self.watched[w]
            if s.held[k]:
                continue
            status = s.status[k]
            dh = s.heads[self.tail[k]] - s.heads[self.head[k]]
            if status < CLOSED:
                s.status[k] = OPEN
            if self.kind[k] == CHECK_VALVE:
                s.status[k] = _valve_status(s.status[k], dh, s.flow[k])
            elif self.kind[k] == PUMP and s.status[k] == OPEN and s.setting[k] > 0.0:
                if -dh > s.setting[k] * s.setting[k] * self.pump_hmax[k - self.n_pipes] + HEAD_TOLERANCE:
                    s.status[k] = CANNOT_DELIVER
            self._tank_status(s, k)
            changed = changed or s.status[k] != status
        return changed

    cdef void _tank_status(self, State s, int k) noexcept nogil:
        """Shut a link that would fill a full tank or drain an empty one."""
        cdef int i = self.tail[k], j = self.head[k], t
        cdef double q = s.flow[k], h
        cdef bint from_tank = i >= self.n_junctions
        if s.status[k] <= CLOSED:
            return
        if not from_tank:
            i, j, q = j, i, -q
        t = i - self.n_junctions
        if t < 0 or self.area[t] == 0.0:
            return
        h = s.heads[i] - s.heads[j]
        if s.heads[i] >= self.highest[t] - HEAD_TOLERANCE and not self.may_overflow[t]:
            if self.kind[k] == PUMP:
                if not from_tank:
                    s.status[k] = TANK_SHUT
            elif _valve_status(OPEN, h, q) == CLOSED:
                s.status[k] = TANK_SHUT
        if s.heads[i] <= self.lowest[t] + HEAD_TOLERANCE:
            if self.kind[k] == PUMP:
                if from_tank:
                    s.status[k] = TANK_SHUT
            elif _valve_status(CLOSED, h, q) == OPEN:
                s.status[k] = TANK_SHUT

    # Time ------------------------------------------------------------------------------------------------------------

    cdef void _sum_inflows(self, State s) noexcept nogil:
        cdef int t, b, k
        for t in range(self.n_fixed):
            s.inflow[t] = 0.0
            for b in range(self.beside_first[self.n_junctions + t], self.beside_first[self.n_junctions + t + 1]):
                k = self.beside_link[b]
                if not s.shut[k]:
                    s.inflow[t] += -s.flow[k] if self.tail[k] == self.n_junctions + t else s.flow[k]

    cdef double _next_event(self, State s) noexcept nogil:
        """The whole second of the next pattern period, report, full or empty tank, control, at most a step away."""
        cdef double now = s.clock.solved, best = floor(now) + self.hydraulic_step
        best = _sooner(now, best, (floor((now + self.pattern_start) / self.pattern_step) + 1.0) * self.pattern_step
                       - self.pattern_start)
        best = _sooner(now, best, (floor(now / self.report_step) + 1.0) * self.report_step)
        best = self._next_full_tank(s, best)
        return self._next_control(s, best)

    cdef double _next_full_tank(self, State s, double best) noexcept nogil:
        cdef int t
        cdef double q, h
        for t in range(self.n_fixed):
            q, h = s.inflow[t], s.heads[self.n_junctions + t]
            if self.area[t] == 0.0 or fabs(q) <= NO_FLOW:
                continue
            if q > 0.0 and h < self.highest[t]:
                best = _sooner(s.clock.solved, best, _arrival(s.clock.solved, (self.most_volume[t] - s.volume[t]) / q))
            elif q < 0.0 and h > self.lowest[t]:
                best = _sooner(s.clock.solved, best, _arrival(s.clock.solved, (self.least_volume[t] - s.volume[t]) / q))
        return best

    cdef double _next_control(self, State s, double best) noexcept nogil:
        cdef int c, k
        cdef double now = s.clock.solved, when
        for c in range(self.control_link.shape[0]):
            when = self._control_time(s, c)
            k = self.control_link[c]
            if when > now and when < best and (
                s.status[k] != self.control_status[c]
                or (self.kind[k] == PUMP and not isnan(self.control_setting[c])
                    and s.setting[k] != self.control_setting[c])
            ):
                best = when
        return best

    cdef double _control_time(self, State s, int c) noexcept nogil:
        """When a control may fire next, as it looks now; not after now if it cannot be told."""
        cdef double now = s.clock.solved, limit = self.control_head[c], when, q, h
        cdef int t
        if self.control_kind[c] == TIMER:
            return self.control_time[c]
        if self.control_kind[c] == TIME_OF_DAY:
            when = floor((now + self.start_clock) / DAY) * DAY - self.start_clock + self.control_time[c]
            return when if when >= now else when + DAY
        t = self.control_node[c] - self.n_junctions
        if t < 0 or self.area[t] == 0.0 or fabs(s.inflow[t]) <= NO_FLOW:
            return now
        q, h = s.inflow[t], s.heads[self.control_node[c]]
        if (q > 0.0 and h < limit and self.control_kind[c] == HIGH_LEVEL) or (
            q < 0.0 and h > limit and self.control_kind[c] == LOW_LEVEL
        ):
            return _arrival(now, (self._volume(t, limit) - s.volume[t]) / q)
        return now

    # Whole runs ------------------------------------------------------------------------------------------------------

    cdef double _customer_hours(self, State s, const double *people, double threshold, double now,
                                double until) noexcept nogil:
        cdef double total = 0.0, rate, end
        cdef int i, k
        while True:
            end = min(s.clock.next, until)
            rate = 0.0
            for i in range(self.n_nodes):
                k = self.inner[i]
                if k < self.n_junctions and s.required[k] > 0.0:
                    if s.dry[k] or self._delivered(s, k) < threshold * s.required[k]:
                        rate += people[i]
            total += rate * (end - now)
            now = end
            if now >= until:
                return total / 3600.0
            self._solve(s, now)

    def run(self, double duration_s, *, bint record=True):
        """An extended-period run from the start, a row at each of EPANET's event times; all of it outside Python."""
        cdef State s = self.start()
        cdef Rows rows = Rows(self, 64, record)
        cdef bint done = False
        if not 0.0 <= duration_s < 1.0e15:
            raise ValueError(f"duration_s is {duration_s}: must be finite and not negative")
        while not done:
            with nogil:
                done = self._run_on(s, rows, duration_s)
            if not done:
                rows.grow()
        return rows.columns()

    cdef bint _run_on(self, State s, Rows rows, double duration) noexcept nogil:
        # Until the end (True) or until the rows are full.
        while rows.used < rows.room:
            self._solve(s, s.clock.next)
            rows.take(s)
            if s.clock.solved >= duration or (self.extra_trials < 0 and not s.clock.balanced):
                return True
        return False

    # Reading ---------------------------------------------------------------------------------------------------------

    cdef double _delivered(self, State s, int k) noexcept nogil:
        """What the consumers of a junction get, without the barriers' small change."""
        if not self.pressure_driven or s.required[k] <= 0.0:
            return s.required[k]
        if s.dry[k]:
            return 0.0
        return min(max(s.given[k], 0.0), s.required[k])

    cdef void _read_heads(self, State s, double at, double *out) noexcept nogil:
        cdef int i, k
        for i in range(self.n_nodes):
            k = self.inner[i]
            out[i] = s.heads[k] * FOOT
            if k >= self.n_junctions and self.area[k - self.n_junctions] > 0.0 and at > s.clock.solved:
                out[i] = self._grade(k - self.n_junctions, self._filled(s, k - self.n_junctions, at)) * FOOT

    cdef void _read_outflows(self, State s, double *out) noexcept nogil:
        cdef int i, k
        for i in range(self.n_nodes):
            k = self.inner[i]
            if k >= self.n_junctions:
                out[i] = s.inflow[k - self.n_junctions] * CUBIC_FOOT
            else:
                out[i] = (self._delivered(s, k) + (0.0 if s.dry[k] else max(s.leaked[k], 0.0))) * CUBIC_FOOT
        for i in range(self.n_emitters):
            k = self.emitter_node[i]
            if not s.dry[k]:
                out[self.outer[k]] += s.emitted[i] * CUBIC_FOOT

    cdef void _read_flows(self, State s, double *out) noexcept nogil:
        cdef int i, k
        for i in range(self.n_links):
            k = self.place_of[i]
            out[i] = 0.0 if s.shut[k] else s.flow[k] * CUBIC_FOOT


cdef class Rows:
    """The rows of a run, in arrays that grow."""

    cdef Solver solver
    cdef bint record
    cdef int used, room
    cdef dict arrays
    cdef double[::1] time
    cdef int[::1] iterations
    cdef signed char[::1] balanced
    cdef double[:, ::1] head, outflow, flow
    cdef signed char[:, ::1] is_open, dry

    def __init__(self, Solver solver not None, int room, bint record):
        self.solver, self.used, self.room, self.record = solver, 0, room, record
        n, m = solver.n_nodes * record, solver.n_links * record
        self.arrays = {
            "time_s": np.empty(room), "iterations": np.empty(room, np.int32), "balanced": np.empty(room, np.int8),
            "head_m": np.empty((room, n)), "outflow_m3s": np.empty((room, n)), "flow_m3s": np.empty((room, m)),
            "is_open": np.empty((room, m), np.int8), "unsupplied": np.empty((room, n), np.int8),
        }
        self._view()

    def _view(self):
        a = self.arrays
        self.time, self.iterations, self.balanced = a["time_s"], a["iterations"], a["balanced"]
        self.head, self.outflow, self.flow = a["head_m"], a["outflow_m3s"], a["flow_m3s"]
        self.is_open, self.dry = a["is_open"], a["unsupplied"]

    def grow(self):
        """Twice the room."""
        self.arrays = {name: np.concatenate([a, np.empty_like(a)]) for name, a in self.arrays.items()}
        self.room *= 2
        self._view()

    cdef void take(self, State s) noexcept nogil:
        """Append what a state holds."""
        cdef int r = self.used, i
        self.time[r], self.iterations[r], self.balanced[r] = s.clock.solved, s.clock.iterations, s.clock.balanced
        self.used += 1
        if not self.record:
            return
        self.solver._read_heads(s, s.clock.solved, &self.head[r, 0])
        self.solver._read_outflows(s, &self.outflow[r, 0])
        self.solver._read_flows(s, &self.flow[r, 0])
        for i in range(self.solver.n_links):
            self.is_open[r, i] = not s.shut[self.solver.place_of[i]]
        for i in range(self.solver.n_nodes):
            self.dry[r, i] = s.dry[self.solver.inner[i]]

    def columns(self):
        """The rows taken, by name."""
        names = list(self.arrays) if self.record else ["time_s", "iterations", "balanced"]
        out = {name: self.arrays[name][:self.used] for name in names}
        return {name: a.astype(np.bool_) if a.dtype == np.int8 else a for name, a in out.items()}


cdef int _valve_status(int status, double dh, double q) noexcept nogil:
    """New status of a check valve."""
    if q < -FLOW_TOLERANCE or dh < -HEAD_TOLERANCE:
        return CLOSED
    return OPEN if dh > HEAD_TOLERANCE else status


cdef double _interpolated(int n, const double *x, const double *y, double at) noexcept nogil:
    """y at x, linear between the points and constant beyond them."""
    cdef int k
    if at <= x[0]:
        return y[0]
    for k in range(1, n):
        if x[k] >= at:
            return y[k] - (x[k] - at) * (y[k] - y[k - 1]) / (x[k] - x[k - 1])
    return y[n - 1]


cdef double _sooner(double now, double best, double when) noexcept nogil:
    return when if now < when < best else best


cdef double _arrival(double now, double after) noexcept nogil:
    """The whole second nearest to a time after now."""
    cdef double whole = floor(now)
    return whole + floor(min(after, 1.0e12) + (now - whole) + 0.5)


def _ints(n):
    return np.zeros(n, np.int32)


# What the shell checks ------------------------------------------------------------------------------------------------

_NODE_FLOATS = ("elevation_m", "emitter", "tank_initial_m", "tank_minimum_m", "tank_maximum_m", "tank_area_m2",
                "tank_minimum_volume_m3")
_LINK_FLOATS = ("length_m", "diameter_m", "roughness", "minor_loss", "speed")
_POWER_FUNCTION_FLOATS = ("pump_h0_m", "pump_r", "pump_n", "pump_qmax_m3s")
_POSITIVE_OPTIONS = ("accuracy", "trials", "check_frequency", "emitter_exponent", "pressure_exponent",
                     "hydraulic_step_s", "pattern_step_s", "report_step_s")
_OTHER_OPTIONS = ("formula", "viscosity_m2_s", "extra_trials", "max_check", "damp_limit", "head_error_m",
                  "flow_change_m3s", "demand_multiplier", "emitter_backflow", "pressure_driven", "minimum_pressure_m",
                  "required_pressure_m", "pattern_start_s", "start_clock_s")


def _checked(given):
    """The arguments as arrays of the right kind; ValueError where one does not fit."""
    a = {}
    nodes, links = len(given["node_kind"]), len(given["tail"])
    _floats(a, given, nodes, _NODE_FLOATS)
    _floats(a, given, links, _LINK_FLOATS)
    _floats(a, given, len(given["demand_node"]), ("demand_base_m3s",))
    _floats(a, given, len(given["control_link"]), ("control_head_m", "control_time_s"))
    a["control_setting"] = _array(given, "control_setting", np.float64, len(given["control_link"]))
    for name, size in (("pattern_factor", None), ("curve_x", None), ("curve_y", None)):
        _floats(a, given, len(given[name]), (name,))
    for name, size in (("tank_can_overflow", nodes), ("is_open", links), ("control_is_open", len(a["control_setting"]))):
        a[name] = _array(given, name, np.bool_, size)
    _check_ids(a, given, nodes, links)
    _check_kinds(a, given, nodes, links)
    _check_options(a, given)
    _check_values(a)
    _check_pumps(a, given, links)
    unknown = sorted(set(given) - set(a))
    if unknown:
        raise TypeError(f"unexpected arguments: {', '.join(unknown)}")
    return a


def _array(given, name, dtype, size):
    values = np.ascontiguousarray(given[name])
    if values.shape != (size,):
        raise ValueError(f"{name} has the shape {values.shape}: must be ({size},)")
    return values.astype(dtype)


def _floats(a, given, size, names):
    for name in names:
        a[name] = _array(given, name, np.float64, size)
        _all(np.isfinite(a[name]), a, name, "must be finite")


def _all(fits, a, name, must):
    if not np.all(fits):
        i = int(np.argmin(fits))
        raise ValueError(f"{name}[{i}] is {a[name][i]}: {must}")


def _check_ids(a, given, nodes, links):
    for of, names in (("pattern", ("factor",)), ("curve", ("x", "y"))):
        name = f"{of}_first"
        a[name] = np.ascontiguousarray(given[name]).astype(np.int32)
        for column in names:
            ends = a[name][[0, -1]].tolist() if len(a[name]) else None
            if ends != [0, len(a[f"{of}_{column}"])]:
                raise ValueError(f"{name} must run from 0 to the length of {of}_{column}")
        _all(np.diff(a[name]) > 0, a, name, f"every {of} must have an entry")
    patterns, curves = len(a["pattern_first"]) - 1, len(a["curve_first"]) - 1
    for name, size, low, high in (
        ("tail", links, 0, nodes), ("head", links, 0, nodes),
        ("demand_node", len(a["demand_base_m3s"]), 0, nodes),
        ("demand_pattern", len(a["demand_base_m3s"]), -1, patterns),
        ("head_pattern", nodes, -1, patterns), ("tank_curve", nodes, -1, curves),
        ("pump_curve", links, -1, curves), ("pump_pattern", links, -1, patterns),
        ("control_link", len(a["control_setting"]), 0, links), ("control_node", len(a["control_setting"]), -1, nodes),
    ):
        a[name] = _array(given, name, np.int32, size)
        _all((a[name] >= low) & (a[name] < high), a, name, f"must be in [{low}, {high})")


def _check_kinds(a, given, nodes, links):
    for name, size, count in (("node_kind", nodes, 3), ("link_kind", links, 3), ("pump_kind", links, 3),
                              ("control_kind", len(a["control_setting"]), 4)):
        a[name] = _array(given, name, np.int8, size)
        if name != "pump_kind":
            _all((a[name] >= 0) & (a[name] < count), a, name, f"must be in [0, {count})")
    _all(a["tail"] != a["head"], a, "tail", "a link must join two nodes")
    _all(a["node_kind"][a["demand_node"]] == JUNCTION, a, "demand_node", "only junctions have demands")
    if not np.any(a["node_kind"] != JUNCTION):
        raise ValueError("node_kind has no reservoir and no tank")


def _check_options(a, given):
    for name in _POSITIVE_OPTIONS + _OTHER_OPTIONS:
        a[name] = given[name]
        if not np.isfinite(a[name]) or (name in _POSITIVE_OPTIONS and a[name] <= 0):
            raise ValueError(f"{name} is {a[name]}: must be finite{' and above 0' * (name in _POSITIVE_OPTIONS)}")
    if a["formula"] not in (HAZEN_WILLIAMS, DARCY_WEISBACH, CHEZY_MANNING):
        raise ValueError(f"formula is {a['formula']}: must be 0, 1 or 2")
    if a["required_pressure_m"] <= a["minimum_pressure_m"]:
        raise ValueError(f"required_pressure_m is {a['required_pressure_m']}: must be above minimum_pressure_m")


def _check_values(a):
    tank, pump = a["node_kind"] == TANK, a["link_kind"] == PUMP
    least_roughness = a["roughness"] >= 0.0 if a["formula"] == DARCY_WEISBACH else a["roughness"] > 0.0
    for name in ("length_m", "diameter_m"):
        _all(pump | (a[name] > 0.0), a, name, "must be above 0")
    _all(pump | least_roughness, a, "roughness", "must be above 0")
    _all(a["minor_loss"] >= 0.0, a, "minor_loss", "must not be negative")
    _all(a["speed"] >= 0.0, a, "speed", "must not be negative")
    _all(a["emitter"] >= 0.0, a, "emitter", "must not be negative")
    _all(~tank | (a["tank_curve"] >= 0) | (a["tank_area_m2"] > 0.0), a, "tank_area_m2", "must be above 0")
    _all(~tank | (a["tank_maximum_m"] >= a["tank_minimum_m"]), a, "tank_maximum_m", "must not be below the minimum")
    for c in range(len(a["curve_first"]) - 1):
        rises = np.diff(a["curve_x"][a["curve_first"][c]:a["curve_first"][c + 1]]) > 0.0
        if not np.all(rises):
            raise ValueError(f"curve {c} must rise in x")


def _check_pumps(a, given, links):
    pump = a["link_kind"] == PUMP
    _all(~pump | (a["pump_kind"] >= 0) & (a["pump_kind"] < 3), a, "pump_kind", "must be in [0, 3)")
    for kind, names in ((POWER_FUNCTION, _POWER_FUNCTION_FLOATS), (CONSTANT_POWER, ("pump_power_w",))):
        means_it = pump & (a["pump_kind"] == kind)
        for name in names:  # elsewhere whatever stands there counts for nothing
            a[name] = np.where(means_it, _array(given, name, np.float64, links), 1.0)
            _all((a[name] > 0.0) & np.isfinite(a[name]), a, name, "must be finite and above 0")
    sizes = np.append(np.diff(a["curve_first"]), 0)[a["pump_curve"]]
    _all(~pump | (a["pump_kind"] != CUSTOM) | (sizes >= 2), a, "pump_curve", "a custom pump's curve needs two points")
