"""Small SWMM models, one feature each, to run both by SWMM and by us."""

from __future__ import annotations

OPTIONS = {
    "FLOW_UNITS": "CMS",
    "INFILTRATION": "HORTON",
    "FLOW_ROUTING": "DYNWAVE",
    "LINK_OFFSETS": "DEPTH",
    "ALLOW_PONDING": "NO",
    "START_DATE": "01/01/2024",
    "START_TIME": "00:00:00",
    "REPORT_START_DATE": "01/01/2024",
    "REPORT_START_TIME": "00:00:00",
    "END_DATE": "01/01/2024",
    "END_TIME": "03:00:00",
    "REPORT_STEP": "00:01:00",
    "WET_STEP": "00:01:00",
    "DRY_STEP": "00:05:00",
    "ROUTING_STEP": "2",
    "VARIABLE_STEP": "0.75",
    "INERTIAL_DAMPING": "PARTIAL",
    "NORMAL_FLOW_LIMITED": "BOTH",
    "THREADS": "1",
}
WAVE = "(0,0) (0:20,1) (1:00,1) (1:30,0.05) (3:00,0.05)"
CIRCLE = "CIRCULAR 0.8 0 0 0 1"


def model(
    *,
    second: str = "",
    shape: str = CIRCLE,
    inflow: float = 0.5,
    wave: str = WAVE,
    outfall: str = "O 95.0 FREE NO",
    middle: str = "J3 96.5 3 0 0 0",
    extra: str = "",
    losses: str = "",
    roughness: float = 0.013,
    offset: float = 0.0,
    slopes: tuple[float, float] = (97.0, 96.8),
    **options: str,
) -> str:
    """J1 - C1 - J2 - C2 - J3 - C3 - O with an inflow wave at J1; ``second`` stands in for C2, with its sections."""
    sections = [
        "[REPORT]",
        "NODES ALL",
        "LINKS ALL",
        "[OPTIONS]",
        *(f"{key} {value}" for key, value in {**OPTIONS, **options}.items()),
    ]
    high, low = slopes
    sections += ["[JUNCTIONS]", f"J1 {high} 3 0 0 0", f"J2 {low} 3 0 0 0"]
    storage = middle.startswith("S3")
    third = "S3" if storage else "J3"
    sections += ["[STORAGE]", middle] if storage else [middle]
    sections += ["[OUTFALLS]", outfall, "[CONDUITS]", f"C1 J1 J2 100 {roughness} 0 0 0 0"]
    sections += [f"C3 {third} O 120 {roughness} 0 {offset} 0 0"]
    if not second:
        sections += [f"C2 J2 {third} 90 {roughness} {offset} 0 0 0"]
    sections += ["[XSECTIONS]", f"C1 {shape}", f"C3 {shape}"] + ([] if second else [f"C2 {shape}"])
    sections += ["[LOSSES]", losses] if losses else []
    sections += [second.replace("J3", third)] if second else []
    points = [point.strip("()").split(",") for point in wave.split()]
    sections += ["[INFLOWS]", f"J1 FLOW W FLOW 1.0 {inflow} 0", "[TIMESERIES]"]
    sections += [f"W {time} {value}" for time, value in points]
    return "\n".join(sections) + "\n" + extra


def pump(curve: str, line: str = "ON 0 0", *, kind: str) -> str:
    """P from J2 to J3 by a curve of one of SWMM's kinds."""
    points = "\n".join(f"PC {kind if i == 0 else ''} {point}" for i, point in enumerate(curve.split(";")))
    return f"[PUMPS]\nP J2 J3 PC {line}\n[CURVES]\n{points}\n"


def orifice(kind: str, section: str, offset: float = 0.3, gate: str = "NO") -> str:
    return f"[ORIFICES]\nR J2 J3 {kind} {offset} 0.65 {gate} 0\n[XSECTIONS]\nR {section}\n"


def weir(kind: str, section: str, rest: str = "NO 0 0 YES", offset: float = 0.6) -> str:
    return f"[WEIRS]\nR J2 J3 {kind} {offset} 1.8 {rest}\n[XSECTIONS]\nR {section}\n"


