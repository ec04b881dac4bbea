"""Files that appear whole or not at all, however many processes write them and whenever they are stopped.

``land`` is for files that several workers may make at once: the first one wins, and the others check that they made
the same bytes. ``replace`` is for files with one writer. Not for folders (``folder``).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: What unfinished files end in.
PARTIAL: Final = ".partial"


def land(path: Path, write: Callable[[Path], None]) -> bool:
    """Have ``write`` make the file beside ``path`` and move it there; True if this call did it, False if it was there.

    An AssertionError names a file that was there with other bytes: then a replication was not deterministic.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        write(beside)
        _sync(beside)
        is_first = _publish(beside, path)
        same = is_first or beside.read_bytes() == path.read_bytes()
    finally:
        beside.unlink(missing_ok=True)
    assert same, f"{path} was made twice with different bytes"
    return is_first


def replace(path: Path, content: bytes) -> None:
    """Put a file with this content at ``path``; a reader sees the old one or the new one, whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL}")
    try:
        beside.write_bytes(content)
        _sync(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what stopped processes left unfinished in a folder."""
    for path in folder.glob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)


def _publish(beside: Path, path: Path) -> bool:
    """Give the finished file its name; False if another one has it."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links: renaming is whole too, but a tie goes unnoticed
        if path.exists():
            return False
        beside.replace(path)
    return True


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
