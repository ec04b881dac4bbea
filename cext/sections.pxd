cdef enum:
    POINTS = 51         # of a table over depth or area
    CRITICAL_POINTS = 26
    STRIDE = 4          # area, width, hydraulic radius, -: one cache line holds two points

cdef enum:
    NO_SECTION = -1
    CIRCULAR = 0
    RECT_CLOSED = 1
    RECT_OPEN = 2
    TRAPEZOIDAL = 3
    TRIANGULAR = 4
    FORCE_MAIN = 5
    IRREGULAR = 6

cdef struct Section:
    int kind
    int is_open
    int is_exact            # critical depth is solved for, not interpolated
    int peak                # where `factor` is largest
    double y_full, w_max, a_full, r_full
    double s_full, s_max, a_max     # section factor a r^(2/3): full, largest, and the area of the largest
    double bottom, slope, side      # of straight walls: bottom width, mean run over rise, wetted length per depth
    double critical_scale
    const double *table     # round and irregular: shares of a_full, w_max, r_full by depth
    const double *factor    # section factor: round by area, share of s_full; others by depth
    const double *depth     # round: share of y_full by area
    const double *critical  # critical flow by depth, in units of critical_scale

cdef inline void look_up(const Section *s, double y, double *area, double *width, double *radius) noexcept nogil:
    """Interpolate in the table: linear, but quadratic in its first two intervals."""
    cdef double x = y / s.y_full * (POINTS - 1), f, bend
    cdef int i = <int> x
    cdef const double *p
    if i >= POINTS - 1:
        p = s.table + STRIDE * (POINTS - 1)
        area[0], width[0], radius[0] = s.a_full * p[0], s.w_max * p[1], s.r_full * p[2]
        return
    f = x - i
    p = s.table + STRIDE * i
    area[0] = p[0] + f * (p[STRIDE] - p[0])
    width[0] = p[1] + f * (p[STRIDE + 1] - p[1])
    radius[0] = p[2] + f * (p[STRIDE + 2] - p[2])
    if i < 2:
        f = f * (f - 1.0)
        bend = area[0] + f * (0.5 * p[0] - p[STRIDE] + 0.5 * p[2 * STRIDE])
        area[0] = bend if bend > 0.0 else area[0]
        bend = width[0] + f * (0.5 * p[1] - p[STRIDE + 1] + 0.5 * p[2 * STRIDE + 1])
        width[0] = bend if bend > 0.0 else width[0]
        bend = radius[0] + f * (0.5 * p[2] - p[STRIDE + 2] + 0.5 * p[2 * STRIDE + 2])
        radius[0] = bend if bend > 0.0 else radius[0]
    area[0] *= s.a_full
    width[0] *= s.w_max
    radius[0] *= s.r_full

cdef void section_at(const Section *s, double y, double *area, double *width, double *radius) noexcept nogil
cdef double area_at(const Section *s, double y) noexcept nogil
cdef double width_at(const Section *s, double y) noexcept nogil
cdef double normal_depth(const Section *s, double factor) noexcept nogil
cdef double critical_depth(const Section *s, double flow) noexcept nogil


cdef class Sections:
    cdef readonly int count
    cdef Section *items
    cdef list kept          # the tables that `items` point into
