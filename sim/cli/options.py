"""Options that several commands share, and the scenario that they make."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import isfinite, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

F = TypeVar("F", bound=Callable[..., Any])

SCENARIO = click.argument("scenario", metavar="SCENARIO", type=click.Path(path_type=Path))
SET = click.option(
    "--set", "assignments", metavar="KEY=VALUE", multiple=True, help="Replace a value, as in compare.baseline=siloed."
)
SEED = click.option("--seed", type=click.IntRange(min=0, max=2**64 - 1), help="Short for --set seed=...")
OUT = click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where the results go.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else, on stdout.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
VERBOSE = click.option(
    "-v", "--verbose", is_flag=True, expose_value=False, help="Show where a failure of the program happened."
)
FIGURES = click.option("--no-figures", is_flag=True, help="Draw no pictures.")


def common(command: F) -> F:
    """The options of every command."""
    return JSON(QUIET(VERBOSE(command)))


def loaded(path: Path, assignments: tuple[str, ...], seed: int | None) -> Scenario:
    """The scenario with what the command line says on top; CityOpsError with all its mistakes."""
    from sim.scenario.loading import load
    from sim.scenario.overrides import assignments as read

    overrides = read(assignments)
    return load(path, overrides if seed is None else {**overrides, "seed": seed})


def print_json(value: Any) -> None:
    """One JSON document on stdout; numbers that JSON does not have are null."""
    click.echo(json.dumps(_finite(value), indent=1, ensure_ascii=False, allow_nan=False))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value


def print_table(columns: list[str], rows: list[list[str]], *, numbers: tuple[int, ...] = ()) -> None:
    """A table on stdout; the columns ``numbers`` are set to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_escaped, row))
    console = Console()
    (console if console.is_terminal else Console(width=140)).print(table)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def number(value: float) -> str:
    """A figure with four digits, whole from there on; a dash where there is none."""
    if isnan(value):
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
