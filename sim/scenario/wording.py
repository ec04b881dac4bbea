"""The schema's errors in a user's words: where, what was found, what is accepted, and the nearest right name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sim.errors import Mistake, nearest
from sim.scenario.parsing import MISTAKE
from sim.scenario.positions import Spot, Steps, Tree, dotted
from sim.scenario.shape import Shape

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number without a unit",
    "finite_number": "a finite number",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
}
_BOUNDS = {
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_long": "at most {max_length} values",
}


def mistakes_of(error: ValidationError, tree: Tree, root: Shape, *, is_whole: bool = True) -> list[Mistake]:
    """One mistake for each thing that is wrong in ``tree``; without missing keys if the tree is not whole."""
    failures = [_Failure.of(details, tree, root) for details in error.errors(include_url=False)]
    unknown = [one for one in failures if one.is_unknown_key]
    return [
        one.mistake()
        for one in failures
        if not one.is_told_by(failures) and (one.lacks is None or (is_whole and not one.follows_from(unknown)))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    """One error of the schema beside what was written: the trees and shapes from the root to where it is."""

    kind: str
    message: str
    context: Mapping[str, Any]
    steps: Steps
    trees: Sequence[Tree]
    shapes: Sequence[Shape]
    is_unknown_key: bool
    lacks: str | None
    """The key that is missing below, if that is the failure."""

    @classmethod
    def of(cls, details: Mapping[str, Any], tree: Tree, root: Shape) -> _Failure:
        loc, kind = details["loc"], details["type"]
        trees, shapes, steps = [tree], [root], list[str | int]()
        for step in loc:  # skipping the names of types that stand between
            if (child := _child(trees[-1], step)) is not None:
                trees.append(child)
                shapes.append(shapes[-1].below(step))
                steps.append(step)
        return cls(
            kind=kind,
            message=details["msg"],
            context=details.get("ctx") or {},
            steps=tuple(steps),
            trees=trees,
            shapes=shapes,
            is_unknown_key=kind == "extra_forbidden" or loc[-1:] == ("[key]",),
            lacks=str(loc[-1]) if kind == "missing" else None,
        )

    def is_told_by(self, others: Sequence[_Failure]) -> bool:
        """Whether another failure says it: that the key above is unknown, or that each member of a list is wrong."""
        if self.kind == "too_short" and self.trees[-1].value:
            return any(other.steps[: len(self.steps)] == self.steps != other.steps for other in others)
        return any(
            other.is_unknown_key and other is not self and other.steps == self.steps[: len(other.steps)]
            for other in others
        )

    def follows_from(self, unknown: Sequence[_Failure]) -> bool:
        """Whether a key is missing only because it is misspelt, which is told already."""
        return any(
            other.steps[:-1] == self.steps
            and (self.shapes[-1].keys == (self.lacks,) or other.nearest_key() == self.lacks)
            for other in unknown
        )

    def nearest_key(self) -> str | None:
        """The known key that an unknown one is nearest to, of those that are not there yet."""
        return nearest(str(self.steps[-1]), [key for key in self.shapes[-2].keys if key not in self.trees[-2].value])

    def mistake(self) -> Mistake:
        """The failure in our words."""
        if self.is_unknown_key:
            above, known = dotted(self.steps[:-1]) or None, ", ".join(self.shapes[-2].keys)
            name, near = repr(str(self.steps[-1])), self.nearest_key()
            return self._key_spot().mistake("unknown key", field=above, found=name, accepted=known, nearest=near)
        field = dotted(self.steps) or None
        if self.lacks is not None:
            below = self.shapes[-1].below(self.lacks)
            expected = ", ".join(below.names or below.keys) or None
            what = (
                f"value {int(self.lacks) + 1} is missing"
                if self.lacks.isdigit()
                else f"the key `{self.lacks}` is missing"
            )
            return self._key_spot().mistake(what, field=field, accepted=expected)
        what, right, near = self._words()
        spot, found = self.trees[-1].spot, _shown(self.trees[-1].value)
        key = str(self.context.get("key"))
        if key in self.trees[-1].keys:
            spot, found = self.trees[-1].keys[key], repr(key)
        return spot.mistake(what, field=field, found=found, accepted=right, nearest=near)

    def _words(self) -> tuple[str, str | None, str | None]:
        """What is wrong with a value, what is accepted, and what is nearest."""
        value = self.trees[-1].value
        if self.kind == MISTAKE:
            return self.context["what"], self.context["accepted"], self.context["nearest"]
        if self.kind == "literal_error":
            names = self.shapes[-1].names
            return "is not a name known here", ", ".join(map(repr, names)), nearest(str(value), names)
        if self.kind in _BOUNDS:
            return "is out of bounds", _BOUNDS[self.kind].format_map(self.context), None
        if self.kind == "too_short":
            return "is empty", "at least one", None
        if self.kind in _KINDS:
            return ("has no value" if value is None else f"is not {_KINDS[self.kind]}"), _KINDS[self.kind], None
        return self.message[:1].lower() + self.message[1:], None, None

    def _key_spot(self) -> Spot:
        """Where the key of the value stands; the value itself for a list's or for the whole file."""
        spot = self.trees[-1].spot
        return self.trees[-2].keys.get(str(self.steps[-1]), spot) if self.steps else spot


def _child(tree: Tree, step: str | int) -> Tree | None:
    if isinstance(tree.value, dict):
        child: Tree | None = tree.value.get(step)
        return child
    is_place = isinstance(tree.value, tuple) and isinstance(step, int) and step < len(tree.value)
    return tree.value[step] if is_place else None


def _shown(value: Any) -> str | None:
    """What was found, short enough for a line."""
    if value is None:
        return None
    if isinstance(value, dict | tuple):
        kind = "mapping" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    text = str(value).lower() if isinstance(value, bool) else getattr(value, "text", None) or repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
