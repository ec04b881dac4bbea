"""Compare in a fake world as a process: ``python -m tests.sim.experiment.fake_run FOLDER JOBS WORLD [TRACES]``."""

import sys
from functools import partial
from pathlib import Path

import pytest

from sim.experiment import program
from sim.experiment.comparison import compare
from sim.scenario import loading
from tests.sim.experiment import fakes


def main(folder: str, jobs: str, world: str, traces: str = "") -> int:
    was_there = "multiprocessing" in sys.modules  # coverage brings it, for one
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "resolved_yaml", fakes.resolved_yaml)
        patch.setattr(loading, "scenario_hash", fakes.scenario_hash)
        patch.setattr(program, "build_digest", lambda: "one build")
        replicate = getattr(fakes, world)
        if traces:
            replicate = partial(replicate, traces=Path(traces))
        try:
            found = compare(fakes.scenario(), jobs=int(jobs), folder=folder, replicate=replicate)
        except KeyboardInterrupt as interrupt:
            print(interrupt)
            return 130
    print(found.verdict_text)
    if jobs == "1":
        print("multiprocessing" in sys.modules and not was_there)
    return found.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
