"""How a city's streets are shaped, in the measures by which street networks of cities are compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.city.blocks import Lots
from sim.city.streets import Streets

Floats = npt.NDArray[np.float64]

BINS = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetStatistics:
    """Measures of Boeing (2017, 2019); shares are 0 .. 1.

    node_degree : mean number of streets that meet at a corner
    dead_ends, three_ways, four_ways : share of the corners at which one, three or four streets meet
    median_length_m, mean_length_m : of the streets;  circuity : their length over the straight distance of their ends
    orientation_entropy : of the compass bearings of the streets in 36 bins, both ways, nats: log 36 = 3.58 at most
    orientation_order : 0 where all bearings are alike, 1 for one perfect grid
    corners_per_km2 : of at least three streets, over the ground of the blocks;  median_block_m2 : area
    """

    node_degree: float
    dead_ends: float
    three_ways: float
    four_ways: float
    median_length_m: float
    mean_length_m: float
    circuity: float
    orientation_entropy: float
    orientation_order: float
    corners_per_km2: float
    median_block_m2: float


def street_statistics(streets: Streets, lots: Lots) -> StreetStatistics:
    """The measures of a city with at least one street and one block; else ValueError."""
    if streets.n_streets == 0 or lots.n_blocks == 0:
        raise ValueError(f"no shape to measure: {streets.n_streets} streets, {lots.n_blocks} blocks")
    degree = np.bincount(np.concatenate([streets.tail, streets.head]), minlength=streets.n_corners)
    step = streets.xy[streets.head] - streets.xy[streets.tail]
    entropy = orientation_entropy(step)
    return StreetStatistics(
        node_degree=float(degree.mean()),
        dead_ends=float(np.mean(degree == 1)),
        three_ways=float(np.mean(degree == 3)),
        four_ways=float(np.mean(degree == 4)),
        median_length_m=float(np.median(streets.length_m)),
        mean_length_m=float(streets.length_m.mean()),
        circuity=float(streets.length_m.sum() / np.hypot(step[:, 0], step[:, 1]).sum()),
        orientation_entropy=entropy,
        orientation_order=orientation_order(entropy),
        corners_per_km2=float(np.sum(degree >= 3) / (lots.area_m2.sum() / 1e6)),
        median_block_m2=float(np.median(lots.area_m2)),
    )


def orientation_entropy(step: Floats) -> float:
    """Entropy of the bearings of steps (n, 2) and of the steps back, in nats.

    The bins are 10 degrees wide with the first one around north, so that a street due north lies in the middle of one
    (Boeing 2019, Urban spatial order, eq. 1).
    """
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    both = np.concatenate([bearing, bearing + 180.0]) % 360.0
    width = 360.0 / BINS
    count = np.bincount((np.floor(both / width + 0.5) % BINS).astype(np.int64), minlength=BINS)
    share = count[count > 0] / count.sum()
    return float(-np.sum(share * np.log(share)))


def orientation_order(entropy: float) -> float:
    """How near an entropy is to that of one grid, log 4, rather than to the greatest, log 36 (Boeing 2019, eq. 4)."""
    most, grid = np.log(BINS), np.log(4.0)
    return float(1.0 - ((entropy - grid) / (most - grid)) ** 2)
