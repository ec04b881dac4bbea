"""The event log: what happened in one run, append-only, and the only thing that indicators are computed from.

``EventLogWriter`` is filled by a run, ``EventLog`` is what it leaves: rows in the order of time, and the tables that
their ids refer to. Not for pictures of where crews drove, nor for states of networks: those are kept beside a log.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cext.log import RowBuffer
from sim.record.files import read_log, write_log
from sim.record.kinds import KINDS, Kind
from sim.record.tables import ACTOR_COLUMNS, PLACE_COLUMNS, table, table_as_json

Rows = NDArray[Any]

_ID_COLUMNS: Final = ("case", "incident", "actor", "place")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventLog:
    """What happened in one run: rows in the order of time, and the tables their ids refer to.

    rows : structured (n,), read-only: ``time_s`` (s, not falling), ``kind`` (a Kind), ``case``, ``incident``,
    ``actor``, ``place`` (ids; -1: none), ``value`` (in the kind's unit; NaN: none), ``cause`` (an earlier
    row; -1: none).
    places : id, network, name, district, people, vulnerable, x, y. actors : id, name, kind, department, skills, shift.
    run : what was run: horizon_s, start_s, policy, seed, replication, scenario, ...
    """

    rows: Rows
    places: pd.DataFrame
    actors: pd.DataFrame
    run: Mapping[str, Any]

    @property
    def kinds(self) -> pd.DataFrame:
        """The table of kinds: name, unit of ``value``, domain of ``place``, whether it is a step, and its meaning."""
        columns = ("name", "unit", "place", "is_step", "meaning")
        rows = ((info.kind.name, info.unit, info.place, info.is_step, info.meaning) for info in KINDS)
        return pd.DataFrame(rows, columns=list(columns))

    @property
    def began_s(self) -> float:
        """The time of the first row, RUN_BEGAN."""
        return float(self.rows["time_s"][0])

    @property
    def ended_s(self) -> float:
        """The time of the last row, RUN_ENDED."""
        return float(self.rows["time_s"][-1])

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, *kinds: Kind) -> Rows:
        """The rows of these kinds, in their order."""
        column = self.rows["kind"]
        wanted = np.zeros(len(column), dtype=np.bool_)
        for kind in kinds:
            wanted |= column == int(kind)
        chosen: Rows = self.rows[wanted]
        return chosen

    def frame(self) -> pd.DataFrame:
        """All rows as a table, the index being the row number that ``cause`` refers to and ``kind`` a category."""
        frame = pd.DataFrame({name: self.rows[name] for name in ("time_s", "kind", *_ID_COLUMNS, "value", "cause")})
        codes: NDArray[np.int16] = self.rows["kind"]
        return frame.assign(kind=pd.Categorical.from_codes(codes, categories=pd.Index([kind.name for kind in Kind])))

    def save(self, path: str | Path) -> None:
        """Write the log as one Parquet file, beside first and then renamed; the same log gives the same bytes."""
        write_log(Path(path), rows=self.rows, texts=self._texts())

    @classmethod
    def load(cls, path: str | Path) -> EventLog:
        """The log that ``save`` wrote; a CityOpsError names a file that is not one."""
        rows, places, actors, run = read_log(Path(path))
        return cls(rows=rows, places=places, actors=actors, run=run)

    def digest(self) -> str:
        """The SHA-256 of rows and tables, as hexadecimal digits; it depends on no file format and no library."""
        columns = ("time_s", *_ID_COLUMNS, "value", "cause")
        sha = _digest_of(self.rows, columns)
        for name, text in sorted(self._texts().items()):
            sha.update(f"{name}:{text}\n".encode())
        return sha.hexdigest()

    def facts_digest(self) -> str:
        """The SHA-256 of what befell the city: time, incident, place and value of every OCCURRED row.

        Case, actor, cause and the row's number are left out: they depend on what the city did.
        """
        facts = self.of(Kind.OCCURRED)
        facts = facts[np.lexsort((facts["time_s"], facts["incident"]))]
        return _digest_of(facts, ("time_s", "incident", "place", "value")).hexdigest()

    def _texts(self) -> dict[str, str]:
        return {
            "places": table_as_json(self.places),
            "actors": table_as_json(self.actors),
            "run": json.dumps(dict(self.run), sort_keys=True, ensure_ascii=False, allow_nan=False),
        }


class EventLogWriter:
    """A log being written by a run.

    places, actors : tables as in ``EventLog``, with at least its columns and unique ids; run : values that JSON can
    hold. A ValueError names what is missing.
    """

    def __init__(self, *, places: pd.DataFrame, actors: pd.DataFrame, run: Mapping[str, Any]) -> None:
        self._places = table(places, "places", PLACE_COLUMNS)
        self._actors = table(actors, "actors", ACTOR_COLUMNS)
        self._run: dict[str, Any] = json.loads(json.dumps(dict(run), sort_keys=True, allow_nan=False))
        self._rows = RowBuffer()

    def __len__(self) -> int:
        return len(self._rows)

    def append(
        self,
        time_s: float,
        kind: Kind,
        *,
        case: int = -1,
        incident: int = -1,
        actor: int = -1,
        place: int = -1,
        value: float = math.nan,
        cause: int = -1,
    ) -> int:
        """Add a row and give its number, the ``cause`` of what follows; time must not fall (AssertionError)."""
        return self._rows.append(
            time_s, kind, case=case, incident=incident, actor=actor, place=place, value=value, cause=cause
        )

    def finish(self) -> EventLog:
        """The log; an AssertionError if it does not run from RUN_BEGAN to RUN_ENDED or names unknown ids."""
        rows = self._rows.rows()
        _check_ends(rows)
        _check_ids(rows, "place", self._places)
        _check_ids(rows, "actor", self._actors)
        _check_steps(rows)
        return EventLog(rows=rows, places=self._places, actors=self._actors, run=self._run)


def _check_ends(rows: Rows) -> None:
    kinds = rows["kind"]
    began, ended = np.flatnonzero(kinds == Kind.RUN_BEGAN), np.flatnonzero(kinds == Kind.RUN_ENDED)
    whole = began.tolist() == [0] and ended.tolist() == [len(rows) - 1]
    assert whole, f"a log runs from RUN_BEGAN to RUN_ENDED, not rows {began.tolist()} to {ended.tolist()}"
    assert kinds.max() < len(KINDS), f"kind {kinds.max()} is none of the {len(KINDS)} known"


def _check_ids(rows: Rows, column: str, known: pd.DataFrame) -> None:
    unknown = ~np.isin(rows[column], [-1, *known["id"]])
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        raise AssertionError(f"row {row}: {column} {rows[column][row]} is not in the table of {column}s")


def _check_steps(rows: Rows) -> None:
    steps = [info.kind for info in KINDS if info.is_step]
    without = np.flatnonzero(np.isin(rows["kind"], steps) & ~np.isfinite(rows["value"]))
    if len(without):
        row = int(without[0])
        raise AssertionError(f"row {row}: {Kind(rows['kind'][row]).name} needs a finite value to hold")


def _digest_of(rows: Rows, columns: tuple[str, ...]) -> hashlib._Hash:
    """The hash of some columns and, by name, of the kinds, so that kinds may be added without changing it."""
    used, codes = np.unique(rows["kind"], return_inverse=True)
    by_name = np.argsort([Kind(code).name for code in used], kind="stable")
    rank = np.empty(len(used), dtype="<i2")
    rank[by_name] = np.arange(len(used))
    sha = hashlib.sha256(" ".join(sorted(Kind(code).name for code in used)).encode())
    sha.update(rank[codes].tobytes())
    for name in columns:
        values = rows[name]
        if values.dtype.kind == "f":
            values = np.where(np.isnan(values), np.nan, values)  # one NaN, whatever its bits were
        sha.update(f"\n{name}:".encode() + np.ascontiguousarray(values).tobytes())
    return sha
