"""SWMM itself, run on a file by its toolkit, each run in a process of its own; SWMM holds one model per process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN = """
import json, sys
from swmm.toolkit import output, shared_enum, solver
inp, result = sys.argv[1:]
solver.swmm_open(inp, inp + ".rpt", inp + ".out")
solver.swmm_start(1)
while solver.swmm_step() > 0:
    pass
solver.swmm_end()
runoff, routing, _ = solver.swmm_get_mass_balance()
solver.swmm_report()
solver.swmm_close()
handle = output.init()
output.open(handle, inp + ".out")
_, _, links, *_ = output.get_proj_size(handle)
periods = output.get_times(handle, shared_enum.Time.NUM_PERIODS)
names = [output.get_elem_name(handle, shared_enum.ElementType.LINK, i) for i in range(links)]
flow = shared_enum.LinkAttribute.FLOW_RATE
peaks = [max(map(abs, output.get_link_series(handle, i, flow, 0, periods - 1))) for i in range(links)]
output.close(handle)
json.dump({"runoff": runoff, "routing": routing, "peaks": dict(zip(names, peaks))}, open(result, "w"))
"""


@dataclass(frozen=True, slots=True)
class SwmmRun:
    """What SWMM says: continuity errors, %; volumes, m3 (of a file in metres); peak flow of each link as it reports."""

    runoff_error: float
    routing_error: float
    inflow_m3: float
    flooded_m3: float
    peaks: dict[str, float]

    @property
    def flooded_share(self) -> float:
        """Share of the water in the sewers that came out again at manholes."""
        return self.flooded_m3 / self.inflow_m3


def swmm_run(path: Path) -> SwmmRun:
    """Run a file; a RuntimeError with SWMM's own words where it cannot."""
    result = path.with_suffix(".json")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(result)], capture_output=True, text=True, check=False
    )
    report = Path(f"{path}.rpt")
    said = report.read_text(encoding="utf-8", errors="replace").splitlines() if report.exists() else []
    if done.returncode != 0:
        raise RuntimeError("\n".join([line for line in said if "ERROR" in line] or [done.stderr[-500:]]))
    told: dict[str, Any] = json.loads(result.read_text())
    return SwmmRun(
        runoff_error=told["runoff"],
        routing_error=told["routing"],
        inflow_m3=_volume(said, "Wet Weather Inflow"),
        flooded_m3=_volume(said, "Flooding Loss"),
        peaks=told["peaks"],
    )


def _volume(report: Sequence[str], what: str) -> float:
    """From the table of flow routing continuity, whose first column is in hectare metres."""
    line = next((line for line in report if line.strip().startswith(what)), None)
    assert line is not None, f"SWMM does not report {what}"
    return float(line.split()[-2]) * 1e4
