"""Geometry of cross-sections: area, top width, hydraulic radius by depth; normal and critical depth by flow.

Round and irregular sections are tables of 51 depths, straight walls are formulas, as in SWMM 5.2 (EPA Reference Manual
Vol. II, appendix; public domain); the tables of the circle are computed here. In a closed rectangle the lid
enters the wetted perimeter from 97 % of the full area on. SI throughout; g is SWMM's 32.2 ft/s2.
"""

from libc.math cimport cbrt, fabs, sqrt
from libc.stdlib cimport calloc, free

import math

import numpy as np

cdef double GRAVITY = 32.2 * 0.3048
cdef double LID = 0.97      # share of the full area from which the lid of a closed rectangle is wetted


# Geometry by depth --------------------------------------------------------------------------------------------------

cdef void section_at(const Section *s, double y, double *area, double *width, double *radius) noexcept nogil:
    """Area, top width and hydraulic radius at depth y >= 0."""
    cdef double perimeter
    if s.kind == CIRCULAR or s.kind == FORCE_MAIN or s.kind == IRREGULAR:
        look_up(s, y, area, width, radius)
    elif s.kind == TRAPEZOIDAL:
        area[0] = (s.bottom + s.slope * y) * y
        width[0] = s.bottom + 2.0 * s.slope * y
        radius[0] = area[0] / (s.bottom + s.side * y) if y > 0.0 else 0.0
    elif s.kind == TRIANGULAR:
        area[0] = s.slope * y * y
        width[0] = 2.0 * s.slope * y
        radius[0] = s.slope * y / (2.0 * s.side)
    else:
        area[0] = y * s.w_max
        width[0] = s.w_max
        perimeter = s.w_max + 2.0 * y
        if s.kind == RECT_CLOSED:
            if y == s.y_full:
                width[0] = 0.0
            if area[0] > LID * s.a_full:
                perimeter += (area[0] / s.a_full - LID) / (1.0 - LID) * s.w_max
        radius[0] = area[0] / perimeter


cdef double area_at(const Section *s, double y) noexcept nogil:
    cdef double area = 0.0, width, radius
    if y > 0.0:
        section_at(s, y, &area, &width, &radius)
    return area


cdef double width_at(const Section *s, double y) noexcept nogil:
    cdef double area, width, radius
    section_at(s, y if y > 0.0 else 0.0, &area, &width, &radius)
    return width


cdef double factor_at(const Section *s, double y) noexcept nogil:
    cdef double area, width, radius
    if y <= 0.0:
        return 0.0
    section_at(s, y, &area, &width, &radius)
    return area * cbrt(radius * radius)


# Depth by flow ------------------------------------------------------------------------------------------------------

cdef int bracket(const double *table, int last, double value) noexcept nogil:
    """The interval i, i + 1 of an ascending table that holds a value; the first or the last one beyond its ends."""
    cdef int low = 0, high = last, middle
    while high - low > 1:
        middle = (low + high) >> 1
        if value >= table[middle]:
            low = middle
        else:
            high = middle
    return low


cdef double normal_depth(const Section *s, double factor) noexcept nogil:
    """The depth at which the section factor a r^(2/3) is this."""
    if factor <= 0.0:
        return 0.0
    if s.kind == CIRCULAR or s.kind == FORCE_MAIN:
        return round_depth(s, round_area(s, factor / s.s_full))
    if factor >= s.s_max:
        return depth_of_area(s, s.a_max)
    if s.kind == RECT_CLOSED and factor >= s.s_full:
        return (s.a_max + (s.s_max - factor) / (s.s_max - s.s_full) * (s.a_full - s.a_max)) / s.w_max
    return refine(s, factor)


cdef double refine(const Section *s, double factor) noexcept nogil:
    """Regula falsi (Illinois) inside an interval of the table of section factors by depth."""
    cdef int i = bracket(s.factor, s.peak, factor), _, side = 0
    cdef double step = s.y_full / (POINTS - 1)
    cdef double low = i * step, high = low + step, below = s.factor[i] - factor, above = s.factor[i + 1] - factor
    cdef double y = low, miss
    for _ in range(20):
        y = low - below * (high - low) / (above - below)
        miss = factor_at(s, y) - factor
        if fabs(miss) < 1e-6 * factor or high - low < 1e-7 * s.y_full:
            break
        if miss > 0.0:
            high, above = y, miss
            below = 0.5 * below if side > 0 else below
            side = 1
        else:
            low, below = y, miss
            above = 0.5 * above if side < 0 else above
            side = -1
    return y


