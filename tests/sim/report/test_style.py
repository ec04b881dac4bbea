"""Clock times, ticks, and what is left alone."""

import io
from types import SimpleNamespace

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sim.report.style import POLICY_LINES, VERMILLION, clock_axis, clock_text, line_of, look, new_figure, small_png


@pytest.mark.parametrize(
    "hours, text",
    [
        (0.0, "00:00"),
        (9.0 + 40.0 / 60.0, "09:40"),
        (24.0, "day 2, 00:00"),
        (23.9999, "day 2, 00:00"),
        (50.5, "day 3, 02:30"),
    ],
)
def test_times_are_written_as_clock_times_and_days(hours: float, text: str) -> None:
    assert clock_text(hours) == text


@given(began=st.floats(0.0, 48.0), span=st.floats(0.5, 2000.0))
def test_an_axis_has_few_ticks_at_whole_hours_within_its_ends(began: float, span: float) -> None:
    kept = {}
    axes = SimpleNamespace(set_xlim=lambda *_: None, set_xticks=lambda ticks, labels: kept.update(t=ticks, l=labels))
    clock_axis(axes, began, began + span)
    assert len(kept["t"]) == len(kept["l"]) <= 10
    assert all(began - 1e-6 <= tick <= began + span + 1e-6 and tick == int(tick) for tick in kept["t"])
    assert len(set(zip(kept["t"], kept["l"], strict=True))) == len(kept["t"])


def test_midnight_names_the_day_and_long_axes_have_days_only() -> None:
    with look():
        axes = new_figure(4, 3).subplots()
    clock_axis(axes, 20.0, 30.0)
    assert [t.get_text() for t in axes.get_xticklabels()] == [
        "20:00",
        "22:00",
        "00:00\nday 2",
        "02:00",
        "04:00",
        "06:00",
    ]
    clock_axis(axes, 0.0, 120.0)
    assert [t.get_text() for t in axes.get_xticklabels()] == [f"day {k}" for k in range(1, 7)]


def test_no_two_policies_of_six_share_colour_or_dashes() -> None:
    names = [f"p{k}" for k in range(6)]
    lines = [line_of(name, names) for name in names]
    assert len({colour for colour, _ in lines}) == len({str(dashes) for _, dashes in lines}) == len(POLICY_LINES)


def test_the_style_leaves_the_users_settings_as_they_were() -> None:
    before = dict(matplotlib.rcParams)
    with look():
        assert matplotlib.rcParams["font.size"] >= 10
    assert dict(matplotlib.rcParams) == before


def test_a_small_picture_keeps_its_colours_and_its_text() -> None:
    with look():
        figure = new_figure(4, 3)
    axes = figure.subplots()
    axes.plot(0.0, 0.0, marker="s", color=VERMILLION, markersize=4.0)
    axes.set_title("a title")
    with Image.open(io.BytesIO(small_png(figure))) as image:
        colours = {colour for _, colour in image.convert("RGB").getcolors()}
    assert min(abs(r - 0xD5) + abs(g - 0x5E) + abs(b) for r, g, b in colours) < 12
    assert len(small_png(figure)) < 10_000
