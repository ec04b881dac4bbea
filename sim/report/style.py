"""How the pictures look: sizes, colours that colour-blind eyes tell apart, clock times, and files without a date.

Figures are made without pyplot, so drawing one changes nothing for whoever calls.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sim.units import written_clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The palette of Okabe and Ito (2008).
INK: Final = "#222222"
PALE: Final = "#D9D9D9"
GREY: Final = "#8A8A8A"
BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"

#: Colour and dashes of the policies in their order: each line is told from the others by both.
POLICY_LINES: Final[tuple[tuple[str, Any], ...]] = (
    (INK, (0, (5, 2))),
    (BLUE, "-"),
    (VERMILLION, (0, (7, 1.5, 1.5, 1.5))),
    (GREEN, (0, (1.5, 1.5))),
    (PURPLE, (0, (3, 1, 1, 1, 1, 1))),
    (ORANGE, (0, (10, 3))),
)
DAY_H: Final = 24.0
DPI: Final = 110
_STEPS_H: Final = (1, 2, 3, 6, 12, 24, 48, 168, 336, 720)
_CJK: Final = ("Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Zen Hei")


@contextmanager
def look() -> Iterator[None]:
    """The style in which every figure is made and saved; what the user has set otherwise is left alone."""
    from matplotlib import rc_context, style

    with rc_context(), style.context(["default", _settings()]):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that lays itself out; to be called within ``look``."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), dpi=DPI, layout="constrained")


def save(figure: Figure, path: Path) -> Path:
    """Write the figure as PNG and give the path; the same figure gives the same bytes."""
    with look():
        figure.savefig(path, format="png", metadata={"Software": None})
    return path


def small_png(figure: Figure, *, dpi: int = 75, colours: int = 256) -> bytes:
    """The figure as a PNG of few colours, a fraction of the size of what ``save`` writes: for notebooks."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    with look():
        figure.savefig(drawn, format="png", dpi=dpi)
    with Image.open(drawn) as image:
        # An octree keeps colours that cover little, such as a river or a symbol.
        few = image.convert("RGB").quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(small, format="PNG", optimize=True)
    return small.getvalue()


def line_of(policy: str, policies: Sequence[str]) -> tuple[str, Any]:
    """The colour and dashes of a policy; the baseline, which comes first, is black and dashed."""
    return POLICY_LINES[policies.index(policy) % len(POLICY_LINES)]


def clock_text(hours: float) -> str:
    """Hours since the first midnight in words, to the minute: ``09:40`` on the first day, later ``day 2, 09:40``."""
    minutes = round(hours * 60.0)
    day, minute = divmod(minutes, 1440)
    written = written_clock(60.0 * minute)
    return written if day == 0 else f"day {day + 1}, {written}"


def clock_axis(axes: Axes, began_h: float, ended_h: float, *, most: int = 9) -> None:
    """Give the x axis, in hours since the first midnight, at most so many clock times (one more at an end)."""
    span = ended_h - began_h
    step = next((step for step in _STEPS_H if span / step <= most), _STEPS_H[-1])
    first = math.ceil(began_h / step - 1e-9)
    ticks = [float(k * step) for k in range(first, math.floor(ended_h / step + 1e-9) + 1)]
    axes.set_xlim(began_h, ended_h)
    axes.set_xticks(ticks, [_tick_text(tick, step) for tick in ticks])


def _tick_text(hours: float, step: int) -> str:
    day = int(hours // DAY_H) + 1
    if step >= DAY_H:
        return f"day {day}"
    clock = written_clock(3600.0 * (hours % DAY_H))
    return f"{clock}\nday {day}" if hours % DAY_H == 0.0 else clock


def plain_axes(axes: Axes, *, grid: str = "y") -> None:
    """No frame but the two axes that carry a scale, and a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=PALE, linewidth=0.7)  # type: ignore[arg-type]


def _settings() -> dict[str, Any]:
    from matplotlib import font_manager

    there = set(font_manager.get_font_names())
    return {
        "font.family": ["DejaVu Sans", *(name for name in _CJK if name in there)],
        "font.size": 11.0,
        "axes.titlesize": 12.0,
        "axes.titlelocation": "left",
        "figure.titlesize": 14.0,
        "figure.facecolor": "white",
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "hatch.linewidth": 0.8,
        "text.parse_math": False,  # a policy may be called $cheap$
        "savefig.dpi": DPI,
    }
