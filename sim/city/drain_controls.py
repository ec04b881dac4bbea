"""SWMM's simple controls as arrays for the kernel: what a rule looks at, and what it sets.

Understood are premises on depth, head and inflow of nodes, flow, depth, status and setting of links and on time, and
actions that set a status or a setting; everything else is refused with its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cext.drains_rules import Rules
from sim.errors import CityOpsError, Mistake, nearest

if TYPE_CHECKING:
    from sim.city.drainage import Drainage

_RELATIONS = ("=", "<>", "<", "<=", ">", ">=")
_OF_NODES = {"DEPTH": 0, "HEAD": 1, "INFLOW": 2}
_OF_LINKS = {"FLOW": 3, "DEPTH": 4, "STATUS": 5, "SETTING": 6}
_OF_TIME = {"TIME": 7, "CLOCKTIME": 8}
_LINKS = ("LINK", "CONDUIT", "PUMP", "ORIFICE", "WEIR", "OUTLET")
_STATUS = {"ON": 1.0, "OFF": 0.0, "OPEN": 1.0, "CLOSED": 0.0}
_HOUR = 3600.0


@dataclass(slots=True)
class _Rule:
    """A rule while its lines are read."""

    name: str
    priority: float = 0.0
    premises: list[tuple[int, int, int, int, float]] = field(
        default_factory=list
    )  # joint, what, element, relation, value
    actions: list[tuple[int, int, float]] = field(default_factory=list)  # branch, link, setting


def rules(drainage: Drainage) -> Rules | None:
    """The rules of a network, None where it has none; CityOpsError with the line that is not understood."""
    read = _Reader(drainage).read()
    premises = [(r, *premise) for r, rule in enumerate(read) for premise in rule.premises]
    actions = [(r, *action) for r, rule in enumerate(read) for action in rule.actions]
    if not actions:
        return None
    premise_rule, joint, what, element, relation, value = (np.array(column) for column in zip(*premises, strict=True))
    action_rule, branch, link, setting = (np.array(column) for column in zip(*actions, strict=True))
    return Rules(
        premise_rule=premise_rule,
        joint=joint,
        what=what,
        element=element,
        relation=relation,
        value=value,
        action_rule=action_rule,
        branch=branch,
        link=link,
        setting=setting,
        priority=np.array([rule.priority for rule in read]),
    )


class _Reader:
    """Reads the lines one after the other."""

    def __init__(self, drainage: Drainage) -> None:
        self.lines = [text for text in drainage.controls if text.split() and not text.lstrip().startswith(";")]
        self.names = {
            "node": {name.casefold(): i for i, name in enumerate(drainage.node_names)},
            "link": {name.casefold(): i for i, name in enumerate(drainage.link_names)},
        }
        self.where, self.rules = drainage.name, list[_Rule]()
        self.branch = 0

    def read(self) -> list[_Rule]:
        for line in self.lines:
            words = line.split()
            key = words[0].upper()
            if key == "RULE" and len(words) == 2:
                self.rules.append(_Rule(words[1]))
            elif not self.rules:
                raise self._wrong(line, "a line before the first RULE")
            else:
                self._line(key, words, line)
        for rule in self.rules:
            if not rule.premises or not rule.actions:
                raise CityOpsError(f"{self.where}: rule {rule.name} needs a premise (IF) and an action (THEN)")
        return self.rules

    def _line(self, key: str, words: list[str], line: str) -> None:
        rule = self.rules[-1]
        if key == "PRIORITY" and len(words) == 2:
            rule.priority = self._number(words[1], line)
        elif key in {"THEN", "ELSE"} or (key == "AND" and rule.actions):
            self.branch = {"THEN": 0, "ELSE": 1}.get(key, self.branch)
            rule.actions.append(self._action(words[1:], line))
        elif key in {"IF", "AND", "OR"}:
            rule.premises.append((int(key == "OR"), *self._premise(words[1:], line)))
        else:
            raise self._wrong(line, f"{key} begins no line of a rule", "RULE, IF, AND, OR, THEN, ELSE, PRIORITY")

    def _premise(self, words: list[str], line: str) -> tuple[int, int, int, float]:
        if len(words) == 4 and words[0].upper() == "SIMULATION" and words[1].upper() in _OF_TIME:
            return _OF_TIME[words[1].upper()], 0, self._relation(words[2], line), self._time(words[3], line)
        if len(words) != 5:
            raise self._wrong(line, "not a premise", "kind, name, attribute, relation, value")
        kind, name, attribute = words[0].upper(), words[1], words[2].upper()
        what = _OF_NODES if kind == "NODE" else _OF_LINKS if kind in _LINKS else {}
        if attribute not in what:
            raise self._wrong(line, f"{kind} {attribute} is not understood", ", ".join([*_OF_NODES, *_OF_LINKS]))
        element = self._element("node" if kind == "NODE" else "link", name, line)
        return what[attribute], element, self._relation(words[3], line), self._setting(words[4], line)

    def _action(self, words: list[str], line: str) -> tuple[int, int, float]:
        if len(words) != 5 or words[0].upper() not in _LINKS or words[3] != "=":
            raise self._wrong(line, "not an action", "kind, name, STATUS or SETTING, =, value")
        if words[2].upper() not in {"STATUS", "SETTING"}:
            raise self._wrong(line, f"{words[2]} cannot be set", "STATUS, SETTING")
        setting = self._setting(words[4], line)
        if setting < 0.0:
            raise self._wrong(line, "a setting below 0")
        return self.branch, self._element("link", words[1], line), setting

    def _element(self, kind: str, name: str, line: str) -> int:
        if (index := self.names[kind].get(name.casefold())) is None:
            near = nearest(name, self.names[kind])
            raise CityOpsError(Mistake(what=f"{self.where}: there is no {kind} {name}", found=line, nearest=near))
        return index

    def _relation(self, word: str, line: str) -> int:
        if word not in _RELATIONS:
            raise self._wrong(line, f"{word} is no relation", " ".join(_RELATIONS))
        return _RELATIONS.index(word)

    def _setting(self, word: str, line: str) -> float:
        return _STATUS[word.upper()] if word.upper() in _STATUS else self._number(word, line)

    def _time(self, word: str, line: str) -> float:
        parts = [self._number(part, line) for part in word.split(":")]
        return sum(part * _HOUR / 60.0**k for k, part in enumerate(parts))

    def _number(self, word: str, line: str) -> float:
        try:
            return float(word)
        except ValueError:
            raise self._wrong(line, f"{word} is no number") from None

    def _wrong(self, line: str, what: str, accepted: str | None = None) -> CityOpsError:
        return CityOpsError(Mistake(what=f"{self.where}: controls: {what}", found=line, accepted=accepted))
