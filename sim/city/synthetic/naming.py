"""Names of districts, after where they lie, and of sub-districts, made of two words; each is unique."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots
from sim.city.synthetic.banks import distance_to
from sim.city.synthetic.plan import Course, Plan

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

COMPASS: Final = ("East", "North-East", "North", "North-West", "West", "South-West", "South", "South-East")
_FIRST: Final = (
    "Willow", "Stone", "Market", "Mill", "Temple", "Garden", "Lotus", "Station", "Bamboo", "Bridge", "Orchard", "Lake",
    "Pine", "Drum", "Harbour", "Plum", "Silk", "Crane", "Spring", "Cedar", "Lantern", "Jade", "Swallow", "Maple",
    "Bell",
)  # fmt: skip
_SECOND: Final = ("Gate", "Hill", "Field", "Lane", "Court", "Row", "Park", "Square", "Well", "Yard", "Terrace", "Cross")


def district_names(lots: Lots, district: Ints, plan: Plan) -> tuple[str, ...]:
    """A name for each district: Old Town round the centre, Riverside at the water, else after the compass.

    district : int32 (n_blocks,), each number from 0 on used.
    """
    count = int(district.max()) + 1
    ground = np.bincount(district, weights=lots.area_m2, minlength=count)
    middle = np.stack([np.bincount(district, weights=lots.area_m2 * xy) for xy in lots.centre_xy.T], axis=1)
    away = middle / ground[:, None] - plan.centre
    names = [compass_point(x, y) for x, y in away]
    names[_nearest(lots.centre_xy, plan.centre, district)] = "Old Town"
    if plan.river is not None and count > 2:
        by_river = _share_by_river(lots, district, plan.river) * (np.array(names) != "Old Town")
        names[int(by_river.argmax())] = "Riverside"
    return numbered(names)


def compass_point(x: float, y: float) -> str:
    """The nearest of eight points of the compass in which a vector points."""
    return COMPASS[round(float(np.arctan2(y, x)) / (np.pi / 4.0)) % 8]


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """The names, those that stand more than once with numbers from 1 on."""
    often, so_far = Counter(names), Counter[str]()
    unique = []
    for name in names:
        so_far[name] += 1
        unique.append(f"{name} {so_far[name]}" if often[name] > 1 else name)
    return tuple(unique)


def subdistrict_names(count: int) -> tuple[str, ...]:
    """So many names of two words, neighbours in number unlike each other; with a number after each 300."""
    first, second = len(_FIRST), len(_SECOND)
    return numbered([f"{_FIRST[i % first]} {_SECOND[i % second]}" for i in range(count)])


def _nearest(xy: Floats, centre: Floats, district: Ints) -> int:
    return int(district[np.hypot(*(xy - centre).T).argmin()])


def _share_by_river(lots: Lots, district: Ints, river: Course) -> Floats:
    """Share of each district's ground within 400 m of the river."""
    is_near = distance_to(river, lots.centre_xy) < 400.0
    near = np.bincount(district, weights=lots.area_m2 * is_near)
    share: Floats = np.divide(near, np.bincount(district, weights=lots.area_m2))
    return share