cdef double refine_critical(const Section *s, double flow, int i) noexcept nogil:
    cdef double step = s.y_full / (CRITICAL_POINTS - 1), low = i * step, high = low + step, y = low, a, w, r
    cdef int _
    for _ in range(14):     # 1/400,000 of the full depth
        y = 0.5 * (low + high)
        section_at(s, y, &a, &w, &r)
        if a * sqrt(GRAVITY * a / w) < flow:
            low = y
        else:
            high = y
    return y


cdef double depth_of_area(const Section *s, double area) noexcept nogil:
    """The depth at which the area is this, of a section that is not round."""
    cdef int low = 0, high = POINTS - 1, middle
    cdef double share
    if s.kind == IRREGULAR:
        share = area / s.a_full
        while high - low > 1:
            middle = (low + high) >> 1
            if share >= s.table[STRIDE * middle]:
                low = middle
            else:
                high = middle
        share = (share - s.table[STRIDE * low]) / (s.table[STRIDE * high] - s.table[STRIDE * low])
        return s.y_full * (low + share) / (POINTS - 1)
    if s.kind == TRAPEZOIDAL:
        return 2.0 * area / (s.bottom + sqrt(s.bottom * s.bottom + 4.0 * s.slope * area))
    if s.kind == TRIANGULAR:
        return sqrt(area / s.slope)
    return area / s.w_max


cdef double round_area(const Section *s, double share) noexcept nogil:
    """Area of a circle, as a share of the full one, by its section factor as a share of the full one."""
    cdef int i
    cdef double dx = 1.0 / (POINTS - 1)
    if share < 0.015:       # near the bottom the table is too coarse
        return small_area(share)
    if share >= 1.0:        # of the two areas that carry more than a full pipe SWMM takes neither
        return 1.0
    i = bracket(s.factor, s.peak, share)
    return (i + (share - s.factor[i]) / (s.factor[i + 1] - s.factor[i])) * dx


cdef double small_area(double share) noexcept nogil:
    # Newton on ((t - sin t) / 2pi)^(5/3) (2pi / t)^(2/3) = share, with the series of t - sin t for small angles.
    cdef int _
    cdef double t = 2.0 * (12.0 * share) ** 0.23, x, f, slope, grown = 0.0, full = 6.283185307179586
    for _ in range(30):
        grown = t * t * t / 6.0 * (1.0 - t * t / 20.0 * (1.0 - t * t / 42.0 * (1.0 - t * t / 72.0)))
        x = grown / full
        f = x * cbrt(x * x) * cbrt(full * full / (t * t)) - share
        slope = (f + share) * (5.0 / 3.0 * (t * t / 2.0 * (1.0 - t * t / 12.0)) / grown - 2.0 / (3.0 * t))
        t -= f / slope
        if fabs(f) < 1e-10 * share:
            break
    return grown / full


cdef double round_depth(const Section *s, double share) noexcept nogil:
    """Depth in a circle by the share of its area."""
    cdef int i, _
    cdef double x = share * (POINTS - 1), t, f
    if share < 0.04:
        if share <= 0.0:
            return 0.0
        t = cbrt(37.69911184307752 * share)     # t - sin t = 2 pi share
        for _ in range(20):
            f = t * t * t / 6.0 * (1.0 - t * t / 20.0 * (1.0 - t * t / 42.0 * (1.0 - t * t / 72.0)))
            f -= 6.283185307179586 * share
            t -= f / (t * t / 2.0 * (1.0 - t * t / 12.0 * (1.0 - t * t / 30.0)))
            if fabs(f) < 1e-9 * share:
                break
        return s.y_full * t * t / 16.0 * (1.0 - t * t / 48.0 * (1.0 - t * t / 120.0))
    i = <int> x
    if i >= POINTS - 1:
        return s.y_full
    return s.y_full * (s.depth[i] + (x - i) * (s.depth[i + 1] - s.depth[i]))


cdef double critical_depth(const Section *s, double flow) noexcept nogil:
    """The depth at which flow^2 width = g area^3; where there is no formula, interpolated between 26 depths."""
    cdef double y, q
    cdef int i
    if flow <= 0.0:
        return 0.0
    if s.kind == RECT_OPEN or s.kind == RECT_CLOSED:
        y = cbrt(flow * flow / (GRAVITY * s.w_max * s.w_max))
    elif s.kind == TRIANGULAR:
        y = (2.0 * flow * flow / (GRAVITY * s.slope * s.slope)) ** 0.2
    else:
        q = flow / s.critical_scale
        i = bracket(s.critical, CRITICAL_POINTS - 1, q)
        if q >= s.critical[CRITICAL_POINTS - 1]:
            return s.y_full
        y = s.y_full * (i + (q - s.critical[i]) / (s.critical[i + 1] - s.critical[i])) / (CRITICAL_POINTS - 1)
        if s.is_exact:
            y = refine_critical(s, q, i)
    return y if y < s.y_full else s.y_full


