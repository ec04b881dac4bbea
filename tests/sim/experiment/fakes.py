"""A scenario, and worlds small enough to know the answer; functions of a module, so that workers can load them."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sim.draws import Draws
from sim.errors import CityOpsError, PolicyError
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import Kind
from sim.scenario.schema import Scenario

PLACES = pd.DataFrame(
    {
        "id": [0],
        "network": "water",
        "name": "a",
        "district": "d",
        "people": 100.0,
        "vulnerable": 0.0,
        "x": 0.0,
        "y": 0.0,
    }
)
ACTORS = pd.DataFrame(
    {"id": [0], "name": "crew", "kind": "crew", "department": "water", "skills": "repair", "shift": ""}
)
#: How much of an outage each policy leaves.
SHARE = {"siloed": 1.0, "pooled": 0.98, "planned": 0.6, "twin": 1.0}


def scenario(*policies: str, **compare: Any) -> Scenario:
    """A scenario with these policies (three unless given), the first being the baseline."""
    names = policies or ("siloed", "pooled", "planned")
    return Scenario.model_validate(
        {
            "question": "Does planning shorten outages?",
            "seed": 3,
            "city": {"water": {"inp": "net.inp"}},
            "duration": "2 d",
            "hazards": ({"bursts": {"count": "exactly 1", "between": ("05:00", "09:00")}},),
            "organisation": {"departments": {"water": {"crews": ({"depot": "node 10"},)}}},
            "policies": {name: {} for name in names},
            "compare": {
                "baseline": names[0],
                "difference that matters": "10 %",
                "replications": {"at least": 4, "at most": 4},
                **compare,
            },
        }
    )


def scenario_hash(scenario: Scenario) -> str:
    """The hash of what the scenario says."""
    return hashlib.sha256(scenario.model_dump_json(by_alias=True).encode()).hexdigest()


def resolved_yaml(scenario: Scenario) -> str:
    """What the scenario says; JSON is YAML."""
    return scenario.model_dump_json(by_alias=True) + "\n"


def log(hours: float, *, policy: str, replication: int, hole: float = 0.01) -> EventLog:
    """A log of two days in which a hundred people lack water for some hours."""
    run = {"horizon_s": 172800.0, "policy": policy, "seed": 3, "replication": replication}
    writer = EventLogWriter(places=PLACES, actors=ACTORS, run=run)
    began = writer.append(0.0, Kind.RUN_BEGAN)
    burst = writer.append(3600.0, Kind.OCCURRED, incident=0, place=0, value=hole, cause=began)
    writer.append(3600.0, Kind.SERVICE, place=0, value=0.0, cause=burst)
    writer.append(3600.0 + 3600.0 * hours, Kind.SERVICE, place=0, value=1.0, cause=burst)
    writer.append(172800.0, Kind.RUN_ENDED)
    return writer.finish()


def world(scenario: Scenario, replication: int, policies: Sequence[str]) -> Mapping[str, EventLog]:
    """Outages of about ten hours, which pooling hardly and planning clearly shortens."""
    draws = Draws(scenario.seed, replication)
    fate = draws.lognormal("repair", 0, median=10.0, sigma=0.3)
    return {
        policy: log(fate * SHARE[policy] + _luck(draws, policy), policy=policy, replication=replication)
        for policy in policies
    }


def _luck(draws: Draws, policy: str) -> float:
    """A policy's own luck; the twin has the baseline's."""
    return 0.2 * draws.uniform("turnout", 0 if policy == "twin" else list(SHARE).index(policy))


def traced_world(
    scenario: Scenario, replication: int, policies: Sequence[str], *, traces: Path
) -> Mapping[str, EventLog]:
    """The same, leaving a trace of each time that a replication is run."""
    trace(traces, f"{replication}-{os.getpid()}-{time.monotonic_ns()}")
    return world(scenario, replication, policies)


def deadly_world(
    scenario: Scenario, replication: int, policies: Sequence[str], *, traces: Path
) -> Mapping[str, EventLog]:
    """Replication 2 takes its worker with it."""
    if replication == 2:
        trace(traces, f"died-{time.monotonic_ns()}")
        os._exit(7)
    return traced_world(scenario, replication, policies, traces=traces)


def once_deadly_world(
    scenario: Scenario, replication: int, policies: Sequence[str], *, traces: Path
) -> Mapping[str, EventLog]:
    """Replication 2 takes its worker with it, the first time only."""
    if replication == 2 and not found(traces, "died-"):
        trace(traces, "died-0")
        os._exit(7)
    return traced_world(scenario, replication, policies, traces=traces)


def wrong_world(scenario: Scenario, replication: int, policies: Sequence[str]) -> Mapping[str, EventLog]:
    """What the scenario names does not exist."""
    raise CityOpsError(f"node 10 is not in the network (replication {replication})")


def raising_policy_world(scenario: Scenario, replication: int, policies: Sequence[str]) -> Mapping[str, EventLog]:
    """From replication 2 on the user's policy raises."""
    if replication >= 2:
        raise PolicyError(f"rules.py:12: ZeroDivisionError (replication {replication})")
    return world(scenario, replication, policies)


def slow_world(
    scenario: Scenario, replication: int, policies: Sequence[str], *, traces: Path
) -> Mapping[str, EventLog]:
    """Replications from 2 on take until the trace ``go`` is there."""
    trace(traces, f"pid-{os.getpid()}")
    trace(traces, f"began-{replication}")
    while replication >= 2 and not found(traces, "go"):
        time.sleep(0.02)
    return world(scenario, replication, policies)


def unlucky_world(
    scenario: Scenario, replication: int, policies: Sequence[str], *, traces: Path
) -> Mapping[str, EventLog]:
    """A world in which luck differs from call to call, as it must not."""
    hours = 1.0 + len(found(traces)) / 10.0
    trace(traces, f"{replication}-{time.monotonic_ns()}")
    return {policy: log(hours, policy=policy, replication=replication) for policy in policies}


def trace(traces: Path | None, name: str) -> None:
    """Leave a trace, if anybody looks."""
    if traces is not None:
        (traces / name).touch()


def found(traces: Path, prefix: str = "") -> list[str]:
    """The traces that begin so."""
    return sorted(path.name for path in traces.glob(f"{prefix}*"))


def square(k: int, *, traces: Path | None = None) -> int:
    """A job without a world."""
    trace(traces, f"{k}-{time.monotonic_ns()}")
    return k * k


def square_but_die_at_two(k: int, *, traces: Path | None = None) -> int:
    """A job that takes its worker down."""
    if k == 2:
        trace(traces, f"died-{time.monotonic_ns()}")
        os._exit(7)
    return square(k, traces=traces)


def square_but_raise_from_two(k: int, *, traces: Path | None = None) -> int:
    """A job that raises, the later replications sooner."""
    if k == 2:
        time.sleep(0.2)
    if k >= 2:
        raise PolicyError(f"no policy for {k}")
    return square(k, traces=traces)


class StubbornError(Exception):
    """An error that no other process can make."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def stubborn(k: int) -> int:
    """A job whose error cannot travel."""
    raise StubbornError("cannot", "travel")


def threads(k: int) -> str | None:
    """What the workers are told about threads."""
    return os.environ.get("OMP_NUM_THREADS")
