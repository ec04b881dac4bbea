"""Step rows of a log, which hold until the next row of their kind and key, as integrals and as totals over time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.record.eventlog import EventLog
from sim.record.kinds import Kind

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spans:
    """How long each step row held: its key (place or actor), value and duration in s, by key and then time; (n,)."""

    key: Ints
    value: Floats
    duration_s: Floats


def spans(log: EventLog, kind: Kind, *, by: Literal["place", "actor"] = "place") -> Spans:
    """The spans of all rows of a step kind; the last of each key ends with the run."""
    rows = log.of(kind)
    rows = rows[np.argsort(rows[by], kind="stable")]
    key, began = rows[by], rows["time_s"]
    until = np.full(len(rows), log.ended_s)
    goes_on = key[1:] == key[:-1]
    until[:-1][goes_on] = began[1:][goes_on]
    return Spans(key=key, value=rows["value"], duration_s=until - began)


def integral(log: EventLog, kind: Kind) -> float:
    """The time integral of a step kind over all places, in its unit times s; 0 before the first row of a place.

    The sum is exact but for one rounding, so it depends on no order.
    """
    held = spans(log, kind)
    return math.fsum(held.value * held.duration_s)


def total_over_time(
    log: EventLog, kind: Kind, *, initial: float, weight: Floats, of: Callable[[Floats], Floats]
) -> pd.Series[float]:
    """The sum over places of weight times ``of(value)`` as steps over time: see ``as_steps`` for its form.

    initial : the value of a place until its first row; weight : float64 (n_places,), as the table of places goes.
    Summed anew at each instant, so that what returns to 0 is exactly 0; O(instants * places).
    """
    rows = log.of(kind)
    position = positions(log.places["id"].to_numpy(), rows["place"])
    held = weight * of(np.full(len(weight), initial))
    then = weight[position] * of(rows["value"])
    times, totals = [log.began_s], [float(held.sum())]
    instants, first = np.unique(rows["time_s"], return_index=True)
    ends = np.append(first, len(rows))[1:]
    for time_s, a, b in zip(instants, first, ends, strict=True):
        held[position[a:b]] = then[a:b]  # of several at one instant and place the last one stays
        times.append(float(time_s))
        totals.append(float(held.sum()))
    return as_steps(log, times, totals)


def as_steps(log: EventLog, times: list[float], totals: list[float]) -> pd.Series[float]:
    """A series over ``time_s``: one entry at the start, at each change and, repeating the last, at the end of the run.

    Of several entries at one time the last stays.
    """
    kept = dict(zip(times, totals, strict=True))
    changed: dict[float, float] = {}
    last: float | None = None
    for time_s, total in kept.items():
        if total != last:
            changed[time_s] = last = total
    changed.setdefault(log.ended_s, totals[-1])
    return pd.Series(list(changed.values()), index=pd.Index(list(changed), name="time_s"))


def area(steps: pd.Series[float]) -> float:
    """The time integral of a series of steps, in its unit times s."""
    return math.fsum(steps.to_numpy()[:-1] * np.diff(steps.index.to_numpy()))


def positions(ids: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.intp]:
    """Where in ``ids`` each of ``wanted`` stands; all must be there."""
    assert np.isin(wanted, ids).all(), "a row names a place that is not in the table"
    order = np.argsort(ids, kind="stable")
    found: NDArray[np.intp] = order[np.searchsorted(ids, wanted, sorter=order)]
    return found
