"""The rules of the levers, on views made by hand."""

import math

import pytest

from sim.policies.dispatch import nearest, own_district
from sim.policies.isolate import always, never, when_it_helps
from sim.policies.levers import Levers
from sim.policies.order import customer_hours_saved, first_reported, largest_diameter
from sim.policies.view import Assign, CaseState, CaseView, CrewView, Isolate, Repair, View


def case(ident, **changes):
    fields = {
        "id": ident,
        "state": CaseState.WAITING,
        "registered_s": 0.0,
        "age_s": 100.0 - ident,
        "place": ident,
        "reported_at": (ident,),
        "reports": 1,
        "located_link": -1,
        "leak_area_m2": math.nan,
        "diameter_m": 0.3,
        "district": 0,
        "crew": -1,
    }
    return CaseView(**{**fields, **changes})


def crew(ident, **changes):
    fields = {"id": ident, "district": 0, "node": 10 * ident, "depot": 0, "is_idle": True, "case": -1}
    return CrewView(**{**fields, "skills": ("isolate", "repair"), **changes})


def view(cases=(), crews=(), *, what_if=lambda actions, horizon_s: 0.0, crew_hours=lambda action: 1.0):
    def travel(a, b):
        return float(abs(a - b)) if b < 900 else math.inf

    return View(
        now_s=100.0,
        cases=tuple(cases),
        crews=tuple(crews),
        readings=(),
        travel_s=travel,
        travel_to_place_s=travel,
        what_if=what_if,
        crew_hours=crew_hours,
    )


def test_the_nearest_crew_is_sent_and_a_tie_goes_to_the_first():
    crews = [crew(0, node=0), crew(1, node=20), crew(2, node=20)]
    assert nearest(view(), case(18), crews) == 1
    assert nearest(view(), case(10), crews) == 0


def test_nobody_is_sent_where_no_road_leads():
    assert nearest(view(), case(950), [crew(0)]) is None


def test_a_silo_waits_for_its_own_crew_though_another_is_nearer():
    far, near = crew(0, node=0, district=1), crew(1, node=19, district=0)
    assert own_district(view(), case(20, district=1), [far, near]) == 0
    assert own_district(view(), case(20, district=2), [far, near]) is None


def test_ranks_put_the_oldest_and_the_largest_first():
    assert first_reported(view(), case(1)) > first_reported(view(), case(2))
    assert largest_diameter(view(), case(1, diameter_m=0.6)) > largest_diameter(view(), case(2, diameter_m=0.3))


def test_customer_hours_saved_are_divided_by_the_hours_of_the_crew():
    def what_if(actions, horizon_s):
        assert horizon_s == 3600.0
        return {(): 100.0, (Assign(crew=1, case=5),): 40.0}[tuple(actions)]

    seen = view([case(5)], [crew(1)], what_if=what_if, crew_hours=lambda action: 8.0)
    assert customer_hours_saved(seen, case(5), look_ahead=3600.0) == pytest.approx(60.0 / 8.0)


def test_a_case_that_no_idle_crew_can_reach_ranks_last():
    assert customer_hours_saved(view(crews=[crew(1, is_idle=False)]), case(5), look_ahead=1.0) == -math.inf


@pytest.mark.parametrize(("isolated", "left", "helps"), [(1.0, 2.0, True), (2.0, 1.0, False), (1.0, 1.0, True)])
def test_isolation_is_chosen_where_it_costs_no_more(isolated, left, helps):
    def what_if(actions, horizon_s):
        return isolated if isinstance(actions[0], Isolate) else left

    located = case(1, state=CaseState.LOCATED)
    assert when_it_helps(view(what_if=what_if), located) is helps
    assert always(view(), located) and not never(view(), located)


def test_levers_decide_on_the_located_first_and_give_each_crew_one_case():
    levers = Levers(dispatch=nearest, order=largest_diameter, isolate=never)
    cases = [
        case(1, diameter_m=0.1),
        case(2, diameter_m=0.9),
        case(3, diameter_m=0.5),
        case(4, state=CaseState.LOCATED, crew=2),
    ]
    actions = levers.decide(view(cases, [crew(0), crew(1), crew(2, is_idle=False)]))
    assert actions == [Repair(case=4), Assign(crew=0, case=2), Assign(crew=1, case=3)]


def test_a_crew_that_cannot_repair_is_not_sent():
    levers = Levers(dispatch=nearest, order=first_reported, isolate=always)
    assert levers.decide(view([case(1)], [crew(0, skills=("isolate",))])) == []


def test_a_single_case_is_not_ranked():
    def ranked(view, case):
        raise AssertionError("asked for a rank")

    levers = Levers(dispatch=nearest, order=ranked, isolate=always)
    assert levers.decide(view([case(1)], [crew(0)])) == [Assign(crew=0, case=1)]
