"""``cityops new``: a scenario to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from sim.cli import options
from sim.errors import CityOpsError, Mistake


@click.command(short_help="A scenario of your own to begin with.")
@click.argument("name", required=False, default="my-city")
@click.option(
    "--template",
    type=click.Choice(["network", "town"]),
    default="network",
    show_default=True,
    help="A small water network from a file and a rule in Python, or a whole town made from a seed.",
)
@options.common
def new(name: str, *, template: str, as_json: bool, quiet: bool) -> int:
    """Make a folder NAME with a scenario that runs, and all that it needs; nothing is overwritten."""
    from sim.cli.templates import TEMPLATES
    from sim.scenario.editors import json_schema_text

    folder = Path(name)
    contents = {**TEMPLATES[template], "schema.json": json_schema_text()}
    _make(folder, contents)
    files = [str(folder / file) for file in contents]
    if as_json:
        options.print_json({"folder": str(folder), "files": files})
    elif not quiet:
        click.echo(f"Made {', '.join(files)}. Now:\n")
        click.echo(f"  cityops validate {folder}\n  cityops compare {folder}")
    return 0


def _make(folder: Path, contents: dict[str, str]) -> None:
    there = [file for file in contents if (folder / file).exists()]
    if folder.exists() and (not folder.is_dir() or there):
        what = f"has a {there[0]} already" if there else "is a file already"
        raise CityOpsError(Mistake(what=what, file=str(folder), accepted="a name at which nothing stands"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in contents.items():
            (folder / file).write_text(content, encoding="utf-8")
    except OSError as error:
        raise CityOpsError(Mistake(what=f"cannot be made ({error.strerror})", file=str(folder))) from error
