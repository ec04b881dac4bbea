"""Flow over the ground against Itzi, or against NumPy where Itzi is not at hand; no figure without a closed balance.

CITYOPS_ITZI_PYTHON names the Python of an environment with itzi: its steps are then run in turns with ours, on the same
raster with the same rain and steps, and its depths must agree to 1 mm (RMSE). One thread, CPU seconds; two threads are
timed by the clock, which only says something on an idle machine.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cext.surface import Surface
from tests.benchmarks.table import Row, interleaved
from tests.cext.surface_twin import Twin

CELL_M, MANNING, RAIN, STEP_S = 5.0, 0.03, float(np.float32(100.0 / 3.6e6)), 0.8
STEPS = 20


def run(data: Path | None) -> list[Row]:
    """A million wet cells against the rival, a mostly dry raster against a wet one, two threads against one."""
    del data  # the rasters are made here
    python = os.environ.get("CITYOPS_ITZI_PYTHON")
    return [_against_itzi(python) if python else _against_numpy(), _mostly_dry(), _two_threads()]


def waves(side: int) -> tuple[np.ndarray, np.ndarray]:
    """A slope with waves of 1000 and 750 m under a film of 5 cm."""
    r, c = np.mgrid[:side, :side] * CELL_M
    bed = 20.0 + 0.002 * (side * CELL_M - c) + np.sin(2 * np.pi * c / 1000.0) + np.sin(2 * np.pi * r / 750.0)
    return bed.astype(np.float32), np.full(bed.shape, 0.05, np.float32)


def rained_on(side: int, **settings: object) -> Surface:
    bed, film = waves(side)
    ground = Surface(bed, CELL_M, manning=MANNING, depth_m=film, **settings)  # type: ignore[arg-type]
    ground.set_rain(RAIN)
    return ground


def go_on(ground: Surface, count: int = STEPS) -> None:
    for _ in range(count):
        ground.advance(ground.now_s + STEP_S)


def check(ground: Surface, count: int) -> None:
    """Sound depths, a closed balance, and as many steps as the rival made."""
    assert ground.steps == count
    books = ground.balance()
    assert np.isfinite(ground.depth_m()).all()
    assert abs(books["error"]) <= 1e-9 * max(books["rain"], books["start"])


def _row(rival: str, ours_s: float, rival_s: float, note: str) -> Row:
    rate = STEPS * 1e6 / ours_s / 1e6
    return Row(f"surface: {STEPS} steps of 1000 x 1000", ours_s, rival, rival_s, f"{rate:.0f} M cells/s; {note}")


def _against_itzi(python: str) -> Row:
    ground, times = rained_on(1000), []
    for _ in range(3):
        began = time.process_time()
        go_on(ground)
        times.append((time.process_time() - began, _itzi(python, 1000, STEPS)[0]))
    check(ground, 3 * STEPS)
    ours_s, rival_s = (statistics.median(column) for column in zip(*times, strict=True))
    small = rained_on(300)
    go_on(small, 200)
    check(small, 200)
    error = float(np.sqrt(np.mean((small.depth_m() - _itzi(python, 300, 200)[1]) ** 2)))
    assert error < 1e-3
    return _row("Itzi", ours_s, rival_s, f"depths differ by {error * 1e3:.2f} mm (RMSE, 300 x 300, 200 steps)")


def _itzi(python: str, side: int, count: int) -> tuple[float, np.ndarray]:
    bed, film = waves(side)
    script = Path(__file__).with_name("itzi_steps.py")
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "given.npz"), Path(folder, "depth.npy")
        np.savez(source, bed=bed, depth=film)
        numbers = [str(number) for number in (CELL_M, MANNING, RAIN, STEP_S, count)]
        done = subprocess.run(
            [python, str(script), str(source), str(target), *numbers],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        return float(json.loads(done.stdout.splitlines()[-1])), np.load(target)


def _against_numpy() -> Row:
    ground, (bed, film) = rained_on(1000), waves(1000)
    twin = Twin(bed, CELL_M, MANNING)
    twin.depth[:] = film
    ours_s, rival_s = interleaved(lambda: go_on(ground), lambda: twin.step(STEP_S, RAIN), 3)
    check(ground, 3 * STEPS)
    fresh = rained_on(1000)
    go_on(fresh, 3)
    error = float(np.sqrt(np.mean((fresh.depth_m() - twin.depth) ** 2)))
    assert error < 1e-4
    return _row("NumPy twin (no Itzi here)", ours_s, rival_s * STEPS, f"depths differ by {error * 1e3:.1e} mm")


def _mostly_dry() -> Row:
    """A pond of 1 % of the raster, against the same with every cell kept awake."""
    bed, _ = waves(1000)
    pond = np.zeros(bed.shape, np.float32)
    pond[450:550, 450:550] = 0.3
    sparing, thorough = (Surface(bed, CELL_M, manning=MANNING, depth_m=pond) for _ in range(2))
    awake = np.arange(0, bed.size, 40, dtype=np.int32)
    thorough.set_points(awake, np.zeros(len(awake)))
    times = interleaved(lambda: go_on(sparing), lambda: go_on(thorough), 5)
    check(sparing, 5 * STEPS)
    np.testing.assert_array_equal(sparing.depth_m(), thorough.depth_m())
    share = sparing.updates / thorough.updates
    return Row("surface: a pond on dry land", times[0], "all cells", times[1], f"{share:.1%} of the cells moved")


def _two_threads() -> Row:
    one, two = rained_on(1000), rained_on(1000, threads=2)
    pairs = [(_clock_s(lambda: go_on(two)), _clock_s(lambda: go_on(one))) for _ in range(5)]
    check(two, 5 * STEPS)
    np.testing.assert_array_equal(one.depth_m(), two.depth_m())
    times = [min(column) for column in zip(*pairs, strict=True)]
    load = os.getloadavg()[0]
    return Row("surface: two threads", times[0], "one thread", times[1], f"by the clock, machine load {load:.1f}")


def _clock_s(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
