"""The call desk is an M/M/c queue when calls are Poisson and talks exponential."""

import numpy as np
import pytest

from sim.draws import Draws
from sim.world.clock import Clock, Owner, Phase
from sim.world.desk import Desk, Report


def _report(i):
    return Report(number=i, place=0, entity=i, ordinal=0, incident=-1, row=-1)


def _waits(*, calls, rate, mean_talk_s, clerks, replication):
    """Seconds from call to start of talk; every call that arrives is served to its end."""
    draws, clock = Draws(20, replication), Clock()
    arrivals = np.round(np.cumsum(draws.exponentials("arrival", np.arange(calls), mean=1 / rate)) * 1024) / 1024
    talks = np.round(draws.exponentials("talk", np.arange(calls), mean=mean_talk_s) * 1024) / 1024
    ended = np.zeros(calls)

    def note_end(report):
        ended[report.entity] = clock.now_s

    desk = Desk(clock, clerks, duration_s=lambda report: talks[report.entity], register=note_end)

    def arrive():
        for i, at_s in enumerate(arrivals):
            yield clock.at(float(at_s), Phase.REPORT, Owner.CITIZEN, i)
            desk.take(_report(i))

    clock.start(arrive())
    clock.env.run()
    return ended - talks - arrivals


def erlang_c_wait(*, rate, mean_talk_s, clerks):
    """Mean wait of M/M/c (Erlang 1917), seconds."""
    load, blocked = rate * mean_talk_s, 1.0
    for c in range(1, clerks + 1):
        blocked = load * blocked / (c + load * blocked)
    delayed = blocked / (1 - load / clerks * (1 - blocked))
    return delayed * mean_talk_s / (clerks - load)


def _check_erlang(*, replications, calls, worst_error):
    case = {"rate": 1 / 60, "mean_talk_s": 150.0, "clerks": 4}
    warm_up = calls // 20
    means = [_waits(calls=calls, replication=r, **case)[warm_up : -warm_up or None].mean() for r in range(replications)]
    exact = erlang_c_wait(**case)
    error = np.std(means, ddof=1) / np.sqrt(replications)
    assert error / exact <= worst_error
    assert abs(np.mean(means) - exact) / error < 4


@pytest.mark.theory
def test_the_mean_wait_at_the_desk_is_erlang_c():
    _check_erlang(replications=20, calls=6_000, worst_error=0.03)


@pytest.mark.theory
@pytest.mark.validation
def test_the_mean_wait_at_the_desk_is_erlang_c_to_one_percent():
    _check_erlang(replications=120, calls=15_000, worst_error=0.01)


def test_reports_are_registered_in_the_order_in_which_a_single_clerk_took_them():
    clock, order = Clock(), []
    desk = Desk(clock, 1, duration_s=lambda report: 10.0 - report.entity, register=lambda r: order.append(r.entity))
    for i in range(3):
        desk.take(_report(i))
    clock.env.run()
    assert order == [0, 1, 2]
    assert clock.now_s == 10.0 + 9.0 + 8.0


def test_two_clerks_may_finish_in_another_order():
    clock, order = Clock(), []
    desk = Desk(
        clock, 2, duration_s=lambda report: (9.0, 1.0, 1.0)[report.entity], register=lambda r: order.append(r.entity)
    )
    for i in range(3):
        desk.take(_report(i))
    clock.env.run()
    assert order == [1, 2, 0]
