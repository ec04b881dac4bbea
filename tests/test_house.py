"""What is shipped: the archives hold what they promise, and a wheel works where the source is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[1]
BUILT = {".so", ".c", ".pyc"}
METADATA = tomllib.loads((ROOT / "pyproject.toml").read_text())


def build(kind: str, source: Path, into: Path) -> Path:
    """One archive, made by the build backend in a process of its own."""
    code = f"from setuptools import build_meta; print(build_meta.build_{kind}({str(into)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout, with the built kernels in it and without what tools leave behind."""
    left_out = shutil.ignore_patterns(".git", ".venv", "build", "runs", ".*_cache", ".hypothesis", "*.egg-info")
    return Path(shutil.copytree(ROOT, tmp_path_factory.mktemp("house") / "checkout", ignore=left_out))


@pytest.fixture(scope="module")
def source_archive(checkout: Path) -> Path:
    return build("sdist", checkout, checkout.parent)


@pytest.fixture(scope="module")
def wheel(source_archive: Path) -> Path:
    """The wheel made of the source archive alone, so that the archive is known to be complete."""
    folder = source_archive.parent
    with tarfile.open(source_archive) as archive:
        archive.extractall(folder, filter="data")
    return build("wheel", folder / source_archive.name.removesuffix(".tar.gz"), folder)


def files_of(checkout: Path, folder: str, *suffixes: str) -> set[str]:
    """The project's own files of a folder, as paths from the root."""
    return {path.relative_to(checkout).as_posix() for path in (checkout / folder).rglob("*") if path.suffix in suffixes}


@pytest.mark.slow
def test_the_source_archive_holds_the_sources_and_nothing_built(checkout: Path, source_archive: Path) -> None:
    with tarfile.open(source_archive) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    promised = (
        files_of(checkout, "sim", ".py")
        | files_of(checkout, "cext", ".pyx", ".pxd", ".pyi", ".h")
        | files_of(checkout, "tests", ".py")
    )
    promised |= files_of(checkout, "scenarios", ".yaml", ".py") | {
        "Makefile",
        "LICENSE",
        "README.md",
        "CITATION.cff",
        ".ci/run",
    }
    promised |= {"setup.py", "pyproject.toml", "sim/py.typed", "cext/py.typed", "tools/preflight.sh"}
    assert promised - names == set()
    assert {name for name in names if Path(name).suffix in BUILT or "__pycache__" in name} == set()


@pytest.mark.slow
def test_the_wheel_holds_types_declarations_and_one_binary_for_each_kernel(checkout: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    promised = (
        files_of(checkout, "sim", ".py")
        | files_of(checkout, "cext", ".pxd", ".pyi", ".h")
        | {"sim/py.typed", "cext/py.typed"}
    )
    assert promised - names == set()
    kernels = {path.stem for path in (checkout / "cext").glob("*.pyx")}
    assert {Path(name).name.partition(".")[0] for name in names if name.endswith(".so")} == kernels
    assert {name.partition("/")[0] for name in names} == {"sim", "cext", f"cityops-{sim.__version__}.dist-info"}
    assert {name for name in names if name.endswith(".c")} == set()


@pytest.mark.slow
def test_the_wheel_works_where_the_source_is_not(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import sim, cext.roads; roads = sim.RoadNetwork.from_arcs([0], [1], [60.0]);"
        "print(sim.__file__, roads.travel_time(0, 1))"
    )
    place = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(tmp_path / "site" / "sim" / "__init__.py"), "60.0"]


def test_every_kernel_that_python_uses_has_its_types_beside_it() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "sim").rglob("*.py"))
    used = set(re.findall(r"from cext\.(\w+) import", sources)) | set(re.findall(r"import cext\.(\w+)", sources))
    used |= {name for names in re.findall(r"from cext import ([\w, ]+)", sources) for name in names.split(", ")}
    assert used
    assert used - {path.stem for path in (ROOT / "cext").glob("*.pyi")} == set()


def test_one_version_stands_everywhere() -> None:
    citation = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert citation is not None
    assert {METADATA["project"]["version"], sim.__version__, citation[1]} == {sim.__version__}


def test_what_builds_kernels_stands_in_both_lists() -> None:
    """The environment for development builds without isolation, so it must bring the same tools."""
    assert set(METADATA["build-system"]["requires"]) <= set(METADATA["dependency-groups"]["dev"])


def preflight(*arguments: str, **place: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(ROOT / "tools" / "preflight.sh"), *arguments]
    return subprocess.run(command, env={**os.environ, **place}, capture_output=True, text=True, check=False)


def test_the_preflight_is_silent_where_kernels_can_be_built() -> None:
    done = preflight(sys.executable)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_preflight_names_what_is_missing_and_the_line_that_brings_it() -> None:
    done = preflight(sys.executable, CC="no-such-compiler")
    assert done.returncode == 1
    assert "no-such-compiler" in done.stderr
    assert done.stdout.splitlines() == [
        "apt-get install --no-install-recommends python3-venv python3-dev gcc libc6-dev make"
    ]


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


def test_the_preflight_notices_a_compiler_without_headers(script: Callable[[str, str], Path]) -> None:
    """A bare gcc is there and runs, but cannot link."""
    done = preflight(sys.executable, CC=str(script("gcc", "exit 1")))
    assert done.returncode == 1
    assert "the C library's headers" in done.stderr
    assert "Python.h" in done.stderr


def test_the_preflight_refuses_an_old_python_by_its_version(script: Callable[[str, str], Path]) -> None:
    done = preflight(str(script("python3.9", 'case $1 in -c) exit 1;; *) echo "Python 3.9.2";; esac')))
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_the_preflight_asks_for_the_packages_of_the_python_it_was_given() -> None:
    done = preflight("python3.99")
    assert done.returncode == 1
    assert "python3.99-venv python3.99-dev" in done.stdout
