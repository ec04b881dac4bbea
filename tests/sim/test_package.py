"""``import sim`` lends names from all over the package, each loaded on first use."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import sim

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", sim._HOMES)
def test_each_name_is_the_one_of_its_home(name: str) -> None:
    assert getattr(sim, name) is getattr(importlib.import_module(sim._HOMES[name]), name)
    assert name in dir(sim)


def test_what_type_checkers_see_is_what_is_lent() -> None:
    text = (ROOT / "sim" / "__init__.py").read_text()
    seen = {name: home for home, name in re.findall(r"from (sim\.[\w.]+) import (\w+) as \2", text)}
    assert seen == sim._HOMES


def test_other_names_are_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'sim' has no attribute 'simulate'"):
        _ = sim.simulate  # type: ignore[attr-defined]
