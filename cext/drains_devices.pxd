from cext.drains_net cimport Link, Net
from cext.drains_state cimport LinkState, Moving, NodeState

cdef void prepare_device(const Link *c, LinkState *s) noexcept nogil
cdef double device_flow(Net net, Moving state, int k, double dt) noexcept nogil
cdef bint gate_shuts(const Link *c, double q) noexcept nogil
