"""A network that is written and read again is the same network."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.city.register import register_of
from sim.city.synthetic.mains import lay_mains
from sim.city.water import WaterNetwork
from sim.city.writers.epanet import _before
from sim.errors import CityOpsError
from sim.scenario.town import Town
from tests.sim.city.synthetic.hand_made import hand_made

RELATIVE = 1e-12

# Everything that a network may have, in US units: each number goes through another factor than the file written.
RICH = """[TITLE]
rich
[JUNCTIONS]
A 10.1
B 20.2
C 7.3
[RESERVOIRS]
R 5 tide
[TANKS]
T 60 5 1 20 30 0
[RESERVOIRS]
S 7
[TANKS]
U 50 5 1 20 30 0 shape YES
[PIPES]
P1 A B 1000.7 12 110 0.5 Open
P2 B C 500 8 100 0 CV
P3 C A 700 6 90 0 Closed
P5 B T 100 10 120 0 Open
[PUMPS]
G1 R A HEAD three
[PIPES]
P6 C U 120 10 120 1.25 Open
[PUMPS]
G2 S C POWER 12.5 SPEED 0.9 PATTERN day
G3 R C HEAD one
G4 R B HEAD many
[STATUS]
G3 Closed
[DEMANDS]
A 101.5 day
A 33.1
B 20.7 tide
C 11.9
[EMITTERS]
C 0.7
[PATTERNS]
1 1.5 0.5
day 0.5 2.25
tide 1.01 0.97 1.003
day 1.1
[CURVES]
one 500 60
three 0 100
three 400 90.1
three 900 33.3
many 0 120
many 300 110
many 500 90
many 800 40
shape 0 0
shape 10 900
shape 20 3300
[CONTROLS]
LINK G1 0.8 IF NODE T ABOVE 18.5
LINK G1 OPEN IF NODE A BELOW 40.5
LINK P3 OPEN AT TIME 1:00:01
LINK G3 OPEN AT CLOCKTIME 6:30 PM
LINK P3 CLOSED AT TIME 7200 SEC
LINK G3 CLOSED IF NODE U ABOVE 19
[OPTIONS]
Units GPM
Headloss H-W
Viscosity 1.1
Specific Gravity 0.98
Accuracy 0.0005
Trials 77
Unbalanced Continue 12
CHECKFREQ 3
MAXCHECK 9
DAMPLIMIT 0.01
HEADERROR 0.001
FLOWCHANGE 0.02
Demand Multiplier 1.1
Emitter Exponent 0.6
BACKFLOW ALLOWED NO
DEMAND MODEL PDA
MINIMUM PRESSURE 1
REQUIRED PRESSURE 25
PRESSURE EXPONENT 0.55
[TIMES]
Duration 30:00
Hydraulic Timestep 0:30
Pattern Timestep 2:00
Pattern Start 1:00
Report Timestep 1:30
Report Start 0:10
Start ClockTime 5 AM
[COORDINATES]
A 0.1 0.2
B 100.7 40
[END]
"""


@pytest.fixture
def rich(tmp_path):
    path = tmp_path / "rich.inp"
    path.write_text(RICH)
    return WaterNetwork.from_inp(path)


@pytest.fixture(scope="module")
def made():
    streets, lots, people = hand_made(6, 7)
    return *lay_mains(Town.of("hamlet", seed=5), streets, lots, people), streets


def again(network, tmp_path, **how):
    return WaterNetwork.from_inp(network.to_inp(tmp_path / f"{network.name}.inp", **how))


def assert_same(one, other, where=""):
    """Every field, floats to a relative 1e-12."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        if one.dtype.kind == "f":
            np.testing.assert_allclose(other, one, rtol=RELATIVE, atol=0, equal_nan=True, err_msg=where)
        else:
            assert np.array_equal(one, other), where
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for k, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{k}]")
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=RELATIVE, abs=0, nan_ok=True), where
    else:
        assert one == other, where


def test_everything_a_network_may_have_comes_back(rich, tmp_path):
    assert_same(rich, again(rich, tmp_path))


def test_what_is_written_twice_is_the_same_text(rich, tmp_path):
    first = rich.to_inp(tmp_path / "rich.inp").read_bytes()
    assert rich.to_inp(tmp_path / "rich.inp").read_bytes() == first


def test_a_rewritten_network_gives_the_same_heads(rich, tmp_path):
    ours, theirs = (network.simulate(accuracy=1e-8) for network in (rich, again(rich, tmp_path)))
    np.testing.assert_allclose(theirs.head.to_numpy(), ours.head.to_numpy(), rtol=1e-7)


