"""What the streets of a made town carry: widths, speeds by class and hour, and names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sim.city.streets import StreetClass, Streets
from sim.city.synthetic.strokes import Strokes

Floats = npt.NDArray[np.float64]

WIDTH_M = np.array([22.5, 15.0, 9.0, 7.0])
"""Carriageway by StreetClass: six, four and two lanes of 3.5 to 3.75 m (CJJ 37-2012, 5.3), local streets 7 m."""
SPEED_M_S = np.array([80.0, 50.0, 40.0, 30.0]) / 3.6
"""Free flow by StreetClass: within the design speeds 60-100, 40-60, 30-50 and 20-40 km/h of CJJ 37-2012, 3.2.1."""
WORDS = {
    StreetClass.EXPRESSWAY: "Ring Road",
    StreetClass.ARTERIAL: "Avenue",
    StreetClass.COLLECTOR: "Road",
    StreetClass.LOCAL: "Street",
}

# Share of the free-flow time lost at each hour, 0 .. 1 of the worst: two peaks, the evening's the longer.
_CONGESTION = np.array(
    [
        0,
        0,
        0,
        0,
        0,
        0.05,
        0.3,
        0.8,
        1.0,
        0.75,
        0.5,
        0.5,
        0.5,
        0.5,
        0.55,
        0.65,
        0.8,
        1.0,
        0.95,
        0.6,
        0.4,
        0.3,
        0.15,
        0.05,
    ]
)
_SLOWEST = np.array([0.45, 0.5, 0.6, 0.75])


def pace() -> Floats:
    """Share of the free-flow speed by StreetClass and hour of the day: float64 (4, 24)."""
    share: Floats = np.round(1.0 - (1.0 - _SLOWEST[:, None]) * _CONGESTION, 3)
    return share


def dressed(streets: Streets, strokes: Strokes) -> Streets:
    """The streets with widths, speeds, pace and names."""
    of_class = streets.street_class.astype(np.int64)
    return replace(
        streets,
        width_m=WIDTH_M[of_class],
        speed_m_s=SPEED_M_S[of_class],
        names=_names(streets, strokes),
        pace=pace(),
    )


def _names(streets: Streets, strokes: Strokes) -> tuple[str, ...]:
    """``Avenue 3, part 5``: strokes are numbered by class, the longest first, and their streets along them."""
    size = strokes.size
    _, first = np.unique(strokes.of_street, return_index=True)
    of_class = streets.street_class[first]
    number = np.empty(len(size), dtype=np.int64)
    for one in StreetClass:
        members = np.flatnonzero(of_class == one)
        number[members[np.argsort(-size[members], kind="stable")]] = np.arange(1, len(members) + 1)
    stroke = strokes.of_street
    words = [WORDS[one] for one in StreetClass]
    return tuple(
        f"{words[kind]} {count}, part {place + 1}" if parts > 1 else f"{words[kind]} {count}"
        for kind, count, place, parts in zip(
            streets.street_class.tolist(),
            number[stroke].tolist(),
            strokes.place.tolist(),
            size[stroke].tolist(),
            strict=True,
        )
    )