# The collection ------------------------------------------------------------------------------------------------------

cdef bint _is_exact(const Section *s) noexcept:
    # SWMM interpolates critical depth between 26 depths where the area is like a circle's, and solves for it elsewhere.
    return not 0.5 <= s.a_full / (0.7853981633974483 * s.y_full * s.y_full) <= 2.0


cdef class Sections:
    """Cross-sections of links; geometry that all simulations of a network share."""

    def __cinit__(self, const signed char[::1] shape not None, *args, **kwargs):
        self.items = <Section *> calloc(shape.shape[0] + 1, sizeof(Section))
        if self.items == NULL:
            raise MemoryError
        self.count = <int> shape.shape[0]
        self.kept = []

    def __dealloc__(self):
        free(self.items)

    def __init__(
        self,
        const signed char[::1] shape not None,
        const double[:, ::1] geometry not None,
        *,
        const int[::1] transect=None,
        tables=(),
        names=None,
    ):
        cdef int k
        if geometry.shape[0] != self.count or geometry.shape[1] != 4:
            found = (geometry.shape[0], geometry.shape[1])
            raise ValueError(f"geometry has shape {found}: ({self.count}, 4) is needed")
        round_tables = self._keep(*_circle())
        irregular = [self._keep(*_irregular(table)) for table in tables]
        for k in range(self.count):
            name = names[k] if names is not None else str(k)
            self._fill(k, shape[k], np.asarray(geometry[k]), name)
            if shape[k] == CIRCULAR or shape[k] == FORCE_MAIN:
                self._point(k, round_tables)
            elif shape[k] == IRREGULAR:
                t = transect[k] if transect is not None and k < transect.shape[0] else -1
                if not 0 <= t < len(irregular):
                    raise ValueError(f"{name}: transect {t} is none of the {len(irregular)} given")
                self._irregular(k, tables[t], irregular[t])
            elif shape[k] != NO_SECTION:
                self._straight(k)

    def _keep(self, *arrays):
        kept = tuple(np.ascontiguousarray(array, dtype=np.float64) for array in arrays)
        self.kept.append(kept)
        return kept

    def _set(self, int k, table, factor, depth, critical):
        cdef const double[::1] view
        cdef Section *s = &self.items[k]
        if table is not None:
            view = table.reshape(-1)
            s.table = &view[0]
        view = factor
        s.factor = &view[0]
        s.peak = int(np.argmax(factor))
        if depth is not None:
            view = depth
            s.depth = &view[0]
        view = critical
        s.critical = &view[0]

    def _point(self, int k, tables):
        cdef Section *s = &self.items[k]
        s.critical_scale = sqrt(GRAVITY * s.y_full) * s.y_full * s.y_full
        self._set(k, *tables)

    def _irregular(self, int k, geometry, kept):
        cdef Section *s = &self.items[k]
        s.y_full, s.w_max, s.a_full, s.r_full = geometry["full"]
        s.is_open = True
        s.critical_scale = 1.0
        s.is_exact = _is_exact(s)
        self._set(k, *kept)
        s.s_full = s.a_full * cbrt(s.r_full * s.r_full)
        s.s_max = s.factor[s.peak]
        s.a_max = s.a_full * s.table[STRIDE * s.peak]

    def _straight(self, int k):
        cdef Section *s = &self.items[k]
        cdef int i
        factor = np.array([factor_at(s, s.y_full * i / (POINTS - 1)) for i in range(POINTS)])
        critical = np.zeros(CRITICAL_POINTS)
        for i in range(1, CRITICAL_POINTS):
            y = s.y_full * i / (CRITICAL_POINTS - 1)
            critical[i] = area_at(s, y) * math.sqrt(GRAVITY * area_at(s, y) / max(width_at(s, y), 1e-12))
        s.critical_scale = 1.0
        s.is_exact = _is_exact(s)
        self._set(k, None, *self._keep(factor, factor, critical))

    def _fill(self, int k, int kind, g, str name):
        """Full dimensions by formula; ValueError naming the link where they cannot be."""
        cdef Section *s = &self.items[k]
        if not NO_SECTION <= kind <= IRREGULAR:
            raise ValueError(f"{name}: shape {kind} is none of 0 to 6")
        s.kind = kind
        if kind == NO_SECTION or kind == IRREGULAR:
            return
        if not np.isfinite(g).all() or not _holds_water(kind, g):
            raise ValueError(f"{name}: a section of height {g[0]:g} and {g[1]:g}, {g[2]:g}, {g[3]:g} holds no water")
        s.is_open = kind == RECT_OPEN or kind == TRAPEZOIDAL or kind == TRIANGULAR
        s.y_full = g[0]
        if kind == CIRCULAR or kind == FORCE_MAIN:
            s.w_max, s.a_full, s.r_full = g[0], math.pi / 4.0 * g[0] * g[0], 0.25 * g[0]
            s.bottom = g[1] if kind == FORCE_MAIN else 0.0      # its roughness
        elif kind == TRAPEZOIDAL:
            s.bottom, s.slope = g[1], 0.5 * (g[2] + g[3])
            s.side = math.sqrt(1.0 + g[2] * g[2]) + math.sqrt(1.0 + g[3] * g[3])
            s.w_max, s.a_full = g[1] + g[0] * (g[2] + g[3]), (g[1] + s.slope * g[0]) * g[0]
            s.r_full = s.a_full / (g[1] + s.side * g[0])
        elif kind == TRIANGULAR:
            s.slope = 0.5 * g[1] / g[0]
            s.side = math.sqrt(1.0 + s.slope * s.slope)
            s.w_max, s.a_full, s.r_full = g[1], s.slope * g[0] * g[0], s.slope * g[0] / (2.0 * s.side)
        else:
            s.w_max, s.a_full = g[1], g[0] * g[1]
            s.r_full = s.a_full / (2.0 * g[0] + (2.0 if kind == RECT_CLOSED else 1.0) * g[1])
        s.s_full = s.a_full * cbrt(s.r_full * s.r_full)
        s.s_max, s.a_max = s.s_full, s.a_full
        if kind == CIRCULAR or kind == FORCE_MAIN:
            s.s_max, s.a_max = 1.08 * s.s_full, 0.9756 * s.a_full
        elif kind == RECT_CLOSED:
            s.a_max = LID * s.a_full
            s.s_max = factor_at(s, LID * s.y_full)

    def geometry(self, int k, const double[::1] depth not None):
        """Area m2, top width m and hydraulic radius m of section ``k`` at depths (n,), 0 <= depth <= full: (n, 3)."""
        cdef Py_ssize_t i
        cdef double[:, ::1] out = np.zeros((depth.shape[0], 3))
        self._check(k)
        for i in range(depth.shape[0]):
            section_at(&self.items[k], depth[i], &out[i, 0], &out[i, 1], &out[i, 2])
        return np.asarray(out)

    def depths(self, int k, const double[::1] flow not None, double conveyance):
        """Normal and critical depth, m, at flows (n,), m3/s: (n, 2); the conveyance is sqrt(slope) / n."""
        cdef Py_ssize_t i
        cdef double[:, ::1] out = np.zeros((flow.shape[0], 2))
        self._check(k)
        for i in range(flow.shape[0]):
            out[i, 0] = normal_depth(&self.items[k], flow[i] / conveyance)
            out[i, 1] = critical_depth(&self.items[k], flow[i])
        return np.asarray(out)

    def full(self, int k):
        """Depth, top width, area and hydraulic radius of section ``k`` when full; largest section factor."""
        self._check(k)
        s = self.items[k]
        return s.y_full, s.w_max, s.a_full, s.r_full, s.s_max

    def _check(self, int k):
        if not 0 <= k < self.count or self.items[k].kind == NO_SECTION:
            raise ValueError(f"section {k} is none of the {self.count} sections, or a link without one")


