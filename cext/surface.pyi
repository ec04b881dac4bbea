"""Flow of water over the ground: the local inertial equations on square cells."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Single = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Soil = tuple[str] | tuple[str, float, float, float]
Edge = str | Sequence[str]

class SurfaceFailure(ArithmeticError):  # noqa: N818  # as in the kernel: it says what it is
    """A depth is no number, negative or deeper than 10 km: says where, when and what to change."""

class Surface:
    """Ground, water on it and what goes in and out; ``advance`` moves it on.

    The scheme is Bates, Horritt & Fewtrell 2010 with the mixed flows of de Almeida & Bates 2013 (``theta`` = 1 is the
    former): O(cells that can change) a step, for any number of threads with the same bits. A cell can change where
    water deeper than ``least_depth_m`` stands in or beside its segment of 64 cells, where rain falls, at points and
    levels, and, with soils, where it is wet. Arrays have (rows, columns), row 0 north, column 0 west.
    """

    threads: int  # at most one for each 8 rows

    def __init__(
        self,
        elevation_m: Single,
        cell_m: float,
        *,
        manning: float | Single = 0.03,  # s/m^(1/3)
        blocked: npt.NDArray[np.bool_] | None = None,  # cells that no water enters; NaN is allowed there alone
        edges: Mapping[str, Edge] | None = None,  # "west" ... -> "closed", "open" or "level", one or one for each cell
        depth_m: Single | None = None,  # dry
        least_depth_m: float = 0.005,  # nothing flows where the water over a face is no deeper, >= 1e-6
        courant: float = 0.7,  # step <= courant cell / sqrt(g depth)
        theta: float = 0.9,
        longest_step_s: float = 5.0,
        gravity_m_s2: float = 9.80665,
        threads: int = 1,
        keep_peak: bool = False,
    ) -> None:
        """ValueError, naming the argument and the cell, where shapes or values do not fit.

        Over an "open" edge goes what flows at the next face inside with its velocity, never back; a "level" edge
        meets a water level, ``set_level``.
        """

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def now_s(self) -> float: ...
    @property
    def step_s(self) -> float:
        """Length of the last step."""

    @property
    def steps(self) -> int: ...
    @property
    def updates(self) -> int:
        """Cells that were moved on, summed over the steps."""

    def set_rain(self, rate_m_s: float | Single) -> None:
        """Rain from now on, in [0, 1) m/s: one number, or float32 (rows, columns); none falls on blocked cells."""

    def set_soil(self, class_of: npt.NDArray[np.uint8], classes: Sequence[Soil]) -> None:
        """What soils take up, from now on and as if dry: the class of each cell, and the classes.

        ("none",), ("horton", f0, fmin m/s, k 1/s): modified Horton (Akan 1992), under ponding Horton's curve;
        ("green-ampt", Ks m/s, suction m, deficit): by Li, Stevens & Simons (1976), the depth not added to the suction.
        """

    def set_points(self, cell: npt.NDArray[np.int32], rate_m3s: Floats) -> None:
        """What goes in (or, below 0, is taken away) at cells (row x columns + column), from now on.

        More than there is is never taken, points of one cell in their order; ``points_m3`` begins at 0 again.
        """

    def points_m3(self) -> Floats:
        """What really went in (or, below 0, was taken) at each point since ``set_points``, m3."""

    def set_level(self, edge: str, level_m: float) -> None:
        """The water level outside the cells of an edge that are of the kind "level"; up to then there is none."""

    def set_depth(self, depth_m: Single) -> None:
        """Water at rest of that depth, 0 to 10 km; books, peaks and motion begin anew, soils and time go on."""

    def advance(self, to_s: float) -> None:
        """Move on to ``to_s`` (>= now_s), in steps that end there; raises SurfaceFailure."""

    def copy(self) -> Surface:
        """Another one in the same state, which goes on with the same bits."""

    # What it holds; each call gives a new array.
    def depth_m(self) -> Single: ...
    def peak_m(self) -> Single:
        """The largest depth so far, at the ends of steps; ValueError without ``keep_peak``."""

    def flow_west_m2s(self) -> Single:
        """Float32 (rows, columns + 1): flow per metre over the face west of each cell, eastward, and the east edge."""

    def flow_north_m2s(self) -> Single:
        """Float32 (rows + 1, columns): flow per metre over the face north of each cell, southward."""

    def balance(self) -> dict[str, float]:
        """Volumes since the depths were set, m3.

        start, rain, entered (over edges), poured (points); stored, left (over edges), infiltrated, taken (points);
        error: what is stored or gone less what came.
        """
