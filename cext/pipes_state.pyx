"""What moves in a pipe network, in one block of memory, and what happens between solves.

Tanks that fill, demands by their patterns, controls, and when the next event is due: EPANET's order and its whole
seconds. Heads and flows are found in ``pipes``.
"""

from libc.math cimport fabs, floor, isnan
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from cext.pipes_tables cimport CLOSED, CONSTANT_POWER, HIGH_LEVEL, LOW_LEVEL, OPEN, PUMP, TIME_OF_DAY, TIMER, Tables


cdef double FOOT = 0.3048           # m
cdef double CUBIC_FOOT = 0.028317   # m3, as EPANET rounds it
cdef double HEAD_TOLERANCE = 0.0005  # ft
cdef double NO_FLOW = 1.0e-6        # cfs
cdef double DAY = 86400.0


cdef class Moving:
    """The flows, statuses, settings, tank volumes and times of the last solve."""

    def __cinit__(self, Tables net not None):
        cdef Py_ssize_t n = net.n_nodes, m = net.n_links, j = net.n_junctions, f = n - j
        self.size = sizeof(Clock) + (n + 2 * m + 4 * j + net.n_emitters + 2 * f) * sizeof(double) + 3 * m + n
        self.block = <char *> malloc(self.size)
        if self.block == NULL:
            raise MemoryError
        memset(self.block, 0, self.size)
        self.net = net
        self.clock = <Clock *> self.block
        self.heads = <double *> (self.block + sizeof(Clock))
        self.flow = self.heads + n
        self.setting = self.flow + m
        self.required = self.setting + m
        self.given = self.required + j
        self.orifice = self.given + j
        self.leaked = self.orifice + j
        self.emitted = self.leaked + j
        self.volume = self.emitted + net.n_emitters
        self.inflow = self.volume + f
        self.status = <signed char *> (self.inflow + f)
        self.held = self.status + m
        self.shut = self.held + m
        self.dry = self.shut + m

    def __dealloc__(self):
        free(self.block)

    cdef void begin(self) noexcept nogil:
        """Put everything where the network's description has it at time 0."""
        cdef int k, t, first = self.net.n_junctions
        for k in range(self.net.n_links):
            self.status[k] = self.net.first_status[k]
            self.setting[k] = self.net.first_setting[k]
            self.flow[k] = self.net.first_flow[k]
            self.shut[k] = -1
        for k in range(self.net.n_emitters):
            self.emitted[k] = 1.0
        for k in range(first):
            self.heads[k] = self.net.elevation[k]
        for t in range(self.net.n_fixed):
            self.heads[first + t] = self.net.first_head[t]
            self.volume[t] = self.net.volume(t, self.net.first_head[t]) if self.net.area[t] > 0.0 else 0.0

    # Tanks -----------------------------------------------------------------------------------------------------------

    cdef double filled(self, int t, double at) noexcept nogil:
        """Volume of tank t at a time since the last solve.

        Full from one second before it is, but empty from one second after: with EPANET, a tank whose event comes a
        fraction of a second too soon gives until the next event, below its lowest level, and is then put back.
        """
        cdef double q = self.inflow[t], volume = self.volume[t]
        if at == self.clock.solved or fabs(q) <= NO_FLOW:  # a trickle would take a full tank off its limit
            return volume
        volume += q * (at - self.clock.solved)
        if volume + q >= self.net.most_volume[t]:
            return self.net.most_volume[t]
        if volume - q <= self.net.least_volume[t]:
            return self.net.least_volume[t]
        return volume

    cdef void fill(self, double at) noexcept nogil:
        """Move the tanks, and the clock with them."""
        cdef int t
        for t in range(self.net.n_fixed):
            if self.net.area[t] > 0.0 and at > self.clock.solved:
                self.volume[t] = self.filled(t, at)
                self.heads[self.net.n_junctions + t] = self.net.grade(t, self.volume[t])
        self.clock.solved = at

    cdef void sum_inflows(self) noexcept nogil:
        """Net inflow of every fixed head from the open links beside it."""
        cdef int t, b, k, node
        for t in range(self.net.n_fixed):
            node = self.net.n_junctions + t
            self.inflow[t] = 0.0
            for b in range(self.net.beside_first[node], self.net.beside_first[node + 1]):
                k = self.net.beside_link[b]
                if not self.shut[k]:
                    self.inflow[t] += -self.flow[k] if self.net.tail[k] == node else self.flow[k]

    # Demands and controls --------------------------------------------------------------------------------------------

    cdef void ask(self, double at) noexcept nogil:
        """Demands, reservoir heads and pump speeds by their patterns."""
        cdef int i, t, p
        cdef double period = floor((at + self.net.pattern_start) / self.net.pattern_step)
        memset(self.required, 0, self.net.n_junctions * sizeof(double))
        for i in range(self.net.n_demands):
            self.required[self.net.demand_node[i]] += (
                self.net.demand_base[i] * self.net.factor(self.net.demand_pattern[i], period)
            )
        memcpy(self.given, self.required, self.net.n_junctions * sizeof(double))
        for t in range(self.net.n_fixed):
            if self.net.area[t] == 0.0 and self.net.head_pattern[t] >= 0:
                self.heads[self.net.n_junctions + t] = (
                    self.net.first_head[t] * self.net.factor(self.net.head_pattern[t], period)
                )
        for p in range(self.net.n_links - self.net.n_pipes):
            if self.net.pump_pattern[p] >= 0:
                self.set_speed(p, self.net.factor(self.net.pump_pattern[p], period))

    cdef void set_speed(self, int pump, double speed) noexcept nogil:
        """Speed of a pump by its pattern; 0 closes it."""
        cdef int k = self.net.n_pipes + pump
        self.setting[k] = speed
        if speed > 0.0 and self.status[k] <= CLOSED:
            self.restart_pump(k)
            self.status[k] = OPEN
        elif speed == 0.0 and self.status[k] > CLOSED:
            self.status[k] = CLOSED

    cdef void restart_pump(self, int k) noexcept nogil:
        """A pump of constant power cannot start from no flow."""
        if self.net.pump_kind[k - self.net.n_pipes] == CONSTANT_POWER:
            self.flow[k] = self.net.pump_q0[k - self.net.n_pipes]

    cdef bint command(self, int k, int status, double setting) noexcept nogil:
        """Give a link the status and setting of a control; whether that changed anything."""
        cdef int before = CLOSED if self.status[k] <= CLOSED else OPEN
        cdef double target = self.setting[k] if self.net.kind[k] != PUMP or isnan(setting) else setting
        if self.net.kind[k] == PUMP and before == CLOSED and status == OPEN:
            self.restart_pump(k)
        if before == status and self.setting[k] == target:
            return False
        self.status[k] = status
        self.setting[k] = target
        return True

    cdef void control(self, double at) noexcept nogil:
        """Controls by tank level and time."""
        cdef int c
        for c in range(self.net.n_controls):
            if self.fires(c, at):
                self.command(self.net.control_link[c], self.net.control_status[c], self.net.control_setting[c])

    cdef bint fires(self, int c, double at) noexcept nogil:
        """Whether a control by tank level (to what one second moves) or by time acts now."""
        cdef int t = self.net.control_node[c] - self.net.n_junctions
        cdef double now, limit, near
        if self.net.control_kind[c] == TIMER:
            return self.net.control_time[c] == at
        if self.net.control_kind[c] == TIME_OF_DAY:
            now = at + self.net.start_clock
            return now - DAY * floor(now / DAY) == self.net.control_time[c]
        if t < 0 or self.net.area[t] == 0.0:
            return False
        near = fabs(self.inflow[t])
        now = self.net.volume(t, self.heads[self.net.control_node[c]])
        limit = self.net.volume(t, self.net.control_head[c])
        return now <= limit + near if self.net.control_kind[c] == LOW_LEVEL else now >= limit - near

    cdef bint pressure_controls(self) noexcept nogil:
        """Controls by the pressure at a junction, once the heads have converged; whether any changed a link."""
        cdef int c, k, i
        cdef bint changed = False
        for c in range(self.net.n_controls):
            i = self.net.control_node[c]
            if i < 0 or i >= self.net.n_junctions:
                continue
            if self.net.control_kind[c] == LOW_LEVEL and self.heads[i] > self.net.control_head[c] + HEAD_TOLERANCE:
                continue
            if self.net.control_kind[c] == HIGH_LEVEL and self.heads[i] < self.net.control_head[c] - HEAD_TOLERANCE:
                continue
            if self.differs(c):
                k = self.net.control_link[c]
                self.status[k] = self.net.control_status[c]
                if self.net.kind[k] == PUMP and not isnan(self.net.control_setting[c]):
                    self.setting[k] = self.net.control_setting[c]
                changed = True
        return changed

    cdef bint differs(self, int c) noexcept nogil:
        """Whether a control by pressure would change its link; of a pump only the speed counts, as in EPANET."""
        cdef int k = self.net.control_link[c]
        if self.net.kind[k] == PUMP and not isnan(self.net.control_setting[c]):
            return self.setting[k] != self.net.control_setting[c]
        return self.status[k] != self.net.control_status[c]

    # The next event --------------------------------------------------------------------------------------------------

    cdef double next_event(self) noexcept nogil:
        """The whole second of the next pattern period, report, full or empty tank, control, at most a step away."""
        cdef double now = self.clock.solved, best = floor(now) + self.net.hydraulic_step
        best = _sooner(now, best, (floor((now + self.net.pattern_start) / self.net.pattern_step) + 1.0)
                       * self.net.pattern_step - self.net.pattern_start)
        best = _sooner(now, best, (floor(now / self.net.report_step) + 1.0) * self.net.report_step)
        best = self.next_full_tank(best)
        return self.next_control(best)

    cdef double next_full_tank(self, double best) noexcept nogil:
        """When a tank is full or empty, where that comes before ``best``."""
        cdef int t
        cdef double q, h, room
        for t in range(self.net.n_fixed):
            q, h = self.inflow[t], self.heads[self.net.n_junctions + t]
            if self.net.area[t] == 0.0 or fabs(q) <= NO_FLOW:
                continue
            if q > 0.0 and h < self.net.highest[t]:
                room = self.net.most_volume[t] - self.volume[t]
            elif q < 0.0 and h > self.net.lowest[t]:
                room = self.net.least_volume[t] - self.volume[t]
            else:
                continue
            best = _sooner(self.clock.solved, best, _arrival(self.clock.solved, room / q))
        return best

    cdef double next_control(self, double best) noexcept nogil:
        """When a control changes its link, where that comes before ``best``."""
        cdef int c, k
        cdef double when, setting
        for c in range(self.net.n_controls):
            when = self.control_time(c)
            if not self.clock.solved < when < best:
                continue
            k = self.net.control_link[c]
            setting = self.net.control_setting[c]
            if self.status[k] != self.net.control_status[c] or (
                self.net.kind[k] == PUMP and not isnan(setting) and self.setting[k] != setting
            ):
                best = when
        return best

    cdef double control_time(self, int c) noexcept nogil:
        """When a control may fire next, as it looks now; not after now if it cannot be told."""
        cdef double now = self.clock.solved, limit = self.net.control_head[c], when, q, h
        cdef int t
        if self.net.control_kind[c] == TIMER:
            return self.net.control_time[c]
        if self.net.control_kind[c] == TIME_OF_DAY:
            when = (floor((now + self.net.start_clock) / DAY) * DAY - self.net.start_clock
                    + self.net.control_time[c])
            return when if when >= now else when + DAY
        t = self.net.control_node[c] - self.net.n_junctions
        if t < 0 or self.net.area[t] == 0.0 or fabs(self.inflow[t]) <= NO_FLOW:
            return now
        q, h = self.inflow[t], self.heads[self.net.control_node[c]]
        if (q > 0.0 and h < limit and self.net.control_kind[c] == HIGH_LEVEL) or (
            q < 0.0 and h > limit and self.net.control_kind[c] == LOW_LEVEL
        ):
            return _arrival(now, (self.net.volume(t, limit) - self.volume[t]) / q)
        return now

    # Reading, in SI and in the network's order -----------------------------------------------------------------------

    cdef double delivered(self, int k) noexcept nogil:
        """What the consumers of a junction get, cfs, without the barriers' small change."""
        if not self.net.pressure_driven or self.required[k] <= 0.0:
            return self.required[k]
        if self.dry[k]:
            return 0.0
        return min(max(self.given[k], 0.0), self.required[k])

    cdef void read_heads(self, double at, double *out) noexcept nogil:
        """Heads, m; tanks as they are at a time since the last solve."""
        cdef int i, k, t
        for i in range(self.net.n_nodes):
            k = self.net.inner[i]
            t = k - self.net.n_junctions
            if t >= 0 and self.net.area[t] > 0.0 and at > self.clock.solved:
                out[i] = self.net.grade(t, self.filled(t, at)) * FOOT
            else:
                out[i] = self.heads[k] * FOOT

    cdef void read_outflows(self, double *out) noexcept nogil:
        """What leaves at junctions, and flows into fixed heads, m3/s."""
        cdef int i, k
        for i in range(self.net.n_nodes):
            k = self.net.inner[i]
            if k >= self.net.n_junctions:
                out[i] = self.inflow[k - self.net.n_junctions] * CUBIC_FOOT
            else:
                out[i] = (self.delivered(k) + (0.0 if self.dry[k] else max(self.leaked[k], 0.0))) * CUBIC_FOOT
        for i in range(self.net.n_emitters):
            k = self.net.emitter_node[i]
            if not self.dry[k]:
                out[self.net.outer[k]] += self.emitted[i] * CUBIC_FOOT

    cdef void read_flows(self, double *out) noexcept nogil:
        """Flows from tail to head, m3/s; 0 in closed links."""
        cdef int i, k
        for i in range(self.net.n_links):
            k = self.net.place_of[i]
            out[i] = 0.0 if self.shut[k] else self.flow[k] * CUBIC_FOOT


cdef double _sooner(double now, double best, double when) noexcept nogil:
    return when if now < when < best else best


cdef double _arrival(double now, double after) noexcept nogil:
    # The whole second nearest to a time after now, as EPANET rounds it.
    cdef double whole = floor(now)
    return whole + floor(min(after, 1.0e12) + (now - whole) + 0.5)
