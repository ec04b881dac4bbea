"""Sparse systems of conductances, of one pattern and many values, by a static L D L^T factorisation."""

import numpy as np
import numpy.typing as npt

class Ldlt:
    """The symbolic factorisation of the conductance matrix of a graph, and its work space.

    Unknowns are ordered by minimum degree (ties as they come, so always the same) and then by their height in the
    elimination tree. Numbers go through in O(entries of L + updates), without a search: each update's target is known.
    All sums are of positive numbers, so that conductances of any size keep their digits.
    """

    n: int
    n_lower: int
    n_pairs: int

    def __init__(self, n: int, tail: npt.NDArray[np.int32], head: npt.NDArray[np.int32]) -> None:
        """Edges may repeat and may be loops (which count for nothing); ValueError where an end is not in [0, n)."""

    def position(self) -> npt.NDArray[np.int32]:
        """The row of each unknown, int32 (n,)."""

    def solve(
        self,
        conductance: npt.NDArray[np.float64],
        excess: npt.NDArray[np.float64],
        right: npt.NDArray[np.float64],
        *,
        tail: npt.NDArray[np.int32],
        head: npt.NDArray[np.int32],
    ) -> npt.NDArray[np.float64]:
        """x of A x = right; A_ij = -(conductances of the edges between i and j), A_ii their sum and ``excess[i]``.

        ValueError where an edge is not in the pattern, a value is negative or nothing ties an unknown to anything.
        """
