from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pytest

from sim.city import storing


class Colour(IntEnum):
    RED = 1


@dataclass(frozen=True)
class Leaf:
    values: np.ndarray
    colour: Colour


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    names: tuple[str, ...]
    size: float
    nothing: None
    corner: tuple[float, float]


CLASSES = (Colour, Leaf, Tree)


def a_tree() -> Tree:
    leaves = (Leaf(np.arange(6.0).reshape(2, 3), Colour.RED), Leaf(np.zeros(0, dtype=np.int8), Colour.RED))
    return Tree(leaves, ("Ost", "Süd", "北"), float("inf"), None, (0.1, -1e-300))


def test_what_is_saved_comes_back_with_types_shapes_and_bits(tmp_path):
    storing.save(tmp_path / "x", a_tree())
    tree = storing.load(tmp_path / "x", CLASSES)
    assert (tree.names, tree.size, tree.nothing, tree.corner) == (
        ("Ost", "Süd", "北"),
        float("inf"),
        None,
        (0.1, -1e-300),
    )
    for got, want in zip(tree.leaves, a_tree().leaves, strict=True):
        assert got.values.dtype == want.values.dtype
        assert np.array_equal(got.values, want.values)
        assert type(got.colour) is Colour
    with pytest.raises(ValueError, match="read-only"):
        tree.leaves[0].values[0, 0] = 1.0


def test_an_existing_folder_is_left_alone_and_nothing_stays_beside_it(tmp_path):
    storing.save(tmp_path / "x", a_tree())
    before = (tmp_path / "x" / "tree.json").stat().st_mtime_ns
    storing.save(tmp_path / "x", Tree((), (), 1.0, None, (0.0, 0.0)))
    assert (tmp_path / "x" / "tree.json").stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_class_that_was_not_asked_for_is_never_made(tmp_path):
    storing.save(tmp_path / "x", a_tree())
    with pytest.raises(ValueError, match="does not describe"):
        storing.load(tmp_path / "x", (Colour, Leaf))


def test_objects_in_arrays_are_neither_written_nor_read(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        storing.save(tmp_path / "x", Leaf(np.array([object()]), Colour.RED))
    assert list(tmp_path.iterdir()) == []
    storing.save(tmp_path / "y", Leaf(np.zeros(1), Colour.RED))
    np.save(tmp_path / "y" / "0.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        storing.load(tmp_path / "y", CLASSES)


def test_a_damaged_folder_is_an_error(tmp_path):
    storing.save(tmp_path / "x", a_tree())
    tree = json.loads((tmp_path / "x" / "tree.json").read_text())
    del tree["fields"]["size"]
    (tmp_path / "x" / "tree.json").write_text(json.dumps(tree))
    with pytest.raises(ValueError, match="does not describe"):
        storing.load(tmp_path / "x", CLASSES)
