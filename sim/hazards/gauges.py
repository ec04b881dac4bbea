"""A measured storm from a table of a rain gauge (CSV): every row is read, or named with its line.

Not for forecasts or radar: one column of times and one of rain.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.city.storms import Hyetograph
from sim.errors import CityOpsError, Mistake, nearest
from sim.scenario.rain import Measured
from sim.units import clock

Floats = npt.NDArray[np.float64]

NAMED = 3  # of the lines with a mistake of one kind; the others are counted
MM = 1e-3
MM_H = 1e-3 / 3600.0
MOST_MM_H = 5000.0  # the most that was ever measured, within a minute: 31 mm (Unionville 1956) are 1,870 mm/h
UNEVEN_S = 0.5
MOST_STEPS = 1_000_000
FACTOR_S = {"s": 1.0, "min": 60.0, "h": 3600.0}


def measured(gauge: Measured, folder: Path = Path()) -> Hyetograph:
    """The storm in a gauge's table, from the begin of its first interval.

    Raises CityOpsError with all that is wrong with the table: lines without a time or with a rain that is no number,
    negative or more than can fall, times that do not rise, and intervals that differ where gaps are ``refused``. Of
    each kind the first lines are named and the others counted; no line is left out.
    """
    path = folder / gauge.file
    lines, time, rain = _read(gauge, path)
    interval = _interval(gauge, path, lines=lines, time=time)
    place = np.rint((time - time[0]) / interval).astype(np.int64)
    if place[-1] >= MOST_STEPS:
        found = f"{place[-1] + 1} intervals of {interval:g} s"
        raise _mistake(path, None, "the storm is too long for its interval", found, f"at most {MOST_STEPS}")
    intensity: Floats = np.zeros(int(place[-1]) + 2)
    intensity[place] = rain * (MM_H if gauge.rain_in == "mm/h" else MM / interval)
    _check_amounts(path, lines, intensity[place] / MM_H)
    return Hyetograph(np.arange(len(intensity), dtype=np.float64) * interval, intensity)


def _read(gauge: Measured, path: Path) -> tuple[list[int], Floats, Floats]:
    """Lines, seconds and rain of all rows."""
    wrong: list[tuple[int, str, str]] = []
    found: list[tuple[int, float, float]] = []
    time_of, accepted = _times(gauge)
    for line, time, rain in _rows(gauge, path):
        try:
            seconds = time_of(time)
        except (ValueError, CityOpsError):
            wrong.append((line, f"the time is not understood ({accepted})", time))
            continue
        try:
            amount = float(rain)
        except ValueError:
            amount = math.nan
        if not (0.0 <= amount < math.inf):
            wrong.append((line, "the rain must be a number, not negative", rain))
        found.append((line, seconds, amount))
    if wrong:
        raise CityOpsError(_told(path, wrong))
    if len(found) < 2:
        raise _mistake(path, None, "has too few rows of rain", str(len(found)), "at least two, for the interval")
    return [one[0] for one in found], np.array([one[1] for one in found]), np.array([one[2] for one in found])


def _rows(gauge: Measured, path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, time and rain of each row that is not empty, as they are written."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file, strict=True)
            names = [name.strip() for name in next(table, [])]
            columns = [_column(path, names, name) for name in (gauge.time, gauge.rain)]
            for row in table:
                cells = [cell.strip() for cell in row]
                if not any(cells):
                    continue
                if len(cells) != len(names):
                    found, accepted = f"{len(cells)} values", f"{len(names)}, as in the first line"
                    raise _mistake(path, table.line_num, "the line has another number of values", found, accepted)
                yield table.line_num, cells[columns[0]], cells[columns[1]]
    except OSError as error:
        raise _mistake(path, None, "the table of the rain gauge cannot be read", error.strerror or "", None) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _mistake(path, None, "is no CSV table in UTF-8", str(error), None) from error


def _column(path: Path, names: list[str], name: str) -> int:
    if names.count(name) != 1:
        what = f"there is no column {name!r}" if name not in names else f"there are several columns {name!r}"
        near = nearest(name, names) if name not in names else None
        raise CityOpsError(
            Mistake(what=what, file=str(path), line=1, found=", ".join(names) or "nothing", nearest=near)
        )
    return names.index(name)


def _times(gauge: Measured) -> tuple[Callable[[str], float], str]:
    """What reads a time, as seconds from any origin, and an example of what it reads."""
    if gauge.times_in == "date and time":
        return _date, "accepted: such as 2021-07-20 16:05"
    if gauge.times_in == "clock time":
        return clock, "accepted: such as 16:05"
    factor = FACTOR_S[gauge.times_in]
    return lambda text: _finite(text) * factor, f"accepted: a number of {gauge.times_in}"


def _date(text: str) -> float:
    """Seconds since an origin; a time without an offset is taken for UTC, since only differences count."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _interval(gauge: Measured, path: Path, *, lines: list[int], time: Floats) -> float:
    """The gauge's interval, s, of which all steps between rows must be multiples, or equal if gaps are refused."""
    steps = np.diff(time)
    back = np.flatnonzero(steps <= 0.0)
    if len(back):
        raise CityOpsError(
            _told(
                path, [(lines[i + 1], "the time is not after that of the row before", f"{steps[i]:g} s") for i in back]
            )
        )
    interval = float(steps.min())
    if gauge.gaps == "dry":
        uneven = np.flatnonzero(np.abs(steps - np.rint(steps / interval) * interval) > UNEVEN_S)
        what = f"the time is no multiple of the interval of {interval:g} s after the row before"
    else:
        interval = float(np.median(steps))
        uneven = np.flatnonzero(np.abs(steps - interval) > UNEVEN_S)
        what = f"the row is not one interval of {interval:g} s after the row before (`gaps: dry` reads gaps as no rain)"
    if len(uneven):
        raise CityOpsError(_told(path, [(lines[i + 1], what, f"{steps[i]:g} s") for i in uneven]))
    return interval


def _check_amounts(path: Path, lines: list[int], mm_h: Floats) -> None:
    much = np.flatnonzero(mm_h > MOST_MM_H)
    if len(much):
        what = f"it rains harder than {MOST_MM_H:g} mm/h (is the unit right?)"
        raise CityOpsError(_told(path, [(lines[i], what, f"{mm_h[i]:g} mm/h") for i in much]))
    if not mm_h.any():
        raise _mistake(path, None, "no rain falls in the table", f"{len(mm_h)} rows of 0", None)


def _told(path: Path, wrong: list[tuple[int, str, str]]) -> list[Mistake]:
    """The first lines with each kind of mistake, and how many more there are."""
    mistakes: list[Mistake] = []
    for kind in dict.fromkeys(what for _, what, _ in wrong):
        these = [(line, found) for line, what, found in wrong if what == kind]
        for line, found in these[:NAMED]:
            mistakes.append(Mistake(what=kind, file=str(path), line=line, found=repr(found)))
        if len(these) > NAMED:
            mistakes.append(
                Mistake(what=f"{kind}: in {len(these) - NAMED} more lines, {len(these)} in all", file=str(path))
            )
    return mistakes


def _mistake(path: Path, line: int | None, what: str, found: str, accepted: str | None) -> CityOpsError:
    return CityOpsError(Mistake(what=what, file=str(path), line=line, found=found, accepted=accepted))
