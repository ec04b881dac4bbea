"""What is said, and in which words."""

import math

import pandas as pd
import pytest

from sim.experiment.assessment import Question, Row
from sim.experiment.wording import cautions, number, percent, sentence

ASKED = Question(baseline="siloed", policies=("siloed", "p"), indicator="customer hours without water", confidence=0.95)


def row(**changes):
    """A row in which the policy saves 30 of 100 customer hours."""
    given = {
        "indicator": ASKED.indicator, "unit": "customer h", "better": "lower", "policy": "p",
        "mean": 70.0, "mean_low": 60.0, "mean_high": 80.0, "p90": 90.0, "pairs": 40,
        "difference": 30.0, "low": 20.0, "high": 40.0, "share": 0.3, "share_low": 0.2, "share_high": 0.4,
        "bootstrap_low": 21.0, "bootstrap_high": 41.0, "variance_ratio": 9.0, "skewness": 0.1, "p": 0.001,
        "verdict": "better",
    }  # fmt: skip
    return Row(**{**given, **changes})


def said(*rows, asked=ASKED):
    return sentence(pd.DataFrame([{k: getattr(r, k) for k in Row.__slots__} for r in rows]), asked, replications=40)


def clause(**changes):
    whole = said(row(policy="siloed", verdict="baseline"), row(**changes))
    begin = "Compared with siloed over 40 paired replications, p "
    assert whole.startswith(begin) and whole.endswith(".")
    return whole[len(begin) : -1].replace("customer hours without water", "it")


def test_better_lowers_what_should_be_low_and_raises_what_should_be_high():
    assert clause() == "lowers it by 30 % (95 % interval 20 to 40 %): better"
    assert clause(better="higher") == "raises it by 30 % (95 % interval 20 to 40 %): better"
    assert clause(better="") == "raises it by 30 % (95 % interval 20 to 40 %): better"


def test_worse_is_the_other_way():
    turned = {
        "difference": -30.0, "low": -40.0, "high": -20.0, "share": -0.3, "share_low": -0.4, "share_high": -0.2,
    }  # fmt: skip
    assert clause(**turned, verdict="worse") == "raises it by 30 % (95 % interval 20 to 40 %): worse"
    assert clause(**turned, better="higher", verdict="worse") == "lowers it by 30 % (95 % interval 20 to 40 %): worse"


def test_what_is_undecided_or_equivalent_may_go_either_way():
    around = {"difference": 3.0, "low": -5.0, "high": 11.0, "share": 0.03, "share_low": -0.05, "share_high": 0.11}
    assert clause(**around, verdict="undecided") == "may change it by −11 to +5 % (95 % interval): undecided"
    assert (
        clause(**around, better="higher", verdict="equivalent")
        == "changes it by −5 to +11 % (95 % interval): equivalent within what matters"
    )


def test_no_mean_difference_still_has_an_interval_in_per_cent():
    around = {"difference": 0.0, "low": -5.0, "high": 5.0, "share": 0.0, "share_low": -0.05, "share_high": 0.05}
    assert clause(**around, verdict="undecided") == "may change it by −5.0 to +5.0 % (95 % interval): undecided"


def test_both_ends_of_an_interval_have_the_decimals_of_the_larger():
    ends = {"difference": 2.0, "low": 0.021, "high": 4.04, "share": 0.02, "share_low": 0.00021, "share_high": 0.0404}
    assert clause(**ends, verdict="equivalent").startswith("changes it by −4.0 to 0.0 % (")


def test_no_difference_at_all_is_said_to_be_identical():
    nothing = {"difference": 0.0, "low": 0.0, "high": 0.0, "share": 0.0, "share_low": 0.0, "share_high": 0.0}
    assert clause(**nothing, verdict="identical") == "leaves it exactly as it is: identical"


def test_where_the_baseline_is_zero_the_unit_is_used():
    nan = math.nan
    unknown = {"share": nan, "share_low": nan, "share_high": nan}
    assert clause(**unknown) == "lowers it by 30.0 customer h (95 % interval 20.0 to 40.0 customer h): better"
    around = {"difference": 3.0, "low": -5.0, "high": 11.0}
    assert (
        clause(**unknown, **around, verdict="undecided")
        == "may change it by −11.0 to +5.0 customer h (95 % interval): undecided"
    )


def test_without_any_value_the_interval_is_unknown():
    nan = math.nan
    nothing = dict.fromkeys(("difference", "low", "high", "share", "share_low", "share_high"), nan)
    assert clause(**nothing, verdict="undecided") == "may change it by an unknown amount: undecided"


def test_a_family_of_policies_is_one_sentence_that_names_the_indicator_once():
    whole = said(row(), row(policy="q"), row(policy="siloed", verdict="baseline"))
    assert whole.count("customer hours without water") == 1
    assert "; q lowers this by 30 %" in whole


def test_one_policy_alone_has_nothing_to_be_compared_with():
    assert said(row(verdict="baseline")) == "There is no policy to compare with siloed."


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (0.012345, "0.0123"),
        (-4.5678, "-4.57"),
        (123.45, "123"),
        (98765.4, "98,800"),
        (999.9, "1,000"),
        (math.inf, "inf"),
    ],
)
def test_numbers_have_three_significant_digits(value, written):
    assert number(value) == written


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.0, "0"), (0.314, "31"), (0.0999, "10"), (0.0314, "3.1"), (0.00314, "0.31"), (12.0, "1,200")],
)
def test_shares_are_whole_per_cent_above_ten(share, written):
    assert percent(share) == written


def table(*rows):
    return pd.DataFrame([{k: getattr(r, k) for k in Row.__slots__} for r in rows], columns=list(Row.__slots__))


def warned(*rows, secondary=(), **changes):
    given = {"replications": 40, "delta": 5.0, "too_wide": False} | changes
    return cautions(table(row(policy="siloed", verdict="baseline"), *rows), table(*secondary), **given)


def test_nothing_to_be_careful_about_is_an_empty_list():
    assert warned(row()) == []


def test_each_weakness_has_its_warning():
    assert "strongly skewed (-1.3)" in warned(row(skewness=-1.3))[0]
    assert "bootstrap interval of p includes no difference" in warned(row(bootstrap_low=-1.0))[0]
    assert "only 39 of 40 pairs" in warned(row(pairs=39))[0]
    assert "more would tell more" in warned(row(), too_wide=True)[0]
    assert "share of 0" in warned(row(), delta=0.0)[0]


def test_cases_left_open_at_the_end_are_told():
    still = row(indicator="cases open at the end", mean=0.25)
    none = row(indicator="cases open at the end", mean=0.0, policy="q")
    assert warned(row(), secondary=[still, none]) == [
        "Cases are open at the end (p 0.250 on average): the clock stops before the city has recovered."
    ]
