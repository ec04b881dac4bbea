"""A small SWMM file that has one of everything we read, and how to compare two drains."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

EVERYTHING = """[TITLE]
One of everything
[OPTIONS]
FLOW_UNITS CFS
INFILTRATION HORTON
FLOW_ROUTING DYNWAVE
LINK_OFFSETS DEPTH
START_DATE 07/20/2021
START_TIME 06:00:00
END_DATE 07/21/2021
END_TIME 12:00:00
REPORT_STEP 00:05:00
WET_STEP 00:01:00
DRY_STEP 01:00:00
ROUTING_STEP 5
VARIABLE_STEP 0.5
MIN_SLOPE 0.1
ALLOW_PONDING YES
INERTIAL_DAMPING NONE
NORMAL_FLOW_LIMITED FROUDE
FORCE_MAIN_EQUATION H-W
SURCHARGE_METHOD SLOT
MIN_SURFAREA 12
HEAD_TOLERANCE 0.01
MAX_TRIALS 10
[EVAPORATION]
MONTHLY 0 0 0 0 0 0 0.24 0 0 0 0 0
DRY_ONLY NO
[RAINGAGES]
G1 INTENSITY 0:15 1.0 TIMESERIES storm
G2 VOLUME 0.25 1.0 TIMESERIES storm
G3 CUMULATIVE 0:15 1.0 TIMESERIES total
[SUBCATCHMENTS]
C1 G1 J1 10 25 500 0.5 0
C2 G2 C1 2.5 80 200 1.5 0
C3 G3 St 1 10 50 2 0
[SUBAREAS]
C1 0.015 0.24 0.06 0.2 25 OUTLET
C2 0.012 0.15 0.05 0.1 20 OUTLET
C3 0.012 0.15 0.05 0.1 20
[INFILTRATION]
C1 3 0.15 4.14 7 0
C2 3.5 0.5 0.26 GREEN_AMPT
C3 80 0.5 7 CURVE_NUMBER
[JUNCTIONS]
J1 100 10 1 2 50
J2 98 12
[OUTFALLS]
Free 90 FREE NO
Normal 90 NORMAL YES
Fixed 88 FIXED 91.5 NO
[STORAGE]
St 95 15 0 TABULAR pond 0 0
[JUNCTIONS]
J3 94 14 0 0 0
[STORAGE]
Fun 90 12 0.5 FUNCTIONAL 1000 0.5 200 1 0
Cyl 90 12 0 CYLINDRICAL 20 10 0 0 0
Bowl 90 12 0 PARABOLOID 20 10 12 0 0
[OUTFALLS]
Tide 85 TIDAL sea YES
Series 85 TIMESERIES gauge NO
[CONDUITS]
P1 J1 J2 400 0.013 0 0.5 0.1 0
P2 J2 St 300 0.013 0 0 0 5
P3 St J3 300 0.014 0.2 0 0 0
P4 J3 Free 200 0.02 0 0 0 0
P5 J3 Normal 200 0.02 0 0 0 0
P6 J3 Fixed 200 0.02 0 0 0 0
P7 Fun J3 200 0.013 0 0 0 0
[PUMPS]
Pu0 J2 St * ON 0 0
Pu1 St J3 byvolume OFF 5 2
Pu2 St J3 bysteps ON 5 2
Pu3 St J3 byhead ON 0 0
Pu4 St J3 bydepth ON 0 0
[ORIFICES]
O1 St Fun SIDE 1 0.65 YES 0
O2 St Fun BOTTOM 0 0.6 NO 0
[WEIRS]
W1 J2 St TRANSVERSE 6 3.33 NO 2 0 YES
W2 J2 St SIDEFLOW 6 3.33 NO 0 0 NO
W3 J2 St V-NOTCH 6 2.5 NO 0 0 NO
W4 J2 St TRAPEZOIDAL 6 3.33 NO 0 2.5 YES
[OUTLETS]
U1 Cyl Tide 1 TABULAR/HEAD rating NO
U2 Cyl Bowl 1 TABULAR/DEPTH rating YES
U3 Bowl Series 0 FUNCTIONAL/DEPTH 2.5 0.5 NO
U4 Bowl Fun 0 FUNCTIONAL/HEAD 2.5 0.75 NO
[XSECTIONS]
P1 CIRCULAR 4 0 0 0 2
P2 RECT_CLOSED 4 6 0 0 1
P3 FORCE_MAIN 2 130 0 0 1
P4 IRREGULAR creek 0 0 0 1
P5 TRAPEZOIDAL 4 6 1.5 2 1
P6 TRIANGULAR 3 5 0 0 1
P7 RECT_OPEN 3 5 0 0 1
O1 CIRCULAR 1 0 0 0
O2 RECT_CLOSED 1 2 0 0
W1 RECT_OPEN 2 5 0 0
W2 RECT_OPEN 2 5 0 0
W3 TRIANGULAR 2 5 0 0
W4 TRAPEZOIDAL 2 5 1 1
[TRANSECTS]
NC 0.06 0.07 0.03
X1 creek 6 10 30 0 0 0 0 2 1
GR 108 0 102 10 100 12 100 28 102 30
GR 108 40
[LOSSES]
P2 0.5 0.4 0.1 YES
[CONTROLS]
RULE one
IF NODE St DEPTH > 10
AND LINK P1 FLOW >= 20
AND SIMULATION TIME > 2
THEN PUMP Pu1 STATUS = ON
ELSE ORIFICE O1 SETTING = 0.5
[INFLOWS]
J1 FLOW wave FLOW 1.0 2.0 0.5
J3 FLOW "" FLOW 1.0 1.0 0.25
[DWF]
J2 FLOW 0.1
[CURVES]
pond STORAGE 0 1000
pond 10 2000
pond 15 4000
byvolume PUMP1 1000 5 2000 10
bysteps PUMP2 4 5 8 10
byhead PUMP3 0 10 20 0
bydepth PUMP4 2 2 10 10
rating RATING 0 0 5 10
sea TIDAL 0 86 6 90 12 86
unused STORAGE 0 1 1 1
[TIMESERIES]
storm 07/20/2021 06:00 1.0
storm 06:15 2.0
storm 06:30 2.0
storm 8:00 0.5
total 0 0.5 0.25 0.75 0.5 0.75 0.75 0.1
wave 0 0 1 10 2 0
gauge 0:00 86 24:00 88
[REPORT]
INPUT NO
[COORDINATES]
J1 1000.5 2000
J2 1100 2000
[MAP]
DIMENSIONS 0 0 1 1
"""


def differences(a: Any, b: Any, where: str = "") -> list[str]:
    """Where two records differ by more than 1e-12 of the value."""
    if is_dataclass(a) and not isinstance(a, type):
        names = [f.name for f in fields(a)]
        return [d for name in names for d in differences(getattr(a, name), getattr(b, name), f"{where}.{name}")]
    if isinstance(a, np.ndarray):
        same = a.dtype == b.dtype and a.shape == b.shape
        same = same and (
            np.allclose(a, b, rtol=1e-12, atol=0.0, equal_nan=True) if a.dtype.kind == "f" else (a == b).all()
        )
        return [] if same else [where]
    if isinstance(a, tuple):
        if len(a) != len(b):
            return [where]
        return [d for i, (x, y) in enumerate(zip(a, b, strict=True)) for d in differences(x, y, f"{where}[{i}]")]
    if isinstance(a, float):
        return [] if abs(a - b) <= 1e-12 * abs(a) else [where]
    return [] if a == b else [where]
