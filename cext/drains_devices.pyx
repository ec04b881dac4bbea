"""Flow through pumps, orifices, weirs and outlets by the heads at their ends, as in SWMM 5.2's dynamic wave.

Pumps: curves of volume, depth or head. Orifices: Cd a sqrt(2 g h), as a weir below their crown. Weirs: Cw L h^1.5 and
its kin, as an orifice where they surcharge. Submergence by Villemonte, losses of flap gates by ARMCO (EPA Reference
Manual Vol. II, chapter 6; public domain).
"""

from libc.math cimport exp, pow, sqrt

from cext.drains_net cimport (
    BOTTOM, BY_DEPTH_STEPS, BY_HEAD, BY_VOLUME, DEPTH_CURVE, HEAD_CURVE, HEAD_POWER, IDEAL, ORIFICE, PUMP, SIDE,
    SIDEFLOW, TRANSVERSE, TRAPEZOID_WEIR, V_NOTCH, WEIR,
)
from cext.drains_state cimport DN_CRITICAL, DRY, SUBCRITICAL, UP_CRITICAL
from cext.sections cimport CIRCULAR, area_at, width_at

cdef double GRAVITY = 32.2 * 0.3048
cdef double ROOT_FOOT = sqrt(0.3048)    # ARMCO's formula is in feet
cdef double TINY = 0.0001 * 0.3048
cdef double NUDGE = 0.001 * 0.3048      # m, to find the slope of a pump's depth curve


cdef struct Heads:      # across an opening, from where the water comes to where it goes
    double high, low, direction, depth
    double crest


cdef bint gate_shuts(const Link *c, double q) noexcept nogil:
    """Whether a flap gate, of the link or of an outfall, stands against this flow."""
    if c.flap and q * c.direction < 0.0:
        return True
    return (q < 0.0 and c.gate_at_head) or (q > 0.0 and c.gate_at_tail)


cdef void prepare_device(const Link *c, LinkState *s) noexcept nogil:
    """Coefficients of an orifice or weir at its setting."""
    cdef double h = s.setting * c.section.y_full, f, q1, q2
    if c.kind == ORIFICE:
        f = area_at(&c.section, h) * sqrt(2.0 * GRAVITY)
        s.orifice = c.coefficient * f
        if c.device == BOTTOM:
            s.critical = c.coefficient / 0.414 * (
                h / 4.0 if c.section.kind == CIRCULAR else h * c.section.w_max / (2.0 * (h + c.section.w_max)))
            s.weir = c.coefficient * sqrt(s.critical) * f
        else:
            s.critical = h
            s.weir = c.coefficient * sqrt(0.5 * h) * f
    elif c.kind == WEIR:
        s.orifice = 0.0
        if s.setting > 0.0:
            weir_parts(c, s, h, 1.0, False, &q1, &q2)
            s.orifice = (q1 + q2) / sqrt(0.5 * h)


cdef double device_flow(Net net, Moving state, int k, double dt) noexcept nogil:
    """Flow of a link that is no conduit, m3/s; sets its dq/dh, flow class and surface."""
    cdef const Link *c = &net.links[k]
    cdef LinkState *s = &state.links[k]
    cdef double q = 0.0
    s.slope = 0.0
    s.surface1 = 0.0
    if s.setting != 0.0:
        if c.kind == PUMP:
            q = pump_flow(net, c, s, &state.nodes[c.tail], &state.nodes[c.head], dt)
        elif c.kind == ORIFICE:
            q = orifice_flow(c, s, state.nodes)
        elif c.kind == WEIR:
            q = weir_flow(c, s, state.nodes)
        else:
            q = outlet_flow(net, c, s, state.nodes)
    s.surface2 = s.surface1
    if s.flow_class == UP_CRITICAL or c.storage_at_tail:
        s.surface1 = 0.0
    if s.flow_class == DN_CRITICAL or c.storage_at_head:
        s.surface2 = 0.0
    return q


# Pumps ---------------------------------------------------------------------------------------------------------------

cdef double pump_flow(Net net, const Link *c, LinkState *s, const NodeState *tail, const NodeState *head,
                      double dt) noexcept nogil:
    cdef double q, lift
    s.flow_class = SUBCRITICAL
    if c.device == IDEAL:
        q = tail.inflow + tail.overflow
    elif c.device == BY_VOLUME:
        q = net.curve_stairs(c.curve, tail.volume)
    elif c.device == BY_DEPTH_STEPS:
        q = net.curve_stairs(c.curve, tail.depth)
    elif c.device == BY_HEAD:
        lift = max(head.depth + c.bed2 - tail.depth - c.bed1, 0.0)
        q = net.curve_at(c.curve, lift)
        s.slope = -net.curve_slope(c.curve, lift)
    else:
        q = net.curve_at(c.curve, tail.depth)
        s.slope = (net.curve_at(c.curve, tail.depth + NUDGE) - q) / NUDGE
    return at_hand(net, c, tail, max(q, 0.0) * s.setting, dt)


