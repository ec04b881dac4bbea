"""From the names of a scenario to rules: the project's own, a user's file, or an installed entry point."""

from __future__ import annotations

import functools
import importlib.util
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sim.errors import CityOpsError, PolicyError, nearest
from sim.policies.close import UnderpassView
from sim.policies.levers import Levers
from sim.policies.view import Action, Assign, Isolate, Policy, Repair, View
from sim.scenario import catalog
from sim.scenario.levers import Closing
from sim.scenario.schema import ByCustomerHours, PolicySource, Python, Scenario

GROUP = "cityops.policies"
"""The entry point group of installed policies and rules."""


def load_policy(scenario: Scenario, name: str) -> Policy:
    """The policy of that name.

    Raises CityOpsError where the scenario has none of that name, or a file or a name in it is missing; PolicyError
    where the user's file itself fails.
    """
    if name not in scenario.policies:
        known = scenario.policies
        near = nearest(name, known)
        hint = f"; did you mean {near!r}?" if near else ""
        raise CityOpsError(f"the scenario has no policy {name!r}; accepted: {', '.join(known)}{hint}")
    source = scenario.policies[name]
    if source.python is not None:
        made = _own(scenario, source.python, ("policies", name, "python"))
        return Guarded(_call(made) if isinstance(made, type) else made, name)
    return Guarded(_levers(scenario, source, name), name)


def load_closing(scenario: Scenario, name: str) -> Callable[[UnderpassView], bool]:
    """The rule by which a policy closes underpasses; that of a policy in Python leaves them open.

    Raises CityOpsError and PolicyError as ``load_policy``.
    """
    close = scenario.policies[name].close
    if isinstance(close, Python):
        own = _function(_own(scenario, close.python, ("policies", name, "close", "python")), "close")
        return functools.partial(_asked, own, name)
    if isinstance(close, Closing):
        kinds = {kind: getattr(close, kind) for kind in type(close).model_fields}
        (kind, chosen), *_ = [(kind, one) for kind, one in kinds.items() if one is not None]
        parameters = {key: getattr(chosen, key) for key in type(chosen).model_fields if key != "sign_off"}
        return functools.partial(_rule("close", kind.replace("_", " ")), **parameters)
    return _rule("close", close)


def _asked(own: Callable[[UnderpassView], object], name: str, view: UnderpassView) -> bool:
    try:
        return bool(own(view))
    except Exception as error:
        raise _told(error, f"the rule for 'close' of the policy {name!r} failed") from error


def _levers(scenario: Scenario, source: PolicySource, name: str) -> Levers:
    def rule(lever: str) -> Callable[..., Any]:
        value = getattr(source, lever)
        if isinstance(value, Python):
            return _function(_own(scenario, value.python, ("policies", name, lever, "python")), lever)
        if isinstance(value, ByCustomerHours):
            saved = value.customer_hours_saved_per_crew_hour
            return functools.partial(_rule(lever, "customer hours saved per crew hour"), look_ahead=saved.look_ahead)
        return _rule(lever, value)

    return Levers(dispatch=rule("dispatch"), order=rule("order"), isolate=rule("isolate"))


def _rule(lever: str, name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = catalog.resolve(catalog.RULES[lever][name].target)
    return found


def _function(value: Any, lever: str) -> Callable[..., Any]:
    if not callable(value):
        raise CityOpsError(f"the rule for {lever!r} is {value!r}, which cannot be called")
    return value  # type: ignore[no-any-return]


def _own(scenario: Scenario, written: str, path: tuple[str | int, ...]) -> Any:
    """What a user's ``FILE.py:NAME`` or entry point stands for."""
    file, separator, attribute = written.rpartition(":")
    if not separator:
        return _entry_point(scenario, written, path)
    root = scenario.folder.resolve()
    target = (root / file).resolve()
    if not target.is_relative_to(root):
        raise CityOpsError(scenario.mistake(path, "the file lies outside the scenario's folder", found=repr(file)))
    if not target.is_file():
        raise CityOpsError(scenario.mistake(path, "there is no such file", found=repr(file)))
    module = _module(target)
    if not hasattr(module, attribute):
        near = nearest(attribute, [name for name in vars(module) if not name.startswith("_")])
        raise CityOpsError(
            scenario.mistake(path, f"the file {file} does not define it", found=repr(attribute), nearest=near)
        )
    return getattr(module, attribute)


def _entry_point(scenario: Scenario, written: str, path: tuple[str | int, ...]) -> Any:
    installed = {point.name: point for point in entry_points(group=GROUP)}
    if written not in installed:
        raise CityOpsError(
            scenario.mistake(
                path,
                "is neither FILE.py:NAME nor an installed policy",
                found=repr(written),
                accepted=", ".join(sorted(installed)) or "FILE.py:NAME",
                nearest=nearest(written, installed),
            )
        )
    try:
        return installed[written].load()
    except Exception as error:
        raise _told(error, f"the installed policy {written!r} cannot be loaded") from error


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"cityops_rules_{file.stem}", file)
    assert spec is not None and spec.loader is not None, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a user's file raises is told with its place
        raise _told(error, f"the file {file.name} cannot be loaded", file) from error
    return module


def _call(made: Any) -> Any:
    try:
        return made()
    except Exception as error:
        raise _told(error, f"the policy {made.__name__} cannot be made") from error


class Guarded:
    """A policy whose mistakes are told with the place in the user's file."""

    def __init__(self, policy: Policy, name: str) -> None:
        self._policy = policy
        self._name = name

    def decide(self, view: View) -> Sequence[Action]:
        """What the policy decides. PolicyError where it raises or returns what is no action."""
        try:
            actions = list(self._policy.decide(view))
        except Exception as error:
            raise _told(error, f"the policy {self._name!r} failed at {view.now_s:.0f} s") from error
        for action in actions:
            numbers = (
                [action.case, getattr(action, "crew", 0)] if isinstance(action, (Assign, Isolate, Repair)) else [None]
            )
            if not all(isinstance(number, (int, np.integer)) for number in numbers):
                raise PolicyError(f"the policy {self._name!r} returned {action!r}, which is no action")
        return actions


def _told(error: Exception, what: str, file: Path | None = None) -> PolicyError:
    """The user's exception, with the last place in a file outside cityops, as one line."""
    if isinstance(error, SyntaxError):
        return PolicyError(f"{error.filename}:{error.lineno}: {what}: {error.msg}")
    own = Path(__file__).parents[1]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not Path(f.filename).is_relative_to(own)]
    frames = [f for f in frames if not f.filename.startswith("<frozen")]
    # The user's own file tells more than what it called.
    frames = [f for f in frames if f.filename.endswith(".py") and "site-packages" not in f.filename] or frames
    place = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
    return PolicyError(f"{place}{what}: {type(error).__name__}: {error}")
