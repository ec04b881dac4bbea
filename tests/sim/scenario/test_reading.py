"""YAML 1.2 to a tree that knows where everything stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.errors import CityOpsError, Mistake
from sim.scenario.parsing import WrittenFloat, WrittenInt
from sim.scenario.positions import Spot, Tree
from sim.scenario.reading import read_file, read_value


def read(text: str | bytes, folder: Path) -> tuple[Tree, list[Mistake]]:
    path = folder / "x.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    mistakes: list[Mistake] = []
    return read_file(path, "x.yaml", mistakes), mistakes


def place(mistake: Mistake) -> tuple[int | None, int | None]:
    return mistake.line, mistake.column


@pytest.mark.parametrize(
    "written, value",
    [
        ("12:30", "12:30"),
        ("05:00", "05:00"),
        ("24:00", "24:00"),
        ("no", "no"),
        ("on", "on"),
        ("2026-11-22", "2026-11-22"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("'10'", "10"),
        ('"true"', "true"),
        ("!!str 10", "10"),
        ("true", True),
        ("~", None),
        ("10", 10),
        ("-3", -3),
        ("010", 10),
        ("1e3", 1000.0),
        ("0.5", 0.5),
        ("[1, [a]]", (1, ("a",))),
        ("{}", {}),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says_and_dates_and_times_stay_text(
    written: str, value: Any, tmp_path: Path
) -> None:
    tree, mistakes = read(f"key: {written}", tmp_path)
    assert mistakes == []
    assert tree.plain() == {"key": value}
    assert type(tree.plain()["key"]) is type(value) or isinstance(tree.plain()["key"], WrittenInt | WrittenFloat)


def test_a_number_remembers_how_it_was_written(tmp_path: Path) -> None:
    plain = read("a: 010\nb: 1.50", tmp_path)[0].plain()
    assert (plain["a"].text, plain["b"].text) == ("010", "1.50")


def test_keys_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    assert list(read("1: a\nno: b\n2026-01-01: c", tmp_path)[0].plain()) == ["1", "no", "2026-01-01"]


def test_every_key_and_value_has_its_line_and_column(tmp_path: Path) -> None:
    tree, _ = read("# first\na:\n  - {b: 1, c: [x, y]}\nd:\n", tmp_path)
    places = {steps: (key.line, key.column, value.line, value.column) for steps, key, value in tree.walk()}
    assert places == {
        (): (2, 1, 2, 1),
        ("a",): (2, 1, 3, 3),
        ("a", 0): (3, 5, 3, 5),
        ("a", 0, "b"): (3, 6, 3, 9),
        ("a", 0, "c"): (3, 12, 3, 15),
        ("a", 0, "c", 0): (3, 16, 3, 16),
        ("a", 0, "c", 1): (3, 19, 3, 19),
        ("d",): (4, 1, 4, 1),
    }


def test_merged_keys_stand_where_they_were_written(tmp_path: Path) -> None:
    tree, mistakes = read("a: &base {x: 1, y: 2}\nb: &other {z: 3}\nc:\n  <<: [*base, *other]\n  y: 5\n", tmp_path)
    assert mistakes == []
    assert tree.plain()["c"] == {"x": 1, "y": 5, "z": 3}
    assert (tree.value["c"].keys["x"].line, tree.value["c"].keys["y"].line) == (1, 5)


SYNTAX = {
    "a tab": ("a:\n\tb: 1", (2, 1), "indent with spaces"),
    "a tab after spaces": ("a:\n  b: 1\n \tc: 1", (3, 2), "indent with spaces"),
    "two colons": ("a: b: c", (1, 5), "second colon"),
    "odd indentation": ("a: 1\n b: 2", (2, 3), "indented unlike its neighbours"),
    "an open bracket": ("a: [1\nb: 2", (2, 2), "closing bracket"),
    "an open brace": ("a: {b: 1\nc: 2\n", (2, 2), "closing bracket"),
    "an open quote": ("a: 'b\nc: d", (2, 5), "opening quote"),
    "a special sign": ("a: @b", (1, 4), "put the text in quotes"),
    "two documents": ("a: 1\n---\nb: 2", (2, 1), "second document"),
    "an unknown anchor": ("a: *b", (1, 4), "anchor that is not defined"),
    "a list below a mapping": ("a: 1\n- b", (2, 1), "check the indentation"),
    "a key without colon": ("a: 1\nb\n", (3, 1), "colon"),
    "a control character": ("a: \x01", (1, 4), "U+0001"),
    "an unknown version": ("%YAML 3.0\n---\na: 1", (1, 1), "is not YAML"),
}


@pytest.mark.parametrize("case", SYNTAX)
def test_wrong_syntax_is_one_mistake_in_plain_words_at_its_place(case: str, tmp_path: Path) -> None:
    text, where, words = SYNTAX[case]
    with pytest.raises(CityOpsError) as caught:
        read(text, tmp_path)
    (mistake,) = caught.value.mistakes
    assert words in mistake.what
    assert (mistake.file, place(mistake)) == ("x.yaml", where)


def test_text_that_is_not_utf_8_is_told_with_its_byte(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError) as caught:
        read("a: 1\nb: caf\xe9\n".encode("latin-1"), tmp_path)
    (mistake,) = caught.value.mistakes
    assert (place(mistake), mistake.found) == ((2, 7), "the byte 0xe9")
    assert "UTF-8" in mistake.what


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(b"\xef\xbb\xbfa: 1", tmp_path)[0].plain() == {"a": 1}


@pytest.mark.parametrize(
    "text, what",
    [("", "is empty"), ("# only words\n", "is empty"), ("- a", "is not a mapping"), ("a", "is not a mapping")],
)
def test_a_file_that_holds_no_mapping_is_told(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=what):
        read(text, tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match=r"x.yaml: cannot be read \(Is a directory\)"):
        read_file(tmp_path, "x.yaml", [])


def test_what_is_nested_without_end_is_told(tmp_path: Path) -> None:
    with pytest.raises(CityOpsError, match="nested too deeply"):
        read("a: " + "[" * 20_000, tmp_path)


def test_wrong_keys_and_values_are_collected_and_the_rest_is_read(tmp_path: Path) -> None:
    text = "a: 1\nb: !secret x\na: 2\n? [c]\n: 3\n~: 4\nd: &d [*d]\ne: {<<: 5}\nf: 6\n"
    tree, mistakes = read(text, tmp_path)
    assert [(mistake.line, mistake.what) for mistake in mistakes] == [
        (2, "has the tag !secret, which means nothing here"),
        (3, "this key stands in line 1 already"),
        (4, "is not a key: keys are text"),
        (6, "is not a key: keys are text"),
        (7, "contains itself"),
        (8, "only a mapping can be merged with `<<`"),
    ]
    assert (tree.plain()["a"], tree.plain()["f"]) == (1, 6)


@pytest.mark.parametrize(
    "text, value",
    [
        ("7", 7),
        ("first reported", "first reported"),
        ("[1, 2]", (1, 2)),
        ("{fixed: 3 h}", {"fixed": "3 h"}),
        ("", None),
    ],
)
def test_a_value_from_the_command_line_is_yaml(text: str, value: Any) -> None:
    spot = Spot("--set x")
    tree = read_value(text, spot)
    assert tree.plain() == value
    assert {at for _, *both in tree.walk() for at in both} == {spot}


@pytest.mark.parametrize("text", ["[1", "{a: 1, a: 2}"])
def test_a_wrong_value_from_the_command_line_names_the_option(text: str) -> None:
    with pytest.raises(CityOpsError, match="--set x"):
        read_value(text, Spot("--set x"))
