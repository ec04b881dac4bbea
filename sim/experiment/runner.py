"""Doing many replications, in this process or in a pool of worker processes, with results in their order.

What the results are does not depend on the number of workers. Not for what a replication does (``replicating``).
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from sim.errors import CityOpsError

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.context import BaseContext

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Job = Callable[[int], T]

#: How often a replication that takes its worker down with it is tried, alone each time.
ATTEMPTS: Final = 3
#: Loaded once by the process that workers are forked from.
_PRELOAD: Final = ["sim.experiment.replicating", "sim.world.replication", "sim.record.vitals"]
#: One thread per worker: sums do not depend on thread counts, and workers do not fight for cores.
_ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Failed:
    """A replication that could not be done, and why."""

    replication: int
    reason: str


class Runner(Protocol[T_co]):
    """Does replications of one job."""

    def results(self, replications: Sequence[int]) -> Iterator[T_co | Failed]:
        """The job's results in the order of ``replications``; what the job raises is raised here, the first first."""


@contextmanager
def open_runner(job: Job[T], *, workers: int) -> Iterator[Runner[T]]:
    """A runner of ``workers`` processes, or of this process alone where that is 1.

    job : a function of the replication's number; with more than one worker it and its results travel between
    processes. On leaving, what runs may end and land; what has not begun is dropped.
    """
    if workers == 1:
        yield _InProcess(job)
        return
    with _one_thread():
        pool = _Pool(job, workers)
        try:
            yield pool
        finally:
            pool.close()


class _InProcess(Generic[T]):
    """Does everything here, without any notion of processes."""

    def __init__(self, job: Job[T]) -> None:
        self._job = job

    def results(self, replications: Sequence[int]) -> Iterator[T | Failed]:
        for replication in replications:
            yield self._job(replication)


class _Pool(Generic[T]):
    """Keeps at most as many replications outstanding as there are workers, so that few are suspects when one dies."""

    def __init__(self, job: Job[T], workers: int) -> None:
        self._job, self._workers = job, workers
        self._executor = _executor(job, workers)
        _check_start(self._executor)
        self._waiting: deque[int] = deque()
        self._running: dict[Future[T], int] = {}
        self._done: dict[int, T | Failed | Exception] = {}

    def results(self, replications: Sequence[int]) -> Iterator[T | Failed]:
        self._waiting = deque(replications)
        for replication in replications:
            while replication not in self._done:
                self._step()
            result = self._done.pop(replication)
            if isinstance(result, Exception):
                raise result
            yield result

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _step(self) -> None:
        """Fill the workers, wait for one of them; if one died, find out which replication did it."""
        from concurrent.futures import FIRST_COMPLETED, wait

        suspects: list[int] = []
        if self._fill():
            wait(self._running, return_when=FIRST_COMPLETED)
            suspects = self._collect()
            if not suspects:
                return
        wait(self._running)
        self._recover(sorted([*suspects, *self._collect()]))

    def _fill(self) -> bool:
        """Give every idle worker something to do, unless a job has raised; False if the pool is broken."""
        from concurrent.futures.process import BrokenProcessPool

        has_raised = any(isinstance(result, Exception) for result in self._done.values())
        while self._waiting and len(self._running) < self._workers and not has_raised:
            try:
                future = self._executor.submit(_work, self._waiting[0])
            except BrokenProcessPool:
                return False
            self._running[future] = self._waiting.popleft()
        return True

    def _collect(self) -> list[int]:
        """Move what has ended to what is done; the replications whose pool broke under them."""
        suspects = []
        for future in [future for future in self._running if future.done()]:
            replication = self._running.pop(future)
            try:
                self._done[replication] = _outcome(future)
            except _WorkerDied:
                suspects.append(replication)
        return suspects

    def _recover(self, suspects: list[int]) -> None:
        """Try each suspect alone, then go on with a new pool."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        for replication in suspects:
            self._done[replication] = self._alone(replication)
        self._executor = _executor(self._job, self._workers)

    def _alone(self, replication: int) -> T | Failed | Exception:
        for _ in range(ATTEMPTS):
            with _executor(self._job, 1) as executor:
                try:
                    outcome: T | Exception = _outcome(executor.submit(_work, replication))
                except _WorkerDied:
                    continue
                return outcome
        return Failed(replication, f"its worker process died, {ATTEMPTS} times when run alone")


class _WorkerDied(Exception):  # noqa: N818  # what happened
    """The process that did a replication is gone."""


def _outcome(future: Future[Any]) -> Any:
    """What a job returned or raised; _WorkerDied if it could do neither."""
    from concurrent.futures.process import BrokenProcessPool

    error = future.exception()
    if isinstance(error, BrokenProcessPool):
        raise _WorkerDied
    if isinstance(error, Exception):
        return error
    return future.result()


def _executor(job: Job[Any], workers: int) -> ProcessPoolExecutor:
    from concurrent.futures import ProcessPoolExecutor

    return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_begin_worker, initargs=(pickle.dumps(job),))


def _context() -> BaseContext:
    """Forked from a small clean server where that exists, else spawned; never forked from a process with threads."""
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


def _check_start(executor: ProcessPoolExecutor) -> None:
    """A CityOpsError if workers die before they do anything, as under a script that starts them on being imported."""
    from concurrent.futures.process import BrokenProcessPool

    try:
        executor.submit(_work, -1).result()
    except BrokenProcessPool as error:
        executor.shutdown()
        raise CityOpsError(
            "worker processes die as soon as they start; a script that asks for more than one job needs its work below"
            ' `if __name__ == "__main__":`, and one job needs no worker processes at all'
        ) from error


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have the processes that are started meanwhile use one thread each."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# --- in a worker -------------------------------------------------------------------------------------------------

_pickled: bytes = b""
_job: Job[Any] | None = None


def _begin_worker(pickled: bytes) -> None:
    """Take the job, leave Ctrl-C to the coordinator, and end with it even if it is killed."""
    global _pickled  # noqa: PLW0603  # a worker process has one job
    _pickled = pickled
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_coordinator, daemon=True).start()


def _end_with_coordinator() -> None:
    import multiprocessing

    coordinator = multiprocessing.parent_process()
    if coordinator is not None:
        coordinator.join()
        os._exit(1)


def _work(replication: int) -> Any:
    """Do one replication; a negative number only shows that the worker is alive."""
    global _job  # noqa: PLW0603
    if replication < 0:
        return None
    if _job is None:
        _job = pickle.loads(_pickled)
    try:
        return _job(replication)
    except Exception as error:
        _check_portable(error)
        raise


def _check_portable(error: Exception) -> None:
    """A RuntimeError with the error's text where the error itself would not survive the way to the coordinator."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception as reason:  # whatever a stranger's class does when it is pickled
        raise RuntimeError(f"{type(error).__name__}: {error} (not passed on as it is: {reason})") from error
