"""Quantities as people write them, ``"40 mm/h"`` or ``"2 d 6 h"``, to SI and back.

A small strict parser: every quantity carries a unit, the unit must be of the dimension asked for, and nothing is
guessed. It knows no scenario: which key takes which dimension is the schema's matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sim.errors import CityOpsError, Mistake, nearest

GRID_S = 2.0**-10
"""Planned times lie on this grid, so that their sums are exact."""
DAY_S = 86400.0

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
# Letters with a power, such as m3/h, or signs, such as %; the digits of "1h30min" belong to the next number.
_UNIT = r"[^\W\d_]+(?:2O|[23](?![\w.]))?(?:/[^\W\d_]+)?|[^\s\w.,+-]+"
_TERM = re.compile(rf"\s*(?P<number>{_NUMBER})\s*(?P<unit>{_UNIT})?")
_CLOCK = re.compile(r"(?:day\s+(?P<day>\d{1,4})\s+)?(?P<h>\d{1,4}):(?P<m>\d\d)(?::(?P<s>\d\d(?:\.\d+)?))?")
_NOMINAL = re.compile(r"DN\s?(?P<mm>\d{1,4})")

# Water of 1,000 kg/m3 under standard gravity: 1 m of it weighs 9,806.65 Pa.
_PA = Fraction(100, 980665)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """What a quantity is measured in: ``units`` from spelling to exact SI factor, ``shown`` the ones to name."""

    name: str
    si: str
    units: Mapping[str, Fraction]
    shown: tuple[str, ...]
    example: str
    written: tuple[str, ...] = field(default=())
    """Units to write a value back in, the largest first; the SI unit is the last resort."""

    @property
    def accepted(self) -> str:
        """What a user may write, in one phrase."""
        return f"{self.name} in {', '.join(self.shown)} such as {self.example!r}"


def _spellings(**units: tuple[str | Fraction, str]) -> dict[str, Fraction]:
    """Factors as decimals or fractions, so that ``95 %`` is the float nearest to 0.95."""
    return {spelling: Fraction(factor) for factor, spellings in units.values() for spelling in spellings.split()}


_DURATION = Dimension(
    name="a duration",
    si="s",
    units=_spellings(
        ms=("1e-3", "ms"),
        s=("1", "s sec second seconds"),
        min=("60", "min mins minute minutes"),
        h=("3600", "h hr hrs hour hours"),
        d=("86400", "d day days"),
        w=("604800", "w week weeks"),
    ),
    shown=("s", "min", "h", "d"),
    example="2 d 6 h",
    written=("d", "h", "min"),
)
_LENGTH = Dimension(
    name="a length",
    si="m",
    units=_spellings(
        m=("1", "m metre metres meter meters"),
        mm=("1e-3", "mm"),
        cm=("1e-2", "cm"),
        km=("1e3", "km"),
        inch=("0.0254", "in inch inches"),
        ft=("0.3048", "ft foot feet"),
        mi=("1609.344", "mi mile miles"),
    ),
    shown=("mm", "cm", "m", "km", "in", "ft"),
    example="300 m",
    written=("km",),
)
_DIAMETER = Dimension(
    name="a diameter", si="m", units=_LENGTH.units, shown=("mm", "cm", "m", "in"), example="DN300", written=("mm",)
)
_PRESSURE = Dimension(
    name="a pressure",
    si="m",
    units=_spellings(
        m=("1", "m mH2O"),
        pa=(_PA, "Pa"),
        kpa=(1000 * _PA, "kPa"),
        bar=(100_000 * _PA, "bar"),
        psi=(Fraction("6894.757293168") * _PA, "psi"),
    ),
    shown=("m", "kPa", "bar", "psi"),
    example="20 m",
)
_AREA = Dimension(
    name="an area",
    si="m2",
    units=_spellings(
        m2=("1", "m2 m²"),
        mm2=("1e-6", "mm2 mm²"),
        cm2=("1e-4", "cm2 cm²"),
        ha=("1e4", "ha"),
        km2=("1e6", "km2 km²"),
    ),
    shown=("mm2", "cm2", "m2", "ha", "km2"),
    example="50 cm2",
    written=("cm2",),
)
_VOLUME = Dimension(
    name="a volume",
    si="m3",
    units=_spellings(
        m3=("1", "m3 m³"),
        litre=("1e-3", "l L litre litres liter liters"),
        ml=("1e-6", "ml mL"),
        megalitre=("1e3", "ML"),
    ),
    shown=("l", "m3", "ML"),
    example="200 l",
)
_FLOW = Dimension(
    name="a flow",
    si="m3/s",
    units=_spellings(
        m3_s=("1", "m3/s m³/s"),
        m3_h=("1/3600", "m3/h m³/h"),
        m3_d=("1/86400", "m3/d m³/d"),
        l_s=("1e-3", "l/s L/s"),
        l_min=("1/60000", "l/min L/min"),
        ml_d=("1000/86400", "ML/d"),
    ),
    shown=("l/s", "l/min", "m3/s", "m3/h", "m3/d", "ML/d"),
    example="5 l/s",
    written=("l/s",),
)
_SPEED = Dimension(
    name="a speed",
    si="m/s",
    units=_spellings(m_s=("1", "m/s"), km_h=("5/18", "km/h"), mph=("0.44704", "mph")),
    shown=("km/h", "m/s", "mph"),
    example="30 km/h",
    written=("km/h",),
)
_RAIN = Dimension(
    name="a rain intensity",
    si="m/s",
    units=_spellings(m_s=("1", "m/s"), mm_h=("1/3600000", "mm/h"), inch_h=(Fraction("0.0254") / 3600, "in/h")),
    shown=("mm/h", "in/h"),
    example="40 mm/h",
    written=("mm/h",),
)
_SHARE = Dimension(
    name="a share", si="", units=_spellings(percent=("1e-2", "% percent")), shown=("%",), example="10 %", written=("%",)
)

DIMENSIONS: Mapping[str, Dimension] = {
    "duration": _DURATION,
    "length": _LENGTH,
    "diameter": _DIAMETER,
    "pressure": _PRESSURE,
    "area": _AREA,
    "volume": _VOLUME,
    "flow": _FLOW,
    "speed": _SPEED,
    "rain": _RAIN,
    "share": _SHARE,
}


def parse(text: str, dimension: str) -> float:
    """The quantity in SI units that ``text`` writes; durations are rounded to the 2^-10 s grid.

    ``dimension`` is a key of ``DIMENSIONS``. A pressure is in metres of water; ``DN300`` is a diameter (and a length)
    of 300 mm; only durations may have several terms, the largest unit first; a share may be a fraction, ``0.1``.

    Raises ``CityOpsError`` naming the unit found, the accepted ones and the nearest.
    """
    kind = DIMENSIONS[dimension]
    nominal = _NOMINAL.fullmatch(text.strip())
    if nominal and kind in (_LENGTH, _DIAMETER):
        return int(nominal["mm"]) / 1e3
    terms = list(_terms(text, kind))
    if len(terms) > 1:
        _check_terms(text, terms, kind)
    try:
        value = float(sum(number * factor for number, factor in terms))
    except OverflowError as error:
        raise _wrong("is too large", text, kind) from error
    return _on_grid(value, text) if kind is _DURATION else value


def on_grid(seconds: float) -> float:
    """The time nearest to ``seconds`` on the grid of planned times."""
    return round(seconds / GRID_S) * GRID_S


def _on_grid(value: float, text: str) -> float:
    rounded = on_grid(value)
    if rounded == 0.0 and value != 0.0:
        raise _wrong("is shorter than the grid of planned times (1/1024 s)", text, _DURATION)
    return rounded


def _terms(text: str, kind: Dimension) -> Iterator[tuple[Fraction, Fraction]]:
    if re.search(r"\d,\d", text):
        raise _wrong("has a comma in its number (write a decimal point and no separators)", text, kind)
    end = 0
    while end < len(text.rstrip()):
        match = _TERM.match(text, end)
        if not match:
            raise _wrong(f"is not {kind.name}", text, kind)
        number = Fraction(match["number"])
        is_fraction = kind is _SHARE and match["unit"] is None and 0 <= number <= 1
        yield number, Fraction(1) if is_fraction else _factor(match["unit"], text, kind)
        end = match.end()
    if not end:
        raise _wrong("is empty", text, kind)


def _factor(unit: str | None, text: str, kind: Dimension) -> Fraction:
    if unit is None:
        raise _wrong("has no unit", text, kind)
    if unit not in kind.units:
        near = "min" if kind is _DURATION and unit == "m" else nearest(unit, kind.units)
        raise _wrong(f"has the unit {unit!r}, which does not measure {kind.name}", text, kind, near=near)
    return kind.units[unit]


def _check_terms(text: str, terms: list[tuple[Fraction, Fraction]], kind: Dimension) -> None:
    factors = [factor for _, factor in terms]
    if kind is not _DURATION:
        raise _wrong("has more than one term", text, kind)
    if min(number for number, _ in terms) < 0 or factors != sorted(set(factors), reverse=True):
        raise _wrong("must name each unit once, the largest first, without signs", text, kind)


def _wrong(what: str, text: str, kind: Dimension, *, near: str | None = None) -> CityOpsError:
    return CityOpsError(Mistake(what=what, found=repr(text), accepted=kind.accepted, nearest=near))


def clock(text: str) -> float:
    """Seconds after midnight of the first day: ``"05:00"``, ``"5:30:15"``, ``"30:00"`` or ``"day 2 06:00"``.

    Raises ``CityOpsError`` if ``text`` is no clock time.
    """
    match = _CLOCK.fullmatch(text.strip())
    seconds = float(match["s"] or 0.0) if match else 0.0
    if not match or int(match["m"]) >= 60 or seconds >= 60.0 or match["day"] == "0":
        raise CityOpsError(Mistake(what="is not a clock time", found=repr(text), accepted=CLOCK_ACCEPTED))
    day = int(match["day"] or 1) - 1
    return on_grid(day * 86400.0 + int(match["h"]) * 3600.0 + int(match["m"]) * 60.0 + seconds)


CLOCK_ACCEPTED = "a clock time such as '05:00', '5:30:15', or '30:00' for 6:00 on the second day"


def written(value: float, dimension: str) -> str:
    """A short text that ``parse`` reads back as exactly ``value``.

    >>> written(1800.0, "duration"), written(1e-3, "flow"), written(0.25, "share")
    ('30 min', '1 l/s', '25 %')
    """
    kind = DIMENSIONS[dimension]
    for unit in kind.written:
        exact = float(Fraction(value) / kind.units[unit])
        for number in (float(f"{exact:.12g}"), exact):
            text = f"{plain(number)} {unit}"
            is_short = (number.is_integer() if kind is _DURATION else len(text) <= 12) and abs(number) >= 1.0
            if (is_short or kind is _SHARE) and parse(text, dimension) == value:
                return text
    return f"{plain(value)} {kind.si}".rstrip()


def written_clock(seconds: float) -> str:
    """The clock time that ``clock`` reads back as exactly ``seconds`` (on the grid, not negative).

    >>> written_clock(18000.0), written_clock(108000.5)
    ('05:00', '30:00:00.5')
    """
    minutes, rest = divmod(seconds, 60.0)
    hours, minutes = divmod(int(minutes), 60)
    whole = f"{hours:02d}:{minutes:02d}"
    return whole if rest == 0.0 else f"{whole}:{int(rest):02d}{plain(rest % 1.0)[1:]}"


def plain(number: float) -> str:
    """The shortest spelling of ``number`` that Python reads back, without a trailing ``.0``."""
    return repr(number).removesuffix(".0")
