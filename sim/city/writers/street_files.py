"""Streets to files that other programs open: GraphML with the attributes of OSMnx, and GeoJSON lines.

What OpenStreetMap has no word for stands in further attributes, so that reading gives back every array, bit for bit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from sim.city.street_tags import tags_of
from sim.city.streets import Streets
from sim.errors import CityOpsError, Mistake

_TYPES = {bool: "boolean", int: "long", float: "double", str: "string"}


def write_streets(streets: Streets, path: Path | str) -> None:
    """Write streets as .graphml or .geojson (.json); coordinates are metres in both.

    Raises CityOpsError for another ending.
    """
    path = Path(path)
    writer = {".graphml": _graphml, ".geojson": _geojson, ".json": _geojson}.get(path.suffix.lower())
    if writer is None:
        what = "no streets can be written to this kind of file"
        raise CityOpsError(Mistake(what=what, file=str(path), found=path.suffix, accepted=".graphml, .geojson, .json"))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(writer(streets))


def _graphml(streets: Streets) -> Iterator[str]:
    """A directed multigraph: a street both ways is two edges, the one back ``reversed``, as OSMnx has it."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    sample = {**tags_of(streets, 0), "reversed": False, "geometry": ""} if streets.n_streets else {}
    for kind, attributes in (
        ("graph", {"crs": "", "cityops": ""}),
        ("node", {"x": 0.0, "y": 0.0, "elevation": 0.0}),
        ("edge", sample),
    ):
        for name, value in attributes.items():
            yield f'<key id="{kind}_{name}" for="{kind}" attr.name="{name}" attr.type="{_TYPES[type(value)]}"/>\n'
    yield '<graph edgedefault="directed">\n'
    yield _data("graph", {"crs": "metres", "cityops": json.dumps(streets.pace.tolist())}) + "\n"
    for corner, ((x, y), z) in enumerate(zip(streets.xy.tolist(), streets.elevation_m.tolist(), strict=True)):
        yield f'<node id="{corner}">{_data("node", {"x": x, "y": y, "elevation": z})}</node>\n'
    for street in range(streets.n_streets):
        yield from _edges(streets, street)
    yield "</graph>\n</graphml>\n"


def _edges(streets: Streets, street: int) -> Iterator[str]:
    tail, head = int(streets.tail[street]), int(streets.head[street])
    tags, line = tags_of(streets, street), streets.line(street)
    for backward in (False,) if tags["oneway"] or tail == head else (False, True):
        one, other = (head, tail) if backward else (tail, head)
        said = {**tags, "reversed": backward}
        if len(line) > 2:
            points = line[::-1] if backward else line
            said["geometry"] = f"LINESTRING ({', '.join(f'{x!r} {y!r}' for x, y in points.tolist())})"
        # Keys tell parallel streets apart.
        yield f'<edge id="{street}" source="{one}" target="{other}">{_data("edge", said)}</edge>\n'


def _data(kind: str, values: dict[str, Any]) -> str:
    texts = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}
    return "".join(f'<data key="{kind}_{name}">{escape(text)}</data>' for name, text in texts.items())


def _geojson(streets: Streets) -> Iterator[str]:
    """One feature for each street; a member ``cityops`` holds the corners and the pace of the day."""
    own = {
        "units": "m",
        "corners": streets.xy.tolist(),
        "elevation_m": streets.elevation_m.tolist(),
        "pace": streets.pace.tolist(),
    }
    yield f'{{"type": "FeatureCollection",\n"cityops": {json.dumps(own)},\n"features": [\n'
    for street in range(streets.n_streets):
        ends = {"tail": int(streets.tail[street]), "head": int(streets.head[street])}
        feature = {
            "type": "Feature",
            "properties": {**tags_of(streets, street), **ends},
            "geometry": {"type": "LineString", "coordinates": streets.line(street).tolist()},
        }
        yield json.dumps(feature, ensure_ascii=False) + (",\n" if street < streets.n_streets - 1 else "\n")
    yield "]}\n"
