"""``cityops validate``, ``list`` and ``schema``: what may be written, and whether it is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sim.cli import options, told
from sim.errors import CityOpsError

if TYPE_CHECKING:
    from sim.city.city import City
    from sim.scenario.schema import Scenario


@click.command(short_help="All mistakes of a scenario, with their lines.")
@click.argument("scenarios", metavar="SCENARIO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--resolved", is_flag=True, help="Show each value and where it comes from.")
@options.SET
@options.SEED
@options.common
def validate(
    scenarios: tuple[Path, ...],
    *,
    resolved: bool,
    assignments: tuple[str, ...],
    seed: int | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Read scenarios with all that they name, and tell every mistake at once. Nothing is run."""
    reports = [_report(path, assignments, seed, resolved=resolved) for path in scenarios]
    if as_json:
        options.print_json([{key: value for key, value in report.items() if key != "error"} for report in reports])
    else:
        for report in reports:
            _print_report(report, quiet=quiet)
    return max(int(report["exit code"]) for report in reports)


def _report(path: Path, assignments: tuple[str, ...], seed: int | None, *, resolved: bool) -> dict[str, Any]:
    from sim.scenario.resolved import origins

    report: dict[str, Any] = {"scenario": str(path), "exit code": 0, "mistakes": []}
    try:
        scenario = options.loaded(path, assignments, seed)
        report["holds"] = _looked_into(scenario)
        if resolved:
            report["values"] = [{"key": o.key, "value": o.value, "from": o.where} for o in origins(scenario)]
    except CityOpsError as error:
        report["exit code"], report["error"] = error.exit_code, error
        report["mistakes"] = [_as_json(error, place) for place in range(len(error.mistakes))]
    return report


def _looked_into(scenario: Scenario) -> str:
    """What a scenario holds, once its network and its policies are read; CityOpsError for what is wrong with them."""
    from sim.city.city import build_city
    from sim.experiment.folder import check_slugs
    from sim.policies.loading import load_policy

    check_slugs(scenario.policies)
    city = build_city(scenario)
    for name in scenario.policies:
        load_policy(scenario, name)
    return (
        f"{len(scenario.policies)} policies ({', '.join(scenario.policies)}), {_town(city)}"
        f"{city.n_nodes} nodes and {city.n_links} links of water, {city.people.sum():,.0f} people"
    )


def _town(city: City) -> str:
    if city.layers is None:
        return ""
    streets, drains = city.layers.streets, city.layers.drainage
    return f"{streets.n_streets} streets, {len(city.posts)} crews, {drains.n_links} links of drains, "


def _as_json(error: CityOpsError, place: int) -> dict[str, Any]:
    mistake = error.mistakes[place]
    return {name: getattr(mistake, name) for name in mistake.__slots__ if getattr(mistake, name) is not None}


def _print_report(report: dict[str, Any], *, quiet: bool) -> None:
    if "error" in report:
        told.mistakes(report["error"].mistakes)
        return
    for value in report.get("values", ()):
        click.echo(f"{value['key']}: {value['value']}   # {value['from']}")
    if not quiet:
        click.echo(f"{report['scenario']} is right: {report['holds']}")


@click.command("list", short_help="Scenarios, rules, indicators and units.")
@options.common
def list_names(*, as_json: bool, quiet: bool) -> int:
    """The scenarios that come with cityops, and the names and units that a scenario may use."""
    found = {"scenarios": _shipped(), "rules": _rules(), "indicators": _indicators(), "units": _units()}
    if as_json:
        options.print_json(found)
        return 0
    for title, rows in found.items():
        click.echo(title.capitalize())
        if rows:
            options.print_table(list(rows[0]), [list(row.values()) for row in rows])
        else:
            click.echo("  none here: `cityops new` makes one\n")
    return 0


def _shipped() -> list[dict[str, str]]:
    """The scenarios of the checkout; an installed cityops brings none."""
    import sim
    from sim.scenario.loading import load

    folder = Path(sim.__file__).parents[1] / "scenarios"
    return [{"scenario": _from_here(path), "question": load(path).question} for path in sorted(folder.glob("*.yaml"))]


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _rules() -> list[dict[str, str]]:
    from sim.scenario.catalog import RULES

    return [
        {"lever": lever, "rule": name, "what it does": rule.does}
        for lever in RULES
        for name, rule in RULES[lever].items()
    ]


def _indicators() -> list[dict[str, str]]:
    from sim.scenario.catalog import INDICATORS

    return [{"indicator": name, "unit": one.unit, "better": one.better} for name, one in INDICATORS.items()]


def _units() -> list[dict[str, str]]:
    from sim.units import DIMENSIONS

    return [
        {"quantity": name, "units": ", ".join(one.shown), "example": one.example} for name, one in DIMENSIONS.items()
    ]


@click.command(short_help="The JSON Schema for editors.")
@options.common
def schema(*, as_json: bool, quiet: bool) -> int:
    """Print the JSON Schema of a scenario, with which editors complete and check the YAML.

    An editor with yaml-language-server uses it where the first line of a scenario is
    `# yaml-language-server: $schema=schema.json`.
    """
    from sim.scenario.editors import json_schema_text

    click.echo(json_schema_text(), nl=False)
    return 0
