"""The road network of a city: how long it takes from one place to another while streets close and open.

Nodes are 0 .. n-1, arcs are one-way streets 0 .. m-1. Times are seconds, kept as whole milliseconds: against exact
seconds a trip is off by at most 0.5 ms per arc. Not for traffic: times change only when someone sets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cext.roads import Graph

if TYPE_CHECKING:
    import networkx

Scalar = TypeVar("Scalar", bound=np.generic)

SHORTEST_STREET_M = 1.0  # where neither a length nor two different places tell how far a link reaches


class RoadNetwork:
    """Streets with travel times that may change at any moment; each answer is exact for the times of that moment.

    Every method raises IndexError naming a node or an arc that is not in the network.
    """

    __slots__ = ("_graph", "_head", "_tail", "_xy")

    def __init__(
        self, graph: Graph, tail: NDArray[np.int32], *, head: NDArray[np.int32], xy: NDArray[np.float64] | None
    ) -> None:
        self._graph = graph
        self._tail = _read_only(tail)
        self._head = _read_only(head)
        self._xy = None if xy is None else _read_only(xy)

    @classmethod
    def from_arcs(
        cls,
        tail: ArrayLike,
        head: ArrayLike,
        time_s: ArrayLike,
        xy: ArrayLike | None = None,
        *,
        n_nodes: int | None = None,
    ) -> Self:
        """Make a network of one-way streets.

        tail, head : int (n_arcs,), the nodes an arc leaves and enters; parallel arcs and loops are all right
        time_s : float (n_arcs,) or one for all, seconds, >= 0; infinite = closed
        xy : float (n_nodes, 2), m; NaN where a place is not known
        n_nodes : how many nodes; without it as many as xy has, without both one more than the highest node of an arc
        Raises ValueError naming the arc whose time is NaN, negative, or finite and 24.8 days or more.
        """
        places = None if xy is None else _places(xy)
        n_nodes = _node_count(n_nodes, tail, head=head, xy=places)
        tails, heads = _ids(tail, n_nodes, what="node"), _ids(head, n_nodes, what="node")
        graph = Graph(n_nodes, tails, heads, _times(time_s, tails.size))
        return cls(graph, tails, head=heads, xy=places)

    @classmethod
    def from_networkx(cls, graph: networkx.Graph[Any], weight: str = "travel_time") -> Self:
        """Make a network of a NetworkX graph of any kind; node i is the i-th of ``list(graph)``.

        Arcs stand in the order of ``graph.edges``; an undirected edge gives two, there and then back. ``xy`` is taken
        from the node attributes x and y where all nodes have them. Raises ValueError naming an edge without weight.
        """
        index = {node: i for i, node in enumerate(graph)}
        ends: list[tuple[int, int]] = []
        times: list[float] = []
        for u, v, data in graph.edges(data=True):
            time_s = data.get(weight)
            if time_s is None:
                raise ValueError(f"edge ({u!r}, {v!r}) has no {weight!r}")
            way = (index[u], index[v])
            both = [way] if graph.is_directed() else [way, way[::-1]]
            ends += both
            times += [float(time_s)] * len(both)
        tail, head = np.array(ends, np.int32).reshape(-1, 2).T
        return cls.from_arcs(tail, head, times, _node_places(graph), n_nodes=len(index))

    @classmethod
    def along(
        cls,
        tail: ArrayLike,
        head: ArrayLike,
        length_m: ArrayLike,
        *,
        speed_m_s: float,
        detour: float = 1.0,
        xy: ArrayLike | None = None,
        n_nodes: int | None = None,
    ) -> Self:
        """Lay a street along each link of another network, passable both ways: link i gives arcs 2i and 2i + 1.

        Arc 2i goes from tail to head, arc 2i + 1 back, both in ``detour * length / speed``. A link of length 0 (a
        pump, a valve) is as long as the straight line between its ends, and at least 1 m.

        tail, head : int (n_links,), nodes of the other network, which are the nodes of this one
        length_m : float (n_links,), m, >= 0
        xy, n_nodes : as for ``from_arcs``
        Raises ValueError naming the link whose length is not finite or negative, or for a speed or detour of 0 or less.
        """
        for name, value in (("speed_m_s", speed_m_s), ("detour", detour)):
            if not 0.0 < value < np.inf:
                raise ValueError(f"{name} is {value}; it must be above 0")
        places = None if xy is None else _places(xy)
        n_nodes = _node_count(n_nodes, tail, head=head, xy=places)
        tails, heads = _ids(tail, n_nodes, what="node"), _ids(head, n_nodes, what="node")
        lengths = _street_lengths(tails, heads, length_m=length_m, xy=places)
        return cls.from_arcs(
            np.column_stack((tails, heads)).ravel(),
            np.column_stack((heads, tails)).ravel(),
            np.repeat(detour * lengths / speed_m_s, 2),
            places,
            n_nodes=n_nodes,
        )

    def fork(self) -> Self:
        """Give a network with the same streets whose travel times change independently of this one's."""
        return type(self)(self._graph.fork(), self._tail, head=self._head, xy=self._xy)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), (self._tail, self._head, self.time_s), self._xy, self.n_nodes)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.n_nodes} nodes, {self.n_arcs} arcs>"

    @property
    def n_nodes(self) -> int:
        """How many nodes there are."""
        return self._graph.n_nodes

    @property
    def n_arcs(self) -> int:
        """How many arcs there are, closed ones too."""
        return self._graph.n_arcs

    @property
    def tail(self) -> NDArray[np.int32]:
        """The node that each arc leaves, int32 (n_arcs,), read-only."""
        return self._tail

    @property
    def head(self) -> NDArray[np.int32]:
        """The node that each arc enters, int32 (n_arcs,), read-only."""
        return self._head

    @property
    def xy(self) -> NDArray[np.float64] | None:
        """The place of each node, float64 (n_nodes, 2), m, read-only; None where none was given."""
        return self._xy

    @property
    def time_s(self) -> NDArray[np.float64]:
        """The travel time of each arc now, float64 (n_arcs,), seconds, infinite where closed; a read-only copy."""
        return _read_only(self._graph.times_s())

    def set_times(self, arcs: ArrayLike, time_s: ArrayLike) -> None:
        """Change the travel times of arcs in place, exact for the next question; on an error none is changed.

        arcs : int, one or (k,); of one that stands there twice the last time holds
        time_s : float, one for all or (k,), seconds, >= 0; infinite = closed
        Raises ValueError naming the arc whose time is NaN, negative, or finite and 24.8 days or more.
        """
        ids = _ids(arcs, self.n_arcs, what="arc")
        self._graph.set_times(ids, _times(time_s, ids.size))

    def travel_time(self, source: int, target: int) -> float:
        """Give the shortest time from source to target in seconds, infinite where there is no way."""
        return self._graph.travel_time_s(source, target)

    def path(self, source: int, target: int) -> NDArray[np.int32]:
        """Give the arcs of a shortest way in travel order, int32 (k,); among equal ones always the same.

        Raises ValueError naming both nodes where there is no way.
        """
        arcs = self._graph.path(source, target)
        if arcs is None:
            raise ValueError(f"there is no way from node {source} to node {target}")
        return arcs

    def table(self, sources: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
        """Give the shortest time of every pair, float64 (n_sources, n_targets), seconds, infinite where no way."""
        return self._graph.table_s(self._nodes(sources), self._nodes(targets))

    def reach(self, sources: ArrayLike, *, within_s: float = np.inf) -> NDArray[np.float64]:
        """Give the shortest time from any of the sources to each node, float64 (n_nodes,), seconds.

        Infinite where there is no way, or none within ``within_s``. Raises ValueError where that is NaN or negative.
        """
        return self._graph.reach_s(self._nodes(sources), within_s=within_s)

    def reach_to(self, targets: ArrayLike, *, within_s: float = np.inf) -> NDArray[np.float64]:
        """Give the shortest time from each node to the nearest of the targets, as ``reach`` does the other way."""
        return self._graph.reach_s(self._nodes(targets), backward=True, within_s=within_s)

    def nearest(self, target: int, units: ArrayLike, k: int = 1) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Give the k units that can be at the target first: indices into units, and their times in seconds.

        units : int (n_units,), the node of each unit
        Both arrays have k elements, or as many as units can get there at all; soonest first, ties to the lowest
        index. Raises ValueError for k < 1.
        """
        return self._graph.nearest(target, self._nodes(units), k)

    def _nodes(self, nodes: ArrayLike) -> NDArray[np.int32]:
        return _ids(nodes, self.n_nodes, what="node")


def _read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    view = array.view()
    view.flags.writeable = False
    return view


def _restored(
    cls: type[RoadNetwork], arcs: tuple[NDArray[Any], ...], xy: NDArray[np.float64] | None, n_nodes: int
) -> RoadNetwork:
    tail, head, time_s = arcs
    return cls.from_arcs(tail, head, time_s, xy, n_nodes=n_nodes)


def _integers(values: ArrayLike, *, what: str) -> NDArray[Any]:
    array = np.atleast_1d(np.asarray(values))
    if array.ndim != 1 or (array.size and array.dtype.kind not in "iu"):
        raise ValueError(f"{what}s must be one integer or a list of them, found {array.dtype} {array.shape}")
    return array


def _ids(values: ArrayLike, n: int, *, what: str) -> NDArray[np.int32]:
    array = _integers(values, what=what)
    outside = array[(array < 0) | (array >= n)]
    if outside.size:
        raise IndexError(f"{what} {outside[0]} is not in the road network, which has {n} {what}s from 0")
    return np.array(array, np.int32)


def _node_count(n_nodes: int | None, tail: ArrayLike, *, head: ArrayLike, xy: NDArray[np.float64] | None) -> int:
    if n_nodes is not None:
        if xy is not None and len(xy) != n_nodes:
            raise ValueError(f"{n_nodes} nodes but {len(xy)} places")
        return n_nodes
    if xy is not None:
        return len(xy)
    return max(
        (int(ends.max()) + 1 for ends in (_integers(e, what="node") for e in (tail, head)) if ends.size), default=0
    )


def _node_places(graph: networkx.Graph[Any]) -> list[tuple[float, float]] | None:
    attributes = [data for _, data in graph.nodes(data=True)]
    known = attributes and all("x" in data and "y" in data for data in attributes)
    return [(float(data["x"]), float(data["y"])) for data in attributes] if known else None


def _places(xy: ArrayLike) -> NDArray[np.float64]:
    places = np.array(xy, np.float64).reshape(-1, 2) if np.size(xy) == 0 else np.array(xy, np.float64)
    if places.ndim != 2 or places.shape[1] != 2:
        raise ValueError(f"xy must have two columns, found the shape {places.shape}")
    if np.isinf(places).any():
        raise ValueError(f"the place of node {np.flatnonzero(np.isinf(places).any(axis=1))[0]} is infinite")
    return places


def _times(time_s: ArrayLike, n: int) -> NDArray[np.float64]:
    """One time for each of n arcs; the kernel checks their values."""
    times = np.asarray(time_s, np.float64)
    return np.full(n, times) if times.ndim == 0 else np.ascontiguousarray(times)


def _street_lengths(
    tail: NDArray[np.int32], head: NDArray[np.int32], *, length_m: ArrayLike, xy: NDArray[np.float64] | None
) -> NDArray[np.float64]:
    """Lengths in m of the streets along links: never 0, or a crew would be at both ends at once."""
    lengths = np.array(length_m, np.float64)
    if not tail.shape == head.shape == lengths.shape:
        raise ValueError(f"{tail.size} tails, {head.size} heads and {lengths.size} lengths")
    wrong = np.flatnonzero(~(np.isfinite(lengths) & (lengths >= 0)))
    if wrong.size:
        raise ValueError(f"link {wrong[0]}: a length of {lengths[wrong[0]]} m; it must be finite and at least 0")
    line = np.zeros_like(lengths) if xy is None else np.hypot(*(xy[head] - xy[tail]).T)
    # fmax: a link whose ends have no known place (NaN) is as long as the shortest street.
    return np.where(lengths > 0, lengths, np.fmax(line, SHORTEST_STREET_M))
