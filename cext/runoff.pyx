"""Runoff from catchments: three nonlinear reservoirs each, and infiltration into the pervious one, as in SWMM 5.2.

Written from the EPA Storm Water Management Model Reference Manual Vol. I (2016), chapters 3 and 4 (public domain).
A catchment has impervious ground without and with depression storage and pervious ground; the water above the
depression storage d runs off at 1.49 W sqrt(S) / (A n) d^(5/3), with SWMM's 1.49 for feet converted. Infiltration by
Horton, Green-Ampt or curve number. Runoff onto another catchment arrives a step later. SI; not here: snow, groundwater.
"""

from libc.math cimport cbrt, exp, fabs, isfinite, log, sqrt
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

import numpy as np

cdef enum:
    HORTON, GREEN_AMPT, CURVE_NUMBER

cdef double FOOT = 0.3048
cdef double MANNING = 1.49 * 0.3048 ** (1.0 / 3.0)
cdef double NONE = 1e-10 * 0.3048       # m/s or m, as good as nothing
cdef double RELATIVE = 1e-4             # error of a depth in one step
cdef double LEAST_PUDDLE = 0.05 * 0.0254


cdef struct Part:       # of a catchment, one of three kinds of ground
    double share, alpha, storage
    int is_routed

cdef struct Ground:
    Part part[3]
    double area
    double f[5]         # parameters of infiltration, as the method wants them
    int infiltration, gage, node, onto

cdef struct Water:
    double depth[3]
    double inflow[3]
    double soil[6]      # state of the infiltration
    double before, now  # runoff, m3/s, at both ends of the step
    double rained, ran_on, sunk, evaporated, ran_off    # m3 since the start


cdef class Runoff:
    """Catchments that turn rain into runoff; every state of them shares it."""

    cdef readonly int n, n_gages, n_nodes
    cdef Ground *ground

    def __cinit__(self, *, area_m2, **given):
        self.n = len(area_m2)
        self.ground = <Ground *> calloc(self.n + 1, sizeof(Ground))
        if self.ground == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.ground)

    def __init__(self, *, names, n_nodes, n_gages, **given):
        cdef int i
        self.n_nodes, self.n_gages = n_nodes, n_gages
        arrays = {key: np.asarray(value) for key, value in given.items()}
        self._check(tuple(names), arrays)
        for i in range(self.n):
            self._fill(i, arrays)

    def _check(self, names, given):
        for key, array in given.items():
            needed = [self.n, 5] if key == "infiltration" else [self.n]
            if list(array.shape) != needed or len(names) != self.n:
                raise ValueError(f"{key} has shape {array.shape}: there are {self.n} catchments")
            if array.dtype == np.float64:
                _refuse(~np.isfinite(array.reshape(self.n, -1)).all(axis=1), names, key, array, "a finite number")
        for key in ("area_m2", "width_m", "slope", "manning_impervious", "manning_pervious", "storage_impervious_m",
                    "storage_pervious_m"):
            _refuse(given[key] < 0.0, names, key, given[key], "at least 0")
        for key in ("impervious", "no_storage"):
            _refuse(~((given[key] >= 0.0) & (given[key] <= 1.0)), names, key, given[key], "a share from 0 to 1")
        gage, node, onto = given["gage"], given["outlet_node"], given["outlet_catchment"]
        _refuse(~((gage >= -1) & (gage < self.n_gages)), names, "gage", gage, f"one of {self.n_gages}, or -1")
        _refuse(~((node >= -1) & (node < self.n_nodes)), names, "outlet_node", node, f"one of {self.n_nodes}, or -1")
        _refuse(~((onto >= -1) & (onto < self.n)), names, "outlet_catchment", onto, f"one of {self.n}, or -1")
        self._check_soil(names, given["infiltration_kind"], given["infiltration"])

    def _check_soil(self, names, kind, f):
        _refuse(~np.isin(kind, (HORTON, GREEN_AMPT, CURVE_NUMBER)), names, "infiltration_kind", kind, "0 to 2")
        horton = (kind == HORTON) & ((f < 0.0).any(axis=1) | (f[:, 0] < f[:, 1]))
        _refuse(horton, names, "Horton's rates", f, "most >= least >= 0")
        green = (kind == GREEN_AMPT) & ~((f[:, 0] >= 0.0) & (f[:, 1] > 0.0) & (f[:, 2] >= 0.0) & (f[:, 2] <= 1.0))
        _refuse(green, names, "Green and Ampt's parameters", f, "suction >= 0, conductivity > 0, deficit 0 to 1")
        number = (kind == CURVE_NUMBER) & ~((f[:, 0] > 0.0) & (f[:, 2] > 0.0))
        _refuse(number, names, "the curve number and its drying time", f, "above 0")

    cdef int _fill(self, int i, dict given) except -1:
        cdef Ground *g = &self.ground[i]
        paved = given["impervious"][i]
        g.area, g.gage = given["area_m2"][i], given["gage"][i]
        g.node, g.onto = given["outlet_node"][i], given["outlet_catchment"][i]
        if g.node >= 0 or g.onto == i:
            g.onto = -1
        bare = paved * given["no_storage"][i]
        stored = given["storage_impervious_m"][i], given["storage_pervious_m"][i]
        roughness = given["manning_impervious"][i], given["manning_pervious"][i]
        conveyance = MANNING * given["width_m"][i] * sqrt(given["slope"][i])
        parts = ((bare, 0.0, roughness[0], paved), (paved - bare, stored[0], roughness[0], paved),
                 (1.0 - paved, stored[1], roughness[1], 1.0 - paved))
        for k, (share, storage, n, whole) in enumerate(parts):
            g.part[k].share, g.part[k].storage, g.part[k].is_routed = share, storage, n > 0.0
            if whole * g.area > 0.0 and n > 0.0:
                g.part[k].alpha = conveyance / (whole * g.area * n)
        g.infiltration = given["infiltration_kind"][i]
        _fill_soil(g, given["infiltration"][i])
        return 0

    def start(self):
        """Dry ground at time 0."""
        cdef RunoffState s = RunoffState(self)
        cdef int i
        for i in range(self.n):
            if self.ground[i].infiltration == GREEN_AMPT:
                s.water[i].soil[0] = self.ground[i].f[2]
            elif self.ground[i].infiltration == CURVE_NUMBER:
                s.water[i].soil[0] = s.water[i].soil[4] = self.ground[i].f[0]
        return s


