"""Hydraulics of a pressurised pipe network: the Global Gradient Algorithm (Todini & Pilati 1988) as in EPANET 2.3.

Inside, everything is in feet and cubic feet per second, because EPANET's tolerances and small and big coefficients are;
the face is SI. What EPANET has and this has not: control valves, rules, leakage along pipes, energy and quality.

A link that is closed keeps its place in the matrix with a conductance of 1e-8. A fixed demand at a junction that no
open link joins to a fixed head is fed from its elevation by a conductance of 1e-3 (where EPANET presses it through the
closed links): the head there means nothing, and the rest of the network does not feel it.
"""

from libc.math cimport fabs, sqrt
from libc.string cimport memcpy, memset

from cext.pipes_state cimport Moving
from cext.pipes_tables cimport (
    CANNOT_DELIVER, CHECK_VALVE, CLOSED, CONSTANT_POWER, CUSTOM, DARCY_WEISBACH, OPEN, PUMP, TANK_SHUT, Tables,
)

import numpy as np

cdef extern from "powers.h" nogil:
    double scalar_power(double x, double a)


cdef extern from "pipes_passes.h" nogil:
    ctypedef struct Sums:
        double flows
        double changes
        double largest
    void power_law_pass(int, const double *, const double *, const double *, double, double, double *, double *)
    void darcy_pass(int, const double *, const double *, const double *, const double *, const double *, double *,
                    double *)
    void assemble(int, const int *, const int *, const int *, const double *, const double *, const double *, double *,
                  double *)
    void demand_pass(int, const double *, const double *, double, double, double *, double *)
    void outlet_pass(int, const double *, const double *, double, double, int, double *, double *)
    void flow_pass(int, const int *, const int *, const double *, const double *, const double *, double, double *,
                   double *)
    void new_demands(int, const int *, const double *, const double *, const double *, const double *, const double *,
                     double, double *, double *)
    void add_sums(int, const double *, const double *, Sums *)

cdef double FOOT = 0.3048           # m
cdef double CUBIC_FOOT = 0.028317   # m3, as EPANET rounds it
cdef double HEAD_TOLERANCE = 0.0005  # ft
cdef double FLOW_TOLERANCE = 1.0e-4  # cfs
cdef double LEAST_GRADIENT = 1.0e-7  # ft / cfs, of a head loss
cdef double BIG = 1.0e8
cdef double SMALL = 1.0e-6
cdef double GROUND = 1.0e-3         # cfs / ft, at a fixed demand that nothing supplies
cdef double DISCHARGE = 0.75        # of an orifice in a pipe's wall
cdef double GRAVITY = 9.81          # m / s2


