"""SWMM itself, run on a file by a process of its own, with its results in SI; what our drains are measured against."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sim.city.drain_simulation import DrainResult, simulate
from sim.city.drainage import Drainage

FOOT = 0.3048
FLOW_M3S = (FOOT**3, 231 * 0.0254**3 / 60, 231 * 0.0254**3 * 1e6 / 86400, 1.0, 0.001, 1000 / 86400)
PEAK_MEDIAN, PEAK_P95 = 0.01, 0.05
DEPTH_M, DEPTH_SHARE = 0.02, 0.02
NODES = 0.02  # share of the nodes that may be beyond: a pipe just full, or a pump a step later, moves a depth by far
FLOOD_SHARE, FLOOD_M3 = 0.03, 10.0
CONTINUITY = 0.001

# SWMM keeps its model in globals, so each run is a fork of this process; times are CPU seconds of the run alone.
CHILD = """
import os, sys, time
import numpy as np
from swmm.toolkit import output, shared_enum as e, solver


def run(inp, into):
    solver.swmm_open(inp, into + ".rpt", into + ".out")
    solver.swmm_start(True)
    began = time.process_time()
    steps = 1
    while solver.swmm_step() != 0:
        steps += 1
    cpu = time.process_time() - began
    totals = solver.system_get_routing_totals()
    solver.swmm_end()
    error = solver.swmm_get_mass_balance()
    solver.swmm_close()
    h = output.init()
    output.open(h, into + ".out")
    last = output.get_times(h, e.Time.NUM_PERIODS) - 1
    size = output.get_proj_size(h)
    kinds = (e.ElementType.NODE, e.ElementType.LINK)
    names = [[output.get_elem_name(h, kind, i) for i in range(size[kind])] for kind in kinds]
    table = lambda series, what, n: np.array([series(h, i, what, 0, last) for i in range(n)]).T
    np.savez(
        into, nodes=names[0], links=names[1], units=output.get_units(h)[:2], cpu=cpu, steps=steps, error=error,
        flooded=totals.flooding, report=output.get_times(h, e.Time.REPORT_STEP),
        depth=table(output.get_node_series, e.NodeAttribute.INVERT_DEPTH, size[1]),
        flow=table(output.get_link_series, e.LinkAttribute.FLOW_RATE, size[2]),
    )
    output.close(h)


for inp in sys.argv[1:]:
    if (child := os.fork()) == 0:
        run(inp, inp + "-swmm")
        os._exit(0)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True, slots=True)
class SwmmRun:
    """Tables as ours; ``error`` is the share of all routed water that SWMM misses; ``steps`` as it took them."""

    depth: pd.DataFrame
    flow: pd.DataFrame
    flooded_m3: float
    error: float
    cpu_s: float
    steps: int

    @property
    def link_steps(self) -> int:
        return self.steps * self.flow.shape[1]


