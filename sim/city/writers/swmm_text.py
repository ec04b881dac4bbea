"""How SWMM's input file writes numbers, times and dates."""

from __future__ import annotations

import numpy as np

from sim.city.readers.swmm_units import HOUR_S
from sim.errors import CityOpsError, Mistake

_START_DATE = np.datetime64("2000-01-01")


def number(value: float | np.floating | np.integer) -> str:
    """A number with all its digits, whole ones without a point."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def row(*tokens: str | float | np.floating | np.integer) -> str:
    """One line of a section."""
    return " ".join([token if isinstance(token, str) else number(token) for token in tokens])


def yes(flag: bool | np.bool_) -> str:
    """YES or NO."""
    return "YES" if flag else "NO"


def clock(seconds: float, *, what: str) -> str:
    """H:MM:SS; CityOpsError where it is no whole number of seconds, which SWMM could not hold."""
    if not float(seconds).is_integer():
        raise CityOpsError(Mistake(what=f"SWMM needs {what} in whole seconds", found=f"{seconds} s"))
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}"


def moment(seconds: float) -> str:
    """A time since the start as SWMM reads it: H:MM:SS, or hours where it is no whole number of seconds."""
    whole = seconds >= 0.0 and float(seconds).is_integer()
    return clock(seconds, what="a time") if whole else number(seconds / HOUR_S)


def date(day: int) -> str:
    """The date of a day of the run, which begins on the first of January 2000."""
    year, month, of_month = str(_START_DATE + day).split("-")
    return f"{month}/{of_month}/{year}"
