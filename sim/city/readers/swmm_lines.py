"""A SWMM input file as sections of numbered lines; the rows are read by swmm-api's own classes.

Each line keeps its number, so that a mistake has its place. SWMM knows a section by its first letters, allows it more
than once, and is blind to capitals.
"""

from __future__ import annotations

import gzip
import importlib
import shlex
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import CityOpsError, MissingExtra, Mistake, nearest

_GZIP_MAGIC = b"\x1f\x8b"
_STARTS = {
    "TITLE": "TITLE",
    "OPTION": "OPTIONS",
    "FILE": "FILES",
    "RAINGAGE": "RAINGAGES",
    "TEMP": "TEMPERATURE",
    "ADJ": "ADJUSTMENTS",
    "EVAP": "EVAPORATION",
    "EVENT": "EVENTS",
    "SUBCATCH": "SUBCATCHMENTS",
    "SUBAREA": "SUBAREAS",
    "INFIL": "INFILTRATION",
    "AQUIF": "AQUIFERS",
    "GROUND": "GROUNDWATER",
    "GWF": "GWF",
    "SNOW": "SNOWPACKS",
    "JUNC": "JUNCTIONS",
    "OUTFALL": "OUTFALLS",
    "STORAGE": "STORAGE",
    "DIVIDER": "DIVIDERS",
    "CONDUIT": "CONDUITS",
    "PUMP": "PUMPS",
    "ORIFICE": "ORIFICES",
    "WEIR": "WEIRS",
    "OUTLET": "OUTLETS",
    "XSECT": "XSECTIONS",
    "TRANSECT": "TRANSECTS",
    "LOSS": "LOSSES",
    "CONTROL": "CONTROLS",
    "POLLUT": "POLLUTANTS",
    "LANDUSE": "LANDUSES",
    "BUILDUP": "BUILDUP",
    "WASHOFF": "WASHOFF",
    "COVERAGE": "COVERAGES",
    "INFLOW": "INFLOWS",
    "DWF": "DWF",
    "PATTERN": "PATTERNS",
    "RDII": "RDII",
    "HYDROG": "HYDROGRAPHS",
    "LOADING": "LOADINGS",
    "TREATMENT": "TREATMENT",
    "CURVE": "CURVES",
    "TIMESERIES": "TIMESERIES",
    "REPORT": "REPORT",
    "COORD": "COORDINATES",
    "VERT": "VERTICES",
    "POLYGON": "POLYGONS",
    "LABEL": "LABELS",
    "SYMBOL": "SYMBOLS",
    "BACKDROP": "BACKDROP",
    "TAG": "TAGS",
    "PROFILE": "PROFILES",
    "MAP": "MAP",
    "LID_CONTROL": "LID_CONTROLS",
    "LID_USAGE": "LID_USAGE",
    "STREET": "STREETS",
    "INLET_USAGE": "INLET_USAGE",
    "INLET": "INLETS",
}
REFUSED = {
    "ADJUSTMENTS": "monthly adjustments",
    "DIVIDERS": "flow dividers",
    "EVENTS": "routing events",
    "FILES": "interface files",
    "GROUNDWATER": "groundwater",
    "GWF": "groundwater",
    "INLET_USAGE": "street inlets",
    "LID_USAGE": "low-impact development",
    "RDII": "rainfall-dependent infiltration and inflow",
}
"""Sections that, with a line in them, change the flow in a way that is not supported."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a section without its comment; ``number`` counts from 1."""

    number: int
    text: str

    @property
    def tokens(self) -> list[str]:
        """The words of the line; quoted ones may hold spaces."""
        if '"' not in self.text:
            return self.text.split()
        words = shlex.shlex(self.text, posix=True)
        words.whitespace_split, words.commenters, words.quotes, words.escape = True, "", '"', ""
        return list(words)


