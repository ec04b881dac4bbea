"""Whatever is typed into a scenario: it loads, or it is told where it is wrong; nothing else happens."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import CityOpsError
from sim.scenario.loading import load
from sim.scenario.resolved import resolved_yaml

PIECES = [
    "", "\t", "\n", "  ", ":", ": ", "- ", "[", "]", "{", "}", "'", '"', "&a ", "*a", "<<: ", "!x ", "? ", "~", "null",
    "true", "-1", "0", "1e999", "010", "05:00", "é", "\x00", "\u2028", "include: x.yaml", "python: x.py:y", "10 %",
    "exactly 3", "{lognormal: {median: 6 h}}", "[]", "{}", "node J1", "#", "|", ">", "%", "@", "---\n", "...",
]  # fmt: skip


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, int, str]]:
    """Places (as shares of the text), how much is cut there, and what is put in."""
    edit = st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES) | st.text(max_size=4))
    return draw(st.lists(edit, min_size=1, max_size=4))


def edited(text: str, changes: list[tuple[float, int, str]]) -> str:
    for share, cut, piece in changes:
        place = int(share * len(text))
        text = text[:place] + piece + text[place + cut :]
    return text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=edits())
def test_any_edit_loads_or_is_told_with_its_place(
    changes: list[tuple[float, int, str]], right: str, tmp_path: Path
) -> None:
    (tmp_path / "net.inp").write_text("")
    path = tmp_path / "x.yaml"
    text = edited(right, changes)
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    try:
        scenario = load(path)
    except CityOpsError as error:
        lines = 1 + sum(text.count(end) for end in "\n\r\x85\u2028\u2029")
        for mistake in error.mistakes:
            assert mistake.what and "pydantic" not in str(mistake)
            assert mistake.line is None or 1 <= mistake.line <= lines + 1, mistake
            assert mistake.line is not None or mistake.what in ("is empty", "is nested too deeply"), mistake
    else:
        path.write_text(resolved_yaml(scenario), encoding="utf-8")
        assert load(path) == scenario


KEYS = ["seed", "compare.replications.at most", "sensors.0.pressure.at", "policies.siloed.order", "hazards.0.bursts"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(PIECES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.sampled_from(KEYS), value=VALUES)
def test_any_value_from_python_loads_or_is_told(key: str, value: object, right: str, tmp_path: Path) -> None:
    (tmp_path / "net.inp").write_text("")
    path = tmp_path / "x.yaml"
    path.write_text(right)
    try:
        load(path, {key: value})
    except CityOpsError as error:
        assert all(str(mistake.file).startswith("--set") for mistake in error.mistakes), error
