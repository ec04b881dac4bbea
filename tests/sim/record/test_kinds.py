"""The table of kinds is whole, and no kind that a log relies on is missing."""

from sim.record.kinds import KINDS, CrewState, Kind

LIFE_OF_A_CASE = (
    "OCCURRED SENSED CALLED PATROLLED REGISTERED TRIAGED DISPATCHED BOUNCED ACCEPTED EN_ROUTE ON_SITE LOCATED "
    "NOTHING_FOUND ISOLATED WORK_BEGAN HANDLED VERIFIED CLOSED REOPENED"
)


def test_every_kind_is_explained_in_one_sentence():
    assert [info.kind for info in KINDS] == list(Kind)
    assert [int(info.kind) for info in KINDS] == list(range(len(Kind)))
    assert all(info.meaning.endswith(".") for info in KINDS)
    assert set(LIFE_OF_A_CASE.split()) <= {kind.name for kind in Kind}


def test_the_steps_are_the_states():
    steps = {info.kind.name: (info.unit, info.place) for info in KINDS if info.is_step}
    assert steps == {
        "SERVICE": ("1", "node"),
        "LEAK": ("m3/s", "link"),
        "UNDELIVERED": ("m3/s", ""),
        "DEMAND": ("m3/s", ""),
        "CREW_STATE": ("", "any"),
        "LINK_CLOSED": ("1", "link"),
        "ROAD_CLOSED": ("1", "street"),
        "ROAD_DEPTH": ("m", "street"),
    }


def test_states_of_a_crew_have_the_codes_that_logs_hold():
    assert [state.name for state in sorted(CrewState)] == [
        "OFF", "IDLE", "TURNOUT", "DRIVING", "ON_SITE", "WORKING", "RETURNING",
    ]  # fmt: skip
