"""What a comparison says in words: one sentence that a planner understands, and what to be careful about."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from sim.experiment.assessment import BASELINE, Question, Row
from sim.experiment.statistics import STRONG_SKEWNESS

_OPEN = "cases open at the end"


def rows_of(table: pd.DataFrame) -> list[Row]:
    """The rows of a table of comparisons, as records."""
    return [Row(**{str(key): value for key, value in record.items()}) for record in table.to_dict("records")]


def sentence(table: pd.DataFrame, question: Question, *, replications: int) -> str:
    """The answer in one sentence: every policy against the baseline on the indicator in question."""
    rows = [row for row in rows_of(table) if row.verdict != BASELINE]
    if not rows:
        return f"There is no policy to compare with {question.baseline}."
    subjects = [question.indicator, *["this"] * (len(rows) - 1)]
    clauses = [_clause(row, subject, question) for row, subject in zip(rows, subjects, strict=True)]
    return f"Compared with {question.baseline} over {replications} paired replications, {'; '.join(clauses)}."


def cautions(
    table: pd.DataFrame, secondary: pd.DataFrame, *, replications: int, delta: float | None, too_wide: bool
) -> list[str]:
    """What weakens the answer, one sentence each; empty if nothing is known to."""
    rows = [row for row in rows_of(table) if row.verdict != BASELINE]
    found = [*_weak_intervals(rows), *_missing(rows, replications), *_cut_off(secondary)]
    if too_wide:
        found.append("The most replications were made before every interval was narrow enough: more would tell more.")
    if delta == 0.0:
        found.append("The difference that matters is a share of 0, the baseline's mean: nothing can be equivalent.")
    return found


def number(value: float) -> str:
    """A number with three significant digits and thousands separated."""
    return _alike([value], _decimals([value], 3))[0]


def percent(share: float) -> str:
    """A share in per cent, without the sign: whole from 10 upwards, else with two significant digits."""
    return _percents([share])[0]


def _percents(shares: Sequence[float]) -> list[str]:
    values = [100.0 * share for share in shares]
    return _alike(values, max(0, _decimals(values, 2)))


def _decimals(values: Sequence[float], significant: int) -> int:
    """How many decimals the largest of the values needs; negative where even whole numbers have digits to spare."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    if largest == 0.0:
        return 0
    rounded = float(f"{largest:.{significant - 1}e}")  # 9.99 may become 10.0
    return significant - 1 - math.floor(math.log10(rounded))


def _alike(values: Sequence[float], decimals: int) -> list[str]:
    """The values with the same decimals, and none of them minus zero."""
    return [f"{round(value, decimals) + 0.0:,.{max(decimals, 0)}f}" for value in values]


def _clause(row: Row, subject: str, question: Question) -> str:
    if row.verdict == "identical":
        return f"{row.policy} leaves {subject} exactly as it is: identical"
    if math.isnan(row.low):
        return f"{row.policy} may change {subject} by an unknown amount: {row.verdict}"
    sign = -1.0 if row.better == "lower" else 1.0
    low, high = sorted((sign * row.low, sign * row.high))
    confidence = f"{percent(question.confidence)} % interval"
    if row.verdict == "undecided":
        interval = _range(row, low, high, signed=True)
        return f"{row.policy} may change {subject} by {interval} ({confidence}): undecided"
    if row.verdict == "equivalent":
        interval = _range(row, low, high, signed=True)
        return f"{row.policy} changes {subject} by {interval} ({confidence}): equivalent within what matters"
    change = sign * row.difference
    low, high = (low, high) if change > 0 else (-high, -low)
    verb = "raises" if change > 0 else "lowers"
    interval = _range(row, low, high, signed=low < 0.0)
    return f"{row.policy} {verb} {subject} by {_amount(row, abs(change))} ({confidence} {interval}): {row.verdict}"


def _amount(row: Row, value: float) -> str:
    scale = _scale(row)
    return f"{number(value)} {row.unit}".rstrip() if scale is None else f"{percent(value * scale)} %"


def _range(row: Row, low: float, high: float, *, signed: bool) -> str:
    scale = _scale(row)
    unit = row.unit if scale is None else "%"
    both = [low, high]
    ends = _alike(both, _decimals(both, 3)) if scale is None else _percents([end * scale for end in both])
    if signed:
        ends = [_signed(end) for end in ends]
    return f"{ends[0]} to {ends[1]} {unit}".rstrip()


def _signed(written: str) -> str:
    """A written number with its sign, unless it is 0."""
    if written.startswith("-"):
        return written.replace("-", "−")
    return f"+{written}" if written.strip("0.") else written


def _scale(row: Row) -> float | None:
    """What turns a difference into a share of the baseline's mean; None where that is 0."""
    if math.isnan(row.share_high) or row.high == row.low == 0.0:
        return None
    return row.share_high / row.high if row.high != 0.0 else row.share_low / row.low


def _weak_intervals(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if abs(row.skewness) > STRONG_SKEWNESS:
            yield (
                f"The differences of {row.policy} are strongly skewed ({row.skewness:.1f}): its interval covers less"
                " than it claims; compare the bootstrap interval."
            )
        if row.verdict in ("better", "worse") and row.bootstrap_low <= 0.0 <= row.bootstrap_high:
            yield f"The bootstrap interval of {row.policy} includes no difference: take its verdict with care."


def _missing(rows: Iterable[Row], replications: int) -> Iterator[str]:
    for row in rows:
        if row.pairs < replications:
            yield f"{row.policy} has a value in only {row.pairs} of {replications} pairs."


def _cut_off(secondary: pd.DataFrame) -> Iterator[str]:
    still_open = secondary[(secondary["indicator"] == _OPEN) & (secondary["mean"] > 0.0)]
    if len(still_open):
        each = ", ".join(f"{row['policy']} {number(row['mean'])}" for _, row in still_open.iterrows())
        yield f"Cases are open at the end ({each} on average): the clock stops before the city has recovered."
