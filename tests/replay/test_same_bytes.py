"""Same seed, same bytes: in another process, under another hash seed, with one worker or two."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RUN = """
import sys
from sim.cli import main
sys.argv[0] = "cityops"
if __name__ == "__main__":
    sys.exit(main())
"""


def _compare(file, folder, *, jobs, hash_seed):
    script = folder.parent / f"run-{folder.name}.py"
    script.write_text(RUN)
    env = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), "compare", str(file), "-j", str(jobs), "-o", str(folder), "-q"]
    done = subprocess.run(command, check=False, env=env, cwd=folder.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    names = [*sorted(folder.glob("events/*.parquet")), folder / "vitals.parquet", folder / "comparison.json"]
    assert len(names) == 3 * 2 + 2
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in names}


@pytest.mark.slow
def test_the_same_bytes_come_out_of_one_worker_or_two_and_any_hash_seed(small, tmp_path):
    _, file = small
    first = _compare(file, tmp_path / "a", jobs=1, hash_seed=0)
    assert first == _compare(file, tmp_path / "b", jobs=2, hash_seed=1)
    assert first == _compare(file, tmp_path / "c", jobs=1, hash_seed=2)
