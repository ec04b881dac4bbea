"""Pressure loggers raise an alarm once, by k readings in a row, and noise is each sensor's own."""

import numpy as np
import pytest

from sim.draws import Draws
from sim.scenario.schema import AlarmRule, PressureSensors
from sim.sensing.loggers import PressureLoggers


def _loggers(*, drop=3.0, samples=1, noise=0.0, nodes=(4, 7), seed=1):
    alarm = AlarmRule.model_construct(drop=drop)
    model = PressureSensors.model_construct(
        at=tuple(map(str, nodes)), alarm_when=alarm, every=300.0, noise=noise, samples=samples, latency=0.0
    )
    return PressureLoggers(model, np.array(nodes, dtype=np.int32), Draws(seed, 0))


def _run(loggers, drops):
    return [loggers.sample(k, 50.0 - np.array(drop), np.full(len(drop), 50.0)) for k, drop in enumerate(drops)]


def test_an_alarm_is_raised_once_until_the_drop_is_below_half_of_the_limit():
    alarms = _run(_loggers(), [[0, 0], [3.0, 0], [5.0, 0], [2.0, 0], [4.0, 0], [1.0, 0], [4.0, 0]])
    assert [bool(alarm) for alarm in alarms] == [False, True, False, False, False, False, True]
    assert alarms[1] == [(0, 3.0)]


def test_an_alarm_needs_its_readings_in_a_row():
    alarms = _run(_loggers(samples=3), [[4, 4], [4, 4], [4, 0], [4, 4], [4, 4], [4, 4]])
    assert [[i for i, _ in alarm] for alarm in alarms] == [[], [], [0], [], [], [1]]


def test_a_forgotten_alarm_is_raised_again():
    loggers = _loggers()
    _run(loggers, [[5, 5]])
    loggers.forget(7)
    assert loggers.sample(1, np.full(2, 45.0), np.full(2, 50.0)) == [(1, 5.0)]


def test_adding_a_sensor_leaves_the_noise_of_another_as_it_was():
    one, both = _loggers(noise=1.0, nodes=(7,)), _loggers(noise=1.0, nodes=(4, 7))
    for k in range(50):
        a = one._read(k, np.full(1, 50.0))
        b = both._read(k, np.full(2, 50.0))
        assert a[0] == b[1]


@pytest.mark.theory
def test_false_alarms_come_as_often_as_the_normal_law_says():
    nodes = tuple(range(2000))
    raised = sum(
        len(_loggers(noise=1.0, drop=2.0, nodes=nodes, seed=s).sample(5, np.full(2000, 50.0), np.full(2000, 50.0)))
        for s in range(20)
    )
    p = 0.0227501
    z = (raised - 40_000 * p) / (40_000 * p * (1 - p)) ** 0.5
    assert abs(z) < 4
