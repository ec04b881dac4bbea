"""Executes a notebook whose source is a Python file, and puts pictures of a run where the README shows them.

    python -m sim.report.notebook results/runs/demo results/main-bursts.py

executes ``results/main-bursts.py`` (jupytext's percent format) into ``results/main-bursts.ipynb`` and copies the run's
pictures to ``results/main-bursts-*.png``. Needs the extra ``notebooks``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import sim
from sim.errors import CityOpsError, Mistake
from sim.report.figures import draw_all

#: What is committed is kept small.
LARGEST_KB: Final = 300
_EXTRA: Final = "executing notebooks needs jupytext, nbclient and ipykernel: pip install 'cityops[notebooks]'"


def execute(source: str | Path, *, timeout_s: float = 300.0) -> Path:
    """Execute a notebook in the folder in which it stands, and give the path of the result, beside it.

    The result holds no times of execution and no random ids. A CityOpsError where a cell raises, where the result is
    larger than ``LARGEST_KB`` or names a folder of this machine, and where the extra is missing; then nothing is
    written.
    """
    source = Path(source)
    try:
        import jupytext
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError
    except ImportError as error:
        raise CityOpsError(_EXTRA) from error
    notebook = jupytext.read(source)
    folder = {"metadata": {"path": str(source.resolve().parent)}}
    client = NotebookClient(notebook, kernel_name="python3", timeout=timeout_s, record_timing=False, resources=folder)
    try:
        client.execute(env=_environment())
    except CellExecutionError as error:
        raise CityOpsError(Mistake(what=f"a cell raises {error.ename}: {error.evalue}", file=str(source))) from error
    _make_plain(notebook)
    text = str(nbformat.writes(notebook)) + "\n"  # type: ignore[no-untyped-call]
    _check(text, source)
    target = source.with_suffix(".ipynb")
    target.write_text(text, encoding="utf-8")
    return target


def copy_pictures(folder: str | Path, beside: str | Path) -> list[Path]:
    """Draw a finished run's pictures and copy them to ``NAME-service.png`` and so on, beside a file of that name.

    A CityOpsError if there is no finished run in the folder.
    """
    beside, drawn = Path(beside).with_suffix(""), draw_all(folder)
    targets = [beside.with_name(f"{beside.name}-{path.name}") for path in drawn]
    for path, target in zip(drawn, targets, strict=True):
        target.write_bytes(path.read_bytes())
    return targets


def _environment() -> dict[str, str]:
    """The kernel finds the cityops that executes it, wherever that stands."""
    home = str(Path(sim.__file__).parents[1])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _make_plain(notebook: Any) -> None:
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        cell.metadata = {}
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


def _check(text: str, source: Path) -> None:
    kilobytes = len(text.encode()) / 1000.0
    if kilobytes > LARGEST_KB:
        what = f"the executed notebook has {kilobytes:.0f} kB"
        raise CityOpsError(Mistake(what=what, file=str(source), accepted=f"at most {LARGEST_KB} kB"))
    for place in {str(source.resolve().parent), str(Path.home()), str(Path(sim.__file__).parents[1])} - {"/"}:
        if place in text:
            raise CityOpsError(Mistake(what="the executed notebook names a folder of this machine", found=place))


def main(arguments: Sequence[str]) -> int:
    """Execute a notebook and copy the pictures of the run that it reads; the exit code."""
    if len(arguments) != 2:
        print("usage: python -m sim.report.notebook RUN_FOLDER NOTEBOOK.py", file=sys.stderr)
        return 2
    folder, source = arguments
    try:
        for path in (*copy_pictures(folder, source), execute(source)):
            print(path)
    except CityOpsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
