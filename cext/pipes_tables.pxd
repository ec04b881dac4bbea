from cext.ldlt cimport Ldlt

cdef enum:
    JUNCTION, RESERVOIR, TANK
cdef enum:
    PIPE, CHECK_VALVE, PUMP
cdef enum:
    POWER_FUNCTION, CUSTOM, CONSTANT_POWER
cdef enum:
    LOW_LEVEL, HIGH_LEVEL, TIMER, TIME_OF_DAY
cdef enum:
    HAZEN_WILLIAMS, DARCY_WEISBACH, CHEZY_MANNING
cdef enum:  # statuses of a link; up to CLOSED nothing flows
    CANNOT_DELIVER, TANK_SHUT, CLOSED, OPEN


cdef class Tables:
    cdef readonly int n_nodes, n_links
    cdef int n_junctions, n_fixed, n_pipes, n_emitters, n_watched, n_controls, n_demands
    cdef Ldlt matrix
    # nodes: junctions by rows of the matrix, then the fixed heads
    cdef int[::1] inner, outer          # outside -> inside, inside -> outside
    cdef double[::1] elevation          # ft; of a reservoir its head without pattern
    cdef int[::1] demand_node, demand_pattern
    cdef double[::1] demand_base        # cfs
    cdef int[::1] emitter_node
    cdef double[::1] emitter_ke         # of h = ke q^n
    # fixed heads, from 0
    cdef double[::1] area               # ft2; 0 = a reservoir
    cdef double[::1] lowest, highest, first_head                    # as heads, ft
    cdef double[::1] least_volume, most_volume                      # ft3
    cdef signed char[::1] may_overflow
    cdef int[::1] head_pattern, tank_curve
    # links: pipes, then pumps
    cdef int[::1] place_of, link_of     # outside -> inside, inside -> outside
    cdef int[::1] tail, head
    cdef int[::1] place                 # in L, or L's dummy
    cdef signed char[::1] kind, first_status
    cdef double[::1] first_setting, first_flow
    cdef double[::1] resistance, minor, rough, nu                   # of pipes
    cdef int[::1] watched               # check valves, pumps and links at tanks: their status follows the heads
    cdef int[::1] fixed_link, fixed_from, fixed_to                  # ends at fixed heads: link, that end, the other
    cdef int[::1] beside_first, beside_node, beside_link            # neighbours of each node
    # pumps, from 0
    cdef signed char[::1] pump_kind
    cdef double[::1] pump_h0, pump_r, pump_n, pump_hmax, pump_q0
    cdef int[::1] pump_curve, pump_pattern
    # patterns, curves, controls
    cdef int[::1] pattern_first, curve_first
    cdef double[::1] pattern_factor, curve_x, curve_y
    cdef int[::1] control_link, control_node
    cdef signed char[::1] control_kind, control_status
    cdef double[::1] control_setting, control_head, control_time
    # options
    cdef int formula, trials, extra_trials, check_frequency, max_check
    cdef bint backflow, pressure_driven
    cdef double flow_exponent, accuracy, damp_limit, head_error, flow_change, emitter_n
    cdef double pressure_low, pressure_range, demand_n, pressure_exponent
    cdef double hydraulic_step, pattern_step, pattern_start, report_step, start_clock

    cdef double volume(self, int t, double grade) noexcept nogil
    cdef double grade(self, int t, double volume) noexcept nogil
    cdef double factor(self, int pattern, double period) noexcept nogil
    cdef void curve_line(self, int c, double q, double *h0, double *r) noexcept nogil
