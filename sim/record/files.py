"""Event logs on disk: one Parquet file with the tables as JSON in its metadata, so that any reader can open it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cext.log import ROW
from sim.errors import CityOpsError, Mistake
from sim.record.kinds import KINDS, Kind
from sim.record.tables import table_from_json

Rows = NDArray[Any]

_FORMAT: Final = b"cityops event log 1"
_FLOATS: Final = ("time_s", "value")
_IDS: Final = ("case", "incident", "actor", "place", "cause")
_SCHEMA: Final = pa.schema(
    [
        ("time_s", pa.float64()),
        ("kind", pa.dictionary(pa.int16(), pa.string())),
        *((name, pa.int32()) for name in ("case", "incident", "actor", "place")),
        ("value", pa.float64()),
        ("cause", pa.int32()),
    ]
)


def write_log(path: Path, *, rows: Rows, texts: Mapping[str, str]) -> None:
    """Write rows and the JSON texts of their tables; ``path`` appears only once it is whole."""
    names = pa.array([kind.name for kind in Kind], pa.string())
    columns = {name: pa.array(np.ascontiguousarray(rows[name])) for name in (*_FLOATS, *_IDS)}
    columns["kind"] = pa.DictionaryArray.from_arrays(np.ascontiguousarray(rows["kind"]), names)
    metadata = {b"cityops": _FORMAT, b"kinds": _kinds_text().encode()}
    metadata |= {name.encode(): text.encode() for name, text in sorted(texts.items())}
    table = pa.table([columns[name] for name in _SCHEMA.names], schema=_SCHEMA.with_metadata(metadata))
    beside = path.with_name(path.name + ".part")
    pq.write_table(
        table,
        beside,
        compression="zstd",
        write_page_checksum=True,
        use_dictionary=["kind"],
        column_encoding={**dict.fromkeys(_FLOATS, "BYTE_STREAM_SPLIT"), **dict.fromkeys(_IDS, "DELTA_BINARY_PACKED")},
    )
    beside.replace(path)


def read_log(path: Path) -> tuple[Rows, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Rows, places, actors and run of a file that ``write_log`` wrote; a CityOpsError names another file."""
    try:
        with path.open("rb") as file:
            table = pq.ParquetFile(file, page_checksum_verification=True).read()
    except FileNotFoundError as error:
        raise _mistake(path, "there is no such event log") from error
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    metadata = table.schema.metadata or {}
    if metadata.get(b"cityops") != _FORMAT or table.schema.names != _SCHEMA.names:
        raise _mistake(path, "this is a Parquet file, but no event log of this version of cityops")
    rows = np.zeros(table.num_rows, dtype=ROW)
    rows["kind"] = _codes(path, table.column("kind").combine_chunks())
    for name in (*_FLOATS, *_IDS):
        rows[name] = table.column(name).to_numpy()
    rows.flags.writeable = False
    try:
        places, actors = (table_from_json(metadata[name].decode()) for name in (b"places", b"actors"))
        return rows, places, actors, json.loads(metadata[b"run"])
    except (KeyError, ValueError) as error:
        raise _damaged(path, error) from error


def _codes(path: Path, kinds: pa.DictionaryArray) -> NDArray[np.int16]:
    names = kinds.dictionary.to_pylist()
    unknown = sorted({name for name in names if name not in Kind.__members__})
    if unknown:
        raise _mistake(path, "this log has kinds that this version of cityops does not know", found=", ".join(unknown))
    codes = np.array([Kind[name] for name in names], dtype=np.int16)
    coded: NDArray[np.int16] = codes[kinds.indices.to_numpy()]
    return coded


def _kinds_text() -> str:
    columns = [
        {"name": info.kind.name, "unit": info.unit, "place": info.place, "step": info.is_step, "meaning": info.meaning}
        for info in KINDS
    ]
    return json.dumps(columns, ensure_ascii=False)


def _damaged(path: Path, error: Exception) -> CityOpsError:
    return _mistake(path, "this is no event log, or it is damaged", found=str(error).partition("\n")[0])


def _mistake(path: Path, what: str, *, found: str | None = None) -> CityOpsError:
    return CityOpsError(Mistake(what=what, file=str(path), found=found))
