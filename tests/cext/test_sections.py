"""Cross-sections: exact formulas at the table's points, Manning's full pipe, depths that give their flow back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cext.sections import Sections, transect_table

GRAVITY = 32.2 * 0.3048
CIRCULAR, RECT_CLOSED, RECT_OPEN, TRAPEZOIDAL, TRIANGULAR, FORCE_MAIN, IRREGULAR = range(7)
SHAPES = {
    "circle": (CIRCULAR, (1.2, 0.0, 0.0, 0.0)),
    "closed rectangle": (RECT_CLOSED, (1.0, 1.4, 0.0, 0.0)),
    "open rectangle": (RECT_OPEN, (1.0, 1.4, 0.0, 0.0)),
    "trapezoid": (TRAPEZOIDAL, (1.0, 0.5, 1.0, 2.0)),
    "wide trapezoid": (TRAPEZOIDAL, (1.0, 3.0, 1.0, 2.0)),
    "upright trapezoid": (TRAPEZOIDAL, (1.0, 0.8, 0.0, 1e-9)),
    "triangle": (TRIANGULAR, (1.0, 2.0, 0.0, 0.0)),
    "force main": (FORCE_MAIN, (0.6, 120.0, 0.0, 0.0)),
    "irregular": (IRREGULAR, (0.0, 0.0, 0.0, 0.0)),
}
GROUND = {
    "station": np.array([0.0, 2.0, 3.0, 5.0, 6.0, 8.0]),
    "elevation": np.array([2.0, 1.0, 0.0, 0.0, 1.0, 2.0]),
    "left_bank": 2.0,
    "right_bank": 6.0,
    "manning": (0.06, 0.06, 0.03),
}


def section(kind: int, geometry: tuple[float, ...]) -> Sections:
    tables = [transect_table(**GROUND)] if kind == IRREGULAR else []
    return Sections(
        np.array([kind], dtype=np.int8), np.array([geometry]), transect=np.zeros(1, dtype=np.int32), tables=tables
    )


@pytest.fixture(params=SHAPES, scope="module")
def shape(request: pytest.FixtureRequest) -> Sections:
    return section(*SHAPES[request.param])


def test_a_circle_is_exact_at_the_points_of_its_table() -> None:
    depth = np.linspace(0.0, 1.2, 51)
    angle = 2.0 * np.arccos(1.0 - 2.0 * depth / 1.2)
    area, width, radius = section(*SHAPES["circle"]).geometry(0, depth).T
    assert area == pytest.approx(0.18 * (angle - np.sin(angle)), abs=1e-12)
    assert width == pytest.approx(1.2 * np.sin(angle / 2.0), abs=1e-7)
    assert radius[1:] == pytest.approx(0.3 * (1.0 - np.sin(angle[1:]) / angle[1:]))


def test_a_full_circle_carries_mannings_flow_and_most_at_94_percent_of_its_depth() -> None:
    """The most is 1.0757 times the full flow at 0.938 of the diameter; half full carries half."""
    circle = section(*SHAPES["circle"])
    depth = 1.2 * np.linspace(0.02, 1.0, 981)
    area, _, radius = circle.geometry(0, depth).T
    flow = area * radius ** (2.0 / 3.0)
    assert flow[-1] == pytest.approx(np.pi / 4.0 * 1.2**2 * 0.3 ** (2.0 / 3.0))
    assert flow.max() / flow[-1] == pytest.approx(1.0757, abs=0.001)
    assert depth[flow.argmax()] / 1.2 == pytest.approx(0.938, abs=0.01)
    assert np.interp(0.6, depth, flow) / flow[-1] == pytest.approx(0.5, abs=1e-3)


def test_a_trapezoid_and_a_triangle_are_their_formulas() -> None:
    area, width, radius = section(*SHAPES["trapezoid"]).geometry(0, np.array([0.4])).T
    assert (area[0], width[0]) == pytest.approx((0.5 * 0.4 + 1.5 * 0.16, 0.5 + 3.0 * 0.4))
    assert radius[0] == pytest.approx(area[0] / (0.5 + 0.4 * (np.sqrt(2.0) + np.sqrt(5.0))))
    area, width, radius = section(*SHAPES["triangle"]).geometry(0, np.array([0.5])).T
    assert (area[0], width[0], radius[0]) == pytest.approx((0.25, 1.0, 0.25 / np.sqrt(2.0)))


def test_the_lid_of_a_closed_rectangle_is_wetted_near_the_top() -> None:
    closed = section(*SHAPES["closed rectangle"])
    radius = closed.geometry(0, np.array([0.97, 1.0]))[:, 2]
    assert radius == pytest.approx([0.97 * 1.4 / (1.4 + 1.94), 1.4 / 4.8])
    assert closed.full(0)[4] == pytest.approx(0.97 * 1.4 * (0.97 * 1.4 / (1.4 + 1.94)) ** (2.0 / 3.0))


def test_an_irregular_section_is_the_ground_below_the_water() -> None:
    depth, width, area, radius, _ = section(*SHAPES["irregular"]).full(0)
    assert (depth, width, area) == pytest.approx((2.0, 8.0, 9.0))
    channel, bank = 7.0 * (7.0 / (2.0 + 2.0 * np.sqrt(2.0))) ** (2.0 / 3.0), 1.0 * (1.0 / np.sqrt(5.0)) ** (2.0 / 3.0)
    assert radius == pytest.approx(((channel + 2.0 * bank * 0.5) / 9.0) ** 1.5)


def test_banks_of_the_channels_roughness_make_one_section() -> None:
    table = transect_table(**{**GROUND, "manning": (0.03, 0.03, 0.03)})
    assert table["full"][3] != transect_table(**GROUND)["full"][3]
    assert table["shares"][0].tolist() == [0.0, table["shares"][1][1], 0.0]


def test_area_and_depth_grow_together(shape: Sections) -> None:
    full = shape.full(0)[0]
    area = shape.geometry(0, np.linspace(0.0, full, 400))[:, 0]
    assert (np.diff(area) > 0.0).all()
    assert area[-1] == pytest.approx(shape.full(0)[2])


@given(share=st.floats(1e-6, 0.9))
def test_the_normal_depth_gives_the_flow_back(shape: Sections, share: float) -> None:
    full, _, area, radius, _ = shape.full(0)
    flow = share * 10.0 * area * radius ** (2.0 / 3.0)
    depth = shape.depths(0, np.array([flow]), 10.0)[0, 0]
    got_area, _, got_radius = shape.geometry(0, np.array([depth]))[0]
    assert 0.0 < depth < full
    # the circle's tables are as coarse as SWMM's
    least = 1e-4 * 10.0 * area * radius ** (2.0 / 3.0)
    assert 10.0 * got_area * got_radius ** (2.0 / 3.0) == pytest.approx(flow, rel=0.04, abs=least)


@given(share=st.floats(0.05, 0.9))
def test_at_the_critical_depth_the_froude_number_is_one(shape: Sections, share: float) -> None:
    area, width, _ = shape.geometry(0, np.array([share * shape.full(0)[0]]))[0]
    flow = area * np.sqrt(GRAVITY * area / width)
    # interpolated between depths 4 % apart, as in SWMM
    assert shape.depths(0, np.array([flow]), 10.0)[0, 1] == pytest.approx(share * shape.full(0)[0], rel=0.03, abs=0.005)


def test_what_no_section_can_carry_fills_it(shape: Sections) -> None:
    full, most = shape.full(0)[0], shape.full(0)[4]
    normal, critical = shape.depths(0, np.array([1e9]), 1.0)[0]
    assert 0.9 * full < normal <= full * (1 + 1e-9)
    assert critical == full
    assert shape.depths(0, np.array([0.0]), 1.0).tolist() == [[0.0, 0.0]]
    assert shape.depths(0, np.array([most]), 1.0)[0, 0] <= full


def test_beyond_its_full_flow_a_circle_is_full() -> None:
    circle = section(*SHAPES["circle"])
    full, _, area, radius, most = circle.full(0)
    flow = np.array([1.005 * area * radius ** (2.0 / 3.0), most])
    assert circle.depths(0, flow, 1.0)[:, 0] == pytest.approx([full] * 2)


def test_beyond_its_full_flow_a_closed_rectangle_has_the_upper_of_two_depths() -> None:
    closed = section(*SHAPES["closed rectangle"])
    full, _, area, radius, _ = closed.full(0)
    flow = np.array([1.005, 1.04]) * area * radius ** (2.0 / 3.0)
    high, low = closed.depths(0, flow, 1.0)[:, 0]
    assert full > high > low > 0.9 * full


@pytest.mark.parametrize(
    ("kind", "geometry"),
    [
        (CIRCULAR, (0.0, 0, 0, 0)),
        (FORCE_MAIN, (-1.0, 0, 0, 0)),
        (RECT_OPEN, (1.0, 0, 0, 0)),
        (TRIANGULAR, (1.0, np.nan, 0, 0)),
        (TRAPEZOIDAL, (1.0, 0, 0, 0)),
        (TRAPEZOIDAL, (1.0, 1.0, -1.0, 0)),
        (9, (1.0, 1.0, 0, 0)),
    ],
)
def test_a_section_without_room_is_refused_by_the_links_name(kind: int, geometry: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="Main St"):
        Sections(np.array([kind], dtype=np.int8), np.array([geometry], dtype=float), names=["Main St"])


def test_a_missing_transect_and_a_wrong_shape_are_refused() -> None:
    irregular = np.array([IRREGULAR], dtype=np.int8)
    with pytest.raises(ValueError, match="transect -1 is none of the 0"):
        Sections(irregular, np.zeros((1, 4)))
    with pytest.raises(ValueError, match=r"\(1, 4\) is needed"):
        Sections(irregular, np.zeros((2, 4)))
    none = Sections(np.array([-1], dtype=np.int8), np.zeros((1, 4)))
    for k in (0, 7):
        with pytest.raises(ValueError, match="none of the 1 sections"):
            none.full(k)


@pytest.mark.parametrize(
    "change",
    [
        {"station": np.array([0.0, 1.0, 0.5, 5.0, 6.0, 8.0])},
        {"elevation": np.ones(6)},
        {"manning": (0.03, 0.0, 0.03)},
        {"station": np.array([1.0]), "elevation": np.array([1.0])},
    ],
)
def test_a_transect_that_holds_no_water_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a transect needs"):
        transect_table(**(GROUND | change))  # type: ignore[arg-type]
