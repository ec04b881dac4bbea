"""A finished run's folder as the pictures read it: its policies, its logs, and which replication to show.

Only what stands in the folder is read: manifest, vitals, comparison and event logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from sim.errors import CityOpsError, Mistake
from sim.experiment.folder import COMPARISON, VITALS, event_name, read_manifest
from sim.experiment.result import Comparison
from sim.record.eventlog import EventLog
from sim.record.vitals import INDICATORS

#: What a single run, which compares nothing, is looked at for.
_INDICATOR = "customer hours without water"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A finished run.

    policies : the baseline first. replications : those in the answer, ascending. vitals : policy, replication,
    indicator, value. comparison : None for a single run.
    """

    folder: Path
    policies: tuple[str, ...]
    replications: tuple[int, ...]
    seed: int
    vitals: pd.DataFrame
    comparison: Comparison | None

    @property
    def baseline(self) -> str:
        """The policy with which the others are compared."""
        return self.policies[0]

    @property
    def indicator(self) -> str:
        """The indicator in question."""
        return self.comparison.indicator if self.comparison is not None else _INDICATOR

    @property
    def challenger(self) -> str | None:
        """The policy with the best mean of the indicator, the baseline apart; None if there is no other."""
        means = self.values().mean()[list(self.policies[1:])]
        if means.empty:
            return None
        return str(means.idxmax() if INDICATORS[self.indicator].better == "higher" else means.idxmin())

    @property
    def shown(self) -> tuple[str, ...]:
        """The policies to look at closely: the baseline and, if there is one, the best other."""
        return (self.baseline,) if self.challenger is None else (self.baseline, self.challenger)

    @property
    def typical(self) -> int:
        """The replication in which the policies shown differ most nearly by the mean (of a single policy: its value).

        Those in which the indicator is 0 under all policies shown, so that there is nothing to see, come last; ties go
        to the lower replication.
        """
        wide = self.values()[list(self.shown)].dropna()
        if wide.empty:
            return self.replications[0]
        found = wide[self.baseline] if self.challenger is None else wide[self.baseline] - wide[self.challenger]
        away = (found - found.mean()).abs().to_numpy()
        is_empty = (wide == 0.0).all(axis=1).to_numpy()
        return int(wide.index[np.lexsort((away, is_empty))[0]])

    def values(self) -> pd.DataFrame:
        """The indicator in question: one row per replication, one column per policy."""
        chosen = self.vitals[self.vitals["indicator"] == self.indicator]
        return chosen.pivot(index="replication", columns="policy", values="value").sort_index()

    def log(self, policy: str, replication: int) -> EventLog:
        """The event log of one policy in one replication."""
        return EventLog.load(self.folder / event_name(policy, replication))


def read_run(folder: str | Path) -> Run:
    """The finished run in a folder; a CityOpsError if there is none, or only an unfinished one."""
    path = Path(folder)
    manifest = read_manifest(path)
    if manifest is None or not (path / VITALS).is_file():
        raise CityOpsError(Mistake(what="there is no finished run in this folder", file=str(path)))
    vitals = pq.read_table(path / VITALS).to_pandas()
    comparison = Comparison.load(path) if (path / COMPARISON).is_file() else None
    policies = tuple(manifest["policies"])
    if comparison is not None:
        first = comparison.baseline
        policies = (first, *(policy for policy in policies if policy != first))
    return Run(
        folder=path,
        policies=policies,
        replications=tuple(int(k) for k in sorted(vitals["replication"].unique())),
        seed=int(manifest["seed"]),
        vitals=vitals,
        comparison=comparison,
    )
