"""The links of a SWMM file, in SI: conduits, pumps, orifices, weirs and outlets, their cross-sections and losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.city.drainage import DrainLinkKind, Floats, OpeningKind, OutletKind, PumpKind, Shape, Transect
from sim.city.readers.swmm_lines import InpFile, Line, swmm_sections
from sim.city.readers.swmm_options import OptionReader
from sim.city.readers.swmm_tables import TableReader

_KINDS = {
    "CONDUITS": DrainLinkKind.CONDUIT,
    "PUMPS": DrainLinkKind.PUMP,
    "ORIFICES": DrainLinkKind.ORIFICE,
    "WEIRS": DrainLinkKind.WEIR,
    "OUTLETS": DrainLinkKind.OUTLET,
}
_PUMPS = {f"PUMP{kind.value}": kind for kind in PumpKind if kind is not PumpKind.IDEAL}
_FLOATS = (
    *("length_m", "roughness", "initial_flow_m3s", "most_flow_m3s", "entry_loss", "exit_loss", "mean_loss"),
    *("start_depth_m", "stop_depth_m", "coefficient", "end_coefficient", "exponent", "end_contractions"),
)
_LENGTHS = {  # how many of a shape's four numbers are lengths
    Shape.CIRCULAR: 1,
    Shape.RECT_CLOSED: 2,
    Shape.RECT_OPEN: 2,
    Shape.TRAPEZOIDAL: 2,
    Shape.TRIANGULAR: 2,
    Shape.FORCE_MAIN: 1,
}


class LinkReader:
    """All links in the order of the file."""

    def __init__(self, file: InpFile, options: OptionReader, tables: TableReader, *, nodes: dict[str, int]) -> None:
        self.file, self.options, self.units, self.tables = file, options, options.units, tables
        self.nodes = nodes
        self.links: list[dict[str, Any]] = []
        self.index: dict[str, int] = {}
        self.lines: list[Line] = []
        sections = swmm_sections()
        makers = {
            "CONDUITS": (sections.Conduit, -1, self._conduit),
            "PUMPS": (sections.Pump, -1, self._pump),
            "ORIFICES": (sections.Orifice, 3, self._orifice),
            "WEIRS": (sections.Weir, 3, self._weir),
            "OUTLETS": (sections.Outlet, 4, self._outlet),
        }
        rows = [
            (line.number, name, line, one)
            for name, (make, capitals, _) in makers.items()
            for line, one in file.rows(name, make, capitals=capitals)
        ]
        for _, name, line, one in sorted(rows, key=lambda row: row[0]):
            self._add(name, line, one, makers[name][2](line, one))
        self.transects, self.transect_index = tables.transects()
        self._cross_sections()
        self._losses()

    def _add(self, section: str, line: Line, one: Any, fields: dict[str, Any]) -> None:
        if one.name.upper() in self.index:
            self.file.note(f"there is a link {one.name} already", line)
            return
        ends = [self.nodes.get(end.upper(), -1) for end in (one.from_node, one.to_node)]
        for name, at in zip((one.from_node, one.to_node), ends, strict=True):
            if at < 0:
                self.file.note(f"there is no node {name}", line)
        self.index[one.name.upper()] = len(self.links)
        self.lines.append(line)
        self.links.append({"name": one.name, "link_kind": _KINDS[section], "tail": ends[0], "head": ends[1], **fields})

    def fields(self, invert_m: Floats) -> dict[str, Any]:
        """What ``Drainage`` keeps of the links; ``invert_m`` are the nodes', for offsets given as elevations."""
        tail, head = self._column("tail", np.int32, -1), self._column("head", np.int32, -1)
        places = {"tail_offset_m": tail, "head_offset_m": head}
        n = len(self.links)
        geometry = np.array([link.get("geometry", (0.0,) * 4) for link in self.links], dtype=np.float64)
        transects: tuple[Transect, ...] = self.transects
        return {
            "link_names": tuple(str(link["name"]) for link in self.links),
            "link_kind": self._column("link_kind", np.int8, 0),
            "tail": tail,
            "head": head,
            **{name: self._offsets(name, np.append(invert_m, 0.0)[ends]) for name, ends in places.items()},
            **{name: self._column(name, np.float64, 0.0) for name in _FLOATS},
            **{name: self._column(name, np.bool_, False) for name in ("flap_gate", "can_surcharge", "is_on")},
            **{name: self._column(name, np.int8, 0) for name in ("shape", "pump_kind", "opening_kind", "outlet_kind")},
            **{name: self._column(name, np.int32, -1) for name in ("pump_curve", "outlet_curve", "transect")},
            "barrels": self._column("barrels", np.int32, 1),
            "geometry": geometry.reshape(n, 4),
            "transects": transects,
        }

    def _column(self, name: str, kind: Any, default: Any) -> Any:
        return np.array([link.get(name, default) for link in self.links], dtype=kind)

    def _offsets(self, name: str, invert_m: Floats) -> Floats:
        """Above the node; a star, or an elevation below the node's bottom, is none."""
        given = np.array([link.get(name, math.nan) for link in self.links], dtype=np.float64) * self.units.length
        above = given - invert_m if self.options.by_elevation else given
        return np.where(np.isnan(given), 0.0, np.maximum(above, 0.0))

    def _offset(self, value: Any, line: Line) -> float:
        if isinstance(value, str):
            return math.nan
        if value < 0.0 and not self.options.by_elevation:
            self.file.note("an offset cannot be below 0", line)
        return float(value)

    # -- kinds -------------------------------------------------------------------------------------------------------

    def _conduit(self, line: Line, one: Any) -> dict[str, Any]:
        if not one.length > 0.0:
            self.file.note("the length of a conduit must be above 0", line)
        most = 0.0 if math.isnan(one.flow_max) else one.flow_max
        return {
            "length_m": one.length * self.units.length,
            "roughness": one.roughness,
            "tail_offset_m": self._offset(one.offset_upstream, line),
            "head_offset_m": self._offset(one.offset_downstream, line),
            "initial_flow_m3s": one.flow_initial * self.units.flow,
            "most_flow_m3s": most * self.units.flow,
        }

    def _pump(self, line: Line, one: Any) -> dict[str, Any]:
        fields = {
            "is_on": one.status.upper() == "ON",
            "start_depth_m": one.depth_on * self.units.length,
            "stop_depth_m": one.depth_off * self.units.length,
        }
        if one.curve_name == "*":
            return fields
        kind = self.tables.kind_of(one.curve_name)
        if kind and kind not in _PUMPS:
            self.file.note(f"pumps with a curve of kind {kind} are not supported", line, accepted=", ".join(_PUMPS))
            return fields
        curve = self.tables.curve(one.curve_name, kind or "PUMP1", line)
        return {**fields, "pump_kind": _PUMPS.get(kind, PumpKind.IDEAL), "pump_curve": curve}

    def _orifice(self, line: Line, one: Any) -> dict[str, Any]:
        if one.hours_to_open > 0.0:
            self.file.note("orifices that take time to open are not supported", line)
        return {
            "opening_kind": self._kind(one.orientation, ("SIDE", "BOTTOM"), line),
            "tail_offset_m": self._offset(one.offset, line),
            "coefficient": one.discharge_coefficient,
            "flap_gate": one.has_flap_gate,
        }

    def _weir(self, line: Line, one: Any) -> dict[str, Any]:
        if isinstance(one.coefficient_curve, str) and one.coefficient_curve != "*":
            self.file.note("weirs with a curve of coefficients are not supported", line)
        kinds = ("TRANSVERSE", "SIDEFLOW", "V-NOTCH", "TRAPEZOIDAL")
        return {
            "opening_kind": self._kind(one.form, kinds, line),
            "tail_offset_m": self._offset(one.height_crest, line),
            "coefficient": one.discharge_coefficient * self.units.weir,
            "end_coefficient": one.discharge_coefficient_end * self.units.weir,
            "end_contractions": one.n_end_contractions,
            "flap_gate": one.has_flap_gate,
            "can_surcharge": one.can_surcharge,
        }

    def _outlet(self, line: Line, one: Any) -> dict[str, Any]:
        law, _, of = one.curve_type.partition("/")
        by_head = of == "HEAD"
        fields: dict[str, Any] = {"tail_offset_m": self._offset(one.offset, line), "flap_gate": one.has_flap_gate}
        if law == "TABULAR":
            fields["outlet_kind"] = OutletKind.HEAD_CURVE if by_head else OutletKind.DEPTH_CURVE
            fields["outlet_curve"] = self.tables.curve(str(one.curve_description), "RATING", line)
        else:
            coefficient, exponent = one.curve_description
            fields["outlet_kind"] = OutletKind.HEAD_POWER if by_head else OutletKind.DEPTH_POWER
            fields["coefficient"] = coefficient * self.units.flow / self.units.length**exponent
            fields["exponent"] = exponent
        return fields

    def _kind(self, word: str, accepted: tuple[str, ...], line: Line) -> int:
        if word not in accepted:
            self.file.note(f"{word} is not supported", line, accepted=", ".join(accepted))
            return 0
        return int(OpeningKind[word.replace("-", "_")])

    # -- what other sections say of links ------------------------------------------------------------------------------

    def _cross_sections(self) -> None:
        told = set()
        for line, one in self.file.rows("XSECTIONS", swmm_sections().CrossSection, capitals=1):
            link = self._link(one.link, line)
            if link is None:
                continue
            told.add(one.link.upper())
            if one.shape not in Shape.__members__:
                accepted = ", ".join(Shape.__members__)
                self.file.note(f"cross-sections of shape {one.shape} are not supported", line, accepted=accepted)
                continue
            if str(one.culvert) not in {"nan", "0", ""}:
                self.file.note("culverts with inlet control are not supported", line)
            link["shape"] = Shape[one.shape]
            link["barrels"] = max(one.n_barrels, 1)
            if one.shape == "IRREGULAR":
                self._irregular(link, str(one.transect), line)
            else:
                link["geometry"] = self._geometry(Shape[one.shape], one, line)
        for name, i in self.index.items():
            link, line = self.links[i], self.lines[i]
            if link["link_kind"] not in (DrainLinkKind.PUMP, DrainLinkKind.OUTLET) and name not in told:
                self.file.note(f"the link {link['name']} has no cross-section", line)
            has_own_roughness = link["link_kind"] == DrainLinkKind.CONDUIT and link.get("shape") != Shape.IRREGULAR
            if has_own_roughness and not link["roughness"] > 0.0:
                self.file.note("the roughness of a conduit must be above 0", line)

    def _irregular(self, link: dict[str, Any], name: str, line: Line) -> None:
        link["transect"] = self.transect_index.get(name.upper(), -1)
        if link["transect"] < 0:
            self.file.note(f"there is no transect {name}", line)

    def _geometry(self, shape: Shape, one: Any, line: Line) -> tuple[float, ...]:
        values = (one.height, one.parameter_2, one.parameter_3, one.parameter_4)
        if not one.height > 0.0:
            self.file.note("the height of a cross-section must be above 0", line)
        n = _LENGTHS[shape]
        scaled = [value * self.units.length if k < n else value for k, value in enumerate(values)]
        if shape is Shape.FORCE_MAIN and self.options.choice("FORCE_MAIN_EQUATION", "H-W") == "D-W":
            scaled[1] = one.parameter_2 * self.units.rain_depth  # the height of its roughness, in or mm
        return tuple(scaled)

    def _losses(self) -> None:
        for line, one in self.file.rows("LOSSES", swmm_sections().Loss):
            link = self._link(one.link, line)
            if link is None:
                continue
            if one.seepage_rate > 0.0:
                self.file.note("seepage from conduits is not supported", line)
            link["entry_loss"], link["exit_loss"], link["mean_loss"] = one.entrance, one.exit, one.average
            link["flap_gate"] = one.has_flap_gate

    def _link(self, name: Any, line: Line) -> dict[str, Any] | None:
        i = self.index.get(str(name).upper())
        if i is None:
            self.file.note(f"there is no link {name}", line)
        return None if i is None else self.links[i]
