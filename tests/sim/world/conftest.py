"""A town so small that its timeline can be computed by hand: a reservoir, two mains, a junction that people live at."""

import textwrap

import pytest

import sim

INP = """
[JUNCTIONS]
 J1  0   0
 J2  30  10
[RESERVOIRS]
 R1  60
[PIPES]
 P1  R1  J1  1000  300  100  0  Open
 P2  J1  J2  1000  200  100  0  Open
[OPTIONS]
 UNITS LPS
 HEADLOSS H-W
[TIMES]
 DURATION 48:00
 HYDRAULIC TIMESTEP 1:00
[COORDINATES]
 R1 0 0
 J1 1000 0
 J2 2000 0
[END]
"""

YAML = """
question: When is the one burst repaired?
city:
  water: {inp: tiny.inp}
  roads: {along: water, speed: 36 km/h, detour: 1.0}
duration: 2 d
hazards:
  - bursts: {listed: [{pipe: P2, at: 06:00}], leak: {area: 100 % of the pipe}}
people:
  litres per day: 200
  calls: {at most: 1 per junction and outage, after: 30 min without water}
  sightings: {at most: 0 per burst}
organisation:
  departments:
    water:
      crews: [{depot: node R1, count: 1}]
      turnout: 5 min
      locate: 30 min
      isolate: 30 min
      repair: 6 h
  desk: {clerks: 1, registration: 5 min, triage: 0 s}
  verification: {after: 1 h, failed: 0 %}
policies:
  first: {dispatch: nearest by current travel time, order: first reported, isolate: always}
  second: {dispatch: own district, order: largest diameter, isolate: never}
compare: {baseline: first, difference that matters: 10 %}
"""


@pytest.fixture
def tiny(tmp_path):
    """A function that loads the tiny scenario with overrides."""
    (tmp_path / "tiny.inp").write_text(INP)
    (tmp_path / "tiny.yaml").write_text(textwrap.dedent(YAML))

    def load(**overrides):
        return sim.load(tmp_path / "tiny.yaml", overrides={k.replace("__", "."): v for k, v in overrides.items()})

    load.folder = tmp_path
    return load


def events(log, *kinds):
    """The rows of these kinds (all but states without any) as (time, kind, case, incident, actor, place)."""
    frame = log.frame()
    frame = frame[frame.kind.isin(kinds)] if kinds else frame
    columns = ["time_s", "kind", "case", "incident", "actor", "place"]
    return [tuple(row) for row in frame[columns].itertuples(index=False)]
