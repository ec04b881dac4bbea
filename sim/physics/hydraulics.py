"""The moving state of a water network: time, interventions, one solve per instant, forks, and a past that is shared.

It has no clock of its own: whoever owns time calls ``advance`` and ``settle``. Looking at it changes no bit.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cext.pipes import State
from sim.city.solving import solver
from sim.city.water import WaterNetwork

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Hydraulics:
    """A water network in motion; pressures and flows hold between solves, tanks move.

    pressure_driven : (minimum m, required m, exponent) of the pressure-demand relation, or None for the file's own
    clock_start_s : clock time at time 0, whole seconds, where it is not the file's; it shifts patterns and controls
    ValueError for what the kernel cannot take.
    """

    def __init__(
        self,
        network: WaterNetwork,
        *,
        pressure_driven: tuple[float, float, float] | None = None,
        clock_start_s: float | None = None,
        accuracy: float | None = None,
        trials: int | None = None,
    ) -> None:
        kernel = solver(
            network, pressure_driven=pressure_driven, clock_start_s=clock_start_s, accuracy=accuracy, trials=trials
        )
        self._elevation_m = network.elevation_m
        self._state: State = kernel.start()
        self._followed: Followed | None = None
        self._now_s = 0.0
        self._is_dirty = True

    @property
    def now_s(self) -> float:
        """Seconds since the start."""
        return self._now_s

    @property
    def next_change_s(self) -> float:
        """When it has to be settled next, if nobody intervenes: now, while something is marked."""
        return self._now_s if self._is_dirty else self._state.next_s

    @property
    def solved_s(self) -> float:
        """When it was solved last."""
        return self._state.solved_s

    @property
    def balanced(self) -> bool:
        """Whether the last solve converged."""
        return bool(self._state.balanced)

    def advance(self, to_s: float) -> None:
        """Move time on, at most to the next change (AssertionError); reaching it marks the state to be settled."""
        assert self._now_s <= to_s <= max(self._now_s, self.next_change_s), (
            f"cannot advance from {self._now_s} s to {to_s} s: the next change is at {self.next_change_s} s"
        )
        self._now_s = to_s
        self._is_dirty = self._is_dirty or to_s == self._state.next_s

    def settle(self) -> bool:
        """Solve for what was marked at this instant; whether there was anything."""
        if not self._is_dirty:
            return False
        if self._followed is not None:
            self._followed = self._followed.next()
            self._state = self._followed.state
        else:
            self._state.solve(self._now_s)
        self._is_dirty = False
        return True

    def fork(self) -> Hydraulics:
        """A state that goes on with the same bits, and apart from this one."""
        other = object.__new__(Hydraulics)
        other._elevation_m = self._elevation_m
        other._state = self._state if self._followed is not None else self._state.copy()
        other._followed = self._followed
        other._now_s, other._is_dirty = self._now_s, self._is_dirty
        return other

    def set_leak(self, node: int, area_m2: float) -> None:
        """A hole at a junction, 0.75 A sqrt(2 g p); 0 takes it away. ValueError for what is no junction or no area."""
        self._own().set_leak(node, area_m2)

    def close_link(self, link: int) -> None:
        """Hold a link closed, whatever its controls say, until it is released."""
        self._own().close_link(link)

    def release_link(self, link: int) -> None:
        """Give a held link back to its controls."""
        self._own().release_link(link)

    def set_status(self, link: int, is_open: bool, speed: float = float("nan")) -> None:
        """Set status and, for a pump, relative speed as a control would; NaN leaves the speed."""
        self._own().set_status(link, is_open, speed)

    def set_tank_level(self, node: int, level_m: float) -> None:
        """Set how high a tank stands, in m above its elevation. ValueError beyond its limits."""
        self._own().set_tank_level(node, level_m, self._now_s)

    def _own(self) -> State:
        """The state to intervene in, which a followed past does not share any more; it is marked to be settled."""
        if self._followed is not None:
            self._state, self._followed = self._state.copy(), None
        self._is_dirty = True
        return self._state

    @property
    def head_m(self) -> Floats:
        """Total head at each node, m; means nothing where ``unsupplied``."""
        return self._state.head_m(self._now_s)

    @property
    def pressure_m(self) -> Floats:
        """Head above the node's elevation, m."""
        return self.head_m - self._elevation_m

    @property
    def tank_level_m(self) -> Floats:
        """How high each tank stands now, m above its elevation; NaN where there is none."""
        return self._state.tank_level_m(self._now_s)

    @property
    def solved_level_m(self) -> Floats:
        """How high each tank stood at the last solve, m above its elevation; NaN where there is none."""
        return self._state.tank_level_m(self._state.solved_s)

    @property
    def demand_m3s(self) -> Floats:
        """What customers ask for at each node, m3/s."""
        return self._state.demand_m3s()

    @property
    def delivered_m3s(self) -> Floats:
        """What customers get at each node, m3/s."""
        return self._state.delivered_m3s()

    @property
    def leak_m3s(self) -> Floats:
        """What runs out of the holes at each node, m3/s."""
        return self._state.leak_m3s()

    @property
    def emitter_m3s(self) -> Floats:
        """What the network's own emitters let out at each node, m3/s."""
        return self._state.emitter_m3s()

    @property
    def flow_m3s(self) -> Floats:
        """Flow in each link from tail to head, m3/s."""
        return self._state.flow_m3s()

    @property
    def is_open(self) -> Flags:
        """Whether each link lets water through."""
        return self._state.is_open()

    @property
    def unsupplied(self) -> Flags:
        """The nodes that no open link joins to a reservoir or tank."""
        return self._state.unsupplied()

    def to_bytes(self) -> bytes:
        """The whole state, for comparison."""
        return self._state.to_bytes()

    def customer_hours(
        self,
        people: Floats,
        *,
        threshold: float,
        until_s: float,
        interventions: Sequence[tuple[float, Callable[[Hydraulics], None]]] = (),
    ) -> float:
        """Go on to ``until_s``; people times hours at junctions that get less than the threshold of their demand.

        people : float64 (n_nodes,); interventions : times in their order, from now to ``until_s``, and what is done to
        this state then. It is consumed by this: fork it before.
        """
        hours = 0.0
        for at_s, intervene in (*interventions, (until_s, _nothing)):
            self.settle()
            if at_s > self._now_s:
                state = self._own()
                hours += state.customer_hours(people, threshold, from_s=self._now_s, until_s=at_s)
                self._now_s, self._is_dirty = at_s, at_s == state.next_s
            intervene(self)
        return hours


