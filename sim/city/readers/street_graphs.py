"""Streets from GraphML, as OSMnx and other programs write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import numpy.typing as npt

from sim.city.readers.own_streets import OWN_KEY, checked_own, pace_of_text
from sim.city.readers.street_places import in_degrees, metres, middle_of, oriented, paired, points_of_wkt
from sim.city.street_tags import Way, Ways, amount
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]


def read_graph(path: Path) -> Ways:
    """The streets of a GraphML file: nodes with x and y are corners, edges are streets.

    Edges may have ``highway``, ``oneway``, ``length`` (m), ``maxspeed``, ``bridge``, ``tunnel``, ``width``, ``name``
    and ``geometry`` (WKT), nodes ``elevation`` (m). Raises CityOpsError naming the node or edge that is wrong.
    """
    import networkx as nx

    try:
        graph: Any = nx.read_graphml(path)
    except (ParseError, nx.NetworkXError, ValueError, KeyError) as error:
        raise CityOpsError(Mistake(what="is no GraphML", file=str(path), found=str(error))) from error
    corner = {node: i for i, node in enumerate(graph)}
    xy = _places(path, graph)
    system, own = graph.graph.get("crs"), graph.graph.get(OWN_KEY)
    middle = None if own is not None or not in_degrees(xy, system, file=str(path)) else middle_of(xy)
    edges = [(corner[u], corner[v], data) for u, v, data in graph.edges(data=True)]
    chosen = paired(edges, directed=graph.is_directed()) if own is None else _forward(path, edges)
    flat = xy if middle is None else metres(xy, middle)
    names = list(graph)
    ways = []
    for i, both_ways in chosen:
        tail, head, tags = edges[i]
        place = f"edge {names[tail]} to {names[head]}"
        bends = _bends(path, tags, place, middle=middle, tail=flat[tail])
        ways.append(Way(tail=tail, head=head, bends=bends, tags=tags, place=place, both_ways=both_ways))
    read = Ways(
        file=str(path),
        xy=flat,
        elevation_m=np.array([_elevation(data) for _, data in graph.nodes(data=True)]),
        ways=ways,
        pace=np.ones((4, 24)) if own is None else pace_of_text(str(path), own),
        is_own=own is not None,
    )
    return read if own is None else checked_own(read)


def _forward(path: Path, edges: list[tuple[int, int, Any]]) -> list[tuple[int, bool]]:
    """Which edges of our own file are streets, and whether each leads both ways: all but those back."""
    for _, _, data in edges:
        if not isinstance(data.get("reversed"), bool):
            found = f"reversed {data.get('reversed')!r} of street {data.get('street')!r}"
            raise CityOpsError(
                Mistake(
                    what="an edge must say whether it is reversed", file=str(path), found=found, accepted="true, false"
                )
            )
    return [(i, not data.get("oneway")) for i, (_, _, data) in enumerate(edges) if not data["reversed"]]


def _places(path: Path, graph: Any) -> Floats:
    """Where the nodes are; CityOpsError naming those without x and y."""
    places, mistakes = [], []
    for node, data in graph.nodes(data=True):
        x, y = amount(data.get("x")), amount(data.get("y"))
        if x is None or y is None or not np.isfinite([x, y]).all():
            mistakes.append(Mistake(what="a node needs x and y", file=str(path), found=f"node {node} without"))
        else:
            places.append((x, y))
    if mistakes:
        raise CityOpsError(mistakes[:10])
    return np.array(places, dtype=np.float64).reshape(-1, 2)


def _elevation(data: Any) -> float:
    """The height of a node, m, 0 where none is said; NaN is how pandas says nothing."""
    said = amount(data.get("elevation"))
    return said if said is not None and np.isfinite(said) else 0.0


def _bends(path: Path, tags: Any, place: str, *, middle: Floats | None, tail: Floats) -> Floats:
    """The points of an edge's geometry between its ends, from tail to head."""
    text = tags.get("geometry")
    if text is None:
        return np.zeros((0, 2))
    try:
        points = points_of_wkt(str(text))
    except ValueError as error:
        raise CityOpsError(Mistake(what=f"{place}: no line", file=str(path), found=str(error))) from error
    return oriented(points if middle is None else metres(points, middle), tail)[1:-1]