cdef double at_hand(Net net, const Link *c, const NodeState *tail, double q, double dt) noexcept nogil:
    """No pump takes more than there is."""
    cdef double most
    if q == 0.0 or c.device == IDEAL and not c.storage_at_tail:
        return q
    if c.storage_at_tail or c.device == BY_VOLUME:
        most = tail.inflow + tail.old_volume / dt
        return max(min(q, most) if net.nodes[c.tail].full_volume > 0.0 else q, 0.0)
    if tail.old_depth + 0.5 * (tail.old_net + tail.inflow - tail.outflow - q) * dt / tail.area <= 0.0:
        return tail.inflow
    return q


# Openings ------------------------------------------------------------------------------------------------------------

cdef Heads heads_of(const Link *c, const NodeState *nodes, bint level_is_forward) noexcept nogil:
    cdef Heads h
    cdef double h1 = nodes[c.tail].depth + c.bed1, h2 = nodes[c.head].depth + c.bed2
    h.crest = c.bed1 + c.offset1
    if h1 > h2 or (h1 == h2 and level_is_forward):
        h.high, h.low, h.direction, h.depth = h1, h2, 1.0, nodes[c.tail].depth
    else:
        h.high, h.low, h.direction, h.depth = h2, h1, -1.0, nodes[c.head].depth
    return h


cdef void classify(LinkState *s, const Heads *h, double crest) noexcept nogil:
    s.flow_class = SUBCRITICAL
    if crest > h.low:
        s.flow_class = DN_CRITICAL if h.direction > 0.0 else UP_CRITICAL


cdef double submerged(double ratio, double power) noexcept nogil:
    """Villemonte's share of the free flow."""
    return pow(1.0 - pow(ratio, power), 0.385)


cdef double gate_loss(double velocity, double head) noexcept nogil:
    """Head that a flap gate takes, m."""
    return 4.0 / GRAVITY * velocity * velocity * exp(-1.15 / ROOT_FOOT * velocity / sqrt(head))


cdef double orifice_flow(const Link *c, LinkState *s, const NodeState *nodes) noexcept nogil:
    cdef Heads h = heads_of(c, nodes, True)
    cdef double head, f = 1.0, crown = h.crest + c.section.y_full * s.setting, middle = 0.5 * (h.crest + crown), q
    if c.device == BOTTOM:
        head = 0.0 if h.high < h.crest else (h.high - h.low if h.low > h.crest else h.high - h.crest)
        f = min(head / s.critical, 1.0)
    else:
        if h.high < crown and crown > h.crest:
            f = (h.high - h.crest) / (crown - h.crest)
        head = h.high - h.crest if f < 1.0 else (h.high - middle if h.low < middle else h.high - h.low)
    if head <= TINY or h.depth <= TINY or gate_shuts(c, h.direction):
        s.depth, s.flow_class = 0.0, DRY
        s.surface1 = 0.5 * TINY * c.reach
        return 0.0
    classify(s, &h, h.crest)
    s.depth = c.section.y_full * s.setting
    if c.device == SIDE:
        s.depth *= f
        s.surface1 = 0.5 * width_at(&c.section, s.depth) * c.reach
    else:
        s.surface1 = 0.5 * area_at(&c.section, s.depth)
    q = h.direction * orifice_at(c, s, head, f, c.flap)
    if f < 1.0 and h.low > h.crest:
        q *= submerged((h.low - h.crest) / (h.high - h.crest), 1.5)
    return q


cdef double orifice_at(const Link *c, LinkState *s, double head, double f, bint gate) noexcept nogil:
    cdef double q, loss
    if head <= 0.0 or f <= 0.0:
        s.slope = 0.0
        return 0.0
    if f < 1.0:
        q = s.weir * f * sqrt(f)
        s.slope = 1.5 * q / (f * s.critical)
    else:
        q = s.orifice * sqrt(head)
        s.slope = 0.5 * q / head
    if gate:
        loss = gate_loss(q / area_at(&c.section, s.setting * c.section.y_full), head)
        if f < 1.0:
            return orifice_at(c, s, head, f - loss / s.critical, False)
        return orifice_at(c, s, max(head - loss, 0.0), f, False)
    return q