def _holds_water(int kind, g):
    if kind == CIRCULAR or kind == FORCE_MAIN:
        return g[0] > 0
    if kind == TRAPEZOIDAL:
        return g[0] > 0 and min(g[1:]) >= 0 and max(g[1:]) > 0
    return g[0] > 0 and g[1] > 0


# Tables --------------------------------------------------------------------------------------------------------------

def _circle():
    """The circle of diameter 1: geometry by depth, section factor by area, depth by area, critical flow by depth."""
    depth = np.linspace(0.0, 1.0, POINTS)
    angle = 2.0 * np.arccos(1.0 - 2.0 * depth)
    table = np.zeros((POINTS, STRIDE))
    table[:, 0] = (angle - np.sin(angle)) / (2.0 * np.pi)
    table[:, 1] = 2.0 * np.sqrt(np.maximum(depth * (1.0 - depth), 0.0))
    table[1:, 2] = 1.0 - np.sin(angle[1:]) / angle[1:]
    turn = np.zeros(POINTS)
    for i in range(1, POINTS):
        turn[i] = _angle_of_area(i / (POINTS - 1))
    share = np.linspace(0.0, 1.0, POINTS)
    factor = np.zeros(POINTS)
    factor[1:] = share[1:] * (1.0 - np.sin(turn[1:]) / turn[1:]) ** (2.0 / 3.0)
    area, width = table[::2, 0] * np.pi / 4.0, table[::2, 1]
    last = CRITICAL_POINTS - 1
    critical = np.zeros(CRITICAL_POINTS)
    critical[1:last] = area[1:last] ** 1.5 / np.sqrt(width[1:last])
    critical[last] = critical[last - 1]     # a full pipe has no top width, so beyond the last point a pipe is full
    depth = 0.5 * (1.0 - np.cos(0.5 * turn))
    return table, factor, depth, critical


