"""Reads a SWMM 5 input file as storm drains in SI, each line through swmm-api.

What ``Drainage`` does not hold and what would change the flow is refused by its name, with file and line; what does not
(quality, drawings, reports) is passed over. All mistakes of a file are told at once, as far as they can be seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.city.drainage import Drainage
from sim.city.readers.swmm_catchments import read_catchments
from sim.city.readers.swmm_controls import in_units, refused_in
from sim.city.readers.swmm_lines import InpFile, Line, read_lines, swmm_sections
from sim.city.readers.swmm_links import LinkReader
from sim.city.readers.swmm_nodes import NodeReader
from sim.city.readers.swmm_options import OptionReader
from sim.city.readers.swmm_tables import TableReader


def read_inp(path: str | Path) -> Drainage:
    """Read a file, ``.inp`` or ``.inp.gz``, in any of SWMM's units.

    Raises CityOpsError with file, line and reason for what SWMM would not open or is not supported, and MissingExtra
    where swmm-api is not installed.
    """
    swmm_sections()
    file = read_lines(path)
    options = OptionReader(file)
    tables = TableReader(file, options)
    nodes = NodeReader(file, options, tables)
    links = LinkReader(file, options, tables, nodes=nodes.index)
    rain, gages = tables.gages()
    of_links = links.fields(nodes.invert_m)
    fields: dict[str, Any] = {
        **nodes.fields(),
        **of_links,
        "catchments": read_catchments(file, options, nodes=nodes.index, gages=gages),
        "controls": tuple(_controls(file, options)),
        "options": options.options(),
    }
    file.stop()
    name = Path(path).name.removesuffix(".gz").removesuffix(".inp")
    return Drainage(name=_title(file) or name, rain=rain, curves=tuple(tables.kept), **fields)


def _title(file: InpFile) -> str:
    return " ".join(line.text for line in file.lines("TITLE")[:1])


def _controls(file: InpFile, options: OptionReader) -> list[str]:
    lines: list[Line] = file.lines("CONTROLS")
    for line in lines:
        if (word := refused_in(line.text)) is not None:
            file.note(f"controls with {word} are not supported", line)
    units = options.units
    return list(in_units((line.text for line in lines), flow=units.flow, length=units.length))
