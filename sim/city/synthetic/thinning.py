"""Which streets of a draft are built: bridges far apart, fewer local streets outwards, a town of the right size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from sim.city.streets import StreetClass, Structure
from sim.city.synthetic.drafts import Draft
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_PART = 6  # a part of so many points is worth a street of its own


def with_crossings(draft: Draft, structure: Structure, *, apart: float, rank: int) -> Flags:
    """Which pieces are built at once: of the pieces of a structure those of main streets, ``apart`` from each other."""
    built: Flags = draft.structure != structure
    middle = (draft.xy[draft.tail] + draft.xy[draft.head]) / 2.0
    candidates = np.flatnonzero(~built & (draft.rank <= rank))
    candidates = candidates[np.lexsort((np.hypot(*middle[candidates].T), draft.rank[candidates]))]
    chosen: list[int] = []
    for piece in candidates.tolist():
        step = middle[chosen] - middle[piece]
        if not chosen or np.hypot(step[:, 0], step[:, 1]).min() >= apart:
            chosen.append(piece)
    built[chosen] = True
    return built


def thinned(draft: Draft, draws: Draws, *, share: Floats) -> Flags:
    """Which pieces are built: each local piece is left out with the probability (m,) given for it."""
    entity = np.arange(len(draft.tail))
    left_out = draws.uniforms("town thinning", entity) < share
    built: Flags = ~(left_out & (draft.rank == StreetClass.LOCAL) & (draft.structure == Structure.SURFACE))
    return built


def joined(draft: Draft, built: Flags) -> Flags:
    """Which pieces are built when every larger part hangs together: as few more as it takes, the main ones first."""
    label = _labels(draft, built)
    size = np.bincount(label)
    one, other = label[draft.tail], label[draft.head]
    worth = (one != other) & (size[one] >= _PART) & (size[other] >= _PART) & ~built
    pieces = np.flatnonzero(worth)
    weight = 1.0 + draft.rank[pieces] + 10.0 * (draft.structure[pieces] != Structure.SURFACE)
    low, high = np.minimum(one[pieces], other[pieces]), np.maximum(one[pieces], other[pieces])
    order = np.lexsort((pieces, weight, high, low))
    key = low[order] * len(size) + high[order]
    best = order[np.concatenate([[True], key[1:] != key[:-1]])] if len(order) else order
    graph = coo_array((weight[best], (low[best], high[best])), shape=(len(size),) * 2)
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    chosen = np.isin(low[best] * len(size) + high[best], tree.row.astype(np.int64) * len(size) + tree.col)
    more = built.copy()
    more[pieces[best[chosen]]] = True
    return more


def _labels(draft: Draft, built: Flags) -> Ids:
    links = coo_array(
        (np.ones(int(built.sum()), dtype=np.int8), (draft.tail[built], draft.head[built])), shape=(draft.n_points,) * 2
    )
    _, label = connected_components(links, directed=False)
    return label.astype(np.int64)


def pruned(draft: Draft, keep: Floats) -> Draft:
    """Without most dead ends that came about by thinning and at the edge: those whose ``keep`` (n,) is below 0.8.

    Three times, for behind a dead end there may be another one; those that were laid as such (corners) stay.
    """
    for _ in range(3):
        degree = draft.degree
        ends = (degree == 1) & (keep < 0.8) & ~draft.is_corner
        carried = draft.structure != Structure.SURFACE
        to_nowhere = carried & ((degree[draft.tail] == 1) | (degree[draft.head] == 1))
        draft = draft.with_pieces(~(ends[draft.tail] | ends[draft.head] | to_nowhere))
    return draft