@pytest.mark.parametrize("name", ["Net1", "Net2", "Net3", "ky4"])
def test_the_networks_of_wntr_come_back(name, tmp_path):
    network = WaterNetwork.from_inp(f"wntr:{name}")
    assert_same(network, again(network, tmp_path))


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["Balerma.inp", "fossolo.inp", "modena.inp", "ky16.inp.gz", "ky17.inp.gz"])
def test_real_networks_come_back(name, data, tmp_path):
    network = WaterNetwork.from_inp(data / "water" / name)
    assert_same(network, again(network, tmp_path))


def test_what_no_conversion_touches_comes_back_to_the_last_bit(rich, tmp_path):
    network = again(rich, tmp_path)
    for name in ("roughness", "xy", "speed"):
        assert np.array_equal(getattr(network, name), getattr(rich, name), equal_nan=True)


@settings(max_examples=200)
@given(value=st.floats(1e-9, 1e9), factor=st.sampled_from([0.3048, 28.317, 304.8]))
def test_numbers_are_found_that_a_conversion_turns_into_what_is_wanted(value, factor):
    def read(text):
        return (text / factor) * factor

    found = _before(np.array([value]), read)
    assert read(found) == pytest.approx(value, rel=3e-16, abs=0)
    reachable = read(np.array([value]))  # what one conversion gave, another can give
    assert read(_before(reachable, read)) == reachable


def test_a_made_town_comes_back_with_its_tags_and_bends(made, tmp_path):
    network, register, streets = made
    bend = streets.xy[streets.tail] * 0.5 + streets.xy[streets.head] * 0.5 + [1.0, 2.0]
    bent = replace(streets, bend_first=np.arange(streets.n_streets + 1, dtype=np.int32), bend_xy=bend)
    assert_same(network, again(network, tmp_path, register=register, streets=bent))
    text = (tmp_path / "town.inp").read_text()
    pipe = int(np.flatnonzero(register.valve_at_tail & register.valve_at_head)[0])
    street = register.street[pipe]
    year, name = register.laid_year[pipe], network.link_names[pipe]
    assert f"|{year}|street={street}|valves=tail+head\n" in text.split(f"LINK {name} ")[1]
    x, y = bend[street].tolist()
    assert f"{name} {x!r} {y!r}\n" in text.split("[VERTICES]")[1]


def test_bends_run_from_the_tail_of_the_pipe(made, tmp_path):
    network, register, streets = made
    pipe = 0
    street = int(register.street[pipe])
    count = np.zeros(streets.n_streets + 1, dtype=np.int32)
    count[street + 1 :] = 2
    bent = replace(streets, bend_first=count, bend_xy=np.array([[1.0, 1.0], [2.0, 2.0]]))
    backward = replace(network, tail=network.head, head=network.tail)
    for which, expected in ((network, ["1.0 1.0", "2.0 2.0"]), (backward, ["2.0 2.0", "1.0 1.0"])):
        text = which.to_inp(tmp_path / "bent.inp", register_of(which, streets), streets=bent).read_text()
        lines = [line for line in text.split("[VERTICES]\n")[1].splitlines() if line.startswith("P")]
        assert [line.split(" ", 1)[1] for line in lines] == expected


def test_pressures_less_than_a_tenth_of_a_metre_apart_are_written_in_kilopascals(rich, tmp_path):
    narrow = replace(rich, options=replace(rich.options, minimum_pressure_m=0.0, required_pressure_m=0.0703))
    network = again(narrow, tmp_path)
    assert network.options.required_pressure_m == pytest.approx(0.0703, rel=RELATIVE)
    assert_same(narrow, network)


def test_a_pattern_called_none_does_not_become_the_pattern_of_all(rich, tmp_path):
    renamed = replace(rich, pattern_names=("none", *rich.pattern_names[1:]))
    assert_same(renamed, again(renamed, tmp_path))


def test_what_is_not_kept_is_refused_by_name(tmp_path):
    path = tmp_path / "valves.inp"
    valves = "[VALVES]\n" + "".join(f"V{i} A B 100 TCV 1\n" for i in range(4)) + "[END]"
    path.write_text(RICH.replace("[END]", valves))
    network = WaterNetwork.from_inp(path)
    with pytest.raises(CityOpsError, match=r"cannot be written: of valve 'V0' \(TCV\), .*, \.\.\. not all is known"):
        network.to_inp(tmp_path / "no.inp")
    assert not (tmp_path / "no.inp").exists()


@pytest.mark.parametrize("name", ["two words", "", "semi;colon", "x" * 32, 'quo"te'])
def test_names_that_epanet_cannot_read_are_refused(made, tmp_path, name):
    network = replace(made[0], link_names=(name, *made[0].link_names[1:]))
    with pytest.raises(CityOpsError, match="is no id for EPANET"):
        network.to_inp(tmp_path / "no.inp")


def test_a_file_that_cannot_be_written_is_told(made, tmp_path):
    with pytest.raises(CityOpsError, match=r"cannot write .*nowhere/town.inp: No such file"):
        made[0].to_inp(tmp_path / "nowhere" / "town.inp")
