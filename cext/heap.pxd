"""An indexed 4-ary heap of (key, item), smallest first and equal keys by item, so that the order of pops is a fact of
what was pushed and never of how the heap is built. Items are 0 .. n-1, each in the heap at most once.

The owner lends the memory: ``entry`` and ``place`` of n elements each, ``place`` filled with -1. Between uses all of
``place`` is -1 again: a pop restores its own, ``clear`` those that are left, so a reset costs what was touched.
Push, lower and pop cost O(log n). Four children share a cache line, which makes it faster than a binary heap.
"""

from libc.stdint cimport int32_t, uint64_t


cdef struct Entry:
    uint64_t key
    int32_t item


cdef struct Heap:
    Entry* entry        # entry[0 .. size-1], the heap itself
    int32_t* place      # place[item]: where it stands in `entry`, -1 when it does not
    int32_t size


cdef inline bint before(const Entry* a, const Entry* b) noexcept nogil:
    return a.key < b.key or (a.key == b.key and a.item < b.item)


cdef inline void put(Heap* heap, Py_ssize_t at, Entry moved) noexcept nogil:
    heap.entry[at] = moved
    heap.place[moved.item] = <int32_t>at


cdef inline void sift_up(Heap* heap, Py_ssize_t at, Entry moved) noexcept nogil:
    cdef Py_ssize_t parent
    while at > 0:
        parent = (at - 1) >> 2
        if not before(&moved, &heap.entry[parent]):
            break
        put(heap, at, heap.entry[parent])
        at = parent
    put(heap, at, moved)


cdef inline void sift_down(Heap* heap, Py_ssize_t at, Entry moved) noexcept nogil:
    cdef Py_ssize_t child, last, least
    while 4 * at + 1 < heap.size:
        least = 4 * at + 1
        last = min(least + 4, <Py_ssize_t>heap.size)
        for child in range(least + 1, last):
            if before(&heap.entry[child], &heap.entry[least]):
                least = child
        if not before(&heap.entry[least], &moved):
            break
        put(heap, at, heap.entry[least])
        at = least
    put(heap, at, moved)


cdef inline void push(Heap* heap, uint64_t key, int32_t item) noexcept nogil:
    """Add an item that is not in the heap."""
    heap.size += 1
    sift_up(heap, heap.size - 1, Entry(key, item))


cdef inline void lower(Heap* heap, uint64_t key, int32_t item) noexcept nogil:
    """Give an item that is in the heap a smaller key."""
    sift_up(heap, heap.place[item], Entry(key, item))


cdef inline Entry pop(Heap* heap) noexcept nogil:
    """Take out the smallest entry of a heap that is not empty."""
    cdef Entry first = heap.entry[0]
    heap.place[first.item] = -1
    heap.size -= 1
    if heap.size > 0:
        sift_down(heap, 0, heap.entry[heap.size])
    return first


cdef inline void clear(Heap* heap) noexcept nogil:
    """Empty the heap, at the cost of what is left in it."""
    cdef int32_t i
    for i in range(heap.size):
        heap.place[heap.entry[i].item] = -1
    heap.size = 0
