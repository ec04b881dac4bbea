"""Streets from a CSV table of arcs: tail, head, length or time; places from a table beside it, if there is one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.readers.street_places import in_degrees, metres, middle_of, paired
from sim.city.street_tags import Way, Ways, amount, speed_m_s
from sim.errors import CityOpsError, Mistake, nearest

Floats = npt.NDArray[np.float64]
Row = dict[str, str]

SAME = {
    "from": "tail",
    "u": "tail",
    "source": "tail",
    "to": "head",
    "v": "head",
    "target": "head",
    "length": "length_m",
    "travel_time": "time_s",
    "node": "id",
    "lon": "x",
    "lat": "y",
}
"""Other names of columns."""


def read_arcs(path: Path) -> Ways:
    """The streets of a table of one-way arcs; one with its way back, as long or as quick, is one street both ways.

    Columns: tail and head, any names of corners; length_m or time_s or both; highway, oneway, maxspeed and the like
    where known. Places are the columns id, x and y of ``<name>_nodes.csv`` beside it; without it they are NaN. Where
    only times are known, lengths are straight, or what the class's speed makes of the time.
    """
    rows = _rows(path, ("tail", "head"))
    if rows and not {"length_m", "time_s"} & set(rows[0][1]):
        raise _mistake(path, 1, "there is neither a column length_m nor time_s", ", ".join(rows[0][1]))
    places = path.with_name(f"{path.stem}_nodes.csv")
    known = _places(places) if places.is_file() else {}
    corner: dict[str, int] = {name: i for i, name in enumerate(known)}
    for number, row in rows:
        for end in ("tail", "head"):
            if known and row[end] not in known:
                raise _mistake(path, number, f"{end} is not in {places.name}", row[end], near=nearest(row[end], known))
            corner.setdefault(row[end], len(corner))
    xy = np.array([known.get(name, (np.nan, np.nan)) for name in corner]).reshape(-1, 2)
    if known and in_degrees(xy, None, file=str(places)):
        xy = metres(xy, middle_of(xy))
    arcs = [(corner[row["tail"]], corner[row["head"]], _tags(path, number, row, xy, corner)) for number, row in rows]
    none = np.zeros((0, 2))
    ways = [
        Way(tail=arcs[i][0], head=arcs[i][1], bends=none, tags=arcs[i][2], place=f"line {rows[i][0]}", both_ways=both)
        for i, both in paired(arcs, directed=True)
    ]
    elevation = np.zeros(len(xy))
    return Ways(file=str(path), xy=xy, elevation_m=elevation, ways=ways, pace=np.ones((4, 24)), is_own=False)


def _rows(path: Path, needed: tuple[str, ...]) -> list[tuple[int, Row]]:
    """The rows of a table with the line at which each stands, columns under their own names."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file)
            header = [SAME.get(name.strip().lower(), name.strip().lower()) for name in next(table, [])]
            for name in needed:
                if name not in header:
                    raise _mistake(path, 1, f"there is no column {name}", ", ".join(header), near=nearest(name, header))
            found = [(table.line_num, row) for row in table if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise _mistake(path, None, "is no table in UTF-8", str(error)) from error
    for number, row in found:
        if len(row) != len(header):
            raise _mistake(path, number, f"a row needs {len(header)} columns", str(len(row)))
    return [(number, dict(zip(header, (cell.strip() for cell in row), strict=True))) for number, row in found]


def _places(path: Path) -> dict[str, tuple[float, float]]:
    """x and y by the name of the corner."""
    places = {}
    for number, row in _rows(path, ("id", "x", "y")):
        places[row["id"]] = (_number(path, number, row, "x"), _number(path, number, row, "y"))
    return places


def _number(path: Path, number: int, row: Row, column: str) -> float:
    value = amount(row[column])
    if value is None or not np.isfinite(value):
        raise _mistake(path, number, f"{column} is no number", repr(row[column]))
    return value


def _tags(path: Path, number: int, row: Row, xy: Floats, corner: dict[str, int]) -> dict[str, Any]:
    """What a row says, with the length and the speed that its time means."""
    tags: dict[str, Any] = {key: value for key, value in row.items() if value != ""}
    length = _number(path, number, row, "length_m") if "length_m" in tags else None
    if "time_s" not in tags:
        if length is None:
            raise _mistake(path, number, "neither length_m nor time_s is said", None)
        return {**tags, "length": length}
    time = _number(path, number, row, "time_s")
    if not time > 0.0:
        raise _mistake(path, number, "a time must be above 0", row["time_s"])
    if length is None:
        straight = float(np.hypot(*(xy[corner[row["head"]]] - xy[corner[row["tail"]]])))
        length = straight if straight > 0.0 else time * speed_m_s(tags)
    return {**tags, "length": length, "speed_m_s": length / time}


def _mistake(path: Path, line: int | None, what: str, found: str | None, *, near: str | None = None) -> CityOpsError:
    return CityOpsError(Mistake(what=what, file=str(path), line=line, found=found, nearest=near))
