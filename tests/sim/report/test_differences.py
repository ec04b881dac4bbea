"""The dots, the bars and the zone of what does not matter."""

import numpy as np
import pytest

from sim.experiment.statistics import t_interval
from sim.report.differences import draw
from sim.report.style import look

SAVED = {"b": np.array([1.0, 2.0, 6.0]), "c": np.array([-4.0, 0.0, 1.0])}


def figure(**options: float):
    with look():
        drawn = draw(SAVED, ["a", "b", "c"], unit="customer h", confidence=0.95, **options)
    drawn.draw_without_rendering()
    return drawn.axes[0]


def test_every_replication_is_a_dot_and_every_mean_has_its_interval() -> None:
    axes = figure()
    dots = [sorted(c.get_offsets()[:, 0].tolist()) for c in axes.collections]
    assert dots == [[1.0, 2.0, 6.0], [-4.0, 0.0, 1.0]]
    bars = [line.get_xdata() for line in axes.get_lines()[1:]]
    for (ends, middle), values in zip((bars[:2], bars[2:]), SAVED.values(), strict=True):
        interval = t_interval(values, confidence=0.95)
        assert list(ends) == pytest.approx([interval.low, interval.high])
        assert middle[0] == pytest.approx(values.mean())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "c"]
    assert "saved against a, customer h" in axes.get_xlabel()


def test_what_does_not_matter_is_grey_where_it_is_stated() -> None:
    assert not figure().patches
    (zone,) = figure(delta=2.5).patches
    assert (zone.get_x(), zone.get_width()) == (-2.5, 5.0)
