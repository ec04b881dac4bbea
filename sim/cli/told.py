"""What is said on stderr: mistakes with the line they stand in, interruptions, failures, progress."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from sim.errors import Mistake

Progress = Callable[[int, int, str], None]

_WIDTH = 110


def mistakes(found: Sequence[Mistake], *, color: bool | None = None) -> None:
    """Each mistake, with its line and a mark below it where the file can be read."""
    for mistake in found:
        click.echo(str(mistake), err=True)
        for line in _excerpt(mistake):
            click.secho(line, err=True, dim=True, color=color)
    if len(found) > 1:
        click.echo(f"{len(found)} mistakes", err=True)


def _excerpt(mistake: Mistake) -> list[str]:
    if mistake.file is None or mistake.line is None or mistake.column is None:
        return []
    try:
        text = Path(mistake.file).read_bytes().decode("utf-8-sig", errors="replace")
    except OSError:
        return []
    lines = text.splitlines()
    if not mistake.line <= len(lines):
        return []
    line, column = lines[mistake.line - 1].replace("\t", " "), mistake.column
    if column > _WIDTH - 20:  # the mark stays in view
        line, column = "..." + line[column - 40 :], 43
    number = f"{mistake.line:>5} | "
    return [number + line[:_WIDTH].rstrip(), " " * (len(number) + column - 1) + "^"]


def interrupted(how_to_go_on: str, arguments: Sequence[str]) -> None:
    """That the user stopped it, what is kept, and the command that goes on."""
    click.echo(how_to_go_on or "interrupted", err=True)
    if how_to_go_on and "nothing is kept" not in how_to_go_on:
        click.echo(f"  cityops {shlex.join(arguments)}", err=True)


def failed(error: Exception, *, color: bool | None = None) -> None:
    """That something went wrong which is not the user's doing."""
    text = f"{type(error).__name__}: {error}"
    click.secho(f"cityops failed: {text}", err=True, fg="red", color=color)
    click.echo("This is a fault of cityops, not of your input. With -v it shows where it happened.", err=True)


def is_verbose(arguments: Sequence[str]) -> bool:
    """Whether ``-v`` is among the arguments; asked where they may not have been parsed."""
    return any(
        argument == "--verbose" or (argument[:1] == "-" and argument[1:2] != "-" and "v" in argument)
        for argument in arguments
    )


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """A callable that shows how far it is: a bar with the time left on a terminal, else a line for every 10 %."""
    if quiet:
        yield lambda done, expected, note: None
    elif sys.stderr.isatty():
        with _bar() as show:
            yield _to_the_end(show)
    else:
        yield _to_the_end(_Lines())


def _to_the_end(show: Progress) -> Progress:
    """``show`` with what the last look at the results, which has a note, expected in all, not with a batch's end."""
    in_all = 0

    def shown(done: int, expected: int, note: str) -> None:
        nonlocal in_all
        in_all = expected if note else max(in_all, expected)
        show(done, in_all, note)

    return shown


class _Lines:
    """Progress where nobody watches: one line for each tenth, with the time that the rest will take."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._expected = 0
        self._tenth = 0

    def __call__(self, done: int, expected: int, note: str) -> None:
        tenth = 10 * done // expected if expected else 0
        is_new = self._expected not in (
            0,
            expected,
        )  # what is expected grows where the first replications do not tell enough
        if tenth == self._tenth or (is_new and not note):
            self._expected, self._tenth = expected, tenth
            return
        self._expected, self._tenth = expected, tenth
        left = (time.monotonic() - self._began) * (expected - done) / done
        about = f", about {_duration(left)} left" if done < expected else ""
        click.echo(f"{done} of {expected} replications{about}" + (f" ({note})" if note else ""), err=True)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")

        def show(done: int, expected: int, note: str) -> None:
            bar.update(task, completed=done, total=expected, description=note or "replications")

        yield show
