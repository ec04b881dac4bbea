"""A comparison from the first replication to its folder, in worlds whose answer is known."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sim.errors import CityOpsError, PolicyError
from sim.experiment import comparison
from sim.experiment.comparison import Comparison, EveryReplicationFailed, compare, default_folder, run_to_folder
from sim.experiment.runner import Failed
from sim.scenario import loading
from sim.world import replication as world_replication
from tests.sim.experiment import fakes

ROOT = Path(__file__).parents[3]
RESULT = ("comparison.json", "scenario.yaml", "vitals.parquet")


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """One comparison that tests only read, and whose bytes every other way to it must give."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "resolved_yaml", fakes.resolved_yaml)
        patch.setattr(loading, "scenario_hash", fakes.scenario_hash)
        return compare(fakes.scenario(), folder=tmp_path_factory.mktemp("whole") / "out", replicate=fakes.world)


def test_the_folder_holds_everything_and_the_table_can_be_recomputed_from_it(whole):
    found = whole
    logs = {f"events/{p}-{k:04d}.parquet" for p in ("siloed", "pooled", "planned") for k in range(found.replications)}
    assert set(contents(found.folder)) == logs | set(RESULT)
    about = manifest(found.folder)
    assert (about["status"], about["seed"], about["scenario hash"]) == (
        "complete",
        3,
        fakes.scenario_hash(fakes.scenario()),
    )
    assert len(about["replications"]["done"]) == found.replications
    saved = pd.read_parquet(found.folder / "vitals.parquet")
    assert list(saved.columns) == ["policy", "replication", "indicator", "value", "unit", "better"]
    hours = saved[saved["indicator"] == "customer hours without water"]
    by_policy = {p: hours[hours["policy"] == p]["value"].to_numpy() for p in found.policies}
    row = found.table.set_index("policy").loc["planned"]
    gain = by_policy["siloed"] - by_policy["planned"]
    expected = stats.ttest_1samp(gain, 0.0)
    assert row["mean"] == pytest.approx(by_policy["planned"].mean())
    assert row["p90"] == pytest.approx(np.quantile(by_policy["planned"], 0.9))
    assert row["difference"] == pytest.approx(gain.mean())
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert row["share"] == pytest.approx(gain.mean() / by_policy["siloed"].mean())
    ratio = (by_policy["planned"].var(ddof=1) + by_policy["siloed"].var(ddof=1)) / gain.var(ddof=1)
    assert row["variance_ratio"] == pytest.approx(ratio)
    assert row["pairs"] == found.replications


def test_planning_is_better_and_pooling_makes_no_difference_that_matters(whole):
    found = whole
    assert found.verdicts == {"pooled": "equivalent", "planned": "better"}
    assert (found.baseline, found.indicator) == ("siloed", "customer hours without water")
    assert found.verdict_text.startswith("Compared with siloed over ")
    assert found.verdict_text == (
        "Compared with siloed over 4 paired replications, pooled changes customer hours without water by"
        " −4.0 to 0.0 % (95 % interval): equivalent within what matters; planned lowers this by 39 %"
        " (95 % interval 17 to 61 %): better."
    )
    assert found.exit_code == 0


def test_all_policies_are_one_family_on_the_indicator_in_question_and_the_rest_is_another(whole):
    found = whole
    p = found.table[found.table["policy"] != "siloed"]["p"]
    alone = compare(fakes.scenario("siloed", "planned"), replicate=fakes.world)
    assert p.max() <= 1.0
    assert found.table.set_index("policy")["p"]["planned"] == pytest.approx(
        2.0 * alone.table.set_index("policy")["p"]["planned"]
    )
    others = found.secondary
    assert "customer hours without water" not in set(others["indicator"])
    assert set(others["indicator"]) == set(found.vitals["indicator"]) - {"customer hours without water"}
    assert (others[others["indicator"] == "volume leaked"]["verdict"] == ["baseline", "identical", "identical"]).all()
    assert "equivalent" not in set(others["verdict"])


