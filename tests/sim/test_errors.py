"""Mistakes in one line each, that survive the way between processes."""

from __future__ import annotations

import pickle

import pytest

from sim.errors import CityOpsError, MissingExtra, Mistake, PolicyError, nearest

FULL = Mistake(
    what="is no depot", file="x.yaml", line=3, column=5, field="crews.0.depot", found="'nde 1'", accepted="a node",
    nearest="node 1",
)  # fmt: skip


def test_a_mistake_says_where_what_was_found_what_is_accepted_and_what_was_meant() -> None:
    told = "x.yaml:3:5: crews.0.depot: is no depot, found 'nde 1'; accepted: a node; did you mean 'node 1'?"
    assert str(FULL) == told


@pytest.mark.parametrize(
    "mistake, told",
    [
        (Mistake(what="is wrong"), "is wrong"),
        (Mistake(what="is wrong", file="x.yaml"), "x.yaml: is wrong"),
        (Mistake(what="is wrong", file="x.yaml", line=2), "x.yaml:2: is wrong"),
        (Mistake(what="is wrong", field="seed", found="-1"), "seed: is wrong, found -1"),
    ],
)
def test_what_is_not_known_about_a_mistake_is_left_out(mistake: Mistake, told: str) -> None:
    assert str(mistake) == told


def test_an_error_tells_each_of_its_mistakes_in_a_line() -> None:
    assert str(CityOpsError([FULL, Mistake(what="is wrong")])).splitlines() == [str(FULL), "is wrong"]
    assert (
        CityOpsError("is wrong").mistakes
        == CityOpsError(Mistake(what="is wrong")).mistakes
        == (Mistake(what="is wrong"),)
    )


@pytest.mark.parametrize("kind, code", [(CityOpsError, 2), (MissingExtra, 2), (PolicyError, 1)])
def test_an_error_survives_the_way_between_processes(kind: type[CityOpsError], code: int) -> None:
    back = pickle.loads(pickle.dumps(kind([FULL])))
    assert (type(back), back.mistakes, back.exit_code, str(back)) == (kind, (FULL,), code, str(FULL))


@pytest.mark.parametrize(
    "name, near",
    [("nearst", "nearest"), ("NEAREST", "nearest"), ("dispach", "dispatch"), ("quite else", None), ("", None)],
)
def test_the_nearest_name_is_near_whatever_its_case(name: str, near: str | None) -> None:
    assert nearest(name, ["dispatch", "nearest", "order"]) == near


def test_of_names_that_differ_in_case_alone_the_first_is_nearest() -> None:
    assert nearest("n1", ["N1", "n1"]) == "N1"
