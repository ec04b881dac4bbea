"""Pump stations of a made town: where its mains and its sewers have pumps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.assets import AssetKind, Assets
from sim.city.drainage import Drainage, DrainLinkKind
from sim.city.register import Register
from sim.city.streets import Streets
from sim.city.synthetic.fronts import Fronts, fronts_of
from sim.city.synthetic.plan import Plan
from sim.city.water import LinkKind, WaterNetwork

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def at_pumps(
    assets: Assets,
    plan: Plan,
    streets: Streets,
    *,
    water: WaterNetwork,
    register: Register,
    drainage: Drainage,
    corner_of_manhole: Ints,
) -> Assets:
    """The assets with a pump station at each corner at which a pump of the mains or of the sewers takes its water.

    corner_of_manhole : int32 (n_drain_nodes,), -1 = none.  ``assets`` has no pump stations yet; a town whose mains flow
    by gravity gets none for water.
    """
    fronts = fronts_of(plan, streets)
    pumps = np.flatnonzero(water.link_kind == LinkKind.PUMP)
    drains = np.flatnonzero(drainage.link_kind == DrainLinkKind.PUMP)
    corners = {
        AssetKind.WATER_PUMP_STATION: register.corner[water.tail[pumps]],
        AssetKind.DRAIN_PUMP_STATION: corner_of_manhole[drainage.tail[drains]],
    }
    return _merged([assets, *(_stations(kind, at, streets, fronts, plan.centre) for kind, at in corners.items())])


def _stations(kind: AssetKind, at: Ints, streets: Streets, fronts: Fronts, centre: Floats) -> Assets:
    corner = np.unique(at[at >= 0]).astype(np.int32)
    away = np.round(np.hypot(*(streets.xy[corner] - centre).T), 2)
    corner = corner[np.argsort(away, kind="stable")]
    word = kind.name.lower().replace("_", " ")
    return Assets(
        kind=np.full(len(corner), kind, dtype=np.int8),
        names=tuple(f"{word} {i + 1}" for i in range(len(corner))),
        corner=corner,
        street=fronts.street_at(corner),
        block=fronts.block_at(corner),
        xy=streets.xy[corner],
        size=np.zeros(len(corner)),
    )


def _merged(parts: list[Assets]) -> Assets:
    kind = np.concatenate([part.kind for part in parts])
    names = [name for part in parts for name in part.names]
    order = np.argsort(kind, kind="stable")
    arrays = {
        f: np.concatenate([getattr(part, f) for part in parts])[order] for f in ("corner", "street", "block", "size")
    }
    xy = np.concatenate([part.xy for part in parts])[order]
    return Assets(kind=kind[order], names=tuple(names[i] for i in order.tolist()), xy=xy, **arrays)
