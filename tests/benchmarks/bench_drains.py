"""Routing of storm drains against SWMM itself, on the same file; the same flows and floods, or no figure.

Runs alternate, SWMM's in a child process since it keeps one model per process; both are the CPU seconds of the routing
and runoff alone, without reading and writing, on one thread. The rate printed is link-steps a CPU second.
"""

import statistics
import tempfile
import time
from pathlib import Path

from sim.city.drain_simulation import DrainResult, simulate
from sim.city.drainage import Drainage
from tests.benchmarks.table import Row
from tests.oracle.swmm_agreement import Agreement, Distance, SwmmRun, agreement, swmm_runs, text_of
from tests.oracle.swmm_models import model

RIVAL = "SWMM"
MODELS = {"extran1": 5, "extran3": 5, "user2": 3, "CoS-Reduced-Outlets": 3}


def run(data: Path | None) -> list[Row]:
    """Time SWMM's test models; a small model of our own where they are not here."""
    texts = {"a chain of pipes": (model(END_TIME="10:00:00"), 5)}
    if data is not None:
        texts = {name: (text_of(data / "storm" / f"{name}.inp.gz"), n) for name, n in MODELS.items()}
    return [_row(name, text, repeats) for name, (text, repeats) in texts.items()]


def _row(name: str, text: str, repeats: int) -> Row:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        swmm = swmm_runs({name: text}, folder)[name]
        found = agreement(text, folder, swmm=swmm, name=name)
        assert found.too_far == [], f"{name}: {found.too_far}"
        drainage = Drainage.from_inp(folder / f"{name}.inp")
        pairs = [(_ours(drainage), swmm_runs({name: text}, folder)[name]) for _ in range(repeats)]
    ours = statistics.median(seconds for (_, seconds), _ in pairs)
    theirs = statistics.median(other.cpu_s for _, other in pairs)
    return Row(f"drains: {name}", ours, RIVAL, theirs, _note(found, pairs[0][0][0], swmm, ours=ours, theirs=theirs))


def _ours(drainage: Drainage) -> tuple[DrainResult, float]:
    began = time.process_time()
    result = simulate(drainage)
    return result, time.process_time() - began


def _note(found: Agreement, result: DrainResult, swmm: SwmmRun, *, ours: float, theirs: float) -> str:
    steps = int(str(result.balance["link_steps"]))
    peak = Distance.of(result, swmm).peak
    return (
        f"{steps / ours / 1e6:.2f} M link-steps/s, SWMM {swmm.link_steps / theirs / 1e6:.2f} M; "
        f"peaks within {peak.quantile(0.95):.2%} (p95), missing {found.error:.2%}, SWMM {swmm.error:.2%}"
    )
