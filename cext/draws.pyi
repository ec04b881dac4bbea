"""Keyed random numbers: Philox4x32-10, and what the C library's log and exp make of them."""

from collections.abc import Sequence
from typing import Final, SupportsIndex

import numpy as np
from numpy.typing import NDArray

UNIFORM: Final[int]
EXPONENTIAL: Final[int]
NORMAL: Final[int]

def philox(counter: Sequence[int], key: Sequence[int]) -> tuple[int, int, int, int]: ...
def draw(law: int, seed: int, replication: int, purpose: int, entity: SupportsIndex, index: SupportsIndex) -> float: ...
def draw_block(
    law: int, seed: int, replication: int, purpose: int, entity: NDArray[np.uint32], index: NDArray[np.uint32]
) -> NDArray[np.float64]: ...
def normal_quantile(p: float) -> float: ...
def exponentiated(x: NDArray[np.float64]) -> NDArray[np.float64]: ...
