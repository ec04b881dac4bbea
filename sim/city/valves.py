"""At which ends of the mains isolation valves stand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

LONGEST_M = 244.0  # one valve at least on every main longer than this (Ten States Standards: 800 ft)


def valves_at_ends(
    tail: Ints, head: Ints, *, n_nodes: int, length_m: Floats, diameter_m: Floats, is_main: Flags
) -> tuple[Flags, Flags]:
    """Whether an isolation valve stands at the tail and at the head of each link: bool (n_links,), twice.

    The N-1 rule (Walski 2006; Ten States Standards): where three or more mains meet, all but the widest, through which
    most water comes, have a valve; of equally wide ones, that with the least index has none. At a dead end and in
    the course of a main (two mains meeting) there is none, but a main longer than 244 m that would have no valve gets
    one at its tail. Links that are no mains have none.
    """
    mains = np.flatnonzero(is_main)
    node = np.concatenate([tail[mains], head[mains]])
    link = np.tile(mains, 2)
    degree = np.bincount(node, minlength=n_nodes)
    order = np.lexsort((link, -diameter_m[link], node))
    _, first = np.unique(node[order], return_index=True)
    has_valve = degree[node] >= 3
    has_valve[order[first]] = False
    at_tail, at_head = np.zeros(len(tail), np.bool_), np.zeros(len(tail), np.bool_)
    at_tail[mains], at_head[mains] = has_valve[: len(mains)], has_valve[len(mains) :]
    at_tail |= is_main & (length_m > LONGEST_M) & ~at_head
    return at_tail, at_head
