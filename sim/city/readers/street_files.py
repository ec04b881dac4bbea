"""Streets from files: GraphML as OSMnx writes it, GeoJSON lines, and CSV tables of arcs."""

from __future__ import annotations

from pathlib import Path

from sim.city.readers.arc_tables import read_arcs
from sim.city.readers.street_graphs import read_graph
from sim.city.readers.street_lines import read_lines
from sim.city.street_tags import streets_of
from sim.city.streets import Streets
from sim.errors import CityOpsError, Mistake

READERS = {".graphml": read_graph, ".geojson": read_lines, ".json": read_lines, ".csv": read_arcs}


def read_streets(path: Path | str) -> Streets:
    """The streets of a file, by its ending: .graphml, .geojson (.json) or .csv.

    Coordinates in degrees become metres around their middle. What the file does not say is set by class (width, speed),
    or is 0 (elevation) or even over the day (pace). Raises CityOpsError for what cannot be read.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        what = "no streets can be read from this kind of file"
        raise CityOpsError(Mistake(what=what, file=str(path), found=path.suffix, accepted=", ".join(READERS)))
    if not path.is_file():
        raise CityOpsError(Mistake(what="there is no such file", file=str(path)))
    return streets_of(reader(path))
