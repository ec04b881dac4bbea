"""Flow of water over the ground: the local inertial equations on square cells.

Bates, Horritt & Fewtrell 2010, with the mixing of flows of de Almeida & Bates 2013. Depths are float32 with a float32
carry for each cell, every step's sum is float64. What a cell gives is scaled to what it has, so that no depth is ever
negative and no water made. Rows are swept by threads that never add up anything together: the bits do not depend on
their number. Not for dam breaks nor steep supercritical flow, of which the equations keep no momentum.
"""

from libc.math cimport isfinite
from libc.stdint cimport uint32_t
from libc.string cimport memset

import numpy as np

cdef extern from "surface_steps.h" nogil:
    enum:
        SEGMENT, LEFT, BOOKS, RAIN, SOAKED, CAME, LEFT_OVER, POURED, TAKEN, FLOAT_ROWS, DOUBLE_ROWS, MOST_THREADS
        WEST, EAST, NORTH, SOUTH, CLOSED, OPEN, LEVEL
    ctypedef struct Pace:
        float least, own, sides
    ctypedef struct Soil:
        int kind
    ctypedef struct Ground:
        int rows, columns, stride, segments
        double cell, gravity, alpha, longest
        float least, outside_top
        float *h
        float *carry
        float *z
        float *n
        float *qx
        float *qy
        float *peak
        float *rain
        int n_stride, rain_stride, keeps_peak
        double *rain_sum
        const unsigned char *class_of
        int n_classes
        const double *classes
        Soil *soils
        double *done
        int n_points
        const int *point_first
        const int *point_column
        const double *point_rate
        double *point_given
        const unsigned char *edge[4]
        int rim_open[2]
        double *books
        uint32_t *top
        uint32_t *row_top
        unsigned char *state
        unsigned char *fed
        int *busy
        double now, dt
        long long steps, updates
        int failed_row
        Pace pace
    void run_ground(Ground *, double, int, float *, double *)

cdef float WALL = 1.0e9   # m: the bed of what no water passes
cdef double DEEPEST = 1.0e4  # m, as in surface_steps.h

EDGE_KINDS = {"closed": CLOSED, "open": OPEN, "level": LEVEL}
MOVING = {
    "depth", "carry", "bed", "qx", "qy", "peak", "done", "given", "books", "top", "row_top", "state", "busy", "fed",
}
EDGES = {"west": WEST, "east": EAST, "north": NORTH, "south": SOUTH}


class SurfaceFailure(ArithmeticError):
    """A depth is no number, negative or deeper than 10 km: says where, when and what to change."""


