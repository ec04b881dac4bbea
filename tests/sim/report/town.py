"""Histories of a small town, made without hydraulics: bursts take the water of the junctions near them until repaired.

Crews take the bursts one after the other; the policies differ in how many crews may take them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from sim.draws import Draws
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import CrewState, Kind
from sim.scenario.schema import Scenario

HOUR = 3600.0
COLUMNS, ROWS = 4, 3
NODES = COLUMNS * ROWS
CREWS = 2
#: The crew's number among the actors; 0 is the desk.
FIRST_CREW = 1


def places() -> pd.DataFrame:
    """Twelve junctions of a grid, each with 100 people more than the one before, and the mains between neighbours."""
    x, y = np.arange(NODES) % COLUMNS, np.arange(NODES) // COLUMNS
    across = [(k, k + 1) for k in range(NODES) if x[k] < COLUMNS - 1]
    along = [(k, k + COLUMNS) for k in range(NODES) if y[k] < ROWS - 1]
    tail, head = np.array(across + along).T
    m = len(tail)
    return pd.DataFrame(
        {
            "id": range(NODES + m),
            "network": ["water node"] * NODES + ["water link"] * m,
            "name": [f"j{k}" for k in range(NODES)] + [f"p{k}" for k in range(m)],
            "district": ["j0" if k < NODES / 2 else "j11" for k in [*range(NODES), *tail]],
            "people": [100.0 * k for k in range(NODES)] + [0.0] * m,
            "vulnerable": 0.0,
            "x": [*x.astype(float), *((x[tail] + x[head]) / 2.0)],
            "y": [*y.astype(float), *((y[tail] + y[head]) / 2.0)],
            "tail": [-1] * NODES + [int(t) for t in tail],
            "head": [-1] * NODES + [int(h) for h in head],
        }
    )


def actors(crews: int) -> pd.DataFrame:
    """The desk and the crews."""
    names = ["call desk", *(f"crew {k + 1} (j{0 if k % 2 == 0 else 11})" for k in range(crews))]
    kinds = ["desk", *["crew"] * crews]
    return pd.DataFrame(
        {"id": range(crews + 1), "name": names, "kind": kinds, "department": "water", "skills": "", "shift": ""}
    )


def history(
    policy: str,
    *,
    replication: int = 0,
    seed: int = 7,
    bursts: int = 3,
    crews: int = CREWS,
    crews_used: int | None = None,
    at: pd.DataFrame | None = None,
    days: float = 2.0,
    never: Sequence[int] = (),
) -> EventLog:
    """A log; each burst keeps its time, main and length of repair whatever the policy. ``never`` are never found."""
    where = places() if at is None else at
    draws = Draws(seed, replication)
    links = where[where["tail"] >= 0].reset_index(drop=True)
    nodes = where[where["tail"] < 0].reset_index(drop=True)
    run = {"horizon_s": days * 24 * HOUR, "start_s": 0.0, "policy": policy, "seed": seed, "replication": replication}
    rows: list[tuple[float, Kind, dict[str, float]]] = []
    free = [0.0] * (crews if crews_used is None else crews_used)
    order = []
    for i in range(bursts):
        occurs = (5.0 + 4.0 * draws.uniform("burst time", i)) * HOUR
        order.append((occurs, i, int(draws.uniform("burst pipe", i) * len(links))))
    low = np.zeros(len(nodes))
    served = np.ones(len(nodes))
    changes: list[tuple[float, int, int]] = []
    for occurs, i, main in sorted(order):
        place = int(links["id"][main])
        rows.append((occurs, Kind.OCCURRED, {"incident": i, "place": place, "value": 0.01}))
        changes.append((occurs, 1, main))
        if i in never:
            continue
        called = occurs + 0.5 * HOUR * (1.0 + draws.uniform("call", i))
        rows.append((called, Kind.CALLED, {"incident": i, "place": int(links["tail"][main]), "value": 0.0}))
        rows.append((called, Kind.REGISTERED, {"incident": i, "case": i, "place": int(links["tail"][main])}))
        crew = min(range(len(free)), key=free.__getitem__)
        actor = FIRST_CREW + crew
        sent = max(called, free[crew])
        found = sent + 1.2 * HOUR
        shut = found + 0.5 * HOUR
        done = shut + draws.lognormal("repair", i, median=6.0, sigma=0.5) * HOUR
        for time_s, state in (
            (sent, CrewState.TURNOUT),
            (sent + 0.2 * HOUR, CrewState.DRIVING),
            (sent + 0.6 * HOUR, CrewState.ON_SITE),
            (found, CrewState.WORKING),
            (done, CrewState.RETURNING),
            (done + 0.4 * HOUR, CrewState.IDLE),
        ):
            rows.append((time_s, Kind.CREW_STATE, {"actor": actor, "case": i, "value": float(state)}))
        mine = {"case": i, "incident": i, "actor": actor}
        rows.append((sent + 0.6 * HOUR, Kind.ON_SITE, mine))
        rows.append((found, Kind.LOCATED, {**mine, "place": place}))
        rows.append((shut, Kind.LINK_CLOSED, {"incident": i, "place": place, "value": 1.0}))
        rows.append((done, Kind.LINK_CLOSED, {"incident": i, "place": place, "value": 0.0}))
        rows.append((done, Kind.HANDLED, mine))
        rows.append((done + 0.5 * HOUR, Kind.CLOSED, {"case": i, "incident": i}))
        changes.append((done, -1, main))
        free[crew] = done + 0.4 * HOUR
    rows += _outages(changes, links, nodes, low, served)
    end = days * 24 * HOUR
    writer = EventLogWriter(places=where, actors=actors(crews), run=run)
    writer.append(0.0, Kind.RUN_BEGAN)
    for crew in range(crews):
        writer.append(0.0, Kind.CREW_STATE, actor=FIRST_CREW + crew, value=float(CrewState.IDLE))
    for time_s, kind, fields in sorted(rows, key=lambda row: row[0]):
        if time_s < end:
            writer.append(time_s, kind, **fields)  # type: ignore[arg-type]
    writer.append(end, Kind.RUN_ENDED)
    return writer.finish()


def _outages(
    changes: list[tuple[float, int, int]], links: pd.DataFrame, nodes: pd.DataFrame, low: np.ndarray, served: np.ndarray
) -> list[tuple[float, Kind, dict[str, float]]]:
    """The nearer a junction is to a burst, the less water it has."""
    xy, middle = nodes[["x", "y"]].to_numpy(), links[["x", "y"]].to_numpy()
    width = float(np.ptp(xy[:, 0]))
    rows = []
    for time_s, sign, main in sorted(changes):
        low += sign * np.exp(-((np.linalg.norm(xy - middle[main], axis=1) / (0.22 * width)) ** 2))
        now = np.round(np.clip(1.0 - low, 0.0, 1.0), 6)
        changed = np.flatnonzero(now != served)
        rows += [(time_s, Kind.SERVICE, {"place": int(nodes["id"][k]), "value": float(now[k])}) for k in changed]
        served[:] = now
    return rows


def world(scenario: Scenario, replication: int, policies: Sequence[str]) -> Mapping[str, EventLog]:
    """All policies but the baseline use all crews."""
    return {
        policy: history(policy, replication=replication, seed=scenario.seed, crews_used=1 if k == 0 else None)
        for k, policy in enumerate(policies)
    }
