"""A run's folder: what stands in it, and how it grows from nothing to complete.

While it grows it is called ``NAME.unfinished``; it takes its name when everything is there. It comes into being with
the first replication that lands, so a scenario that turns out to be wrong leaves none. Not for what the files mean.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sim.errors import CityOpsError, Mistake
from sim.experiment.landing import land, replace, sweep
from sim.record.eventlog import EventLog

FORMAT: Final = "cityops run folder 1"
UNFINISHED: Final = ".unfinished"
MANIFEST: Final = "manifest.json"
SCENARIO: Final = "scenario.yaml"
EVENTS: Final = "events"
VITALS: Final = "vitals.parquet"
COMPARISON: Final = "comparison.json"

#: What must be equal for an unfinished folder to go on, with the words for it.
_MUST_BE_EQUAL: Final = {
    "kind": "kind of run",
    "scenario hash": "scenario or its input files",
    "policies": "policies",
    "replication": "replication",
    "program": "version or build of cityops",
}
#: The one of them that a complete folder need not share, to be reported as it is.
_PROGRAM: Final = "program"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """One run's folder, as every process that takes part in the run sees it.

    final : where it stands once complete. manifest : what its manifest says at first. scenario : the resolved YAML.
    """

    final: Path
    manifest: Mapping[str, Any]
    scenario: str

    @property
    def working(self) -> Path:
        """Where it stands until it is complete."""
        return self.final.with_name(self.final.name + UNFINISHED)

    def is_complete(self) -> bool:
        """Whether this very run is there and done; a CityOpsError if something else is in its place.

        An unfinished folder is checked too: one of another scenario, version or build is refused.
        """
        there = read_manifest(self.final)
        if there is not None:
            self._refuse_other(self.final, there, besides=_PROGRAM)
            return True
        if self.final.is_file() or (self.final.is_dir() and any(self.final.iterdir())):
            raise CityOpsError(Mistake(what="this is not a run's folder, and it is not empty", file=str(self.final)))
        there = read_manifest(self.working)
        if there is not None:
            self._refuse_other(self.working, there)
        elif self.working.exists():
            raise CityOpsError(Mistake(what=f"this folder has no readable {MANIFEST}", file=str(self.working)))
        return False

    def begin(self) -> None:
        """Have the unfinished folder there, with its manifest and scenario: all at once, whoever comes first."""
        if self.working.exists():
            return
        beside = self._beside()
        (beside / EVENTS).mkdir(parents=True)
        replace(beside / SCENARIO, self.scenario.encode())
        replace(beside / MANIFEST, _as_json(self.manifest))
        try:
            beside.rename(self.working)
        except OSError:
            if not self.working.exists():
                raise
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def adopt(self, home: Path) -> None:
        """Have a copy of another folder of this run as the unfinished one, instead of what landed here."""
        beside = self._beside()
        self.final.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(home, beside)
        self.discard()
        beside.rename(self.working)

    def _beside(self) -> Path:
        """A name next to the folder at which nothing stands."""
        beside = self.final.with_name(f".{self.final.name}.{os.getpid()}")
        shutil.rmtree(beside, ignore_errors=True)
        return beside

    def event_path(self, policy: str, replication: int) -> Path:
        """Where the log of one policy in one replication lands."""
        return self.working / event_name(policy, replication)

    def landed(self, policies: Iterable[str], replication: int) -> bool:
        """Whether the logs of all these policies are there."""
        return all(self.event_path(policy, replication).exists() for policy in policies)

    def land(self, logs: Mapping[str, EventLog], replication: int) -> None:
        """Land the logs of one replication, policy by policy."""
        self.begin()
        for policy, log in logs.items():
            land(self.event_path(policy, replication), log.save)

    def note(self, **facts: Any) -> None:
        """Write the manifest anew, with these facts; nothing if the folder has not come into being."""
        if self.working.exists():
            replace(self.working / MANIFEST, _as_json({**self.manifest, **facts}))

    def write(self, name: str, content: bytes) -> None:
        """Put a file into the unfinished folder."""
        replace(self.working / name, content)

    def keep_only(self, policies: Iterable[str], replications: Iterable[int]) -> None:
        """Remove logs that do not belong to the result, and what stopped processes left."""
        wanted = {Path(event_name(policy, k)).name for k in replications for policy in policies}
        sweep(self.working)
        sweep(self.working / EVENTS)
        for path in (self.working / EVENTS).iterdir():
            if path.name not in wanted:
                path.unlink()

    def finish(self) -> None:
        """Give the complete folder its name; if another process has just done so, its folder stays."""
        try:
            self.working.rename(self.final)
        except OSError:
            if read_manifest(self.final) is None:
                raise
            shutil.rmtree(self.working)

    def discard(self) -> None:
        """Remove the unfinished folder with all that landed."""
        shutil.rmtree(self.working, ignore_errors=True)

    def _refuse_other(self, path: Path, there: Mapping[str, Any], *, besides: str = "") -> None:
        differing = [
            words
            for key, words in _MUST_BE_EQUAL.items()
            if key != besides and there.get(key) != self.manifest.get(key)
        ]
        if differing:
            raise CityOpsError(
                Mistake(
                    what=f"this folder holds another run: another {' and another '.join(differing)}",
                    file=str(path),
                    accepted="another folder, or the same scenario and program that began this one",
                )
            )


def default_name(scenario: str, scenario_hash: str) -> str:
    """The name of a run's folder where the user gives none."""
    return f"{slug(scenario)}-{scenario_hash[:8]}"


def event_name(policy: str, replication: int) -> str:
    """The path of one log within a run's folder."""
    return f"{EVENTS}/{slug(policy)}-{replication:04d}.parquet"


def slug(name: str) -> str:
    """A name as part of a file's name: small letters of any script, digits and hyphens."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def check_slugs(policies: Iterable[str]) -> None:
    """A CityOpsError for policies whose files would have the same name, or none."""
    seen: dict[str, str] = {}
    for policy in policies:
        first = seen.setdefault(slug(policy), policy)
        if first != policy:
            what = f"policies {first!r} and {policy!r} would share their files: names must differ in letters or digits"
            raise CityOpsError(Mistake(what=what, field="policies"))
        if not slug(policy):
            raise CityOpsError(Mistake(what="a policy's name needs a letter or digit", field="policies", found=policy))


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest in a folder, or None if there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and content.get("format") == FORMAT else None


def _as_json(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(dict(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
