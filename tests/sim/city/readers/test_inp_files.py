"""Where EPANET files are found, and what is said where there is none."""

import gzip
import importlib.util
from pathlib import Path

import pytest

from sim.city.readers.inp_files import locate
from sim.city.water import WaterNetwork
from sim.errors import CityOpsError, MissingExtra


def test_a_packed_file_is_the_same_network(write_inp, tmp_path):
    path = write_inp()
    packed = tmp_path / "town.inp.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    network = WaterNetwork.from_inp(packed)
    assert network.name == "town"
    assert network.node_names == WaterNetwork.from_inp(str(path)).node_names


def test_a_network_inside_wntr_is_found_without_importing_it(tmp_path):
    network = WaterNetwork.from_inp("wntr:Net3")
    assert (network.name, network.n_nodes, network.n_links) == ("Net3", 97, 119)
    assert locate("wntr:Net3") == locate("wntr:Net3.inp")


def test_an_unknown_network_of_wntr_is_answered_with_the_nearest():
    with pytest.raises(CityOpsError, match="did you mean 'wntr:Net3'") as caught:
        locate("wntr:Nett3")
    assert "wntr:Net1" in str(caught.value)


def test_a_missing_wntr_is_answered_with_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "cityops\[examples\]"'):
        locate("wntr:Net3")


def test_a_missing_file_is_answered_with_its_like(write_inp):
    path = write_inp()
    with pytest.raises(CityOpsError, match="there is no such file") as caught:
        locate(path.with_name("smal.inp"))
    assert caught.value.mistakes[0].nearest == str(path)
    with pytest.raises(CityOpsError, match="there is no such file"):
        locate("/nowhere/at/all.inp")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \r\n", "is empty"),
        (b"\x7fELF\x00\x00", "is not a text file"),
        ("[JUNCTIONS]\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        (b"\x1f\x8b\x08\x00broken", "cannot be read"),
        (b"just some words\n", "EPANET error 223"),
        (b"[TITLE]\nnothing else\n", "EPANET error 223"),
    ],
)
def test_what_is_no_epanet_file_is_named_as_what_it_is(tmp_path: Path, content, said):
    path = tmp_path / "x.inp"
    path.write_bytes(content)
    with pytest.raises(CityOpsError, match=said) as caught:
        WaterNetwork.from_inp(path)
    assert {mistake.file for mistake in caught.value.mistakes} == {str(path)}


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CityOpsError, match="is a folder"):
        WaterNetwork.from_inp(tmp_path)


def test_nothing_is_left_behind(write_inp, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    WaterNetwork.from_inp(write_inp())
    with pytest.raises(CityOpsError):
        WaterNetwork.from_inp(write_inp(replace=(("R A", "R Z"),)))
    assert list(scratch.iterdir()) == []
