"""A small made town under a block of even rain: its first underpass fills, and a main bursts while streets are wet."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pandas as pd

import sim
from sim.record.eventlog import EventLog
from sim.scenario.schema import Scenario
from sim.world.replication import prepare
from sim.world.world import World

YAML = """
question: Who drives into the water?
city:
  synthetic: {size: hamlet, preset: central, seed: 1, corners: 80, railway: true, cell: 20 m}
start: 14:00
duration: 150 min
hazards:
  - rain:
      begins: 14:10
      storm: {block: {intensity: 60 mm/h, duration: 30 min}}
      spread: even
      warnings:
        lead time: 0 s
        forecast error: 0
        levels: {blue: {depth: 10 mm, within: 1 h}, yellow: null, orange: null, red: {depth: 20 mm, within: 1 h}}
flood: {cars: {arterial: 500, collector: 500, local: 500}}
people:
  calls: {at most: 0 per junction and outage}
organisation:
  departments:
    water: {crews: [{depot: every depot}]}
policies:
  open: {close: never}
  depth: {close: {by depth: {at: 27 cm}}}
  signed: {close: {by depth: {at: 27 cm, sign off: 10 min}}}
  rain: {close: {by rain: {over: 50 mm/h}}}
  orange: {close: {by warning: {level: orange}}}
compare: {baseline: open, indicator: cases open at the end}
"""
RAIN_BEGINS_S, RAIN_ENDS_S = 600.0, 2400.0

DRIZZLE_AND_BURST = [
    {
        "rain": {
            "begins": "14:10",
            "storm": {"block": {"intensity": "0.1 mm/h", "duration": "10 min"}},
            "spread": "even",
        }
    },
    {"bursts": {"count": "exactly 1", "between": ["14:20", "14:21"], "leak": {"area": "100 % of the pipe"}}},
]
"""Rain that wets nobody's feet, and a burst that a passer-by reports at once."""


def scenario(folder: Path, **overrides: Any) -> Scenario:
    """The scenario with overrides, its file in a folder."""
    (folder / "wet.yaml").write_text(textwrap.dedent(YAML))
    return sim.load(folder / "wet.yaml", overrides={k.replace("__", "."): v for k, v in overrides.items()})


def bursting(folder: Path, **overrides: Any) -> Scenario:
    """Without a flood, but with a burst to drive to."""
    return scenario(
        folder,
        seed=4,  # the burst is some corners away from the depot
        hazards=DRIZZLE_AND_BURST,
        people__sightings={"at most": "1 per burst", "rate": "20 per hour and l/s"},
        organisation__desk={"clerks": 1, "registration": "1 s", "triage": "0 s"},
        **overrides,
    )


def rows(log: EventLog, *kinds: str) -> pd.DataFrame:
    """The rows of these kinds."""
    frame = log.frame()
    return frame[frame.kind.isin(kinds)]


def disturbed(chosen: Scenario, act: Callable[[World], Generator[Any, Any, None]]) -> EventLog:
    """The log of the baseline while something is done from outside, to its end."""
    world, done = World(prepare(chosen, 0), chosen.compare.baseline), []

    def steps() -> Generator[Any, Any, None]:
        yield from act(world)
        done.append(world.clock.now_s)

    world.clock.start(steps())
    log = world.run()
    assert done, "what was to be done from outside never came to its end"
    return log