cdef int _fill_soil(Ground *g, p) except -1:
    cdef int k
    for k in range(5):
        g.f[k] = p[k]
    if g.infiltration == HORTON:
        g.f[3] = -log(1.0 - 0.98) / max(g.f[3], 1e-6)
    elif g.infiltration == GREEN_AMPT:      # Mein's depth of the upper zone: 4 sqrt(K), inches and inches an hour
        g.f[3] = 4.0 * sqrt(g.f[1] / 0.0254 * 3600.0) * 0.0254
    else:
        g.f[0] = (1000.0 / min(max(g.f[0], 10.0), 99.0) - 10.0) * 0.0254
        g.f[2] = 1.0 / g.f[2]
    return 0


cdef class RunoffState:
    """Water on and in the ground at an instant."""

    cdef Runoff runoff
    cdef Water *water
    cdef double time

    def __cinit__(self, Runoff runoff not None):
        self.runoff = runoff
        self.water = <Water *> calloc(runoff.n + 1, sizeof(Water))
        if self.water == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.water)

    def fork(self):
        """A copy that goes its own way."""
        cdef RunoffState s = RunoffState(self.runoff)
        memcpy(s.water, self.water, self.runoff.n * sizeof(Water))
        s.time = self.time
        return s

    @property
    def time_s(self):
        """Where the last step ended, s."""
        return self.time

    def step(self, double dt_s, const double[::1] rain_m_s not None, *, double evaporation_m_s=0.0):
        """Rain for ``dt_s`` seconds at the rates of the gages; True while anything runs off."""
        cdef int i
        cdef bint runs = False
        if not (dt_s > 0.0 and isfinite(dt_s)):
            raise ValueError(f"dt_s is {dt_s}: above 0 is needed")
        if rain_m_s.shape[0] != self.runoff.n_gages:
            raise ValueError(f"rain_m_s has {rain_m_s.shape[0]} values: {self.runoff.n_gages} are needed")
        for i in range(rain_m_s.shape[0]):
            if not (rain_m_s[i] >= 0.0 and isfinite(rain_m_s[i])):
                raise ValueError(f"rain_m_s is {rain_m_s[i]} at gage {i}: at least 0 is needed")
        with nogil:
            runs = self._step(dt_s, rain_m_s, evaporation_m_s)
        self.time += dt_s
        return runs

    cdef bint _step(self, double dt, const double[::1] rain, double evaporation) noexcept nogil:
        cdef int i, k
        cdef bint runs = False
        cdef const Ground *g
        cdef Water *w
        for i in range(self.runoff.n):
            w = &self.water[i]
            w.before = w.now
            w.inflow[0] = w.inflow[1] = w.inflow[2] = 0.0
        for i in range(self.runoff.n):
            g = &self.runoff.ground[i]
            if g.onto >= 0 and self.runoff.ground[g.onto].area > 0.0:
                w = &self.water[g.onto]
                for k in range(3):
                    w.inflow[k] += self.water[i].before / self.runoff.ground[g.onto].area
                w.ran_on += self.water[i].before * dt
        for i in range(self.runoff.n):
            g = &self.runoff.ground[i]
            if g.area > 0.0:
                runs = catchment(g, &self.water[i], rain[g.gage] if g.gage >= 0 else 0.0, evaporation, dt) or runs
        return runs

    def flows(self, *, double[::1] out=None):
        """Runoff of each catchment at the end of the last step, m3/s."""
        cdef int i
        if out is None:
            out = np.empty(self.runoff.n)
        for i in range(self.runoff.n):
            out[i] = self.water[i].now
        return np.asarray(out)

    def to_nodes(self, *, double[::1] out=None):
        """Runoff into each node at the end of the last step, m3/s."""
        cdef int i
        if out is None:
            out = np.empty(self.runoff.n_nodes)
        out[:] = 0.0
        for i in range(self.runoff.n):
            if self.runoff.ground[i].node >= 0:
                out[self.runoff.ground[i].node] += self.water[i].now
        return np.asarray(out)

    def balance(self):
        """Water of each catchment since the start, m3 (n,): rained, ran_on, sunk, evaporated, ran_off, stored."""
        cdef int i
        cdef double[:, ::1] table = np.empty((6, self.runoff.n))
        for i in range(self.runoff.n):
            w, area, part = self.water[i], self.runoff.ground[i].area, self.runoff.ground[i].part
            table[0, i], table[1, i], table[2, i] = w.rained, w.ran_on, w.sunk
            table[3, i], table[4, i] = w.evaporated, w.ran_off
            table[5, i] = area * (w.depth[0] * part[0].share + w.depth[1] * part[1].share + w.depth[2] * part[2].share)
        names = ("rained", "ran_on", "sunk", "evaporated", "ran_off", "stored")
        return dict(zip(names, np.asarray(table), strict=True))


