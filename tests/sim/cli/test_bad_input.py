"""Bad input: one clear error each, with its file and line, exit code 2, no traceback, and nothing left behind."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

PLANTED: dict[str, tuple[str, str, int, str]] = {
    "wrong key": ("duration:", "duraton:", 8, "did you mean 'duration'?"),
    "wrong unit": ("duration: 2 d", "duration: 2 km", 8, "the unit 'km', which does not measure a duration"),
    "missing file": ("network.inp", "netwrk.inp", 6, "did you mean 'network.inp'?"),
    "negative duration": ("duration: 2 d", "duration: -2 d", 8, "is negative"),
    "a tab": ("  water: {inp", "\twater: {inp", 6, "indent with spaces"),
    "depot that is no node": ("depot: node J1", "depot: node J11", 17, "the depot is not a node"),
    "sensor that is nowhere": ("at: [node J5]", "at: [node K5]", 13, "a sensor's place is not a node"),
    "burst on an unknown pipe": (
        "{count: exactly 5, between: [05:00, 09:00], leak: {area: 30 % of the pipe}}",
        "{listed: [{pipe: pipe P99, at: 06:00}]}",
        10,
        "the pipe that bursts is not a pipe",
    ),
    "unknown rule": ("siloed: {dispatch: own district}", "siloed: {dispatch: own town}", 20, "is not a known rule"),
    "unknown rule of one's own": ("rules.py:loudest", "rules.py:softest", 22, "does not define it"),
    "baseline that is no policy": ("baseline: siloed", "baseline: silo", 24, "did you mean 'siloed'?"),
    "unknown indicator": ("customer hours without", "costumer hours without", 25, "is not an indicator"),
}


@pytest.mark.parametrize("command", ["validate", "run", "compare"])
@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_mistake_is_told_with_its_line(case: str, command: str, town: Path, call: Call) -> None:
    old, new, line, words = PLANTED[case]
    path = town / "scenario.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    before = sorted(town.parent.rglob("*"))
    extra = ["-j", "1"] if command == "compare" else []
    policy = ["-p", "loudest"] if command == "run" else []
    said = call(command, town, *extra, *policy)
    assert (said.code, said.out) == (2, "")
    first = said.err.splitlines()[0]
    assert re.match(rf"town/scenario\.yaml:{line}:\d+: ", first), said.err
    assert words in first
    assert "Traceback" not in said.err
    assert sorted(town.parent.rglob("*")) == before, "a folder of a run is left behind"


def test_ten_planted_mistakes_name_ten_lines(town: Path, call: Call) -> None:
    path = town / "scenario.yaml"
    text = path.read_text()
    for old, new in [
        ("network.inp", "netwrk.inp"),
        ("start: 00:00", "start: 0"),
        ("duration: 2 d", "duration: -2 d"),
        ("exactly 5", "exactly some"),
        ("litres per day: 200", "litres per day: 200 l"),
        ("drop: 3 m", "drop: 3"),
        ("{depot: node J9}", "{depo: node J9}"),
        ("sigma: 0.5", "sgima: 0.5"),
        ("siloed: {dispatch: own district}", "siloed: {dispatch: own town}"),
        ("baseline: siloed", "baseline: silo"),
    ]:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    said = call("validate", town)
    lines = {int(match[1]) for match in re.finditer(r"^town/scenario\.yaml:(\d+):", said.err, re.MULTILINE)}
    assert said.code == 2
    assert len(lines) == 10
    assert said.err.splitlines()[-1] == "10 mistakes"


def test_a_scenario_that_is_not_utf_8_is_told(town: Path, call: Call) -> None:
    path = town / "scenario.yaml"
    path.write_bytes(path.read_text().replace("A question", "Une question r\xe9elle").encode("latin-1"))
    said = call("validate", town)
    assert said.code == 2
    assert said.err.startswith("town/scenario.yaml:2:")
    assert "UTF-8" in said.err


def test_a_broken_network_is_told_with_its_own_line(town: Path, call: Call) -> None:
    path = town / "network.inp"
    path.write_text(path.read_text().replace(" P12     J1    J2 ", " P12     J1    J99"))
    said = call("validate", town)
    assert said.code == 2
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if text.startswith(" P12 "))
    assert f"network.inp:{line}" in said.err


def test_a_file_of_rules_that_fails_is_told_with_its_line_and_exit_code_1(town: Path, call: Call) -> None:
    (town / "rules.py").write_text("x = 1\nraise ValueError('not today')\n")
    said = call("validate", town)
    assert said.code == 1
    assert re.search(r"rules\.py:2: .*not today", said.err)
    assert "Traceback" not in said.err


def test_mistakes_of_several_scenarios_are_told_together(town: Path, call: Call) -> None:
    said = call("validate", town, "none.yaml")
    assert said.code == 2
    assert said.out.startswith("town is right: 3 policies (siloed, pooled, loudest), 11 nodes and 14 links")
    assert said.err == "none.yaml: there is no such file\n"


def test_mistakes_are_json_if_asked_for(town: Path, call: Call) -> None:
    path = town / "scenario.yaml"
    path.write_text(path.read_text().replace("duration: 2 d", "duration: 2"))
    said = call("validate", town, "--json")
    (report,) = json.loads(said.out)
    assert (said.code, said.err, report["exit code"]) == (2, "", 2)
    assert report["mistakes"] == [
        {
            "what": "has no unit",
            "file": "town/scenario.yaml",
            "line": 8,
            "column": 11,
            "field": "duration",
            "found": "2",
            "accepted": "a duration in s, min, h, d such as '2 d 6 h'",
        }
    ]


def test_the_process_ends_with_the_code_and_says_nothing_else(town: Path, tmp_path: Path) -> None:
    path = town / "scenario.yaml"
    path.write_text(path.read_text().replace("\nduration", "\n\tduration"))
    code = "import sys; from sim.cli import main; sys.exit(main())"
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", "town"],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(root)},
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("town/scenario.yaml:8:1: has a tab: indent with spaces\n")


def test_policies_that_would_share_a_file_are_told(town: Path, call: Call) -> None:
    path = town / "scenario.yaml"
    path.write_text(path.read_text().replace("policies:", "policies:\n  Siloed: {}"))
    said = call("validate", town)
    assert said.code == 2
    assert "Siloed" in said.err and "siloed" in said.err


def test_without_wntr_its_networks_are_told_with_how_to_install_it(
    town: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = town / "scenario.yaml"
    path.write_text(path.read_text().replace("network.inp", "wntr:Net3"))
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *more: None if name == "wntr" else find_spec(name, *more)
    )
    said = call("validate", town)
    assert said.code == 2
    assert said.err.startswith("town/scenario.yaml:6:16: city.water.inp: ")
    assert 'pip install "cityops[examples]"' in said.err
