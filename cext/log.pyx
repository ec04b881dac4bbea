"""The row buffer of the event log: 40 bytes per transition, appended in the order of time.

Not for reading a log: ``sim.record.eventlog`` hands out the finished rows with their tables.
"""

from libc.math cimport NAN, isfinite
from libc.stdint cimport int16_t, int32_t
from libc.stdlib cimport free, realloc

import numpy as np

cdef struct Row:
    double time_s
    double value
    int32_t case_
    int32_t incident
    int32_t place
    int32_t cause
    int32_t actor
    int16_t kind
    int16_t pad

#: The layout of a row; the two bytes after ``kind`` are padding and always 0.
ROW = np.dtype(
    {
        "names": ["time_s", "value", "case", "incident", "place", "cause", "actor", "kind"],
        "formats": ["<f8", "<f8", "<i4", "<i4", "<i4", "<i4", "<i4", "<i2"],
        "offsets": [0, 8, 16, 20, 24, 28, 32, 36],
        "itemsize": 40,
    }
)


cdef class RowBuffer:
    """Rows that only grow; time does not fall and every cause is an earlier row.

    Appending is O(1) amortised: capacity doubles, and nothing handed out points into the buffer.
    """

    cdef Row* _rows
    cdef Py_ssize_t _count
    cdef Py_ssize_t _capacity

    def __dealloc__(self):
        free(self._rows)

    def __len__(self):
        return self._count

    def append(
        self, double time_s, int16_t kind, *, int32_t case=-1, int32_t incident=-1, int32_t actor=-1,
        int32_t place=-1, double value=NAN, int32_t cause=-1
    ):
        """Add a row and give its number, which is the ``cause`` of what follows from it.

        time_s : seconds, finite, not before the row before; cause : -1 or the number of an earlier row; kind >= 0 and
        the other ids >= -1. An AssertionError names the row that breaks this: the world is at fault, never the user.
        """
        cdef Py_ssize_t row = self._count
        if not isfinite(time_s) or row > 0 and time_s < self._rows[row - 1].time_s:
            raise AssertionError(f"row {row}: time {time_s} s is not finite or before the row before")
        if cause < -1 or cause >= row:
            raise AssertionError(f"row {row}: cause {cause} is no earlier row")
        if kind < 0 or case < -1 or incident < -1 or actor < -1 or place < -1:
            raise AssertionError(
                f"row {row}: kind {kind}, case {case}, incident {incident}, actor {actor}, place {place}: none may be "
                "below -1, nor the kind below 0"
            )
        if row == self._capacity:
            self._grow()
        cdef Row* new = self._rows + row
        new.time_s = time_s
        new.value = value
        new.case_ = case
        new.incident = incident
        new.place = place
        new.cause = cause
        new.actor = actor
        new.kind = kind
        new.pad = 0
        self._count = row + 1
        return row

    def rows(self):
        """Give a read-only copy of the rows so far: structured array (n,) of dtype ``ROW``, times in seconds."""
        if self._count == 0:
            return np.frombuffer(b"", dtype=ROW)
        return np.frombuffer((<char*>self._rows)[:self._count * sizeof(Row)], dtype=ROW)

    cdef int _grow(self) except -1:
        cdef Py_ssize_t capacity = 2 * self._capacity if self._capacity > 0 else 4096
        cdef void* moved = realloc(self._rows, capacity * sizeof(Row))
        if moved == NULL:
            raise MemoryError(f"no room for {capacity} rows of the event log")
        self._rows = <Row*>moved
        self._capacity = capacity
        return 0