def _angle_of_area(double share):
    low, high = 0.0, 2.0 * math.pi
    while high - low > 1e-15 * high:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if middle - math.sin(middle) < 2.0 * math.pi * share else (low, middle)
    return high


def _irregular(geometry):
    table = np.zeros((POINTS, STRIDE))
    table[:, :3] = geometry["shares"]
    _, w_max, a_full, r_full = geometry["full"]
    factor = a_full * table[:, 0] * (r_full * table[:, 2]) ** (2.0 / 3.0)
    area, width = a_full * table[::2, 0], w_max * table[::2, 1]
    critical = area * np.sqrt(GRAVITY * area / np.maximum(width, 1e-12))
    return table, factor, factor, np.maximum.accumulate(critical)


def transect_table(const double[::1] station not None, const double[::1] elevation not None, *, double left_bank,
                   double right_bank, tuple manning):
    """Geometry of an irregular section at 51 depths; ValueError where it holds no water.

    Stations between the banks have the channel's roughness; the hydraulic radius is the one that gives the conveyance
    of all parts together with the channel's n. Both ends go up as walls to the highest point.
    """
    x = np.concatenate([[station[0]], station, [station[station.shape[0] - 1]]])
    z = np.asarray(elevation)
    low, high = float(z.min()), float(z.max())
    if station.shape[0] < 2 or not high > low or not (np.diff(x) >= 0.0).all() or not min(manning) > 0.0:
        raise ValueError("a transect needs two stations in ascending order, a depth and three roughnesses above 0")
    z = np.concatenate([[high], z, [high]])
    rows = np.zeros((POINTS, 3))
    for i in range(1, POINTS):
        y = low + (high - low) * i / (POINTS - 1) if i < POINTS - 1 else high
        rows[i] = _transect_row(x, z, y, left_bank, right_bank, manning)
    full = rows[POINTS - 1].copy()
    rows /= full
    rows[0, 1] = rows[1, 1]
    return {"full": (high - low, float(full[1]), float(full[0]), float(full[2])), "shares": rows}


def _transect_row(x, z, y, left_bank, right_bank, manning):
    """Area, top width and hydraulic radius at a level."""
    area = width = conveyance = part_area = part_perimeter = 0.0
    for k in range(1, len(x)):
        high, low = max(z[k - 1], z[k]), min(z[k - 1], z[k])
        if low < y:
            a, w, p = _slice(x[k] - x[k - 1], low, high, y)
            area, width, part_area, part_perimeter = area + a, width + w, part_area + a, part_perimeter + p
        ends = z[k] >= y or k == len(x) - 2 or x[k] == left_bank or x[k] == right_bank
        if ends and part_area > 0.0:
            n = manning[0] if x[k - 1] < left_bank else manning[1] if x[k] > right_bank else manning[2]
            conveyance += part_area * (part_area / part_perimeter) ** (2.0 / 3.0) / n
            part_area = part_perimeter = 0.0
    return area, width, (conveyance * manning[2] / area) ** 1.5


def _slice(dx, low, high, y):
    """Area, top width and wetted perimeter below a level over one straight piece of ground."""
    perimeter = math.hypot(dx, high - low)
    if y > high:
        return dx * (y - 0.5 * (high + low)), dx, perimeter
    share = (y - low) / (high - low) if high > low else 0.0
    return 0.5 * dx * (high - low) * share * share, dx * share, perimeter * share
