"""Equal times are ordered by phase, owner and id, whatever was planned first."""

import itertools

import pytest

from sim.world.clock import Clock, Owner, Phase


def test_an_instant_runs_through_its_phases_whatever_was_planned_first():
    keys = [
        (Phase.DECIDE, Owner.DECIDER, 0),
        (Phase.WORK, Owner.CREW, 1),
        (Phase.FACT, Owner.INCIDENT, 7),
        (Phase.WORK, Owner.CREW, 0),
        (Phase.WORK, Owner.DESK, 9),
        (Phase.SETTLE, Owner.NETWORK, 0),
    ]
    for order in itertools.permutations(keys):
        clock, seen = Clock(), []

        def wait(key, clock=clock, seen=seen):
            yield clock.at(5.0, *key)
            seen.append(key)

        for key in order:
            clock.start(wait(key))
        clock.env.run()
        assert seen == sorted(keys)


def test_work_that_a_decision_causes_in_its_instant_is_settled_before_the_next_decision():
    clock, seen = Clock(), []

    def decide():
        yield clock.at(1.0, Phase.DECIDE, Owner.DECIDER)
        seen.append("decide")
        clock.start(work())
        yield clock.at(1.0, Phase.DECIDE, Owner.DECIDER)
        seen.append("decide again")

    def work():
        yield clock.at(1.0, Phase.WORK, Owner.CREW)
        seen.append("work")
        yield clock.at(1.0, Phase.SETTLE, Owner.NETWORK)
        seen.append("settle")

    clock.start(decide())
    clock.env.run()
    assert seen == ["decide", "work", "settle", "decide again"]


def test_a_time_on_the_grid_is_met_exactly_from_wherever_it_is_planned():
    clock, met = Clock(), []

    def hop():
        for k in range(1, 2000):
            yield clock.at(k * 1237 / 1024, Phase.WORK, Owner.CREW)
            met.append(clock.now_s == k * 1237 / 1024)

    clock.start(hop())
    clock.env.run()
    assert all(met)


def test_nothing_can_be_planned_for_the_past():
    clock = Clock()
    clock.start(_hop(clock))
    with pytest.raises(AssertionError, match="which is over"):
        clock.env.run()


def _hop(clock):
    yield clock.at(3.0, Phase.WORK, Owner.CREW)
    yield clock.at(2.0, Phase.WORK, Owner.CREW)


def test_a_signal_wakes_all_who_wait_and_can_be_given_again():
    clock, woken = Clock(), []
    signal = clock.signal()

    def wait(name):
        for _ in range(2):
            yield signal.wait()
            woken.append((name, clock.now_s))

    def give():
        for at_s in (1.0, 2.0, 3.0):
            yield clock.at(at_s, Phase.WORK, Owner.CREW)
            signal.give()

    clock.start(wait("a"))
    clock.start(wait("b"))
    clock.start(give())
    clock.env.run()
    assert woken == [("a", 1.0), ("b", 1.0), ("a", 2.0), ("b", 2.0)]