cdef class Solver(Tables):
    """What does not move (the tables), and the work space of a solve."""

    cdef double[::1] P, Y, change, x
    cdef int[::1] closed, ground, queue
    cdef int n_closed, n_ground, n_driven, n_leaks
    cdef int[::1] driven, leak_node
    cdef double[::1] driven_flow, driven_full, driven_floor, driven_inverse, driven_loss
    cdef double[::1] emitter_inverse, emitter_loss, leak_flow, leak_ke, leak_inverse, leak_loss

    def __init__(self, **given):
        """ValueError, naming the argument and the element, where shapes, ids or values do not fit."""
        Tables.__init__(self, given)
        self._make_room()

    def _make_room(self):
        n, m, j = self.n_nodes, self.n_links, self.n_junctions
        self.P, self.Y, self.change = np.zeros(m + 1), np.zeros(m + 1), np.zeros(m + 1)
        self.x = np.zeros(n + 1)
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
        s.begin()
        return s

    def resume(self, const unsigned char[::1] data not None):
        """A state from its ``to_bytes()``, which goes on with the same bits."""
        cdef State s = State(self)
        if data.shape[0] != <Py_ssize_t> s.size:
            raise ValueError(f"data has {data.shape[0]} bytes: a state of this network has {s.size}")
        memcpy(s.block, &data[0], s.size)
        return s

    # Who is shut and who is dry --------------------------------------------------------------------------------------

    cdef void _look(self, Moving s) noexcept nogil:
        """List the closed pipes, and the fixed demands that nothing supplies; flood anew only where a link changed."""
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
                if s.dry[i] and (s.required[i] < 0.0 or (s.required[i] > 0.0 and not self.pressure_driven)):
                    self.ground[self.n_ground] = i
                    self.n_ground += 1

    cdef void _flood(self, Moving s) noexcept nogil:
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

    cdef void solve_at(self, Moving s, double at) noexcept nogil:
        """All that happens at an instant: tanks, demands, controls, hydraulics, next event."""
        s.fill(at)
        s.ask(at)
        s.control(at)
        self._gather(s)
        self._balance(s)
        self._scatter(s)
        s.sum_inflows()
        s.clock.solves += 1
        s.clock.next = s.next_event()

    cdef void _gather(self, Moving s) noexcept nogil:
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

    cdef void _scatter(self, Moving s) noexcept nogil:
        cdef int i
        for i in range(self.n_driven):
            s.given[self.driven[i]] = self.driven_flow[i]
        for i in range(self.n_leaks):
            s.leaked[self.leak_node[i]] = self.leak_flow[i]

    cdef void _balance(self, Moving s) noexcept nogil:
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
                changed = s.pressure_controls() or changed
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

    cdef void _coefficients(self, Moving s) noexcept nogil:
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

    cdef void _pump(self, Moving s, int k) noexcept nogil:
        cdef int p = k - self.n_pipes
        cdef double q = fabs(s.flow[k]), speed = s.setting[k], n = self.pump_n[p]
        cdef double gradient, loss, h0, r
        if s.shut[k] or speed == 0.0:
            self.P[k], self.Y[k] = 1.0 / BIG, s.flow[k]
            return
        if self.pump_kind[p] == CUSTOM:
            self.curve_line(self.pump_curve[p], q / speed, &h0, &r)
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

    cdef void _assemble(self, Moving s) noexcept nogil:
        """A H = F: the links, what leaves at nodes, and the heads that are given."""
        cdef int i, k
        cdef double *x = &self.x[0]
        cdef double *excess = &self.matrix.excess[0]
        memset(excess, 0, self.n_junctions * sizeof(double))
        memset(&self.matrix.lower[0], 0, (self.matrix.n_lower + 1) * sizeof(double))
        memset(x, 0, self.n_nodes * sizeof(double))
        assemble(self.n_links, &self.tail[0], &self.head[0], &self.place[0], &self.P[0], &self.Y[0], s.flow,
                 &self.matrix.lower[0], x)
        for i in range(self.fixed_link.shape[0]):
            k = self.fixed_to[i]
            excess[k] += self.P[self.fixed_link[i]]
            x[k] += self.P[self.fixed_link[i]] * s.heads[self.fixed_from[i]]
        self._assemble_outlets(s, excess, x)
        for i in range(self.n_ground):
            k = self.ground[i]
            excess[k] += GROUND
            x[k] += GROUND * self.elevation[k]

    cdef void _assemble_outlets(self, Moving s, double *excess, double *x) noexcept nogil:
        cdef int i, k
        if self.pressure_driven:
            for i in range(self.n_junctions):  # inflows, and nodes without demand
                if not s.required[i] > 0.0:
                    x[i] -= s.required[i]
            demand_pass(self.n_driven, &self.driven_flow[0], &self.driven_full[0], self.pressure_range, self.demand_n,
                        &self.driven_inverse[0], &self.driven_loss[0])
            for i in range(self.n_driven):
                k = self.driven[i]
                excess[k] += self.driven_inverse[i]
                x[k] += (self.driven_loss[i] + self.driven_floor[i]) * self.driven_inverse[i] - self.driven_flow[i]
        else:
            for i in range(self.n_junctions):
                x[i] -= s.required[i]
        if self.n_emitters:
            outlet_pass(self.n_emitters, s.emitted, &self.emitter_ke[0], self.emitter_n, LEAST_GRADIENT, self.backflow,
                        &self.emitter_inverse[0], &self.emitter_loss[0])
            for i in range(self.n_emitters):
                k = self.emitter_node[i]
                excess[k] += self.emitter_inverse[i]
                x[k] += (self.emitter_loss[i] + self.elevation[k]) * self.emitter_inverse[i] - s.emitted[i]
        if self.n_leaks:
            outlet_pass(self.n_leaks, &self.leak_flow[0], &self.leak_ke[0], 2.0, LEAST_GRADIENT, False,
                        &self.leak_inverse[0], &self.leak_loss[0])
            for i in range(self.n_leaks):
                k = self.leak_node[i]
                excess[k] += self.leak_inverse[i]
                x[k] += (self.leak_loss[i] + self.elevation[k]) * self.leak_inverse[i] - self.leak_flow[i]

    cdef double _new_flows(self, Moving s, double relax, Sums *sums) noexcept nogil:
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

    cdef void _new_outlets(self, Moving s, int count, const int *node, const double *inverse, const double *loss,
                           double relax, double *q, Sums *sums) noexcept nogil:
        cdef int i
        for i in range(count):
            self.x[i] = (loss[i] - (s.heads[node[i]] - self.elevation[node[i]])) * inverse[i] * relax
            q[i] -= self.x[i]
        add_sums(count, q, &self.x[0], sums)

    cdef bint _is_at_rest(self, Moving s, Sums *sums) noexcept nogil:
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

    cdef bint _link_statuses(self, Moving s) noexcept nogil:
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

    cdef void _tank_status(self, Moving s, int k) noexcept nogil:
        """Shut a link that would fill a full tank or drain an empty one, by the sign of the head difference alone."""
        cdef bint from_tank = self.tail[k] >= self.n_junctions
        cdef int i = self.tail[k] if from_tank else self.head[k]
        cdef int t = i - self.n_junctions
        cdef double drop
        cdef bint is_pump = self.kind[k] == PUMP
        if s.status[k] <= CLOSED or t < 0 or self.area[t] == 0.0:
            return
        drop = s.heads[i] - s.heads[self.head[k] if from_tank else self.tail[k]]
        if s.heads[i] >= self.highest[t] and not self.may_overflow[t]:
            if (is_pump and not from_tank) or (not is_pump and drop < 0.0):
                s.status[k] = TANK_SHUT
        if s.heads[i] <= self.lowest[t]:
            if (is_pump and from_tank) or (not is_pump and drop > 0.0):
                s.status[k] = TANK_SHUT

    # Whole runs ------------------------------------------------------------------------------------------------------

    cdef double customer_hours(self, Moving s, const double *people, double threshold, double now,
                               double until) noexcept nogil:
        cdef double total = 0.0, rate, end
        cdef int i, k
        while True:
            end = min(s.clock.next, until)
            rate = 0.0
            for i in range(self.n_nodes):
                k = self.inner[i]
                if k < self.n_junctions and s.required[k] > 0.0:
                    if s.dry[k] or s.delivered(k) < threshold * s.required[k]:
                        rate += people[i]
            total += rate * (end - now)
            now = end
            if now >= until:
                return total / 3600.0
            self.solve_at(s, now)

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
            self.solve_at(s, s.clock.next)
            rows.take(s)
            if s.clock.solved >= duration or (self.extra_trials < 0 and not s.clock.balanced):
                return True
        return False


