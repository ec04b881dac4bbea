"""The same results from one process or many, whatever happens to the workers."""

import os
import pickle
import signal
import threading
from functools import partial

import pytest

from sim.errors import CityOpsError, PolicyError
from sim.experiment import runner
from sim.experiment.runner import Failed, open_runner
from tests.sim.experiment import fakes


def results(job, numbers, *, workers):
    with open_runner(job, workers=workers) as pool:
        return list(pool.results(numbers))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_results_come_in_the_order_of_replications(workers):
    assert results(fakes.square, range(7), workers=workers) == [0, 1, 4, 9, 16, 25, 36]


def test_one_pool_does_batch_after_batch():
    with open_runner(fakes.square, workers=2) as pool:
        assert list(pool.results(range(3))) == [0, 1, 4]
        assert list(pool.results(range(3, 5))) == [9, 16]


def test_a_replication_that_kills_its_worker_fails_alone_and_the_rest_goes_on(traces):
    found = results(partial(fakes.square_but_die_at_two, traces=traces), range(6), workers=2)
    assert found[2] == Failed(2, "its worker process died, 3 times when run alone")
    assert found[:2] + found[3:] == [0, 1, 9, 16, 25]
    # Once in company, three times alone; only those in flight beside it may have run again.
    assert len(fakes.found(traces, "died-")) == 4
    assert sum(len(fakes.found(traces, f"{k}-")) - 1 for k in (0, 1, 3, 4, 5)) <= 1


def test_workers_that_die_while_they_idle_are_replaced():
    with open_runner(fakes.square, workers=2) as pool:
        assert list(pool.results(range(2))) == [0, 1]
        executor = pool._executor
        for process in list(executor._processes.values()):
            process.kill()
        executor._executor_manager_thread.join()
        assert list(pool.results(range(2, 5))) == [4, 9, 16]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_a_job_raises_is_raised_as_itself_and_the_first_first(workers):
    with open_runner(fakes.square_but_raise_from_two, workers=workers) as pool:
        found = pool.results(range(50))
        assert [next(found), next(found)] == [0, 1]
        with pytest.raises(PolicyError, match="no policy for 2"):
            next(found)


def test_after_an_error_nothing_new_is_begun(traces):
    job = partial(fakes.square_but_raise_from_two, traces=traces)
    with open_runner(job, workers=2) as pool, pytest.raises(PolicyError):
        list(pool.results(range(50)))
    assert len(fakes.found(traces)) == 2


def test_an_error_that_cannot_travel_comes_as_its_text():
    with pytest.raises(RuntimeError, match="StubbornError: cannot travel"):
        results(fakes.stubborn, range(1), workers=2)


def test_workers_use_one_thread_each_and_the_environment_is_restored(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert results(fakes.threads, range(1), workers=2) == ["1"]
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "MKL_NUM_THREADS" not in os.environ


def test_workers_that_die_at_once_are_explained(monkeypatch):
    monkeypatch.setattr(runner, "_begin_worker", os._exit)
    monkeypatch.setattr(runner.pickle, "dumps", lambda job: 7)
    with pytest.raises(CityOpsError, match='below `if __name__ == "__main__":`') as caught:
        results(fakes.square, range(1), workers=2)
    assert caught.value.exit_code == 2


def test_workers_are_spawned_where_there_is_no_fork_server(monkeypatch):
    import multiprocessing

    assert runner._context().get_start_method() == "forkserver"
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert runner._context().get_start_method() == "spawn"


def test_a_worker_takes_its_job_once_and_leaves_interrupts_to_the_coordinator(monkeypatch):
    handled = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: handled.append((number, handler)))
    monkeypatch.setattr(runner, "_job", None)
    monkeypatch.setattr(runner, "_pickled", b"")
    runner._begin_worker(pickle.dumps(fakes.square))
    assert handled == [(signal.SIGINT, signal.SIG_IGN)]
    assert runner._work(-1) is None
    assert runner._job is None
    assert [runner._work(3), runner._work(4)] == [9, 16]


def test_a_worker_ends_with_its_coordinator(monkeypatch):
    import multiprocessing

    coordinator = threading.Thread(target=int)
    coordinator.start()
    ended = []
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: coordinator)
    monkeypatch.setattr(os, "_exit", ended.append)
    runner._end_with_coordinator()
    assert ended == [1]
