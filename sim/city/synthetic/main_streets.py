"""Under which streets mains lie, and who is served from which corner."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from sim.city.blocks import Lots
from sim.city.streets import StreetClass, Streets, Structure
from sim.draws import Draws

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

SPARED = 0.35  # share of local streets without a main where nobody needs one (assumption)


def streets_with_mains(streets: Streets, lots: Lots, *, is_served: Flags, draws: Draws) -> Flags:
    """Which streets have a main: bool (n_streets,).

    All arterials and collectors, and of the local streets all but a share; but each block of ``is_served`` (n_blocks,)
    has a main under a street beside it, and what belongs together is joined along a spanning tree of least length.
    Where a main would end dead, one more street carries it on, so that mains run in loops. Expressways and tunnels
    carry a main only where nothing else joins or serves. Rules: assumption.
    """
    barred = is_barred(streets)
    luck = draws.uniforms("town main under local street", np.arange(streets.n_streets))
    is_local = streets.street_class == StreetClass.LOCAL
    wanted = ~barred & ~(is_local & (luck < SPARED))
    wanted[_missing_service(streets, lots, is_served, wanted, barred)] = True
    joined = _with_loops(streets, wanted | _joining(streets, wanted, barred), barred)
    return _without_idle_ends(streets, joined, wanted)


def is_barred(streets: Streets) -> Flags:
    """Streets under which mains are laid only where it cannot be avoided."""
    barred: Flags = (streets.street_class == StreetClass.EXPRESSWAY) | (streets.structure == Structure.TUNNEL)
    return barred


def demand_at_corners(streets: Streets, lots: Lots, has_main: Flags, of_blocks: Floats) -> Floats:
    """What each corner serves of amounts by block (k, n_blocks): float64 (k, n_corners).

    A block is served from the mains under the streets beside it, by their length, half from either end.
    """
    street, block = _beside(lots, has_main)
    length = streets.length_m[street]
    whole = np.bincount(block, weights=length, minlength=lots.n_blocks)
    half = of_blocks[:, block] * (length / whole[block]) / 2.0
    served = np.zeros((len(of_blocks), streets.n_corners))
    for row, amount in zip(served, half, strict=True):
        for end in (streets.tail, streets.head):
            row += np.bincount(end[street], weights=amount, minlength=streets.n_corners)
    return served


def street_graph(n: int, tail: Ints, head: Ints, weight: Floats) -> tuple[csr_array, Ints]:
    """The lightest of parallel streets as a matrix (n, n), upper triangle, and their indices in the matrix's order."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((weight, high, low))
    order = order[low[order] != high[order]]
    low, high = low[order], high[order]
    is_first = np.ones(len(order), dtype=np.bool_)
    is_first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    kept = order[is_first].astype(np.int32)
    first = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(low[is_first], minlength=n), out=first[1:])
    return csr_array((weight[kept], high[is_first], first), shape=(n, n)), kept


def street_between(n: int, tail: Ints, head: Ints, *, lightest: Ints, pairs: tuple[Ints, Ints]) -> Ints:
    """Which of the ``lightest`` streets of ``street_graph`` joins each pair of corners: int32."""
    low, high = np.minimum(tail, head)[lightest].astype(np.int64), np.maximum(tail, head)[lightest].astype(np.int64)
    wanted = np.minimum(*pairs).astype(np.int64) * n + np.maximum(*pairs)
    return lightest[np.searchsorted(low * n + high, wanted)]


def spanning_streets(n: int, tail: Ints, head: Ints, weight: Floats) -> Ints:
    """The streets of a spanning forest of least weight, ascending; weights must be above 0."""
    graph, lightest = street_graph(n, tail, head, weight)
    forest = minimum_spanning_tree(graph).tocoo()
    return np.sort(street_between(n, tail, head, lightest=lightest, pairs=(forest.row, forest.col)))


def parts(n: int, tail: Ints, head: Ints) -> Ints:
    """The connected part of each corner: int32 (n,)."""
    graph = csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    return part.astype(np.int32)


def _beside(lots: Lots, has_main: Flags) -> tuple[Ints, Ints]:
    """Pairs of a street with a main and a block beside it."""
    pairs = [(street, lots.beside[street, side]) for side in (0, 1) for street in [np.flatnonzero(has_main)]]
    street = np.concatenate([pair[0] for pair in pairs]).astype(np.int32)
    block = np.concatenate([pair[1] for pair in pairs])
    return street[block >= 0], block[block >= 0]


def _missing_service(streets: Streets, lots: Lots, is_served: Flags, wanted: Flags, barred: Flags) -> Ints:
    """For each block to be served without a main beside it, its longest street, better one that is not barred."""
    _, has_one = _beside(lots, wanted)
    lacking = is_served.copy()
    lacking[has_one] = False
    street, block = _beside(lots, np.ones(streets.n_streets, dtype=np.bool_))
    of_lacking = lacking[block]
    street, block = street[of_lacking], block[of_lacking]
    order = np.lexsort((street, -streets.length_m[street], barred[street], block))
    _, first = np.unique(block[order], return_index=True)
    return street[order][first]


def _joining(streets: Streets, wanted: Flags, barred: Flags) -> Flags:
    weight = np.where(wanted, 1e-3, np.where(barred, 10.0, 1.0)) * np.maximum(streets.length_m, 1e-3)
    tree = np.zeros(streets.n_streets, dtype=np.bool_)
    tree[spanning_streets(streets.n_corners, streets.tail, streets.head, weight)] = True
    return tree


def _with_loops(streets: Streets, has_main: Flags, barred: Flags) -> Flags:
    """With the shortest spared street at each corner where a main ends, twice, for that may end at a dead end too."""
    for _ in range(2):
        laid = np.flatnonzero(has_main)
        degree = np.bincount(np.concatenate([streets.tail[laid], streets.head[laid]]), minlength=streets.n_corners)
        spared = np.flatnonzero(~has_main & ~barred & (streets.tail != streets.head))
        street, corner = np.tile(spared, 2), np.concatenate([streets.tail[spared], streets.head[spared]])
        at_end = degree[corner] == 1
        street, corner = street[at_end], corner[at_end]
        order = np.lexsort((street, streets.length_m[street], corner))
        _, first = np.unique(corner[order], return_index=True)
        has_main = has_main.copy()
        has_main[street[order][first]] = True
    return has_main


def _without_idle_ends(streets: Streets, has_main: Flags, wanted: Flags) -> Flags:
    """Without the dead ends that only the spanning tree asked for."""
    has_main = has_main.copy()
    while True:
        laid = np.flatnonzero(has_main)
        ends = np.concatenate([streets.tail[laid], streets.head[laid]])
        degree = np.bincount(ends, minlength=streets.n_corners)
        is_end = (degree[streets.tail[laid]] == 1) | (degree[streets.head[laid]] == 1)
        idle = laid[is_end & ~wanted[laid]]
        if len(idle) == 0:
            return has_main
        has_main[idle] = False
