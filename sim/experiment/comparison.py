"""Compare policies: replications in batches until the stopping rule is content, landed in a run's folder.

Also the folder of a single run. Not for the statistics (``assessment``), nor for one replication (``replicating``).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sim.errors import CityOpsError, Mistake, nearest
from sim.experiment import folder as folders
from sim.experiment import program
from sim.experiment.assessment import Question, values_of
from sim.experiment.folder import RunFolder
from sim.experiment.replicating import Landed, Replicate, Replicating, replicate_in_world
from sim.experiment.result import (
    Comparison,
    comparison_bytes,
    conclude,
    held_in,
    temporary_home,
    vitals_bytes,
)
from sim.experiment.runner import Failed, Runner, open_runner
from sim.experiment.stopping import Look, StoppingRule
from sim.experiment.wording import number
from sim.record.eventlog import EventLog
from sim.scenario import loading
from sim.scenario.schema import Scenario

__all__ = ["Comparison", "EveryReplicationFailed", "RunResult", "compare", "default_folder", "run_to_folder"]

Progress = Callable[[int, int, str], None]

RUNS: Final = Path("results") / "runs"


class EveryReplicationFailed(CityOpsError):  # noqa: N818  # what happened
    """No replication could be done, so there is nothing to compare; the scenario is right, so exit code 1."""

    exit_code = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunResult:
    """One policy in one replication, in its folder; ``was_there``: it had been run before."""

    folder: Path
    log: EventLog
    vitals: pd.DataFrame
    was_there: bool


def compare(
    scenario: Scenario,
    *,
    jobs: int = 1,
    folder: str | Path | None = None,
    progress: Progress | None = None,
    replicate: Replicate = replicate_in_world,
) -> Comparison:
    """The scenario's policies compared under common random numbers; the number of jobs changes no bit of it.

    folder : where to save; an unfinished one there goes on, a complete one is read, another run's is a CityOpsError.
    Without it nothing is left behind until ``Comparison.save``. progress : called with replications done, replications
    expected and a note. replicate : what makes one replication, a function of a module where there are several jobs.
    Ctrl-C keeps what has landed and raises KeyboardInterrupt, whose text says how to go on.
    """
    if jobs < 1:
        raise CityOpsError(Mistake(what="the number of jobs must be at least 1", found=str(jobs)))
    folders.check_slugs(scenario.policies)
    with ExitStack() as stack:
        final = Path(folder) if folder is not None else temporary_home()
        if folder is None:
            stack.callback(shutil.rmtree, final.parent, ignore_errors=True)
        place = _place(scenario, final, kind="compare", policies=tuple(scenario.policies))
        if place.is_complete():
            return held_in(Comparison.load(final), final, is_temporary=False, was_there=True)
        comparison, home = _Conductor(scenario, place, jobs, progress or _silent, replicate).run()
        held = held_in(comparison, home, is_temporary=folder is None)
        stack.pop_all()
    return held


def run_to_folder(
    scenario: Scenario,
    policy: str,
    replication: int,
    folder: str | Path,
    *,
    replicate: Replicate = replicate_in_world,
) -> RunResult:
    """One policy in one replication, saved in a folder; a complete folder of the same run is read instead."""
    if policy not in scenario.policies:
        known = ", ".join(scenario.policies)
        near = nearest(policy, scenario.policies)
        raise CityOpsError(Mistake(what="there is no such policy", found=policy, accepted=known, nearest=near))
    if replication < 0:
        raise CityOpsError(Mistake(what="replications are numbered from 0", found=str(replication)))
    folders.check_slugs([policy])
    place = _place(scenario, Path(folder), kind="run", policies=(policy,), replication=replication)
    was_there = place.is_complete()
    if not was_there:
        began, clock = _now(), time.monotonic()
        job = Replicating(scenario=scenario, policies=(policy,), folder=place, replicate=replicate)
        landed = job(replication)
        place.write(folders.VITALS, vitals_bytes(landed.vitals))
        place.keep_only([policy], [replication])
        place.note(status="complete", replications=_account([landed], []), timings=[_timing(began, clock, jobs=1)])
        place.finish()
    log = EventLog.load(place.final / folders.event_name(policy, replication))
    return RunResult(
        folder=place.final, log=log, vitals=pd.read_parquet(place.final / folders.VITALS), was_there=was_there
    )


def default_folder(scenario: Scenario, *, policy: str | None = None, replication: int = 0) -> Path:
    """Where a comparison, or with ``policy`` a single run, is saved if the user does not say."""
    name = folders.default_name(scenario.name, loading.scenario_hash(scenario))
    return RUNS / (name if policy is None else f"{name}-{folders.slug(policy)}-{replication:04d}")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(slots=True)
class _Conductor:
    """Conducts one comparison from its first replication, or from where it was left, to its folder."""

    scenario: Scenario
    place: RunFolder
    jobs: int
    progress: Progress
    replicate: Replicate
    landed: list[Landed] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    began: str = field(default_factory=_now)
    clock: float = field(default_factory=time.monotonic)

    def run(self) -> tuple[Comparison, Path]:
        """The comparison, and where its files are."""
        was_begun = self.place.working.exists()
        before = (folders.read_manifest(self.place.working) or {}).get("timings", [])
        policies = tuple(self.scenario.policies)
        job = Replicating(scenario=self.scenario, policies=policies, folder=self.place, replicate=self.replicate)
        try:
            with open_runner(job, workers=self.jobs) as runner:
                look = self._until_enough(runner, before)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._interrupted(before)) from None
        except CityOpsError:
            if not was_begun:
                self.place.discard()
            raise
        return self._finish(look, before)

    def _until_enough(self, runner: Runner[Landed], before: list[Any]) -> Look:
        """Batch after batch, until the rule says stop; the widths decide, in the order of replications."""
        rule, done = _rule(self.scenario), 0
        self.progress(0, rule.at_least, "")
        for end in rule.ends():
            for result in runner.results(range(done, end)):
                if isinstance(result, Failed):
                    self.failed.append(result)
                else:
                    self.landed.append(result)
                done += 1
                self.progress(done, end, "")
            look = rule.look(self._values(), replications=end)
            self.progress(end, look.expected, _seen(look))
            if look.stop:
                break
            self.place.note(status="unfinished", **self._facts(before))
        return look

    def _values(self) -> dict[str, Any]:
        if not self.landed:
            raise EveryReplicationFailed(f"every replication failed, the first because {self.failed[0].reason}")
        return values_of(self._vitals(), self.scenario.compare.indicator)

    def _vitals(self) -> pd.DataFrame:
        return pd.concat([landed.vitals for landed in self.landed], ignore_index=True)

    def _finish(self, look: Look, before: list[Any]) -> tuple[Comparison, Path]:
        vitals, asked = self._vitals(), _question(self.scenario)
        comparison = conclude(
            vitals,
            asked,
            question=self.scenario.question,
            look=look,
            delta=_rule(self.scenario).delta(values_of(vitals, asked.indicator)[asked.baseline]),
            failed=self.failed,
            warnings=self._unequal_fates(),
        )
        self.place.write(folders.VITALS, vitals_bytes(vitals))
        self.place.write(folders.COMPARISON, comparison_bytes(comparison))
        self.place.keep_only(asked.policies, [landed.replication for landed in self.landed])
        self.place.note(status="failed replications" if self.failed else "complete", **self._facts(before))
        if self.failed:
            return comparison, self.place.working
        self.place.finish()
        return comparison, self.place.final

    def _unequal_fates(self) -> list[str]:
        """Policies are compared as if the same befell the city under each; say so where it did not."""
        unequal = [str(landed.replication) for landed in self.landed if len(set(landed.facts.values())) > 1]
        which = ", ".join(unequal[:5]) + (", ..." if len(unequal) > 5 else "")
        return [f"What befell the city differs between policies in {len(unequal)} replications ({which})."] * bool(
            which
        )

    def _interrupted(self, before: list[Any]) -> str:
        """Note the interruption in the manifest; a line that says how to go on."""
        here = self.place.working
        numbers = range(_rule(self.scenario).at_most)
        kept = sum(self.place.landed(self.scenario.policies, k) for k in numbers)
        if not kept:
            return "interrupted before a replication had ended: nothing is kept"
        line = f"interrupted: {kept} replications are kept in {here}; the same command goes on from there"
        self.place.note(status="interrupted", **{"go on": line}, **self._facts(before))
        return line

    def _facts(self, before: list[Any]) -> dict[str, Any]:
        return {
            "replications": _account(self.landed, self.failed),
            "timings": [*before, _timing(self.began, self.clock, jobs=self.jobs)],
        }


def _place(
    scenario: Scenario, final: Path, *, kind: str, policies: tuple[str, ...], replication: int | None = None
) -> RunFolder:
    manifest = {
        "format": folders.FORMAT,
        "kind": kind,
        "status": "unfinished",
        "scenario": scenario.name,
        "scenario hash": loading.scenario_hash(scenario),
        "seed": scenario.seed,
        "policies": list(policies),
        "replication": replication,
        "program": program.program(),
        "libraries": program.libraries(),
        "host": program.host(),
    }
    return RunFolder(final=final.absolute(), manifest=manifest, scenario=loading.resolved_yaml(scenario))


def _difference(scenario: Scenario) -> dict[str, float | None]:
    """The difference that matters, as a share of the baseline's mean or in the indicator's unit."""
    difference = scenario.compare.difference_that_matters
    if difference is None:
        return {"relative": None, "value": None}
    key, other = ("relative", "value") if difference.relative else ("value", "relative")
    return {key: float(difference.value), other: None}


def _rule(scenario: Scenario) -> StoppingRule:
    asked = scenario.compare
    return StoppingRule(
        baseline=asked.baseline,
        at_least=asked.replications.at_least,
        at_most=max(asked.replications.at_most, asked.replications.at_least),
        confidence=asked.confidence,
        **_difference(scenario),
    )


def _question(scenario: Scenario) -> Question:
    asked = scenario.compare
    return Question(
        baseline=asked.baseline,
        policies=tuple(scenario.policies),
        indicator=asked.indicator,
        confidence=asked.confidence,
        **_difference(scenario),
    )


def _account(landed: list[Landed], failed: list[Failed]) -> dict[str, Any]:
    """What the manifest says about each replication."""
    done = {str(r.replication): {"seconds": r.seconds, "digests": dict(r.digests)} for r in landed}
    return {"done": done, "failed": {str(f.replication): f.reason for f in failed}}


def _seen(look: Look) -> str:
    wanted = "" if look.wanted is None else f", wanted {number(look.wanted)}"
    return f"half-width {number(look.half_width)}{wanted}"


def _timing(began: str, clock: float, *, jobs: int) -> dict[str, Any]:
    return {"began": began, "elapsed s": round(time.monotonic() - clock, 3), "jobs": jobs}


def _silent(done: int, expected: int, note: str) -> None:
    """Show no progress."""
