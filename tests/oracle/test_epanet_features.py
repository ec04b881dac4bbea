"""What the real networks hardly use, one thing at a time on a small town: our day is EPANET's."""

import numpy as np
import pytest

from sim.city.water import WaterNetwork
from tests.oracle.epanet_runs import EXPONENT, REQUIRED_M, TRIALS, epanet_run

pytestmark = pytest.mark.oracle

TOWN = """[JUNCTIONS]
A 10 3 day
B 20 6 day
C 12 4 night
D 8 2 day
[RESERVOIRS]
R 20
[TANKS]
T 45 3 1 6 9 0
[PIPES]
P1 A B 600 250 100 0.6 Open
P2 A C 700 200 120 0 Open
P3 B C 400 150 110 4 Open
P4 B T 300 250 110 0 Open
P5 C D 300 150 110 0 Open
[PUMPS]
U R A HEAD H
[CURVES]
H 20 45
[PATTERNS]
day 0.6 1.0 1.4 1.1 0.7 0.9
night 1.2 0.8 0.4 0.6 1.0 1.3
[OPTIONS]
Units LPS
Headloss H-W
[TIMES]
Duration 24
Pattern Timestep 2
[END]
"""

# name: (sections added, words replaced)
FEATURES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    "plain": ((), ()),
    "Darcy-Weisbach": ((), (("H-W", "D-W"), (" 100 ", " 0.5 "), (" 120 ", " 0.1 "), (" 110 ", " 0.2 "))),
    "Darcy-Weisbach in US units": (
        ("[OPTIONS]", "Viscosity 2"),
        (
            *(("H-W", "D-W"), ("LPS", "GPM"), ("H 20 45", "H 40 90"), ("600 250 100", "600 8 0.5")),
            *(("700 200 120", "700 6 0.5"), ("400 150 110", "400 6 0.5"), ("300 250 110", "300 8 0.5")),
            *(("300 150 110", "300 6 0.5"),),
        ),
    ),
    "Chezy-Manning": ((), (("H-W", "C-M"), (" 100 ", " 0.012 "), (" 120 ", " 0.011 "), (" 110 ", " 0.013 "))),
    "three-point pump": ((), (("H 20 45", "H 0 55\nH 15 48\nH 40 20"),)),
    "custom pump": ((), (("H 20 45", "H 0 55\nH 10 52\nH 20 45\nH 40 20"),)),
    "custom pump at other speeds": (
        ("[PATTERNS]", "speed 1 0.9 1.1 0 1 0.8"),
        (("U R A HEAD H", "U R A HEAD H PATTERN speed"), ("H 20 45", "H 0 55\nH 10 52\nH 20 45\nH 40 20")),
    ),
    "pump at other speeds": (
        ("[PATTERNS]", "speed 1 0.9 1.1 0 1 0.8"),
        (("U R A HEAD H", "U R A HEAD H SPEED 0.95 PATTERN speed"),),
    ),
    "pump of constant power": ((), (("U R A HEAD H", "U R A POWER 6"),)),
    "pump of constant horsepower": (
        (),
        (
            *(("U R A HEAD H", "U R A POWER 0.6"), ("LPS", "GPM"), ("600 250", "600 4"), ("700 200", "700 3")),
            *(("400 150", "400 2"), ("300 250", "300 4"), ("300 150", "300 3")),
        ),
    ),
    "tank with a volume curve": (
        ("[CURVES]", "V 0 0", "V 2 60", "V 4 220", "V 7 300"),
        (("T 45 3 1 6 9 0", "T 45 3 1 6 9 0 V"),),
    ),
    "tank that overflows": ((), (("T 45 3 1 6 9 0", "T 45 3 1 3.5 9 0 * YES"),)),
    "tank that fills": ((), (("T 45 3 1 6 9 0", "T 45 3 1 3.5 9 0"),)),
    "tank that runs empty": ((), (("T 45 3 1 6 9 0", "T 45 1.2 1 6 5 0"), ("H 20 45", "H 8 40"))),
    "tank beside a tank": (("[TANKS]", "S 45 2 0 6 7 0", "[PIPES]", "P9 T S 50 200 110 0 Open"), ()),
    "check valve": (("[PIPES]", "P9 D B 300 100 100 0 CV", "P10 A D 200 100 100 0 CV"), ()),
    "emitters": (("[EMITTERS]", "C 0.4", "D 0.2", "[OPTIONS]", "Emitter Exponent 0.6"), ()),
    "emitters above the water": (("[EMITTERS]", "D 0.2"), (("D 8 2", "D 90 0"),)),
    "emitters without backflow": (
        ("[EMITTERS]", "D 0.2", "[OPTIONS]", "Backflow Allowed No"),
        (("D 8 2", "D 90 0"),),
    ),
    "categories of demand": (("[DEMANDS]", "C 4 night", "C 2 day", "C -1", "[OPTIONS]", "Demand Multiplier 1.3"), ()),
    "source that pumps in": ((), (("D 8 2 day", "D 8 -2 day"),)),
    "reservoir that rises and falls": (("[PATTERNS]", "tide 1 1.3 0.7"), (("R 20", "R 20 tide"),)),
    "pattern that starts later": (("[TIMES]", "Pattern Start 5:00", "Start ClockTime 5 am"), ()),
    "short reports": (("[TIMES]", "Report Timestep 0:25", "Hydraulic Timestep 0:40"), ()),
    "control by level": (
        ("[CONTROLS]", "LINK U CLOSED IF NODE T ABOVE 4", "LINK U OPEN IF NODE T BELOW 2.5"),
        (("T 45 3 1 6 9 0", "T 45 3 1 6 5 0"),),
    ),
    "control of speed by level": (
        ("[CONTROLS]", "LINK U 0.8 IF NODE T ABOVE 3.5", "LINK U 1.1 IF NODE T BELOW 2.5"),
        (("T 45 3 1 6 9 0", "T 45 3 1 6 5 0"),),
    ),
    "control by pressure": (
        ("[CONTROLS]", "LINK P2 CLOSED IF NODE C ABOVE 37", "LINK P2 OPEN IF NODE C BELOW 34"),
        (),
    ),
    "control by time": (
        ("[CONTROLS]", "LINK P2 CLOSED AT TIME 3.3", "LINK P2 OPEN AT TIME 9:10", "LINK U 0.9 AT TIME 5"),
        (),
    ),
    "control by the clock": (
        (
            *("[TIMES]", "Start ClockTime 8 pm", "Duration 50"),
            *("[CONTROLS]", "LINK P2 CLOSED AT CLOCKTIME 6:15 AM", "LINK P2 OPEN AT CLOCKTIME 9 PM"),
        ),
        (),
    ),
    "pump that cannot deliver": ((), (("T 45 3 1 6 9 0", "T 90 3 1 6 9 0"),)),
    "steady state": ((), (("Duration 24", "Duration 0"),)),
    "file's own pressure-driven demand": (
        ("[OPTIONS]", "Demand Model PDA", "Minimum Pressure 3", "Required Pressure 60", "Pressure Exponent 0.7"),
        (),
    ),
    "heavier, thicker liquid": (
        ("[OPTIONS]", "Specific Gravity 1.2", "Viscosity 3", "[EMITTERS]", "D 0.2"),
        (("H-W", "D-W"), (" 100 ", " 0.5 "), (" 120 ", " 0.1 "), (" 110 ", " 0.2 "), ("LPS", "LPM")),
    ),
}


