"""Where a made town's streets pass below or above each other: expressways without crossings, tunnels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.drafts import Draft
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LONGEST = (
    1.6  # an underpass is straight: longer ones might leave their course, such as the bank of a river, in streets
)
_SURFACE, _EXPRESSWAY = int(Structure.SURFACE), int(StreetClass.EXPRESSWAY)


def sunk_below_expressways(draft: Draft, built: Flags) -> tuple[Draft, Flags]:
    """Collectors that cross an expressway pass below it; local streets stop before it.

    Corners with arterials stay, and those of collectors with no other corner near: there one enters and leaves.
    """
    express = draft.rank == _EXPRESSWAY
    on_express = _meeting(draft, express & built)
    has_main = _meeting(draft, (draft.rank == StreetClass.ARTERIAL) & built) > 0
    length = np.hypot(*(draft.xy[draft.head] - draft.xy[draft.tail]).T)
    under = (draft.rank == StreetClass.COLLECTOR) & (draft.structure == _SURFACE) & built & (length < _LONGEST)
    crossed = (on_express == 2) & (_meeting(draft, under) == 2) & ~has_main
    blocked = (on_express > 0) & ~has_main
    touches = blocked[draft.tail] | blocked[draft.head]
    built = built & ~(touches & (draft.rank == StreetClass.LOCAL))
    return _passed(draft, built, corners=crossed, along=under, structure=Structure.UNDERPASS)


def tunnelled(draft: Draft, built: Flags, draws: Draws, *, one_in: int) -> tuple[Draft, Flags]:
    """Some stretches of arterial run through a tunnel below two to four local streets, one for ``one_in`` points."""
    main = (draft.rank == StreetClass.ARTERIAL) & (draft.structure == _SURFACE) & built
    local = (draft.rank == StreetClass.LOCAL) & (draft.structure == _SURFACE) & built
    through = (_meeting(draft, main) == 2) & (_meeting(draft, local) == 2) & (_meeting(draft, built) == 4)
    inside = main & through[draft.tail] & through[draft.head]
    links = coo_array(
        (np.ones(int(inside.sum()), dtype=np.int8), (draft.tail[inside], draft.head[inside])),
        shape=(draft.n_points,) * 2,
    )
    _, run = connected_components(links, directed=False)
    size = np.bincount(run[through], minlength=int(run.max()) + 1)
    runs = np.flatnonzero((size >= 2) & (size <= 4))
    order = np.argsort(draws.uniforms("town tunnel", runs), kind="stable")
    chosen = runs[order[: draft.n_points // one_in]]
    return _passed(draft, built, corners=through & np.isin(run, chosen), along=main, structure=Structure.TUNNEL)


def _meeting(draft: Draft, pieces: Flags) -> Ids:
    """How many of the pieces meet at each point."""
    return np.bincount(np.concatenate([draft.tail[pieces], draft.head[pieces]]), minlength=draft.n_points)


def _passed(draft: Draft, built: Flags, *, corners: Flags, along: Flags, structure: Structure) -> tuple[Draft, Flags]:
    """The runs of pieces ``along`` through ``corners`` as one straight piece each that meets none of them."""
    inside = along & (corners[draft.tail] | corners[draft.head])
    both = inside & corners[draft.tail] & corners[draft.head]
    links = coo_array(
        (np.ones(int(both.sum()), dtype=np.int8), (draft.tail[both], draft.head[both])), shape=(draft.n_points,) * 2
    )
    _, run = connected_components(links, directed=False)
    piece = np.flatnonzero(inside & ~both)
    inner = np.where(corners[draft.tail[piece]], draft.tail[piece], draft.head[piece])
    outer = draft.tail[piece] + draft.head[piece] - inner
    order = np.lexsort((piece, run[inner]))
    run_of, end = run[inner][order], outer[order]
    first = np.flatnonzero(np.concatenate([[True], run_of[1:] != run_of[:-1]])) if len(order) else order
    one, other = end[first], end[np.minimum(first + 1, max(len(end) - 1, 0))]
    new = Draft(
        xy=np.empty((0, 2)),
        side=np.empty((0, 2), dtype=np.int8),
        is_corner=np.empty(0, dtype=np.bool_),
        tail=one,
        head=other,
        rank=draft.rank[piece[order[first]]],
        structure=np.full(len(one), structure, dtype=np.int8),
    )
    passed = replace(draft.with_pieces(~inside)).added(new)
    return passed, np.concatenate([built[~inside], np.ones(len(one), dtype=np.bool_)])
