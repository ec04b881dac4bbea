"""Diameters, pumps and tanks of a made water network, until its hydraulics satisfy."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.city.streets import Streets
from sim.city.synthetic import diameters
from sim.city.synthetic.materials import Years, materials_of, roughness_of
from sim.city.synthetic.waterworks import LEVELS_M, Layout, Pumps, Tanks, Use, assembled, works_head_m
from sim.city.water import WaterNetwork
from sim.draws import Draws
from sim.errors import CityOpsError, Mistake
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

DAY_S = 86400.0
ROUNDS = 4
SETTLED = 0.002  # share of the mains still changing size with which sizing ends
ROUGHLY = 1e-3  # accuracy of the solves on the way
COARSE_H = 3  # hours to a step, while tanks are moved about
LOOP_FACTOR = 1.15  # on the flows along shortest ways: what loops shift about (assumption)
FILL_SHARE = 0.08  # of a zone's peak demand that its tanks may draw while filling (assumption)
STEEPNESS = 0.12  # of the lift: how much higher a works lifts when nothing flows (assumption: staged pumps)
LEAST_STEEPNESS_M = 4.0
OVER_MEAN = 1.25  # times the mean: the design flow of a pump where tanks even out the day (assumption)
ABOVE_GROUND_M = 60.0  # provisional head over the highest ground of a zone; it is set right at the end
STORED_SHARE = 0.06  # of a day's demand: first guess of the tanks' volume
SPAN_M = 3.0  # by how much the level of a tank moves in a day
LEAST_LIFT_M = 8.0
LEAST_FLOW_M3S = 1e-4
MARGIN_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sizes:
    """Of the layout's pipes: the index of the nominal size, the least it may be, the material, the C coefficient."""

    size: Ints
    material: npt.NDArray[np.int8]
    roughness: Floats

    @property
    def diameter_m(self) -> Floats:
        """float64 (n_pipes,)."""
        return diameters.NOMINAL_M[self.size]


