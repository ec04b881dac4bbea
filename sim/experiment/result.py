"""The Comparison: what may be concluded from policies that met the same fates, with its tables, words and files.

It saves data; pictures are the report's. Not for running anything (``comparison``).
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.errors import CityOpsError, Mistake
from sim.experiment import folder as folders
from sim.experiment.assessment import Question, Row, primary_table, secondary_table
from sim.experiment.folder import RunFolder
from sim.experiment.runner import Failed
from sim.experiment.stopping import Look
from sim.experiment.wording import cautions, sentence
from sim.record.eventlog import EventLog


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Comparison:
    """What a comparison found.

    table : one row per policy on the indicator in question (columns of ``assessment.Row``); secondary : the same for
    all other indicators. vitals : policy, replication, indicator, value, unit, better. ``delta`` is the difference that
    matters in the indicator's unit (None: not stated), ``half_width`` the widest interval's, ``replications`` those
    in the answer, ``failed`` those that could not be done. ``folder`` is where it is saved, if it is.
    """

    question: str
    asked: Question
    unit: str
    better: str
    delta: float | None
    table: pd.DataFrame
    secondary: pd.DataFrame
    vitals: pd.DataFrame
    replications: int
    failed: tuple[Failed, ...]
    half_width: float
    stopped_because: str
    warnings: tuple[str, ...]
    verdict_text: str
    folder: Path | None = None
    was_there: bool = False
    _home: Path = field(default=Path(), repr=False)

    @property
    def verdicts(self) -> dict[str, str]:
        """Per policy but the baseline: identical, equivalent, better, worse or undecided."""
        rows = self.table[self.table["policy"] != self.asked.baseline]
        return dict(zip(rows["policy"], rows["verdict"], strict=True))

    @property
    def baseline(self) -> str:
        """The policy that the others are compared with."""
        return self.asked.baseline

    @property
    def indicator(self) -> str:
        """The indicator in question."""
        return self.asked.indicator

    @property
    def policies(self) -> tuple[str, ...]:
        """All policies, in the scenario's order."""
        return self.asked.policies

    @property
    def exit_code(self) -> int:
        """0, or 1 if some replications failed."""
        return 1 if self.failed else 0

    def log(self, policy: str, replication: int) -> EventLog:
        """The event log of one policy in one replication."""
        return EventLog.load(self._home / folders.event_name(policy, replication))

    def save(self, folder: str | Path) -> Path:
        """Write the run's folder and give its path; a CityOpsError if another run is there.

        Where replications failed the folder stays visibly unfinished, and ``compare`` tries them again.
        """
        manifest = folders.read_manifest(self._home) or {}
        scenario = (self._home / folders.SCENARIO).read_text(encoding="utf-8")
        target = RunFolder(final=Path(folder), manifest=manifest, scenario=scenario)
        if target.is_complete():
            return target.final
        target.adopt(self._home)
        if self.failed:
            return target.working
        target.finish()
        return target.final

    @classmethod
    def load(cls, folder: str | Path) -> Comparison:
        """The comparison saved in a folder; a CityOpsError if there is none."""
        path = Path(folder)
        try:
            content = json.loads((path / folders.COMPARISON).read_text(encoding="utf-8"))
            vitals = pq.read_table(path / folders.VITALS).to_pandas()
        except (OSError, ValueError) as error:
            raise CityOpsError(
                Mistake(what="there is no finished comparison in this folder", file=str(path))
            ) from error
        return _from_json(content, vitals, home=path)

    def to_json(self) -> dict[str, Any]:
        """All but the vitals, as JSON can hold it: a value that is not finite is null, or the text "infinite"."""
        return {
            "question": self.question,
            "asked": asdict(self.asked),
            "unit": self.unit,
            "better": self.better,
            "difference that matters": self.delta,
            "verdict": self.verdict_text,
            "verdicts": self.verdicts,
            "replications": self.replications,
            "failed": [asdict(failed) for failed in self.failed],
            "half width": _plain(self.half_width),
            "stopped because": self.stopped_because,
            "warnings": list(self.warnings),
            "table": _records(self.table),
            "secondary": _records(self.secondary),
        }


def conclude(
    vitals: pd.DataFrame,
    asked: Question,
    *,
    question: str,
    look: Look,
    delta: float | None,
    failed: Sequence[Failed] = (),
    warnings: Iterable[str] = (),
) -> Comparison:
    """The comparison that these vitals give; ``look`` is the stopping rule's last one."""
    table = primary_table(vitals, asked, delta=delta)
    secondary = secondary_table(vitals, asked)
    replications = int(vitals["replication"].nunique())
    too_wide = look.wanted is not None and look.half_width > look.wanted
    found = cautions(table, secondary, replications=replications, delta=delta, too_wide=too_wide)
    lost = [f"Replication {f.replication} failed and is left out: {f.reason}." for f in failed]
    return Comparison(
        question=question,
        asked=asked,
        unit=str(table["unit"].iloc[0]),
        better=str(table["better"].iloc[0]),
        delta=delta,
        table=table,
        secondary=secondary,
        vitals=vitals,
        replications=replications,
        failed=tuple(failed),
        half_width=look.half_width,
        stopped_because=look.reason,
        warnings=(*lost, *warnings, *found),
        verdict_text=sentence(table, asked, replications=replications),
    )


def held_in(comparison: Comparison, home: Path, *, is_temporary: bool, was_there: bool = False) -> Comparison:
    """The comparison with its files: in a folder of the user, or in one that goes when nobody holds it any more."""
    if not is_temporary:
        return replace(comparison, folder=home, _home=home, was_there=was_there)
    held = replace(comparison, _home=home)
    weakref.finalize(held, shutil.rmtree, home.parent, ignore_errors=True)
    return held


def temporary_home() -> Path:
    """A place for the files of a comparison that nobody asked to save."""
    return Path(tempfile.mkdtemp(prefix="cityops-")) / "run"


def vitals_bytes(vitals: pd.DataFrame) -> bytes:
    """The vitals as a Parquet file without anything of pandas in it; the same table gives the same bytes."""
    table = pa.Table.from_pandas(vitals, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


def comparison_bytes(comparison: Comparison) -> bytes:
    """What stands in ``comparison.json``."""
    return (json.dumps(comparison.to_json(), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _from_json(content: Mapping[str, Any], vitals: pd.DataFrame, *, home: Path) -> Comparison:
    asked = Question(**{**content["asked"], "policies": tuple(content["asked"]["policies"])})
    return Comparison(
        question=content["question"],
        asked=asked,
        unit=content["unit"],
        better=content["better"],
        delta=content["difference that matters"],
        table=_frame(content["table"]),
        secondary=_frame(content["secondary"]),
        vitals=vitals,
        replications=content["replications"],
        failed=tuple(Failed(**failed) for failed in content["failed"]),
        half_width=_float(content["half width"]),
        stopped_because=content["stopped because"],
        warnings=tuple(content["warnings"]),
        verdict_text=content["verdict"],
        folder=home,
        _home=home,
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in record.items()} for record in table.to_dict("records")]


def _frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    texts = {"indicator", "unit", "better", "policy", "verdict"}
    rows = [{k: v if k in texts or k == "pairs" else _float(v) for k, v in record.items()} for record in records]
    return pd.DataFrame(rows, columns=list(Row.__slots__))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "infinite"
    return value


def _float(value: float | str | None) -> float:
    if value is None:
        return math.nan
    return math.inf if value == "infinite" else float(value)
