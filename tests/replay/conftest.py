"""A small city that many replications of can be run in a moment."""

import pytest

import sim

YAML = """
question: Do two crews that help each other end outages sooner?
city:
  water: {inp: wntr:Net3}
  roads: {along: water}
start: 00:00
duration: 1 d
hazards:
  - bursts: {count: exactly 8, between: [01:00, 03:00], leak: {area: 50 % of the pipe}}
sensors:
  - pressure: {at: [node 15, node 103], alarm when: {drop: 3 m}, every: 10 min, noise: 0.5 m, samples: 2, latency: 30 s}
organisation:
  departments:
    water:
      crews: [{depot: node 10, count: 1}, {depot: node 203, count: 2, shift: ["06:00", "22:00"]}]
      repair: {lognormal: {median: 3 h, sigma: 0.5}}
  verification: {after: 30 min, failed: 20 %}
policies:
  siloed: {dispatch: own district, order: first reported, isolate: always}
  twin: {dispatch: own district, order: first reported, isolate: always}
  planned:
    dispatch: nearest by current travel time
    order: {customer hours saved per crew hour: {look ahead: 12 h}}
    isolate: when it helps
compare: {baseline: siloed, difference that matters: 50 %, replications: {at least: 2, at most: 2}}
"""


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The scenario, and the file that it came from."""
    file = tmp_path_factory.mktemp("small") / "small.yaml"
    file.write_text(YAML)
    return sim.load(file), file
