"""Common random numbers: the same facts under every policy, the same log until a decision differs."""

import numpy as np
import pytest

import sim
from sim.record.eventlog import EventLog
from sim.record.kinds import CrewState, Kind
from sim.world.replication import prepare, replicate
from sim.world.world import World


@pytest.fixture(scope="module", params=[0, 1])
def logs(small, request):
    scenario, _ = small
    return replicate(scenario, request.param, list(scenario.policies))


def test_the_dated_facts_are_the_same_under_every_policy(logs):
    assert len({log.facts_digest() for log in logs.values()}) == 1
    assert all(len(log.of(Kind.OCCURRED)) == 8 for log in logs.values())


def test_other_replications_and_seeds_have_other_facts(small):
    scenario, file = small
    digests = {sim.run(scenario, replication=r).facts_digest() for r in range(2)}
    digests.add(sim.run(sim.load(file, overrides={"seed": 5})).facts_digest())
    assert len(digests) == 3


def test_two_logs_are_equal_up_to_the_first_decision_that_differs(logs):
    one, other = logs["siloed"].rows, logs["planned"].rows
    n = min(len(one), len(other))
    same = np.array([one[i].tobytes() == other[i].tobytes() for i in range(n)])
    assert not same.all(), "these policies should come to differ"
    first = int(same.argmin())
    assert first > 20
    assert Kind.DECIDED in (one["kind"][first], other["kind"][first])


def test_a_policy_under_another_name_gives_the_same_rows(logs):
    assert logs["siloed"].rows.tobytes() == logs["twin"].rows.tobytes()


def test_a_run_does_not_depend_on_which_policies_share_its_past(small):
    scenario, _ = small
    alone = sim.run(scenario, policy="planned", replication=1)
    shared = replicate(scenario, 1, ["siloed", "planned"])["planned"]
    assert alone.digest() == shared.digest()


def test_looking_at_the_state_five_hundred_times_changes_no_bit(small):
    scenario, _ = small
    world = World(prepare(scenario, 0), "planned")

    def look():
        for k in range(1, 501):
            yield world.clock.env.timeout(k * 171.0 + 0.25 - world.clock.now_s)
            state = world.mains.state
            state.head_m, state.flow_m3s, state.tank_level_m, state.delivered_m3s, state.unsupplied  # noqa: B018
            state.fork().settle()
            world.past.at(world.clock.now_s).pressure_m  # noqa: B018
            world.decider.view()

    world.clock.start(look())
    assert world.run().digest() == sim.run(scenario, policy="planned").digest()


def test_no_crew_is_in_two_places_and_no_case_has_two_crews(logs):
    for log in logs.values():
        held, crew_of = {}, {}
        for row in log.rows:
            case, actor = int(row["case"]), int(row["actor"])
            if row["kind"] == Kind.DISPATCHED:
                assert actor not in held, "a crew was sent while it still had a case"
                assert case not in crew_of, "a case was given to a second crew"
                held[actor], crew_of[case] = case, actor
            elif row["kind"] in (Kind.HANDLED, Kind.NOTHING_FOUND):
                assert held.pop(actor) == case
                assert crew_of.pop(case) == actor
            elif row["kind"] in (Kind.ACCEPTED, Kind.EN_ROUTE, Kind.ON_SITE, Kind.LOCATED, Kind.WORK_BEGAN):
                assert held[actor] == case


def test_crews_drive_only_as_fast_as_the_roads_allow(logs):
    for log in logs.values():
        left = {}
        for row in log.rows:
            if row["kind"] == Kind.EN_ROUTE:
                left[int(row["actor"])] = row["time_s"] + row["value"]
            elif row["kind"] == Kind.ON_SITE:
                assert row["time_s"] == pytest.approx(left.pop(int(row["actor"])), abs=1e-3)


def test_every_vital_sign_is_recomputed_from_the_file_alone(logs, tmp_path):
    for name, log in logs.items():
        log.save(tmp_path / f"{name}.parquet")
        loaded = EventLog.load(tmp_path / f"{name}.parquet")
        assert sim.vitals(loaded).equals(sim.vitals(log))


def test_every_case_keeps_to_the_order_of_its_life(logs):
    order = [Kind.REGISTERED, Kind.TRIAGED, Kind.DISPATCHED, Kind.ACCEPTED, Kind.EN_ROUTE, Kind.ON_SITE]
    for log in logs.values():
        for case in range(int(log.rows["case"].max()) + 1):
            kinds = [k for k in log.rows["kind"][log.rows["case"] == case] if k in order]
            life = kinds[: len(order)]
            assert life == order[: len(life)]


def test_a_crew_off_duty_does_not_begin_a_case(logs):
    for log in logs.values():
        skilled = log.actors[log.actors["shift"] != ""].id.tolist()
        for row in log.of(Kind.DISPATCHED):
            if row["actor"] in skilled:
                assert 6 * 3600 <= row["time_s"] % 86400 < 22 * 3600


def test_states_of_crews_follow_each_other(logs):
    may_follow = {
        CrewState.OFF: {CrewState.IDLE},
        CrewState.IDLE: {CrewState.TURNOUT, CrewState.OFF},
        CrewState.TURNOUT: {CrewState.DRIVING},
        CrewState.DRIVING: {CrewState.ON_SITE, CrewState.WORKING},
        CrewState.ON_SITE: {CrewState.WORKING, CrewState.RETURNING, CrewState.DRIVING, CrewState.IDLE},
        CrewState.WORKING: {CrewState.RETURNING, CrewState.DRIVING, CrewState.IDLE},
        CrewState.RETURNING: {CrewState.IDLE, CrewState.OFF, CrewState.DRIVING},
    }
    for log in logs.values():
        last = {}
        for row in log.of(Kind.CREW_STATE):
            actor, state = int(row["actor"]), CrewState(int(row["value"]))
            if actor in last:
                assert state in may_follow[last[actor]], f"{last[actor].name} to {state.name}"
            last[actor] = state
