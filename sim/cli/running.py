"""``cityops run`` and ``cityops compare``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options, told

if TYPE_CHECKING:
    import pandas as pd

    from sim.experiment.result import Comparison
    from sim.scenario.schema import Scenario


@click.command(short_help="One policy in one replication.")
@options.SCENARIO
@click.option("-p", "--policy", help="Which policy; without it the baseline.")
@click.option("-r", "--replication", type=click.IntRange(min=0), default=0, show_default=True, help="Which luck.")
@options.SET
@options.OUT
@options.SEED
@options.FIGURES
@options.common
def run(
    scenario: Path,
    *,
    policy: str | None,
    replication: int,
    assignments: tuple[str, ...],
    out: Path | None,
    seed: int | None,
    no_figures: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run one policy through one replication, and keep its log and its vital signs.

    The results go to results/runs/, or to DIR; the same run is not run twice.
    """
    from sim.experiment.comparison import default_folder, run_to_folder

    asked = options.loaded(scenario, assignments, seed)
    policy = policy if policy is not None else asked.compare.baseline
    _check_policies(asked, [policy])
    folder = out or default_folder(asked, policy=policy, replication=replication)
    result = run_to_folder(asked, policy, replication, folder)
    pictures = [] if no_figures else _pictures(result.folder)
    if as_json:
        facts = {"scenario": asked.name, "policy": policy, "replication": replication, "seed": asked.seed}
        vitals = result.vitals.to_dict("records")
        options.print_json(
            {
                **facts,
                "folder": str(result.folder),
                "figures": pictures,
                "was there": result.was_there,
                "vitals": vitals,
            }
        )
        return 0
    click.echo(f"{asked.name}, policy {policy}, replication {replication}, seed {asked.seed}")
    _print_vitals(result.vitals)
    _print_place(result.folder, was_there=result.was_there)
    return 0


@click.command(short_help="All policies, until the question is answered.")
@options.SCENARIO
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="Processes at work; without it one for each core.")
@options.SET
@options.OUT
@options.SEED
@options.FIGURES
@options.common
def compare(
    scenario: Path,
    *,
    jobs: int | None,
    assignments: tuple[str, ...],
    out: Path | None,
    seed: int | None,
    no_figures: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run all policies on the same luck, as many replications as the question needs, and say which is better.

    The results go to results/runs/, or to DIR. What was interrupted goes on with the same command; what is complete is
    reported again. The number of jobs changes nothing but the time.
    """
    from sim.experiment import comparison

    asked = options.loaded(scenario, assignments, seed)
    _check_policies(asked, list(asked.policies))
    folder = out or comparison.default_folder(asked)
    with told.progress(quiet=quiet) as progress:
        result = comparison.compare(asked, jobs=jobs or _cores(), folder=folder, progress=progress)
    place = result.folder or folder
    pictures = [] if no_figures or result.failed else _pictures(place)
    if as_json:
        options.print_json(
            {"scenario": asked.name, "seed": asked.seed, "folder": str(place), "figures": pictures}
            | {"was there": result.was_there}
            | result.to_json()
        )
    else:
        click.echo(f"{asked.question}\n")
        _print_comparison(result, asked.seed)
        _print_place(place, was_there=result.was_there)
    return result.exit_code


def _check_policies(scenario: Scenario, names: list[str]) -> None:
    """Read the policies before anything is solved; CityOpsError for a name or a file that is not right."""
    from sim.policies.loading import load_policy

    for name in names:
        load_policy(scenario, name)


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pictures(folder: Path) -> list[str]:
    """Draw the pictures of a complete run, unless they are there; their paths."""
    from sim.report.figures import FIGURES, draw_all

    there = sorted((folder / FIGURES).glob("*.png"))
    return [str(path) for path in there or draw_all(folder)]


def _print_vitals(vitals: pd.DataFrame) -> None:
    rows = [
        [str(name), options.number(float(value)), str(unit), str(better)]
        for name, value, unit, better in vitals[["indicator", "value", "unit", "better"]].itertuples(index=False)
    ]
    options.print_table(["indicator", "value", "unit", "better"], rows, numbers=(1,))


def _print_comparison(result: Comparison, seed: int) -> None:
    click.echo(result.verdict_text)
    columns = ["policy", f"mean ({result.unit})", "better by", "from", "to", "variance ratio", "verdict"]
    rows = [
        [str(policy), *map(options.number, figures), str(verdict)]
        for policy, *figures, verdict in result.table[
            ["policy", "mean", "difference", "low", "high", "variance_ratio", "verdict"]
        ].itertuples(index=False)
    ]
    options.print_table(columns, rows, numbers=(1, 2, 3, 4, 5))
    confidence = options.number(100.0 * result.asked.confidence)
    click.echo(
        f"{result.indicator}; paired differences to {result.baseline} with {confidence} % intervals; "
        f"{result.replications} replications; seed {seed}"
    )
    for warning in result.warnings:
        click.echo(f"Note: {warning}")


def _print_place(folder: Path, *, was_there: bool) -> None:
    click.echo(f"The results {'were there already, in' if was_there else 'are in'} {folder}")
