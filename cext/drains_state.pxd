from cext.drains_net cimport Link, Net

cdef enum:  # flow classes
    DRY, UP_DRY, DN_DRY, SUBCRITICAL, SUPERCRITICAL, UP_CRITICAL, DN_CRITICAL

cdef struct NodeState:
    double depth, old_depth, volume, old_volume
    double inflow, outflow, old_net, lateral, overflow
    double area, old_area, slope_sum, rise      # surface area, that of the last unsurcharged trial, sum of dq/dh, dy/dt
    double external, ramp0, ramp1, stage        # set from outside; a stage of NaN is the outfall's own
    double flooded                              # m3 since the start
    int converged

cdef struct LinkState:
    double flow, old_flow, q, area, old_area, depth, volume, froude, slope, surface1, surface2
    double setting, target, held                # held: NaN or what an outside hand set
    double orifice, weir, critical              # coefficients at the setting
    int flow_class, bypassed

cdef struct Clock:
    double now, old, step, ramp_from, ramp_to   # ms
    double inflow, outflow, flooded, first_stored           # m3
    double inflow_rate, outflow_rate, flooded_rate          # at `now`
    double least_step
    long long steps, trials, link_steps, unconverged, limited_links
    int bad_node, bad_link


cdef class Moving:
    cdef Net net
    cdef size_t size
    cdef char *block        # all that follows, so that a copy is one copy
    cdef Clock *clock
    cdef NodeState *nodes
    cdef LinkState *links

    cdef void begin(self) noexcept nogil
    cdef void _begin_links(self) noexcept nogil
    cdef void _begin_nodes(self) noexcept nogil
    cdef void _connect(self, const Link *c, double q) noexcept nogil
    cdef void _begin_conduit(self, const Link *c, LinkState *s) noexcept nogil
    cdef double _stage(self, int i) noexcept nogil
    cdef void bring(self, int k, double setting) noexcept nogil
    cdef void set_outfall_depth(self, int k) noexcept nogil
    cdef double stored(self) noexcept nogil
    cdef double share(self, double at) noexcept nogil
