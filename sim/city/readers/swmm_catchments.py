"""The catchments of a SWMM file, in SI."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.city.drainage import Catchments, Floats, Infiltration
from sim.city.readers.swmm_lines import InpFile, Line, swmm_sections
from sim.city.readers.swmm_options import OptionReader
from sim.city.readers.swmm_units import DAY_S, HOUR_S, DrainUnits

_FIELDS = ("area_m2", "impervious", "width_m", "slope")
_SUB_AREAS = ("manning_impervious", "manning_pervious", "storage_impervious_m", "storage_pervious_m", "no_storage")
_METHODS = {"HORTON", "GREEN_AMPT", "CURVE_NUMBER", "MODIFIED_HORTON", "MODIFIED_GREEN_AMPT"}


def read_catchments(
    file: InpFile, options: OptionReader, *, nodes: dict[str, int], gages: dict[str, int]
) -> Catchments:
    """All catchments in the order of the file; mistakes are noted in it."""
    rows = list(file.rows("SUBCATCHMENTS", swmm_sections().SubCatchment))
    names = [str(one.name) for _, one in rows]
    index = {name.upper(): i for i, name in enumerate(names)}
    n = len(rows)
    floats = {name: np.zeros(n) for name in (*_FIELDS, *_SUB_AREAS)}
    ids = {name: np.full(n, -1, dtype=np.int32) for name in ("outlet_node", "outlet_catchment", "gage")}
    for i, (line, one) in enumerate(rows):
        _catchment(file, options.units, line, one=one, row=i, floats=floats, ids=ids, known=(nodes, index, gages))
    described = {"SUBAREAS": _sub_areas(file, options.units, index, floats)}
    kind, parameters, described["INFILTRATION"] = _infiltration(file, options, index)
    for section, told in described.items():
        for k in np.flatnonzero(~told).tolist():
            file.note(f"the catchment {names[k]} has no line in [{section}]", rows[k][0])
    arrays: dict[str, Any] = {**ids, **floats, "infiltration_kind": kind, "infiltration": parameters}
    return Catchments(names=tuple(names), **arrays)


def _catchment(
    file: InpFile,
    units: DrainUnits,
    line: Line,
    *,
    one: Any,
    row: int,
    floats: dict[str, Floats],
    ids: dict[str, Any],
    known: tuple[dict[str, int], ...],
) -> None:
    nodes, catchments, gages = known
    outlet = str(one.outlet).upper()
    ids["outlet_node"][row] = nodes.get(outlet, -1)
    ids["outlet_catchment"][row] = -1 if outlet in nodes else catchments.get(outlet, -1)
    ids["gage"][row] = gages.get(str(one.rain_gage).upper(), -1)
    if outlet not in nodes and outlet not in catchments:
        file.note(f"there is no node and no catchment {one.outlet}", line)
    if ids["gage"][row] < 0:
        file.note(f"there is no rain gage {one.rain_gage}", line)
    if isinstance(one.snow_pack, str):
        file.note("snow packs are not supported", line)
    floats["area_m2"][row] = one.area * units.ground
    floats["impervious"][row] = one.imperviousness / 100.0
    floats["width_m"][row] = one.width * units.length
    floats["slope"][row] = one.slope / 100.0


def _sub_areas(file: InpFile, units: DrainUnits, index: dict[str, int], floats: dict[str, Floats]) -> Any:
    told = np.zeros(len(index), dtype=np.bool_)
    for line, one in file.rows("SUBAREAS", swmm_sections().SubArea):
        row = index.get(str(one.subcatchment).upper())
        if row is None:
            file.note(f"there is no catchment {one.subcatchment}", line)
            continue
        told[row] = True
        if str(one.route_to).upper() != "OUTLET":
            file.note("runoff from one part of a catchment to another is not supported", line, accepted="OUTLET")
        depth = units.rain_depth
        values = (one.n_imperv, one.n_perv, one.storage_imperv * depth, one.storage_perv * depth, one.pct_zero / 100.0)
        for name, value in zip(_SUB_AREAS, values, strict=True):
            floats[name][row] = value
    return told


def _infiltration(file: InpFile, options: OptionReader, index: dict[str, int]) -> tuple[Any, Floats, Any]:
    """Kind and parameters of each catchment; a method at the end of a line wins over the option."""
    n = len(index)
    kind, parameters, told = np.zeros(n, dtype=np.int8), np.zeros((n, 5)), np.zeros(n, dtype=np.bool_)
    for line in file.lines("INFILTRATION"):
        name, *words = line.tokens
        method = words.pop().upper() if words and words[-1].upper() in _METHODS else options.infiltration
        row = index.get(name.upper())
        if row is None:
            file.note(f"there is no catchment {name}", line)
        elif method not in Infiltration.__members__:
            file.note(f"infiltration by {method} is not supported", line)
            told[row] = True
        else:
            told[row] = True
            kind[row] = Infiltration[method]
            try:
                parameters[row] = _parameters(Infiltration[method], [float(word) for word in words], options.units)
            except (ValueError, IndexError):
                file.note("not a line of [INFILTRATION] as SWMM has it", line)
    return kind, parameters, told


def _parameters(kind: Infiltration, v: list[float], units: DrainUnits) -> tuple[float, float, float, float, float]:
    mm, rate = units.rain_depth, units.rain_rate
    if kind is Infiltration.HORTON:
        most = v[4] * mm if len(v) > 4 else 0.0
        return v[0] * rate, v[1] * rate, v[2] / HOUR_S, v[3] * DAY_S, most
    if kind is Infiltration.GREEN_AMPT:
        return v[0] * mm, v[1] * rate, v[2], 0.0, 0.0
    return v[0], v[1], v[2] * DAY_S, 0.0, 0.0