# One catchment -------------------------------------------------------------------------------------------------------

cdef bint catchment(const Ground *g, Water *w, double rain, double evaporation, double dt) noexcept nogil:
    """Bring the three kinds of ground to the end of the step; whether anything runs off."""
    cdef int k
    cdef double runs = 0.0, out = 0.0
    w.rained += rain * g.area * dt
    for k in range(3):
        if g.part[k].share > 0.0:
            runs = part_runoff(g, w, k, rain, evaporation, dt)
            out += runs * g.part[k].share
    w.now = out * g.area
    w.ran_off += w.now * dt
    return out > 0.0


cdef double part_runoff(const Ground *g, Water *w, int k, double rain, double evaporation, double dt) noexcept nogil:
    """Runoff of one kind of ground at the end of the step, m/s."""
    cdef const Part *p = &g.part[k]
    cdef double moisture = w.depth[k] / dt, sinks = 0.0, dries = min(moisture, evaporation), over
    if k == 2:
        sinks = infiltration(g, w, rain, w.inflow[2], w.depth[2], dt)
    w.inflow[k] += rain
    moisture += w.inflow[k]
    sinks = min(sinks, max(moisture - dries, 0.0))
    w.sunk += sinks * p.share * g.area * dt
    w.evaporated += dries * p.share * g.area * dt
    over = dt
    if dries + sinks >= moisture:
        w.depth[k] = 0.0
    else:
        over = fill(p, &w.depth[k], w.inflow[k] - dries - sinks, dt)
    return run_off(p, &w.depth[k], over)


cdef double run_off(const Part *p, double *depth, double over) noexcept nogil:
    cdef double x = depth[0] - p.storage
    if x <= NONE:
        return 0.0
    if p.is_routed:
        return p.alpha * x * cbrt(x * x)
    depth[0] = p.storage    # without roughness all of it leaves at once
    return x / over if over > 0.0 else 0.0


