"""A run's folder is complete, or visibly unfinished, or not there."""

import json

import pytest

from sim.errors import CityOpsError
from sim.experiment.folder import FORMAT, RunFolder, check_slugs, default_name, event_name, read_manifest
from tests.sim.experiment import fakes

MANIFEST = {
    "format": FORMAT,
    "kind": "compare",
    "scenario hash": "aa",
    "policies": ["p"],
    "replication": None,
    "program": {"build": "1"},
}


def folder(tmp_path, **changes):
    return RunFolder(final=tmp_path / "runs" / "out", manifest={**MANIFEST, **changes}, scenario="question: why\n")


def landed(tmp_path):
    place = folder(tmp_path)
    place.land({"p": fakes.log(1.0, policy="p", replication=0)}, 0)
    return place


def test_it_comes_into_being_with_the_first_log_and_all_at_once(tmp_path):
    place = folder(tmp_path)
    assert not place.is_complete()
    place.note(status="interrupted")
    assert list(tmp_path.iterdir()) == []
    place.land({"p": fakes.log(1.0, policy="p", replication=0)}, 0)
    assert [path.name for path in place.final.parent.iterdir()] == ["out.unfinished"]
    assert sorted(path.name for path in place.working.iterdir()) == ["events", "manifest.json", "scenario.yaml"]
    assert place.landed(["p"], 0)
    assert not place.landed(["p", "q"], 0)
    assert (place.working / "scenario.yaml").read_text() == "question: why\n"


def test_beginning_twice_keeps_what_is_there(tmp_path, monkeypatch):
    place = landed(tmp_path)
    place.begin()
    # Another process made it between the look and the rename.
    monkeypatch.setattr(type(place.working), "exists", lambda path: False)
    with pytest.raises(OSError):
        place.begin()
    monkeypatch.undo()
    answers = iter([False, True])
    monkeypatch.setattr(type(place.working), "exists", lambda path: next(answers))
    place.begin()
    monkeypatch.undo()
    assert place.landed(["p"], 0)
    assert [path.name for path in place.final.parent.iterdir()] == ["out.unfinished"]


def test_finishing_gives_it_its_name(tmp_path):
    place = landed(tmp_path)
    place.final.mkdir()  # as the user may have done
    assert not place.is_complete()
    place.note(status="complete")
    place.finish()
    assert [path.name for path in place.final.parent.iterdir()] == ["out"]
    assert place.is_complete()
    assert read_manifest(place.final) == {**MANIFEST, "status": "complete"}


def test_when_another_process_finished_first_its_folder_stays(tmp_path):
    place = landed(tmp_path)
    place.finish()
    (place.final / "mark").touch()
    landed(tmp_path).finish()
    assert (place.final / "mark").exists()
    assert not place.working.exists()


def test_a_folder_that_cannot_be_renamed_is_an_error(tmp_path):
    place = landed(tmp_path)
    place.final.mkdir()
    (place.final / "mine.txt").touch()
    with pytest.raises(OSError):
        place.finish()
    assert place.landed(["p"], 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scenario hash": "bb"}, "another scenario or its input files"),
        ({"kind": "run", "replication": 3}, "another kind of run and another replication"),
        ({"program": {"build": "2"}}, "another version or build of cityops"),
    ],
)
def test_an_unfinished_folder_goes_on_only_with_what_began_it(tmp_path, change, words):
    landed(tmp_path)
    with pytest.raises(CityOpsError, match=words) as caught:
        folder(tmp_path, **change).is_complete()
    assert caught.value.exit_code == 2
    assert caught.value.mistakes[0].file == str(tmp_path / "runs" / "out.unfinished")


def test_a_complete_folder_is_reported_whatever_program_made_it_but_no_other_scenario(tmp_path):
    landed(tmp_path).finish()
    assert folder(tmp_path, program={"build": "2"}).is_complete()
    with pytest.raises(CityOpsError, match="another scenario"):
        folder(tmp_path, **{"scenario hash": "bb"}).is_complete()


def test_what_is_no_folder_of_a_run_is_left_alone(tmp_path):
    place = folder(tmp_path)
    place.final.parent.mkdir()
    place.final.write_text("mine")
    with pytest.raises(CityOpsError, match="not a run's folder"):
        place.is_complete()
    place.final.unlink()
    place.final.mkdir()
    (place.final / "manifest.json").write_text(json.dumps({"format": "of another program"}))
    with pytest.raises(CityOpsError, match="not a run's folder"):
        place.is_complete()


def test_an_unfinished_folder_without_its_manifest_is_refused(tmp_path):
    place = landed(tmp_path)
    (place.working / "manifest.json").write_text("{")
    with pytest.raises(CityOpsError, match=r"no readable manifest\.json"):
        place.is_complete()


def test_only_what_belongs_to_the_result_is_kept(tmp_path):
    place = landed(tmp_path)
    place.land({"p": fakes.log(2.0, policy="p", replication=1)}, 1)
    (place.working / "events" / ".p-0002.parquet.99.partial").touch()
    place.keep_only(["p"], [1])
    assert [path.name for path in (place.working / "events").iterdir()] == ["p-0001.parquet"]


def test_names_of_files_are_plain_in_every_script():
    assert event_name("Nearest first / now!", 7) == "events/nearest-first-now-0007.parquet"
    assert event_name("统一 调度", 12) == "events/统一-调度-0012.parquet"
    assert default_name("Main Bursts", "0123456789abcdef") == "main-bursts-01234567"


def test_policies_that_would_share_their_files_are_refused():
    check_slugs(["a b", "a c"])
    with pytest.raises(CityOpsError, match="'A b' and 'a_b' would share their files"):
        check_slugs(["A b", "x", "a_b"])
    with pytest.raises(CityOpsError, match="needs a letter or digit"):
        check_slugs(["!"])
