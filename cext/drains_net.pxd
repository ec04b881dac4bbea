from cext.sections cimport Section, Sections

cdef enum:
    JUNCTION, OUTFALL, STORAGE
cdef enum:
    CONDUIT, PUMP, ORIFICE, WEIR, OUTLET
cdef enum:
    FREE, NORMAL, FIXED, TIDAL, STAGE_SERIES
cdef enum:
    IDEAL, BY_VOLUME, BY_DEPTH_STEPS, BY_HEAD, BY_DEPTH
cdef enum:
    SIDE, BOTTOM, TRANSVERSE, SIDEFLOW, V_NOTCH, TRAPEZOID_WEIR
cdef enum:
    DEPTH_CURVE, HEAD_CURVE, DEPTH_POWER, HEAD_POWER
cdef enum:
    NO_DAMPING, PARTIAL_DAMPING, FULL_DAMPING
cdef enum:
    BY_SLOPE = 1
    BY_FROUDE = 2

cdef struct Node:
    int kind, can_pond, is_upstream_end, outfall_kind, curve, gate
    double bed, full, crown, most, surcharge, ponded, full_volume, stage
    double a, b, c              # storage area = a depth^b + c, where there is no curve
    double first_depth

cdef struct Link:
    int kind, device, curve, tail, head, barrels, flap, has_losses, at_outfall, can_surcharge
    int gate_at_tail, gate_at_head, storage_at_tail, storage_at_head
    double direction            # -1 where the conduit was turned round to fall from tail to head
    double bed1, bed2, z1, z2, offset1, offset2     # inverts of the nodes and of the link's ends
    double length, true_length, rough, beta, most_normal, k_in, k_out, k_mean, limit
    double force, force_height, cut_depth, cut_width
    double coefficient, end_coefficient, exponent, contractions, start, stop, reach
    double first_flow, first_setting
    Section section


cdef class Net:
    cdef readonly int n_nodes, n_links
    cdef readonly tuple node_names, link_names
    cdef readonly Sections sections
    cdef int n_conduits, n_series, n_stages, trials, damping, normal_limit
    cdef bint slot, ponding, hazen_williams
    cdef double routing_step, variable_step, minimum_step, least_area, tolerance, start_clock
    cdef Node *nodes
    cdef Link *links            # conduits first, in the order given; then the others
    cdef int[::1] place_of, link_of     # outside -> inside, inside -> outside
    cdef int[::1] outfall_link          # links at outfalls, inside
    cdef const int[::1] inflow_node, inflow_curve
    cdef const double[::1] inflow_base
    cdef const int[::1] curve_first
    cdef const double[::1] curve_x, curve_y
    cdef double[::1] curve_sum          # integral of a curve up to each of its points

    cdef int _fill_link(self, int k, int j, given) except -1
    cdef int _opening(self, Link *c, int j, given) except -1
    cdef int _ends(self, Link *c) except -1
    cdef int _fill_conduit(self, Link *c, double length, double roughness, given) except -1
    cdef double _force_roughness(self, Link *c, double slope, double given) except -1.0
    cdef double _longer(self, Link *c, double slope, double roughness, double step) except -1.0
    cdef int _raise(self, const Link *c, Node *n, double offset, bint deepens) except -1
    cdef int _segment(self, int c, double x) noexcept nogil
    cdef double curve_at(self, int c, double x) noexcept nogil
    cdef double curve_slope(self, int c, double x) noexcept nogil
    cdef double curve_stairs(self, int c, double x) noexcept nogil
    cdef double curve_series(self, int c, double x, bint extends) noexcept nogil
    cdef double storage_area(self, const Node *n, double depth) noexcept nogil
    cdef double node_volume(self, const Node *n, double depth) noexcept nogil
