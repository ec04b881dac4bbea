"""A flood in motion: rain on the ground, down the gullies into the sewers, and out of them again where they are full.

The ground is ``cext.surface``, the sewers are ``cext.drains``. They meet every few seconds at manholes and wet wells:

- from the ground into the sewer over the rims of the gullies, as a free weir while the manhole below has room, as a
  submerged one where it is full (Rubinato, Martins & Shucksmith 2017, whose coefficients for manholes stand here for
  the gullies of a corner);
- from the sewer onto the ground whatever the sewer cannot hold below the ground. A manhole that gave water back is
  offered what it kept the last time, and a quarter more each time, so that none goes round and round.

Full pipes are computed with Preissmann's slot. What one side gives is what the other takes, to the last litre: each is
asked for the volume that really moved.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from sim.city.drain_routing import router
from sim.city.drainage import Drainage, DrainNodeKind
from sim.city.surface_flow import GreenAmpt, Horton, UnsoundFlow, surface
from sim.city.terrain import Cover, Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Single = npt.NDArray[np.float32]

GRAVITY = 9.80665
WEIR = 2.0 / 3.0 * 0.54 * math.sqrt(2.0 * GRAVITY)
"""Free weir at a manhole's rim, m3/s for each metre of rim and m^1.5 of depth (Rubinato et al. 2017)."""
SUBMERGED = 0.056 * math.sqrt(2.0 * GRAVITY)
"""Submerged weir at a full manhole, in the same units (Rubinato et al. 2017)."""
MM_PER_HOUR = 1.0 / 3.6e6
MOST_M3S = 1e3
"""More than any gully takes."""

SOILS: dict[int, Horton | GreenAmpt] = {
    Cover.GREEN: Horton(first_m_s=75.0 * MM_PER_HOUR, last_m_s=6.0 * MM_PER_HOUR, decay_per_s=4.0 / 3600.0),
    Cover.BUILT: Horton(first_m_s=25.0 * MM_PER_HOUR, last_m_s=2.0 * MM_PER_HOUR, decay_per_s=4.0 / 3600.0),
}
"""What soils take up: loam with grass, in the range of SWMM's manual (Rossman & Huber 2016, tables 4-1, 4-2); built-up
ground a third of that, since two thirds of it are roofs and yards (assumption)."""


class Rain(Protocol):
    """What falls: the rate over the cells of the ground, and until when it stays."""

    def at(self, time_s: float) -> tuple[float | Single, float]:
        """Rain at a time, m/s, one number or float32 (rows, columns); and when it changes, s, later than the time."""