cdef double fill(const Part *p, double *depth, double inflow, double dt) noexcept nogil:
    """Fill the depression storage first, then the reservoir above it; gives the seconds that it stood above."""
    cdef double missing = p.storage - depth[0]
    if depth[0] + inflow * dt <= p.storage:
        depth[0] = max(depth[0] + inflow * dt, 0.0)
        return dt
    if missing > 0.0 and inflow > 0.0:
        dt = max(dt - missing / inflow, 0.0)
        depth[0] = p.storage
    if p.alpha > 0.0 and dt > 0.0:
        depth[0] = max(reservoir(p.alpha, p.storage, inflow, depth[0], dt), 0.0)
    else:
        depth[0] = max(depth[0] + inflow * dt, 0.0)
    return dt


cdef double rate(double alpha, double storage, double inflow, double depth) noexcept nogil:
    cdef double x = depth - storage
    return inflow - (alpha * x * cbrt(x * x) if x > 0.0 else 0.0)


cdef double reservoir(double alpha, double storage, double inflow, double y, double dt) noexcept nogil:
    """Integrate dy/dt = inflow - alpha (y - storage)^(5/3): Bogacki and Shampine's pair with step control."""
    cdef double left = dt, h = dt, k1, k2, k3, k4, z, error
    k1 = rate(alpha, storage, inflow, y)
    while left > 0.0:
        h = min(h, left)
        k2 = rate(alpha, storage, inflow, y + 0.5 * h * k1)
        k3 = rate(alpha, storage, inflow, y + 0.75 * h * k2)
        z = y + h * (2.0 * k1 + 3.0 * k2 + 4.0 * k3) / 9.0
        k4 = rate(alpha, storage, inflow, z)
        error = fabs(h * (-5.0 * k1 / 72.0 + k2 / 12.0 + k3 / 9.0 - k4 / 8.0)) / (RELATIVE * (fabs(z - storage) + 1e-7))
        if error <= 1.0 or h < 1e-6 * dt:
            left = left - h if left - h > 1e-9 * dt else 0.0
            y, k1 = z, k4
        h *= min(4.0, max(0.2, 0.9 / cbrt(error + 1e-9)))
    return y


# Infiltration --------------------------------------------------------------------------------------------------------

cdef double infiltration(const Ground *g, Water *w, double rain, double runon, double depth, double dt) noexcept nogil:
    """Rate into the pervious ground over the step, m/s."""
    if g.infiltration == HORTON:
        return horton(g.f, w.soil, rain + runon + depth / dt, dt)
    if g.infiltration == GREEN_AMPT:
        return green_ampt(g.f, w.soil, max(rain + runon + depth / dt, 0.0), depth, dt)
    return curve_number(g.f, w.soil, rain, depth + runon * dt, dt)


cdef double sunk_by(double least, double extra, double decay, double t) noexcept nogil:
    """Horton's cumulative infiltration after t seconds of it, m."""
    return least * t + extra / decay * (1.0 - exp(-decay * t))


cdef double horton(const double *f, double *soil, double available, double dt) noexcept nogil:
    """soil: seconds along Horton's curve, volume sunk."""
    cdef double least = f[1], extra = f[0] - f[1], decay = f[2], t = soil[0], begun, rate
    if extra == 0.0 or decay == 0.0:
        return max(min(f[0], available), 0.0)
    if available <= NONE:
        t = -log(1.0 - exp(-f[3] * dt) * (1.0 - exp(-decay * t))) / decay
        soil[0] = t
        if f[4] > 0.0:
            soil[1] = sunk_by(least, extra, decay, t)
        return 0.0
    begun = sunk_by(least, extra, decay, t)
    rate = max((sunk_by(least, extra, decay, t + dt) - begun) / dt, least)
    if rate <= available or t + dt > 16.0 / decay:
        soil[0] = t + dt
        rate = min(rate, available)
    else:
        rate = available
        soil[0] = time_of(least, extra, decay, begun + rate * dt, t + 0.5 * dt, 0.001 * dt)
    if f[4] > 0.0:
        rate = max(min(rate, (f[4] - soil[1]) / dt), 0.0)
        soil[1] += rate * dt
    return rate


cdef double time_of(double least, double extra, double decay, double sunk, double t, double tolerance) noexcept nogil:
    """When Horton's curve reaches this volume: Newton."""
    cdef int _
    cdef double e, change
    for _ in range(20):
        e = exp(-min(60.0, decay * t))
        change = (least * t + extra / decay * (1.0 - e) - sunk) / (least + extra * e)
        t -= change
        if fabs(change) <= tolerance:
            break
    return t


