"""The water supply of a made town: works, pumps, tanks and looped mains under its streets, and their register."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots, People
from sim.city.register import Material, Register
from sim.city.streets import Streets
from sim.city.synthetic.consumption import blocks_served, day_patterns, mean_demand
from sim.city.synthetic.main_streets import streets_with_mains
from sim.city.synthetic.materials import Years, years_laid
from sim.city.synthetic.plan import Course
from sim.city.synthetic.sizing import Sizing
from sim.city.synthetic.supply import Supply, supply_of
from sim.city.synthetic.waterworks import Layout, Use
from sim.city.valves import valves_at_ends
from sim.city.water import LinkKind, WaterNetwork
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]

CATEGORIES = ("housing", "work")


def lay_mains(
    town: Town, streets: Streets, lots: Lots, people: People, *, river: Course | None = None
) -> tuple[WaterNetwork, Register]:
    """The water network of a town and what is known of its mains.

    streets : with the elevation of the ground;  river : at whose upper end the first works stands, where there is one

    Every customer has ``town.service_pressure`` at every hour of the day. CityOpsError where nobody lives in the town
    or so little water flows that the mains find no balance.
    """
    draws = Draws(town.seed, 0)
    has_main = streets_with_mains(streets, lots, is_served=blocks_served(people), draws=draws)
    demand = mean_demand(town, streets, lots, people, has_main)
    supply = supply_of(streets, has_main, mean_m3s=demand.sum(axis=0), river=river)
    layout = Layout.of(streets, has_main, supply)
    patterns = day_patterns(town.peak_factor, float(demand[1].sum() / demand.sum()))
    laid = years_laid(town, lots, people, draws)
    sizing = Sizing(town, streets, layout, Use(mean_m3s=demand, patterns=patterns, names=CATEGORIES), laid)
    sizing.fit_diameters()
    sizing.set_pumps()
    sizing.set_tanks()
    sizing.raise_heads()
    network = sizing.network()
    return network, _register(network, layout, sizing, laid)


def _register(network: WaterNetwork, layout: Layout, sizing: Sizing, laid: Years) -> Register:
    supply: Supply = layout.supply
    n_pipes, n_tanks, n_works = len(layout.street), len(supply.tanks), len(supply.works)
    beside = np.full(n_tanks + n_works, -1, dtype=np.int32)
    with_main = laid[layout.street]
    middle = int(np.median(with_main))
    n_rest = network.n_links - n_pipes
    at_tail, at_head = valves_at_ends(
        network.tail,
        network.head,
        n_nodes=network.n_nodes,
        length_m=network.length_m,
        diameter_m=network.diameter_m,
        is_main=network.link_kind != LinkKind.PUMP,
    )
    return Register(
        material=np.concatenate([sizing.sizes.material, np.full(n_rest, Material.STEEL)]).astype(np.int8),
        laid_year=np.concatenate([with_main, np.full(n_rest, middle)]).astype(np.int16),
        valve_at_tail=at_tail,
        valve_at_head=at_head,
        street=np.concatenate([layout.street, beside, supply.boosters]).astype(np.int32),
        corner=np.concatenate([layout.corner, supply.works, supply.tanks]).astype(np.int32),
    )
