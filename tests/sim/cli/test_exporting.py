from __future__ import annotations

import json
from pathlib import Path

import pytest

SMALL = ("--set", "city.synthetic.corners=90")


@pytest.fixture
def made(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("new", "mytown", "--template", "town", "-q").code == 0
    return Path("mytown")


def test_a_new_town_is_right_and_runs(call, made):
    assert sorted(path.name for path in made.iterdir()) == ["scenario.yaml", "schema.json"]
    said = call("validate", made, *SMALL)
    assert said.code == 0, said.err
    assert "2 policies (siloed, pooled)" in said.out
    assert "streets" in said.out
    assert call("run", made, *SMALL, "--set", "duration=10 h", "--no-figures", "-o", "out").code == 0


def test_a_town_is_exported_whole(call, made):
    said = call("export", made, *SMALL, "-o", "town")
    assert said.code == 0, said.err
    listed = [Path(line) for line in said.out.splitlines()]
    assert all(path.is_file() for path in listed)
    assert {path.suffix for path in listed} == {".graphml", ".geojson", ".asc", ".inp", ".csv", ".png"}
    assert sorted(Path("town").iterdir()) == sorted(listed)
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == []


def test_what_is_there_is_not_overwritten(call, made):
    Path("town").mkdir()
    said = call("export", made, *SMALL, "-o", "town")
    assert said.code == 2
    assert "town: is there already" in said.err
    assert list(Path("town").iterdir()) == []


def test_the_files_are_told_as_json(call, made):
    said = call("export", made, *SMALL, "--no-figures", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["folder"] == "results/cities/mytown"
    assert all(Path(file).is_file() for file in told["files"])
    assert not any(file.endswith(".png") for file in told["files"])


def test_of_another_city_the_mains_are_written(call, town):
    said = call("export", town, "-o", "out")
    assert said.code == 0, said.err
    assert [path.name for path in Path("out").iterdir()] == ["water.inp"]
    text = Path("town/scenario.yaml").read_text().replace("network.inp", "../out/water.inp")
    Path("town/again.yaml").write_text(text)
    assert call("validate", "town/again.yaml").code == 0


def test_an_exported_town_takes_its_own_files_back(call, made):
    """Real layers in place of made ones: here those of the same town."""
    assert call("export", made, *SMALL, "--no-figures", "-o", "town").code == 0
    text = Path("mytown/scenario.yaml").read_text()
    given = "  roads: {file: ../town/streets.graphml}\n  terrain: {file: ../town/terrain.asc}\nstart:"
    Path("mytown/given.yaml").write_text(text.replace("start:", given, 1))
    said = call("validate", "mytown/given.yaml", *SMALL)
    assert said.code == 0, said.err
    with_mains = given.replace("\nstart:", "\n  water: {inp: ../town/water.inp}\nstart:")
    Path("mytown/all.yaml").write_text(text.replace("start:", with_mains, 1))
    said = call("validate", "mytown/all.yaml", *SMALL)
    assert said.code == 0, said.err


def test_layers_that_do_not_overlap_are_a_mistake(call, made):
    assert call("export", made, *SMALL, "--no-figures", "-o", "town").code == 0
    raster = Path("town/terrain.asc")
    lines = raster.read_text().splitlines()
    lines[2] = "xllcorner 900000.0"
    raster.write_text("\n".join(lines) + "\n")
    text = Path("mytown/scenario.yaml").read_text()
    given = "  terrain: {file: ../town/terrain.asc}\nstart:"
    Path("mytown/far.yaml").write_text(text.replace("start:", given, 1))
    said = call("validate", "mytown/far.yaml", *SMALL)
    assert said.code == 2
    assert "does not cover" in said.err