cdef double green_ampt(const double *f, double *soil, double available, double depth, double dt) noexcept nogil:
    """soil: deficit, F, upper zone's water, is saturated, seconds until the next event may begin."""
    cdef double capacity = f[2] * f[3], sunk, until, spare
    soil[4] -= dt
    if soil[3] > 0.0:
        return saturated(f, soil, available, depth, dt)
    if available < NONE:
        return drained(f, soil, capacity, dt)
    if available <= f[1]:
        sink(soil, available * dt, capacity)
        if soil[4] <= 0.0:
            soil[0], soil[1] = (capacity - soil[2]) / f[3], 0.0
        return available
    soil[4] = 5400.0 / (f[3] / FOOT)
    until = f[1] * (f[0] + depth) * soil[0] / (available - f[1])
    if soil[1] > until:
        soil[3] = 1.0
        return saturated(f, soil, available, depth, dt)
    if soil[1] + available * dt < until:
        sink(soil, available * dt, capacity)
        return available
    spare = max(dt - (until - soil[1]) / available, 0.0)
    sunk = min(grown(until, (f[0] + depth) * soil[0], f[1], spare), until + available * spare) - soil[1]
    sink(soil, sunk, capacity)
    soil[3] = 1.0
    return sunk / dt


cdef void sink(double *soil, double volume, double capacity) noexcept nogil:
    soil[1] += volume
    soil[2] = min(soil[2] + volume, capacity)


cdef double drained(const double *f, double *soil, double capacity, double dt) noexcept nogil:
    """The upper zone dries; after long enough a new event begins."""
    cdef double lost = f[3] / FOOT / 90000.0 * capacity * dt
    if soil[2] <= 0.0:
        return 0.0
    soil[1] -= lost
    soil[2] -= lost
    if soil[2] <= 0.0:
        soil[0], soil[1], soil[2] = f[2], 0.0, 0.0
    elif soil[4] <= 0.0:
        soil[0], soil[1] = (capacity - soil[2]) / f[3], 0.0
    return 0.0


cdef double saturated(const double *f, double *soil, double available, double depth, double dt) noexcept nogil:
    cdef double sunk
    if available < NONE:
        return 0.0
    soil[4] = 5400.0 / (f[3] / FOOT)
    sunk = grown(soil[1], (f[0] + depth) * soil[0], f[1], dt) - soil[1]
    if sunk > available * dt:
        sunk = available * dt
        soil[3] = 0.0
    sink(soil, sunk, f[2] * f[3])
    return sunk / dt


cdef double grown(double sunk, double c, double conductivity, double dt) noexcept nogil:
    """F - c ln(F + c) grows as the conductivity times time: F after dt by Newton."""
    cdef double least = sunk + conductivity * dt, x = sunk, change, goal
    cdef int _
    if c == 0.0:
        return least
    if dt < 10.0 and sunk > 0.01 * c:
        return max(sunk + conductivity * (1.0 + c / sunk) * dt, least)
    goal = c * log(sunk + c) - conductivity * dt
    x = max(x, 1e-9)
    for _ in range(40):
        change = (x - sunk - c * log(x + c) + goal) / (1.0 - c / (x + c))
        if fabs(change) < 1e-8:
            return max(x, least)
        x = max(x - change, 1e-12)
    return least


cdef double curve_number(const double *f, double *soil, double rain, double depth, double dt) noexcept nogil:
    """soil: S left, event's P, event's F, dry seconds, event's S, last rate."""
    cdef double rate = 0.0
    if rain > NONE:
        if soil[3] >= 0.06 / f[2]:
            soil[1] = soil[2] = soil[5] = 0.0
            soil[4] = soil[0]
        soil[3] = 0.0
        soil[1] += rain * dt
        if soil[0] > 0.0:
            rate = max((soil[1] * (1.0 - soil[1] / (soil[1] + soil[4])) - soil[2]) / dt, 0.0)
    elif depth > LEAST_PUDDLE and soil[0] > 0.0:
        rate = min(soil[5], soil[0] / dt)
    else:
        soil[3] += dt
    if rate > 0.0:
        rate = max(min(rate, rain + depth / dt), 0.0)
        soil[2] += rate * dt
        soil[0] = max(soil[0] - rate * dt, 0.0)
    else:
        soil[0] = min(soil[0] + f[2] * f[0] * dt, f[0])
    soil[5] = rate
    return rate


def _refuse(bad, names, str key, values, str accepted):
    """ValueError naming the first catchment that is bad."""
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"{names[i]}: {key} is {values[i]}: {accepted} is needed")
