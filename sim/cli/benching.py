"""``cityops bench``: speed against named rivals, in the checkout that holds the benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from sim.cli import options
from sim.errors import CityOpsError, Mistake

_COLUMNS = ["work", "cityops (s)", "rival", "rival (s)", "ratio", "note"]


@click.command(short_help="Speed against named rivals.")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option(
    "-o", "--out", "out", metavar="FILE", type=click.Path(path_type=Path), help="Write the table as Markdown."
)
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    envvar="CITYOPS_DATA",
    help="Real networks.",
)
@options.common
def bench(names: tuple[str, ...], *, out: Path | None, data: Path | None, as_json: bool, quiet: bool) -> int:
    """Run the benchmarks of the checkout, or those of the given names.

    A ratio is how many times faster cityops is than the rival, at the same work in the same process.
    """
    rows = [row for module in _modules(names) for row in _rows(module, data, quiet=quiet)]
    if as_json:
        options.print_json(rows)
    else:
        options.print_table(_COLUMNS, [_cells(row) for row in rows], numbers=(1, 3, 4))
    if out is not None:
        out.write_text(_markdown(rows), encoding="utf-8")
    return 0


def _modules(names: tuple[str, ...]) -> list[ModuleType]:
    import sim

    root = Path(sim.__file__).parents[1]
    found = {path.stem.removeprefix("bench_"): path for path in sorted((root / "tests/benchmarks").glob("bench_*.py"))}
    if not found:
        raise CityOpsError(
            Mistake(what="there are no benchmarks here", accepted="a checkout of cityops, with its tests")
        )
    unknown = [name for name in names if name not in found]
    if unknown:
        raise CityOpsError(Mistake(what="is no benchmark", found=repr(unknown[0]), accepted=", ".join(found)))
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))  # they share what stands beside them
    return [_module(found[name]) for name in names or found]


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # as records expect of the module that they are defined in
    spec.loader.exec_module(module)
    return module


def _rows(module: ModuleType, data: Path | None, *, quiet: bool) -> list[dict[str, Any]]:
    if not quiet:
        click.echo(f"{module.__name__.removeprefix('bench_')} ...", err=True)
    return [
        {
            "what": row.what,
            "ours_s": row.ours_s,
            "rival": row.rival,
            "rival_s": row.rival_s,
            "ratio": row.ratio,
            "note": row.note,
        }
        for row in module.run(data)
    ]


def _cells(row: dict[str, Any]) -> list[str]:
    times = [f"{row[key]:.4g}" for key in ("ours_s", "rival_s", "ratio")]
    return [row["what"], times[0], row["rival"], times[1], times[2], row["note"]]


def _markdown(rows: list[dict[str, Any]]) -> str:
    lines = [_COLUMNS, ["---", "---:", "---", "---:", "---:", "---"], *map(_cells, rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
