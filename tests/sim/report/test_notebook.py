"""A notebook is executed where it stands, and what is committed holds nothing of this machine."""

import json
import sys
from pathlib import Path

import pytest

from sim.errors import CityOpsError
from sim.report import notebook
from sim.report.notebook import copy_pictures, execute, main

SOURCE = """\
# %% [markdown]
# # Is one and one two?

# %%
import sim
print(1 + 1, sim.__version__)
"""


def source(folder: Path, text: str = SOURCE) -> Path:
    path = folder / "question.py"
    path.write_text(text)
    return path


@pytest.fixture
def unexecuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notebooks are read and written, but no kernel is started."""
    monkeypatch.setattr("nbclient.NotebookClient.execute", lambda *_, **__: None)


@pytest.mark.slow
def test_a_notebook_is_executed_beside_its_source_without_times_or_random_ids(tmp_path: Path) -> None:
    path = execute(source(tmp_path))
    assert path == tmp_path / "question.ipynb"
    content = json.loads(path.read_text())
    text, code = content["cells"]
    assert text["source"] == ["# Is one and one two?"]
    assert code["outputs"][0]["text"][0].startswith("2 ")
    assert [cell["id"] for cell in content["cells"]] == ["cell-0", "cell-1"]
    assert all(cell["metadata"] == {} for cell in content["cells"])
    assert str(tmp_path) not in path.read_text()


@pytest.mark.slow
def test_a_cell_that_raises_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = source(tmp_path, "# %%\n1 / 0\n")
    with pytest.raises(CityOpsError, match="ZeroDivisionError: division by zero"):
        execute(path)
    assert [p.name for p in tmp_path.iterdir()] == ["question.py"]


def test_a_notebook_that_names_a_folder_of_this_machine_is_refused(tmp_path: Path, unexecuted: None) -> None:
    with pytest.raises(CityOpsError, match="names a folder of this machine"):
        execute(source(tmp_path, f"# %%\nfolder = '{tmp_path}'\n"))
    assert not (tmp_path / "question.ipynb").exists()


def test_a_large_notebook_is_refused_with_its_size(tmp_path: Path, unexecuted: None) -> None:
    with pytest.raises(CityOpsError, match=r"has 4\d\d kB"):
        execute(source(tmp_path, f"# %%\n# {'x' * 400_000}\n"))


def test_without_the_extra_the_line_that_installs_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupytext", None)
    with pytest.raises(CityOpsError, match=r"pip install 'cityops\[notebooks\]'"):
        execute(source(tmp_path))


def test_pictures_are_copied_under_the_notebooks_name(finished: Path, tmp_path: Path) -> None:
    copies = copy_pictures(finished, tmp_path / "main-bursts.py")
    assert [path.name for path in copies] == ["main-bursts-service.png", "main-bursts-crews.png", "main-bursts-map.png"]
    assert copies[0].read_bytes() == (finished / "figures" / "service.png").read_bytes()


def test_the_command_tells_what_it_wrote_and_what_was_wrong(
    finished: Path,
    tmp_path: Path,
    unexecuted: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def copied(folder: str, beside: str) -> list[Path]:
        return copy_pictures(folder, beside) if not Path(folder).exists() else [tmp_path / "picture.png"]

    monkeypatch.setattr(notebook, "copy_pictures", copied)
    path = str(source(tmp_path))
    assert main([str(finished), path]) == 0
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "picture.png"), str(tmp_path / "question.ipynb")]
    assert main([str(tmp_path / "nowhere"), path]) == 2
    assert "no finished run" in capsys.readouterr().err
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
