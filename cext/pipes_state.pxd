from cext.pipes_tables cimport Tables


cdef struct Clock:
    double solved
    double next
    long long solves
    int iterations
    int balanced
    int leaks       # junctions with an orifice
    int dry         # junctions that nothing supplies


cdef class Moving:
    cdef Tables net
    cdef size_t size
    cdef char *block        # all that follows, so that a copy is one copy
    cdef Clock *clock
    cdef double *heads      # n_nodes, ft
    cdef double *flow       # n_links, cfs
    cdef double *setting    # n_links: relative speed
    cdef double *required   # n_junctions: demand
    cdef double *given      # n_junctions: what comes of it
    cdef double *orifice    # n_junctions: ke of h = ke q^2; 0 = none
    cdef double *leaked     # n_junctions
    cdef double *emitted    # n_emitters
    cdef double *volume     # n_fixed, ft3
    cdef double *inflow     # n_fixed
    cdef signed char *status    # n_links
    cdef signed char *held      # n_links
    cdef signed char *shut      # n_links: held or closed, when dryness was last looked at
    cdef signed char *dry       # n_nodes

    cdef void begin(self) noexcept nogil
    cdef double filled(self, int t, double at) noexcept nogil
    cdef void fill(self, double at) noexcept nogil
    cdef void ask(self, double at) noexcept nogil
    cdef void set_speed(self, int pump, double speed) noexcept nogil
    cdef void restart_pump(self, int k) noexcept nogil
    cdef bint command(self, int k, int status, double setting) noexcept nogil
    cdef void control(self, double at) noexcept nogil
    cdef bint fires(self, int c, double at) noexcept nogil
    cdef bint pressure_controls(self) noexcept nogil
    cdef bint differs(self, int c) noexcept nogil
    cdef void sum_inflows(self) noexcept nogil
    cdef double next_event(self) noexcept nogil
    cdef double next_full_tank(self, double best) noexcept nogil
    cdef double next_control(self, double best) noexcept nogil
    cdef double control_time(self, int c) noexcept nogil
    cdef double delivered(self, int k) noexcept nogil
    cdef void read_heads(self, double at, double *out) noexcept nogil
    cdef void read_outflows(self, double *out) noexcept nogil
    cdef void read_flows(self, double *out) noexcept nogil
