"""Shortest times against SciPy's Dijkstra, which most Python models of dispatch use; the same answers, or no figure."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from sim.city.roads import RoadNetwork
from tests.benchmarks.table import Row, interleaved

RIVAL = "SciPy dijkstra"
PAIRS = 200
UNITS = 40
REPEATS = 5
ONE_REPEATS = 30  # of what takes milliseconds


def run(data: Path | None) -> list[Row]:
    """Time one-to-all, pairs and the nearest units on Manhattan, or on a made grid where there are no real networks."""
    name, tail, head, ms = _grid() if data is None else _manhattan(data)
    roads = RoadNetwork.from_arcs(tail, head, ms / 1000)
    matrix = _matrix(tail, head, ms=ms, n=roads.n_nodes)
    nodes = np.random.default_rng(1).integers(0, roads.n_nodes, (3, PAIRS))
    return [
        _one_to_all(name, roads, matrix=matrix, source=int(nodes[0, 0])),
        _pairs(name, roads, matrix=matrix, pairs=nodes[:2].T.tolist()),
        _nearest(name, roads, matrix=matrix, targets=nodes[1, :20].tolist(), units=nodes[2, :UNITS]),
    ]


def _one_to_all(name: str, roads: RoadNetwork, *, matrix: csr_array, source: int) -> Row:
    assert np.array_equal(roads.reach(source), dijkstra(matrix, indices=source) / 1000)
    times = interleaved(lambda: roads.reach(source), lambda: dijkstra(matrix, indices=source), ONE_REPEATS)
    return Row(f"roads: one to all, {name}", times[0], RIVAL, times[1])


def _pairs(name: str, roads: RoadNetwork, *, matrix: csr_array, pairs: list[list[int]]) -> Row:
    def ours() -> list[float]:
        return [roads.travel_time(source, target) for source, target in pairs]

    def rival() -> list[float]:
        return [float(dijkstra(matrix, indices=source)[target]) / 1000 for source, target in pairs]

    assert ours() == rival()
    times = interleaved(ours, rival, REPEATS)
    return Row(f"roads: {PAIRS} pairs, {name}", times[0], RIVAL, times[1], "SciPy cannot stop at a target")


def _nearest(name: str, roads: RoadNetwork, *, matrix: csr_array, targets: list[int], units: NDArray[np.int64]) -> Row:
    backward = matrix.T.tocsr()

    def ours() -> list[list[int]]:
        return [roads.nearest(target, units, k=3)[0].tolist() for target in targets]

    def rival() -> list[list[int]]:
        return [np.argsort(dijkstra(backward, indices=target)[units], kind="stable")[:3].tolist() for target in targets]

    assert ours() == rival()
    times = interleaved(ours, rival, REPEATS)
    return Row(f"roads: nearest 3 of {UNITS} units, {len(targets)} calls, {name}", times[0], RIVAL, times[1])


def _manhattan(data: Path) -> tuple[str, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    streets = np.load(data / "roads" / "jemss_manhattan.npz")
    tail, head, ms = (streets[column].astype(np.int64) for column in ("tail", "head", "w"))
    return "Manhattan", tail, head, ms


def _grid(side: int = 60) -> tuple[str, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    node = np.arange(side * side).reshape(side, side)
    a = np.concatenate((node[:, :-1].ravel(), node[:-1].ravel()))
    b = np.concatenate((node[:, 1:].ravel(), node[1:].ravel()))
    ms = np.random.default_rng(2).integers(5_000, 60_000, 2 * a.size)
    return f"grid of {side * side} nodes", np.concatenate((a, b)), np.concatenate((b, a)), ms


def _matrix(tail: NDArray[np.int64], head: NDArray[np.int64], *, ms: NDArray[np.int64], n: int) -> csr_array:
    """SciPy would add parallel arcs up: keep the fastest. Given as CSR, a zero stays an arc."""
    order = np.lexsort((ms, head, tail))
    tail, head, ms = tail[order], head[order], ms[order]
    first = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)]
    starts = np.searchsorted(tail[first], np.arange(n + 1))
    return csr_array((ms[first].astype(np.float64), head[first], starts), shape=(n, n))