class Sizing:
    """One town's mains on their way to their sizes; ``network`` gives what has come of it."""

    def __init__(self, town: Town, streets: Streets, layout: Layout, use: Use, laid: Years) -> None:
        self.town, self.streets, self.layout, self.use = town, streets, layout, use
        self.supply = layout.supply
        self.age = town.present - laid[layout.street].astype(np.int64)
        self.laid = laid[layout.street]
        self.luck = Draws(town.seed, 0).uniforms("town main material", layout.street)
        self.least = diameters.least_size(streets.street_class[layout.street])
        self.zone_of_junction = self.supply.zone[layout.corner]
        self.peak = self._peak_demand()
        self.zone_peak = np.bincount(self.zone_of_junction, weights=self.peak, minlength=self.supply.n_zones)
        self.tank_zone = self.supply.zone[self.supply.tanks]
        in_zone = np.bincount(self.tank_zone, minlength=self.supply.n_zones)[self.tank_zone]
        self.tank_share = self.zone_peak[self.tank_zone] / in_zone
        self.sizes = self._made_of(self._first_sizes())
        self.pumps = self._firm_pumps(self._first_pump_flows())
        self.tanks = self._first_tanks()

    # -- diameters ---------------------------------------------------------------------------------------------------

    def _peak_demand(self) -> Floats:
        """Demand of each junction in the town's greatest hour: float64 (n_junctions,), m3/s."""
        mean = self.use.mean_m3s[:, self.layout.corner]
        hourly = np.stack(self.use.patterns, axis=0)
        peak_hour = int(np.argmax(mean.sum(axis=1) @ hourly))
        demand: Floats = hourly[:, peak_hour] @ mean
        return demand

    def _loaded(self) -> Floats:
        """The peak demand, with what tanks draw and boosters lift out of the zones below: (n_junctions,)."""
        supply, at = self.supply, self.layout.junction_of
        loaded = self.peak.copy()
        np.add.at(loaded, at[supply.tanks], FILL_SHARE * self.tank_share)
        through = np.bincount(self.zone_of_junction, weights=loaded, minlength=supply.n_zones)
        for k in reversed(range(len(supply.boosters))):  # zones above come behind those below
            flow = through[supply.zone[supply.booster_to[k]]]
            loaded[at[supply.booster_from[k]]] += flow
            through[supply.zone[supply.booster_from[k]]] += flow
        return loaded

    def _first_sizes(self) -> Ints:
        layout = self.layout
        kind = self.streets.street_class[layout.street]
        weight = np.maximum(self.streets.length_m[layout.street], 0.1) * diameters.pull(kind)
        opened = layout.is_open
        flow = np.zeros(len(layout.street))
        flow[opened], _, _ = diameters.flows_along_ways(
            layout.tail[opened],
            layout.head[opened],
            weight=weight[opened],
            demand=self._loaded(),
            sources=layout.junction_of[self.supply.sources],
        )
        return np.maximum(self.least, diameters.size_for(LOOP_FACTOR * flow))

    def _made_of(self, size: Ints) -> Sizes:
        material = materials_of(self.laid, diameters.NOMINAL_M[size], self.luck)
        return Sizes(size=size, material=material, roughness=roughness_of(material, self.age))

    def fit_diameters(self) -> None:
        """Solve the peak hour again and again; enlarge what carries more than it should, narrow what carries little."""
        at_peak = self._constant(self._loaded_as_use())
        for k in range(ROUNDS):
            _, flow = self._steady(at_peak)
            flow = np.abs(flow)
            grown = self._resized(flow[: len(self.layout.street)], may_shrink=k < ROUNDS // 2)
            self.pumps = self._firm_pumps(flow[-len(self.supply.sources) :])
            is_done = np.mean(grown != self.sizes.size) < SETTLED
            self.sizes = self._made_of(grown)
            if is_done:
                break

    def _resized(self, flow: Floats, *, may_shrink: bool) -> Ints:
        size = self.sizes.size
        needed = diameters.size_for(flow / diameters.TOO_MUCH)
        grown = np.maximum(size, needed)
        if may_shrink:
            below = np.maximum(size - 1, self.least)
            is_idle = flow < diameters.TOO_LITTLE * diameters.CAPACITY_M3S[size]
            grown = np.where(is_idle & (needed < size), below, grown)
        return grown.astype(np.int32)

    def _loaded_as_use(self) -> Floats:
        """The peak demand with the tanks filling, by corner: boosters draw for themselves."""
        demand = np.zeros(self.streets.n_corners)
        demand[self.layout.corner] = self.peak
        np.add.at(demand, self.supply.tanks, FILL_SHARE * self.tank_share)
        return demand

    @staticmethod
    def _constant(demand: Floats) -> Use:
        return Use(mean_m3s=demand[None, :], patterns=(), names=())

    # -- pumps and tanks ---------------------------------------------------------------------------------------------

    def _zone_head_m(self) -> Floats:
        """The provisional head at which water enters each zone: float64 (n_zones,)."""
        highest = np.full(self.supply.n_zones, -np.inf)
        np.maximum.at(highest, self.zone_of_junction, self.streets.elevation_m[self.layout.corner])
        for zone, below in enumerate(self.supply.fed_from.tolist()):
            if below >= 0:
                highest[zone] = max(highest[zone], highest[below] + 2.0 * LEAST_LIFT_M)
        return highest + ABOVE_GROUND_M

    def _firm_pumps(self, flow_m3s: Floats) -> Pumps:
        """Pumps that lift nearly the same whatever flows, to the heads at which water enters the zones."""
        supply, head = self.supply, self._zone_head_m()
        below = np.concatenate([works_head_m(self.streets, supply), head[supply.zone[supply.booster_from]]])
        lift = head[supply.zone[supply.sources]] - below
        return Pumps.through(np.maximum(flow_m3s, LEAST_FLOW_M3S), lift, steepness_m=np.full(len(lift), 0.5))

    def _first_pump_flows(self) -> Floats:
        supply = self.supply
        through = self.zone_peak.copy()
        for k in reversed(range(len(supply.boosters))):
            through[supply.zone[supply.booster_from[k]]] += through[supply.zone[supply.booster_to[k]]]
        of_source = supply.zone[supply.sources]
        shared = np.bincount(of_source, minlength=supply.n_zones)[of_source]
        share: Floats = through[of_source] / shared
        return share

    def _first_tanks(self) -> Tanks:
        volume = STORED_SHARE * self.tank_share / self.town.peak_factor * DAY_S
        return Tanks(
            floor_m=np.zeros(len(volume)),
            diameter_m=np.round(np.sqrt(4.0 * volume / SPAN_M / np.pi) + 1.0, 1),
            pipe_m=diameters.NOMINAL_M[diameters.size_for(2.0 * FILL_SHARE * self.tank_share)],
            start_m=np.full(len(volume), LEVELS_M[1]),
        )

    def network(self, *, use: Use | None = None, tanks_open: bool = True) -> WaterNetwork:
        """What has come of it so far."""
        return assembled(
            self.streets,
            self.layout,
            diameter_m=self.sizes.diameter_m,
            roughness=self.sizes.roughness,
            pumps=self.pumps,
            tanks=self.tanks,
            use=self.use if use is None else use,
            tanks_open=tanks_open,
        )

    def _steady(self, use: Use) -> tuple[Floats, Floats]:
        """Heads (n_nodes,) and flows (n_links,) of a steady hour without tanks."""
        state = self.network(use=use, tanks_open=False).solver(accuracy=ROUGHLY).start()
        state.solve(0.0)
        return state.head_m(0.0), state.flow_m3s()

    def set_pumps(self) -> None:
        """Give the pumps real curves: in zones with tanks through a little over their mean flow, else of the peak hour.

        All pumps of a zone are equally steep, so that by night none is pressed shut by another or by a full tank.
        """
        demand = np.zeros(self.streets.n_corners)
        demand[self.layout.corner] = self.peak
        head, flow = self._steady(self._constant(demand))
        supply, at = self.supply, self.layout.junction_of
        lift = head[at[supply.sources]] - np.concatenate(
            [works_head_m(self.streets, supply), head[at[supply.booster_from]]]
        )
        zone = supply.zone[supply.sources]
        share = np.where(np.isin(zone, self.tank_zone), OVER_MEAN / self.town.peak_factor, 1.0)
        design = np.maximum(np.round(share * flow[-len(lift) :], 6), LEAST_FLOW_M3S)
        steepest = np.zeros(supply.n_zones)
        np.maximum.at(steepest, zone, np.maximum(STEEPNESS * lift, LEAST_STEEPNESS_M))
        self.pumps = Pumps.through(design, np.round(lift, 2), steepness_m=np.round(steepest[zone], 2))

    def set_tanks(self) -> None:
        """Hang the tanks at the head of a mean hour, then move and widen them until their levels cycle in the day."""
        if len(self.supply.tanks) == 0:
            return
        head, _ = self._steady(self._constant(self.use.mean_m3s.sum(axis=0)))
        floor = head[self.layout.junction_of[self.supply.tanks]] - LEVELS_M[1]
        self.tanks = replace(self.tanks, floor_m=np.round(floor, 2))
        for _ in range(4):
            level = self._levels_of_a_day()
            least, most = level.min(axis=0), level.max(axis=0)
            drift = level[-1] - level[0]
            is_calm = (least > 0.8) & (most < 5.2) & (np.abs(drift) < 0.3)
            is_used = (most - least > 1.0) | (self.town.peak_factor < 1.2)
            if (is_calm & is_used).all():
                return
            self._move_tanks(level)

    def _levels_of_a_day(self) -> Floats:
        """Levels at the steps of a day of a few hours' steps, over the tanks' floors: float64 (n_times, n_tanks)."""
        network, step = self.network(use=self._coarse_use()), COARSE_H * 3600
        coarse = replace(network.options, hydraulic_step_s=step, pattern_step_s=step, report_step_s=step)
        rows = replace(network, options=coarse).solver(accuracy=ROUGHLY).run(DAY_S)
        head: Floats = np.asarray(rows["head_m"], dtype=np.float64)[:, -len(self.tanks.floor_m) :]
        return head - self.tanks.floor_m

    def _coarse_use(self) -> Use:
        patterns = tuple(pattern.reshape(-1, COARSE_H).mean(axis=1) for pattern in self.use.patterns)
        return replace(self.use, patterns=patterns)

    def _move_tanks(self, level: Floats) -> None:
        """To where the level was at the end, half way between its least and greatest, and as wide as asks SPAN_M."""
        drift = np.linspace(0.0, 1.0, len(level))[:, None] * (level[-1] - level[0])
        cycle = level - drift
        span = np.ptp(cycle, axis=0)
        scale = np.sqrt(np.clip(span / SPAN_M, 0.05, 4.0))
        middle = (cycle.min(axis=0) + cycle.max(axis=0)) / 2.0
        from_middle = (level[0] - middle) * SPAN_M / np.maximum(span, SPAN_M)
        centre = level.mean(axis=0)
        self.tanks = replace(
            self.tanks,
            floor_m=np.round(self.tanks.floor_m + centre - LEVELS_M[1], 2),
            diameter_m=np.round(np.maximum(self.tanks.diameter_m * scale, 0.3 * self._first_tanks().diameter_m), 1),
            start_m=np.round(np.clip(LEVELS_M[1] + from_middle, 1.0, 5.0), 2),
        )

    # -- heads -------------------------------------------------------------------------------------------------------

    def raise_heads(self) -> None:
        """Raise or lower each zone as a whole until its worst served customer has the service pressure at all hours.

        Lifting all that holds a zone's head by one height changes no flow, so this is exact.
        """
        corner = self.layout.corner
        is_customer = self.use.mean_m3s[:, corner].sum(axis=0) > 0.0
        lacking = self.streets.elevation_m[corner] + self.town.service_pressure + MARGIN_M - self._lowest_heads()
        rise = np.full(self.supply.n_zones, -np.inf)
        np.maximum.at(rise, self.zone_of_junction[is_customer], lacking[is_customer])
        self._shift(self._allowed(np.ceil(rise * 100.0) / 100.0))

    def _lowest_heads(self) -> Floats:
        """The lowest head of each junction in a day: float64 (n_junctions,).

        Solved more closely than a user of the network does, unless next to nothing flows and that finds no balance.
        """
        network = self.network()
        for accuracy in (network.options.accuracy / 10.0, network.options.accuracy):
            rows = network.solver(accuracy=accuracy).run(DAY_S)
            if np.asarray(rows["balanced"]).all():
                break
        else:
            raise self._hardly_flows()
        lowest: Floats = np.asarray(rows["head_m"], dtype=np.float64)[:, : len(self.layout.corner)].min(axis=0)
        return lowest

    def _hardly_flows(self) -> CityOpsError:
        used = 86400.0 * float(self.use.mean_m3s.sum())
        length = float(self.streets.length_m[self.layout.street].sum()) / 1000.0
        return CityOpsError(
            Mistake(
                what="no hydraulic balance was found for the mains of the town, in which next to nothing flows",
                field="synthetic",
                found=f"{used:,.1f} m3 a day in {length:,.1f} km of mains",
                accepted="more `people per km2`, more `litres per day`, or a shorter `spacing`",
            )
        )

    def _allowed(self, rise: Floats) -> Floats:
        """No booster may lift less than a few metres."""
        for k, above in enumerate(self.supply.zone[self.supply.booster_to].tolist()):
            below = self.supply.zone[self.supply.booster_from[k]]
            shutoff = self.pumps.shutoff_m[len(self.supply.works) + k]
            rise[above] = max(rise[above], rise[below] + np.ceil((LEAST_LIFT_M - shutoff) * 100.0) / 100.0)
        return rise

    def _shift(self, rise: Floats) -> None:
        supply = self.supply
        below = np.concatenate([np.zeros(len(supply.works)), rise[supply.zone[supply.booster_from]]])
        lifted = rise[supply.zone[supply.sources]] - below
        self.pumps = replace(self.pumps, shutoff_m=np.round(self.pumps.shutoff_m + lifted, 2))
        self.tanks = replace(self.tanks, floor_m=np.round(self.tanks.floor_m + rise[self.tank_zone], 2))
