"""A log keeps what a run wrote, on disk too, and is refused where it can be no history."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.errors import CityOpsError
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import Kind

ROOT = Path(__file__).parents[3]


@pytest.fixture
def saved(log, tmp_path):
    path = tmp_path / "log.parquet"
    log.save(path)
    return path


def test_a_saved_log_comes_back_as_it_was(log, saved):
    back = EventLog.load(saved)
    assert back.rows.dtype == log.rows.dtype
    assert back.rows.tobytes() == log.rows.tobytes()
    pd.testing.assert_frame_equal(back.places, log.places)
    pd.testing.assert_frame_equal(back.actors, log.actors)
    assert back.run == log.run
    assert back.digest() == log.digest()
    assert back.facts_digest() == log.facts_digest()
    assert [path.name for path in saved.parent.iterdir()] == ["log.parquet"]


def test_the_same_log_gives_the_same_bytes(log, saved, tmp_path):
    again = tmp_path / "again.parquet"
    EventLog.load(saved).save(again)
    assert again.read_bytes() == saved.read_bytes()


def test_the_same_run_gives_the_same_bytes_under_another_hash_seed(log, saved, tmp_path):
    code = "import conftest, sys; conftest.story().save(sys.argv[1])"
    there = tmp_path / "there.parquet"
    environment = os.environ | {"PYTHONHASHSEED": "2", "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"}
    subprocess.run([sys.executable, "-c", code, there], check=True, env=environment, cwd=tmp_path)
    assert there.read_bytes() == saved.read_bytes()


def test_another_program_reads_the_file_with_names_of_kinds(log, saved):
    frame = pq.read_table(saved).to_pandas()
    assert frame["kind"].tolist() == [Kind(code).name for code in log.rows["kind"]]
    encodings = {}
    group = pq.ParquetFile(saved).metadata.row_group(0)
    for i in range(group.num_columns):
        encodings[group.column(i).path_in_schema] = group.column(i).encodings
        assert group.column(i).compression == "ZSTD"
    assert "BYTE_STREAM_SPLIT" in encodings["time_s"]
    assert "DELTA_BINARY_PACKED" in encodings["cause"]


def test_the_frame_says_what_the_rows_say(log):
    frame = log.frame()
    assert len(frame) == len(log) == len(log.rows)
    assert frame["kind"].dtype == "category"
    row = frame.iloc[5]
    assert (row["time_s"], row["kind"], row["place"], row["value"], row["cause"]) == (3600.0, "SERVICE", 10, 0.25, 3)
    assert frame.loc[frame["kind"] == "OCCURRED", "incident"].tolist() == log.of(Kind.OCCURRED)["incident"].tolist()


def test_tables_are_typed_and_what_is_missing_is_empty(log):
    assert log.actors["skills"].tolist() == ["isolate, repair", "repair", ""]
    assert log.places["district"].tolist() == ["east", "east", "west", ""]
    assert math.isnan(log.places["x"].iloc[3])
    assert log.places["id"].dtype == np.int32
    assert log.kinds["name"].tolist() == [kind.name for kind in Kind]


def test_further_columns_of_a_table_are_kept(blank, log, tmp_path):
    places = log.places.assign(tail=np.arange(4, dtype=np.int64), length_m=[1.5, math.nan, 2.0, 0.1], road=list("abcd"))
    writer = EventLogWriter(places=places, actors=log.actors, run={})
    writer.append(0.0, Kind.RUN_BEGAN)
    writer.append(1.0, Kind.RUN_ENDED)
    writer.finish().save(tmp_path / "x")
    back = EventLog.load(tmp_path / "x").places
    assert back["tail"].tolist() == [0, 1, 2, 3]
    assert back["length_m"].tolist()[2:] == [2.0, 0.1]
    assert back["road"].tolist() == list("abcd")


def history(writer, *rows):
    writer.append(0.0, Kind.RUN_BEGAN)
    for kind, values in rows:
        writer.append(1.0, kind, **values)
    writer.append(2.0, Kind.RUN_ENDED)
    return writer.finish()


def test_the_digest_changes_with_any_column_and_table(blank):
    rows = [
        (Kind.LEAK, {"place": 20, "value": 1.0}),
        (Kind.LEAK, {"place": 20, "value": 2.0}),
        (Kind.LEAK, {"place": 10, "value": 1.0}),
        (Kind.LINK_CLOSED, {"place": 20, "value": 1.0}),
        (Kind.LEAK, {"place": 20, "value": 1.0, "cause": 0}),
        (Kind.LEAK, {"place": 20, "value": 1.0, "case": 0}),
        (Kind.LEAK, {"place": 20, "value": 1.0, "incident": 0}),
        (Kind.LEAK, {"place": 20, "value": 1.0, "actor": 1}),
    ]
    digests = [history(blank(), row).digest() for row in rows] + [history(blank(seed=1), rows[0]).digest()]
    assert len(set(digests)) == len(digests)
    assert history(blank(), rows[0]).digest() == digests[0]


def test_the_digest_knows_kinds_by_name_and_one_nan_only(log):
    # As hashed by hand from a text of names, so that adding a kind changes no digest.
    other_nan = np.array([0xFFF8000000000001], dtype=np.uint64).view(np.float64)[0]
    rows = log.rows.copy()
    rows["value"][np.isnan(rows["value"])] = other_nan
    again = EventLog(rows=rows, places=log.places, actors=log.actors, run=log.run)
    assert again.digest() == log.digest()


def test_facts_are_equal_whatever_the_city_did(blank):
    facts = [
        (Kind.OCCURRED, {"incident": 0, "place": 20, "value": 0.5}),
        (Kind.OCCURRED, {"incident": 1, "place": 20, "value": 0.1}),
    ]
    one = history(blank(), *facts)
    other = history(blank(policy="siloed"), (Kind.DECIDED, {"value": 1.0}), facts[1], facts[0])
    assert one.digest() != other.digest()
    assert one.facts_digest() == other.facts_digest()
    assert one.facts_digest() != history(blank(), facts[0]).facts_digest()


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ((Kind.LEAK, {"place": 99, "value": 1.0}), "row 1: place 99 is not in the table of places"),
        ((Kind.CREW_READY, {"actor": 7}), "row 1: actor 7 is not in the table of actors"),
        ((Kind.SERVICE, {"place": 10}), "row 1: SERVICE needs a finite value"),
        ((Kind.RUN_ENDED, {}), r"not rows \[0\] to \[1, 2\]"),
        ((1000, {}), "kind 1000 is none of"),
    ],
)
def test_a_log_that_can_be_no_history_is_not_finished(blank, row, named):
    with pytest.raises(AssertionError, match=named):
        history(blank(), row)


def test_a_log_begins_with_its_beginning(blank):
    writer = blank()
    writer.append(0.0, Kind.DECIDED)
    writer.append(1.0, Kind.RUN_ENDED)
    assert len(writer) == 2
    with pytest.raises(AssertionError, match="RUN_BEGAN"):
        writer.finish()


def test_tables_without_a_column_or_with_an_id_twice_are_refused(log):
    with pytest.raises(ValueError, match="table of places has no column people, y"):
        EventLogWriter(places=log.places.drop(columns=["people", "y"]), actors=log.actors, run={})
    twice = pd.concat([log.actors, log.actors])
    with pytest.raises(ValueError, match="table of actors has an id"):
        EventLogWriter(places=log.places, actors=twice, run={})


def test_files_that_are_no_logs_are_named(log, saved, tmp_path):
    with pytest.raises(CityOpsError, match=r"missing\.parquet: there is no such event log"):
        EventLog.load(tmp_path / "missing.parquet")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(saved.read_bytes()[:-100])
    with pytest.raises(CityOpsError, match=r"broken\.parquet: this is no event log, or it is damaged"):
        EventLog.load(broken)
    with pytest.raises(CityOpsError, match="this is no event log"):
        EventLog.load(tmp_path)
    foreign = tmp_path / "foreign.parquet"
    pq.write_table(pa.table({"a": [1]}), foreign)
    with pytest.raises(CityOpsError, match=r"foreign\.parquet: this is a Parquet file, but no event log"):
        EventLog.load(foreign)


def test_a_damaged_page_is_named(saved, tmp_path):
    content = bytearray(saved.read_bytes())
    content[200] ^= 1
    broken = tmp_path / "page.parquet"
    broken.write_bytes(content)
    with pytest.raises(CityOpsError, match=r"page\.parquet: this is no event log, or it is damaged"):
        EventLog.load(broken)


def test_damaged_tables_are_named(saved, tmp_path):
    table = pq.read_table(saved)
    broken = tmp_path / "tables.parquet"
    for change in ({b"places": b"[{"}, {b"actors": b"\xff"}, {b"run": b""}):
        pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **change}), broken)
        with pytest.raises(CityOpsError, match=r"tables\.parquet: this is no event log, or it is damaged"):
            EventLog.load(broken)


def test_a_log_with_kinds_of_another_version_is_named(saved, tmp_path):
    table = pq.read_table(saved)
    kinds = pa.DictionaryArray.from_arrays(pa.array([0] * len(table), pa.int16()), pa.array(["TELEPORTED"]))
    later = tmp_path / "later.parquet"
    pq.write_table(table.set_column(1, "kind", kinds), later)
    with pytest.raises(CityOpsError, match="does not know, found TELEPORTED"):
        EventLog.load(later)


def test_an_old_log_is_read_whatever_the_order_of_its_kinds(log, saved, tmp_path):
    table = pq.read_table(saved)
    names = table.column("kind").to_pylist()
    old = tmp_path / "old.parquet"
    pq.write_table(table.set_column(1, "kind", pa.array(names).dictionary_encode()), old)
    assert EventLog.load(old).digest() == log.digest()
