"""``cityops export``: the layers of a scenario's city as files of other programs, and a map."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.cli import options
from sim.errors import CityOpsError, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.city.city import City
    from sim.scenario.schema import Scenario


@click.command(short_help="The city's layers as files, and a map.")
@options.SCENARIO
@options.SET
@click.option("-o", "--out", metavar="DIR", type=click.Path(path_type=Path), help="Where the files go.")
@options.FIGURES
@options.common
def export(
    scenario: Path,
    *,
    assignments: tuple[str, ...],
    out: Path | None,
    no_figures: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Write the layers of a scenario's city as files of other programs, and draw maps of it.

    The streets (GraphML, GeoJSON), the ground (ESRI grid), the mains (EPANET), the drains (SWMM), tables of blocks,
    assets and pipes, and which element lies at which street; of a city that is no made town, the mains. The files go to
    results/cities/NAME, or to DIR, which must be new.
    """
    from sim.city.city import build_city

    asked = options.loaded(scenario, assignments, None)
    folder = out or Path("results") / "cities" / asked.name
    if folder.exists():
        raise CityOpsError(Mistake(what="is there already", file=str(folder), accepted="a new folder: `-o DIR`"))
    city = build_city(asked)
    # Written beside its place and renamed: a folder that is there is whole.
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        whole = Path(beside) / folder.name
        names = [path.name for path in _written(asked, city, whole, with_figures=not no_figures)]
        whole.rename(folder)
    files = [str(folder / name) for name in names]
    if as_json:
        options.print_json({"scenario": asked.name, "folder": str(folder), "files": files})
    elif not quiet:
        click.echo("\n".join(files))
    return 0


def _written(scenario: Scenario, city: City, folder: Path, *, with_figures: bool) -> Iterator[Path]:
    folder.mkdir()
    if city.layers is None:
        yield city.water.to_inp(folder / "water.inp")
        return
    from sim.city.writers.towns import write_town

    yield from write_town(city.layers, folder)
    if with_figures:
        from sim.report import style
        from sim.report.town_map import draw_town
        from sim.report.town_pipes import draw_underground

        for name, draw in (("town.png", draw_town), ("underground.png", draw_underground)):
            with style.look():
                style.save(draw(city.layers, scenario.name), folder / name)
            yield folder / name