cdef class Surface:
    """Ground, water on it and what goes in and out; ``advance`` moves it on."""

    cdef Ground g
    cdef readonly int threads
    cdef dict _kept   # the arrays that ``g`` points into
    cdef dict _given  # what it was made of
    cdef float[:, ::1] _floats
    cdef double[:, ::1] _doubles
    cdef object _inside, _blocked, _order, _rain_given, _soils_given, _points_given
    cdef double _start_m3

    def __init__(
        self, const float[:, ::1] elevation_m not None, double cell_m, *, manning=0.03, blocked=None, edges=None,
        depth_m=None, double least_depth_m=0.005, double courant=0.7, double theta=0.9, double longest_step_s=5.0,
        double gravity_m_s2=9.80665, int threads=1, bint keep_peak=False,
    ):
        """ValueError, naming the argument and the cell, where shapes or values do not fit."""
        _check_settings(cell_m, least_depth_m, courant, theta, longest_step_s, gravity_m_s2, threads)
        if elevation_m.shape[0] < 1 or elevation_m.shape[1] < 1:
            raise ValueError(f"elevation_m is {elevation_m.shape[0]} x {elevation_m.shape[1]}: no cells")
        cdef Ground *g = &self.g
        memset(g, 0, sizeof(Ground))
        g.rows, g.columns = elevation_m.shape[0], elevation_m.shape[1]
        g.stride = (LEFT + g.columns + 3 + 15) // 16 * 16
        g.stride += (1456 - g.stride % 1024) % 1024  # or rows would share their places in the cache
        g.segments = (g.columns + SEGMENT - 1) // SEGMENT
        g.cell, g.gravity, g.alpha, g.longest = cell_m, gravity_m_s2, courant, longest_step_s
        g.keeps_peak, g.failed_row = keep_peak, -1
        g.least = g.pace.least = least_depth_m
        g.pace.own, g.pace.sides = theta, (1.0 - theta) / 2.0
        self.threads = max(1, min(threads, g.rows // 8, MOST_THREADS))
        self._kept = {}
        self._inside = np.s_[1 : 1 + g.rows, LEFT : LEFT + g.columns]
        self._make_room()
        self._lay_bed(np.asarray(elevation_m), blocked)
        self._lay_roughness(manning)
        self._lay_edges(edges or {})
        self.set_rain(0.0)
        self.set_points(np.zeros(0, np.int32), np.zeros(0))
        self.set_depth(np.zeros((g.rows, g.columns), np.float32) if depth_m is None else depth_m)
        self._given = {
            "elevation_m": np.array(elevation_m), "cell_m": cell_m, "manning": manning, "blocked": blocked,
            "edges": edges, "least_depth_m": least_depth_m, "courant": courant, "theta": theta,
            "longest_step_s": longest_step_s, "gravity_m_s2": gravity_m_s2, "threads": threads, "keep_peak": keep_peak,
        }

    # Room ------------------------------------------------------------------------------------------------------------

    cdef float *_field(self, name) except NULL:
        """A float32 field with ghosts; gives its row 0, column 0."""
        cdef float[:, ::1] view = self._keep(name, _aligned((self.g.rows + 3, self.g.stride), np.float32))
        return &view[1, LEFT]

    def _keep(self, name, array):
        self._kept[name] = array
        return array

    def _make_room(self):
        cdef Ground *g = &self.g
        g.h, g.carry, g.z = self._field("depth"), self._field("carry"), self._field("bed")
        g.qx, g.qy = self._field("qx"), self._field("qy")
        if g.keeps_peak:
            g.peak = self._field("peak")
        shape = (g.rows, g.segments)
        cdef double[:, ::1] books = self._keep("books", np.zeros((g.rows, BOOKS)))
        cdef uint32_t[:, ::1] top = self._keep("top", np.zeros(shape, np.uint32))
        cdef uint32_t[::1] row_top = self._keep("row_top", np.zeros(g.rows, np.uint32))
        cdef unsigned char[:, ::1] state = self._keep("state", np.zeros(shape, np.uint8))
        cdef unsigned char[:, ::1] fed = self._keep("fed", np.zeros(shape, np.uint8))
        cdef int[::1] busy = self._keep("busy", np.zeros(g.rows, np.int32))
        g.books, g.top, g.row_top = &books[0, 0], &top[0, 0], &row_top[0]
        g.state, g.fed, g.busy = &state[0, 0], &fed[0, 0], &busy[0]
        self._floats = _aligned((self.threads * FLOAT_ROWS, g.stride), np.float32)
        self._doubles = _aligned((self.threads * DOUBLE_ROWS, g.stride), np.float64)

    # What does not move ----------------------------------------------------------------------------------------------

    def _lay_bed(self, elevation, blocked):
        shape = elevation.shape
        self._blocked = np.zeros(shape, bool) if blocked is None else _fitting("blocked", blocked, np.bool_, shape)
        _check_cells("elevation_m", elevation, ~np.isfinite(elevation) & ~self._blocked, "must be a number")
        bed = self._kept["bed"]
        bed[...] = WALL
        bed[self._inside] = np.where(self._blocked, np.float32(WALL), elevation)

    def _lay_roughness(self, manning):
        cdef float[:, ::1] view
        if np.ndim(manning) == 0:
            if not 0.0 < manning <= 10.0:
                raise ValueError(f"manning is {manning}: must be above 0 and at most 10")
            view = self._keep("roughness", np.full((1, self.g.stride), manning, np.float32))
            self.g.n, self.g.n_stride = &view[0, LEFT], 0
            return
        n = _fitting("manning", manning, np.float32, (self.g.rows, self.g.columns))
        _check_cells("manning", n, ~((n > 0.0) & (n <= 10.0)), "must be above 0 and at most 10")
        self.g.n, self.g.n_stride = self._field("roughness"), self.g.stride
        self._kept["roughness"][self._inside] = n
        _spread(self._kept["roughness"], self.g.rows, self.g.columns)

    def _lay_edges(self, edges):
        cdef const unsigned char[::1] view
        unknown = [name for name in edges if name not in EDGES]
        if unknown:
            raise ValueError(f"edges has {unknown[0]!r}: an edge is one of {', '.join(EDGES)}")
        for name, k in EDGES.items():
            count = self.g.rows if name in ("west", "east") else self.g.columns
            kinds = self._keep(name, _edge_kinds(name, edges.get(name, "closed"), count))
            view = kinds
            self.g.edge[<int> k] = &view[0]
            if k >= NORTH:
                self.g.rim_open[<int> k - NORTH] = kinds.any()

    def _rim(self, name):
        """Where the ghosts of an edge lie, and the cells inside of them."""
        rows, columns = self._inside
        return {
            "west": (np.s_[rows, LEFT - 1], np.s_[rows, LEFT]),
            "east": (np.s_[rows, columns.stop], np.s_[rows, columns.stop - 1]),
            "north": (np.s_[0, columns], np.s_[1, columns]),
            "south": (np.s_[rows.stop, columns], np.s_[rows.stop - 1, columns]),
        }[name]

    def set_level(self, edge, double level_m):
        """The water level outside the cells of an edge that are of the kind "level"; up to then there is none."""
        if edge not in EDGES:
            raise ValueError(f"edge is {edge!r}: one of {', '.join(EDGES)}")
        if not isfinite(level_m):
            raise ValueError(f"level_m is {level_m}: must be a number")
        ghost, inner = self._rim(edge)
        at = self._kept[edge] == LEVEL
        bed = self._kept["bed"]
        depth = np.where(at, np.maximum(level_m - bed[inner].astype(float), 0.0), 0.0)
        if depth.max() > DEEPEST:
            raise ValueError(f"level_m is {level_m}: more than {DEEPEST:.0f} m above the bed at the {edge} edge")
        bed[ghost] = np.where(at, bed[inner], WALL)
        self._kept["depth"][ghost] = depth
        self.g.outside_top = max(self._kept["depth"][self._rim(name)[0]].max() for name in EDGES)
        self._feed()

    # What goes in and out --------------------------------------------------------------------------------------------

    def set_rain(self, rate_m_s):
        """Rain from now on, m/s: one number, or float32 (rows, columns); none falls on blocked cells."""
        cdef float[:, ::1] view
        rate = np.asarray(rate_m_s, np.float32)
        if rate.ndim == 0 and not 0.0 <= rate < 1.0:
            raise ValueError(f"rate_m_s is {rate}: must be from 0 to 1")
        shape = self.g.rows, self.g.columns
        uniform = rate.ndim == 0 and not self._blocked.any()
        field = np.broadcast_to(rate, shape) if rate.ndim == 0 else _fitting("rate_m_s", rate, np.float32, shape)
        _check_cells("rate_m_s", field, ~((field >= 0.0) & (field < 1.0)), "must be from 0 to 1")
        self._rain_given = rate.copy()
        field = np.where(self._blocked, np.float32(0.0), field)
        room = _aligned((1 if uniform else self.g.rows, self.g.stride), np.float32)
        room[:, LEFT : LEFT + self.g.columns] = field[:1] if uniform else field
        view = self._keep("rain", room)
        self.g.rain, self.g.rain_stride = &view[0, LEFT], 0 if uniform else self.g.stride
        cdef double[::1] sums = self._keep("rain_sum", field.sum(axis=1, dtype=np.float64))
        self.g.rain_sum = &sums[0]
        self._feed()

    def set_soil(self, class_of, classes):
        """What soils take up, from now on and as if dry: the class of each cell, and the classes."""
        cdef Ground *g = &self.g
        ids = _fitting("class_of", class_of, np.uint8, (g.rows, g.columns))
        table = np.array([_soil(k, soil) for k, soil in enumerate(classes)], np.float64).reshape(-1, 4)
        _check_cells("class_of", ids, ids >= len(table), f"must be below {len(table)}, the number of classes")
        cdef const unsigned char[:, ::1] id_view = self._keep("class_of", ids)
        cdef const double[:, ::1] table_view = self._keep("classes", table)
        cdef unsigned char[::1] room = self._keep("soils", np.zeros(len(table) * sizeof(Soil), np.uint8))
        cdef double[:, ::1] done = self._keep("done", np.zeros((g.rows, g.columns)))
        g.class_of, g.classes, g.n_classes = &id_view[0, 0], &table_view[0, 0], len(table)
        g.soils, g.done = <Soil *> &room[0], &done[0, 0]
        self._soils_given = list(classes)

    def set_points(self, cell, rate_m3s):
        """What goes in (or, below 0, is taken away) at cells, m3/s, from now on; what was booked before is dropped."""
        cdef Ground *g = &self.g
        cells = np.ascontiguousarray(cell, np.int32)
        rates = _fitting("rate_m3s", rate_m3s, np.float64, cells.shape)
        for k in np.flatnonzero((cells < 0) | (cells >= g.rows * g.columns) | ~np.isfinite(rates))[:1]:
            raise ValueError(f"point {k}: cell {cells[k]} of {g.rows * g.columns}, rate {rates[k]} m3/s")
        for k in np.flatnonzero(self._blocked.ravel()[cells])[:1]:
            raise ValueError(f"point {k}: cell {cells[k]} is blocked")
        self._points_given = cells.copy(), rates
        self._order = np.argsort(cells, kind="stable")
        rows, columns = np.divmod(cells[self._order], np.int32(g.columns))
        cdef int[::1] first = self._keep("first", np.searchsorted(rows, np.arange(g.rows + 1)).astype(np.int32))
        cdef int[::1] place = self._keep("place", np.append(columns, 0).astype(np.int32))
        cdef double[::1] rate = self._keep("rate", np.append(rates[self._order] / g.cell**2, 0.0))
        cdef double[::1] given = self._keep("given", np.zeros(len(cells) + 1))
        g.n_points, g.point_first, g.point_column = len(cells), &first[0], &place[0]
        g.point_rate, g.point_given = &rate[0], &given[0]
        self._feed()

    def _feed(self):
        """Mark the segments that change without any flow: where rain falls, at points and along levels."""
        rows, columns = self.g.rows, self.g.columns
        starts = np.arange(0, columns, SEGMENT)
        fed = self._kept["fed"]
        rain = self._kept["rain"][:, LEFT : LEFT + columns] > 0.0
        fed[...] = np.logical_or.reduceat(rain, starts, axis=1)
        if "first" in self._kept:
            row = np.repeat(np.arange(rows), np.diff(self._kept["first"]))
            fed[row, self._kept["place"][:-1] // SEGMENT] = 1
        fed[self._kept["west"] == LEVEL, 0] = 1
        fed[self._kept["east"] == LEVEL, -1] = 1
        for name, row in (("north", 0), ("south", -1)):
            fed[row] |= np.logical_or.reduceat(self._kept[name] == LEVEL, starts)

    # The water -------------------------------------------------------------------------------------------------------

    def set_depth(self, depth_m):
        """Water at rest of that depth, m, float32 (rows, columns); the books begin anew."""
        depth = _fitting("depth_m", depth_m, np.float32, (self.g.rows, self.g.columns))
        _check_cells("depth_m", depth, ~((depth >= 0.0) & (depth <= DEEPEST)), f"must be from 0 to {DEEPEST:.0f}")
        _check_cells("depth_m", depth, self._blocked & (depth > 0.0), "is blocked and must be dry")
        for name in ("carry", "qx", "qy", "state", "busy", "books"):
            self._kept[name][...] = 0
        self._kept["depth"][self._inside] = depth
        if self.g.keeps_peak:
            self._kept["peak"][self._inside] = depth
        self._kept["top"][...] = np.maximum.reduceat(depth, np.arange(0, self.g.columns, SEGMENT), 1).view(np.uint32)
        self._kept["row_top"][...] = self._kept["top"].max(axis=1)
        self._start_m3 = self._stored_m3()

    def advance(self, double to_s):
        """Move on to ``to_s`` in steps of one length that the waves allow; raises SurfaceFailure."""
        if not (isfinite(to_s) and to_s >= self.g.now):
            raise ValueError(f"to_s is {to_s}: must be a time from {self.g.now} s on")
        cdef float *floats = &self._floats[0, 0]
        cdef double *doubles = &self._doubles[0, 0]
        cdef int threads = self.threads
        with nogil:
            run_ground(&self.g, to_s, threads, floats, doubles)
        if self.g.failed_row >= 0:
            self._fail()

    def _fail(self):
        row = self.g.failed_row
        depth = self._kept["depth"][self._inside][row]
        column = int(np.flatnonzero(~((depth >= 0.0) & (depth <= DEEPEST)))[0])
        raise SurfaceFailure(
            f"cell ({row}, {column}) has a depth of {depth[column]} m at {self.g.now:.3f} s; lower `courant` (now "
            f"{self.g.alpha}) or `longest_step_s` (now {self.g.longest} s), and look at the bed and inflows there"
        )

    def copy(self):
        """Another one in the same state, which goes on with the same bits."""
        given = dict(self._given)
        cdef Surface other = Surface(given.pop("elevation_m"), given.pop("cell_m"), **given)
        other.set_rain(self._rain_given)
        if self.g.class_of != NULL:
            other.set_soil(self._kept["class_of"], self._soils_given)
        other.set_points(*self._points_given)
        for name in MOVING & self._kept.keys():
            other._kept[name][...] = self._kept[name]
        other.g.now, other.g.dt, other.g.outside_top = self.g.now, self.g.dt, self.g.outside_top
        other.g.steps, other.g.updates = self.g.steps, self.g.updates
        other._start_m3 = self._start_m3
        return other

    # What it holds ---------------------------------------------------------------------------------------------------

    @property
    def shape(self):
        return self.g.rows, self.g.columns

    @property
    def now_s(self):
        return self.g.now

    @property
    def step_s(self):
        return self.g.dt

    @property
    def steps(self):
        return self.g.steps

    @property
    def updates(self):
        return self.g.updates

    def depth_m(self):
        return self._kept["depth"][self._inside].copy()

    def peak_m(self):
        if not self.g.keeps_peak:
            raise ValueError("peaks are not kept: make it with keep_peak=True")
        return self._kept["peak"][self._inside].copy()

    def flow_west_m2s(self):
        return self._kept["qx"][1 : 1 + self.g.rows, LEFT : LEFT + self.g.columns + 1].copy()

    def flow_north_m2s(self):
        return self._kept["qy"][1 : 2 + self.g.rows, LEFT : LEFT + self.g.columns].copy()

    def points_m3(self):
        given = np.empty(self.g.n_points)
        given[self._order] = self._kept["given"][:-1]
        return given * self.g.cell**2

    def _stored_m3(self):
        depth, carry = self._kept["depth"][self._inside], self._kept["carry"][self._inside]
        rows = depth.sum(axis=1, dtype=np.float64) + carry.sum(axis=1, dtype=np.float64)
        return float(rows.sum()) * self.g.cell**2

    def balance(self):
        """Volumes since the depths were set, m3, and ``error``: what they do not explain."""
        sums = self._kept["books"].sum(axis=0) * self.g.cell**2
        names = ("rain", "infiltrated", "entered", "left", "poured", "taken")
        books = {name: float(value) for name, value in zip(names, sums, strict=True)}
        books |= {"start": self._start_m3, "stored": self._stored_m3()}
        came = books["start"] + books["rain"] + books["entered"] + books["poured"]
        books["error"] = books["stored"] + books["left"] + books["infiltrated"] + books["taken"] - came
        return books


# What the shell checks -----------------------------------------------------------------------------------------------

def _check_settings(cell_m, least_depth_m, courant, theta, longest_step_s, gravity_m_s2, threads):
    for name, value in [("cell_m", cell_m), ("longest_step_s", longest_step_s), ("gravity_m_s2", gravity_m_s2)]:
        if not (np.isfinite(value) and value > 0.0):
            raise ValueError(f"{name} is {value}: must be above 0")
    if not 1.0e-6 <= least_depth_m <= 1.0:
        raise ValueError(f"least_depth_m is {least_depth_m}: must be from 1e-6 to 1")
    for name, value in [("courant", courant), ("theta", theta)]:
        if not 0.0 < value <= 1.0:
            raise ValueError(f"{name} is {value}: must be above 0 and at most 1, or the flow is unstable")
    if threads < 1:
        raise ValueError(f"threads is {threads}: must be at least 1")


def _fitting(name, values, kind, shape):
    """The values as an array of that kind and shape."""
    array = np.ascontiguousarray(values)
    if array.shape != shape:
        raise ValueError(f"{name} has the shape {array.shape}: must be {shape}")
    return array.astype(kind)


def _check_cells(name, values, wrong, rule):
    """ValueError with the first cell that is wrong."""
    for k in np.flatnonzero(wrong)[:1]:
        row, column = divmod(int(k), values.shape[1])
        raise ValueError(f"{name} at cell ({row}, {column}) is {values[row, column]}: {rule}")


def _edge_kinds(name, kinds, count):
    """uint8 (count,), of one word or one for each cell."""
    words = [kinds] * count if isinstance(kinds, str) else list(kinds)
    if len(words) != count:
        raise ValueError(f"edges: {name} has {len(words)} kinds: must be one, or one for each of {count} cells")
    for word in words:
        if word not in EDGE_KINDS:
            raise ValueError(f"edges: {name} has {word!r}: one of {', '.join(EDGE_KINDS)}")
    return np.array([EDGE_KINDS[word] for word in words], np.uint8)


def _soil(k, soil):
    """A row of the table of soils: kind, steady rate, excess, decay."""
    name, *numbers = soil
    kinds = {"none": (0, 0), "horton": (1, 3), "green-ampt": (2, 3)}
    if name not in kinds or len(numbers) != kinds[name][1]:
        raise ValueError(f"soil {k} is {soil!r}: ('none',), ('horton', f0, fmin, k), ('green-ampt', Ks, psi, deficit)")
    if not all(np.isfinite(x) and x >= 0.0 for x in numbers):
        raise ValueError(f"soil {k} is {soil!r}: its numbers must be 0 or above")
    if name == "none":
        return 0.0, 0.0, 0.0, 0.0
    a, b, c = numbers
    if name == "green-ampt":
        return 2.0, a, b * c, 0.0
    if a < b or c == 0.0:
        raise ValueError(f"soil {k} is {soil!r}: f0 must not be below fmin, and k above 0")
    return 1.0, b, (a - b) / c, c


def _spread(field, rows, columns):
    """Give the ghosts the values of the cells beside them."""
    field[1 : 1 + rows, LEFT - 1] = field[1 : 1 + rows, LEFT]
    field[1 : 1 + rows, LEFT + columns] = field[1 : 1 + rows, LEFT + columns - 1]
    field[0], field[1 + rows] = field[1], field[rows]


def _aligned(shape, kind):
    """Zeros that begin at a multiple of 64 bytes."""
    size = shape[0] * shape[1]
    room = np.zeros(size + 64, kind)
    start = -room.ctypes.data % 64 // room.itemsize
    return room[start : start + size].reshape(shape)
