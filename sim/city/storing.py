"""Networks on disk as folders of plain arrays, read back memory-mapped, so that processes share one copy.

A folder holds ``tree.json``, which describes the objects, and one ``.npy`` for each array. Nothing in it is ever
executed: only classes that the caller lists are made again.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

TREE = "tree.json"


def save(folder: Path, value: Any) -> None:
    """Write a tree of frozen dataclasses, arrays, tuples and plain values as a folder, all of it or nothing.

    A folder that is there already stays as it is: whoever is second among several processes lets go of its own.
    Raises OSError where the disk refuses.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        arrays: list[np.ndarray[Any, Any]] = []
        tree = _described(value, arrays)
        for i, array in enumerate(arrays):
            np.save(beside / f"{i}.npy", array, allow_pickle=False)
        (beside / TREE).write_text(json.dumps(tree, ensure_ascii=False), encoding="utf-8")
        # What a crash leaves must not look whole; and mkdtemp keeps others out, who may share the place.
        for path in beside.iterdir():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        beside.chmod(0o777 & ~umask)
        try:
            os.rename(beside, folder)  # noqa: PTH104 - Path.rename says nothing of atomicity
        except OSError:
            if not (folder / TREE).is_file():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load(folder: Path, classes: Iterable[type]) -> Any:
    """What ``save`` wrote, its arrays memory-mapped and read-only.

    classes : the dataclasses and enums that may be in it. Raises OSError or ValueError where the folder is damaged.
    """
    known = {_name(one): one for one in classes}
    tree = json.loads((folder / TREE).read_text(encoding="utf-8"))
    try:
        return _made(tree, folder, known)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{folder / TREE} does not describe what was expected") from error


def _described(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if is_dataclass(value):
        parts = {one.name: _described(getattr(value, one.name), arrays) for one in fields(value)}
        return {"class": _name(type(value)), "fields": parts}
    if isinstance(value, Enum):
        return {"enum": _name(type(value)), "value": value.value}
    if isinstance(value, tuple):
        return [_described(one, arrays) for one in value]
    assert value is None or isinstance(value, (str, bool, int, float)), f"{type(value).__name__} cannot be stored"
    return value


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _made(tree: Any, folder: Path, known: dict[str, type]) -> Any:
    if isinstance(tree, list):
        return tuple(_made(one, folder, known) for one in tree)
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return _mapped(folder / f"{int(tree['array'])}.npy")
    if "enum" in tree:
        return known[tree["enum"]](tree["value"])
    return known[tree["class"]](**{name: _made(one, folder, known) for name, one in tree["fields"].items()})


def _mapped(path: Path) -> np.ndarray[Any, Any]:
    # As a plain array over the map: subclasses of ndarray behave differently here and there.
    array: np.ndarray[Any, Any] = np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)
    return array
