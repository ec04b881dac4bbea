"""The rules that close underpasses, and rules of users' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.errors import CityOpsError, PolicyError
from sim.policies.close import LEVELS, UnderpassView, by_depth, by_rain, by_warning, never
from sim.policies.loading import load_closing
from tests.sim.world.flooded import scenario


def view(
    depth_m: float = 0.0, rain_m_s: float = 0.0, warning: str = "", *, age_s: float = 60.0, is_closed: bool = False
) -> UnderpassView:
    return UnderpassView(
        street=3, depth_m=depth_m, age_s=age_s, rain_m_s=rain_m_s, warning=warning, is_closed=is_closed
    )


def test_by_depth_and_by_rain_the_limit_itself_closes() -> None:
    assert by_depth(view(0.27), at=0.27) and not by_depth(view(0.26), at=0.27)
    assert by_rain(view(rain_m_s=1e-5), over=1e-5) and not by_rain(view(rain_m_s=9e-6), over=1e-5)
    assert not never(view(9.0, 1.0, "red"))


@pytest.mark.parametrize("level", LEVELS)
def test_by_warning_a_level_and_all_above_it_close(level: str) -> None:
    closed = [one for one in LEVELS if by_warning(view(warning=one), level=level)]
    assert closed == list(LEVELS[LEVELS.index(level) :])
    assert not by_warning(view(), level=level)


@pytest.mark.parametrize(
    ("policy", "closes", "leaves"),
    [
        ("depth", view(0.27), view(0.26, 1.0, "red")),
        ("signed", view(0.27), view(0.26)),
        ("rain", view(rain_m_s=50.0 / 3.6e6), view(9.0, 49.0 / 3.6e6, "red")),
        ("orange", view(warning="orange"), view(9.0, 1.0, "yellow")),
    ],
)
def test_the_rule_of_a_scenario_has_its_own_limit(
    tmp_path: Path, policy: str, closes: UnderpassView, leaves: UnderpassView
) -> None:
    rule = load_closing(scenario(tmp_path), policy)
    assert rule(closes) and not rule(leaves)


@pytest.mark.parametrize("policies", [{}, {"python": "rules.py:Mine"}])
def test_what_says_nothing_of_closing_leaves_open(tmp_path: Path, policies: dict[str, str]) -> None:
    (tmp_path / "rules.py").touch()
    assert not load_closing(scenario(tmp_path, policies__open=policies), "open")(view(9.0, 1.0, "red"))


def own(folder: Path, source: str) -> Callable[[UnderpassView], bool]:
    (folder / "rules.py").write_text(source)
    return load_closing(scenario(folder, policies__open={"close": {"python": "rules.py:mine"}}), "open")


def test_a_rule_of_ones_own_sees_what_the_control_room_sees(tmp_path: Path) -> None:
    rule = own(tmp_path, "def mine(view):\n    return view.depth_m > 0.1 and view.age_s < 120 and not view.is_closed\n")
    assert rule(view(0.2)) is True
    assert rule(view(0.2, is_closed=True)) is False
    assert rule(view(0.2, age_s=300.0)) is False
    assert own(tmp_path, "def mine(view):\n    pass\n")(view()) is False


def test_a_rule_that_fails_is_told_with_its_line(tmp_path: Path) -> None:
    rule = own(tmp_path, "def mine(view):\n    return view.depth\n")
    with pytest.raises(PolicyError, match=r"rules\.py:2: the rule for 'close' of the policy 'open' failed: Attribute"):
        rule(view())


@pytest.mark.parametrize(
    ("source", "told"), [("mine = 3\n", "'close' is 3, which cannot be called"), ("mein = max\n", "does not define it")]
)
def test_what_is_no_rule_is_refused(tmp_path: Path, source: str, told: str) -> None:
    with pytest.raises(CityOpsError, match=told):
        own(tmp_path, source)
