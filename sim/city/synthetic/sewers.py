"""The storm sewers of a made town: manholes at its corners, sewers down its streets, outfalls at its river.

The rules are in ``docs/town/sewers.md``, each with its source or marked as an assumption. What drains where is in
``sewer_ground``, the way the sewers run in ``sewer_forest``, depths and sizes in ``sewer_levels``; here they are put
together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.blocks import People
from sim.city.drainage import Drainage
from sim.city.storms import formula_of
from sim.city.streets import Streets
from sim.city.synthetic.plan import Plan
from sim.city.synthetic.sewer_forest import Forest, followed, grow, nearest_of
from sim.city.synthetic.sewer_ground import Ground, drained_ground
from sim.city.synthetic.sewer_levels import Route, lay
from sim.city.synthetic.sewer_parts import Parts, drainage_of
from sim.city.terrain import Terrain
from sim.errors import CityOpsError
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

DITCH_M = 5.0
"""How deep the ditch at the edge of a town is into which sewers without a river run (assumption)."""
TO_DITCH_M = 15.0
"""How far it is from the last corner (assumption)."""
LEAST_LAST_M = 15.0
"""Least length of the pipe to an outfall (assumption)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sewers:
    """The drains of a made town, and where they lie; arrays are read-only.

    street_of_link : int32 (n_links,), the street under which a sewer lies or a pump stands, -1 of what leads from the
        last manhole to its outfall and of pumps between two chambers of one corner
    corner_of_node : int32 (n_nodes,), the corner of a manhole; of a wet well in an underpass, the corner it pumps to;
        of an outfall, the corner that drains to it
    """

    drainage: Drainage
    street_of_link: Ints
    corner_of_node: Ints

    def __post_init__(self) -> None:
        self.street_of_link.setflags(write=False)
        self.corner_of_node.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ways:
    """How the last manholes reach their outfalls; arrays are (roots,)."""

    xy: Floats
    length_m: Floats
    ground_m: Floats
    floor_m: Floats


def lay_sewers(town: Town, plan: Plan, streets: Streets, people: People, terrain: Terrain) -> Sewers:
    """Lay storm sewers under the streets of a made town, for the storms that its blocks were built for.

    Raises CityOpsError where the town has no street on the ground to lay a sewer under.
    """
    forest = grow(plan, streets, town.spacing)
    if len(forest.roots) == 0:
        raise CityOpsError("a town without a street on the ground between two corners cannot have sewers")
    ground = drained_ground(town, streets, plan.lots, people, forest=forest)
    ways = _ways_out(town, plan, streets, terrain, roots=forest.roots)
    route = _route(streets, forest, ground, ways=ways)
    levels = lay(forest, route, formula_of(town.storm))
    return Sewers(
        **drainage_of(
            town,
            streets,
            Parts(forest=forest, ground=ground, route=route, levels=levels, outfall_xy=ways.xy),
        )
    )


def _route(streets: Streets, forest: Forest, ground: Ground, *, ways: _Ways) -> Route:
    """What leads away from each corner."""
    goes_on = forest.down >= 0
    street, down = np.where(goes_on, forest.street, 0), np.where(goes_on, forest.down, 0)
    length: Floats = np.where(goes_on, np.maximum(streets.length_m[street], 1.0), 1.0)
    end_ground = np.where(goes_on, streets.elevation_m[down], 0.0)
    floor = np.full(len(length), -np.inf)
    roots = forest.roots
    length[roots], end_ground[roots], floor[roots] = ways.length_m, ways.ground_m, ways.floor_m
    period = np.where(goes_on, ground.return_period[street], 0.0)
    np.maximum.at(period, forest.down[goes_on], period[goes_on])  # the last pipe is built for what arrives
    period = np.where(goes_on, ground.return_period[street], np.where(period > 0.0, period, ground.return_period.max()))
    return Route(
        length_m=length.round(2),
        ground_m=streets.elevation_m,
        end_ground_m=end_ground,
        end_floor_m=floor,
        running_off_m2=ground.running_off_m2,
        return_period=period,
    )


def _ways_out(town: Town, plan: Plan, streets: Streets, terrain: Terrain, *, roots: Ints) -> _Ways:
    """To the bank of the river where it is near, else into a ditch outside."""
    here, ground = streets.xy[roots], streets.elevation_m[roots]
    outward = here - plan.centre
    outward = outward / np.maximum(np.hypot(*outward.T), 1.0)[:, None]
    xy, floor = here + TO_DITCH_M * outward, ground - DITCH_M
    if plan.river is not None:
        points, _, _ = followed(plan.river, town.spacing / 5.0)
        away, nearest = nearest_of(points, here)
        middle = points[nearest]
        bank = middle + (here - middle) * (plan.river.width_m / 2.0 / np.maximum(away, 1e-9))[:, None]
        near = away <= plan.river.width_m / 2.0 + 2.0 * town.spacing
        bed = _heights(terrain, middle, otherwise=ground - DITCH_M)
        xy = np.where(near[:, None], bank, xy)
        floor = np.where(near, np.minimum(bed, ground - 1.0), floor)
    xy = np.round(xy, 2)
    length = np.maximum(np.round(np.hypot(*(xy - here).T), 2), LEAST_LAST_M)
    return _Ways(xy=xy, length_m=length, ground_m=ground, floor_m=floor)


def _heights(terrain: Terrain, xy: Floats, *, otherwise: Floats) -> Floats:
    cell = terrain.cell_at(xy)
    height: Floats = np.where(cell >= 0, terrain.elevation_m.reshape(-1)[np.maximum(cell, 0)], otherwise)
    return np.where(np.isnan(height), otherwise, height)
