"""The maps of a town show every layer, with the numbers of that town, the same each time they are drawn."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex

from sim.city.assets import AssetKind
from sim.city.blocks import LandUse
from sim.city.layers import Layers
from sim.city.synthetic.making import make
from sim.report import style
from sim.report.map_shapes import clear_place
from sim.report.map_sheet import frame_of, length_text, sheets
from sim.report.map_symbols import has_room
from sim.report.town_map import draw_town, thinner, town_map
from sim.report.town_pipes import draw_underground, pipes_map
from sim.scenario.town import Town


@pytest.fixture(scope="module")
def layers() -> Layers:
    return make(Town.of("hamlet", "central", seed=4, corners=400, railway=True))


def _legend(figure: object) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]  # type: ignore[attr-defined]


def _of(axes: Axes, kind: type) -> list:
    return [one for one in axes.collections if type(one) is kind]


def test_every_block_is_filled_with_the_colour_of_its_use(layers: Layers) -> None:
    with style.look():
        figure = draw_town(layers, "A town")
    (blocks,) = _of(figure.axes[0], PolyCollection)
    assert len(blocks.get_paths()) == layers.lots.n_blocks
    colours = [to_hex(colour) for colour in blocks.get_facecolor()]
    parks = {colours[i] for i in np.flatnonzero(layers.people.land_use == LandUse.GREEN)}
    homes = {colours[i] for i in np.flatnonzero(layers.people.land_use == LandUse.HOUSING)}
    assert len(parks) == len(homes) == 1
    assert parks != homes


def test_the_map_says_what_town_it_is(layers: Layers) -> None:
    with style.look():
        figure = draw_town(layers, "A town")
    axes, words = figure.axes[0], _legend(figure)
    said = " ".join(text.get_text() for text in axes.texts)
    assert axes.get_title() == ""
    assert axes.get_title(loc="left") == "A town"
    assert f"{layers.population:,.0f} inhabitants" in said
    assert all(name.upper() in said for name in layers.people.district_names)
    for kind, word in ((AssetKind.SCHOOL, "school"), (AssetKind.DEPOT, "depot of the crews")):
        assert f"{word} ({len(layers.assets.of_kind(kind))})" in words
    assert {"river", "railway", "parks"} <= set(words)


@pytest.mark.parametrize("seed", [4, 7, 11])
def test_names_of_districts_cover_no_depot_hospital_or_fire_station(seed: int) -> None:
    layers = make(Town.of("hamlet", "central", seed=seed, corners=400))
    with style.look():
        figure = draw_town(layers, "A town")
        figure.draw_without_rendering()
        axes, names = figure.axes[0], {name.upper() for name in layers.people.district_names}
        boxes = [text.get_window_extent() for text in axes.texts if text.get_text() in names]
    assert len(boxes) == len(names)
    kinds = (AssetKind.DEPOT, AssetKind.HOSPITAL, AssetKind.FIRE_STATION)
    for x, y in axes.transData.transform(layers.assets.xy[np.isin(layers.assets.kind, kinds)]):
        assert not any(box.x0 < x < box.x1 and box.y0 < y < box.y1 for box in boxes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_a_name_without_a_clear_place_stands_in_the_middle(layers: Layers) -> None:
    ids, people = np.arange(layers.lots.n_blocks), layers.people.population
    free, none = (
        clear_place(ids, layers.lots, people, half_m=np.full(2, half), clear_of=layers.lots.centre_xy[:1])
        for half in (0.0, 1e6)
    )
    assert free.tolist() == none.tolist()


def test_without_terrain_water_and_rails_the_rest_is_drawn(layers: Layers) -> None:
    with style.look():
        figure = town_map(layers.streets, layers.lots, people=layers.people, terrain=None, assets=layers.assets,
                          river=None, railway=None, title="Dry")  # fmt: skip
    assert not {"river", "railway"} & set(_legend(figure))
    assert len(figure.axes[0].images) == 0


def test_the_same_town_gives_the_same_picture(layers: Layers, tmp_path: Path) -> None:
    with style.look():
        one = style.save(draw_town(layers, "A town"), tmp_path / "one.png").read_bytes()
        two = style.save(draw_town(layers, "A town"), tmp_path / "two.png").read_bytes()
    assert one == two


def test_all_mains_and_all_sewers_are_drawn_each_on_its_own_map(layers: Layers) -> None:
    with style.look():
        figure = draw_underground(layers, "A town")
    mains, sewers = figure.axes
    n_streets = layers.streets.n_streets
    drawn = [sum(len(c.get_paths()) for c in _of(axes, LineCollection)) - n_streets for axes in (mains, sewers)]
    assert drawn == [int((layers.water.link_kind <= 1).sum()), int((layers.drainage.link_kind == 0).sum())]
    assert sewers.get_title(loc="left") == "A town: storm sewers"


def test_pipes_are_drawn_without_ground_too(layers: Layers) -> None:
    with style.look():
        figure = pipes_map(layers.streets, terrain=None, river=None, water=layers.water, register=layers.register,
                           drainage=layers.drainage, street_of_sewer=layers.street_of_sewer, title="A")  # fmt: skip
    assert [len(axes.images) for axes in figure.axes] == [0, 0]


def test_on_maps_of_large_towns_lines_are_thinner_and_minor_symbols_left_out(layers: Layers) -> None:
    with style.look():
        (small,) = sheets((0.0, 4000.0, 0.0, 4000.0))
        (large,) = sheets((0.0, 40000.0, 0.0, 40000.0))
        (tiny,) = sheets((0.0, 4000.0, 0.0, 4000.0), longest_in=0.5)
    assert thinner(small) == 1.0
    assert 0.3 < thinner(large) < 0.6
    assert has_room(small, AssetKind.SCHOOL, layers.assets)
    assert not has_room(tiny, AssetKind.SCHOOL, layers.assets)
    assert has_room(tiny, AssetKind.DEPOT, layers.assets)


def test_a_map_stays_within_its_terrain(layers: Layers) -> None:
    wide = frame_of(layers.streets.xy)
    within = frame_of(layers.streets.xy, within=layers.terrain)
    west, east, south, north = layers.terrain.extent
    assert west <= within[0] < within[1] <= east
    assert south <= within[2] < within[3] <= north
    assert wide[0] <= within[0]


@pytest.mark.parametrize(("metres", "text"), [(0.0, "0"), (250.0, "250 m"), (1000.0, "1 km"), (2500.0, "2.5 km")])
def test_lengths_are_written_as_on_maps(metres: float, text: str) -> None:
    assert length_text(metres) == text
