import numpy as np
import pytest

from sim.city.synthetic.fields import smooth_normals
from sim.draws import Draws

GRID = np.column_stack([axis.ravel() for axis in np.meshgrid(*[np.arange(-40_000.0, 40_000.0, 400.0)] * 2)])


def _field(xy: np.ndarray, seed: int = 7) -> np.ndarray:
    return smooth_normals(Draws(seed, 0), "town parks", xy, wavelength_m=1000.0)


def test_values_are_standard_normal() -> None:
    values = _field(GRID)
    assert values.mean() == pytest.approx(0.0, abs=0.03)
    assert values.std() == pytest.approx(1.0, abs=0.03)


def test_near_places_are_alike_and_far_ones_are_not() -> None:
    here = _field(GRID)
    assert np.corrcoef(here, _field(GRID + np.array([50.0, 0.0])))[0, 1] > 0.95
    assert abs(np.corrcoef(here, _field(GRID + np.array([1500.0, 0.0])))[0, 1]) < 0.03


def test_a_place_has_its_value_whatever_else_is_asked_for() -> None:
    assert _field(GRID[:10]).tolist() == _field(GRID)[:10].tolist()
    assert (_field(GRID[:10], seed=8) != _field(GRID[:10])).all()