def _nothing(state: Hydraulics) -> None:
    """The horizon: nobody intervenes."""


class Past:
    """The undisturbed course of a network, solved once and followed by all who have not intervened yet."""

    def __init__(self, undisturbed: Hydraulics) -> None:
        self._first = undisturbed.fork()
        self._states: list[State] = [self._first._state]
        self._solved_s: list[float] = [-math.inf if self._first._is_dirty else self._first.solved_s]

    def begin(self) -> Hydraulics:
        """The state given, which follows the recorded course until its first intervention."""
        return self._following(0, now_s=self._first.now_s, is_dirty=self._first._is_dirty)

    def at(self, time_s: float) -> Hydraulics:
        """A settled state in the middle of the undisturbed course."""
        assert time_s >= self._first.now_s, f"the past begins at {self._first.now_s} s, not at {time_s} s"
        while self._next_s() <= time_s:
            self._record()
        return self._following(bisect.bisect_right(self._solved_s, time_s) - 1, now_s=time_s, is_dirty=False)

    def state(self, index: int) -> State:
        """The state after the event of that number, from 0; not to be changed."""
        while index >= len(self._states):
            self._record()
        return self._states[index]

    def _next_s(self) -> float:
        """When the last recorded state has to be solved again."""
        return self._first.now_s if self._solved_s[-1] == -math.inf else self._states[-1].next_s

    def _record(self) -> None:
        """Solve one event further."""
        at_s, state = self._next_s(), self._states[-1].copy()
        state.solve(at_s)
        self._states.append(state)
        self._solved_s.append(at_s)

    def _following(self, index: int, *, now_s: float, is_dirty: bool) -> Hydraulics:
        other = self._first.fork()
        other._followed = Followed(past=self, index=index)
        other._state = self.state(index)
        other._now_s, other._is_dirty = now_s, is_dirty
        return other


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a state stands in the past that it follows."""

    past: Past
    index: int

    @property
    def state(self) -> State:
        """The recorded state."""
        return self.past.state(self.index)

    def next(self) -> Followed:
        """The place of the next event."""
        return Followed(self.past, self.index + 1)
