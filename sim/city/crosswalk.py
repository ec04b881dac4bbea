"""Which pipe, drain, cell and asset lies at which street: the one place that answers "what is under this road?"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.assets import Assets
from sim.city.blocks import Lots
from sim.city.cells import carriageway_pairs
from sim.city.register import Register
from sim.city.streets import Streets
from sim.city.terrain import Terrain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """A relation between streets and elements of one layer, readable both ways; arrays are read-only.

    Street s has the elements ``element[first[s]:first[s + 1]]``, ascending; element e lies at the streets
    ``street[back[e]:back[e + 1]]``, ascending.
    """

    first: Ints
    element: Ints
    back: Ints
    street: Ints

    def __post_init__(self) -> None:
        for name in self.__slots__:
            getattr(self, name).setflags(write=False)

    @classmethod
    def of_pairs(cls, streets: Ints, elements: Ints, *, n_streets: int, n_elements: int) -> Index:
        """The relation of pairs (k,), in any order, repeated or not; a -1 on either side is left out."""
        known = (streets >= 0) & (elements >= 0)
        key = np.unique(streets[known].astype(np.int64) * max(n_elements, 1) + elements[known])
        street, element = (half.astype(np.int32) for half in np.divmod(key, max(n_elements, 1)))
        backward = np.argsort(element, kind="stable")
        return cls(
            first=_starts(street, n_streets),
            element=element,
            back=_starts(element, n_elements),
            street=street[backward],
        )

    def at(self, street: int) -> Ints:
        """The elements at a street."""
        return self.element[self.first[street] : self.first[street + 1]]

    def streets_of(self, element: int) -> Ints:
        """The streets at which an element lies."""
        return self.street[self.back[element] : self.back[element + 1]]

    def streets_of_any(self, elements: Ints) -> Ints:
        """The streets at which any of the elements lies, ascending: int32."""
        return np.unique(_slices(self.street, self.back, elements))

    def at_any(self, streets: Ints) -> Ints:
        """The elements at any of the streets, ascending: int32."""
        return np.unique(_slices(self.element, self.first, streets))

    def greatest(self, value: Floats) -> Floats:
        """The greatest value of the elements at each street, such as the depth of the water on its cells.

        value : (n_elements,) of any type of number.  Returns (n_streets,) of the same; 0 where a street has none.
        """
        most = np.zeros(len(self.first) - 1, dtype=value.dtype)
        full = np.flatnonzero(np.diff(self.first))
        if full.size:
            most[full] = np.maximum.reduceat(value[self.element], self.first[full])
        return most


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Crosswalk:
    """Everything that lies at the streets.

    mains : links of the water network;  sewers : links of the drainage
    cells : cells of the terrain that the carriageway covers;  assets : assets;  blocks : blocks beside it
    main_of_corner, manhole_of_corner : int32 (n_corners,), the water and drain node at each corner; -1 = none
    """

    mains: Index
    sewers: Index
    cells: Index
    assets: Index
    blocks: Index
    main_of_corner: Ints
    manhole_of_corner: Ints

    def under(self, street: int) -> dict[str, Ints]:
        """What lies under, on and beside a street, by layer."""
        layers = ("mains", "sewers", "cells", "assets", "blocks")
        return {layer: getattr(self, layer).at(street) for layer in layers}

    def flooded_by(self, cell: int) -> Ints:
        """The streets that flood when a cell of the terrain does, ascending."""
        return self.cells.streets_of(cell)


def crosswalk_of(
    streets: Streets,
    lots: Lots,
    *,
    terrain: Terrain,
    register: Register,
    street_of_sewer: Ints,
    corner_of_manhole: Ints,
    assets: Assets,
) -> Crosswalk:
    """Tell for every street what lies under, on and beside it.

    street_of_sewer : int32 (n_drain_links,), the street below which each drain link lies; -1 = none
    corner_of_manhole : int32 (n_drain_nodes,), the corner at which each drain node stands; -1 = none
    Of several water or drain nodes at a corner the first is the corner's.
    """
    n, every = streets.n_streets, np.arange(streets.n_streets, dtype=np.int32)

    def at(street: Ints) -> Index:
        return Index.of_pairs(street, _numbers(street), n_streets=n, n_elements=len(street))

    street, cell = carriageway_pairs(streets, terrain)
    return Crosswalk(
        mains=at(register.street),
        sewers=at(street_of_sewer),
        cells=Index.of_pairs(street, cell, n_streets=n, n_elements=terrain.elevation_m.size),
        assets=at(assets.street),
        blocks=Index.of_pairs(np.repeat(every, 2), lots.beside.ravel(), n_streets=n, n_elements=lots.n_blocks),
        main_of_corner=_first_at(register.corner, streets.n_corners),
        manhole_of_corner=_first_at(corner_of_manhole, streets.n_corners),
    )


def _numbers(one_each: Ints) -> Ints:
    return np.arange(len(one_each), dtype=np.int32)


def _first_at(corner: Ints, n_corners: int) -> Ints:
    """The first of the nodes that stand at each corner; -1 = none."""
    first = np.full(n_corners, -1, dtype=np.int32)
    known = np.flatnonzero(corner >= 0)[::-1]
    # Of repeated indices the last assigned holds, which is the first node.
    first[corner[known]] = known
    return first


def _slices(values: Ints, first: Ints, chosen: Ints) -> Ints:
    """The values of several slices, one after another."""
    begin = first[:-1][chosen].astype(np.int64)
    count = first[1:][chosen] - begin
    inner = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    chosen_values: Ints = values[np.repeat(begin, count) + inner]
    return chosen_values


def _starts(sorted_ids: Ints, n: int) -> Ints:
    first = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(sorted_ids, minlength=n), out=first[1:])
    return first
