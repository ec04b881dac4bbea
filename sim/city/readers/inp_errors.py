"""What EPANET says about a file it cannot read, turned into mistakes with their lines.

EPANET writes code, section and offending line into its report file, but no line number: we look it up in the source.
"""

from __future__ import annotations

import re

from sim.errors import Mistake

_ERROR = re.compile(r"^\s*(?:Input )?Error (\d+): (.*?)\s*$", re.IGNORECASE)
_SECTION = re.compile(r"(?:in|of) (?:section )?(\[\w+\])")
_SUMMARIES = {"200", "110", "233"}  # "one or more errors" and the like, said beside the errors themselves


def mistakes_in(report: str, source: str, *, file: str, fallback: str) -> list[Mistake]:
    """Give the mistakes that EPANET's ``report`` names, in the order of their lines in ``source``.

    ``fallback`` is what EPANET raised; it is given alone where the report names nothing more exact.
    """
    lines = report.splitlines()
    source_lines = [line.strip() for line in source.splitlines()]
    found = []
    for at, line in enumerate(lines):
        match = _ERROR.match(line)
        if match and match[1] not in _SUMMARIES:
            culprit = lines[at + 1].strip() if match[2].endswith(":") and at + 1 < len(lines) else ""
            what = f"EPANET error {match[1]}: {match[2].rstrip(':')}"
            found.append(_mistake(what, culprit, source_lines, file))
    if not found:
        return [Mistake(what=_tidy(fallback), file=file)]
    return sorted(dict.fromkeys(found), key=lambda m: m.line or 0)


def _tidy(raised: str) -> str:
    match = _ERROR.match(raised)
    return f"EPANET error {match[1]}: {match[2]}" if match else f"EPANET: {raised}"


def _mistake(what: str, culprit: str, source_lines: list[str], file: str) -> Mistake:
    if culprit:
        return Mistake(what=what, file=file, line=_line_of(culprit, what, source_lines), found=repr(culprit))
    return Mistake(what=what, file=file, line=_line_defining(what.rsplit(maxsplit=1)[-1], source_lines))


def _line_of(culprit: str, what: str, source_lines: list[str]) -> int | None:
    """Line of the offending text, in its section where the message names one."""
    section = _SECTION.search(what)
    inside = section is None
    for number, line in enumerate(source_lines, 1):
        if line.startswith("["):
            inside = section is None or _same_section(line, section[1])
        if inside and line.startswith(culprit):
            return number
    return None


def _same_section(heading: str, named: str) -> bool:
    """EPANET knows a section by its first letters."""
    return heading[:5].upper() == named[:5].upper()


def _line_defining(name: str, source_lines: list[str]) -> int | None:
    """First line that begins with ``name``: where the node, link or curve of a message without a line is defined."""
    return next((n for n, line in enumerate(source_lines, 1) if line.split(maxsplit=1)[:1] == [name]), None)
