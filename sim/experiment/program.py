"""Which program on which host made a result: what a manifest says about both, and what a resumed run must share."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

import sim

_LIBRARIES: Final = ("numpy", "owa-epanet", "pandas", "pyarrow", "pydantic", "ruamel.yaml", "scipy", "simpy")
#: Folders of ``sim`` that only show results, so that editing them never changes one.
_ONLY_SHOW: Final = frozenset({"report", "cli"})


def program() -> dict[str, str]:
    """The version of cityops and the digest of its sources and compiled kernels."""
    return {"cityops": sim.__version__, "build": build_digest()}


def libraries() -> dict[str, str]:
    """The versions of Python and of the libraries that results depend on."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _LIBRARIES}


def host() -> dict[str, Any]:
    """What kind of machine this is."""
    return {"system": platform.platform(), "machine": platform.machine(), "cores": os.cpu_count()}


@cache
def build_digest() -> str:
    """The SHA-256 of every source that may change a result, and of the kernels as they are compiled here."""
    return _digest(_parts())


def _digest(parts: Iterable[tuple[Path, Path]]) -> str:
    sha = hashlib.sha256()
    for root, path in parts:
        sha.update(f"{path.relative_to(root).as_posix()}:".encode() + hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()


def _parts() -> list[tuple[Path, Path]]:
    root = Path(sim.__file__).parent
    sources = [path for path in root.rglob("*.py") if path.relative_to(root).parts[0] not in _ONLY_SHOW]
    spec = importlib.util.find_spec("cext")
    homes = [Path(home) for home in (spec.submodule_search_locations or ())] if spec else []
    kernels = [(home, path) for home in homes for pattern in ("*.so", "*.pyd") for path in home.glob(pattern)]
    return sorted([(root, path) for path in sources] + kernels)
