"""Orders of users' own policies: carried out, refused, pre-empting, or failing with their place."""

import textwrap
from types import SimpleNamespace

import pytest

import sim
from sim.errors import CityOpsError, PolicyError
from sim.policies.levers import Levers
from sim.policies.loading import load_policy
from sim.record.kinds import CrewState, Kind


@pytest.fixture
def own(tiny):
    """A function that runs the tiny scenario under a policy written as Python source."""

    def run(source, *, name="Mine", **overrides):
        (tiny.folder / "rules.py").write_text(textwrap.dedent(source))
        scenario = tiny(**{"policies__first": {"python": f"rules.py:{name}"}}, **overrides)
        return sim.run(scenario, policy="first")

    return run


IMPORTS = """
    from sim.policies.view import Assign, CaseState, Isolate, Repair
"""

TURN_ROUND = (
    IMPORTS
    + """
    class Mine:
        def decide(self, view):
            located = [c.id for c in view.cases if c.state is CaseState.LOCATED]
            waiting = view.waiting()
            return [
                *(Repair(case=c) for c in located),
                *(Isolate(case=c) for c in located),
                *(Assign(crew=0, case=c.id, preempt=True) for c in waiting),
                *(Assign(crew=0, case=c.id, preempt=True) for c in waiting),
            ]
"""
)

OBEDIENT = (
    IMPORTS
    + """
    class Mine:
        def decide(self, view):
            actions = [Repair(case=c.id) for c in view.cases if c.state is CaseState.LOCATED]
            for case in view.waiting():
                actions += [Assign(crew=crew.id, case=case.id) for crew in view.idle()][:1]
            return actions
"""
)


def test_a_policy_of_ones_own_decides(own):
    kinds = own(OBEDIENT).frame().kind.tolist()
    assert "CLOSED" in kinds and "ISOLATED" not in kinds


