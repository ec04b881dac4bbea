"""Ctrl-C in the middle of a comparison: what is done is kept, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
CODE = "import sys; from sim.cli import main; sys.exit(main())"


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(
    jobs: str, town: Path, call: Callable[..., Any]
) -> None:
    path = town / "scenario.yaml"
    text = path.read_text().replace("at least: 20, at most: 60", "at least: 6, at most: 6").replace("2 d", "1 d")
    path.write_text(text)
    arguments = ["compare", "town", "-j", jobs, "-o", "out", "--no-figures"]
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=place
    ) as process:
        assert process.stderr is not None and process.stdout is not None
        first = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.stdout.read() == ""
    assert first.startswith("1 of 6 replications"), first + rest
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    assert "replications are kept" in rest, rest
    assert rest.splitlines()[-1] == f"  cityops {' '.join(arguments)}"
    assert not Path("out").exists(), "an unfinished folder does not look complete"
    kept = len(list(Path("out.unfinished/events").glob("siloed-*.parquet")))
    assert 1 <= kept < 6

    said = call(*arguments, "-q", "--json")
    assert said.code == 0, said.err
    assert json.loads(said.out)["replications"] == 6
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert (manifest["status"], len(manifest["timings"])) == ("complete", 2)
