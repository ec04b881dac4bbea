"""The flooded town is drawn as its log tells it: every class of depth, every car, every underpass."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from sim.city.layers import Layers
from sim.city.streets import Structure
from sim.city.synthetic.making import make
from sim.record.eventlog import EventLog, EventLogWriter
from sim.record.kinds import Kind
from sim.report import figures, flood_gallery, flood_map, style
from sim.report.crews import History
from sim.report.runs import Run
from sim.scenario.town import Town

HOUR = 3600.0
FIRST = 5  # five nodes of the mains stand before the streets
TOWN = {"size": "hamlet", "preset": "central", "seed": 4, "corners": 400, "railway": True, "cell": "20 m"}


@pytest.fixture(scope="module")
def layers() -> Layers:
    return make(Town.model_validate(TOWN, by_alias=True))


def _places(layers: Layers) -> pd.DataFrame:
    k = layers.streets.n_streets
    return pd.DataFrame(
        {
            "id": range(FIRST + k),
            "network": ["water node"] * FIRST + ["street"] * k,
            "name": [*(f"n{k}" for k in range(FIRST)), *layers.streets.names],
            "district": "",
            "people": 0.0,
            "vulnerable": 0.0,
            "x": 0.0,
            "y": 0.0,
            "length_m": [*([np.nan] * FIRST), *layers.streets.length_m],
            "kind": [*([None] * FIRST), *(Structure(one).name.lower() for one in layers.streets.structure)],
        }
    )


def _underpass(layers: Layers) -> int:
    return int(np.flatnonzero(layers.streets.structure == Structure.UNDERPASS)[0])


def _others(layers: Layers) -> list[int]:
    return [int(street) for street in np.flatnonzero(layers.streets.structure == Structure.SURFACE)[:3]]


def _log(layers: Layers, *, closes: bool) -> EventLog:
    """An underpass fills, and is closed or catches two cars; one street is wet, one ankle-deep, one deeper."""
    actors = pd.DataFrame({"id": [0], "name": "crew", "kind": "crew", "department": "w", "skills": None, "shift": ""})
    run = {"policy": "closing" if closes else "open", "replication": 3, "start_s": 14 * HOUR}
    log = EventLogWriter(places=_places(layers), actors=actors, run=run)
    under = _underpass(layers)
    log.append(0.0, Kind.RUN_BEGAN)
    for street, depth in zip((*_others(layers), under), (0.06, 0.2, 0.31, 0.05), strict=True):
        log.append(HOUR, Kind.ROAD_DEPTH, place=FIRST + street, value=depth)
    if closes:
        log.append(HOUR, Kind.ROAD_CLOSED, place=FIRST + under, value=1.0)
    log.append(1.5 * HOUR, Kind.ROAD_DEPTH, place=FIRST + under, value=0.6)
    for ordinal in range(0 if closes else 2):
        log.append(1.5 * HOUR, Kind.CAUGHT, place=FIRST + under, value=ordinal)
    log.append(2.0 * HOUR, Kind.ROAD_DEPTH, place=FIRST + under, value=0.04)
    if closes:
        log.append(2.5 * HOUR, Kind.ROAD_CLOSED, place=FIRST + under, value=0.0)
    log.append(3.0 * HOUR, Kind.RUN_ENDED)
    return log.finish()


def _histories(layers: Layers) -> list[History]:
    return [History(policy=name, log=_log(layers, closes=name == "closing")) for name in ("open", "closing")]


def _said(figure: object) -> str:
    return "\n".join(text.get_text() for text in figure.texts)  # type: ignore[attr-defined]


def test_the_deepest_water_and_the_cars_of_each_street_come_from_the_log(layers: Layers) -> None:
    log, k, under = _log(layers, closes=False), layers.streets.n_streets, _underpass(layers)
    deepest, caught = flood_map.deepest_m(log, k), flood_map.caught_on(log, k)
    expected = dict(zip((*_others(layers), under), (0.06, 0.2, 0.31, 0.6), strict=True))
    assert {int(i): deepest[i] for i in np.flatnonzero(deepest)} == expected
    assert {int(i): int(caught[i]) for i in np.flatnonzero(caught)} == {under: 2}
    assert flood_map.closures_h(log, under) == []
    assert flood_map.closures_h(_log(layers, closes=True), under) == [(15.0, 16.5)]


def test_each_class_of_depth_has_lines_of_its_own_and_its_length_in_the_legend(layers: Layers) -> None:
    with style.look():
        figure = flood_map.draw(_histories(layers), layers)
    lines = [one for one in figure.axes[0].collections if isinstance(one, LineCollection) and one.get_zorder() >= 5.0]
    assert [len(one.get_paths()) for one in sorted(lines, key=lambda one: one.get_zorder())] == [1, 1, 1, 1]
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    length_km = layers.streets.length_m / 1000.0
    assert f"15 to 30 cm: cars crawl ({length_km[_others(layers)[1]]:,.1f} km)" in words
    assert f"50 cm and more ({length_km[_underpass(layers)]:,.1f} km)" in words
    assert "cars caught under open (2)" in words


def test_the_fate_of_an_underpass_is_told_policy_by_policy(layers: Layers) -> None:
    with style.look():
        said = _said(flood_map.draw(_histories(layers), layers))
    assert "open: 2 cars caught\n" in said
    assert "closing: nobody caught,\n      shut 15:00 to 16:30" in said


def test_of_many_underpasses_only_those_with_a_story_are_told(layers: Layers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood_map, "MOST_LISTED", 1)
    with style.look():
        said = _said(flood_map.draw(_histories(layers), layers))
    assert said.count("closing:") == 1
    assert "2 cars caught" in said


def test_the_same_log_gives_the_same_picture(layers: Layers) -> None:
    with style.look():
        one, two = (style.small_png(flood_map.draw(_histories(layers), layers)) for _ in range(2))
    assert one == two


def _scenario(tmp_path: Path, city: str) -> Run:
    (tmp_path / "scenario.yaml").write_text(f"question: Why?\ncity: {city}\n")
    run = {"policies": ("open",), "replications": (0,), "seed": 1, "vitals": pd.DataFrame(), "comparison": None}
    return Run(folder=tmp_path, **run)  # type: ignore[arg-type]


def test_the_town_of_a_run_comes_from_the_scenario_in_its_folder(layers: Layers, tmp_path: Path) -> None:
    written = "{synthetic: {size: hamlet, preset: central, seed: 4, corners: 400, railway: true, cell: 20 m}}"
    found = flood_map.town_of(_scenario(tmp_path, written))
    assert found is not None
    assert found.streets.names == layers.streets.names


@pytest.mark.parametrize("city", ["{water: {inp: a.inp}}", "{synthetic: {size: hamlet}, roads: {file: a.csv}}"])
def test_a_town_with_parts_from_files_is_not_made_again(tmp_path: Path, city: str) -> None:
    assert flood_map.town_of(_scenario(tmp_path, city)) is None


def test_where_the_log_knows_streets_the_flood_is_among_the_pictures(
    layers: Layers, finished: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    wet = dataclasses.replace(run, policies=("open", "closing"), vitals=_vitals())
    monkeypatch.setattr(Run, "log", lambda self, policy, replication: _log(layers, closes=policy == "closing"))
    monkeypatch.setattr(Run, "shown", property(lambda self: self.policies))
    monkeypatch.setattr(Run, "typical", property(lambda self: 0))
    monkeypatch.setattr(flood_map, "town_of", lambda run: layers)
    assert list(figures._of_floods(wet)) == ["flood", "closing"]
    dry = dataclasses.replace(wet, vitals=_vitals().assign(value=0.0))
    assert list(figures._of_floods(dry)) == ["flood"]


def test_the_pictures_of_the_documentation_are_small_files(
    layers: Layers, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wet = dataclasses.replace(flood_gallery.read_run(finished), policies=("open", "closing"), vitals=_vitals())
    monkeypatch.setattr(flood_gallery, "read_run", lambda folder: wet)
    monkeypatch.setattr(flood_gallery, "histories_of", lambda run: _histories(layers))
    monkeypatch.setattr(flood_map, "town_of", lambda run: layers)
    paths = flood_gallery.draw_all(finished, tmp_path)
    assert [path.name for path in paths] == ["underpass-flood.png", "underpass-tradeoff.png"]
    assert all(1000 < path.stat().st_size < 200_000 for path in paths)


def _vitals() -> pd.DataFrame:
    rows = [
        (policy, k, indicator, value + k)
        for policy, caught, in_vain in (("open", 6.0, 0.0), ("closing", 0.0, 2.0))
        for indicator, value in (("cars caught in underpasses", caught), ("needless closure hours", in_vain))
        for k in range(2)
    ]
    return pd.DataFrame(rows, columns=["policy", "replication", "indicator", "value"])
