"""Which pipe, drain, cell and asset lies at which street: the one place that answers "what is under this road?"."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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


def _starts(sorted_ids: Ints, n: int) -> Ints:
    first = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(sorted_ids, minlength=n), out=first[1:])
    return first
