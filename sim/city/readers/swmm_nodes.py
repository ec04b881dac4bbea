"""The nodes of a SWMM file, in SI: junctions, outfalls, storage, where they lie and what flows into them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.city.drainage import Curve, DrainNodeKind, Floats, OutfallKind
from sim.city.readers.swmm_lines import InpFile, Line, swmm_sections
from sim.city.readers.swmm_options import OptionReader
from sim.city.readers.swmm_tables import TableReader

_FLOATS = ("invert_m", "depth_m", "initial_depth_m", "surcharge_m", "ponded_area_m2", "stage_m")


class NodeReader:
    """All nodes in the order of the file, and the index of each name in capitals."""

    def __init__(self, file: InpFile, options: OptionReader, tables: TableReader) -> None:
        self.file, self.units, self.tables = file, options.units, tables
        self.index: dict[str, int] = {}
        self.nodes: list[dict[str, Any]] = []
        readers = {"JUNCTIONS": self._junction, "OUTFALLS": self._outfall, "STORAGE": self._storage}
        sections = swmm_sections()
        classes = {
            "JUNCTIONS": (sections.Junction, -1),
            "OUTFALLS": (sections.Outfall, 2),
            "STORAGE": (sections.Storage, 4),
        }
        rows = [
            (line.number, name, line, one)
            for name, (make, capitals) in classes.items()
            for line, one in file.rows(name, make, capitals=capitals)
        ]
        for _, name, line, one in sorted(rows, key=lambda row: row[0]):
            if one.name.upper() in self.index:
                file.note(f"there is a node {one.name} already", line)
                continue
            self.index[one.name.upper()] = len(self.nodes)
            self.nodes.append(
                {"name": one.name, "invert_m": one.elevation * self.units.length, **readers[name](line, one)}
            )

    @property
    def invert_m(self) -> Floats:
        """float64 (n_nodes,): the bottom of each node."""
        invert: Floats = self._column("invert_m", np.float64, 0.0)
        return invert

    def at(self, name: str, line: Line) -> int:
        """Index of the node of a name; -1 and a mistake where there is none."""
        found = self.index.get(name.upper(), -1)
        if found < 0:
            self.file.note(f"there is no node {name}", line)
        return found

    def fields(self) -> dict[str, Any]:
        """What ``Drainage`` keeps of the nodes."""
        n = len(self.nodes)
        xy = np.full((n, 2), np.nan)
        for _, place in self.file.rows("COORDINATES", swmm_sections().Coordinate):
            if place.node.upper() in self.index:
                xy[self.index[place.node.upper()]] = place.x, place.y
        areas = [node.get("storage_area", (0.0, 0.0, 0.0)) for node in self.nodes]
        return {
            "node_names": tuple(str(node["name"]) for node in self.nodes),
            "node_kind": self._column("node_kind", np.int8, DrainNodeKind.JUNCTION),
            "xy": xy,
            **{name: self._column(name, np.float64, 0.0) for name in _FLOATS},
            "outfall_kind": self._column("outfall_kind", np.int8, OutfallKind.FREE),
            "outfall_curve": self._column("outfall_curve", np.int32, -1),
            "outfall_gate": self._column("outfall_gate", np.bool_, False),
            "storage_curve": self._column("storage_curve", np.int32, -1),
            "storage_area": np.array(areas, dtype=np.float64).reshape(n, 3),
            **self._inflows(),
        }

    def _column(self, name: str, kind: Any, default: Any) -> Any:
        return np.array([node.get(name, default) for node in self.nodes], dtype=kind)

    def _junction(self, line: Line, one: Any) -> dict[str, Any]:
        length = self.units.length
        if one.depth_max < 0.0:
            self.file.note("a manhole cannot be less than 0 deep", line)
        return {
            "depth_m": one.depth_max * length,
            "initial_depth_m": one.depth_init * length,
            "surcharge_m": one.depth_surcharge * length,
            "ponded_area_m2": one.area_ponded * self.units.area,
        }

    def _outfall(self, line: Line, one: Any) -> dict[str, Any]:
        if one.kind not in OutfallKind.__members__:
            self.file.note(
                f"outfalls of kind {one.kind} are unknown", line, accepted=", ".join(OutfallKind.__members__)
            )
            return {}
        if isinstance(one.route_to, str):
            self.file.note("outfalls that drain to a catchment are not supported", line)
        kind = OutfallKind[one.kind]
        fields = {"node_kind": DrainNodeKind.OUTFALL, "outfall_kind": kind, "outfall_gate": one.has_flap_gate}
        if kind is OutfallKind.FIXED:
            fields["stage_m"] = self._number(one.data, line) * self.units.length
        elif kind is OutfallKind.TIDAL:
            fields["outfall_curve"] = self.tables.curve(str(one.data), "TIDAL", line)
        elif kind is OutfallKind.TIMESERIES:
            fields["outfall_curve"] = self.tables.stage(str(one.data), line)
        return fields

    def _storage(self, line: Line, one: Any) -> dict[str, Any]:
        length, area = self.units.length, self.units.area
        fields: dict[str, Any] = {
            "node_kind": DrainNodeKind.STORAGE,
            "depth_m": one.depth_max * length,
            "initial_depth_m": one.depth_init * length,
            "surcharge_m": one.depth_surcharge * length,
        }
        if not math.isnan(one.hydraulic_conductivity) and one.hydraulic_conductivity > 0.0:
            self.file.note("seepage from storage is not supported", line)
        if one.kind == "TABULAR":
            fields["storage_curve"] = self.tables.curve(str(one.data), "STORAGE", line)
        elif one.kind == "FUNCTIONAL":
            a, b, c = (float(part) for part in one.data)
            fields["storage_area"] = a * area / length**b, b, c * area
        elif one.kind in {"CYLINDRICAL", "PARABOLOID"}:
            long, wide, height = (float(part) for part in one.data)
            full = math.pi / 4.0 * long * wide * area
            is_round = one.kind == "CYLINDRICAL"
            fields["storage_area"] = (0.0, 0.0, full) if is_round else (full / (height * length), 1.0, 0.0)
        else:
            self.file.note(f"storage of shape {one.kind} is not supported", line)
        return fields

    def _inflows(self) -> dict[str, Any]:
        base = np.zeros(len(self.nodes))
        series: dict[int, Curve] = {}
        flow = self.units.flow
        for line, one in self.file.rows("INFLOWS", swmm_sections().Inflow):
            node = self.at(one.node, line)
            if node < 0 or one.constituent.upper() != "FLOW":
                continue
            if isinstance(one.pattern, str) and one.base_value != 0.0:
                self.file.note("inflow with a pattern is not supported", line)
            base[node] = one.base_value * flow
            name = "" if one.time_series is None else str(one.time_series).strip('"')
            if name and name != "nan":
                found = self.tables.series(name, flow * one.scale_factor, line)
                if found is not None:
                    series[node] = found
        self._dry_weather(base)
        return {
            "inflow_base_m3s": base,
            "inflow_node": np.array(list(series), dtype=np.int32),
            "inflow_series": tuple(series.values()),
        }

    def _dry_weather(self, base: Floats) -> None:
        """Dry-weather flow without patterns is a constant inflow more."""
        for line in self.file.lines("DWF"):
            words = [word for word in line.tokens if word != ""]
            if len(words) < 3 or words[1].upper() != "FLOW":
                continue
            if len(words) > 3:
                self.file.note("dry-weather flow with a pattern is not supported", line)
            elif (node := self.at(words[0], line)) >= 0:
                base[node] += self._number(words[2], line) * self.units.flow

    def _number(self, text: Any, line: Line) -> float:
        try:
            return float(text)
        except (TypeError, ValueError):
            self.file.note("a number is missing", line)
            return 0.0