@dataclass(slots=True)
class InpFile:
    """The lines of a file by section, and the mistakes found so far."""

    path: Path
    sections: dict[str, list[Line]]
    mistakes: list[Mistake] = field(default_factory=list)

    def lines(self, section: str) -> list[Line]:
        """The lines of a section, none where it is missing."""
        return self.sections.get(section, [])

    def note(self, what: str, line: Line | None = None, **more: Any) -> None:
        """Keep a mistake, to be raised with the others; ``found`` is the line unless said otherwise."""
        if line is not None:
            more = {"line": line.number, "found": repr(line.text), **more}
        self.mistakes.append(Mistake(what=what, file=str(self.path), **more))

    def stop(self) -> None:
        """Raise CityOpsError if anything has been noted."""
        if self.mistakes:
            raise CityOpsError(sorted(dict.fromkeys(self.mistakes), key=lambda m: m.line or 0))

    def rows(self, section: str, make: Callable[..., Any], *, capitals: int = -1) -> Iterator[tuple[Line, Any]]:
        """Each line of a section through one of swmm-api's classes; the word at ``capitals`` is read as such."""
        for line in self.lines(section):
            words = line.tokens
            if 0 <= capitals < len(words):
                words[capitals] = words[capitals].upper()
            if any(word.lower().lstrip("+-") in {"nan", "inf", "infinity"} for word in words[2:]):
                self.note("no number", line)
                continue
            try:
                yield line, make(*words)
            except (TypeError, ValueError, IndexError, KeyError, AttributeError, NotImplementedError):
                self.note(f"not a line of [{section}] as SWMM has it", line)


def read_lines(path: str | Path) -> InpFile:
    """Split a file, ``.inp`` or ``.inp.gz``, into its sections.

    Raises CityOpsError where it is missing, no text or no SWMM file, or has a section that SWMM does not know or that
    is not supported.
    """
    path = Path(path)
    file = InpFile(path, {})
    heading = None
    for number, raw in enumerate(_text(path).splitlines(), 1):
        text = raw.partition(";")[0].strip()
        if text.startswith("["):
            heading = _section(text, Line(number, text), file)
        elif text and heading is not None:
            file.sections[heading].append(Line(number, text))
    if not any(name in file.sections for name in ("JUNCTIONS", "OUTFALLS", "STORAGE", "SUBCATCHMENTS")):
        file.note("is no SWMM input file: it has no nodes and no catchments")
    for name, what in REFUSED.items():
        for line in file.lines(name)[:1]:
            file.note(f"{what} ([{name}]) is not supported", line)
    file.stop()
    return file


def _section(text: str, line: Line, file: InpFile) -> str | None:
    name = text[1:].partition("]")[0].strip().upper()
    matches = [start for start in _STARTS if name.startswith(start)]
    if not matches:
        known = list(_STARTS.values())
        file.note("SWMM has no such section", line, found=text, nearest=nearest(name, known))
        return None
    section = _STARTS[max(matches, key=len)]
    file.sections.setdefault(section, [])
    return section


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
    except FileNotFoundError:
        beside = [p.name for p in sorted(path.parent.glob("*.inp*"))] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise CityOpsError(
            Mistake(what="there is no such file", file=str(path), nearest=near and str(path.parent / near))
        ) from None
    except (OSError, EOFError, zlib.error) as error:
        raise CityOpsError(Mistake(what=f"cannot be read: {error}", file=str(path))) from error
    if b"\0" in content or not content.strip():
        raise CityOpsError(Mistake(what="is empty or no text; a SWMM input file was expected", file=str(path)))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CityOpsError(Mistake(what="is neither UTF-8 nor GBK; save it as UTF-8", file=str(path)))


def swmm_sections() -> Any:
    """The module of swmm-api that knows how each section's lines are built; MissingExtra where it is not installed."""
    try:
        sections = importlib.import_module("swmm_api.input_file.sections")
    except ImportError:
        raise MissingExtra('reading SWMM files needs the package swmm-api: pip install "cityops[swmm]"') from None
    return sections
