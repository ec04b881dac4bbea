"""Underpasses are closed and opened by a policy's rule, from what their gauges, the rain and the warnings tell."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sim.city.streets import Structure
from sim.policies.close import UnderpassView
from sim.world.clock import Owner, Phase, Steps

if TYPE_CHECKING:
    from sim.city.layers import Layers
    from sim.world.floods import Floods
    from sim.world.world import World

RAIN_WINDOW_S = 600.0
"""The rain that a rule sees is the mean of so long."""
GONE_M = 0.05
"""An underpass opens again once its water is lower than this."""


class Closing:
    """The control room that watches the underpasses; each has a gauge, and a barrier that needs nobody."""

    def __init__(
        self,
        world: World,
        layers: Layers,
        floods: Floods,
        *,
        rule: Callable[[UnderpassView], bool],
        sign_off_s: float,
    ) -> None:
        self._world = world
        self._floods = floods
        self._rule = rule
        self._sign_off_s = sign_off_s
        streets = layers.streets
        self.underpasses = np.flatnonzero(streets.structure == Structure.UNDERPASS)
        middle = (streets.xy[streets.tail[self.underpasses]] + streets.xy[streets.head[self.underpasses]]) / 2.0
        self._rain = [storm.field.series_at(middle) / 3.6e6 for storm in world.storms]
        self._asked_s: dict[int, float] = {}
        self._told: deque[tuple[float, np.ndarray]] = deque()

    def run(self) -> Steps:
        """Ask the rule about each underpass whenever the gauges are read."""
        if not len(self.underpasses):
            return
        world, every, k = self._world, self._world.scenario.flood.every, 1
        while True:
            yield world.clock.at(k * every, Phase.DECIDE, Owner.CLOSING)
            now_s = world.clock.now_s
            self._told.append((now_s, self._floods.depth_m[self.underpasses].copy()))
            depth, age_s = self._known(now_s)
            rain = self._rain_of(now_s)
            for i, street in enumerate(self.underpasses.tolist()):
                view = UnderpassView(
                    street=street,
                    depth_m=float(depth[i]),
                    age_s=age_s,
                    rain_m_s=float(rain[i]),
                    warning=world.warning,
                    is_closed=bool(self._floods.is_closed[street]),
                )
                self._decide(view, now_s)
            k += 1

    def _known(self, now_s: float) -> tuple[np.ndarray, float]:
        """What the gauges told last: readings are a delay old."""
        delay_s = self._world.scenario.flood.gauge_delay
        while len(self._told) > 1 and self._told[1][0] <= now_s - delay_s:
            self._told.popleft()
        told_s, depth = self._told[0]
        return (depth, now_s - told_s) if told_s <= now_s - delay_s else (np.zeros(len(depth)), now_s)

    def _rain_of(self, now_s: float) -> np.ndarray:
        """The mean rain of the last ten minutes over each underpass, m/s."""
        total = np.zeros(len(self.underpasses))
        for storm, series in zip(self._world.storms, self._rain, strict=True):
            field = storm.field
            steps = max(round(RAIN_WINDOW_S / field.step_s), 1)
            passed = int((now_s - field.start_s) // field.step_s)
            first, last = max(passed - steps, 0), min(max(passed, 0), field.n_steps)
            total += series[:, first:last].sum(axis=1) / steps
        return total

    def _decide(self, view: UnderpassView, now_s: float) -> None:
        wants = self._rule(view)
        if not view.is_closed:
            if not wants:
                self._asked_s.pop(view.street, None)
            elif now_s >= self._asked_s.setdefault(view.street, now_s) + self._sign_off_s:
                self._floods.close(view.street, is_closed=True)
        elif not wants and view.depth_m < GONE_M:
            self._asked_s.pop(view.street, None)
            self._floods.close(view.street, is_closed=False)
