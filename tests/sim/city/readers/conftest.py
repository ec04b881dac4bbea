"""Small EPANET files to read."""

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = """[JUNCTIONS]
A 10 1.5
B 20 2.5
[RESERVOIRS]
R 50
[TANKS]
T 30 2 1 5 10 0
[PIPES]
P1 R A 1000 300 100 0.5 Open
P2 A B 500 200 120 0 Open
P3 B T 800 250 110 0 Closed
[OPTIONS]
Units LPS
Headloss H-W
[TIMES]
Duration 24
[END]
"""


@pytest.fixture
def write_inp(tmp_path: Path) -> Callable[..., Path]:
    """Writes the small file, with words replaced and sections added in front of its end, and gives its path."""

    def write(*more: str, replace: tuple[tuple[str, str], ...] = (), name: str = "small.inp") -> Path:
        text = SMALL
        for old, new in replace:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text.replace("[END]", "\n".join((*more, "[END]"))), encoding="utf-8")
        return path

    return write
