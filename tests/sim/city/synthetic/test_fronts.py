import dataclasses

import numpy as np
import pytest

from sim.city.streets import StreetClass
from sim.city.synthetic.fronts import fronts_of
from sim.errors import CityOpsError
from tests.sim.city.synthetic.small_plan import square_plan


def test_each_block_fronts_its_four_streets_at_both_ends() -> None:
    plan = square_plan(4, 4, river=False)
    fronts = fronts_of(plan, plan.streets)
    assert np.bincount(fronts.block).tolist() == [8] * 9
    assert (np.diff(fronts.corner) >= 0).all()


def test_bridges_and_expressways_have_no_fronts() -> None:
    plan = square_plan(12, 12)
    streets = dataclasses.replace(
        plan.streets, street_class=np.where(np.arange(plan.streets.n_streets) < 50, StreetClass.EXPRESSWAY, 3)
    )
    used = np.unique(fronts_of(plan, streets).street)
    assert used.min() >= 50
    assert (streets.structure[used] == 0).all()


def test_the_block_at_a_corner_is_one_that_touches_it() -> None:
    plan = square_plan(4, 4, river=False)
    found = fronts_of(plan, plan.streets).block_at(np.array([0, 3, 15], dtype=np.int32))
    assert found.tolist() == [0, 2, 8]


def test_a_town_of_expressways_alone_is_refused() -> None:
    plan = square_plan(4, 4, river=False)
    streets = dataclasses.replace(plan.streets, street_class=np.zeros(plan.streets.n_streets, dtype=np.int8))
    with pytest.raises(CityOpsError, match="no street has a block beside it"):
        fronts_of(plan, streets)
