"""The tables of an event log, places and actors: their columns, and their form as text inside a file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

#: Columns that every table has, with their types: whole numbers, floats (NaN: unknown) or text.
PLACE_COLUMNS: Final[Mapping[str, str]] = {
    "id": "int32",
    "network": "str",
    "name": "str",
    "district": "str",
    "people": "float64",
    "vulnerable": "float64",
    "x": "float64",
    "y": "float64",
}
ACTOR_COLUMNS: Final[Mapping[str, str]] = {
    "id": "int32",
    "name": "str",
    "kind": "str",
    "department": "str",
    "skills": "str",
    "shift": "str",
}


def table(frame: pd.DataFrame, name: str, columns: Mapping[str, str]) -> pd.DataFrame:
    """The frame with ``columns`` first and of their types, further ones as they are (whole numbers, floats or text).

    A ValueError names a missing column, or an id that is negative or stands twice.
    """
    missing = [column for column in columns if column not in frame]
    if missing:
        raise ValueError(f"the table of {name} has no column {', '.join(missing)}")
    ids = frame["id"]
    if ids.duplicated().any() or (ids < 0).any():
        raise ValueError(f"the table of {name} has an id that is negative or stands twice")
    further = {str(c): _type_of(frame[c]) for c in frame.columns if c not in columns}
    types = {**columns, **further}
    return pd.DataFrame({column: _typed(frame[column].tolist(), kind) for column, kind in types.items()})


def table_as_json(frame: pd.DataFrame) -> str:
    """The table as JSON, column by column with its type; NaN becomes null and floats keep all their bits."""
    columns = [
        {"name": str(name), "type": _type_of(frame[name]), "values": _plain(frame[name])} for name in frame.columns
    ]
    return json.dumps(columns, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def table_from_json(text: str) -> pd.DataFrame:
    """The table that ``table_as_json`` wrote."""
    return pd.DataFrame({column["name"]: _typed(column["values"], column["type"]) for column in json.loads(text)})


def _type_of(column: pd.Series[Any]) -> str:
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    return {"i": "int32", "u": "int32", "f": "float64"}.get(kind, "str")


def _plain(column: pd.Series[Any]) -> list[Any]:
    if _type_of(column) == "float64":
        return [None if math.isnan(value) else value for value in column.tolist()]
    return list(column.tolist())


def _typed(values: list[Any], kind: str) -> Any:
    if kind == "str":
        return pd.Series([_text(value) for value in values], dtype="str")
    if kind == "float64":
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return np.array(values, dtype=np.int32)


def _text(value: object) -> str:
    """A list of skills becomes ``"isolate, repair"``, what is missing the empty text."""
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    return "" if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)) else str(value)
