"""The options of a SWMM file: how long it runs, with which steps, and what of SWMM they ask for."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

import numpy as np

from sim.city.drainage import DrainOptions
from sim.city.readers.swmm_lines import InpFile, Line
from sim.city.readers.swmm_units import DAY_S, FLOW_M3S, HOUR_S, DrainUnits

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WORDS = {
    "INERTIAL_DAMPING": ("NONE", "PARTIAL", "FULL"),
    "NORMAL_FLOW_LIMITED": ("SLOPE", "FROUDE", "BOTH"),
    "SURCHARGE_METHOD": ("EXTRAN", "SLOT"),
    "FORCE_MAIN_EQUATION": ("H-W", "D-W"),
    "LINK_OFFSETS": ("DEPTH", "ELEVATION"),
    "FLOW_ROUTING": ("DYNWAVE", "KINWAVE", "STEADY"),
    "INFILTRATION": ("HORTON", "GREEN_AMPT", "CURVE_NUMBER"),
    "FLOW_UNITS": tuple(FLOW_M3S),
}
_EVAPORATION_KINDS = ("CONSTANT", "MONTHLY")


def seconds_of(text: str) -> float:
    """A time of SWMM, H:MM, H:MM:SS or hours, in seconds; ValueError where it is none."""
    parts = [float(part) for part in text.split(":")]
    if len(parts) > 3 or not all(np.isfinite(parts)):
        raise ValueError(text)
    return float(round(sum(part * HOUR_S / 60.0**k for k, part in enumerate(parts)), 6))


def day_of(text: str) -> float:
    """A date of SWMM, month/day/year, in seconds since 1970; ValueError where it is none."""
    month, day, year = re.split(r"[/-]", text)
    number = _MONTHS.index(month.upper()[:3]) + 1 if month.isalpha() else int(month)
    since = np.datetime64(f"{int(year):04d}-{number:02d}-{int(day):02d}") - np.datetime64("1970-01-01")
    return float(since.astype(np.int64)) * DAY_S


class OptionReader:
    """The options of one file by name; what is not supported is noted in the file."""

    def __init__(self, file: InpFile) -> None:
        self.file = file
        self.words: dict[str, tuple[str, Line]] = {}
        for line in file.lines("OPTIONS"):
            name, *rest = line.tokens
            if rest:
                self.words[name.upper()] = (rest[0], line)
        units = self.choice("FLOW_UNITS", "CFS")
        self.units = DrainUnits.of(units if units in FLOW_M3S else "CFS")
        self.by_elevation = self.choice("LINK_OFFSETS", "DEPTH") == "ELEVATION"
        self.infiltration = self.choice("INFILTRATION", "HORTON")
        self.start_day_s = self.value("START_DATE", day_of, 12418.0 * DAY_S)  # 1 January 2004
        self.start_clock_s = self.value("START_TIME", seconds_of, 0.0)

    @property
    def start_s(self) -> float:
        """When the run starts, in seconds since 1970."""
        return self.start_day_s + self.start_clock_s

    def value(self, name: str, read: Callable[[str], float], default: float) -> float:
        """A number, time or date."""
        if name not in self.words:
            return default
        text, line = self.words[name]
        try:
            return read(text)
        except ValueError:
            self.file.note(f"{name} has no such value", line)
            return default

    def choice(self, name: str, default: str) -> str:
        """One of the words that an option may be."""
        if name not in self.words:
            return default
        text, line = self.words[name]
        if text.upper() not in _WORDS[name]:
            accepted = ", ".join(_WORDS[name])
            self.file.note(f"{name} {text.upper()} is not supported", line, accepted=accepted)
        return text.upper()

    def flag(self, name: str) -> bool:
        """YES or NO, NO where nothing is said."""
        return self.words.get(name, ("NO", None))[0].upper() == "YES"

    def step(self, name: str, default: float) -> float:
        """A step, in seconds or as H:MM:SS."""
        return self.value(name, lambda text: seconds_of(text) if ":" in text else float(text), default)

    def options(self) -> DrainOptions:
        """All that ``Drainage`` keeps, with SWMM's defaults."""
        self._refuse()
        default, length = DrainOptions(), self.units.length
        end = self.value("END_DATE", day_of, self.start_day_s) + self.value("END_TIME", seconds_of, 0.0)
        if end <= self.start_s:
            line = self.words.get("END_DATE", self.words.get("END_TIME", ("", None)))[1]
            self.file.note("the run ends before it starts", line)
        surface = self.value("MIN_SURFAREA", float, 0.0) * length**2
        tolerance = self.value("HEAD_TOLERANCE", float, 0.0) * length
        return DrainOptions(
            duration_s=end - self.start_s,
            start_clock_s=self.start_clock_s,
            routing_step_s=self.step("ROUTING_STEP", 20.0),
            variable_step=self.value("VARIABLE_STEP", float, 0.75),
            minimum_step_s=self.value("MINIMUM_STEP", float, 0.5) or 0.5,
            wet_step_s=self.step("WET_STEP", 300.0),
            dry_step_s=self.step("DRY_STEP", 3600.0),
            report_step_s=self.step("REPORT_STEP", 900.0),
            allow_ponding=self.flag("ALLOW_PONDING"),
            inertial_damping=self.choice("INERTIAL_DAMPING", "PARTIAL"),
            normal_flow_limited=self.choice("NORMAL_FLOW_LIMITED", "BOTH"),
            surcharge=self.choice("SURCHARGE_METHOD", "EXTRAN"),
            minimum_surface_area_m2=surface or default.minimum_surface_area_m2,
            minimum_slope=self.value("MIN_SLOPE", float, 0.0) / 100.0,
            lengthening_step_s=self.value("LENGTHENING_STEP", float, 0.0),
            head_tolerance_m=tolerance or default.head_tolerance_m,
            trials=int(self.value("MAX_TRIALS", float, 8.0)) or 8,
            force_main=self.choice("FORCE_MAIN_EQUATION", "H-W"),
            evaporation_m_s=self._evaporation(),
        )

    def _refuse(self) -> None:
        if (routing := self.choice("FLOW_ROUTING", "DYNWAVE")) in {"KINWAVE", "STEADY"}:
            logging.getLogger("cityops").warning(
                "%s: FLOW_ROUTING %s: its flows are routed by the full dynamic wave instead", self.file.path, routing
            )
        for name in ("IGNORE_ROUTING", "IGNORE_RAINFALL", "SKIP_STEADY_STATE"):
            if self.flag(name):
                self.file.note(f"{name} YES is not supported", self.words[name][1])

    def _evaporation(self) -> float:
        """The rate of the month in which the run starts; by time series, temperature or file it is refused."""
        rate = 0.0
        month = int(np.datetime64(int(self.start_day_s), "s").astype("datetime64[M]").astype(np.int64)) % 12
        for line in self.file.lines("EVAPORATION"):
            kind, *values = line.tokens
            if kind.upper() in _EVAPORATION_KINDS:
                try:
                    rates = [float(value) for value in values]
                    rate = rates[month if kind.upper() == "MONTHLY" else 0]
                except (ValueError, IndexError):
                    self.file.note("not a line of [EVAPORATION] as SWMM has it", line)
            elif kind.upper() == "DRY_ONLY":
                if rate > 0.0 and values[:1] == ["YES"]:
                    self.file.note("evaporation in dry weather only is not supported", line)
            else:
                self.file.note(f"evaporation by {kind.upper()} is not supported", line)
        return rate * self.units.rain_depth / DAY_S
