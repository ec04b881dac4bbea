"""The tables of docs/flood.md, measured anew: ``python -m tests.oracle.flood_tables`` (under a minute)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tests.oracle.swmm_agreement import Agreement, agreement, swmm_runs
from tests.oracle.swmm_models import FEATURES
from tests.oracle.test_surface_exact import FILM, RAIN, dam_break, outflow_m3s, row_of, v_catchment
from tests.sim.physics.flooded_town import flood

Line = tuple[str, float, float]


def ground() -> Iterator[Line]:
    """Each exact case: what it is, the closed form, and what we compute."""
    bed = 0.05 * (800.0 - 10.0 * (np.arange(80) + 0.5))
    plane = row_of(bed, 10.0, manning=0.015, edges={"east": "open"}, least_depth_m=FILM, longest_step_s=1.0)
    plane.set_rain(RAIN)
    for time_s in (120.0, 240.0, 360.0):
        exact = np.sqrt(0.05) / 0.015 * (RAIN * time_s) ** (5.0 / 3.0)
        yield (
            f"plane under rain, outflow after {time_s:.0f} s, l/s per m",
            1e3 * exact,
            100 * outflow_m3s(plane, time_s),
        )
    yield "plane under rain, outflow in the end, l/s per m", 1e3 * RAIN * 800.0, 100 * outflow_m3s(plane, 3600.0)
    for on_channel, flow in ((True, 4.86), (False, 4.80)):
        valley = v_catchment(20.0, rain_on_channel=on_channel)
        words = "V-shaped valley" if on_channel else "V-shaped valley, no rain on its channel"
        yield f"{words}, outflow in the end, m3/s", flow, outflow_m3s(valley, 5390.0, over_s=20.0)
    x, depth = dam_break(0.005, 0.0)
    yield "dam break on dry ground, depth at the dam, mm", 2.2222, 1e3 * float(depth[99:101].mean())
    yield "dam break on dry ground, how far after 6 s, m", 2.65767, float(x[depth > 1e-5].max()) - 5.0
    x, depth = dam_break(0.005, 0.001)
    yield "dam break on wet ground, depth between, mm", 2.5394, 1e3 * float(depth[(x > 5.0) & (x < 5.8)].mean())
    yield "dam break on wet ground, speed of the shock, m/s", 0.20996, (float(x[depth > 0.0015].max()) - 5.0) / 6.0


def books() -> Iterator[tuple[str, float]]:
    """Shares of the rain that no book explains, after an hour of a small flooded town."""
    one = flood()
    one.advance(3600.0)
    balance = one.balance()
    yield "ground", balance["ground_error"] / balance["rain"]
    yield "sewers", balance["drains_error"] / balance["rain"]
    both = balance["rain"] - sum(
        balance[name] for name in ("on_ground", "in_drains", "between", "infiltrated", "left", "outfalls")
    )
    yield "both, end to end", both / balance["rain"]


def features() -> list[Agreement]:
    """Each feature of the sewers, beside SWMM 5.2."""
    with tempfile.TemporaryDirectory() as place:
        runs = swmm_runs(FEATURES, Path(place))
        return [agreement(text, Path(place), swmm=runs[name], name=name) for name, text in FEATURES.items()]


def worst(found: Sequence[Agreement]) -> Iterator[tuple[str, str, str]]:
    """Of each measure the median over the models, and the worst with the model that has it."""
    measures: dict[str, tuple[str, Callable[[Agreement], float]]] = {
        "peak flows, median over the links": ("{:.3%}", lambda one: one.ours.peak.median()),
        "peak flows, 95th percentile": ("{:.3%}", lambda one: one.ours.peak.quantile(0.95)),
        "depth, largest RMSE, mm": ("{:.2f}", lambda one: 1e3 * one.ours.depth_m.max()),
        "flooded volume, m3": ("{:.2f}", lambda one: one.ours.flood_m3),
        "water missing beyond what SWMM misses": ("{:+.3%}", lambda one: one.error - one.swmm.error),
    }
    for words, (form, measure) in measures.items():
        values = sorted((measure(one), one.name) for one in found)
        most, name = values[-1]
        yield words, form.format(values[len(values) // 2][0]), f"{form.format(most)} ({name})"


def main() -> None:
    """Print the tables as Markdown."""
    print("| case | exact | computed | off |\n|---|---:|---:|---:|")
    for case, exact, found in ground():
        print(f"| {case} | {exact:.4g} | {found:.4g} | {found / exact - 1.0:+.2%} |")
    print("\n| books | share of the rain unexplained |\n|---|---:|")
    for side, share in books():
        print(f"| {side} | {share:.1e} |")
    models = features()
    print(f"\n| of {len(models)} models | in the middle | the worst |\n|---|---:|---:|")
    for words, middle, most in worst(models):
        print(f"| {words} | {middle} | {most} |")


if __name__ == "__main__":
    main()