def text_of(path: Path) -> str:
    """A file with one thread, and with pipes that we have no shapes for as circles of their height, for both sides."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    text = re.sub(r"(?m)^;?THREADS.*$", "THREADS 1", text)
    return re.sub(r"\b(ARCH|HORIZ_ELLIPSE)\b", "CIRCULAR", text)


def with_step(text: str, factor: float) -> str:
    """The same model with its routing step, and the least of its variable steps, multiplied."""

    def scaled(match: re.Match[str]) -> str:
        parts = [float(part) for part in match[2].split(":")]
        seconds = sum(part * 3600 / 60**k for k, part in enumerate(parts)) if len(parts) > 1 else parts[0]
        return f"{match[1]} {seconds * factor:g}"

    return re.sub(r"(?m)^ *(ROUTING_STEP|MINIMUM_STEP)\s+(\S+)", scaled, text)


def swmm_runs(texts: Mapping[str, str], folder: Path) -> dict[str, SwmmRun]:
    """Run models by SWMM; the report of one that fails is shown."""
    files = {name: folder / f"{name}.inp" for name in texts}
    for name, text in texts.items():
        files[name].write_text(text)
    command = [sys.executable, "-W", "ignore", "-c", CHILD, *map(str, files.values())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {name: _read(file, done.stderr) for name, file in files.items()}


def _read(inp: Path, said: str) -> SwmmRun:
    into = inp.with_name(f"{inp.name}-swmm.npz")
    report = into.with_suffix(".rpt")
    assert into.exists(), said + (report.read_text()[-3000:] if report.exists() else "")
    found = np.load(into)
    us, flow = found["units"]
    length, rate = FOOT if us == 0 else 1.0, FLOW_M3S[flow]
    times = pd.Index(np.arange(1, len(found["depth"]) + 1) * float(found["report"]), name="time_s")
    return SwmmRun(
        depth=pd.DataFrame(found["depth"] * length, index=times, columns=found["nodes"]),
        flow=pd.DataFrame(found["flow"] * rate, index=times, columns=found["links"]),
        flooded_m3=float(found["flooded"]) * (FOOT**3 if us == 0 else 1.0),
        error=abs(float(found["error"][1])) / 100.0,
        cpu_s=float(found["cpu"]),
        steps=int(found["steps"]),
    )


def our_run(text: str, folder: Path, *, name: str = "model") -> tuple[Drainage, DrainResult]:
    """The same model by our kernel."""
    inp = folder / f"{name}.inp"
    inp.write_text(text)
    drainage = Drainage.from_inp(inp)
    return drainage, simulate(drainage)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far one run is from another: of link peaks the share of the peak, of node depths the RMSE, of floods m3."""

    peak: pd.Series
    depth_m: pd.Series
    flood_m3: float

    @classmethod
    def of(cls, one: DrainResult | SwmmRun, other: SwmmRun) -> Distance:
        theirs = other.flow.loc[:, one.flow.columns]
        rows = theirs.index.intersection(one.flow.index)
        largest, peaks = theirs.abs().max(), one.flow.loc[rows].abs().max()
        threshold = 1e-3 * float(largest.to_numpy().max())
        carries = largest > threshold  # a dry link has no peak to be compared
        miss = one.depth.loc[rows] - other.depth.loc[rows, one.depth.columns]
        flooded = one.flooded_m3 if isinstance(one, SwmmRun) else float(one.flooded_m3.sum())
        return cls(
            peak=((peaks - largest).abs() / largest)[carries],
            depth_m=(miss**2).mean() ** 0.5,
            flood_m3=abs(flooded - other.flooded_m3),
        )


@dataclass(frozen=True, slots=True)
class Agreement:
    """Our distance from SWMM beside SWMM's from itself at half the step, None where that is not asked for."""

    name: str
    ours: Distance
    noise: Distance | None
    full_m: pd.Series
    swmm: SwmmRun
    error: float

    @property
    def too_far(self) -> list[str]:
        noise = self.noise or Distance(self.ours.peak * 0.0, self.ours.depth_m * 0.0, 0.0)
        peak, own = self.ours.peak, noise.peak
        allowed = np.maximum(np.maximum(DEPTH_M, DEPTH_SHARE * self.full_m), noise.depth_m)
        flood = max(FLOOD_SHARE * self.swmm.flooded_m3, FLOOD_M3, noise.flood_m3)
        found = [f"depth at {node}" for node in self.ours.depth_m.index[self.ours.depth_m > allowed]]
        found = found if len(found) > NODES * len(allowed) else []
        found += ["median peak"] * bool(peak.median() > max(PEAK_MEDIAN, own.median()))
        found += ["p95 of peaks"] * bool(peak.quantile(0.95) > max(PEAK_P95, own.quantile(0.95)))
        found += ["flooded volume"] * bool(self.ours.flood_m3 > flood)
        return found + ["continuity"] * bool(self.error > self.swmm.error + CONTINUITY)

    def __str__(self) -> str:
        def row(d: Distance) -> str:
            return (
                f"peaks median {d.peak.median():.2%} p95 {d.peak.quantile(0.95):.2%}, depth RMSE p95 "
                f"{d.depth_m.quantile(0.95):.4f} most {d.depth_m.max():.4f} m, flood {d.flood_m3:.2f} m3"
            )

        return (
            f"{self.name}: ours {row(self.ours)}; SWMM at half its step {self.noise and row(self.noise)}; flooded "
            f"{self.swmm.flooded_m3:.1f} m3; missing {self.error:.3%}, SWMM {self.swmm.error:.3%}"
        )


def agreement(text: str, folder: Path, *, swmm: SwmmRun, name: str = "model", always: bool = False) -> Agreement:
    """Run a model by us, and by SWMM at half its step where we are too far from SWMM otherwise, or always."""
    drainage, ours = our_run(text, folder, name=name)
    found = Agreement(
        name=name,
        ours=Distance.of(ours, swmm),
        noise=None,
        full_m=pd.Series(drainage.depth_m, index=list(drainage.node_names)),
        swmm=swmm,
        error=abs(float(str(ours.balance["error"]))),
    )
    if not (always or found.too_far):
        return found
    half = swmm_runs({"half": with_step(text, 0.5)}, folder)["half"]
    return replace(found, noise=Distance.of(half, swmm))
