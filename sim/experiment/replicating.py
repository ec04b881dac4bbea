"""One replication as workers do it: run all policies, land their logs, compute their vitals.

A replication whose logs have landed before is read instead of run: that is how an unfinished folder goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from sim.experiment.folder import RunFolder
from sim.record.eventlog import EventLog
from sim.record.vitals import vitals
from sim.scenario.schema import Scenario

Replicate = Callable[[Scenario, int, Sequence[str]], Mapping[str, EventLog]]

#: The columns of ``vitals.parquet``.
VITALS_COLUMNS = ("policy", "replication", "indicator", "value", "unit", "better")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What the coordinator learns of a replication: its vitals, digests per policy, and the time it took."""

    replication: int
    vitals: pd.DataFrame
    facts: Mapping[str, str]
    digests: Mapping[str, str]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicating:
    """The job of a worker: called with a number, it does that replication."""

    scenario: Scenario
    policies: tuple[str, ...]
    folder: RunFolder
    replicate: Replicate

    def __call__(self, replication: int) -> Landed:
        """Do one replication, or read it if it has landed."""
        began = time.perf_counter()
        logs = self._logs(replication)
        return Landed(
            replication=replication,
            vitals=pd.concat([_vitals(log, policy, replication) for policy, log in logs.items()], ignore_index=True),
            facts={policy: log.facts_digest() for policy, log in logs.items()},
            digests={policy: log.digest() for policy, log in logs.items()},
            seconds=round(time.perf_counter() - began, 3),
        )

    def _logs(self, replication: int) -> dict[str, EventLog]:
        if self.folder.landed(self.policies, replication):
            return {p: EventLog.load(self.folder.event_path(p, replication)) for p in self.policies}
        made = self.replicate(self.scenario, replication, self.policies)
        logs = {policy: made[policy] for policy in self.policies}
        self.folder.land(logs, replication)
        return logs


def replicate_in_world(scenario: Scenario, replication: int, policies: Sequence[str]) -> Mapping[str, EventLog]:
    """The World's own replication, imported on use so that whoever only reads results does without the World."""
    from sim.world.replication import replicate

    return replicate(scenario, replication, policies)


def _vitals(log: EventLog, policy: str, replication: int) -> pd.DataFrame:
    return vitals(log).assign(policy=policy, replication=replication)[list(VITALS_COLUMNS)]
