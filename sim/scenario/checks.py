"""What must hold between the values of a scenario, in the words that a user sees.

Each check looks only at values that are right by themselves, so that one mistake gives one message, and each runs even
if something else is wrong, so that all mistakes are found at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import Field, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from sim import units
from sim.errors import nearest
from sim.scenario import catalog
from sim.scenario.parsing import Written, wrong

T = TypeVar("T")

ALWAYS = Field(validate_default=True)
"""Checks a field also if it is left out."""


def several(errors: Iterable[tuple[tuple[str | int, ...], Exception]]) -> None:
    """Raise all ``errors`` at once, each at its path below the value in hand; nothing if there are none."""
    details = [InitErrorDetails(type=error, loc=path, input=None) for path, error in errors]  # type: ignore[typeddict-item]
    if details:
        raise ValidationError.from_exception_data("scenario", details)


def at_least(value: float, bound: float, margin: float, accepted: str) -> float:
    """``value`` if it is at least ``bound`` plus ``margin``."""
    if value < bound + margin:
        raise wrong("is too small", accepted=accepted)
    return value


def distinct(values: tuple[T, ...]) -> tuple[T, ...]:
    """``values`` if none occurs twice."""
    return unique(values, name=lambda value: value)


def unique(values: tuple[T, ...], *, name: Callable[[T], object], key: tuple[str, ...] = ()) -> tuple[T, ...]:
    """``values`` if no two have the same name; the mistake is at ``key`` of the later one."""
    names = [name(value) for value in values]
    several(((i, *key), wrong("is listed twice")) for i, one in enumerate(names) if one in names[:i])
    return values


def window(value: tuple[float, float]) -> tuple[float, float]:
    """``value`` if the first time is before the second."""
    if not value[0] < value[1]:
        raise wrong("ends before it begins", accepted="the earlier time first ('30:00' is 6:00 on the second day)")
    return value


def shift(value: tuple[float, float]) -> tuple[float, float]:
    """Daily hours as begin in [0, 24 h) and end in (begin, begin + 24 h]."""
    begin, end = value
    end = end + units.DAY_S if end <= begin else end
    if begin >= units.DAY_S or end > begin + units.DAY_S:
        raise wrong("is not a daily shift", accepted="two clock times at most 24 h apart, such as [22:00, 06:00]")
    return begin, end


def within_first_day(start: float) -> float:
    """``start`` if it is a time of the first day."""
    if start >= units.DAY_S:
        raise wrong("is not on the first day", accepted="a clock time before '24:00'")
    return start


def count_with_between(between: Any, info: ValidationInfo) -> Any:
    """``between`` if it is given exactly where ``count`` is."""
    if "count" in info.data and (info.data["count"] is None) != (between is None):
        given, lacking = ("between", "count") if between is not None else ("count", "between")
        raise wrong(f"`{given}` needs `{lacking}`", accepted="`count` and `between` together", key=given)
    return between


def drawn_or_listed(listed: Sequence[object], info: ValidationInfo) -> None:
    """Refuse both of and neither of ``count`` and ``listed``."""
    if "count" not in info.data or "between" not in info.data or bool(listed) != (info.data["count"] is not None):
        return
    what = "has `count` and `listed`" if listed else "has neither `count` nor `listed`"
    raise wrong(
        what, accepted="`count` and `between` for bursts that are drawn, or `listed` for given ones", key="listed"
    )


def one_law(value: Any, laws: Sequence[str]) -> Any:
    """A plain duration as a fixed law; a mapping if it has one key."""
    accepted = f"a duration such as '6 h', or a mapping with one of {', '.join(laws)}"
    if isinstance(value, str):
        return {"fixed": value}
    if not isinstance(value, Mapping):
        return value if type(value).__name__ == "Law" else _refuse("is not a law of a duration", accepted)
    given = [law for law in value.values() if law is not None]
    if len(value) != 1 and len(given) != 1:
        _refuse("has several keys" if given else "is empty", accepted)
    return value


def _refuse(what: str, accepted: str) -> None:
    raise wrong(what, accepted=accepted)


def in_time(hazards: tuple[Any, ...], info: ValidationInfo) -> tuple[Any, ...]:
    """``hazards`` if all they do lies between the start and the end of the run."""
    if "start" not in info.data or "duration" not in info.data:
        return hazards
    start, end = info.data["start"], info.data["start"] + info.data["duration"]
    accepted = f"{units.written_clock(start)} (the start) to {units.written_clock(end)} (start and duration)"
    several(
        (path, wrong("is not within the run", accepted=accepted))
        for path, time in _times(hazards)
        if not start <= time <= end
    )
    return hazards


def _times(hazards: tuple[Any, ...]) -> Iterable[tuple[tuple[str | int, ...], float]]:
    for i, hazard in enumerate(hazards):
        if hazard.rain is not None:
            yield (i, "rain", "begins"), hazard.rain.begins
            continue
        for j, time in enumerate(hazard.bursts.between or ()):
            yield (i, "bursts", "between", j), time
        for j, burst in enumerate(hazard.bursts.listed):
            yield (i, "bursts", "listed", j, "at"), burst.at


def one_kind(given: Mapping[str, object]) -> None:
    """Refuse a hazard that is of no kind or of several."""
    kinds = [kind for kind, value in given.items() if value is not None]
    if len(kinds) != 1:
        what = "has several kinds" if kinds else "has no kind"
        several([((next(iter(given)),) if given else (), wrong(what, accepted="one of bursts, rain"))])


def made_or_real(is_made: bool, *, has_water: bool, needs_town: Mapping[tuple[str, ...], bool]) -> None:
    """Refuse a city without any network, and what only a made town can have where there is none."""
    if is_made:
        return
    if not has_water:
        raise wrong("has no network", accepted="`synthetic` for a made town, or `water: {inp: ...}` for a real network")
    several(
        (path, wrong("needs a made town", accepted="`synthetic` beside it in `city`"))
        for path, is_asked in needs_town.items()
        if is_asked
    )


def python_name(value: str) -> str:
    """``value`` if it is ``FILE.py:NAME`` or the name of an entry point."""
    file, colon, name = value.partition(":")
    is_entry_point = not colon and not file.endswith(".py") and re.fullmatch(r"[\w.-]+( [\w.-]+)*", file)
    if not is_entry_point and not (file.endswith(".py") and name.isidentifier()):
        raise wrong("is not a rule in Python", accepted="'FILE.py:NAME', or the name of an entry point")
    return value


def python_alone(python: str | None, written: Iterable[str]) -> None:
    """Refuse levers beside a whole policy in Python."""
    levers = sorted(set(written) - {"python"})
    if python is not None and levers:
        raise wrong(f"`{levers[0]}` stands beside `python`", accepted="either `python` or levers", key=levers[0])


def policy(name: str, info: ValidationInfo) -> str:
    """``name`` if the file that is being read has such a policy."""
    if isinstance(info.context, Written):
        policy_of(name, info.context.policies)
    return name


def policy_of(name: str, policies: Sequence[str], *, key: tuple[str, ...] = ()) -> None:
    """Refuse a name that is none of ``policies``."""
    if name not in policies:
        error = wrong("is not a policy of this scenario", accepted=", ".join(policies), near=nearest(name, policies))
        several([(key, error)])


def indicator(name: str) -> str:
    """``name`` if the catalogue has such an indicator."""
    if name not in catalog.INDICATORS:
        near = nearest(name, catalog.INDICATORS)
        accepted = f"one of the {len(catalog.INDICATORS)} that `cityops list` names"
        raise wrong("is not an indicator", accepted=accepted, near=near)
    return name


def seen(name: str, *, it_rains: bool, key: tuple[str, ...]) -> None:
    """Refuse an indicator of floods where there is no rain."""
    if catalog.INDICATORS[name].of_floods and not it_rains:
        several([(key, wrong("is known only where it rains", accepted="a hazard `rain`, or another indicator"))])
