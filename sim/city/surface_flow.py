"""Water on the ground: the flow kernel over a terrain, and one rain from its first to its last minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cext.surface import Surface, SurfaceFailure
from sim.city.terrain import Terrain
from sim.errors import CityOpsError

Single = npt.NDArray[np.float32]
Rain = float | npt.NDArray[np.float32] | npt.NDArray[np.float64]

MM_PER_HOUR = 1.0 / 3.6e6  # m/s
#: Longest step for each metre of cell, s. Thin films on slopes swing under longer ones: on a plane of 5 % under 50 mm/h
#: by 0.1 mm of 7 at this length, by as much as they are deep at 5 s and 5 m.
STEP_PER_METRE = 0.2
LONGEST_STEP_S = 5.0


class UnsoundFlow(CityOpsError):  # noqa: N818  # reads as what it is
    """The numbers of the flow failed: which cell, when and what to change; the scenario is well formed."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Horton:
    """Infiltration that falls from ``first_m_s`` to ``last_m_s`` by exp(-decay t) (Horton 1941; Akan 1992)."""

    first_m_s: float
    last_m_s: float
    decay_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenAmpt:
    """Infiltration behind a sharp wetting front (Green & Ampt 1911)."""

    conductivity_m_s: float
    suction_m: float
    deficit: float  # pore space that is still dry, m3/m3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurfaceFlow:
    """What a rain did: depths at the end, the largest ones, where the water went.

    depth_m, max_depth_m : float32 (rows, columns)
    balance : m3 -- rain, stored, left (over the edges), lost (into the ground), error (what these do not explain)
    """

    depth_m: Single
    max_depth_m: Single
    balance: dict[str, float]
    steps: int
    supercritical: float  # share of the faces with water in motion at the end, on which the method is not to be trusted


def surface(
    terrain: Terrain,
    *,
    soils: Mapping[int, Horton | GreenAmpt] | None = None,
    edges: str | Mapping[str, Any] = "open",
    **settings: Any,
) -> Surface:
    """The ground of a terrain, dry and at time 0.

    soils : of each `Cover` that takes up water;  edges : one kind for all, or those of ``cext.surface.Surface``
    settings : blocked, depth_m, least_depth_m, courant, theta, longest_step_s (0.2 s for each metre of cell, at most
        5 s), threads, keep_peak
    CityOpsError where a value does not fit the terrain or a setting is unstable.
    """
    sides = dict.fromkeys(("west", "east", "north", "south"), edges) if isinstance(edges, str) else edges
    elevation = np.ascontiguousarray(terrain.elevation_m, np.float32)
    settings.setdefault("longest_step_s", min(LONGEST_STEP_S, STEP_PER_METRE * terrain.cell_m))
    try:
        ground = Surface(elevation, terrain.cell_m, manning=terrain.manning, edges=sides, **settings)
        if soils:
            covers = _covers(terrain)
            ground.set_soil(covers, [_soil(soils.get(k)) for k in range(int(covers.max()) + 1)])
    except ValueError as wrong:
        raise CityOpsError(str(wrong)) from None
    return ground


def _covers(terrain: Terrain) -> npt.NDArray[np.uint8]:
    if terrain.cover is None:
        raise CityOpsError("soils are given by cover, but of this terrain the cover is not known")
    return terrain.cover


def _soil(soil: Horton | GreenAmpt | None) -> tuple[str] | tuple[str, float, float, float]:
    if isinstance(soil, Horton):
        return "horton", soil.first_m_s, soil.last_m_s, soil.decay_per_s
    if isinstance(soil, GreenAmpt):
        return "green-ampt", soil.conductivity_m_s, soil.suction_m, soil.deficit
    return ("none",)


def simulate(
    terrain: Terrain, rain_mm_h: Rain, duration_s: float, *, rain_step_s: float | None = None, **settings: Any
) -> SurfaceFlow:
    """Rain on a dry terrain for ``duration_s``.

    rain_mm_h : one number, float (rows, columns), or float (n,): a rate for each ``rain_step_s``, then none
    settings : see ``surface``
    CityOpsError where something does not fit; UnsoundFlow where the numbers fail.
    """
    if not (np.isfinite(duration_s) and duration_s > 0.0):
        raise CityOpsError(f"duration_s is {duration_s}: must be above 0")
    ground = surface(terrain, keep_peak=True, **settings)
    for until_s, rate in _spells(rain_mm_h, duration_s, rain_step_s=rain_step_s):
        move(ground, until_s, rain_mm_h=rate)
    books = ground.balance()
    balance = {name: books[name] for name in ("rain", "stored", "left", "error")} | {"lost": books["infiltrated"]}
    return SurfaceFlow(
        depth_m=ground.depth_m(),
        max_depth_m=ground.peak_m(),
        balance=balance,
        steps=ground.steps,
        supercritical=supercritical_share(ground),
    )


def move(ground: Surface, until_s: float, *, rain_mm_h: Rain) -> None:
    """Move on under that rain; CityOpsError where it does not fit, UnsoundFlow where the numbers fail."""
    try:
        ground.set_rain((np.asarray(rain_mm_h, float) * MM_PER_HOUR).astype(np.float32))
        ground.advance(until_s)
    except ValueError as wrong:
        raise CityOpsError(str(wrong)) from None
    except SurfaceFailure as failure:
        raise UnsoundFlow(str(failure)) from None


def _spells(rain: Rain, duration_s: float, *, rain_step_s: float | None) -> list[tuple[float, Rain]]:
    """Until when it rains how much, mm/h."""
    series = np.asarray(rain, float)
    if series.ndim != 1:
        return [(duration_s, rain)]
    if rain_step_s is None or not rain_step_s > 0.0:
        raise CityOpsError(f"rain_mm_h is a series, so rain_step_s must be above 0, found {rain_step_s}")
    ends = [min(rain_step_s * k, duration_s) for k in range(len(series) + 1)]
    spells: list[tuple[float, Rain]] = [
        (end, float(rate)) for (start, end), rate in zip(pairwise(ends), series, strict=True) if end > start
    ]
    return spells if ends[-1] >= duration_s else [*spells, (duration_s, 0.0)]


def supercritical_share(ground: Surface) -> float:
    """The share of the faces with water in motion over which it flows faster than its waves (Froude number > 1)."""
    depth = ground.depth_m()
    faster = moving = 0
    pairs = (
        (ground.flow_west_m2s()[:, 1:-1], depth[:, :-1], depth[:, 1:]),
        (ground.flow_north_m2s()[1:-1], depth[:-1], depth[1:]),
    )
    for flow, before, after in pairs:
        height = np.maximum(before, after).astype(float)
        moves = (flow != 0.0) & (height > 0.0)
        moving += int(moves.sum())
        faster += int((np.abs(flow[moves]) > np.sqrt(9.80665 * height[moves] ** 3)).sum())
    return faster / moving if moving else 0.0
