import pytest

from sim.city.synthetic.naming import compass_point, numbered, subdistrict_names


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [(1, 0, "East"), (1, 1, "North-East"), (0, 1, "North"), (-1, 0.1, "West"), (-1, -0.1, "West"),
     (1, -1, "South-East")],
)  # fmt: skip
def test_a_way_is_called_after_the_nearest_point_of_the_compass(x: float, y: float, name: str) -> None:
    assert compass_point(x, y) == name


def test_names_that_stand_twice_get_numbers() -> None:
    assert numbered(["North", "East", "North"]) == ("North 1", "East", "North 2")


@pytest.mark.parametrize("count", [1, 300, 1000])
def test_sub_districts_have_names_of_their_own(count: int) -> None:
    assert len(set(subdistrict_names(count))) == count
