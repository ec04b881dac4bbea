"""Writes the tables that the elements of a SWMM file refer to: curves, transects, rain and time series."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.city.drainage import Drainage, DrainLinkKind, DrainNodeKind, Floats, OutfallKind, OutletKind, PumpKind
from sim.city.readers.swmm_tables import curve_factors
from sim.city.readers.swmm_units import DrainUnits
from sim.city.writers.swmm_text import clock, moment, row
from sim.errors import CityOpsError, Mistake

Series = dict[tuple[str, int], str]


def series_names(d: Drainage) -> Series:
    """A name, unlike those of the gages, for each series of inflow and of an outfall's stage: (use, index) -> name."""
    taken = {curve.name for curve in d.rain}
    names: Series = {}
    stages = np.unique(d.outfall_curve[_outfalls(d, OutfallKind.TIMESERIES)]).tolist()
    for key in [("inflow", k) for k in range(len(d.inflow_series))] + [("stage", k) for k in stages]:
        name = (d.curves if key[0] == "stage" else d.inflow_series)[key[1]].name
        while name in taken:
            name += "_"
        taken.add(name)
        names[key] = name
    return names


def _outfalls(d: Drainage, kind: OutfallKind) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((d.node_kind == DrainNodeKind.OUTFALL) & (d.outfall_kind == kind))


def curve_uses(d: Drainage) -> dict[int, str]:
    """What SWMM calls the curve of each index that storage, pumps, outlets or tides use.

    Raises CityOpsError where one curve serves two uses.
    """
    uses: dict[int, str] = {}
    of_outlet = (d.outlet_kind == OutletKind.DEPTH_CURVE) | (d.outlet_kind == OutletKind.HEAD_CURVE)
    pumps = d.link_kind == DrainLinkKind.PUMP
    claims = [("STORAGE", d.storage_curve[d.node_kind == DrainNodeKind.STORAGE])]
    claims += [("TIDAL", d.outfall_curve[_outfalls(d, OutfallKind.TIDAL)])]
    claims += [("RATING", d.outlet_curve[(d.link_kind == DrainLinkKind.OUTLET) & of_outlet])]
    claims += [
        (f"PUMP{int(kind)}", d.pump_curve[pumps & (d.pump_kind == kind)]) for kind in PumpKind if kind != PumpKind.IDEAL
    ]
    for use, curves in claims:
        for k in np.unique(curves[curves >= 0]).tolist():
            if uses.setdefault(k, use) != use:
                what = f"SWMM has no curve that is both {uses[k]} and {use}"
                raise CityOpsError(Mistake(what=what, found=d.curves[k].name))
    return uses


def curve_lines(d: Drainage, units: DrainUnits) -> Iterator[str]:
    """The lines of CURVES, one point each."""
    for k, use in sorted(curve_uses(d).items()):
        fx, fy = curve_factors(use, units)
        curve, word = d.curves[k], use
        for x, y in zip((curve.x / fx).tolist(), (curve.y / fy).tolist(), strict=True):
            yield row(curve.name, *([word] if word else []), x, y)
            word = ""


def transect_lines(d: Drainage) -> Iterator[str]:
    """The lines of TRANSECTS, in the form of HEC-2."""
    for t in d.transects:
        left, right, channel = t.manning
        yield row("NC", left, right, channel)
        yield row("X1", t.name, len(t.station_m), t.left_bank_m, t.right_bank_m, 0, 0, 0, 0, 0, 0)
        points = np.column_stack([t.elevation_m, t.station_m])
        for k in range(0, len(points), 5):
            yield row("GR", *points[k : k + 5].ravel().tolist())


def gage_lines(d: Drainage) -> Iterator[str]:
    """The lines of RAINGAGES."""
    for rain in d.rain:
        yield row(
            rain.name, "INTENSITY", clock(_interval_s(rain.x), what="the interval of rain"), 1, "TIMESERIES", rain.name
        )


def rain_lines(d: Drainage, units: DrainUnits) -> Iterator[str]:
    """The series of the gages, each value repeated at every interval for which it holds."""
    for rain in d.rain:
        interval = _interval_s(rain.x)
        times = np.arange(rain.x[0], rain.x[-1] + interval / 2.0, interval)
        value = rain.y[np.searchsorted(rain.x, times + interval * 1e-6, side="right") - 1] / units.rain_rate
        for t, v in zip(times.tolist(), value.tolist(), strict=True):
            yield row(rain.name, moment(t), v)


def _interval_s(x: Floats) -> float:
    """The longest whole number of seconds of which all steps are multiples; an hour for a single value."""
    if len(x) < 2:
        return 3600.0
    steps = np.diff(x)
    if not (steps == np.round(steps)).all():
        raise CityOpsError("SWMM needs rain at whole seconds")
    return float(np.gcd.reduce(steps.astype(np.int64)))
