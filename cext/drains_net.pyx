"""What does not move in a drainage network: nodes, links and curves, checked and made ready for routing.

As SWMM 5.2 prepares them: conduits that rise are turned round, short ones lengthened where that is asked for, manholes
made as deep as the crowns of their conduits, crests of weirs and orifices raised to the lower invert. SI throughout.
"""

from libc.math cimport fabs, pow, sqrt
from libc.stdlib cimport calloc, free

from cext.sections cimport FORCE_MAIN, NO_SECTION, width_at

import numpy as np

cdef double FOOT = 0.3048
cdef double GRAVITY = 32.2 * 0.3048
cdef double PHI = 1.486 * 0.3048 ** (1.0 / 3.0)     # of Manning's formula, as SWMM rounds it
cdef double LEAST_DROP = 0.001 * 0.3048
cdef double EXTRAN_CUT = 0.96
cdef double SLOT_CUT = 0.985257

NODE_ARRAYS = {
    "node_kind": np.int8, "invert_m": np.float64, "depth_m": np.float64, "initial_depth_m": np.float64,
    "surcharge_m": np.float64, "ponded_area_m2": np.float64, "outfall_kind": np.int8, "stage_m": np.float64,
    "outfall_curve": np.int32, "outfall_gate": np.bool_, "storage_curve": np.int32, "inflow_base_m3s": np.float64,
}
LINK_ARRAYS = {
    "link_kind": np.int8, "tail": np.int32, "head": np.int32, "length_m": np.float64, "roughness": np.float64,
    "tail_offset_m": np.float64, "head_offset_m": np.float64, "initial_flow_m3s": np.float64,
    "most_flow_m3s": np.float64, "entry_loss": np.float64, "exit_loss": np.float64, "mean_loss": np.float64,
    "flap_gate": np.bool_, "barrels": np.int32, "pump_kind": np.int8, "pump_curve": np.int32, "is_on": np.bool_,
    "start_depth_m": np.float64, "stop_depth_m": np.float64, "opening_kind": np.int8, "coefficient": np.float64,
    "end_coefficient": np.float64, "exponent": np.float64, "end_contractions": np.float64,
    "can_surcharge": np.bool_, "outlet_kind": np.int8, "outlet_curve": np.int32,
}
DAMPING = {"NONE": NO_DAMPING, "PARTIAL": PARTIAL_DAMPING, "FULL": FULL_DAMPING}
NORMAL_LIMIT = {"SLOPE": BY_SLOPE, "FROUDE": BY_FROUDE, "BOTH": BY_SLOPE | BY_FROUDE, "NONE": 0, "NEITHER": 0}


