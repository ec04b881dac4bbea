"""The state of a drainage network: one block of memory, so that a fork is one copy; how it begins and is read."""

from libc.math cimport NAN, fabs
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from cext.drains_devices cimport prepare_device
from cext.drains_net cimport CONDUIT, FIXED, JUNCTION, NORMAL, OUTFALL, STAGE_SERIES, TIDAL, Node
from cext.sections cimport area_at, critical_depth, normal_depth

cdef double TINY = 0.0001 * 0.3048      # m, as good as dry


cdef class Moving:
    """Nodes and links as structs in one block."""

    def __cinit__(self, Net net not None):
        self.net = net
        self.size = sizeof(Clock) + net.n_nodes * sizeof(NodeState) + net.n_links * sizeof(LinkState)
        self.block = <char *> calloc(self.size, 1)
        if self.block == NULL:
            raise MemoryError
        self.clock = <Clock *> self.block
        self.nodes = <NodeState *> (self.block + sizeof(Clock))
        self.links = <LinkState *> (self.block + sizeof(Clock) + net.n_nodes * sizeof(NodeState))

    def __dealloc__(self):
        free(self.block)

    # How it begins ----------------------------------------------------------------------------------------------------

    cdef void begin(self) noexcept nogil:
        """Normal depth of the initial flows, mean depths of the links at nodes without a depth of their own."""
        cdef int k
        memset(self.block, 0, self.size)
        self._begin_links()
        self._begin_nodes()
        for k in range(self.net.n_links):
            self.set_outfall_depth(k)
        for k in range(self.net.n_conduits):
            self._begin_conduit(&self.net.links[k], &self.links[k])
        self.clock.bad_node = self.clock.bad_link = -1
        self.clock.first_stored = self.stored()

    cdef void _begin_links(self) noexcept nogil:
        cdef int k
        cdef const Link *c
        cdef LinkState *s
        for k in range(self.net.n_links):
            c, s = &self.net.links[k], &self.links[k]
            s.flow = s.old_flow = c.first_flow
            s.held = NAN
            s.target = c.first_setting
            self.bring(k, c.first_setting)
            if c.kind == CONDUIT:
                s.depth = normal_depth(&c.section, fabs(c.first_flow) / c.barrels / c.beta)

    cdef void _begin_nodes(self) noexcept nogil:
        cdef int i, k
        cdef const Node *n
        cdef NodeState *s
        cdef double y
        for k in range(self.net.n_links):
            y = self.links[k].depth + self.net.links[k].offset1 if self.links[k].depth > TINY else 0.0
            self.nodes[self.net.links[k].tail].inflow += y
            self.nodes[self.net.links[k].head].inflow += y
            self.nodes[self.net.links[k].tail].outflow += 1.0
            self.nodes[self.net.links[k].head].outflow += 1.0
        for i in range(self.net.n_nodes):
            n, s = &self.net.nodes[i], &self.nodes[i]
            s.stage = NAN
            s.depth = n.first_depth
            if n.kind == JUNCTION and n.first_depth <= 0.0 and s.outflow > 0.0:
                s.depth = s.inflow / s.outflow
            s.inflow = s.outflow = 0.0
            if n.kind != OUTFALL:
                s.volume = self.net.node_volume(n, s.depth)
                if n.can_pond and s.depth > n.full:
                    s.volume = n.full_volume + (s.depth - n.full) * n.ponded
            s.old_depth, s.old_volume = s.depth, s.volume
        for k in range(self.net.n_links):
            self._connect(&self.net.links[k], self.links[k].flow)

    cdef void _connect(self, const Link *c, double q) noexcept nogil:
        if q >= 0.0:
            self.nodes[c.tail].outflow += q
            self.nodes[c.head].inflow += q
        else:
            self.nodes[c.tail].inflow -= q
            self.nodes[c.head].outflow -= q

    cdef void _begin_conduit(self, const Link *c, LinkState *s) noexcept nogil:
        cdef double y1, y2, full = c.section.y_full
        if c.first_flow == 0.0:
            y1 = min(max(self.nodes[c.tail].depth - c.offset1, 0.0), full)
            y2 = min(max(self.nodes[c.head].depth - c.offset2, 0.0), full)
            s.depth = max(0.5 * (y1 + y2), TINY)
        s.q = s.flow / c.barrels
        s.area = s.old_area = area_at(&c.section, s.depth)
        s.volume = s.area * c.true_length * c.barrels

    cdef void bring(self, int k, double setting) noexcept nogil:
        """Bring a link to a setting at once."""
        self.links[k].setting = setting
        prepare_device(&self.net.links[k], &self.links[k])

    cdef void set_outfall_depth(self, int k) noexcept nogil:
        """The depth at the outfall of a link from its stage, or from the normal and critical depth of the flow."""
        cdef const Link *c = &self.net.links[k]
        cdef int i
        cdef double offset, normal = 0.0, critical = 0.0, q, stage
        cdef const Node *n
        if not c.at_outfall:
            return
        i, offset = c.head, c.offset2
        if self.net.nodes[i].kind != OUTFALL:
            i, offset = c.tail, c.offset1
        n = &self.net.nodes[i]
        if c.kind == CONDUIT:
            q = fabs(self.links[k].flow) / c.barrels
            normal = normal_depth(&c.section, min(q, c.most_normal) / c.beta)
            critical = critical_depth(&c.section, q)
        critical = min(critical, normal)
        stage = self._stage(i)
        if stage == stage:
            self.nodes[i].depth = _depth_at_stage(stage - n.bed, offset, critical)
        elif offset > 0.0:
            self.nodes[i].depth = 0.0
        else:
            self.nodes[i].depth = normal if n.outfall_kind == NORMAL else critical

    cdef double _stage(self, int i) noexcept nogil:
        """Water level outside an outfall, NaN where the flow makes its own."""
        cdef const Node *n = &self.net.nodes[i]
        cdef double x
        if self.nodes[i].stage == self.nodes[i].stage:
            return self.nodes[i].stage
        if n.outfall_kind == FIXED:
            return n.stage
        if n.outfall_kind == TIDAL:
            x = self.clock.now / 3.6e6 + self.net.start_clock / 3600.0
            x -= 24.0 * <long long> (x / 24.0)
            return self.net.curve_at(n.curve, self.net.curve_x[self.net.curve_first[n.curve]] + x)
        if n.outfall_kind == STAGE_SERIES:
            return self.net.curve_series(n.curve, self.clock.now / 1000.0, True)
        return NAN

    cdef double stored(self) noexcept nogil:
        """Water in nodes and links, m3."""
        cdef double total = 0.0
        cdef int i, k
        for i in range(self.net.n_nodes):
            total += self.nodes[i].volume
        for k in range(self.net.n_conduits):
            total += self.links[k].volume
        return total

    # How it is read ---------------------------------------------------------------------------------------------------

    cdef double share(self, double at) noexcept nogil:
        """How far an instant, ms, lies between the last two: 1 at the last one."""
        if self.clock.now <= self.clock.old or at >= self.clock.now:
            return 1.0
        return max(0.0, (at - self.clock.old) / (self.clock.now - self.clock.old))


cdef double _depth_at_stage(double stage, double offset, double critical) noexcept nogil:
    # Both above the node's invert.
    if critical + offset < stage:
        return stage
    if offset > 0.0 and stage < offset:
        return max(0.0, stage)
    return offset + critical
