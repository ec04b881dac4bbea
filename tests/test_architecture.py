"""The order of import: a file imports only from its own folder or from a lower stage.

Imports are read from the source, inside functions and under TYPE_CHECKING too, and so are the names of modules that are
imported by string. Nothing is imported here but the tables of ``sim/__init__.py``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]

STAGES = {
    "cext": 0,
    "sim.errors": 1,
    "sim.units": 1,
    "sim.draws": 1,
    "sim.scenario": 2,
    "sim.city": 3,
    "sim.physics": 4,
    "sim.hazards": 4,
    "sim.sensing": 4,
    "sim.policies": 4,
    "sim.record": 5,
    "sim.world": 6,
    "sim.placement": 7,
    "sim.experiment": 7,
    "sim.report": 8,
    "sim.cli": 9,
}
GROUND = {"sim.errors", "sim.units", "sim.draws"}  # files of one folder, sim/ itself
WITHIN_A_STAGE = {("sim.experiment", "sim.placement")}
MAY_IMPORT_CEXT = {"sim.physics", "sim.city", "sim.placement", "sim.record", "sim.draws"}
MAY_IMPORT_SIMPY = {"sim.world"}
# What reaches the log may come from no clock and no generator but sim.draws.
CLOCKLESS = {part for part, stage in STAGES.items() if stage <= 6} - {"cext"}
# It parses dates that a file holds, and asks no clock.
MAY_PARSE_DATES = {"sim.hazards.gauges"}
UNREPEATABLE = {"random", "time", "datetime", "secrets", "uuid", "numpy.random"}
UNSAFE_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml"}
# The pool sends its workers, processes of the same run, what they are to do; nothing is ever unpickled from a file.
MAY_PICKLE = {"sim.experiment.runner"}
UNSAFE_CALLS = {"eval", "exec"}
UNSAFE_KEYWORDS = {"allow_pickle=True", "typ='unsafe'"}
UNSAFE_ATTRIBUTES = {"read_pickle", "to_pickle", "unsafe_load", "full_load"}


def part_of(module: str) -> str | None:
    """The folder or ground file that a module of ours belongs to; None for ``sim`` itself and for others' modules."""
    names = module.split(".")
    if names[0] == "cext":
        return "cext"
    return ".".join(names[:2]) if names[0] == "sim" and len(names) > 1 else None


def module_of(path: Path, root: Path) -> str:
    """The dotted name of a file below ``root``."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of_python(text: str, path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, wherever it stands; names from ``sim`` are followed to their home."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            yield from ((node.lineno, imported(base, alias.name)) for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sim":
            yield node.lineno, imported("sim", node.attr)
        elif isinstance(node, ast.Call) and called(node) in {"import_module", "__import__"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def imported(base: str, name: str) -> str:
    """What ``from base import name`` reaches: of ``sim`` a folder, a lent name's home, or its own facts."""
    if base == "sim":
        return "sim" if name.startswith("__") else sim._HOMES.get(name, f"sim.{name}")
    return f"{base}.{name}"


