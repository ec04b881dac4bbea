import numpy as np
import pytest

from sim.city.blocks import People


@pytest.fixture
def people() -> People:
    return People(
        land_use=np.zeros(3, dtype=np.int8),
        built_year=np.full(3, 1980, dtype=np.int16),
        population=np.array([10.0, 20.0, 30.0]),
        jobs=np.zeros(3),
        vulnerable=np.full(3, 0.2),
        impervious=np.full(3, 0.6),
        subdistrict=np.array([2, 0, 1], dtype=np.int32),
        district_of_subdistrict=np.array([0, 0, 1], dtype=np.int32),
        subdistrict_names=("Willow Gate", "Stone Hill", "Mill Lane"),
        district_names=("Old Town", "North"),
    )


def test_the_district_of_a_block_is_that_of_its_sub_district(people: People) -> None:
    assert people.district.tolist() == [1, 0, 0]


def test_people_cannot_be_changed(people: People) -> None:
    with pytest.raises(ValueError, match="read-only"):
        people.population[0] = 1.0
