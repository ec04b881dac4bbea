"""The numbers of SWMM's simple controls, from one set of units to another, and what in them is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LENGTHS = ("DEPTH", "MAXDEPTH", "HEAD", "FULLDEPTH", "LENGTH")
FLOWS = ("FLOW", "INFLOW", "FULLFLOW")
REFUSED = ("VARIABLE", "EXPRESSION", "CURVE", "TIMESERIES", "PID", "GAGE", "VOLUME", "VELOCITY", "SLOPE")
"""Words of controls that refer to what ``Drainage`` does not keep, or that few files use."""


def in_units(lines: Iterable[str], *, flow: float, length: float) -> Iterator[str]:
    """The lines with the numbers of their premises multiplied: depths and heads by length, flows by flow."""
    return (_converted(line, flow=flow, length=length) for line in lines)


def _converted(line: str, *, flow: float, length: float) -> str:
    """A premise reads: IF, AND or OR, kind, name, attribute, relation, value."""
    tokens = line.split()
    if len(tokens) != 6 or tokens[0].upper() not in {"IF", "AND", "OR"}:
        return line
    attribute = tokens[3].upper()
    factor = length if attribute in LENGTHS else flow if attribute in FLOWS else 1.0
    try:
        value = float(tokens[5])
    except ValueError:  # another attribute, to be compared with
        return line
    return line if factor == 1.0 else " ".join([*tokens[:5], repr(value * factor)])


def refused_in(line: str) -> str | None:
    """The word of a line that is not supported, or None."""
    return next((word for word in line.upper().split() if word in REFUSED), None)
