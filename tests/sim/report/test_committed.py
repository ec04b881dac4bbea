"""What stands in ``results/``: small, executed from the source beside it, and of no particular machine."""

import json
import re
from pathlib import Path

import jupytext
import pytest

from sim.report.notebook import LARGEST_KB

RESULTS = Path(__file__).parents[3] / "results"
SOURCES = sorted(RESULTS.glob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_committed_notebook_is_its_source_executed_without_an_error(source: Path) -> None:
    path = source.with_suffix(".ipynb")
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    told = [(cell.cell_type, cell.source) for cell in jupytext.read(source).cells]
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in cells] == told
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert not [out for cell in code for out in cell["outputs"] if out["output_type"] in ("error", "stream")]
    assert len(text.encode()) <= 1000 * LARGEST_KB
    assert not re.search(r'["\' (]/(?:home|root|tmp|work|Users)/', text)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_committed_notebook_answers_on_its_first_screen(source: Path) -> None:
    cells = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))["cells"]
    title, first = cells[0], cells[1]
    assert re.match(r"# .+\?$", "".join(title["source"]).splitlines()[0]), "the title asks one question"
    kinds = {kind for out in first["outputs"] for kind in out["data"]}
    assert {"image/png", "text/markdown"} <= kinds
    answer = "".join("".join(out["data"].get("text/markdown", "")) for out in first["outputs"])
    assert "interval" in answer and "Seed" in answer
