"""The few exceptions of cityops: mistakes of the user, each with its place and what would have been right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that the user wrote and that cannot be meant; ``line`` and ``column`` count from 1."""

    what: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    field: str | None = None
    found: str | None = None
    accepted: str | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: " if place else ""
        text += f"{self.field}: " if self.field else ""
        text += self.what
        text += f", found {self.found}" if self.found is not None else ""
        text += f"; accepted: {self.accepted}" if self.accepted is not None else ""
        text += f"; did you mean {self.nearest!r}?" if self.nearest is not None else ""
        return text


class CityOpsError(Exception):
    """What the user gave is wrong: one or more mistakes, to be shown without a traceback; exit code 2."""

    exit_code = 2

    def __init__(self, mistakes: str | Mistake | Sequence[Mistake]) -> None:
        if isinstance(mistakes, str):
            mistakes = Mistake(what=mistakes)
        self.mistakes: tuple[Mistake, ...] = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))

    def __reduce__(self) -> tuple[type[CityOpsError], tuple[tuple[Mistake, ...]]]:
        return type(self), (self.mistakes,)


class MissingExtra(CityOpsError):  # noqa: N818  # reads as what it is
    """A package that only an extra of the distribution brings is not installed."""


class PolicyError(CityOpsError):
    """A user's own policy raised or returned what is no action; the scenario is right, so exit code 1."""

    exit_code = 1


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None where none is near."""
    known = list(known)
    folded = {candidate.casefold(): candidate for candidate in reversed(known)}
    matches = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None
