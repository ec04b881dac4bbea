"""The files that ``cityops new`` makes."""

from __future__ import annotations

SCENARIO = """\
# yaml-language-server: $schema=schema.json
# A question to begin with: change it, then `cityops validate`, `cityops run`, `cityops compare`.
# Quantities carry their unit. `cityops list` names the rules and indicators, `cityops schema` describes every key.
question: Is a town better off if a crew may also work in the other crew's district?
city:
  water: {inp: network.inp}                    # your own EPANET file, or wntr:Net3 if wntr is installed
start: 00:00
duration: 2 d                                  # long enough to recover: what is open at the end counts until then
hazards:
  - bursts: {count: exactly 5, between: [05:00, 09:00], leak: {area: 30 % of the pipe}}
people: {litres per day: 200}                  # people at a junction = its demand / 200 litres
sensors:
  - pressure: {at: [node J5], alarm when: {drop: 3 m}, every: 5 min}
organisation:
  departments:
    water:
      crews: [{depot: node J1}, {depot: node J9}]
      repair: {lognormal: {median: 6 h, sigma: 0.5}}
policies:                                      # change one thing at a time, or the answer has two causes
  siloed: {dispatch: own district}
  pooled: {dispatch: nearest by current travel time}
  loudest: {dispatch: nearest by current travel time, order: {python: rules.py:loudest}}   # a rule of your own
compare:
  baseline: siloed
  indicator: customer hours without water
  difference that matters: 20 %                # of the baseline's mean: stated before the first run
  replications: {at least: 20, at most: 60}
"""

RULES = '''\
"""Rules of your own, which scenario.yaml names as `{python: rules.py:loudest}`."""


def loudest(view, case):
    """How urgent a waiting case is: the case of which most people have told is first.

    `view` is what the department knows (cases, crews, readings, travel times), `case` one of those that wait. Ties go
    to the older case.
    """
    return case.reports
'''

NETWORK = """\
[TITLE]
A small town: nine junctions on a grid, fed by gravity from a reservoir, with a tank on the far side

[JUNCTIONS]
;name  elevation (m)  demand (l/s)
 J1    12             4
 J2    14             5
 J3    16             4
 J4    11             5
 J5    13             8
 J6    15             5
 J7    10             4
 J8    12             5
 J9    14             4

[RESERVOIRS]
 Lake  45

[TANKS]
;name  bottom (m)  level  least  most  diameter (m)
 Hill  36          4      1      6     12

[PIPES]
;name    from  to    length (m)  diameter (mm)  roughness  loss  status
 Main    Lake  J1    1200        250            120        0     Open
 P12     J1    J2    600         250            120        0     Open
 P23     J2    J3    600         200            120        0     Open
 P45     J4    J5    600         250            120        0     Open
 P56     J5    J6    600         200            120        0     Open
 P78     J7    J8    600         150            120        0     Open
 P89     J8    J9    600         200            120        0     Open
 P14     J1    J4    600         250            120        0     Open
 P25     J2    J5    600         200            120        0     Open
 P36     J3    J6    600         150            120        0     Open
 P47     J4    J7    600         200            120        0     Open
 P58     J5    J8    600         200            120        0     Open
 P69     J6    J9    600         200            120        0     Open
 PHill   J9    Hill  400         250            120        0     Open

[PATTERNS]
;the day in two-hour steps
 Day  0.5  0.4  0.6  1.3  1.6  1.3
 Day  1.2  1.1  1.0  1.2  1.1  0.7

[COORDINATES]
 J1    0     0
 J2    600   0
 J3    1200  0
 J4    0     600
 J5    600   600
 J6    1200  600
 J7    0     1200
 J8    600   1200
 J9    1200  1200
 Lake  -900  -800
 Hill  1500  1450

[TIMES]
 Duration            24:00
 Hydraulic Timestep  1:00
 Pattern Timestep    2:00

[OPTIONS]
 Units     LPS
 Headloss  H-W
 Pattern   Day

[END]
"""

TOWN = """\
# yaml-language-server: $schema=schema.json
# A question to begin with: change it, then `cityops validate`, `cityops run`, `cityops compare`.
# Quantities carry their unit. `cityops list` names the rules and indicators, `cityops schema` describes every key.
question: Is a town better off if a crew may also work in another crew's district?
city:
  # A town made from a seed: another seed, another town. `cityops validate --resolved` shows all its numbers, each of
  # which may be written here; `cityops export` writes its layers as files and draws it.
  synthetic: {size: town, preset: central, seed: 3}
start: 00:00
duration: 2 d                                  # long enough to recover: what is open at the end counts until then
hazards:
  - bursts: {count: exactly 12, between: [05:00, 09:00], weight by: break rate, leak: {area: 50 % of the pipe}}
sensors:
  - pressure: {at: by preset, alarm when: {drop: 3 m}, every: 5 min}
organisation:
  departments:
    water:
      crews: [{depot: every depot, count: by preset}]
      repair: {lognormal: {median: 6 h, sigma: 0.5}}
policies:                                      # change one thing at a time, or the answer has two causes
  siloed: {dispatch: own district}
  pooled: {dispatch: nearest by current travel time}
compare:
  baseline: siloed
  indicator: customer hours without water
  difference that matters: 20 %                # of the baseline's mean: stated before the first run
  replications: {at least: 20, at most: 60}
"""

TEMPLATES = {
    "network": {"scenario.yaml": SCENARIO, "rules.py": RULES, "network.inp": NETWORK},
    "town": {"scenario.yaml": TOWN},
}
