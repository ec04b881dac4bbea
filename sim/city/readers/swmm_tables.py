"""The tables of a SWMM file: curves, time series, transects and the rain of gages, in SI."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from sim.city.drainage import Curve, Transect
from sim.city.readers.swmm_lines import InpFile, Line, swmm_sections
from sim.city.readers.swmm_options import OptionReader, day_of, seconds_of
from sim.city.readers.swmm_units import DrainUnits

Points = list[tuple[float, float]]

_DATE = re.compile(r"\d{1,2}[/-]\d{1,2}[/-]\d{4}|[A-Za-z]{3}[/-]\d{1,2}[/-]\d{4}")
_FACTORS = {
    "STORAGE": ("length", "area"),
    "TIDAL": ("", "length"),
    "RATING": ("length", "flow"),
    "PUMP1": ("volume", "flow"),
    "PUMP2": ("length", "flow"),
    "PUMP3": ("length", "flow"),
    "PUMP4": ("length", "flow"),
}


class TableReader:
    """Curves and series of one file by name, blind to capitals; a curve is kept when an element asks for it."""

    def __init__(self, file: InpFile, options: OptionReader) -> None:
        self.file, self.units, self.start_s = file, options.units, options.start_s
        self.kept: list[Curve] = []
        self._index: dict[tuple[str, str], int] = {}
        self._curves = self._read_curves()
        self._series = self._read_series()

    # -- curves ------------------------------------------------------------------------------------------------------

    def kind_of(self, name: str) -> str:
        """What the file says that a curve is, empty where there is none of the name."""
        return self._curves.get(name.upper(), ("", "", []))[1]

    def curve(self, name: str, use: str, line: Line) -> int:
        """Index of a curve that ``line`` uses as ``use`` (SWMM's word); -1 and a mistake where there is none."""
        key = name.upper(), use
        if key not in self._index:
            if name.upper() not in self._curves:
                self.file.note(f"there is no curve {name}", line)
                return -1
            fx, fy = curve_factors(use, self.units)
            own, _, points = self._curves[name.upper()]
            self._index[key] = self._keep(own, points, (fx, fy))
        return self._index[key]

    def stage(self, name: str, line: Line) -> int:
        """Index of a time series as a curve of an outfall's stage."""
        if (name.upper(), "series") not in self._index:
            if name.upper() not in self._series:
                self.file.note(f"there is no time series {name}", line)
                return -1
            own, points = self._series[name.upper()]
            self._index[name.upper(), "series"] = self._keep(own, points, (1.0, self.units.length))
        return self._index[name.upper(), "series"]

    def series(self, name: str, factor: float, line: Line) -> Curve | None:
        """A time series, its values multiplied; None and a mistake where there is none."""
        if name.upper() not in self._series:
            self.file.note(f"there is no time series {name}", line)
            return None
        own, points = self._series[name.upper()]
        return _curve(own, points, (1.0, factor))

    def _keep(self, name: str, points: Points, factors: tuple[float, float]) -> int:
        self.kept.append(_curve(name, points, factors))
        return len(self.kept) - 1

    def _read_curves(self) -> dict[str, tuple[str, str, Points]]:
        curves: dict[str, tuple[str, str, Points]] = {}
        for line in self.file.lines("CURVES"):
            name, *words = line.tokens
            kind = words.pop(0).upper() if words and words[0][:1].isalpha() else ""
            _, _, points = curves.setdefault(name.upper(), (name, kind, []))
            try:
                values = [float(word) for word in words]
                points += zip(values[::2], values[1::2], strict=True)
            except ValueError:
                self.file.note("not a line of [CURVES] as SWMM has it", line)
                continue
            if any(b[0] < a[0] for a, b in pairwise(points[-1 - len(words) :])):
                self.file.note(f"the x of curve {name} must ascend", line)
        return curves

    # -- time series -------------------------------------------------------------------------------------------------

    def _read_series(self) -> dict[str, tuple[str, Points]]:
        """Seconds since the start and value; a date holds until the next one of the series."""
        series: dict[str, tuple[str, Points]] = {}
        day: dict[str, float] = {}
        for line in self.file.lines("TIMESERIES"):
            name, *words = line.tokens
            _, points = series.setdefault(name.upper(), (name, []))
            if words and words[0].upper() == "FILE":
                self.file.note("time series in files of their own are not supported", line)
                continue
            try:
                day[name.upper()] = self._add_to_series(points, list(words), day.get(name.upper(), np.nan))
            except (ValueError, IndexError):
                self.file.note("not a line of [TIMESERIES] as SWMM has it", line)
                continue
            if any(b[0] <= a[0] for a, b in pairwise(points[-1 - len(words) :])):
                self.file.note(f"the times of series {name} must ascend", line)
        return series

    def _add_to_series(self, points: Points, words: list[str], day_s: float) -> float:
        """Add the line's points, and give the day that holds on, NaN where times count from the start."""
        while words:
            if _DATE.fullmatch(words[0]):
                day_s = day_of(words.pop(0))
            since = 0.0 if np.isnan(day_s) else day_s - self.start_s
            points.append((since + seconds_of(words.pop(0)), float(words.pop(0))))
        return day_s

    # -- transects ---------------------------------------------------------------------------------------------------

    def transects(self) -> tuple[tuple[Transect, ...], dict[str, int]]:
        """The transects, and where each name is."""
        found: list[Transect] = []
        for heads, ground in self._transect_groups():
            try:
                found.append(_transect(*heads, [float(word) for _, words in ground for word in words], self.units))
            except (ValueError, IndexError):
                self.file.note("not a transect as SWMM has it", heads[1][0])
        return tuple(found), {t.name.upper(): k for k, t in enumerate(found)}

    def _transect_groups(self) -> list[tuple[tuple[list[float], tuple[Line, list[str]]], list[tuple[Line, list[str]]]]]:
        """Roughness, heading and ground points of each; the roughness holds until the next NC line."""
        groups = []
        manning = [0.0, 0.0, 0.0]
        for line in self.file.lines("TRANSECTS"):
            kind, *words = line.tokens
            try:
                if kind.upper() == "NC":
                    given = [float(word) for word in words[:3]]
                    manning = [new if new > 0.0 else old for new, old in zip(given, manning, strict=True)]
                elif kind.upper() == "X1":
                    groups.append(((manning, (line, words)), list[tuple[Line, list[str]]]()))
                elif kind.upper() == "GR":
                    groups[-1][1].append((line, words))
            except (ValueError, IndexError):
                self.file.note("not a line of [TRANSECTS] as SWMM has it", line)
        return groups

    # -- rain --------------------------------------------------------------------------------------------------------

    def gages(self) -> tuple[tuple[Curve, ...], dict[str, int]]:
        """The rain of each gage, and where each name is."""
        rain: list[Curve] = []
        index: dict[str, int] = {}
        for line, gage in self.file.rows("RAINGAGES", swmm_sections().RainGage, capitals=4):
            if gage.source != "TIMESERIES":
                self.file.note("rain from files of their own is not supported", line)
                continue
            try:
                interval = seconds_of(str(gage.interval))
            except ValueError:
                self.file.note("the interval of the gage is no time", line)
                continue
            series = self.series(str(gage.timeseries), 1.0, line)
            if series is not None:
                rate = self._rates(series, str(gage.form).upper(), interval)
                index[str(gage.name).upper()] = len(rain)
                rain.append(_held(str(gage.name), series.x, rate, interval_s=interval))
        return tuple(rain), index

    def _rates(self, series: Curve, form: str, interval_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Rain of each record, m/s."""
        if form == "INTENSITY":
            return np.asarray(series.y * self.units.rain_rate)
        depth = series.y
        if form == "CUMULATIVE":  # a total that falls begins anew
            steps = np.diff(depth, prepend=0.0)
            depth = np.where(steps < 0.0, depth, steps)
        return np.asarray(depth * self.units.rain_depth / interval_s)


def curve_factors(use: str, units: DrainUnits) -> tuple[float, float]:
    """Factors from a file's units to SI of the x and y of a curve, by SWMM's word for its use."""
    x, y = _FACTORS[use]
    return (float(getattr(units, x)) if x else 1.0), float(getattr(units, y))


def _curve(name: str, points: Points, factors: tuple[float, float]) -> Curve:
    table = np.array(points, dtype=np.float64).reshape(-1, 2)
    return Curve(name=name, x=table[:, 0] * factors[0], y=table[:, 1] * factors[1])


def _held(
    name: str,
    x: np.ndarray[tuple[int], np.dtype[np.float64]],
    rate: np.ndarray[tuple[int], np.dtype[np.float64]],
    *,
    interval_s: float,
) -> Curve:
    """Rain as steps: a record holds for one interval, then none falls; equal steps become one."""
    ends = x + interval_s
    gap = np.append(x[1:] > ends[:-1] + 0.5, True)
    times, values = np.concatenate([x, ends[gap]]), np.concatenate([rate, np.zeros(int(gap.sum()))])
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    changes = np.concatenate([[True], np.diff(values) != 0.0])
    return Curve(name=name, x=times[changes], y=values[changes])


def _transect(manning: list[float], head: tuple[Line, list[str]], ground: list[float], units: DrainUnits) -> Transect:
    """X1: name, count, left and right bank, three unused, factor on the widths, addition to the heights."""
    name, count, left, right, _, _, _, meander, *more = [*head[1], *("0" for _ in range(6))]
    wider, higher = (float(more[0]) or 1.0), float(more[1])
    points = np.array(ground).reshape(-1, 2)
    if len(points) != int(count) or float(meander) not in (0.0, 1.0):
        raise ValueError(name)
    return Transect(
        name=name,
        station_m=points[:, 1] * wider * units.length,
        elevation_m=(points[:, 0] + higher) * units.length,
        left_bank_m=float(left) * wider * units.length,
        right_bank_m=float(right) * wider * units.length,
        manning=(manning[0], manning[1], manning[2]),
    )
