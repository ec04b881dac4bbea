"""Small networks as the arguments of ``cext.pipes.Solver``: nodes and links in lists, the rest by name."""

import numpy as np

NODE = {
    "kind": 0, "z": 0.0, "demand": 0.0, "pattern": -1, "emitter": 0.0, "level": 0.0, "low": 0.0, "high": 0.0,
    "area": 0.0, "volume": 0.0, "curve": -1, "overflow": False, "head_pattern": -1,
}  # fmt: skip
LINK = {
    "kind": 0, "length": 1000.0, "diameter": 0.3, "roughness": 100.0, "minor": 0.0, "is_open": True, "speed": 1.0,
    "pump_kind": 0, "h0": 0.0, "r": 0.0, "n": 0.0, "q0": 0.0, "power": 0.0, "curve": -1, "pattern": -1,
}  # fmt: skip
OPTIONS = {
    "formula": 0, "viscosity_m2_s": 1.022e-6, "accuracy": 1e-8, "trials": 200, "extra_trials": 0, "check_frequency": 2,
    "max_check": 10, "damp_limit": 0.0, "head_error_m": 0.0, "flow_change_m3s": 0.0, "demand_multiplier": 1.0,
    "emitter_exponent": 0.5, "emitter_backflow": True, "pressure_driven": False, "minimum_pressure_m": 0.0,
    "required_pressure_m": 20.0, "pressure_exponent": 0.5, "hydraulic_step_s": 3600, "pattern_step_s": 3600,
    "pattern_start_s": 0, "report_step_s": 3600, "start_clock_s": 0,
}  # fmt: skip


def junction(**given):
    return NODE | given


def reservoir(head, *, pattern=-1):
    return NODE | {"kind": 1, "z": head, "head_pattern": pattern}


def tank(**given):
    return NODE | {"kind": 2} | given


def pipe(tail, head, **given):
    return LINK | {"tail": tail, "head": head} | given


def check_valve(tail, head, **given):
    return pipe(tail, head, kind=1, **given)


def pump(tail, head, **given):
    return LINK | {"tail": tail, "head": head, "kind": 2, "q0": 0.03} | given


def low(link, node, head, *, is_open, setting=np.nan):
    return link, 0, is_open, setting, node, head, 0.0


def high(link, node, head, *, is_open, setting=np.nan):
    return link, 1, is_open, setting, node, head, 0.0


def at_time(link, time_s, *, is_open, setting=np.nan):
    return link, 2, is_open, setting, -1, 0.0, time_s


def at_clock(link, time_s, *, is_open, setting=np.nan):
    return link, 3, is_open, setting, -1, 0.0, time_s


def arguments(nodes, links, *, controls=(), patterns=(), curves=(), **options):
    """All that a solver wants; ``curves`` are pairs of x and y."""
    demands = [i for i, node in enumerate(nodes) if node["kind"] == 0]
    return {
        **_columns(nodes, {
            "node_kind": ("kind", np.int8), "elevation_m": ("z", float), "head_pattern": ("head_pattern", np.int32),
            "emitter": ("emitter", float), "tank_initial_m": ("level", float), "tank_minimum_m": ("low", float),
            "tank_maximum_m": ("high", float), "tank_area_m2": ("area", float), "tank_curve": ("curve", np.int32),
            "tank_minimum_volume_m3": ("volume", float), "tank_can_overflow": ("overflow", np.bool_),
        }),
        "demand_node": np.array(demands, np.int32),
        "demand_base_m3s": np.array([nodes[i]["demand"] for i in demands], float),
        "demand_pattern": np.array([nodes[i]["pattern"] for i in demands], np.int32),
        **_columns(links, {
            "link_kind": ("kind", np.int8), "tail": ("tail", np.int32), "head": ("head", np.int32),
            "length_m": ("length", float), "diameter_m": ("diameter", float), "roughness": ("roughness", float),
            "minor_loss": ("minor", float), "is_open": ("is_open", np.bool_), "speed": ("speed", float),
            "pump_kind": ("pump_kind", np.int8), "pump_h0_m": ("h0", float), "pump_r": ("r", float),
            "pump_n": ("n", float), "pump_q0_m3s": ("q0", float), "pump_power_w": ("power", float),
            "pump_curve": ("curve", np.int32), "pump_pattern": ("pattern", np.int32),
        }),
        **_flat("pattern", factor=patterns),
        **_flat("curve", x=[x for x, _ in curves], y=[y for _, y in curves]),
        **{
            name: np.array([control[i] for control in controls], dtype)
            for i, (name, dtype) in enumerate((
                ("control_link", np.int32), ("control_kind", np.int8), ("control_is_open", np.bool_),
                ("control_setting", float), ("control_node", np.int32), ("control_head_m", float),
                ("control_time_s", float),
            ))
        },
        **(OPTIONS | options),
    }  # fmt: skip


def _columns(rows, names):
    return {name: np.array([row[key] for row in rows], dtype) for name, (key, dtype) in names.items()}


def _flat(name, **columns):
    pieces = next(iter(columns.values()))
    first = np.concatenate([[0], np.cumsum([len(p) for p in pieces])]).astype(np.int32)
    flat = {f"{name}_{key}": np.concatenate([[], *values]).astype(float) for key, values in columns.items()}
    return {f"{name}_first": first, **flat}
