"""A city that is a made town: what names stand for, who is posted where, what is kept."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest

import sim
from sim.city import storing
from sim.city.assets import AssetKind
from sim.city.city import City, build_city
from sim.city.naming import spread
from sim.city.synthetic import making
from sim.errors import CityOpsError
from sim.scenario.town import Town

YAML = """
question: Who goes where?
city:
  synthetic: {size: hamlet, preset: west, seed: 5, corners: 200}
duration: 1 d
hazards:
  - bursts: {count: exactly 2, between: [05:00, 06:00], weight by: break rate}
sensors:
  - pressure: {at: by preset, alarm when: {drop: 3 m}}
organisation:
  departments:
    water: {crews: [{depot: every depot, count: by preset}]}
policies:
  siloed: {dispatch: own district}
compare: {baseline: siloed}
"""


@pytest.fixture
def load(tmp_path):
    def load(**replaced: str):
        text = textwrap.dedent(YAML)
        for old, new in replaced.values():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "x.yaml").write_text(text)
        return sim.load(tmp_path / "x.yaml")

    return load


@pytest.fixture
def city(load) -> City:
    return build_city(load())


def test_a_preset_gives_at_least_one_crew_and_one_logger(city):
    assert city.layers is not None
    population = city.layers.population
    assert len(city.posts) == max(round(2.0 * population / 1e5), 1)
    assert len(city.loggers[0]) == max(round(1.5 * population / 1e5), 1)
    assert city.water.is_junction[city.loggers[0]].all()


def test_crews_by_preset_are_spread_over_the_depots(load):
    city = build_city(load(more=("corners: 200", "corners: 400, crews per 100000: 90")))
    assert city.layers is not None
    names = [post.depot for post in city.posts]
    assert set(names) == set(city.layers.depots)
    counts = [names.count(name) for name in city.layers.depots]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == round(90.0 * city.layers.population / 1e5)


def test_every_depot_has_as_many_crews_as_a_group_counts(load):
    city = build_city(load(count=("count: by preset", "count: 3")))
    assert city.layers is not None
    assert [post.depot for post in city.posts] == [name for name in city.layers.depots for _ in range(3)]
    assert all(post.corner == city.layers.depots[post.depot] for post in city.posts)


def test_a_depot_may_be_named_or_be_any_junction(load):
    one = build_city(load(depot=("every depot, count: by preset", "depot 1")))
    assert one.layers is not None
    assert [post.corner for post in one.posts] == [one.layers.depots["depot 1"]]
    junction = one.water.node_names[7]
    other = build_city(load(depot=("every depot, count: by preset", junction)))
    assert [post.corner for post in other.posts] == [int(one.layers.register.corner[7])]


def test_an_unknown_depot_is_a_mistake_with_the_nearest_name(load):
    with pytest.raises(CityOpsError, match=r"the depot is not a node or depot of the town.*'depto 1'.*'depot 1'"):
        build_city(load(depot=("every depot, count: by preset", "depto 1")))


def test_people_at_the_junctions_are_those_of_the_blocks(city):
    assert city.layers is not None
    assert city.people.sum() == pytest.approx(city.layers.population, rel=1e-5)


def test_whoever_works_at_a_main_stands_at_its_corners(city):
    assert city.layers is not None
    streets, register = city.layers.streets, city.layers.register
    pipes = np.flatnonzero(register.street >= 0)
    for link in pipes[:: max(len(pipes) // 50, 1)]:
        street = register.street[link]
        corners = city.corners_of(city.place_of_link(int(link)))
        assert set(corners) == {streets.tail[street], streets.head[street]}


def test_districts_of_the_town_take_the_place_of_the_depots(load):
    by_depot = build_city(load())
    assert by_depot.layers is not None
    people, lots, streets = by_depot.layers.people, by_depot.layers.lots, by_depot.layers.streets
    assert by_depot.district_names == tuple(by_depot.layers.depots)
    # A crew at a corner of a block in each district.
    corner_of = {int(people.district[b]): int(lots.corner[lots.corner_first[b]]) for b in range(lots.n_blocks)}
    crews = ", ".join(f"{{depot: J{corner}}}" for corner in corner_of.values())
    town = ("corners: 200}", "corners: 200}\n  districts: {by: town}")
    city = build_city(load(town=town, crews=("{depot: every depot, count: by preset}", crews)))
    assert city.district_names == people.district_names
    inside = np.unique(np.concatenate([streets.tail, streets.head]))
    beside = [set(people.district[lots.beside[(streets.tail == c) | (streets.head == c)].ravel()]) for c in inside]
    assert all(city.district[c] in found for c, found in zip(inside, beside, strict=True) if city.district[c] >= 0)


def test_a_district_of_the_town_without_a_crew_is_a_mistake(load):
    town = ("corners: 200}", "corners: 400}\n  districts: {by: town}")
    with pytest.raises(CityOpsError, match="has no crew in some districts"):
        build_city(load(town=town, crews=("{depot: every depot, count: by preset}", "{depot: J0}")))


def test_the_pace_of_traffic_slows_trips_in_the_rush_hour(city):
    assert city.layers is not None
    streets = city.layers.streets
    night, rush = (streets.network(hour) for hour in (3, int(streets.pace.mean(axis=0).argmin())))
    far = int(np.argmax(night.reach([0])))
    assert rush.travel_time(0, far) > night.travel_time(0, far)


def test_a_run_over_a_town_ends_and_its_crews_drive(load):
    scenario = load(end=("duration: 1 d", "duration: 12 h"))
    log = sim.run(scenario)
    kinds = log.frame()["kind"].astype(str)
    assert (kinds == "OCCURRED").sum() == 2
    assert (kinds == "RUN_ENDED").sum() == 1
    again = sim.run(scenario)
    assert again.frame().equals(log.frame())


def test_loggers_are_spread_far_from_each_other(city):
    few, many = spread(city.water, 4), spread(city.water, 16)
    assert set(few) <= set(many)
    assert len(set(many.tolist())) == 16

    def nearest(nodes):
        xy = city.water.xy[nodes]
        apart = np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))
        return apart[~np.eye(len(nodes), dtype=bool)].min()

    assert nearest(few) > nearest(many)
    assert len(spread(city.water, 10_000)) == city.water.is_junction.sum()


def test_the_same_town_comes_from_disk_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYOPS_CACHE", str(tmp_path))
    town = Town.of("hamlet", "east", seed=9, corners=120)
    first, second = making.made(town), making.made(town)
    (folder,) = (tmp_path / "towns").iterdir()
    assert folder.name == making.digest(town)
    anew = making.make(town)
    for one in (first, second, anew):
        target = tmp_path / f"copy{id(one)}"
        storing.save(target, one)
    copies = sorted(tmp_path.glob("copy*"))
    files = [sorted(path.name for path in copy.iterdir()) for copy in copies]
    assert all(names == files[0] for names in files)
    for name in files[0]:
        assert len({(copy / name).read_bytes() for copy in copies}) == 1, name


def test_other_numbers_are_kept_apart():
    towns = [Town.of("hamlet", seed=1), Town.of("hamlet", seed=2), Town.of("hamlet", seed=1, kerb=0.1)]
    assert len({making.digest(town) for town in towns}) == 3


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / storing.TREE).write_text("{}"),
        lambda folder: (folder / storing.TREE).write_text("[]"),
        lambda folder: (folder / storing.TREE).unlink(),
        lambda folder: (folder / "3.npy").write_bytes(b""),
        lambda folder: (folder / "3.npy").unlink(),
    ],
    ids=["no class", "no town", "no tree", "an empty array", "an array gone"],
)
def test_a_damaged_town_is_made_again(damage, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("CITYOPS_CACHE", str(tmp_path))
    town = Town.of("hamlet", "east", seed=9, corners=80)
    first = making.made(town)
    damage(tmp_path / "towns" / making.digest(town))
    again = making.made(town)
    assert "is made again" in caplog.text
    caplog.clear()
    making.made(town)
    assert caplog.text == ""
    assert np.array_equal(again.streets.xy, first.streets.xy)


def test_a_disk_that_refuses_does_not_stop_the_run(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CITYOPS_CACHE", str(tmp_path / "file"))
    layers = making.made(Town.of("hamlet", "east", seed=9, corners=80))
    assert layers.assets.of_kind(AssetKind.DEPOT).size >= 1
    assert "cannot be kept" in caplog.text


def test_a_town_around_given_layers_changes_with_what_stands_beside_their_files(tmp_path):
    town = Town.of("hamlet", corners=80)
    (tmp_path / "roads.csv").write_text("tail,head\n0,1\n")
    (tmp_path / "roads_nodes.csv").write_text("node,x,y\n0,0,0\n1,100,0\n")
    given = making.Given(streets=tmp_path / "roads.csv")
    before = making.digest(town, given)
    (tmp_path / "roads_nodes.csv").write_text("node,x,y\n0,0,0\n1,300,0\n")
    assert making.digest(town, given) != before


def test_old_mains_burst_by_their_age_in_the_year_in_which_the_scenario_plays(load):
    from sim.city.breaks import expected_breaks
    from sim.hazards.bursts import _weights

    later = load(year=("seed: 5,", "seed: 5, present: 2060,"))
    aged = build_city(later)
    assert aged.layers is not None
    (_, bursts), *_ = later.bursts
    can_burst = _weights(bursts, aged, later) > 0.0
    told = expected_breaks(aged.layers.register, aged.water, year=2060)
    assert _weights(bursts, aged, later)[can_burst] == pytest.approx(told[can_burst])
    assert told[can_burst].sum() != pytest.approx(expected_breaks(aged.layers.register, aged.water)[can_burst].sum())