def outlet(kind: str, numbers: str, rest: str = "") -> str:
    return f"[OUTLETS]\nR J2 J3 0.2 {kind} {numbers} NO\n{rest}"


RULES = """[CONTROLS]
RULE open
IF NODE J2 DEPTH > 1.2
THEN ORIFICE R SETTING = 1.0
PRIORITY 1
RULE shut
IF NODE J2 DEPTH < 0.6
THEN ORIFICE R SETTING = 0.3
RULE once
IF SIMULATION CLOCKTIME = 0:10
OR LINK C1 FLOW <= -9
THEN CONDUIT C1 STATUS = OPEN
ELSE CONDUIT C3 STATUS = OPEN
RULE late
IF SIMULATION TIME > 1:30:00
AND NODE J1 HEAD < 99
OR NODE J2 DEPTH > 2.9
THEN ORIFICE R SETTING = 0.6
PRIORITY 2
"""
TRANSECT = """[TRANSECTS]
NC 0.05 0.06 0.03
X1 T 7 2 6 0 0 0 0 0 0
GR 2.0 0 1.0 1.5 0.9 2 0 3 0 5 1.0 6
GR 2.1 8
[TAGS]
"""
STORE = "S3 96.5 3 0.2"
FEATURES: dict[str, str] = {
    "circles": model(),
    "steep circles": model(slopes=(99.5, 98.0), inflow=0.9),
    "closed rectangles": model(shape="RECT_CLOSED 0.6 0.9 0 0 1"),
    "open rectangles": model(shape="RECT_OPEN 1.0 0.9 0 0 1"),
    "trapezoids": model(shape="TRAPEZOIDAL 1.0 0.4 1.5 1 1"),
    "wide trapezoids that drop": model(shape="TRAPEZOIDAL 1.0 2 2 2 1", offset=0.4),
    "triangles": model(shape="TRIANGULAR 1.2 1.6 0 0 1"),
    "irregular channels": model(shape="IRREGULAR T 0 0 0 1", extra=TRANSECT, inflow=1.5),
    "two barrels": model(shape="CIRCULAR 0.6 0 0 0 2"),
    "force mains by Hazen and Williams": model(shape="FORCE_MAIN 0.5 120 0 0 1", inflow=0.4),
    "force mains by Darcy and Weisbach": model(shape="FORCE_MAIN 0.5 0.5 0 0 1", inflow=0.4, FORCE_MAIN_EQUATION="D-W"),
    "a free drop": model(offset=0.5),
    "losses": model(losses="C1 0.5 1.0 0.2 NO\nC2 0.5 1.0 0 NO"),
    "an adverse slope": model(slopes=(96.6, 96.8), inflow=0.3),
    "surcharge": model(inflow=1.1),
    "surcharge with a slot": model(inflow=1.1, SURCHARGE_METHOD="SLOT"),
    "flooding": model(inflow=2.0),
    "ponding": model(inflow=1.8, ALLOW_PONDING="YES").replace("J1 97.0 3 0 0 0", "J1 97.0 3 0 0 400"),
    "a bolted manhole": model(inflow=1.5, middle="J3 96.5 3 0 5 0").replace("J1 97.0 3 0 0 0", "J1 97.0 3 0 4 0"),
    "full damping": model(INERTIAL_DAMPING="FULL", slopes=(99.0, 98.0)),
    "no damping": model(INERTIAL_DAMPING="NONE", slopes=(99.0, 98.0)),
    "normal flow by slope": model(NORMAL_FLOW_LIMITED="SLOPE", slopes=(99.5, 98.0)),
    "normal flow by Froude": model(NORMAL_FLOW_LIMITED="FROUDE", slopes=(99.5, 98.0)),
    "a fixed step": model(VARIABLE_STEP="0", ROUTING_STEP="5"),
    "long conduits for a long step": model(LENGTHENING_STEP="30", ROUTING_STEP="30", VARIABLE_STEP="0"),
    "a limited flow": model().replace("100 0.013 0 0 0 0", "100 0.013 0 0 0 0.3"),
    "a first flow": model().replace("100 0.013 0 0 0 0", "100 0.013 0 0 0.2 0"),
    "first depths": model().replace("J2 96.8 3 0 0 0", "J2 96.8 3 0.5 0 0"),
    "a normal outfall": model(outfall="O 95.0 NORMAL NO"),
    "a fixed outfall": model(outfall="O 95.0 FIXED 97.2 NO"),
    "a high fixed outfall with a gate": model(outfall="O 95.0 FIXED 98.5 YES", inflow=0.8),
    "backwater without a gate": model(outfall="O 95.0 FIXED 98.0 NO", inflow=0.2),
    "a tidal outfall": model(
        outfall="O 95.0 TIDAL TC NO", extra="[CURVES]\nTC TIDAL 0 95.5\nTC 1 98\nTC 2 95.5\nTC 24 95.5\n"
    ),
    "an outfall by a series": model(
        outfall="O 95.0 TIMESERIES TS NO", extra="[TIMESERIES]\nTS 0 95.2\nTS 1:00 98.2\nTS 2:30 95.2\n"
    ),
    "a low fixed outfall below a drop": model(outfall="O 95.0 FIXED 95.2 NO", offset=0.6),
    "a flap gate": model(outfall="O 95.0 FIXED 98.0 NO", losses="C2 0 0 0 YES", inflow=0.3),
    "storage by a power": model(middle=f"{STORE} FUNCTIONAL 100 0.5 50"),
    "storage by a curve": model(
        middle=f"{STORE} TABULAR SC", extra="[CURVES]\nSC STORAGE 0 50\nSC 1 150\nSC 2.5 200\n"
    ),
    "storage under a lid": model(middle="S3 96.5 1.2 0 FUNCTIONAL 0 0 20 3 0", inflow=0.9),
    "storage that spills": model(
        middle="S3 96.5 1.2 0 FUNCTIONAL 0 0 60 0 0", inflow=0.9, second=orifice("SIDE", "CIRCULAR 0.8 0 0 0")
    ).replace("C3 S3 O 120 0.013 0 0.0 0 0", "C3 S3 O 120 0.013 1.0 0.0 0 0"),
    "a pump by volume": model(
        middle="J3 98 3 0 0 0", outfall="O 97 FREE NO", inflow=0.2, second=pump("5 0.05;20 0.15;100 0.3", kind="Pump1")
    ),
    "a pump by depth steps": model(
        middle="J3 98 3 0 0 0", outfall="O 97 FREE NO", inflow=0.2, second=pump("0.4 0.1;1 0.2;3 0.3", kind="Pump2")
    ),
    "a pump by head": model(
        middle="J3 98 3 0 0 0", outfall="O 97 FREE NO", inflow=0.2, second=pump("0.5 0.3;2 0.2;4 0.05", kind="Pump3")
    ),
    "a pump by depth": model(
        middle="J3 98 3 0 0 0", outfall="O 97 FREE NO", inflow=0.2, second=pump("0 0;1 0.1;2 0.25", kind="Pump4")
    ),
    "a pump with levels": model(
        middle="J3 98 3 0 0 0",
        outfall="O 97 FREE NO",
        inflow=0.1,
        second=pump("0.5 0.3;2 0.2;4 0.05", "OFF 1.5 0.4", kind="Pump3"),
    ),
    "an ideal pump": model(
        middle="J3 98 3 0 0 0", outfall="O 97 FREE NO", inflow=0.2, second="[PUMPS]\nP J2 J3 * ON 0 0\n"
    ),
    "a side orifice": model(second=orifice("SIDE", "CIRCULAR 0.4 0 0 0")),
    "a square side orifice": model(second=orifice("SIDE", "RECT_CLOSED 0.4 0.5 0 0")),
    "a drowned orifice": model(second=orifice("SIDE", "RECT_CLOSED 0.4 0.5 0 0"), outfall="O 95.0 FIXED 98.2 NO"),
    "a bottom orifice": model(second=orifice("BOTTOM", "CIRCULAR 0.4 0 0 0")),
    "an orifice with a gate": model(
        second=orifice("SIDE", "CIRCULAR 0.4 0 0 0", gate="YES"), outfall="O 95.0 FIXED 98.2 NO", inflow=0.2
    ),
    "a transverse weir": model(second=weir("TRANSVERSE", "RECT_OPEN 1.0 1.2 0 0")),
    "a contracted weir": model(second=weir("TRANSVERSE", "RECT_OPEN 0.3 1.2 0 0", "NO 2 0 YES")),
    "a weir that does not surcharge": model(second=weir("TRANSVERSE", "RECT_OPEN 0.2 0.8 0 0", "NO 0 0 NO")),
    "a side weir": model(second=weir("SIDEFLOW", "RECT_OPEN 1.0 1.2 0 0")),
    "a notch": model(second=weir("V-NOTCH", "TRIANGULAR 1.2 1.5 0 0")),
    "a trapezoidal weir": model(second=weir("TRAPEZOIDAL", "TRAPEZOIDAL 1.0 0.6 0.5 0.5", "NO 0 1.2 YES")),
    "a drowned weir with a gate": model(
        second=weir("TRANSVERSE", "RECT_OPEN 1.0 1.2 0 0", "YES 0 0 YES"), outfall="O 95.0 FIXED 98.0 NO"
    ),
    "an outlet by depth": model(second=outlet("FUNCTIONAL/DEPTH", "0.25 0.7")),
    "an outlet by head": model(second=outlet("FUNCTIONAL/HEAD", "0.25 0.7")),
    "an outlet by a curve": model(
        second=outlet("TABULAR/DEPTH", "RC", "[CURVES]\nRC RATING 0 0\nRC 1 0.2\nRC 3 0.6\n")
    ),
    "an outlet by a head curve": model(
        second=outlet("TABULAR/HEAD", "RC", "[CURVES]\nRC RATING 0 0\nRC 1 0.2\nRC 3 0.6\n")
    ),
    "rules": model(second=orifice("SIDE", "RECT_CLOSED 0.6 0.6 0 0"), extra=RULES),
    "a rule on a pump": model(
        middle="J3 98 3 0 0 0",
        outfall="O 97 FREE NO",
        inflow=0.1,
        second=pump("0.5 0.3;2 0.2;4 0.05", kind="Pump3"),
        extra="[CONTROLS]\nRULE a\nIF NODE J2 DEPTH < 0.5\nTHEN PUMP P STATUS = OFF\n"
        "RULE b\nIF NODE J2 DEPTH >= 1.2\nAND PUMP P STATUS = OFF\nTHEN PUMP P STATUS = ON\n",
    ),
}
RAIN = """[RAINGAGES]
G INTENSITY 0:05 1.0 TIMESERIES R
[SUBCATCHMENTS]
A G J1 1.2 60 120 1.0 0
B G {onto} 0.8 20 60 2.0 0
[SUBAREAS]
A 0.012 0.1 1.5 4 25 OUTLET
B 0.015 0.2 1.5 5 0 OUTLET
[INFILTRATION]
A {soil}
B {soil}
[TIMESERIES]
R 0:00 10
R 0:20 60
R 0:30 120
R 0:40 40
R 1:10 0
R 1:40 30
R 1:55 0
"""
RUNOFF: dict[str, str] = {
    "Horton": model(inflow=0.0, extra=RAIN.format(onto="J2", soil="50 8 4 3 0")),
    "Horton with a most volume": model(inflow=0.0, extra=RAIN.format(onto="J2", soil="50 8 4 3 20")),
    "constant infiltration": model(inflow=0.0, extra=RAIN.format(onto="J2", soil="15 15 4 3 0")),
    "Green and Ampt": model(inflow=0.0, INFILTRATION="GREEN_AMPT", extra=RAIN.format(onto="J2", soil="110 6 0.25")),
    "curve number": model(inflow=0.0, INFILTRATION="CURVE_NUMBER", extra=RAIN.format(onto="J2", soil="78 0 4")),
    "one catchment onto another": model(inflow=0.0, extra=RAIN.format(onto="A", soil="50 8 4 3 0")),
    "evaporation": model(inflow=0.0, extra=RAIN.format(onto="J2", soil="30 5 4 3 0") + "[EVAPORATION]\nCONSTANT 80\n"),
    "smooth ground": model(inflow=0.0, extra=RAIN.format(onto="J2", soil="50 8 4 3 0").replace("A 0.012 0.1", "A 0 0")),
}