class Flood:
    """Water on and under a town; a plain object with arrays, moved on by ``advance``.

    exchange_s : how often ground and sewers meet;  gully_rim_m : length of the rims of the gullies at a corner, m (a
    kerb inlet of 0.45 by 0.75 m has 1.65 m, some four stand at a corner: assumption, 3 to 12)
    """

    def __init__(
        self,
        terrain: Terrain,
        drainage: Drainage,
        rain: Rain,
        *,
        exchange_s: float = 10.0,
        gully_rim_m: float = 6.6,
        threads: int = 1,
        **settings: Any,
    ) -> None:
        self._terrain = terrain
        self._rain = rain
        self._exchange_s = exchange_s
        soils = None if terrain.cover is None else SOILS
        self._ground = surface(terrain, soils=soils, edges="open", keep_peak=True, threads=threads, **settings)
        # Under EXTRAN, where pipes fill and spill all the time, a made town's sewers made 1 to 2 % of the water.
        with_slot = replace(drainage, options=replace(drainage.options, surcharge="SLOT"))
        self._drains = router(with_slot).start()
        self._node = np.flatnonzero(drainage.node_kind != DrainNodeKind.OUTFALL)
        self._cell = lowest_around(terrain, drainage.xy[self._node])
        inside = self._cell >= 0
        self._node, self._cell = self._node[inside], self._cell[inside]
        self._rim_m = gully_rim_m
        self._full_m = drainage.depth_m[self._node]
        self._n_nodes = drainage.n_nodes
        self._flooded = np.zeros(drainage.n_nodes)
        self._spill_m3 = np.zeros(len(self._node))
        self._room_m3s = np.full(len(self._node), MOST_M3S)
        self._trucks: dict[int, float] = {}
        self._rain_until_s = -math.inf
        self._into_drains_m3 = 0.0
        self._out_of_drains_m3 = 0.0
        self._pumped_m3 = 0.0

    @property
    def now_s(self) -> float:
        """How far it is."""
        return self._ground.now_s

    def advance(self, to_s: float) -> None:
        """Move on to a multiple of the interval of exchange; raises UnsoundFlow where the numbers fail."""
        try:
            while self.now_s < to_s - 1e-6:
                self._step(min(self.now_s + self._exchange_s, to_s))
        except ArithmeticError as failure:
            raise UnsoundFlow(str(failure)) from failure

    def fork(self) -> Flood:
        """A copy that goes its own way, with the same bits as long as nobody intervenes."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._ground, other._drains = self._ground.copy(), self._drains.fork()
        # The arrays of the state are replaced, never written into.
        other._trucks = {**self._trucks}
        return other

    def depth_m(self) -> Single:
        """Depth of water on each cell: float32 (rows, columns), m."""
        return self._ground.depth_m()

    def peak_m(self) -> Single:
        """The deepest water so far on each cell: float32 (rows, columns), m."""
        return self._ground.peak_m()

    def level_below_ground_m(self) -> Floats:
        """How far the water stands below the rim of each drain node that meets the ground; 0 where it is full."""
        return np.maximum(self._full_m - self._drains.depths()[self._node], 0.0)

    def set_truck(self, cell: int, flow_m3s: float) -> None:
        """A pump truck takes this flow out of a cell from now on, out of the town; 0 = it has gone."""
        assert 0 <= cell < self._terrain.elevation_m.size, f"cell {cell} lies outside the raster"
        assert 0.0 <= flow_m3s < math.inf, f"a pump truck of {flow_m3s} m3/s"
        if flow_m3s > 0.0:
            self._trucks[cell] = flow_m3s
        else:
            self._trucks.pop(cell, None)

    def hold_pump(self, link: int, setting: float) -> None:
        """Keep a pump of the drains at a setting (0 = off) whatever its levels say, until ``release_pump``."""
        self._drains.hold(link, setting)

    def release_pump(self, link: int) -> None:
        """Let the pump run by its levels again."""
        self._drains.release(link)

    def balance(self) -> dict[str, float]:
        """Volumes since the start, m3; what is missing is what the sewers' and the ground's solutions lost or made.

        rain; on_ground, in_drains (stored now); infiltrated; left (over the edges); outfalls (of the sewers); trucks
        into_drains, out_of_drains : exchanged, at each manhole the difference of an interval
        between : come out of the sewers, on the ground from the next interval on
        ground_error : what the ground holds or lost less what came;  drains_error : what came to the sewers, less that
        """
        ground, drains = self._ground.balance(), self._drains.balance()
        outfalls, between = drains["outflow_m3"] - drains["flooded_m3"], float(self._spill_m3.sum())
        came = drains["first_stored_m3"] + drains["inflow_m3"]
        return {
            "rain": ground["rain"],
            "on_ground": ground["stored"],
            "in_drains": drains["stored_m3"],
            "infiltrated": ground["infiltrated"],
            "left": ground["left"],
            "outfalls": outfalls,
            "trucks": self._pumped_m3,
            "into_drains": self._into_drains_m3,
            "out_of_drains": self._out_of_drains_m3,
            "between": between,
            "ground_error": ground["error"],
            "drains_error": came - drains["outflow_m3"] - drains["stored_m3"],
        }

    def _step(self, to_s: float) -> None:
        span_s, n = to_s - self.now_s, len(self._node)
        wish = self._inflow_m3s(span_s) - self._spill_m3 / span_s
        trucks = np.array(sorted(self._trucks), dtype=np.int32)
        cells = np.concatenate([self._cell, trucks])
        rates = np.concatenate([-wish, -np.array([self._trucks[int(cell)] for cell in trucks])])
        self._ground.set_points(cells, rates)
        self._move_ground(to_s)
        moved_m3 = -self._ground.points_m3()
        self._pumped_m3 += float(moved_m3[n:].sum())
        self._move_drains(to_s, span_s=span_s, down_m3=moved_m3[:n])

    def _move_drains(self, to_s: float, *, span_s: float, down_m3: Floats) -> None:
        """Give the sewers what left the ground, beside what came out of them before; see what comes out of them now."""
        self._into_drains_m3 += float(down_m3.sum(where=down_m3 > 0.0))
        self._out_of_drains_m3 -= float(down_m3.sum(where=down_m3 < 0.0))
        taken_m3 = np.maximum(down_m3 + self._spill_m3, 0.0)
        inflow = np.zeros(self._n_nodes)
        inflow[self._node] = taken_m3 / span_s
        self._drains.set_inflows(inflow)
        self._drains.advance(to_s, exactly=True)
        flooded = self._drains.flooded()
        self._spill_m3 = (flooded - self._flooded)[self._node]
        self._flooded = flooded
        kept = np.maximum(taken_m3 - self._spill_m3, 0.0) / span_s
        grown = np.minimum(1.25 * self._room_m3s + 0.002, MOST_M3S)
        self._room_m3s = np.where(self._spill_m3 > 0.0, kept, grown)

    def _inflow_m3s(self, span_s: float) -> Floats:
        """What runs over the rims of the gullies now, m3/s: no more than a manhole that gave water back has room for.

        At most four fifths of what stands there in an interval, so that a gully does not suck its cell dry and swing.
        """
        depth = self._ground.depth_m().ravel()[self._cell].astype(np.float64)
        is_full = self._drains.depths()[self._node] >= self._full_m - 1e-3
        inflow: Floats = np.where(is_full, SUBMERGED, WEIR) * self._rim_m * depth**1.5
        standing = 0.8 * depth * self._terrain.cell_m**2 / span_s
        least: Floats = np.minimum(np.minimum(inflow, self._room_m3s), standing)
        return least

    def _move_ground(self, to_s: float) -> None:
        while self.now_s < to_s - 1e-6:
            if self.now_s >= self._rain_until_s - 1e-6:
                rate, self._rain_until_s = self._rain.at(self.now_s)
                self._ground.set_rain(rate)
            self._ground.advance(min(to_s, self._rain_until_s))


def lowest_around(terrain: Terrain, xy: Floats) -> Ints:
    """The lowest of the nine cells around each point, where water gathers; -1 outside the raster."""
    rows, columns = terrain.shape
    cell = terrain.cell_at(xy)
    row, column = np.divmod(cell, columns)
    best, height = cell.copy(), np.full(len(cell), np.inf)
    for down in (0, -1, 1):
        for right in (0, -1, 1):
            r, c = row + down, column + right
            inside = (cell >= 0) & (r >= 0) & (r < rows) & (c >= 0) & (c < columns)
            other = np.where(inside, r * columns + c, 0)
            h = np.where(inside, terrain.elevation_m.ravel()[other], np.inf)
            lower = h < height
            best[lower], height[lower] = other[lower], h[lower]
    return best
