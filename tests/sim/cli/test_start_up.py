"""The command answers at once: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

HEAVY = [
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "pydantic",
    "matplotlib",
    "networkx",
    "simpy",
    "rich",
    "ruamel",
    "click.testing",
]
CHECK = f"; import sys; print(sorted(name for name in {HEAVY} if name in sys.modules))"
QUIET = "import sys, io; kept, sys.stdout = sys.stdout, io.StringIO(); from sim.cli import main"


@pytest.mark.parametrize(
    "code",
    [
        "import sim",
        "import sim; dir(sim)",
        f"{QUIET}; main(['--help']); sys.stdout = kept",
        f"{QUIET}; main(['compare', '--help']); sys.stdout = kept",
        f"{QUIET}; main(['--version']); sys.stdout = kept",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code + CHECK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def _seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return time.perf_counter() - began


def test_help_takes_no_more_than_eight_times_as_long_as_python_itself() -> None:
    """A ratio in one process run after the other, so that a busy machine slows both; the best of several."""
    tries = [(_seconds("pass"), _seconds("from sim.cli import main; main(['--help'])")) for _ in range(5)]
    assert min(ours for _, ours in tries) <= 8 * min(bare for bare, _ in tries) + 0.05
