cdef class Ldlt:
    cdef readonly int n                 # rows
    cdef readonly int n_lower           # entries of L below the diagonal
    cdef readonly int n_pairs           # updates that one factorisation makes
    cdef int[::1] position_of           # row of each unknown
    cdef int[::1] first                 # (n + 1,) where a column of L begins
    cdef int[::1] row                   # (n_lower,) rows of its entries, ascending
    cdef int[::1] target                # (n_pairs,) entry of L that each update changes
    cdef double[::1] lower              # in: conductances c_ij, at L's places; one more place takes what is dropped
    cdef double[::1] excess             # in: A's row sums, not negative; out: 1 / D

    cdef void _aim(self) noexcept nogil
    cdef int place(self, int i, int j) noexcept nogil
    cdef int factor_solve(self, double *x) noexcept nogil
