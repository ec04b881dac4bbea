"""What our own files of streets must say, which may have been edited since: everything, of every street."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.city.street_tags import Way, Ways, amount
from sim.errors import CityOpsError, Mistake

Floats = npt.NDArray[np.float64]

OWN_KEY = "cityops"  # what marks our own files: of GeoJSON a member with corners and pace, of GraphML the pace as JSON
PACE_SHAPE = (4, 24)
_MOST_TOLD = 10


def checked_own(read: Ways) -> Ways:
    """The same, after a look at what ``Streets`` promises; CityOpsError with all that is wrong, street by street."""
    told = [
        *_wrong_layers(read),
        *(f"{way.place}: {wrong}" for way in read.ways for wrong in _wrong(way, len(read.xy))),
    ]
    counts = Counter(str(way.tags.get("name")) for way in read.ways)
    told += [f"{count} streets have the name {name!r}" for name, count in counts.items() if count > 1]
    if told:
        raise CityOpsError([Mistake(what=what, file=read.file) for what in told[:_MOST_TOLD]])
    return read


def _wrong_layers(read: Ways) -> Iterator[str]:
    n = len(read.xy)
    if read.elevation_m.shape != (n,):
        yield f"{n} corners need as many numbers in elevation_m, not {len(read.elevation_m)}"
    if read.pace.shape != PACE_SHAPE:
        yield f"the pace must be 4 rows, one for each class, of 24 hours, not of the shape {read.pace.shape}"
    if not (read.pace > 0.0).all():
        yield f"the pace must be above 0, which {read.pace[~(read.pace > 0.0)][0]:g} is not"
    for name, values in (("corners", read.xy), ("elevation_m", read.elevation_m), ("pace", read.pace)):
        if not np.isfinite(values).all():
            yield f"{name}: every number must be finite"


def _wrong(way: Way, n_corners: int) -> Iterator[str]:
    """What is wrong with what is said of one street."""
    for key, corner in (("tail", way.tail), ("head", way.head)):
        if not is_count(corner) or corner >= n_corners:
            found = "missing" if key not in way.tags and corner == -1 else repr(corner)
            yield f"{key} must be one of the {n_corners} corners, not {found}"
    if not is_count(way.tags.get("street")):
        yield f"street must be a number from 0 on, not {way.tags.get('street')!r}"
    if not isinstance(way.tags.get("oneway"), bool):
        yield f"oneway must be true or false, not {way.tags.get('oneway')!r}"
    if not isinstance(way.tags.get("name"), str):
        yield f"a street needs a name, not {way.tags.get('name')!r}"
    lowest = amount(way.tags.get("lowest_m"))
    if lowest is not None and not np.isfinite(lowest):
        yield f"lowest_m must be finite, not {lowest}"


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def own_member(file: str, said: Any) -> tuple[Floats, Floats, Floats]:
    """Corners (n, 2), heights and pace of the member of our GeoJSON; CityOpsError where they are no numbers."""
    if not isinstance(said, Mapping):
        accepted = "corners, elevation_m and pace"
        raise CityOpsError(Mistake(what=f"the member {OWN_KEY} is no object", file=file, accepted=accepted))
    corners = numbers(file, "corners", said.get("corners"))
    if corners.ndim != 2 or corners.shape[1] != 2:
        raise CityOpsError(Mistake(what="corners: each needs x and y", file=file, found=f"the shape {corners.shape}"))
    return corners, numbers(file, "elevation_m", said.get("elevation_m")), numbers(file, "pace", said.get("pace"))


def pace_of_text(file: str, text: Any) -> Floats:
    """The pace as our GraphML has it; CityOpsError where it is none."""
    try:
        said = json.loads(str(text))
    except (ValueError, RecursionError) as error:
        raise CityOpsError(Mistake(what=f"the attribute {OWN_KEY} is no JSON", file=file, found=str(error))) from error
    return numbers(file, "pace", said)


def numbers(file: str, name: str, said: Any) -> Floats:
    """An array of what a file says under a name."""
    try:
        values = np.array(said, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise CityOpsError(Mistake(what=f"{name}: no table of numbers", file=file, found=str(error))) from error
    if values.ndim == 0:
        found = "none" if said is None else repr(said)
        raise CityOpsError(Mistake(what=f"{name}: no table of numbers", file=file, found=found))
    return values
