"""The schema's errors in a user's words: where, what was found, what is accepted, and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args, get_origin

from pydantic import ValidationError

from sim.errors import Mistake, nearest
from sim.scenario.positions import Spot, Steps, Tree
from sim.scenario.quantities import MISTAKE
from sim.scenario.shape import Shape

Details = Mapping[str, Any]

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number without unit",
    "finite_number": "a finite number",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "bool_type": "true or false",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "too_short": "at least one",
}
_BOUNDS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def mistakes_of(error: ValidationError, tree: Tree, root: Shape) -> list[Mistake]:
    """One mistake for each thing that is wrong in ``tree``, in the order of the lines."""
    found = [_Wording(details, tree, root) for details in error.errors(include_url=False)]
    unknown = [one for one in found if one.is_unknown_key]
    told = [one.mistake() for one in found if not one.follows_from(unknown)]
    return in_order(told)


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """``mistakes`` without repetitions, by file and line."""
    return sorted(
        dict.fromkeys(mistakes), key=lambda mistake: (mistake.file or "", mistake.line or 0, mistake.column or 0)
    )


class _Wording:
    """One error of the schema, seen beside what was written."""

    def __init__(self, details: Details, tree: Tree, root: Shape) -> None:
        self._type: str = details["type"]
        self._context: Details = details.get("ctx") or {}
        self._message: str = details["msg"]
        self._steps, self._nodes = _followed(tree, details["loc"])
        self._shape = root
        for step in self._steps:
            self._shape = self._shape.below(step)
        self._absent = str(details["loc"][-1]) if self._type == "missing" else None
        self._parent = root
        for step in self._steps[:-1]:
            self._parent = self._parent.below(step)
        self._wrong_key = details["loc"][-1:] == ("[key]",) or self._type == "extra_forbidden"

    @property
    def is_unknown_key(self) -> bool:
        """Whether the key itself is wrong."""
        return self._wrong_key

    def follows_from(self, unknown: list[_Wording]) -> bool:
        """Whether a key is only missing because it is misspelt, which is told already."""
        return self._absent is not None and any(
            other._steps[:-1] == self._steps
            and (self._shape.chooses_one or self._shape.keys == (self._absent,) or other._nearest_key() == self._absent)
            for other in unknown
        )

    def _nearest_key(self) -> str | None:
        siblings = self._nodes[-2].value if len(self._nodes) > 1 else {}
        return nearest(str(self._steps[-1]), [key for key in self._parent.keys if key not in siblings])

    def mistake(self) -> Mistake:
        """The error in our words."""
        if self._wrong_key:
            keys = ", ".join(self._parent.keys)
            found = repr(str(self._steps[-1]))
            return self._at("unknown key", key=True, found=found, accepted=keys, near=self._nearest_key())
        if self._absent is not None:
            accepted = self._shape.below(self._absent)
            return self._at(f"the key `{self._absent}` is missing", key=True, accepted=_kind(accepted))
        found = _shown(self._nodes[-1].value)
        if self._type == MISTAKE:
            return self._own(found)
        if self._type == "literal_error":
            values = [value for kind in self._shape.types for value in _literals(kind)]
            near = nearest(str(self._nodes[-1].value), values)
            return self._at(
                "is not one of the names here", found=found, accepted=", ".join(map(repr, values)), near=near
            )
        if self._type in _BOUNDS:
            words, name = _BOUNDS[self._type]
            return self._at("is out of bounds", found=found, accepted=f"{words} {self._context[name]}")
        if self._type == "too_long":
            return self._at("is too long", found=found, accepted=f"{self._context['max_length']} values")
        if self._type in _KINDS:
            what = "is missing" if self._nodes[-1].value is None else f"is not {_KINDS[self._type]}"
            return self._at(what, found=found, accepted=_KINDS[self._type])
        return self._at(self._message[:1].lower() + self._message[1:], found=found)

    def _own(self, found: str | None) -> Mistake:
        key = self._context.get("key")
        node = self._nodes[-1]
        if key is None or key not in node.keys:
            return self._at(
                self._context["what"], found=found, accepted=self._context["accepted"], near=self._context["nearest"]
            )
        return self._at(
            self._context["what"], found=repr(key), accepted=self._context["accepted"], near=self._context["nearest"],
            spot=node.keys[key],
        )  # fmt: skip

    def _at(
        self,
        what: str,
        *,
        key: bool = False,
        found: str | None = None,
        accepted: str | None = None,
        near: str | None = None,
        spot: Spot | None = None,
    ) -> Mistake:
        spot = spot or (self._key_spot() if key else self._nodes[-1].spot)
        steps = self._steps[:-1] if self._wrong_key else self._steps
        return Mistake(
            what=what, file=spot.file, line=spot.line, column=spot.column, field=dotted(steps) or None, found=found,
            accepted=accepted, nearest=near,
        )  # fmt: skip

    def _key_spot(self) -> Spot:
        if not self._steps:
            return self._nodes[-1].spot
        return self._nodes[-2].keys.get(str(self._steps[-1]), self._nodes[-1].spot)


def dotted(steps: Steps) -> str:
    """The path as it is written in ``--set``."""
    return ".".join(map(str, steps))


def _followed(tree: Tree, loc: Steps) -> tuple[Steps, list[Tree]]:
    """The part of ``loc`` that exists in the tree, skipping the names of types, and the trees along it."""
    steps: Steps = ()
    nodes = [tree]
    for step in loc:
        value = nodes[-1].value
        is_there = step in value if isinstance(value, dict) else isinstance(value, tuple) and step in range(len(value))
        if is_there:
            steps = (*steps, step)
            nodes.append(value[step])
    return steps, nodes


def _shown(value: Any) -> str | None:
    """What was found, short enough for a line."""
    if value is None:
        return None
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, tuple):
        return "a list" if value else "an empty list"
    text = str(value).lower() if isinstance(value, bool) else getattr(value, "text", None) or repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _literals(kind: Any) -> list[str]:
    return [str(value) for value in get_args(kind)] if "Literal" in str(get_origin(kind)) else []


def _kind(shape: Shape) -> str | None:
    """What may stand there, if the shape alone tells."""
    return ", ".join(shape.keys) or None
