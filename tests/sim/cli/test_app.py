"""Whatever happens in a command becomes words on stderr and an exit code."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

import sim
from sim.cli import app, told
from sim.cli.app import COMMANDS
from sim.errors import CityOpsError, Mistake, PolicyError

Call = Callable[..., Any]

GONE = Mistake(what="b", file="gone.yaml", line=1, column=1)
NOTHING = "interrupted: nothing is kept"


def test_help_lists_every_command_with_what_it_does(call: Call) -> None:
    said = call("--help")
    assert (said.code, said.err) == (0, "")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]", said.out, re.MULTILINE), name


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_and_its_options(name: str, call: Call) -> None:
    said = call(name, "-h")
    assert said.code == 0
    for option in ("--json", "--quiet", "--verbose"):
        assert option in said.out


def test_the_version_is_that_of_the_package(call: Call) -> None:
    assert call("--version").out == f"cityops {sim.__version__}\n"


@pytest.mark.parametrize(
    "arguments, told_in_words",
    [
        (["compar"], "No such command 'compar'. Did you mean 'compare'?"),
        (["quite-else"], "No such command 'quite-else'"),
        (["run"], "Missing argument 'SCENARIO'"),
        (["run", "x.yaml", "--sed", "1"], "No such option"),
        (["run", "x.yaml", "--seed", "-1"], "Invalid value for '--seed'"),
        (["run", "x.yaml", "-r", "first"], "Invalid value for '-r'"),
        (["compare", "x.yaml", "-j", "0"], "Invalid value for '-j'"),
        (["validate"], "Missing argument 'SCENARIO...'"),
    ],
)
def test_a_wrong_call_is_the_users_mistake(arguments: list[str], told_in_words: str, call: Call) -> None:
    said = call(*arguments)
    assert (said.code, said.out) == (2, "")
    assert told_in_words in said.err
    assert "Traceback" not in said.err


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Have ``cityops schema`` raise."""

    def fail_with(error: BaseException) -> None:
        @click.command()
        @click.option("-v", "--verbose", is_flag=True)
        def command(verbose: bool) -> None:
            raise error

        monkeypatch.setattr("sim.cli.checking.schema", command)

    return fail_with


@pytest.mark.parametrize(
    "error, code, err",
    [
        (CityOpsError("a is wrong"), 2, "a is wrong\n"),
        (PolicyError("rules.py:3: the policy failed"), 1, "rules.py:3: the policy failed\n"),
        (CityOpsError([Mistake(what="a"), GONE]), 2, "a\ngone.yaml:1:1: b\n2 mistakes\n"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    error: CityOpsError, code: int, err: str, failing: Callable[..., None], call: Call
) -> None:
    failing(error)
    said = call("schema")
    assert (said.code, said.out, said.err) == (code, "", err)


def test_a_fault_of_the_program_is_one_line_and_its_place_only_if_asked_for(
    failing: Callable[..., None], call: Call
) -> None:
    failing(ZeroDivisionError("division by zero"))
    said = call("schema")
    assert said.code == 1
    assert said.err.splitlines()[0] == "cityops failed: ZeroDivisionError: division by zero"
    assert "Traceback" not in said.err
    assert "Traceback" in call("schema", "-v").err


def test_an_interruption_says_what_is_kept_and_how_to_go_on(failing: Callable[..., None], call: Call) -> None:
    failing(KeyboardInterrupt("interrupted: 3 replications are kept in out; the same command goes on from there"))
    said = call("schema")
    assert said.code == 130
    assert said.err.strip().splitlines() == [
        "interrupted: 3 replications are kept in out; the same command goes on from there",
        "  cityops schema",
    ]


@pytest.mark.parametrize("text, last", [("", "interrupted"), (NOTHING, NOTHING)])
def test_an_interruption_that_keeps_nothing_offers_nothing(
    text: str, last: str, failing: Callable[..., None], call: Call
) -> None:
    failing(KeyboardInterrupt(text))
    said = call("schema")
    assert (said.code, said.err.strip()) == (130, last)


def test_the_command_that_goes_on_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    told.interrupted("3 are kept", ["compare", "my town", "--set", "a.b=c d"])
    line = capsys.readouterr().err.splitlines()[-1]
    assert shlex.split(line) == ["cityops", "compare", "my town", "--set", "a.b=c d"]


@pytest.mark.parametrize(
    "arguments, is_asked", [(["-v"], True), (["-qv"], True), (["--verbose"], True), (["--version", "-q"], False)]
)
def test_a_traceback_is_asked_for_by_v(arguments: list[str], is_asked: bool) -> None:
    assert told.is_verbose(arguments) == is_asked


def test_the_arguments_of_the_process_are_used_where_none_are_given(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cityops", "--version"])
    assert app.run_command(None) == 0
    assert capsys.readouterr().out.startswith("cityops ")


def test_a_mistake_shows_its_line_with_a_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\n\tb: 2\n" + "x" * 150 + ": here\n")
    told.mistakes([Mistake(what="w", file=str(path), line=2, column=2)])
    assert capsys.readouterr().err.splitlines()[1:] == ["    2 |  b: 2", "         ^"]
    told.mistakes([Mistake(what="w", file=str(path), line=3, column=153)])
    line, mark = capsys.readouterr().err.splitlines()[1:]
    assert line[mark.index("^") :] == "here"
    told.mistakes([Mistake(what="w", file=str(path), line=9, column=1)])
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_colours_are_left_out_where_they_are_not_wanted(
    monkeypatch: pytest.MonkeyPatch, failing: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "click.utils.should_strip_ansi", lambda stream=None, color=None: not color and color is not None
    )
    failing(ValueError("odd"))
    app.run_command(["schema"])
    assert "\x1b[" in capsys.readouterr().err
    monkeypatch.setenv("NO_COLOR", "1")
    app.run_command(["schema"])
    assert "\x1b[" not in capsys.readouterr().err
