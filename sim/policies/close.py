"""When an underpass is closed to traffic: rules of the ``close`` lever."""

from __future__ import annotations

from dataclasses import dataclass

from sim.scenario.rain import LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderpassView:
    """An underpass as the control room sees it.

    depth_m : what its gauge last told;  age_s : how old that is
    rain_m_s : mean of the last ten minutes over it;  warning : the highest level in force, ``""`` = none
    """

    street: int
    depth_m: float
    age_s: float
    rain_m_s: float
    warning: str
    is_closed: bool


def never(view: UnderpassView) -> bool:
    """Leave it open."""
    return False


def by_depth(view: UnderpassView, *, at: float) -> bool:
    """Close once its gauge shows that depth, m."""
    return view.depth_m >= at


def by_rain(view: UnderpassView, *, over: float) -> bool:
    """Close while it rains that hard over it, m/s."""
    return view.rain_m_s >= over


def by_warning(view: UnderpassView, *, level: str) -> bool:
    """Close while a warning of that level or a higher one is in force."""
    return bool(view.warning) and LEVELS.index(view.warning) >= LEVELS.index(level)