def test_orders_that_cannot_be_done_are_refused_once_and_written_down(own):
    source = OBEDIENT.replace("return actions", "return [Assign(crew=7, case=0), Isolate(case=99), *actions]")
    log = own(source)
    refused = [row for row in log.of(Kind.DECIDED) if row["value"] < 0]
    assert {row["value"] for row in refused} == {-1.0, -2.0}
    instants = [(row["time_s"], row["value"]) for row in refused]
    assert len(instants) == len(set(instants))
    assert "CLOSED" in log.frame().kind.tolist()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return 1 / 0", r"rules.py:\d+: .*failed at .* ZeroDivisionError"),
        ("return ['go']", "returned 'go', which is no action"),
        ("return None", "failed at"),
    ],
)
def test_a_policy_that_fails_is_told_with_its_place_and_is_not_the_scenarios_fault(own, body, told):
    with pytest.raises(PolicyError, match=told) as caught:
        own(f"class Mine:\n    def decide(self, view):\n        {body}\n")
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("import nothing_of_that_name\n", r"rules.py:1: .*ModuleNotFoundError"),
        ("class Mine:\n    def decide(self view):\n", r"rules.py:2: "),
        ("class Mine:\n    def __init__(self):\n        raise ValueError('no')\n", r"rules.py:3: .*ValueError: no"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_told_with_its_line(own, source, told):
    with pytest.raises(PolicyError, match=told):
        own(source)


def test_a_name_that_the_file_lacks_is_told_with_the_nearest(own):
    with pytest.raises(CityOpsError, match="Mine"):
        own(OBEDIENT, name="Mime")


@pytest.mark.parametrize(
    ("written", "told"), [("none.py:Mine", "no such file"), ("../x.py:Mine", "outside"), ("nothing", "installed")]
)
def test_a_file_is_sought_in_the_scenarios_folder_alone(tiny, written, told):
    (tiny.folder.parent / "x.py").write_text("raise AssertionError('it was run')")
    with pytest.raises(CityOpsError, match=told):
        load_policy(tiny(**{"policies__first": {"python": written}}), "first")


def test_an_unknown_policy_is_told_with_the_nearest(tiny):
    with pytest.raises(CityOpsError, match="did you mean 'first'"):
        sim.run(tiny(), policy="fist")


def test_rules_of_ones_own_may_serve_single_levers(tiny):
    (tiny.folder / "rules.py").write_text("def last(view, case, crews):\n    return max(c.id for c in crews)\n")
    scenario = tiny(
        policies__first__dispatch={"python": "rules.py:last"}, organisation__departments__water__crews__0__count=3
    )
    dispatched = sim.run(scenario, policy="first").of(Kind.DISPATCHED)
    assert [int(row["actor"]) for row in dispatched] == [4]


def test_a_rule_that_is_no_function_is_refused(tiny):
    (tiny.folder / "rules.py").write_text("last = 3\n")
    with pytest.raises(CityOpsError, match="cannot be called"):
        load_policy(tiny(policies__first__dispatch={"python": "rules.py:last"}), "first")


@pytest.mark.parametrize(("at", "state"), [("06:02", CrewState.TURNOUT), ("06:06", CrewState.DRIVING)])
def test_a_crew_on_its_way_is_preempted_and_the_case_it_left_is_done_later(own, at, state):
    # The newest case takes the crew from its way to the first: while it turns out, or on the road.
    source = (
        IMPORTS
        + """
    class Mine:
        def decide(self, view):
            actions = [Isolate(case=c.id) for c in view.cases if c.state is CaseState.LOCATED]
            waiting = sorted(view.waiting(), key=lambda case: -case.id)
            return actions + [Assign(crew=0, case=c.id, preempt=c.id == 1) for c in waiting[:1]]
"""
    )
    log = own(
        source,
        hazards__0__bursts__listed=[{"pipe": "P2", "at": "06:00"}, {"pipe": "P1", "at": at}],
        people__calls={"at most": "0 per junction and outage"},
        people__sightings={"at most": "1 per burst", "rate": "20 per hour and l/s"},
        city__roads__speed="3.6 km/h",
        organisation__desk={"clerks": 2, "registration": "1 s", "merge within": "0 m"},
    )
    frame = log.frame()
    preempted = frame[frame.kind == "PREEMPTED"]
    assert preempted.case.tolist() == [0]
    assert frame.kind[preempted.cause.item()] == "DISPATCHED"
    assert frame.case[preempted.cause.item()] == 1
    before = frame[(frame.kind == "CREW_STATE") & (frame.index < preempted.index[0])]
    assert before.value.iloc[-1] == state
    assert frame.case[frame.kind == "HANDLED"].tolist() == [1, 0]


def test_a_preempted_crew_turns_at_the_next_crossing(own):
    # From R1 towards J2 by way of J1, 1000 s each; turned round halfway it still drives on to J1, and P1 ends there.
    source = TURN_ROUND.replace("*(Isolate(case=c) for c in located),", "")
    log = own(
        source,
        hazards__0__bursts__listed=[{"pipe": "P2", "at": "06:00"}, {"pipe": "P1", "at": "06:35"}],
        people__calls={"at most": "0 per junction and outage"},
        people__sightings={"at most": "1 per burst", "rate": "20 per hour and l/s", "after": "0 s"},
        city__roads__speed="3.6 km/h",
        organisation__desk={"clerks": 2, "registration": "1 s", "merge within": "0 m"},
        organisation__departments__water__turnout="30 min",
    )
    frame = log.frame()
    preempted = frame[frame.kind == "PREEMPTED"]
    assert len(preempted) >= 1
    left_s = frame.time_s[(frame.kind == "EN_ROUTE")].iloc[0]
    turned_s = preempted.time_s.iloc[0]
    again = frame[(frame.kind == "EN_ROUTE") & (frame.time_s == turned_s)]
    assert again.value.iloc[0] == pytest.approx(1000.0 - (turned_s - left_s), abs=1e-3)


def test_a_search_in_vain_closes_the_case_as_a_false_alarm_only_if_nothing_is_wrong(tiny):
    # It would take longer than crews search: the burst stays, so it was no false alarm, and people call again.
    log = sim.run(tiny(organisation__departments__water__locate="3 h", duration="1 d"))
    kinds = log.frame().kind.tolist()
    assert kinds.count("NOTHING_FOUND") >= 2 and kinds.count("CALLED") >= 2
    assert "FALSE_ALARM" not in kinds


def test_an_alarm_of_noise_alone_ends_as_a_false_alarm(tiny):
    log = sim.run(
        tiny(
            hazards__0__bursts__listed=[{"pipe": "P2", "at": "47:00"}],
            sensors=[{"pressure": {"at": ["J2"], "alarm when": {"drop": "1 m"}, "every": "1 h", "noise": "1 m"}}],
            organisation__departments__water__give_up_after="1 h",
        )
    )
    frame = log.frame()
    assert (frame.kind == "FALSE_ALARM").sum() >= 1
    assert (frame.incident[(frame.kind == "SENSED") & (frame.time_s < 47 * 3600)] == -1).all()


def test_all_names_that_the_network_lacks_are_told_at_once(tiny):
    scenario = tiny(
        hazards__0__bursts__listed=[{"pipe": "P9", "at": "06:00"}],
        organisation__departments__water__crews=[{"depot": "node R9"}],
        sensors=[{"pressure": {"at": ["J7"], "alarm when": {"drop": "1 m"}}}],
    )
    with pytest.raises(CityOpsError) as caught:
        sim.run(scenario)
    assert len(caught.value.mistakes) == 3


def test_more_bursts_than_pipes_are_refused(tiny):
    with pytest.raises(CityOpsError, match="only 2 pipes"):
        sim.run(tiny(hazards=[{"bursts": {"count": "exactly 3", "between": ["01:00", "02:00"]}}]))


def test_a_pipe_bursts_once(tiny):
    twice = [{"pipe": "P2", "at": "06:00"}, {"pipe": "P2", "at": "07:00"}]
    with pytest.raises(CityOpsError, match="P2"):
        sim.run(tiny(hazards__0__bursts__listed=twice))


@pytest.mark.parametrize("law", [{"exponential": {"mean": "6 h"}}, {"gamma": {"mean": "6 h", "shape": 2.0}}])
def test_repair_times_follow_the_law_that_is_written(tiny, law):
    log = sim.run(tiny(organisation__departments__water__repair=law))
    work = log.of(Kind.WORK_BEGAN)["value"][0]
    assert work > 0 and work != 21600.0
    assert work * 1024 == int(work * 1024)


def test_contradictory_orders_in_one_answer_are_refused_and_time_goes_on(own):
    log = own(
        TURN_ROUND,
        hazards__0__bursts__listed=[{"pipe": "P2", "at": "06:00"}, {"pipe": "P1", "at": "06:01"}],
        people__sightings={"at most": "1 per burst", "rate": "20 per hour and l/s"},
        organisation__desk={"clerks": 2, "registration": "1 s", "merge within": "0 m"},
        organisation__departments__water__turnout="30 min",
    )
    kinds = log.frame().kind.tolist()
    assert kinds.count("HANDLED") == 2
    assert "ISOLATED" not in kinds  # Repair came first, and then there was nothing left to isolate
    assert (log.of(Kind.DECIDED)["value"] == -2.0).any()


def test_a_crew_without_the_skill_to_isolate_repairs_under_pressure(tiny):
    kinds = sim.run(tiny(organisation__departments__water__skills=["repair"])).frame().kind.tolist()
    assert "HANDLED" in kinds and "ISOLATED" not in kinds


def test_a_department_that_cannot_repair_is_refused(tiny):
    with pytest.raises(CityOpsError, match="no crew with the skill 'repair'"):
        sim.run(tiny(organisation__departments__water__skills=["isolate"]))


def test_a_sensor_at_a_reservoir_is_refused(tiny):
    with pytest.raises(CityOpsError, match="is a tank or reservoir"):
        sim.run(tiny(sensors=[{"pressure": {"at": ["R1"], "alarm when": {"drop": "1 m"}}}]))


def test_two_drawn_hazards_never_take_the_same_pipe(tiny):
    one = {"bursts": {"count": "exactly 1", "between": ["01:00", "02:00"]}}
    occurred = sim.run(tiny(hazards=[one, one])).of(Kind.OCCURRED)
    assert sorted(occurred["place"]) == [3, 4]


def test_an_installed_policy_is_found_by_its_name(tiny, monkeypatch):
    points = [SimpleNamespace(name="obedient", load=lambda: Levers), SimpleNamespace(name="broken", load=_broken)]
    monkeypatch.setattr("sim.policies.loading.entry_points", lambda group: points)
    with pytest.raises(PolicyError, match="Levers cannot be made"):  # found, but it wants rules
        load_policy(tiny(policies__first={"python": "obedient"}), "first")
    with pytest.raises(PolicyError, match=r"'broken' cannot be loaded.*ImportError"):
        load_policy(tiny(policies__first={"python": "broken"}), "first")


def _broken():
    raise ImportError("no such module")


def test_triage_takes_its_time_before_any_policy_sees_the_case(tiny):
    frame = sim.run(tiny(organisation__desk__triage="10 min")).frame().set_index("kind").time_s
    assert frame["TRIAGED"] == frame["REGISTERED"] + 600
    assert frame["DISPATCHED"] == frame["TRIAGED"]


def test_a_listed_burst_comes_before_what_is_drawn_and_takes_its_pipe(tiny):
    listed = {"bursts": {"listed": [{"pipe": "P1", "at": "03:00"}]}}
    drawn = {"bursts": {"count": "exactly 1", "between": ["01:00", "02:00"]}}
    occurred = sim.run(tiny(hazards=[drawn, listed])).of(Kind.OCCURRED)
    assert list(occurred["place"]) == [4, 3]


def test_a_network_that_cannot_be_simulated_is_refused_by_name(tiny):
    file = tiny.folder / "tiny.inp"
    file.write_text(file.read_text().replace("[OPTIONS]", "[VALVES]\n V1 J1 J2 200 PRV 20 0\n[OPTIONS]"))
    with pytest.raises(CityOpsError, match="V1"):
        sim.run(tiny())


def test_solves_that_do_not_converge_are_told(tiny, caplog):
    file = tiny.folder / "tiny.inp"
    file.write_text(
        file.read_text().replace("UNITS LPS", "UNITS LPS\n TRIALS 1\n ACCURACY 0.00001\n UNBALANCED CONTINUE")
    )
    sim.run(tiny())
    assert "did not converge" in caplog.text
