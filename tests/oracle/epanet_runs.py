"""EPANET itself, run on a file through its toolkit, with its results in SI; what our solver is measured against."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from epanet import toolkit as en
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from sim.city.readers.epanet_units import Units
from sim.city.readers.inp_files import plain_inp

Floats = npt.NDArray[np.float64]
REQUIRED_M, EXPONENT = 20.0, 0.5
ACCURACIES = (1e-6, 1e-5, 1e-4, 1e-3)
TRIALS = 400


@dataclass(frozen=True, slots=True)
class Tables:
    """Rows at EPANET's event times; heads in m, flows in m3/s; ``balanced`` tells whether all rows are.

    ``supplied`` : the nodes that open links join to a reservoir or tank, by EPANET's own statuses
    """

    node_names: tuple[str, ...]
    link_names: tuple[str, ...]
    time_s: npt.NDArray[np.int64]
    head_m: Floats
    demand_m3s: Floats
    flow_m3s: Floats
    supplied: npt.NDArray[np.bool_]
    balanced: bool
    iterations: int


@contextmanager
def project_of(path: Path) -> Iterator[Any]:
    """An opened EPANET project; EPANET's warnings are not ours."""
    with plain_inp(path) as (plain, _), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        project = en.createproject()
        en.open(project, str(plain), os.devnull, "")
        try:
            yield project
        finally:
            en.close(project)
            en.deleteproject(project)


def units_of(project: Any) -> Units:
    """The factors from the project's units to SI."""
    pressure, gravity = (en.getoption(project, code) for code in (en.PRESS_UNITS, en.SP_GRAVITY))
    return Units.of(en.getflowunits(project), int(pressure), specific_gravity=gravity)


def be_pressure_driven(project: Any) -> None:
    """Set the demand model that all pressure-driven comparisons use."""
    en.setdemandmodel(project, en.PDA, 0.0, REQUIRED_M / units_of(project).pressure, EXPONENT)


def epanet_run(
    path: Path,
    *,
    accuracy: float,
    pressure_driven: bool = False,
    duration_s: int | None = None,
    change: Callable[[Any], None] | None = None,
    trials: int | None = TRIALS,
) -> Tables:
    """Run a file from its start; the file's duration is cut to ``duration_s``. Stops at a row that does not balance.

    ``trials`` of None are the file's own.
    """
    with project_of(path) as project:
        if pressure_driven:
            be_pressure_driven(project)
        en.setoption(project, en.ACCURACY, accuracy)
        if trials is not None:
            en.setoption(project, en.TRIALS, trials)
        if duration_s is not None:
            en.settimeparam(project, en.DURATION, min(duration_s, en.gettimeparam(project, en.DURATION)))
        if change is not None:
            change(project)
        return _tables(project, accuracy)


def _tables(project: Any, accuracy: float) -> Tables:
    units = units_of(project)
    nodes, links = (_Elements(project, *how) for how in (_NODES, _LINKS))
    ends = np.array([en.getlinknodes(project, k + 1) for k in range(links.count)]) - 1
    fixed = [en.getnodetype(project, i + 1) != en.JUNCTION for i in range(nodes.count)]
    times, heads, demands, flows, supplied = [], [], [], [], []
    iterations, balanced, step = 0.0, True, 1
    en.openH(project)
    en.initH(project, en.INITFLOW)  # 0 would start from stale flows
    while step > 0 and balanced:
        times.append(en.runH(project))
        iterations += en.getstatistic(project, en.ITERATIONS)
        balanced = en.getstatistic(project, en.RELATIVEERROR) <= accuracy
        heads.append(nodes.values(en.HEAD) * units.length)
        demands.append(nodes.values(en.DEMAND) * units.flow)
        flows.append(links.values(en.FLOW) * units.flow)
        supplied.append(_supplied(ends[links.values(en.STATUS) > 0], fixed))
        step = en.nextH(project)
    en.closeH(project)
    rows = (np.array(table) for table in (times, heads, demands, flows, supplied))
    return Tables(nodes.names, links.names, *rows, balanced, int(iterations))