cdef class Net:
    """Nodes and links as structs, conduits first."""

    def __cinit__(self, *args, **given):
        self.n_nodes = len(given["node_kind"])
        self.n_links = len(given["link_kind"])
        self.nodes = <Node *> calloc(self.n_nodes + 1, sizeof(Node))
        self.links = <Link *> calloc(self.n_links + 1, sizeof(Link))
        if self.nodes == NULL or self.links == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.nodes)
        free(self.links)

    def __init__(self, dict given):
        self.node_names = tuple(given["node_names"])
        self.link_names = tuple(given["link_names"])
        self.sections = given["sections"]
        self._check_shapes(given)
        self._options(given)
        self._curves(given)
        self._check_values(given)
        self._place(given["link_kind"])
        self._fill_nodes(given)
        self._fill_links(given)
        self._deepen()
        self._degrees()

    # What is refused --------------------------------------------------------------------------------------------------

    def _check_shapes(self, given):
        for arrays, names in ((NODE_ARRAYS, self.node_names), (LINK_ARRAYS, self.link_names)):
            for key, dtype in arrays.items():
                array, needed = given[key], f"{np.dtype(dtype).name} ({len(names)},)"
                if array.dtype != dtype or array.shape != (len(names),):
                    raise ValueError(f"{key} is {array.dtype} {array.shape}: {needed} is needed")
                if dtype is np.float64:
                    _refuse(~np.isfinite(array), names, array, key, "a finite number")
        if self.sections.count != self.n_links:
            raise ValueError(f"there are {self.sections.count} sections for {self.n_links} links")
        if given["storage_area"].shape != (self.n_nodes, 3):
            raise ValueError(f"storage_area has shape {given['storage_area'].shape}: ({self.n_nodes}, 3) is needed")

    def _check_values(self, given):
        kind = given["link_kind"]
        self._refuse_nodes(given, "node_kind", ~np.isin(given["node_kind"], (JUNCTION, OUTFALL, STORAGE)), "0 to 2")
        self._refuse_links(given, "link_kind", (kind < CONDUIT) | (kind > OUTLET), "0 to 4")
        for key in ("depth_m", "initial_depth_m", "surcharge_m", "ponded_area_m2"):
            self._refuse_nodes(given, key, given[key] < 0.0, "at least 0")
        for key in ("tail", "head"):
            outside = (given[key] < 0) | (given[key] >= self.n_nodes)
            self._refuse_links(given, key, outside, f"a node below {self.n_nodes}")
        self._refuse_links(given, "tail", given["tail"] == given["head"], "a node other than its head")
        for key in ("length_m", "roughness", "barrels"):
            self._refuse_links(given, key, (kind == CONDUIT) & (given[key] <= 0), "above 0")
        for key in ("most_flow_m3s", "entry_loss", "exit_loss", "mean_loss", "coefficient", "end_coefficient"):
            self._refuse_links(given, key, given[key] < 0.0, "at least 0")
        self._check_devices(given, kind)
        self._check_outfalls(given)

    def _check_devices(self, given, kind):
        is_pump, opening = kind == PUMP, given["opening_kind"]
        needs = {"pump_curve": is_pump & (given["pump_kind"] != IDEAL),
                 "outlet_curve": (kind == OUTLET) & (given["outlet_kind"] <= HEAD_CURVE)}
        for key, who in needs.items():
            self._refuse_links(given, key, who & self._is_no_curve(given[key]), "one of the curves")
        wrong = is_pump & ((given["pump_kind"] < IDEAL) | (given["pump_kind"] > BY_DEPTH))
        self._refuse_links(given, "pump_kind", wrong, "0 to 4")
        wrong = is_pump & (given["start_depth_m"] > 0.0) & (given["start_depth_m"] <= given["stop_depth_m"])
        self._refuse_links(given, "start_depth_m", wrong, "a level above stop_depth_m")
        wrong = ((kind == ORIFICE) & ~np.isin(opening, (SIDE, BOTTOM))) | ((kind == WEIR) & (opening < TRANSVERSE))
        self._refuse_links(given, "opening_kind", wrong | (opening > TRAPEZOID_WEIR), "0 or 1 (orifice), 2 to 5 (weir)")
        shapes = np.array([self.sections.items[k].kind for k in range(self.n_links)], dtype=np.int8)
        needs_one = (kind == CONDUIT) | (kind == ORIFICE) | (kind == WEIR)
        _refuse(needs_one & (shapes == NO_SECTION), self.link_names, shapes, "shape", "a section")

    def _check_outfalls(self, given):
        ends = np.concatenate([given["tail"], given["head"]])
        degree = np.bincount(ends, minlength=self.n_nodes)
        is_outfall, kind = given["node_kind"] == OUTFALL, given["outfall_kind"]
        _refuse(is_outfall & (degree > 1), self.node_names, degree, "number of links at the outfall", "at most one")
        self._refuse_nodes(given, "outfall_kind", is_outfall & ((kind < FREE) | (kind > STAGE_SERIES)), "0 to 4")
        lacks = is_outfall & (kind >= TIDAL) & self._is_no_curve(given["outfall_curve"])
        self._refuse_nodes(given, "outfall_curve", lacks, "one of the curves")
        curve = given["storage_curve"]
        self._refuse_nodes(given, "storage_curve", (curve >= 0) & self._is_no_curve(curve), "one of the curves")

    def _is_no_curve(self, curve):
        return (curve < 0) | (curve >= self.curve_first.shape[0] - 1)

    def _refuse_nodes(self, given, str key, bad, str accepted):
        _refuse(bad, self.node_names, given[key], key, accepted)

    def _refuse_links(self, given, str key, bad, str accepted):
        _refuse(bad, self.link_names, given[key], key, accepted)

    # Making ready -----------------------------------------------------------------------------------------------------

    def _options(self, given):
        self.routing_step = given["routing_step_s"]
        self.variable_step = given["variable_step"]
        self.minimum_step = max(min(given["minimum_step_s"], self.routing_step), 0.001)
        self.ponding = given["allow_ponding"]
        self.least_area = given["minimum_surface_area_m2"]
        self.tolerance = given["head_tolerance_m"]
        self.trials = given["trials"]
        self.start_clock = given["start_clock_s"]
        self.slot = _choice(given, "surcharge", {"EXTRAN": 0, "SLOT": 1})
        self.damping = _choice(given, "inertial_damping", DAMPING)
        self.normal_limit = _choice(given, "normal_flow_limited", NORMAL_LIMIT)
        self.hazen_williams = _choice(given, "force_main", {"H-W": 1, "D-W": 0})
        least_of = {"routing_step_s": 0.001, "minimum_surface_area_m2": 1e-6, "head_tolerance_m": 1e-12, "trials": 1}
        for key, least in least_of.items():
            if not given[key] >= least:
                raise ValueError(f"{key} is {given[key]}: at least {least} is needed")

    def _curves(self, given):
        cdef int c, i
        self.curve_first = given["curve_first"]
        self.curve_x = given["curve_x"]
        self.curve_y = given["curve_y"]
        self.inflow_node = given["inflow_node"]
        self.inflow_curve = given["inflow_curve"]
        self.inflow_base = given["inflow_base_m3s"]
        self.n_series = self.inflow_node.shape[0]
        self.curve_sum = np.zeros(self.curve_x.shape[0])
        for c in range(self.curve_first.shape[0] - 1):
            i = self.curve_first[c]
            if self.curve_first[c + 1] <= i:
                raise ValueError(f"curve {c} has no points")
            self.curve_sum[i] = 0.5 * self.curve_x[i] * self.curve_y[i]     # its area falls to none at the bottom
            for i in range(self.curve_first[c] + 1, self.curve_first[c + 1]):
                if not self.curve_x[i] > self.curve_x[i - 1]:
                    raise ValueError(f"curve {c} does not ascend at its point {i - self.curve_first[c]}")
                step = self.curve_x[i] - self.curve_x[i - 1]
                self.curve_sum[i] = self.curve_sum[i - 1] + 0.5 * (self.curve_y[i] + self.curve_y[i - 1]) * step
        for c in range(self.n_series):
            if not 0 <= self.inflow_node[c] < self.n_nodes:
                raise ValueError(f"inflow {c} enters node {self.inflow_node[c]}: there are {self.n_nodes}")

    def _place(self, kind):
        order = np.concatenate([np.flatnonzero(kind == CONDUIT), np.flatnonzero(kind != CONDUIT)]).astype(np.int32)
        self.n_conduits = int((kind == CONDUIT).sum())
        self.link_of = order
        place = np.empty(self.n_links, dtype=np.int32)
        place[order] = np.arange(self.n_links, dtype=np.int32)
        self.place_of = place

    def _fill_nodes(self, given):
        cdef int i
        cdef Node *n
        for i in range(self.n_nodes):
            n = &self.nodes[i]
            n.kind, n.bed, n.full = given["node_kind"][i], given["invert_m"][i], given["depth_m"][i]
            n.first_depth, n.surcharge = given["initial_depth_m"][i], given["surcharge_m"][i]
            n.ponded, n.gate = given["ponded_area_m2"][i], given["outfall_gate"][i]
            n.outfall_kind, n.stage = given["outfall_kind"][i], given["stage_m"][i]
            n.curve = given["outfall_curve"][i] if n.kind == OUTFALL else given["storage_curve"][i]
            n.a, n.b, n.c = given["storage_area"][i]
            n.can_pond = self.ponding and n.ponded > 0.0

    def _fill_links(self, given):
        cdef int k
        for k in range(self.n_links):
            self._fill_link(k, self.link_of[k], given)

    cdef int _fill_link(self, int k, int j, given) except -1:
        cdef Link *c = &self.links[k]
        c.kind, c.barrels, c.direction = given["link_kind"][j], given["barrels"][j], 1.0
        c.tail, c.head = given["tail"][j], given["head"][j]
        c.offset1, c.offset2 = max(given["tail_offset_m"][j], 0.0), max(given["head_offset_m"][j], 0.0)
        c.flap, c.limit = given["flap_gate"][j], given["most_flow_m3s"][j]
        c.k_in, c.k_out, c.k_mean = given["entry_loss"][j], given["exit_loss"][j], given["mean_loss"][j]
        c.has_losses = c.k_in > 0.0 or c.k_out > 0.0 or c.k_mean > 0.0
        c.section = self.sections.items[j]
        c.first_flow, c.first_setting = given["initial_flow_m3s"][j], 1.0
        c.coefficient, c.end_coefficient = given["coefficient"][j], given["end_coefficient"][j]
        c.exponent = given["exponent"][j]
        c.contractions, c.can_surcharge = given["end_contractions"][j], given["can_surcharge"][j]
        c.device, c.curve = given["opening_kind"][j], -1
        if c.kind == CONDUIT:
            self._fill_conduit(c, given["length_m"][j], given["roughness"][j], given)
        elif c.kind == PUMP:
            c.device, c.curve, c.first_setting = given["pump_kind"][j], given["pump_curve"][j], given["is_on"][j]
            c.start, c.stop = given["start_depth_m"][j], given["stop_depth_m"][j]
            c.offset1 = c.offset2 = 0.0
            if c.device == BY_VOLUME and self.nodes[c.tail].kind != STORAGE:
                last = self.curve_x[self.curve_first[c.curve + 1] - 1]
                self.nodes[c.tail].full_volume = max(self.nodes[c.tail].full_volume, last)
        else:
            self._opening(c, j, given)
        self._ends(c)
        return 0

    cdef int _opening(self, Link *c, int j, given) except -1:
        c.offset2 = c.offset1
        if c.kind == OUTLET:
            c.device, c.curve = given["outlet_kind"][j], given["outlet_curve"][j]
        c.offset1 = max(c.offset1, self.nodes[c.head].bed - self.nodes[c.tail].bed)
        c.reach = max(200.0 * FOOT, 2.0 * self.routing_step * sqrt(GRAVITY * c.section.y_full))
        return 0

    cdef int _ends(self, Link *c) except -1:
        cdef const Node *tail = &self.nodes[c.tail]
        cdef const Node *head = &self.nodes[c.head]
        c.bed1, c.bed2 = tail.bed, head.bed
        c.z1, c.z2 = tail.bed + c.offset1, head.bed + c.offset2
        c.at_outfall = tail.kind == OUTFALL or head.kind == OUTFALL
        c.gate_at_tail = tail.kind == OUTFALL and tail.gate
        c.gate_at_head = head.kind == OUTFALL and head.gate
        c.storage_at_tail, c.storage_at_head = tail.kind == STORAGE, head.kind == STORAGE
        return 0

    cdef int _fill_conduit(self, Link *c, double length, double roughness, given) except -1:
        cdef double drop = self.nodes[c.tail].bed + c.offset1 - self.nodes[c.head].bed - c.offset2
        cdef double fall = max(fabs(drop), LEAST_DROP), slope, factor
        slope = fall / length if fall >= length else fall / sqrt(length * length - fall * fall)
        slope = max(slope, <double> given["minimum_slope"])
        if drop < 0.0:
            c.tail, c.head = c.head, c.tail
            c.offset1, c.offset2 = c.offset2, c.offset1
            c.k_in, c.k_out = c.k_out, c.k_in
            c.direction, c.first_flow = -1.0, -c.first_flow
        c.true_length = c.length = length
        if c.section.kind == FORCE_MAIN:
            roughness = self._force_roughness(c, slope, roughness)
        factor = self._longer(c, slope, roughness, given["lengthening_step_s"])
        c.length *= factor
        slope /= factor
        roughness /= sqrt(factor)
        if c.section.kind == FORCE_MAIN:
            c.force = 1.0 / (8.0 * factor)
            if self.hazen_williams:
                c.force = GRAVITY / pow(1.318 * pow(FOOT, 0.37) * c.force_height * pow(factor, 0.54), 1.852)
        c.rough = GRAVITY * (roughness / PHI) ** 2
        c.beta = PHI * sqrt(slope) / roughness
        c.most_normal = c.section.s_max * c.beta
        c.cut_depth = (SLOT_CUT if self.slot else EXTRAN_CUT) * c.section.y_full
        c.cut_width = width_at(&c.section, c.cut_depth)
        return 0

    cdef double _force_roughness(self, Link *c, double slope, double given) except -1.0:
        """Manning's n that gives a full force main its turbulent flow; ``force_height`` keeps C or e."""
        cdef double d = c.section.y_full / FOOT, f
        c.force_height = c.section.bottom
        if not c.force_height > 0.0:
            name = self.link_names[self.link_of[c - self.links]]
            raise ValueError(f"{name}: the force main's roughness is {c.force_height:g}: above 0 is needed")
        if self.hazen_williams:
            return 1.067 / c.force_height * pow(d / slope, 0.04)
        f = 0.25 / np.log10(c.force_height / 3.7 / c.section.y_full) ** 2
        return sqrt(f / 185.0) * pow(d, 1.0 / 6.0)

    cdef double _longer(self, Link *c, double slope, double roughness, double step) except -1.0:
        """The factor by which a conduit is lengthened so that it meets the Courant condition when full."""
        cdef double y = c.section.y_full, v
        if step <= 0.0:
            return 1.0
        if c.section.is_open:
            y = c.section.a_full / width_at(&c.section, y)
        v = PHI / roughness * c.section.s_full * sqrt(slope) / c.section.a_full
        return max(1.0, (sqrt(GRAVITY * y) + v) * min(self.routing_step, step) / c.length)

    def _deepen(self):
        """Manholes reach up to the crowns of their links; crowns, full volumes and first depths follow."""
        cdef int i, k
        cdef Link *c
        cdef Node *n
        for k in range(self.n_links):
            c = &self.links[k]
            self._raise(c, &self.nodes[c.tail], c.offset1, True)
            self._raise(c, &self.nodes[c.head], c.offset2, c.kind == CONDUIT)
        for i in range(self.n_nodes):
            n = &self.nodes[i]
            n.most = n.full if n.can_pond else n.full + n.surcharge
            if n.kind == STORAGE:
                n.full_volume = 0.0
                n.full_volume = self.node_volume(n, n.full)
            if n.first_depth > n.full + n.surcharge and n.kind != OUTFALL:
                name, deep = self.node_names[i], n.full + n.surcharge
                raise ValueError(f"{name}: initial_depth_m is {n.first_depth:g}: the node is {deep:g} m deep")

    cdef int _raise(self, const Link *c, Node *n, double offset, bint deepens) except -1:
        cdef double crown = offset + c.section.y_full
        n.crown = max(n.crown, crown)
        if c.kind == PUMP or (c.kind == ORIFICE and c.device == BOTTOM):
            return 0
        if deepens and (n.kind != STORAGE or n.surcharge > 0.0):
            n.full = max(n.full, crown)
        return 0

    def _degrees(self):
        """Mark the nodes that have outflow but no inflow; list the links at outfalls."""
        cdef int k, i, j
        cdef Link *c
        outgoing, incoming, beside = np.zeros(self.n_nodes, int), np.zeros(self.n_nodes, int), []
        for k in range(self.n_links):
            c = &self.links[k]
            i, j = (c.tail, c.head) if c.direction > 0.0 else (c.head, c.tail)
            outgoing[j if self.nodes[i].kind == OUTFALL else i] += 1
            incoming[c.tail if self.nodes[c.tail].kind == OUTFALL else c.head] += 1
            if c.at_outfall:
                beside.append(k)
        for i in range(self.n_nodes):
            self.nodes[i].is_upstream_end = outgoing[i] > 0 and incoming[i] == 0
        self.outfall_link = np.array(beside, dtype=np.int32)

    # Curves and storage -----------------------------------------------------------------------------------------------

    cdef int _segment(self, int c, double x) noexcept nogil:
        # The last point at or before x, at most the last but one, from the curve's first point on.
        cdef int low = self.curve_first[c], high = self.curve_first[c + 1] - 1, middle
        while high - low > 1:
            middle = (low + high) >> 1
            if x > self.curve_x[middle]:
                low = middle
            else:
                high = middle
        return low

    cdef double curve_at(self, int c, double x) noexcept nogil:
        """Linear between the points, constant beyond them."""
        cdef int first = self.curve_first[c], last = self.curve_first[c + 1] - 1, i
        if x <= self.curve_x[first]:
            return self.curve_y[first]
        if x >= self.curve_x[last]:
            return self.curve_y[last]
        i = self._segment(c, x)
        x = (x - self.curve_x[i]) / (self.curve_x[i + 1] - self.curve_x[i])
        return self.curve_y[i] + x * (self.curve_y[i + 1] - self.curve_y[i])

    cdef double curve_slope(self, int c, double x) noexcept nogil:
        """Of the segment that holds x; of the last one beyond it."""
        cdef int i = self._segment(c, x)
        if i + 1 >= self.curve_first[c + 1]:
            return 0.0
        return (self.curve_y[i + 1] - self.curve_y[i]) / (self.curve_x[i + 1] - self.curve_x[i])

    cdef double curve_stairs(self, int c, double x) noexcept nogil:
        """The value of the first point beyond x."""
        cdef int i
        for i in range(self.curve_first[c], self.curve_first[c + 1]):
            if x < self.curve_x[i]:
                return self.curve_y[i]
        return self.curve_y[self.curve_first[c + 1] - 1]

    cdef double curve_series(self, int c, double x, bint extends) noexcept nogil:
        """Of a time series: outside its times nothing, or its first and last value."""
        if not extends and (x < self.curve_x[self.curve_first[c]] or x > self.curve_x[self.curve_first[c + 1] - 1]):
            return 0.0
        return self.curve_at(c, x)

    cdef double storage_area(self, const Node *n, double depth) noexcept nogil:
        cdef int first, last, i
        cdef double slope
        if n.curve < 0:
            return n.c + n.a * (pow(depth, n.b) if n.b != 0.0 else 1.0)
        first, last = self.curve_first[n.curve], self.curve_first[n.curve + 1] - 1
        if depth <= self.curve_x[first]:
            return self.curve_y[first] * (depth / self.curve_x[first] if self.curve_x[first] > 0.0 else 1.0)
        i = self._segment(n.curve, depth)
        if i >= last:
            return self.curve_y[last]
        slope = (self.curve_y[i + 1] - self.curve_y[i]) / (self.curve_x[i + 1] - self.curve_x[i])
        if depth > self.curve_x[last]:
            return self.curve_y[last] + (slope if slope > 0.0 else 0.0) * (depth - self.curve_x[last])
        return self.curve_y[i] + slope * (depth - self.curve_x[i])

    cdef double node_volume(self, const Node *n, double depth) noexcept nogil:
        cdef int first, i
        cdef double dx
        if n.kind != STORAGE:
            return n.full_volume * (depth / n.full) if n.full > 0.0 else 0.0
        if depth == 0.0:
            return 0.0
        if depth >= n.full and n.full_volume > 0.0:
            return n.full_volume
        if n.curve < 0:
            return n.c * depth + n.a / (n.b + 1.0) * pow(depth, n.b + 1.0)
        first = self.curve_first[n.curve]
        if depth <= self.curve_x[first]:
            return 0.5 * self.storage_area(n, depth) * depth if self.curve_x[first] > 0.0 else 0.0
        i = self._segment(n.curve, depth)
        if depth > self.curve_x[self.curve_first[n.curve + 1] - 1]:
            i = self.curve_first[n.curve + 1] - 1
        dx = depth - self.curve_x[i]
        return self.curve_sum[i] + 0.5 * (self.curve_y[i] + self.storage_area(n, depth)) * dx


def _refuse(bad, names, values, str key, str accepted):
    """ValueError naming the first element that is bad."""
    if bad.any():
        i = int(np.argmax(bad))
        raise ValueError(f"{names[i]}: {key} is {values[i]}: {accepted} is needed")


def _choice(given, str key, accepted):
    if given[key] not in accepted:
        raise ValueError(f"{key} is {given[key]!r}: one of {', '.join(accepted)} is needed")
    return accepted[given[key]]
