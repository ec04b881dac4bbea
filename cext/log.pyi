"""The row buffer of the event log: 40 bytes per transition, appended in the order of time."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

ROW: Final[np.dtype[np.void]]

class RowBuffer:
    def __len__(self) -> int: ...
    def append(
        self,
        time_s: float,
        kind: int,
        *,
        case: int = -1,
        incident: int = -1,
        actor: int = -1,
        place: int = -1,
        value: float = ...,
        cause: int = -1,
    ) -> int: ...
    def rows(self) -> NDArray[Any]: ...
