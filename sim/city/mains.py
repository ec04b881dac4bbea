"""The water network as a graph: who is next to whom, and how far along the mains."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

if TYPE_CHECKING:
    from sim.city.water import Floats, Ints, WaterNetwork


def adjacency(network: WaterNetwork) -> tuple[Ints, Ints, Ints]:
    """Neighbours as flat arrays; see ``WaterNetwork.adjacency``."""
    end = np.concatenate([network.tail, network.head])
    other = np.concatenate([network.head, network.tail])
    link = np.tile(np.arange(network.n_links, dtype=np.int32), 2)
    order = np.lexsort((link, end))
    first = np.zeros(network.n_nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(end, minlength=network.n_nodes), out=first[1:])
    return first, other[order], link[order]


def distances_along(network: WaterNetwork, sources: Sequence[int] | npt.NDArray[np.integer]) -> Floats:
    """Metres from the nearest source; see ``WaterNetwork.distances_along``."""
    sources = np.asarray(sources, dtype=np.int64)
    if sources.size == 0:
        return np.full(network.n_nodes, np.inf)
    distances: Floats = dijkstra(_shortest_links(network), indices=sources, min_only=True)
    return distances


@lru_cache(maxsize=2)  # by the network itself, which is frozen
def _shortest_links(network: WaterNetwork) -> csr_array:
    """Lengths as a sparse matrix, of parallel links the shortest; explicit zeros are links of no length."""
    tail = np.concatenate([network.tail, network.head])
    head = np.concatenate([network.head, network.tail])
    length = np.tile(network.length_m, 2)
    order = np.lexsort((length, head, tail))
    tail, head, length = tail[order], head[order], length[order]
    first_of_pair = np.ones(len(tail), dtype=np.bool_)
    first_of_pair[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    columns, lengths = head[first_of_pair], length[first_of_pair]
    row = np.zeros(network.n_nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail[first_of_pair], minlength=network.n_nodes), out=row[1:])
    return csr_array((lengths, columns, row), shape=(network.n_nodes, network.n_nodes))
