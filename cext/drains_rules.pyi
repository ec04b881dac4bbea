import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

class Rules:
    """Rules that set pumps and openings, as SWMM's controls.

    Premises (p,), sorted by rule: ``joint`` 0 AND, 1 OR; ``what`` 0 depth, 1 head, 2 inflow of node ``element``,
    3 flow, 4 depth, 5 status, 6 setting of link ``element``, 7 seconds since the start, 8 clock time in seconds;
    ``relation`` 0 =, 1 <>, 2 <, 3 <=, 4 >, 5 >=; ``value`` in SI. Actions (a,): ``branch`` 0 where the rule holds,
    1 where it does not. ``priority`` is by rule; of equal ones the first wins.
    """

    n_premises: int
    n_actions: int
    def __init__(
        self,
        *,
        premise_rule: Ints,
        joint: Ints,
        what: Ints,
        element: Ints,
        relation: Ints,
        value: Floats,
        action_rule: Ints,
        branch: Ints,
        link: Ints,
        setting: Floats,
        priority: Floats,
    ) -> None: ...
    def check(self, n_nodes: int, n_links: int) -> None:
        """ValueError where an id is none of a network's."""
