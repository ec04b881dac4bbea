"""How deep and how large the sewers are: from the heads of the forest down to its outfalls, one level at a time.

Rules and sources are in ``docs/town/sewers.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.storms import Formula, intensity_m_s
from sim.city.synthetic.sewer_forest import Forest
from sim.city.synthetic.sewer_sizes import SIZES, Chosen, choose

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

COVER_M = 0.7
"""Least ground over the crown under a carriageway (GB 50014)."""
DEEPEST_M = 8.0
"""Greatest depth of a sewer, at either end; a deeper one is lifted first by a pump station (assumption, 6 to 10 m).

Wet wells are deeper by their sump than the sewers that arrive."""
INLET_TIME_MIN = 10.0
"""Time that water takes over the ground to the sewer (GB 50014: 5 to 15 minutes)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Route:
    """What leads away from each corner: a sewer under a street, or the pipe to the outfall; arrays are (n_corners,).

    length_m;  ground_m, end_ground_m : of its two ends;  end_floor_m : below which it may not end, -inf where it may
    running_off_m2 : of the corner itself;  return_period : years
    """

    length_m: Floats
    ground_m: Floats
    end_ground_m: Floats
    end_floor_m: Floats
    running_off_m2: Floats
    return_period: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """The sewer that leads away from each corner; arrays are (n_corners,), of no meaning where no manhole is.

    size : index into SIZES;  start_m, end_m : inverts at its two ends;  flow_m3s : that it was sized for
    is_lifted : whether it begins behind a pump station;  is_forced : whether that pumps all the way through a pressure
        main instead, as the street rises too much for a sewer
    arriving_m : lowest invert of the sewers that arrive, and of a pressure main's beginning; inf where there is none
    """

    size: Ints
    start_m: Floats
    end_m: Floats
    flow_m3s: Floats
    is_lifted: Flags
    is_forced: Flags
    arriving_m: Floats


class _State:
    """What has arrived at each corner from upstream."""

    def __init__(self, route: Route) -> None:
        n = len(route.length_m)
        self.crown = np.full(n, np.inf)
        self.invert = np.full(n, np.inf)
        self.minutes = np.full(n, INLET_TIME_MIN)
        self.running_off = route.running_off_m2.copy()
        self.size = np.zeros(n, dtype=np.int32)


def lay(forest: Forest, route: Route, formula: Formula) -> Levels:
    """Size and lay all sewers by the rational method, crown to crown, none smaller than those upstream of it."""
    n = len(forest.down)
    state = _State(route)
    size = np.zeros(n, dtype=np.int32)
    lifted, forced = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.bool_)
    start, end, flow = np.zeros(n), np.zeros(n), np.zeros(n)
    for corners in _from_the_heads(forest):
        q = _design_flow(state, route, corners, formula)
        crown, chosen, lifts = _laid(state, route, corners, q)
        forces = _ends_too_deep(route, corners, crown, chosen) & (forest.down[corners] >= 0)
        crown, chosen = _forced(state, route, corners, forces, (crown, chosen))
        height = SIZES.height_m[chosen.size]
        size[corners], lifted[corners], forced[corners], flow[corners] = chosen.size, lifts | forces, forces, q
        start[corners] = crown - height
        end[corners] = crown - height - chosen.fall_m
        _pass_on(state, route, corners, forest.down[corners], crown=crown, chosen=chosen)
    arriving = np.where(forced, np.minimum(state.invert, start), state.invert)
    return Levels(
        size=size,
        start_m=start,
        end_m=end,
        flow_m3s=flow,
        is_lifted=lifted,
        is_forced=forced,
        arriving_m=arriving,
    )


def _from_the_heads(forest: Forest) -> list[Ints]:
    """The corners of each level, the farthest from the outfalls first."""
    corners = forest.corners
    order = corners[np.argsort(-forest.level[corners], kind="stable")]
    bounds = np.flatnonzero(np.diff(forest.level[order])) + 1
    return list(np.split(order, bounds)) if len(order) else []


def _design_flow(state: _State, route: Route, corners: Ints, formula: Formula) -> Floats:
    """The rational method: coefficient times area times the intensity over the time that water takes to get here."""
    intensity = intensity_m_s(formula, route.return_period[corners], state.minutes[corners])
    flow: Floats = state.running_off[corners] * intensity
    return flow


def _laid(state: _State, route: Route, corners: Ints, flow: Floats) -> tuple[Floats, Chosen, Flags]:
    """Crown at the start, size and fall, and whether water is lifted first, as the sewer would lie too deep."""
    highest = route.ground_m[corners] - COVER_M
    crown = np.minimum(state.crown[corners], highest)
    by_gravity = _chosen(state, route, corners, flow, crown)
    invert = crown - SIZES.height_m[by_gravity.size]
    too_deep = route.ground_m[corners] - invert > DEEPEST_M
    too_deep |= _ends_too_deep(route, corners, crown, by_gravity)
    too_low = invert - by_gravity.fall_m < route.end_floor_m[corners]
    lifts = (too_deep | too_low) & (crown < highest - 0.5)
    if not lifts.any():
        return crown, by_gravity, lifts
    crown = np.where(lifts, highest, crown)
    return crown, _chosen(state, route, corners, flow, crown), lifts


def _ends_too_deep(route: Route, corners: Ints, crown: Floats, chosen: Chosen) -> Flags:
    end = crown - SIZES.height_m[chosen.size] - chosen.fall_m
    too_deep: Flags = route.end_ground_m[corners] - end > DEEPEST_M
    return too_deep


def _forced(
    state: _State, route: Route, corners: Ints, forces: Flags, laid: tuple[Floats, Chosen]
) -> tuple[Floats, Chosen]:
    """Crown and sewers, where forced a pressure main: from where the water arrives to just below the end's ground."""
    crown, chosen = laid
    from_crown = np.minimum(state.crown[corners], route.ground_m[corners] - COVER_M)
    crown = np.where(forces, from_crown, crown)
    to_crown = route.end_ground_m[corners] - COVER_M
    return crown, replace(chosen, fall_m=np.where(forces, crown - to_crown, chosen.fall_m))


def _chosen(state: _State, route: Route, corners: Ints, flow: Floats, crown: Floats) -> Chosen:
    wanted = crown - (route.end_ground_m[corners] - COVER_M)
    return choose(flow, route.length_m[corners], wanted, least_size=state.size[corners])


def _pass_on(state: _State, route: Route, corners: Ints, down: Ints, *, crown: Floats, chosen: Chosen) -> None:
    """Tell the corners downstream what arrives."""
    goes_on = down >= 0
    to = down[goes_on]
    end_crown = crown - chosen.fall_m
    minutes = state.minutes[corners] + route.length_m[corners] / chosen.velocity_m_s / 60.0
    np.minimum.at(state.crown, to, end_crown[goes_on])
    np.minimum.at(state.invert, to, (end_crown - SIZES.height_m[chosen.size])[goes_on])
    np.maximum.at(state.minutes, to, minutes[goes_on])
    np.maximum.at(state.size, to, chosen.size[goes_on])
    np.add.at(state.running_off, to, state.running_off[corners][goes_on])
