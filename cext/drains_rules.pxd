from cext.drains_state cimport Moving


cdef class Rules:
    cdef readonly int n_actions, n_premises
    cdef int[::1] first                     # premises of each rule
    cdef int[::1] joint, what, element, relation
    cdef double[::1] value
    cdef int[::1] rule, branch, link        # of actions: by link, then by rank
    cdef double[::1] setting

    cdef double _seen(self, Moving m, int p) noexcept nogil
    cdef bint _holds(self, Moving m, int p, double dt) noexcept nogil
    cdef bint _fires(self, Moving m, int r, double dt) noexcept nogil
    cdef void apply(self, Moving m, double dt) noexcept nogil