def test_a_policy_that_does_the_same_as_the_baseline_is_identical_to_the_last_bit():
    found = compare(fakes.scenario("siloed", "twin"), replicate=fakes.world)
    row = found.table.set_index("policy").loc["twin"]
    assert row[["difference", "low", "high", "bootstrap_low", "bootstrap_high"]].tolist() == [0.0] * 5
    assert found.verdicts == {"twin": "identical"}
    assert set(found.secondary["verdict"]) == {"baseline", "identical", "undecided"}
    assert (found.half_width, found.replications) == (0.0, 4)


def test_without_a_folder_nothing_is_left_behind_until_it_is_saved(tmp_path, whole, monkeypatch):
    monkeypatch.setattr(comparison.temporary_home.__globals__["tempfile"], "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    found = compare(fakes.scenario(), replicate=fakes.world)
    assert found.folder is None
    assert found.log("planned", 1).run["replication"] == 1
    assert found.save(tmp_path / "kept" / "out") == (tmp_path / "kept" / "out")
    assert found.save(tmp_path / "kept" / "out") == (tmp_path / "kept" / "out")
    del found
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []
    assert contents(tmp_path / "kept" / "out") == contents(whole.folder)
    assert Comparison.load(tmp_path / "kept" / "out").log("planned", 1).run["replication"] == 1


def test_saving_over_another_run_is_refused(tmp_path):
    compare(fakes.scenario("siloed", "pooled"), folder=tmp_path / "out", replicate=fakes.world)
    before = contents(tmp_path / "out")
    with pytest.raises(CityOpsError, match="another scenario or its input files and another policies"):
        compare(fakes.scenario(), replicate=fakes.world).save(tmp_path / "out")
    with pytest.raises(CityOpsError, match="holds another run"):
        compare(fakes.scenario(), folder=tmp_path / "out", replicate=fakes.world)
    assert contents(tmp_path / "out") == before


def test_loading_gives_what_was_saved(tmp_path, whole):
    made, read = whole, Comparison.load(whole.folder)
    for name in ("table", "secondary", "vitals"):
        pd.testing.assert_frame_equal(getattr(read, name), getattr(made, name), check_exact=True)
    for name in ("question", "asked", "verdicts", "verdict_text", "delta", "half_width", "stopped_because", "warnings"):
        assert getattr(read, name) == getattr(made, name)
    with pytest.raises(CityOpsError, match="no finished comparison"):
        Comparison.load(tmp_path)


def test_a_complete_folder_is_read_and_nothing_is_run_again(tmp_path, traces):
    world = partial(fakes.traced_world, traces=traces)
    first = compare(fakes.scenario(), folder=tmp_path / "out", replicate=world)
    ran = len(fakes.found(traces))
    again = compare(fakes.scenario(), folder=tmp_path / "out", replicate=world)
    assert (first.was_there, again.was_there) == (False, True)
    assert len(fakes.found(traces)) == ran == first.replications
    assert again.verdict_text == first.verdict_text


@pytest.mark.slow
def test_two_workers_and_another_hash_seed_write_the_same_bytes(tmp_path, whole):
    two = compare(fakes.scenario(), jobs=2, folder=tmp_path / "two", replicate=fakes.world)
    assert contents(two.folder) == contents(whole.folder)
    run = fake_run(tmp_path / "seed", "1", "world", PYTHONHASHSEED="77")
    out, _ = run.communicate(timeout=120)
    assert out.splitlines() == [whole.verdict_text, "False"]  # one job never imports multiprocessing
    assert contents(tmp_path / "seed") == contents(whole.folder)


def test_an_interrupted_comparison_goes_on_where_it_was(tmp_path, whole, traces):
    def interrupt(done, expected, note):
        if done == 3:
            raise KeyboardInterrupt

    world = partial(fakes.traced_world, traces=traces)
    with pytest.raises(KeyboardInterrupt, match=r"3 replications are kept in .*; the same command goes on from there"):
        compare(fakes.scenario(), folder=tmp_path / "out", progress=interrupt, replicate=world)
    assert [path.name for path in tmp_path.iterdir() if path != traces] == ["out.unfinished"]
    about = manifest(tmp_path / "out.unfinished")
    assert about["status"] == "interrupted"
    assert "goes on from there" in about["go on"]
    assert list(about["replications"]["done"]) == ["0", "1", "2"]
    found = compare(fakes.scenario(), folder=tmp_path / "out", replicate=world)
    assert [name.split("-")[0] for name in fakes.found(traces)] == [str(k) for k in range(found.replications)]
    assert contents(found.folder) == contents(whole.folder)
    assert len(manifest(found.folder)["timings"]) == 2


def test_an_interruption_before_anything_landed_leaves_nothing(tmp_path):
    def interrupt(done, expected, note):
        raise KeyboardInterrupt

    for folder in (tmp_path / "out", None):
        with pytest.raises(KeyboardInterrupt, match="nothing is kept"):
            compare(fakes.scenario(), folder=folder, progress=interrupt, replicate=fakes.world)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_ctrl_c_lets_what_runs_land_and_says_how_to_go_on(tmp_path, traces):
    run = fake_run(tmp_path / "out", "2", "slow_world", traces, start_new_session=True)
    try:
        wait_for(lambda: run.poll() is not None or len(fakes.found(traces, "began-")) == 4)
        os.killpg(run.pid, signal.SIGINT)
        time.sleep(0.3)
        (traces / "go").touch()
        out, err = run.communicate(timeout=60)
    finally:
        end(run)
    assert run.returncode == 130
    assert f"4 replications are kept in {tmp_path / 'out.unfinished'}" in out
    assert err == ""
    assert len(list((tmp_path / "out.unfinished" / "events").iterdir())) == 12
    assert manifest(tmp_path / "out.unfinished")["status"] == "interrupted"


@pytest.mark.slow
def test_workers_do_not_outlive_a_coordinator_that_is_killed(tmp_path, traces):
    run = fake_run(tmp_path / "out", "2", "slow_world", traces, start_new_session=True)
    try:
        wait_for(lambda: run.poll() is not None or len(fakes.found(traces, "began-")) == 4)
        workers = [int(name.removeprefix("pid-")) for name in fakes.found(traces, "pid-")]
        run.kill()
        wait_for(lambda: not any(is_alive(pid) for pid in workers))
    finally:
        end(run)
    (traces / "go").touch()
    assert manifest(tmp_path / "out.unfinished")["status"] == "unfinished"
    found = compare(fakes.scenario(), folder=tmp_path / "out", replicate=fakes.world)
    assert manifest(found.folder)["status"] == "complete"


def test_a_replication_that_kills_its_worker_is_left_out_and_tried_again_later(tmp_path, whole, traces):
    scenario = fakes.scenario()
    found = compare(scenario, jobs=2, folder=tmp_path / "out", replicate=partial(fakes.deadly_world, traces=traces))
    assert found.exit_code == 1
    assert (found.replications, found.failed) == (3, (Failed(2, "its worker process died, 3 times when run alone"),))
    assert found.warnings[0].startswith("Replication 2 failed and is left out")
    assert found.folder == tmp_path / "out.unfinished"
    assert manifest(found.folder)["status"] == "failed replications"
    assert list(manifest(found.folder)["replications"]["failed"]) == ["2"]
    assert sorted(set(found.vitals["replication"])) == [0, 1, 3]
    mended = compare(scenario, folder=tmp_path / "out", replicate=fakes.world)
    assert (mended.exit_code, mended.replications) == (0, 4)
    assert contents(mended.folder) == contents(whole.folder)


def test_a_comparison_with_failures_is_saved_as_unfinished(tmp_path, traces):
    found = compare(fakes.scenario(), jobs=2, replicate=partial(fakes.deadly_world, traces=traces))
    assert found.save(tmp_path / "out") == tmp_path / "out.unfinished"
    assert Comparison.load(tmp_path / "out.unfinished").failed == found.failed


def test_a_worker_that_dies_once_costs_nothing(tmp_path, whole, traces):
    found = compare(
        fakes.scenario(), jobs=2, folder=tmp_path / "out", replicate=partial(fakes.once_deadly_world, traces=traces)
    )
    assert found.failed == ()
    assert contents(found.folder) == contents(whole.folder)


def test_if_every_replication_fails_there_is_nothing_to_compare(tmp_path, monkeypatch):
    class Hopeless:
        def __init__(self, job):
            pass

        def results(self, replications):
            return iter([Failed(k, "it was in vain") for k in replications])

    monkeypatch.setattr("sim.experiment.runner._InProcess", Hopeless)
    with pytest.raises(EveryReplicationFailed, match="it was in vain") as caught:
        compare(fakes.scenario(), folder=tmp_path / "out", replicate=fakes.world)
    assert caught.value.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_wrong_scenario_leaves_no_folder(tmp_path, jobs):
    with pytest.raises(CityOpsError, match=r"node 10 is not in the network \(replication 0\)"):
        compare(fakes.scenario(), jobs=jobs, folder=tmp_path / "deep" / "out", replicate=fakes.wrong_world)
    assert list(tmp_path.iterdir()) == []


def test_a_policy_that_raises_late_leaves_no_folder_either(tmp_path):
    with pytest.raises(PolicyError, match=r"rules\.py:12: .*replication 2"):
        compare(fakes.scenario(), jobs=2, folder=tmp_path / "out", replicate=fakes.raising_policy_world)
    assert list(tmp_path.iterdir()) == []


def test_an_error_on_going_on_keeps_what_had_landed_before(tmp_path):
    def interrupt(done, expected, note):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(fakes.scenario(), folder=tmp_path / "out", progress=interrupt, replicate=fakes.world)
    before = contents(tmp_path / "out.unfinished")
    with pytest.raises(PolicyError):
        compare(fakes.scenario(), folder=tmp_path / "out", replicate=fakes.raising_policy_world)
    assert contents(tmp_path / "out.unfinished") == before


def test_a_world_whose_luck_differs_from_call_to_call_is_found_out(tmp_path, traces):
    place = tmp_path / "out"
    world = partial(fakes.unlucky_world, traces=traces)
    with pytest.raises(KeyboardInterrupt):
        compare(fakes.scenario(), folder=place, progress=interrupting_at(1), replicate=world)
    (tmp_path / "out.unfinished" / "events" / "planned-0000.parquet").unlink()
    with pytest.raises(AssertionError, match="made twice with different bytes"):
        compare(fakes.scenario(), folder=place, replicate=world)


def test_fates_that_differ_between_policies_are_told():
    found = compare(fakes.scenario(), replicate=other_fates)
    assert "What befell the city differs between policies in" in " ".join(found.warnings)


def test_it_goes_on_until_the_interval_is_narrow_and_says_how_far_it_is():
    seen = []
    scenario = fakes.scenario(
        "siloed", "pooled", **{"difference that matters": "0.8 %", "replications": {"at least": 5, "at most": 40}}
    )
    found = compare(scenario, progress=lambda *given: seen.append(given), replicate=fakes.world)
    assert found.replications == 25  # the half-widths are 1.4, 0.44 and 0.34 % of the mean after 5, 15 and 25
    assert found.half_width <= found.delta / 2.0
    assert "narrow enough" in found.stopped_because
    assert seen[0] == (0, 5, "")
    assert [done for done, _, note in seen if note] == list(range(5, found.replications + 1, 10))
    assert all(expected >= done for done, expected, _ in seen)
    assert seen[-1][2].startswith("half-width ")


def test_at_the_most_it_says_that_more_would_tell_more():
    scenario = fakes.scenario(**{"difference that matters": "0.1 %", "replications": {"at least": 2, "at most": 5}})
    found = compare(scenario, replicate=fakes.world)
    assert found.replications == 5
    assert "more would tell more" in " ".join(found.warnings)


@pytest.mark.parametrize(("written", "delta"), [(None, None), ("50 customer h", 50.0), ("10 %", 0.1)])
def test_the_difference_that_matters_is_taken_as_written(written, delta):
    scenario = fakes.scenario(**{"difference that matters": written})
    found = compare(scenario, replicate=fakes.world)
    mean = found.table.set_index("policy")["mean"]["siloed"]
    if written == "10 %":
        baseline = found.vitals.query("policy == 'siloed' and indicator == 'customer hours without water'")["value"]
        delta = 0.1 * baseline.iloc[:4].mean()
        assert delta != 0.1 * mean or found.replications == 4
    assert found.delta == (delta if delta is None else pytest.approx(delta))


def test_it_is_the_world_that_is_replicated(whole, monkeypatch):
    monkeypatch.setattr(world_replication, "replicate", fakes.world)
    assert compare(fakes.scenario()).verdict_text == whole.verdict_text


def test_jobs_must_be_at_least_one():
    with pytest.raises(CityOpsError, match="at least 1, found 0"):
        compare(fakes.scenario(), jobs=0, replicate=fakes.world)


def test_one_run_has_a_folder_too(tmp_path, traces):
    world = partial(fakes.traced_world, traces=traces)
    made = run_to_folder(fakes.scenario(), "planned", 3, tmp_path / "out", replicate=world)
    assert set(contents(made.folder)) == {"events/planned-0003.parquet", "scenario.yaml", "vitals.parquet"}
    assert (made.was_there, made.log.run["replication"], manifest(made.folder)["status"]) == (False, 3, "complete")
    again = run_to_folder(fakes.scenario(), "planned", 3, tmp_path / "out", replicate=world)
    assert again.was_there and again.log.digest() == made.log.digest()
    assert len(fakes.found(traces)) == 1
    pd.testing.assert_frame_equal(again.vitals, made.vitals)
    with pytest.raises(CityOpsError, match="another replication"):
        run_to_folder(fakes.scenario(), "planned", 4, tmp_path / "out", replicate=world)


def test_one_run_of_what_does_not_exist_is_refused(tmp_path):
    with pytest.raises(CityOpsError, match="did you mean 'planned'"):
        run_to_folder(fakes.scenario(), "planed", 0, tmp_path / "out", replicate=fakes.world)
    with pytest.raises(CityOpsError, match="numbered from 0, found -1"):
        run_to_folder(fakes.scenario(), "planned", -1, tmp_path / "out", replicate=fakes.world)
    assert list(tmp_path.iterdir()) == []


def test_the_default_folder_carries_the_scenarios_name_and_hash():
    scenario = fakes.scenario()
    begin = f"scenario-{fakes.scenario_hash(scenario)[:8]}"
    assert default_folder(scenario) == Path("results/runs") / begin
    assert default_folder(scenario, policy="Planned", replication=2).name == f"{begin}-planned-0002"


def other_fates(scenario, replication, policies):
    hours = {"siloed": 1.0, "pooled": 2.0, "planned": 3.0}
    return {p: fakes.log(hours[p], policy=p, replication=replication, hole=hours[p]) for p in policies}


def interrupting_at(number):
    def progress(done, expected, note):
        if done == number:
            raise KeyboardInterrupt

    return progress


def fake_run(folder, jobs, world, *traces, start_new_session=False, **environment):
    command = [sys.executable, "-m", "tests.sim.experiment.fake_run", str(folder), jobs, world, *map(str, traces)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=start_new_session,
    )


def end(run):
    if run.poll() is None:
        run.kill()
    run.communicate()


def wait_for(condition, *, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)


def is_alive(pid):
    """Whether a process runs; one that has ended but not been waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
