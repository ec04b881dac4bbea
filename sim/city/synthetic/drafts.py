"""A net of streets in the making: points and straight pieces, where a point with two pieces is a mere bend."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.streets import Structure

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """Points 0 .. n-1 and pieces between them.

    xy : float64 (n, 2);  side : int8 (n, 2), on which side of the river and of the railway, -1 or 1
    is_corner : bool (n,), a corner also where only two pieces meet
    tail, head : int64 (m,);  rank, structure : int8 (m,), of StreetClass and Structure
    """

    xy: Floats
    side: Kinds
    is_corner: Flags
    tail: Ids
    head: Ids
    rank: Kinds
    structure: Kinds

    @property
    def n_points(self) -> int:
        """How many points there are."""
        return len(self.xy)

    @property
    def degree(self) -> Ids:
        """int64 (n,): how many pieces meet at each point."""
        return np.bincount(np.concatenate([self.tail, self.head]), minlength=self.n_points)

    def with_pieces(self, kept: Flags) -> Draft:
        """Only the pieces that are kept; the points stay."""
        return replace(
            self,
            tail=self.tail[kept],
            head=self.head[kept],
            rank=self.rank[kept],
            structure=self.structure[kept],
        )

    def with_points(self, kept: Flags) -> Draft:
        """Only the points that are kept, and the pieces between them."""
        number = np.cumsum(kept) - 1
        inside = self.with_pieces(kept[self.tail] & kept[self.head])
        return replace(
            inside,
            xy=self.xy[kept],
            side=self.side[kept],
            is_corner=self.is_corner[kept],
            tail=number[inside.tail],
            head=number[inside.head],
        )

    def added(self, other: Draft) -> Draft:
        """This one and, numbered after it, the points of the other; ``other`` may name points of both."""
        return Draft(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__},
        )

    def components(self) -> Ids:
        """int64 (n,): which points hang together."""
        links = coo_array((np.ones(len(self.tail), dtype=np.int8), (self.tail, self.head)), shape=(self.n_points,) * 2)
        _, label = connected_components(links, directed=False)
        return label.astype(np.int64)

    def largest(self) -> Draft:
        """The part with the most points."""
        label = self.components()
        return self.with_points(label == np.argmax(np.bincount(label)))

    @property
    def corners(self) -> Flags:
        """bool (n,): where streets meet or end, also at the ends of bridges and the like; not where one only bends."""
        degree = self.degree
        carried = self.structure != Structure.SURFACE
        is_end = self.is_corner.copy()
        is_end[self.tail[carried]] = is_end[self.head[carried]] = True
        corners: Flags = (degree > 0) & ((degree != 2) | is_end)
        return corners
