"""EPANET's complaints about a file come with the lines they are about."""

import pytest

from sim.city.readers.epanet import read_inp
from sim.city.readers.inp_errors import mistakes_in
from sim.errors import CityOpsError


def mistakes(path):
    with pytest.raises(CityOpsError) as caught:
        read_inp(path)
    return caught.value.mistakes


def line_of(path, text):
    return next(n for n, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_all_mistakes_of_a_file_come_at_once_with_their_lines(write_inp):
    replaced = (("P1 R A", "P1 R Z"), ("500 200", "500 -200"), ("Units LPS", "Units litres"))
    path = write_inp(replace=replaced)
    found = mistakes(path)
    assert [m.line for m in found] == [line_of(path, "P1 R Z"), line_of(path, "-200"), line_of(path, "litres")]
    assert "203" in found[0].what
    assert "undefined node Z" in found[0].what
    assert found[0].file == str(path)
    assert found[0].found == repr("P1 R Z 1000 300 100 0.5 Open")


def test_the_line_is_looked_for_in_the_section_that_epanet_names(write_inp):
    path = write_inp("[DEMANDS]", "P1 R Z", "[TAGS]", "P1 R Z", replace=(("P1 R A", "P1 R A"),))
    (mistake,) = mistakes(path)
    assert mistake.line == line_of(path, "[DEMANDS]") + 1


@pytest.mark.parametrize(
    ("more", "replaced", "said", "at"),
    [
        ((), ("T 30 2 1 5", "T 30 9 1 5"), "225", "T 30 9"),
        (("[PUMPS]", "U R A HEAD C", "[CURVES]", "C 0 10", "C 1 20", "C 2 30"), ("A 10", "A 10"), "227", "U R A"),
        (("[CURVES]", "C 1 10", "C 1 5"), ("A 10", "A 10"), "230", "C 1 10"),
    ],
)
def test_what_epanet_finds_only_afterwards_is_placed_at_the_definition(write_inp, more, replaced, said, at):
    path = write_inp(*more, replace=(replaced,))
    (mistake,) = mistakes(path)
    assert said in mistake.what
    assert mistake.line == line_of(path, at)


def test_an_unconnected_junction_is_placed_at_its_line(write_inp):
    path = write_inp(replace=(("B 20 2.5", "B 20 2.5\nLonely 5 0"),))
    (mistake,) = mistakes(path)
    assert "unconnected node" in mistake.what
    assert mistake.line == line_of(path, "Lonely")


def test_a_report_without_detail_leaves_what_epanet_raised():
    (mistake,) = mistakes_in("", "", file="x.inp", fallback="Error 101: insufficient memory available")
    assert str(mistake) == "x.inp: EPANET error 101: insufficient memory available"
    (mistake,) = mistakes_in("", "", file="x.inp", fallback="something else")
    assert str(mistake) == "x.inp: EPANET: something else"


def test_a_line_that_is_nowhere_in_the_source_is_still_reported():
    report = "Error 201: syntax error in [PIPES] section:\n  not there\n"
    (mistake,) = mistakes_in(report, "[PIPES]\n", file="x.inp", fallback="")
    assert mistake.line is None
    assert mistake.found == "'not there'"
