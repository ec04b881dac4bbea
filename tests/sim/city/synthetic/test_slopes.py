import dataclasses

import numpy as np

from sim.city.streets import Structure
from sim.city.synthetic.slopes import STREETS_PER_SLOPE, steep_streets, street_middles
from sim.city.terrain import Terrain
from tests.sim.city.synthetic.small_plan import level_ground, square_plan

PLAN = square_plan(20, 20, river=False)


def _hillside(rise: float) -> Terrain:
    """Ground that rises towards the east by so many metres a metre."""
    level = level_ground(PLAN)
    x = np.arange(level.shape[1]) * 10.0
    return Terrain(np.tile(rise * x, (level.shape[0], 1)).astype(np.float32), 10.0, origin=level.origin)


def test_on_a_steep_hillside_streets_along_it_have_slopes_and_streets_up_it_have_none() -> None:
    street, height = steep_streets(PLAN.streets, _hillside(0.3))
    assert len(street) == -(-PLAN.streets.n_streets // STREETS_PER_SLOPE)
    along = PLAN.streets.xy[PLAN.streets.head[street]] - PLAN.streets.xy[PLAN.streets.tail[street]]
    assert (along[:, 0] == 0.0).all()
    assert ((height >= 5.0) & (height <= 9.1)).all()


def test_gentle_ground_is_no_slope() -> None:
    assert len(steep_streets(PLAN.streets, _hillside(0.1))[0]) == 0


def test_beyond_the_raster_the_ground_is_level() -> None:
    small = Terrain(np.array([[0.0, 50.0], [90.0, 50.0]], dtype=np.float32), 10.0, origin=(-9000.0, -9000.0))
    assert len(steep_streets(PLAN.streets, small)[0]) == 0


def test_tunnels_have_no_slopes_beside_them() -> None:
    under = np.full(PLAN.streets.n_streets, Structure.TUNNEL, dtype=np.int8)
    streets = dataclasses.replace(PLAN.streets, structure=under)
    assert len(steep_streets(streets, _hillside(0.3))[0]) == 0


def test_the_middle_of_a_bent_street_is_at_its_middle_bend() -> None:
    first = np.full(PLAN.streets.n_streets + 1, 3, dtype=np.int32)
    first[0] = 0
    bends = np.array([[10.0, 5.0], [60.0, 20.0], [110.0, 5.0]])
    middles = street_middles(dataclasses.replace(PLAN.streets, bend_first=first, bend_xy=bends))
    assert middles[0].tolist() == [60.0, 20.0]
    assert middles[1].tolist() == [180.0, 0.0]