cdef int _valve_status(int status, double dh, double q) noexcept nogil:
    """New status of a check valve."""
    if q < -FLOW_TOLERANCE or dh < -HEAD_TOLERANCE:
        return CLOSED
    return OPEN if dh > HEAD_TOLERANCE else status


cdef class State(Moving):
    """What moves: the flows, statuses, settings, tank volumes and times of the last solve."""

    cdef Solver solver

    def __init__(self, Solver solver not None):
        self.solver = solver

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
            self.solver.solve_at(self, at_s)

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
        self.command(k, OPEN if is_open else CLOSED, speed)

    def set_tank_level(self, int node, double level_m, double at_s):
        """Fill the tanks up to ``at_s``, then put this one at a level (m above its elevation)."""
        cdef Solver p = self.solver
        cdef int t
        cdef double grade
        if not 0 <= node < p.n_nodes or p.inner[node] < p.n_junctions or p.area[p.inner[node] - p.n_junctions] == 0.0:
            raise ValueError(f"node {node} is no tank")
        self._check_time(at_s)
        t = p.inner[node] - p.n_junctions
        grade = level_m / FOOT + p.elevation[t + p.n_junctions]
        if not p.lowest[t] - HEAD_TOLERANCE <= grade <= p.highest[t] + HEAD_TOLERANCE:
            raise ValueError(f"level_m of tank {node} is {level_m}: outside its minimum and maximum")
        self.fill(at_s)
        self.volume[t] = min(max(p.volume(t, grade), p.least_volume[t]), p.most_volume[t])
        self.heads[t + p.n_junctions] = p.grade(t, self.volume[t])

    def customer_hours(self, const double[::1] people, double threshold, *, double from_s, double until_s):
        """Solve on to ``until_s``; people x hours, over junctions, with delivered / demand below the threshold."""
        cdef double hours = 0.0
        if people.shape[0] != self.solver.n_nodes:
            raise ValueError(f"people has {people.shape[0]} entries: must have one for each of {self.solver.n_nodes}")
        self._check_time(from_s)
        if not from_s <= until_s < 1.0e15:
            raise ValueError(f"until_s is {until_s}: must be finite and not before {from_s}")
        with nogil:
            hours = self.solver.customer_hours(self, &people[0], threshold, from_s, until_s)
        return hours

    def head_m(self, double at_s):
        """Heads, float64 (n_nodes,); tanks as they are at ``at_s``."""
        self._check_time(at_s)
        out = np.empty(self.solver.n_nodes)
        cdef double[::1] to = out
        self.read_heads(at_s, &to[0])
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
                to[i] = (p.grade(t, self.filled(t, at_s)) - p.elevation[p.inner[i]]) * FOOT
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
                to[i] = self.delivered(k) * CUBIC_FOOT
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
        self.read_outflows(&to[0])
        return out

    def flow_m3s(self):
        """From tail to head, float64 (n_links,); 0 in closed links."""
        out = np.empty(self.solver.n_links)
        cdef double[::1] to = out
        if self.solver.n_links:
            self.read_flows(&to[0])
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
        s.read_heads(s.clock.solved, &self.head[r, 0])
        s.read_outflows(&self.outflow[r, 0])
        s.read_flows(&self.flow[r, 0])
        for i in range(self.solver.n_links):
            self.is_open[r, i] = not s.shut[self.solver.place_of[i]]
        for i in range(self.solver.n_nodes):
            self.dry[r, i] = s.dry[self.solver.inner[i]]

    def columns(self):
        """The rows taken, by name."""
        names = list(self.arrays) if self.record else ["time_s", "iterations", "balanced"]
        out = {name: self.arrays[name][:self.used] for name in names}
        return {name: a.astype(np.bool_) if a.dtype == np.int8 else a for name, a in out.items()}


def _ints(n):
    return np.zeros(n, np.int32)