_NODES = (en.NODECOUNT, en.getnodeid, en.getnodevalues)
_LINKS = (en.LINKCOUNT, en.getlinkid, en.getlinkvalues)


class _Elements:
    """All nodes or all links of a project, whose values come in one call."""

    def __init__(self, project: Any, count: int, identify: Any, getter: Any) -> None:
        self.project, self.getter = project, getter
        self.count = en.getcount(project, count)
        self.names = tuple(identify(project, i + 1) for i in range(self.count))
        self.buffer = en.doubleArray(self.count)
        self.view = (ctypes.c_double * self.count).from_address(int(self.buffer.cast()))

    def values(self, code: int) -> Floats:
        self.getter(self.project, code, self.buffer)
        return np.array(self.view)


def _supplied(open_ends: npt.NDArray[np.int64], fixed: list[bool]) -> npt.NDArray[np.bool_]:
    n = len(fixed)
    links = csr_array((np.ones(len(open_ends)), (open_ends[:, 0], open_ends[:, 1])), shape=(n, n))
    _, part = connected_components(links, directed=False)
    return np.isin(part, part[fixed])


def tightest_run(path: Path, **how: Any) -> tuple[float, Tables]:
    """EPANET's run at the tightest accuracy at which it balances at all times, and that accuracy."""
    for accuracy in ACCURACIES:
        tables = epanet_run(path, accuracy=accuracy, **how)
        if tables.balanced:
            return accuracy, tables
    raise AssertionError(f"EPANET does not balance {path.name} at any accuracy")


def close_links(*names: str, without_demand: tuple[str, ...] = ()) -> Callable[[Any], None]:
    """A change that shuts links from the start on, and takes away the demand of these nodes."""

    def change(project: Any) -> None:
        for name in names:
            en.setlinkvalue(project, en.getlinkindex(project, name), en.INITSTATUS, 0)
        for name in without_demand:
            node = en.getnodeindex(project, name)
            for category in range(1, en.getnumdemands(project, node) + 1):
                en.setbasedemand(project, node, category, 0.0)

    return change


def close_at(time_s: int, *names: str) -> Callable[[Any], None]:
    """A change that shuts links at a time, by controls."""

    def change(project: Any) -> None:
        for name in names:
            en.addcontrol(project, en.TIMER, en.getlinkindex(project, name), 0.0, 0, float(time_s))

    return change


def cut_pipe(pipe: str, *, fraction: float, elevation_m: float, emitter: float) -> Callable[[Any], None]:
    """A change that cuts a pipe in two by a junction, called after it with a star, with an emitter (m3/s/m^0.5)."""

    def change(project: Any) -> None:
        units, middle = units_of(project), f"{pipe}*"
        ends = [en.getnodeid(project, n) for n in en.getlinknodes(project, en.getlinkindex(project, pipe))]
        en.addnode(project, middle, en.JUNCTION)  # tanks move one place on
        en.addlink(project, middle, en.PIPE, middle, ends[1])
        node, first = en.getnodeindex(project, middle), en.getlinkindex(project, pipe)
        en.setnodevalue(project, node, en.ELEVATION, elevation_m / units.length)
        en.setnodevalue(project, node, en.EMITTER, emitter / units.emitter(1.0, 0.5))
        en.setlinknodes(project, first, en.getnodeindex(project, ends[0]), node)
        second = en.getlinkindex(project, middle)
        for code in (en.DIAMETER, en.ROUGHNESS):
            en.setlinkvalue(project, second, code, en.getlinkvalue(project, first, code))
        for code in (en.LENGTH, en.MINORLOSS):
            whole = en.getlinkvalue(project, first, code)
            en.setlinkvalue(project, first, code, whole * fraction)
            en.setlinkvalue(project, second, code, whole * (1.0 - fraction))

    return change