def called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def imports_of_cython(text: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import and cimport of a ``.pyx`` or ``.pxd``."""
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r"\s*from\s+([\w.]+)\s+c?import\s", line):
            yield number, match[1]
        elif match := re.match(r"\s*c?import\s+([\w. ,]+)", line):
            yield from ((number, name.split(" as ")[0].strip()) for name in match[1].split(","))


def is_below(name: str, module: str) -> bool:
    return name == module or name.startswith(module + ".")


def import_complaints(module: str, own: str, name: str) -> Iterator[str]:
    """What is wrong with ``name`` being imported by ``module``, a file of ``own``."""
    other = part_of(name)
    if other == "cext" and own != "cext" and own not in MAY_IMPORT_CEXT:
        yield f"{own} may not import cext"
    elif other is not None and other != own and not allowed(own, other):
        yield f"{own} (stage {STAGES[own]}) imports {other} (stage {STAGES.get(other, 'unknown')})"
    if is_below(name, "simpy") and own not in MAY_IMPORT_SIMPY:
        yield f"{own} may not import simpy"
    if any(is_below(name, unsafe) for unsafe in UNSAFE_MODULES) and (name != "pickle" or module not in MAY_PICKLE):
        yield f"imports {name}, which runs what it reads"
    parses = module in MAY_PARSE_DATES and is_below(name, "datetime")
    if own in CLOCKLESS and not parses and any(is_below(name, luck) for luck in UNREPEATABLE):
        yield f"{own} imports {name}, so that a seed would not fix what happens"


def allowed(own: str, other: str) -> bool:
    if other not in STAGES:
        return False
    return STAGES[other] < STAGES[own] or {own, other} <= GROUND or (own, other) in WITHIN_A_STAGE


def call_complaints(text: str) -> Iterator[tuple[int, str]]:
    """Calls that run what they are given, and generators that no key fixes."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in UNSAFE_CALLS:
            yield node.lineno, f"calls {node.func.id}"
        elif isinstance(node, ast.Attribute) and node.attr in UNSAFE_ATTRIBUTES:
            yield node.lineno, f"uses {node.attr}"
        elif isinstance(node, ast.keyword) and ast.unparse(node) in UNSAFE_KEYWORDS:
            yield node.value.lineno, f"passes {ast.unparse(node)}"


def random_complaints(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "random" and ast.unparse(node.value) in {"np", "numpy"}:
            yield node.lineno, "draws from numpy's generators instead of sim.draws"


def complaints(root: Path) -> list[str]:
    """Everything below ``root`` that breaks the order, as ``file:line: what``."""
    found = []
    for path in sorted([*(root / "sim").rglob("*.py"), *(root / "cext").glob("*.p*")]):
        if path.suffix not in {".py", ".pyi", ".pyx", ".pxd"} or path == root / "sim" / "__init__.py":
            continue
        text = path.read_text(encoding="utf-8")
        shown = path.relative_to(root).as_posix()
        module = module_of(path, root)
        own = part_of(module)
        if own not in STAGES:
            found.append(f"{shown}:1: {own} has no stage")
            continue
        is_python = path.suffix in {".py", ".pyi"}
        imports = imports_of_python(text, path, root) if is_python else imports_of_cython(text)
        found += [f"{shown}:{line}: {what}" for line, name in imports for what in import_complaints(module, own, name)]
        if is_python:
            found += [f"{shown}:{line}: {what}" for line, what in call_complaints(text)]
        if is_python and own in CLOCKLESS:
            found += [f"{shown}:{line}: {what}" for line, what in random_complaints(text)]
    return found


def test_every_file_imports_only_from_its_own_folder_or_a_lower_stage() -> None:
    assert complaints(ROOT) == []


def test_the_reader_sees_the_imports_of_the_project() -> None:
    """A reader that found nothing would never complain either."""
    draws = ROOT / "sim" / "draws.py"
    assert any(is_below(name, "cext") for _, name in imports_of_python(draws.read_text(), draws, ROOT))
    roads = imports_of_cython((ROOT / "cext" / "roads.pyx").read_text())
    assert {"cext.heap", "numpy"} <= {name for _, name in roads}


def test_no_kernel_needs_numpy_to_be_built() -> None:
    for path in (ROOT / "cext").glob("*.p[yx][xd]"):
        assert not re.search(r"^\s*(cimport\s+numpy|from\s+numpy\s+cimport)", path.read_text(), re.MULTILINE), path


PLANTED = {
    "an upward import": ("sim/city/x.py", "from sim.physics.hydraulics import Hydraulics", "stage 4"),
    "a plain upward import": ("sim/city/x.py", "import sim.world.world", "stage 6"),
    "a sibling of one stage": ("sim/hazards/x.py", "from sim.physics import hydraulics", "stage 4"),
    "a hidden import": ("sim/record/x.py", "def f():\n    from sim.world import world\n", "x.py:2: sim.record"),
    "an import for types only": (
        "sim/policies/x.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sim.world import world\n",
        "x.py:3: sim.policies",
    ),
    "a relative import": ("sim/city/readers/x.py", "from ...world import world", "stage 6"),
    "a relative import of a folder": ("sim/city/x.py", "from .. import world", "stage 6"),
    "a folder from sim": ("sim/world/x.py", "from sim import report", "stage 8"),
    "a name that sim lends": ("sim/world/x.py", "from sim import compare", "sim.experiment (stage 7)"),
    "a name reached through sim": ("sim/world/x.py", "import sim\nsim.compare()\n", "x.py:2: sim.world (stage 6)"),
    "an import by string": (
        "sim/city/x.py",
        "import importlib\nimportlib.import_module('sim.world.world')\n",
        "x.py:2: sim.city",
    ),
    "placement that needs experiment": ("sim/placement/x.py", "from sim.experiment import runner", "stage 7"),
    "a kernel used from above": ("sim/world/x.py", "from cext import roads", "may not import cext"),
    "a kernel that knows cities": ("cext/x.pyx", "import numpy as np\nfrom sim.city import water\n", "x.pyx:2: cext"),
    "a declaration that knows cities": ("cext/x.pxd", "from sim.draws cimport Draws\n", "x.pxd:1: cext"),
    "a stub that knows cities": ("cext/x.pyi", "from sim.city.water import WaterNetwork\n", "x.pyi:1: cext"),
    "a clock of SimPy elsewhere": ("sim/physics/x.py", "import simpy.events", "may not import simpy"),
    "a pickle": ("sim/record/x.py", "from pickle import loads", "runs what it reads"),
    "a pickled frame": ("sim/experiment/x.py", "def f(frame):\n    frame.to_pickle('x')\n", "uses to_pickle"),
    "a pickled array": ("sim/record/x.py", "f('x', allow_pickle=True)", "allow_pickle=True"),
    "text that runs": ("sim/scenario/x.py", "eval('1 + 1')", "calls eval"),
    "YAML that runs": ("sim/scenario/x.py", "YAML(typ='unsafe')", "typ='unsafe'"),
    "a wall clock": ("sim/world/x.py", "from time import time", "a seed would not fix"),
    "a generator of luck": ("sim/hazards/x.py", "import numpy as np\nnp.random.default_rng(1)\n", "sim.draws"),
    "a folder without a stage": ("sim/helpers/x.py", "", "has no stage"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(name: str, tmp_path: Path) -> None:
    place, text, expected = PLANTED[name]
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    found = complaints(tmp_path)
    assert len(found) == 1, found
    assert expected in found[0]


KEPT = {
    "its own folder": ("sim/city/x.py", "from sim.city.roads import RoadNetwork\nfrom .water import WaterNetwork\n"),
    "lower stages": ("sim/physics/x.py", "from sim.city import water\nfrom sim.errors import CityOpsError\n"),
    "experiment that places": ("sim/experiment/x.py", "from sim.placement import solve"),
    "a kernel by its user": ("sim/draws.py", "from cext.draws import uniform"),
    "a kernel by a kernel": ("cext/x.pyx", "from cext.heap cimport Heap\nimport numpy as np\n"),
    "ground files": ("sim/units.py", "from sim.errors import CityOpsError"),
    "the version": ("sim/record/x.py", "import sim\nfrom sim import __version__\nprint(sim.__version__)\n"),
    "a pickle between processes": ("sim/experiment/runner.py", "import pickle"),
    "the engine in its place": ("sim/world/x.py", "import simpy"),
    "a clock that only a manifest sees": ("sim/experiment/x.py", "import time"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_the_order_allows_is_not_complained_of(name: str, tmp_path: Path) -> None:
    place, text = KEPT[name]
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert complaints(tmp_path) == []
