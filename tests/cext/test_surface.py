"""Water on the ground keeps its volume, rests where it is level, and moves with the same bits however computed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cext.surface import Surface, SurfaceFailure
from tests.cext.surface_twin import Twin

MM_H = 1.0 / 3.6e6


def kerbed(rows=60, columns=90, *, seed=3):
    """A slope with waves, streets 15 cm below the blocks, and roughness by chance."""
    rng = np.random.default_rng(seed)
    r, c = np.mgrid[:rows, :columns]
    bed = 20.0 + 0.004 * (columns - c) * 5.0 + 0.3 * np.sin(c / 9.0) * np.cos(r / 7.0)
    bed += np.where((r % 12 < 3) | (c % 15 < 3), 0.0, 0.15)
    return bed.astype(np.float32), rng.uniform(0.015, 0.08, bed.shape).astype(np.float32)


def cells(*index):
    return np.array(index, np.int32)


def assert_same(one, other):
    for what in ("depth_m", "flow_west_m2s", "flow_north_m2s", "points_m3"):
        np.testing.assert_array_equal(getattr(one, what)(), getattr(other, what)(), err_msg=what)
    assert one.balance() == other.balance()


def busy_ground(**settings):
    """Something of everything: buildings, soils, points, a river's level, open edges, rain on a part."""
    bed, n = kerbed(50, 150)
    rows, columns = bed.shape
    r, c = np.mgrid[:rows, :columns]
    ground = Surface(
        bed,
        5.0,
        manning=n,
        blocked=(r % 12 == 7) & (c % 15 > 9),
        edges={"south": "open", "east": ["level" if k > 30 else "open" for k in range(rows)]},
        **settings,
    )
    ground.set_soil(
        (c // 50).astype(np.uint8), [("horton", 2e-5, 2e-6, 1e-3), ("none",), ("green-ampt", 3e-6, 0.1, 0.3)]
    )
    ground.set_rain(np.where(r < 20, 80.0 * MM_H, 0.0).astype(np.float32))
    ground.set_points(cells(40 * columns + 3, 310, 40 * columns + 3, 311), np.array([0.8, -0.05, -0.3, 0.2]))
    ground.set_level("east", 20.4)
    return ground


# Volume ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rain_mm_h", "depth_m"), [(100.0, 0.0), (5.0, 2.0)])
def test_the_balance_closes_on_kerbs_from_dry_and_under_two_metres_of_water(rain_mm_h, depth_m):
    bed, n = kerbed()
    ground = Surface(bed, 5.0, manning=n, depth_m=np.full(bed.shape, depth_m, np.float32))
    ground.set_rain(rain_mm_h * MM_H)
    ground.advance(900.0)
    books = ground.balance()
    assert books["rain"] == pytest.approx(rain_mm_h * MM_H * 900.0 * bed.size * 25.0, rel=1e-7)
    assert abs(books["error"]) < 1e-9 * books["rain"]
    assert books["stored"] - books["start"] == pytest.approx(books["rain"], rel=1e-9)
    risen = ground.depth_m().sum(dtype=float) * 25.0 - books["start"]  # depths to their last digit alone
    assert risen == pytest.approx(books["rain"], rel=1e-4)


def test_steps_that_empty_cells_make_no_water():
    bed = np.random.default_rng(1).uniform(0.0, 3.0, (40, 50)).astype(np.float32)  # water falls off each cell
    film = np.full(bed.shape, 0.05, np.float32)
    ground = Surface(bed, 2.0, least_depth_m=1e-3, depth_m=film)
    twin, clamped = (Twin(bed, 2.0, 0.03, least=1e-3, clamps=clamps) for clamps in (False, True))
    twin.depth[:], clamped.depth[:] = film, film
    for k in range(20):
        ground.advance(0.5 * (k + 1))
        twin.step(0.5, 0.0)
        clamped.step(0.5, 0.0)
    assert ground.steps == 20
    assert clamped.depth.sum() > 1.01 * film.sum()  # the water that clamping makes
    assert abs(ground.balance()["error"]) < 1e-12 * ground.balance()["start"]
    assert np.sqrt(np.mean((ground.depth_m() - twin.depth) ** 2)) < 1e-4
    assert ground.depth_m().min() >= 0.0


def test_everything_at_once_is_booked():
    ground = busy_ground()
    ground.advance(1200.0)
    books = ground.balance()
    for what in ("rain", "entered", "poured", "stored", "left", "infiltrated", "taken"):
        assert books[what] > 0.0, what
    assert abs(books["error"]) < 1e-12 * books["rain"]
    points = ground.points_m3()
    assert points.sum() == pytest.approx(books["poured"] - books["taken"], rel=1e-12)
    np.testing.assert_allclose(points[[0, 3]], [0.8 * 1200, 0.2 * 1200], rtol=1e-12)


@given(st.integers(1, 20), st.integers(1, 140), st.integers(0, 2**32 - 1), st.sampled_from(["closed", "open", "level"]))
@settings(max_examples=40)
def test_any_ground_keeps_its_water_and_is_never_below_dry(rows, columns, seed, edge):
    rng = np.random.default_rng(seed)
    bed = rng.uniform(0.0, 3.0, (rows, columns)).astype(np.float32)
    depth = np.where(rng.random(bed.shape) < 0.3, rng.uniform(0.0, 2.0, bed.shape), 0.0).astype(np.float32)
    ground = Surface(bed, 2.0, depth_m=depth, edges=dict.fromkeys(("west", "south"), edge), least_depth_m=1e-3)
    for side in ("west", "south"):
        ground.set_level(side, 1.0)
    ground.set_rain(rng.uniform(0.0, 1e-4, bed.shape).astype(np.float32))
    ground.advance(20.0)
    books = ground.balance()
    assert ground.depth_m().min() >= 0.0
    assert abs(books["error"]) < 1e-9 * (books["start"] + books["rain"] + books["entered"])


# The same bits --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_the_bits_do_not_depend_on_the_number_of_threads(threads):
    alone, together = busy_ground(), busy_ground(threads=threads, keep_peak=True)
    for ground in (alone, together):
        ground.advance(300.0)
        ground.set_rain(0.0)
        ground.advance(900.0)
    assert together.threads == threads
    assert_same(alone, together)
    assert (together.peak_m() >= together.depth_m()).all()


def test_a_copy_goes_on_with_the_same_bits_and_alone():
    ground = busy_ground(keep_peak=True)
    ground.advance(250.0)
    copy = ground.copy()
    ground.advance(500.0)
    assert copy.now_s == 250.0
    copy.advance(500.0)
    assert_same(ground, copy)
    np.testing.assert_array_equal(ground.peak_m(), copy.peak_m())
    assert (ground.steps, ground.updates, ground.step_s) == (copy.steps, copy.updates, copy.step_s)


def test_dry_land_costs_nothing_and_changes_no_bit():
    bed, n = kerbed(40, 640)
    depth = np.zeros(bed.shape, np.float32)
    depth[10:20, 250:280] = 0.4
    sparing, thorough = (Surface(bed, 5.0, manning=n, depth_m=depth) for _ in range(2))
    everywhere = np.arange(0, bed.size, 64, dtype=np.int32)
    thorough.set_points(everywhere, np.zeros(len(everywhere)))
    for ground in (sparing, thorough):
        ground.advance(240.0)
    for what in ("depth_m", "flow_west_m2s", "flow_north_m2s"):
        np.testing.assert_array_equal(getattr(sparing, what)(), getattr(thorough, what)(), err_msg=what)
    assert thorough.updates == thorough.steps * bed.size
    assert sparing.updates < 0.4 * thorough.updates


def test_land_that_fell_dry_rests():
    depth = np.zeros((20, 20), np.float32)
    depth[5, 5] = 0.01
    ground = Surface(np.zeros((20, 20), np.float32), 5.0, depth_m=depth)
    ground.advance(100.0)
    moved = ground.updates
    ground.advance(200.0)
    assert moved > 0
    assert ground.updates == moved
    assert not ground.flow_west_m2s().any()


def test_a_mirrored_ground_has_mirrored_water():
    bed, n = kerbed(40, 90)
    ground, mirror = (
        Surface(np.ascontiguousarray(bed[::way, ::way]), 5.0, manning=np.ascontiguousarray(n[::way, ::way]))
        for way in (1, -1)
    )
    for each in (ground, mirror):
        each.set_rain(100.0 * MM_H)
        each.advance(600.0)
    np.testing.assert_array_equal(ground.depth_m(), mirror.depth_m()[::-1, ::-1])


# The equations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clamps", [False, True])
def test_it_computes_what_a_plain_twin_computes(clamps):
    bed, n = kerbed(60, 80)
    ground, twin = Surface(bed, 5.0, manning=n), Twin(bed, 5.0, n, clamps=clamps)
    rate = float(np.float32(100.0 * MM_H))
    ground.set_rain(rate)
    for k in range(900):
        ground.advance(0.5 * (k + 1))
        twin.step(0.5, rate)
    assert ground.steps == 900
    assert np.sqrt(np.mean((ground.depth_m() - twin.depth) ** 2)) < 5e-5  # m; the issue of hmin is where they differ
    np.testing.assert_allclose(ground.depth_m().mean(), twin.depth.mean(), rtol=1e-6)


def test_levels_far_above_the_datum_lose_no_digits():
    bed, n = kerbed()
    bed = np.round(bed * 64) / np.float32(64)  # so that both beds are the same ground
    low, high = Surface(bed, 5.0, manning=n), Surface(bed + np.float32(4000.0), 5.0, manning=n)
    for ground in (low, high):
        ground.set_rain(100.0 * MM_H)
        ground.advance(300.0)
    np.testing.assert_array_equal(low.depth_m(), high.depth_m())


@pytest.mark.parametrize("level", [0.5, 0.1])
def test_a_lake_at_rest_stays_at_rest_to_the_last_bit(level):
    x = np.linspace(0.0, 20.0, 150)
    bed = np.tile(np.maximum(0.0, 0.2 - 0.05 * (x - 10.0) ** 2), (20, 1)).astype(np.float32)
    depth = np.maximum(np.float32(level) - bed, 0.0).astype(np.float32)
    ground = Surface(bed, 0.1333, depth_m=depth, least_depth_m=1e-5)
    ground.advance(30.0)
    np.testing.assert_array_equal(ground.depth_m(), depth)
    assert not ground.flow_west_m2s().any()
    assert not ground.flow_north_m2s().any()


def test_steps_are_as_long_as_the_waves_allow_and_end_where_asked():
    ground = Surface(np.zeros((9, 9), np.float32), 5.0, depth_m=np.full((9, 9), 2.0, np.float32))
    ground.advance(10.0)
    assert ground.now_s == 10.0
    assert ground.steps == np.ceil(10.0 / (0.7 * 5.0 / np.sqrt(9.80665 * 2.0)))
    shallow = Surface(np.zeros((9, 9), np.float32), 5.0)
    shallow.advance(12.0)
    assert (shallow.steps, shallow.step_s) == (3, 4.0)  # at most 5 s
    assert shallow.shape == (9, 9)


# Soils, points and edges ----------------------------------------------------------------------------------------------


def flat(depth_m, **settings):
    return Surface(np.zeros((8, 8), np.float32), 10.0, depth_m=np.full((8, 8), depth_m, np.float32), **settings)


def infiltrated_m(ground):
    return ground.balance()["infiltrated"] / 6400.0


def test_under_ponding_horton_takes_what_hortons_curve_says():
    first, last, decay = 2e-5, 3e-6, 2e-3
    ground = flat(0.5)
    ground.set_soil(np.zeros((8, 8), np.uint8), [("horton", first, last, decay)])
    for time_s in (60.0, 600.0, 3600.0):
        ground.advance(time_s)
        exact = last * time_s + (first - last) / decay * -np.expm1(-decay * time_s)
        assert infiltrated_m(ground) == pytest.approx(exact, rel=1e-6)


def test_green_ampt_follows_its_implicit_solution():
    conductivity, head = 3e-6, 0.11 * 0.3
    ground = flat(0.5)
    ground.set_soil(np.zeros((8, 8), np.uint8), [("green-ampt", conductivity, 0.11, 0.3)])
    for time_s in (300.0, 3600.0):
        ground.advance(time_s)
        depth = infiltrated_m(ground)
        assert depth - head * np.log1p(depth / head) == pytest.approx(conductivity * time_s, rel=0.01)


@pytest.mark.parametrize("soil", [("horton", 2e-5, 1e-5, 1e-3), ("green-ampt", 1e-5, 0.1, 0.3)])
def test_light_rain_goes_into_the_ground_as_it_falls(soil):
    ground = flat(0.0)
    ground.set_soil(np.zeros((8, 8), np.uint8), [soil])
    ground.set_rain(9e-6)
    ground.advance(1800.0)
    assert infiltrated_m(ground) == pytest.approx(9e-6 * 1800.0, rel=1e-6)
    assert not ground.depth_m().any()


def test_what_is_not_there_is_not_taken():
    ground = flat(0.002)  # below what flows, so each cell is alone: 0.2 m3
    ground.set_points(cells(9, 20, 9), np.array([-0.01, -0.01, 0.004]))
    ground.advance(50.0)
    taken, gone, given = ground.points_m3()
    assert gone == pytest.approx(-0.2, rel=1e-6)
    assert given == pytest.approx(0.2, rel=1e-12)
    assert taken == pytest.approx(-0.2 - 0.2 + 0.004 * 5.0, rel=0.1)  # the last step's gift comes after its turn
    assert ground.depth_m().ravel()[20] == 0.0


def test_an_open_edge_lets_water_out_and_none_in():
    bed = np.tile(np.linspace(1.0, 0.0, 40, dtype=np.float32), (30, 1))
    depth = np.full(bed.shape, 0.3, np.float32)
    ground = Surface(bed, 5.0, depth_m=depth, edges={"east": "open", "west": "open"})
    ground.advance(3600.0)
    books = ground.balance()
    assert books["left"] > 0.9 * books["start"]
    assert books["entered"] == 0.0


@pytest.mark.parametrize("edge", ["west", "east", "north", "south"])
def test_behind_a_level_the_ground_fills_up_to_it(edge):
    ground = Surface(np.zeros((20, 20), np.float32), 5.0, edges={edge: "level"}, manning=0.1)
    ground.advance(10.0)
    assert not ground.depth_m().any()  # no level yet
    ground.set_level(edge, 0.8)
    ground.advance(3600.0)
    np.testing.assert_allclose(ground.depth_m(), 0.8, atol=0.02)
    books = ground.balance()
    assert books["entered"] - books["left"] == pytest.approx(books["stored"], rel=1e-9)
    ground.set_level(edge, -1.0)
    ground.advance(3 * 3600.0)
    assert ground.depth_m().max() < 0.05


def test_no_water_enters_a_blocked_cell():
    blocked = np.zeros((20, 20), bool)
    blocked[5:9, 6:12] = True
    bed = np.where(blocked, np.nan, 0.0).astype(np.float32)
    ground = Surface(bed, 5.0, blocked=blocked)
    ground.set_rain(100.0 * MM_H)
    ground.advance(600.0)
    assert not ground.depth_m()[blocked].any()
    assert ground.balance()["rain"] == pytest.approx(100.0 * MM_H * 600.0 * (400 - 24) * 25.0, rel=1e-6)


# What is refused ------------------------------------------------------------------------------------------------------

BED = np.zeros((4, 5), np.float32)
HOLE = np.array([[0.0, 1.0], [np.nan, 1.0]], np.float32)


@pytest.mark.parametrize(
    ("bed", "settings", "message"),
    [
        (HOLE, {}, r"elevation_m at cell \(1, 0\) is nan"),
        (np.zeros((0, 3), np.float32), {}, "no cells"),
        (BED, {"cell_m": 0.0}, "cell_m is 0.0: must be above 0"),
        (BED, {"cell_m": -5.0}, "cell_m is -5.0"),
        (BED, {"longest_step_s": np.nan}, "longest_step_s is nan"),
        (BED, {"gravity_m_s2": 0.0}, "gravity_m_s2"),
        (BED, {"courant": 1.5}, "courant is 1.5: .* unstable"),
        (BED, {"theta": 0.0}, "theta is 0.0: .* unstable"),
        (BED, {"least_depth_m": 0.0}, "least_depth_m is 0.0: must be from 1e-6"),
        (BED, {"threads": 0}, "threads is 0"),
        (BED, {"manning": 0.0}, "manning is 0.0"),
        (BED, {"manning": np.full((4, 4), 0.03)}, r"manning has the shape \(4, 4\): must be \(4, 5\)"),
        (BED, {"manning": np.full((4, 5), -1.0)}, r"manning at cell \(0, 0\)"),
        (BED, {"blocked": np.zeros(3, bool)}, "blocked has the shape"),
        (BED, {"depth_m": np.full((4, 5), -0.1)}, r"depth_m at cell \(0, 0\) is -0.1"),
        (BED, {"depth_m": np.ones((4, 5)), "blocked": np.ones((4, 5), bool)}, "blocked and must be dry"),
        (BED, {"edges": {"top": "open"}}, "'top': an edge is one of west, east, north, south"),
        (BED, {"edges": {"west": "leaky"}}, "west has 'leaky': one of closed, open, level"),
        (BED, {"edges": {"west": ["open"] * 3}}, "west has 3 kinds: must be one, or one for each of 4 cells"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(bed, settings, message):
    with pytest.raises(ValueError, match=message):
        Surface(bed, **{"cell_m": 5.0, **settings})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g.set_rain(-1e-6), "rate_m_s is -.*: must be from 0 to 1"),
        (lambda g: g.set_rain(np.full((4, 5), np.nan)), r"rate_m_s at cell \(0, 0\) is nan"),
        (lambda g: g.set_rain(np.zeros(5)), "rate_m_s has the shape"),
        (lambda g: g.set_points(cells(20), np.zeros(1)), "point 0: cell 20 of 20"),
        (lambda g: g.set_points(cells(1, 2), np.array([0.0, np.inf])), "point 1: cell 2 of 20, rate inf"),
        (lambda g: g.set_points(cells(1), np.zeros(2)), "rate_m3s has the shape"),
        (lambda g: g.set_points(cells(0), np.zeros(1)), "point 0: cell 0 is blocked"),
        (lambda g: g.set_level("top", 1.0), "edge is 'top'"),
        (lambda g: g.set_level("west", np.nan), "level_m is nan"),
        (lambda g: g.set_level("west", 2e4), "more than 10000 m above the bed at the west edge"),
        (lambda g: g.set_soil(np.ones((4, 5), np.uint8), [("none",)]), "must be below 1, the number of classes"),
        (lambda g: g.set_soil(np.zeros((4, 5), np.uint8), [("clay",)]), r"soil 0 is \('clay',\)"),
        (lambda g: g.set_soil(np.zeros((4, 5), np.uint8), [("horton", 1.0, -1.0, 1.0)]), "must be 0 or above"),
        (lambda g: g.set_soil(np.zeros((4, 5), np.uint8), [("horton", 1.0, 2.0, 1.0)]), "f0 must not be below fmin"),
        (lambda g: g.advance(-1.0), "to_s is -1.0: must be a time from 0.0 s on"),
        (lambda g: g.advance(np.inf), "to_s is inf"),
        (lambda g: g.peak_m(), "keep_peak=True"),
    ],
)
def test_what_does_not_fit_later_is_refused_by_name(call, message):
    blocked = np.zeros((4, 5), bool)
    blocked[0, 0] = True
    ground = Surface(BED, 5.0, blocked=blocked, edges={"west": "level"})
    with pytest.raises(ValueError, match=message):
        call(ground)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_failure_names_the_cell_the_time_and_what_to_change(threads):
    ground = Surface(np.zeros((20, 20), np.float32), 5.0, threads=threads)
    ground.set_points(cells(11 * 20 + 4), np.array([1e8]))
    with pytest.raises(SurfaceFailure, match=r"cell \(11, 4\) has a depth of .* m at 5.000 s; lower `courant`"):
        ground.advance(60.0)
