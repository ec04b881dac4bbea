"""Where something can stand: a block, a corner of it, and the street between them from which it is reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass, Streets, Structure
from sim.city.synthetic.plan import Plan
from sim.errors import CityOpsError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fronts:
    """Fronts 0 .. n-1, in the order of their corners; int32 (n,) and xy, float64 (n, 2), of the corner."""

    corner: Ints
    block: Ints
    street: Ints
    street_class: npt.NDArray[np.int8]
    xy: Floats

    def block_at(self, corner: Ints) -> Ints:
        """int32 (k,): a block at each corner; -1 where none has a front there."""
        return self._first(corner, self.block)

    def street_at(self, corner: Ints) -> Ints:
        """int32 (k,): the street of that block's front at each corner; -1 where none has a front there."""
        return self._first(corner, self.street)

    def _first(self, corner: Ints, of: Ints) -> Ints:
        at = np.minimum(np.searchsorted(self.corner, corner), len(self.corner) - 1)
        return np.where(self.corner[at] == corner, of[at], -1).astype(np.int32)


def fronts_of(plan: Plan, streets: Streets) -> Fronts:
    """All fronts of a town: both ends of both sides of each street on the ground that is no expressway.

    Raises CityOpsError where no street has a block beside it.
    """
    is_open = (streets.structure == Structure.SURFACE) & (streets.street_class > StreetClass.EXPRESSWAY)
    ends = np.column_stack([streets.tail, streets.head])
    street, side, end = (index.ravel() for index in np.indices((streets.n_streets, 2, 2)))
    block, corner = plan.lots.beside[street, side], ends[street, end]
    there = np.flatnonzero(is_open[street] & (block >= 0))
    if len(there) == 0:
        raise CityOpsError("no street has a block beside it in which anything could stand")
    order = there[np.lexsort((street[there], block[there], corner[there]))]
    street = street[order].astype(np.int32)
    return Fronts(
        corner=corner[order],
        block=block[order],
        street=street,
        street_class=streets.street_class[street],
        xy=streets.xy[corner[order]],
    )
