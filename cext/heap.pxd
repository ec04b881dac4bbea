# cython: linetrace=False
# (coverage finds no report for lines of a .pxd, and stops at the first one traced)
"""An indexed 4-ary heap of (key, item), smallest first and equal keys by item, so that the order of pops is a fact of
what was pushed and never of how the heap is built. Items are 0 .. n-1, each in the heap at most once.

Keys are uint64, but any two in the heap at one time must be less than 2^31 apart, as they are in Dijkstra's algorithm
with weights below 2^31. So an entry keeps only the low half of its key, above its item, and one signed subtraction of
two entries orders both, as with sequence numbers that wrap: 8 bytes and no branch per comparison, a quarter less time
than whole keys. Push, lower and pop cost O(log n).

The owner lends the memory: ``entry`` and ``place`` of n elements each, ``place`` filled with -1. Between uses all of
``place`` is -1 again: a pop restores its own, ``clear`` those that are left, so a reset costs what was touched.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t


cdef struct Heap:
    uint64_t* entry     # entry[0 .. size-1], the heap itself
    int32_t* place      # place[item]: where it stands in `entry`, -1 when it does not
    Py_ssize_t size


cdef inline uint64_t entry_of(uint64_t key, int32_t item) noexcept nogil:
    return key << 32 | <uint32_t>item


cdef inline int32_t item_of(uint64_t entry) noexcept nogil:
    return <int32_t><uint32_t>entry


cdef inline bint before(uint64_t a, uint64_t b) noexcept nogil:
    return <int64_t>(a - b) < 0


cdef inline void put(Heap* heap, Py_ssize_t at, uint64_t entry) noexcept nogil:
    heap.entry[at] = entry
    heap.place[item_of(entry)] = <int32_t>at


cdef inline void sift_up(Heap* heap, Py_ssize_t at, uint64_t entry) noexcept nogil:
    cdef Py_ssize_t parent
    while at > 0:
        parent = (at - 1) >> 2
        if not before(entry, heap.entry[parent]):
            break
        put(heap, at, heap.entry[parent])
        at = parent
    put(heap, at, entry)


cdef inline Py_ssize_t least_child(const Heap* heap, Py_ssize_t child) noexcept nogil:
    """The least of up to four children that begin at ``child``; a full four without a branch."""
    cdef const uint64_t* entry = heap.entry
    cdef Py_ssize_t least = child
    cdef Py_ssize_t other = child + 2
    if other + 1 < heap.size:
        least += before(entry[child + 1], entry[child])
        other += before(entry[child + 3], entry[child + 2])
        return least + (other - least) * before(entry[other], entry[least])
    for other in range(child + 1, heap.size):
        if before(entry[other], entry[least]):
            least = other
    return least


cdef inline void sift_down(Heap* heap, Py_ssize_t at, uint64_t entry) noexcept nogil:
    cdef Py_ssize_t least
    while 4 * at + 1 < heap.size:
        least = least_child(heap, 4 * at + 1)
        if not before(heap.entry[least], entry):
            break
        put(heap, at, heap.entry[least])
        at = least
    put(heap, at, entry)


cdef inline void push(Heap* heap, uint64_t key, int32_t item) noexcept nogil:
    """Add an item that is not in the heap."""
    heap.size += 1
    sift_up(heap, heap.size - 1, entry_of(key, item))


cdef inline void lower(Heap* heap, uint64_t key, int32_t item) noexcept nogil:
    """Give an item that is in the heap a smaller key."""
    sift_up(heap, heap.place[item], entry_of(key, item))


cdef inline int32_t top(const Heap* heap) noexcept nogil:
    """The item with the smallest key of a heap that is not empty."""
    return item_of(heap.entry[0])


cdef inline int32_t pop(Heap* heap) noexcept nogil:
    """Take out the item with the smallest key of a heap that is not empty."""
    cdef int32_t first = top(heap)
    heap.place[first] = -1
    heap.size -= 1
    if heap.size > 0:
        sift_down(heap, 0, heap.entry[heap.size])
    return first


cdef inline void clear(Heap* heap) noexcept nogil:
    """Empty the heap, at the cost of what is left in it."""
    cdef Py_ssize_t i
    for i in range(heap.size):
        heap.place[item_of(heap.entry[i])] = -1
    heap.size = 0
