"""What each shipped scenario tells, recorded: rows by kind, and vital signs but for the last bits of a libm."""

import json
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.world.replication import replicate

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("shipped.json")
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))


def _told(log):
    kinds = log.frame().kind.value_counts()
    vitals = sim.vitals(log).set_index("indicator").value
    return {
        "rows": {str(kind): int(n) for kind, n in sorted(kinds.items()) if n},
        "vitals": {name: None if np.isnan(value) else value for name, value in vitals.items()},
    }


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_scenario_tells_what_was_recorded(file, request):
    scenario = sim.load(file)
    told = {policy: _told(log) for policy, log in replicate(scenario, 0, list(scenario.policies)).items()}
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    if request.config.getoption("--update-golden"):
        RECORDED.write_text(json.dumps({**recorded, file.stem: told}, indent=1, sort_keys=True) + "\n")
        return
    for policy, expected in recorded[file.stem].items():
        assert told[policy]["rows"] == expected["rows"], "explain the change in the commit, after `make golden`"
        for name, value in expected["vitals"].items():
            told_now = told[policy]["vitals"][name]
            assert told_now == (None if value is None else pytest.approx(value, rel=1e-6)), name
