"""A day of hydraulics against EPANET itself, in the same process; the same heads at the same times, or no figure.

Hydraulics only: both have the network opened and analysed once, and start each run afresh. ACCURACY and TRIALS are the
file's; 99 % of the heads must agree to 0.01 m, and the share that does is printed.
"""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from epanet import toolkit as en

from sim.city.readers.inp_files import locate, plain_inp
from sim.city.water import WaterNetwork
from tests.benchmarks.table import Row, interleaved
from tests.oracle.epanet_runs import EXPONENT, REQUIRED_M, be_pressure_driven, epanet_run

RIVAL = "EPANET"
DAY = 86400
REPEATS = {"Net3": 31, "ky17": 7}


def run(data: Path | None) -> list[Row]:
    """Time Net3 and ky17, demand- and pressure-driven; Net3 out of wntr alone where there are no real networks."""
    sources: list[str | Path] = (
        ["wntr:Net3"] if data is None else [data / "water" / f for f in ("Net3.inp", "ky17.inp.gz")]
    )
    return [_row(source, pressure_driven=driven) for source in sources for driven in (False, True)]


def _row(source: str | Path, *, pressure_driven: bool) -> Row:
    path = locate(source)
    network = WaterNetwork.from_inp(path)
    model = {"minimum_m": 0.0, "required_m": REQUIRED_M, "exponent": EXPONENT} if pressure_driven else {}
    solver = network.solver(demand_model="PDA" if pressure_driven else "DDA", **model)
    share = _agreement(path, network, solver=solver, pressure_driven=pressure_driven)
    with _epanet(path, pressure_driven=pressure_driven) as epanet_day:
        times = interleaved(lambda: solver.run(DAY, record=False), epanet_day, REPEATS[network.name])
    what = f"pipes: a day of {network.name}, {'pressure' if pressure_driven else 'demand'}-driven"
    return Row(what, times[0], RIVAL, times[1], f"heads within 0.01 m at {share:.2%} of node-times")


def _agreement(path: Path, network: WaterNetwork, *, solver: Any, pressure_driven: bool) -> float:
    """Share of supplied node-times at which the heads agree; the times must be the same."""
    accuracy = network.options.accuracy
    theirs = epanet_run(path, accuracy=accuracy, pressure_driven=pressure_driven, duration_s=DAY, trials=None)
    ours = solver.run(DAY)
    assert ours["balanced"].all()
    assert theirs.balanced
    assert ours["time_s"].tolist() == theirs.time_s.tolist()
    same = np.abs(ours["head_m"] - theirs.head_m)[theirs.supplied & ~ours["unsupplied"]] <= 0.01
    share = float(same.mean())
    assert share > 0.99
    return share


@contextmanager
def _epanet(path: Path, *, pressure_driven: bool) -> Iterator[Callable[[], None]]:
    """A day of EPANET as a function, its network opened and analysed."""
    with plain_inp(path) as (plain, _), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        project = en.createproject()
        en.open(project, str(plain), os.devnull, "")
        if pressure_driven:
            be_pressure_driven(project)
        en.settimeparam(project, en.DURATION, DAY)
        en.setstatusreport(project, en.NO_REPORT)
        en.openH(project)
        yield lambda: _day(project)
        en.close(project)
        en.deleteproject(project)


def _day(project: Any) -> None:
    en.initH(project, en.INITFLOW)
    step = 1
    while step > 0:
        en.runH(project)
        step = en.nextH(project)
