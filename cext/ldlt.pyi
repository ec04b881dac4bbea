"""Sparse symmetric systems of one pattern and many values, by a static L D L^T factorisation."""

import numpy as np
import numpy.typing as npt

class Ldlt:
    """The symbolic factorisation of a symmetric matrix whose pattern is a graph, and its work space.

    Unknowns are ordered by minimum degree (ties as they come, so always the same) and then in postorder of the
    elimination tree. Numbers go through in O(entries of L + updates), without a search: each update's target is known.
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
        diagonal: npt.NDArray[np.float64],
        off_diagonal: npt.NDArray[np.float64],
        right: npt.NDArray[np.float64],
        *,
        tail: npt.NDArray[np.int32],
        head: npt.NDArray[np.int32],
    ) -> npt.NDArray[np.float64]:
        """x of A x = right: A has this diagonal, and ``off_diagonal[k]`` is added at (tail[k], head[k]) and mirrored.

        ValueError where an edge is not in the pattern or a pivot is not positive.
        """
