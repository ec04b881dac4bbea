"""What is written as a SWMM file is read again as the same drains."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.city.drainage import Curve, Drainage, DrainLinkKind
from sim.city.writers.swmm import inp_text
from sim.errors import CityOpsError
from tests.sim.city.swmm_files import EVERYTHING, differences


@pytest.fixture
def drains(tmp_path: Path) -> Drainage:
    path = tmp_path / "everything.inp"
    path.write_text(EVERYTHING, encoding="utf-8")
    return Drainage.from_inp(path)


@pytest.mark.parametrize("flow_units", ["CMS", "LPS", "MLD"])
def test_what_is_written_is_read_again(drains: Drainage, tmp_path: Path, flow_units: str) -> None:
    path = drains.to_inp(tmp_path / "again.inp", flow_units=flow_units)
    assert differences(drains, Drainage.from_inp(path)) == []


@pytest.mark.parametrize("name", ["extran1", "extran3", "CoS-Reduced-Outlets"])
def test_published_models_are_written_and_read_again(data: Path, tmp_path: Path, name: str) -> None:
    drains = Drainage.from_inp(data / "storm" / f"{name}.inp.gz")
    assert differences(drains, Drainage.from_inp(drains.to_inp(tmp_path / "again.inp"))) == []


def test_a_difference_is_seen(drains: Drainage) -> None:
    """A comparison that found nothing would always be content."""
    other = replace(drains, invert_m=drains.invert_m * (1.0 + 1e-11), name="other", rain=drains.rain[:1])
    assert differences(drains, other) == [".name", ".invert_m", ".rain"]


def test_writing_twice_gives_the_same_bytes(drains: Drainage, tmp_path: Path) -> None:
    first = inp_text(drains)
    again = Drainage.from_inp(drains.to_inp(tmp_path / "again.inp"))
    assert inp_text(again) == first


def test_a_rough_force_main_and_times_between_seconds_come_back(drains: Drainage, tmp_path: Path) -> None:
    options = replace(drains.options, force_main="D-W")
    inflow = Curve(name="storm", x=np.array([0.5, 1800.25]), y=np.array([0.0, 1.0]))
    changed = replace(drains, options=options, inflow_series=(inflow,))
    again = Drainage.from_inp(changed.to_inp(tmp_path / "again.inp"))
    assert differences(again.geometry, drains.geometry) == []
    (series,) = again.inflow_series  # its name is changed where it is no other's than a gage's
    assert series.x.tolist() == pytest.approx([0.5, 1800.25])


def test_two_series_of_one_name_are_told_apart(drains: Drainage, tmp_path: Path) -> None:
    one, two = (Curve(name="G1", x=np.array([0.0, 60.0]), y=np.array([0.0, y])) for y in (1.0, 2.0))
    changed = replace(drains, inflow_node=np.array([0, 1], dtype=np.int32), inflow_series=(one, two))
    again = Drainage.from_inp(changed.to_inp(tmp_path / "again.inp"))
    assert [series.y[1] for series in again.inflow_series] == [1.0, 2.0]
    assert len({series.name for series in again.inflow_series} | {"G1"}) == 3


def test_rain_of_one_value_holds_for_an_hour(drains: Drainage, tmp_path: Path) -> None:
    rain = tuple(Curve(name=r.name, x=np.array([0.0]), y=np.array([1e-6])) for r in drains.rain)
    again = Drainage.from_inp(replace(drains, rain=rain).to_inp(tmp_path / "again.inp"))
    assert again.rain[0].x.tolist() == [0.0, 3600.0]
    assert again.rain[0].y.tolist() == pytest.approx([1e-6, 0.0])


def _renamed(drains: Drainage, name: str) -> Drainage:
    return replace(drains, node_names=(name, *drains.node_names[1:]))


WRONG: dict[str, Callable[[Drainage], Drainage]] = {
    "SWMM has no node of such a name, found 'a b'": lambda d: _renamed(d, "a b"),
    "SWMM has no node of such a name, found 'a;b'": lambda d: _renamed(d, "a;b"),
    "two nodes have names": lambda d: _renamed(d, "j2"),
    "one series of inflow at a node, found two at J1": lambda d: replace(
        d, inflow_node=np.zeros(2, dtype=np.int32), inflow_series=d.inflow_series * 2
    ),
    "the reporting step in whole seconds": lambda d: replace(d, options=replace(d.options, report_step_s=0.5)),
    "rain at whole seconds": lambda d: replace(
        d, rain=tuple(replace(r, x=r.x + np.arange(len(r.x)) / 4) for r in d.rain)
    ),
    "no curve that is both STORAGE and PUMP1": lambda d: replace(
        d, pump_curve=np.where(d.pump_curve >= 0, d.storage_curve.max(), -1).astype(np.int32)
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_what_swmm_cannot_hold_is_refused(drains: Drainage, message: str) -> None:
    with pytest.raises(CityOpsError, match=message):
        inp_text(WRONG[message](drains))


def test_only_metric_units_are_written(drains: Drainage) -> None:
    with pytest.raises(CityOpsError, match="metric flow units, found CFS; accepted: CMS, LPS, MLD"):
        inp_text(drains, flow_units="CFS")


def test_a_section_begins_anew_where_the_kind_changes(drains: Drainage) -> None:
    text = inp_text(drains)
    assert text.count("[JUNCTIONS]") == 2
    assert text.count("[PUMPS]") == 1
    assert (drains.link_kind == DrainLinkKind.PUMP).sum() == 5