cdef double weir_flow(const Link *c, LinkState *s, const NodeState *nodes) noexcept nogil:
    cdef Heads h = heads_of(c, nodes, False)
    cdef double crown = h.crest + c.section.y_full, crest = h.crest + (1.0 - s.setting) * c.section.y_full
    cdef double head = h.high - crest, ratio, q1, q2
    if head <= TINY or crest >= crown or gate_shuts(c, h.direction):
        s.depth, s.flow_class = 0.0, DRY
        return 0.0
    classify(s, &h, crest)
    if h.high >= crown:
        if c.can_surcharge:
            return h.direction * surcharged(c, s, &h, crest, crown)
        head = crown - crest
    weir_parts(c, s, head, h.direction, c.flap, &q1, &q2)
    if h.low > crest:
        ratio = (h.low - crest) / (h.high - crest)
        q1 *= submerged(ratio, 5.0 / 3.0 if c.device == SIDEFLOW else (2.5 if c.device == V_NOTCH else 1.5))
        if q2 > 0.0:
            q2 *= submerged(ratio, 2.5)
    s.depth = min(h.high - crest, c.section.y_full)
    return h.direction * (q1 + q2)


cdef double surcharged(const Link *c, LinkState *s, const Heads *h, double crest, double crown) noexcept nogil:
    """A weir whose opening is under water flows as an orifice."""
    cdef double middle = 0.5 * (crest + crown), head, q, area
    head = h.high - middle if h.low < middle else h.high - h.low
    q = s.orifice * sqrt(head)
    s.depth = crown - crest
    if c.flap:
        area = open_area(c, s, s.depth)
        if area > 0.0:
            head = max(head - gate_loss(q / area, s.depth), 0.0)
            q = s.orifice * sqrt(head)
    s.slope = 0.5 * q / head if head > 0.0 else 0.0
    return q


cdef double open_area(const Link *c, const LinkState *s, double y) noexcept nogil:
    cdef double z = (1.0 - s.setting) * c.section.y_full
    return area_at(&c.section, min(z + y, c.section.y_full)) - area_at(&c.section, z)


cdef void weir_parts(const Link *c, LinkState *s, double head, double direction, bint gate, double *middle,
                     double *ends) noexcept nogil:
    """Flow over the middle and over the sloping ends of a weir; sets dq/dh."""
    cdef double length = c.section.w_max, h15 = head * sqrt(head), area, power = 1.5
    middle[0] = ends[0] = 0.0
    s.slope = 0.0
    if head <= 0.0:
        return
    if c.device == TRAPEZOID_WEIR or (c.device == V_NOTCH and s.setting < 1.0):
        length = width_at(&c.section, (1.0 - s.setting) * c.section.y_full)
        middle[0] = c.coefficient * length * h15
        ends[0] = c.end_coefficient * c.section.slope * h15 * head
    elif c.device == V_NOTCH:
        power = 2.5
        middle[0] = c.coefficient * c.section.slope * h15 * head
    else:
        length = max(length - 0.1 * c.contractions * head, 0.0)
        if c.device == TRANSVERSE or direction < 0.0:
            middle[0] = c.coefficient * length * h15
        else:
            power = 1.67
            middle[0] = c.coefficient * pow(length, 0.83) * pow(head, 1.67)
    if gate:
        area = open_area(c, s, head)
        if area > 1e-7:
            head = max(head - gate_loss((middle[0] + ends[0]) / area, head), 0.0)
            weir_parts(c, s, head, direction, False, middle, ends)
            return
    if head >= TINY:
        s.slope = (power * middle[0] + 2.5 * ends[0]) / head


cdef double outlet_flow(Net net, const Link *c, LinkState *s, const NodeState *nodes) noexcept nogil:
    cdef Heads h = heads_of(c, nodes, True)
    cdef double head = h.high - (max(h.low, h.crest) if c.device == HEAD_CURVE or c.device == HEAD_POWER else h.crest)
    if head <= TINY or h.depth <= TINY or gate_shuts(c, h.direction):
        s.depth, s.flow_class = 0.0, DRY
        return 0.0
    s.depth, s.flow_class = head, SUBCRITICAL
    if c.device == DEPTH_CURVE or c.device == HEAD_CURVE:
        return h.direction * s.setting * net.curve_at(c.curve, head)
    return h.direction * s.setting * c.coefficient * pow(head, c.exponent)