@pytest.mark.parametrize("pressure_driven", [False, True], ids=["demand-driven", "pressure-driven"])
@pytest.mark.parametrize("feature", FEATURES)
def test_a_day_with_it_is_epanets(tmp_path, feature, pressure_driven):
    path = tmp_path / "town.inp"
    path.write_text(_text(*FEATURES[feature]))
    theirs = epanet_run(path, accuracy=1e-6, pressure_driven=pressure_driven)
    model = {"demand_model": "PDA", "minimum_m": 0.0, "required_m": REQUIRED_M, "exponent": EXPONENT}
    ours = WaterNetwork.from_inp(path).simulate(accuracy=1e-6, trials=TRIALS, **(model if pressure_driven else {}))
    assert theirs.balanced
    assert ours.balanced.all()
    assert ours.head.index.tolist() == theirs.time_s.tolist()
    head = ours.head.to_numpy()
    assert np.array_equal(np.isnan(head), ~theirs.supplied)
    assert np.abs(head - theirs.head_m)[theirs.supplied].max() < 0.001
    for table, other in ((ours.flow, theirs.flow_m3s), (ours.demand, theirs.demand_m3s)):
        assert np.abs(table.to_numpy() - other).max() < 2e-6


def _text(sections, replaced):
    text = TOWN
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    return text.replace("[END]", "\n".join((*sections, "[END]")))
