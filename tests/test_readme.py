"""The README runs: its scenario is valid, its commands print what it shows, its Python does what it says."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    """The fenced blocks of one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[tuple[str, str]]:
    """Each command of a console block with the output shown below it; ``...`` stands for any text."""
    parts = re.split(r"^\$ (.+)\n", block, flags=re.MULTILINE)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def saved_as(name: str) -> str:
    """The block that follows where the README tells to save it under a name."""
    block = re.search(rf"[Ss]ave it as `{re.escape(name)}`.*?^```\w+\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert block is not None
    return block[1]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the reader's own, with the files that the README tells to save."""
    for name in ("my-town.yaml", "rules.py"):
        (tmp_path / name).write_text(saved_as(name), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str, folder: Path) -> str:
    """What a command prints; ``cityops`` is this checkout's."""
    words = command.split()
    assert words[0] == "cityops", f"the README shows the output of {words[0]!r}, which this test cannot run"
    code = "import sys; sys.argv[0] = 'cityops'; from sim.cli import main; sys.exit(main())"
    place = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}
    call = [sys.executable, "-c", code, *words[1:]]
    done = subprocess.run(call, cwd=folder, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_python_of_the_readme_runs(number: int, place: Path) -> None:
    exec(compile(blocks("python")[number], f"README.md, Python block {number + 1}", "exec"), {})


def test_the_rule_of_the_readme_runs_on_the_same_bursts(place: Path) -> None:
    rule = {"policies.pooled.order": {"python": "rules.py:soonest"}}
    own = sim.run(sim.load("my-town.yaml", overrides=rule), policy="pooled", replication=0).frame()
    shipped = sim.run(sim.load("my-town.yaml"), policy="pooled", replication=0).frame()
    occurred = [log.loc[log["kind"] == "OCCURRED", ["time_s", "place"]].to_numpy().tolist() for log in (own, shipped)]
    assert occurred[0] == occurred[1]
    assert (own["kind"] == "DISPATCHED").any()


@pytest.mark.parametrize("command, shown", [pair for block in blocks("console") for pair in commands(block)])
def test_a_command_of_the_readme_prints_what_it_shows(command: str, shown: str, place: Path) -> None:
    printed = run(command, place)
    assert doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS), printed


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link.partition("#")[0]).exists()] == []


def test_what_the_readme_asks_for_is_a_make_target() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\bmake ([a-z]+)", "\n".join(re.findall(r"`[^`\n]+`|^make .*$", README, re.MULTILINE))))
    assert asked
    assert asked <= targets


def test_the_tests_that_the_readme_names_exist() -> None:
    named = re.findall(r"python -m pytest (\S+?)`", README)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
