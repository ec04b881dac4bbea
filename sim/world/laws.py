"""Random durations by the laws of a scenario, on the grid of planned times."""

from __future__ import annotations

import math

from sim.draws import Draws
from sim.scenario.schema import Law
from sim.units import on_grid


def duration(draws: Draws, law: Law, purpose: str, entity: int, *, k: int = 0) -> float:
    """The duration in seconds that this thing meets for this purpose the k-th time."""
    if law.lognormal is not None:
        drawn = draws.lognormal(purpose, entity, k, median=law.lognormal.median, sigma=law.lognormal.sigma)
    elif law.exponential is not None:
        drawn = draws.exponential(purpose, entity, k, mean=law.exponential.mean)
    elif law.gamma is not None:
        drawn = draws.gamma(purpose, entity, k, mean=law.gamma.mean, shape=law.gamma.shape)
    else:
        drawn = expected(law)
    return on_grid(drawn)


def expected(law: Law) -> float:
    """The mean of the law, in seconds: what a planner reckons with."""
    if law.lognormal is not None:
        return law.lognormal.median * math.exp(law.lognormal.sigma**2 / 2.0)
    if law.exponential is not None:
        return law.exponential.mean
    if law.gamma is not None:
        return law.gamma.mean
    assert law.fixed is not None, "the schema asks for one law"
    return law.fixed
