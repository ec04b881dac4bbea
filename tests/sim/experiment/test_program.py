"""What made a result."""

from sim.experiment import program


def test_the_manifest_names_versions_and_host():
    assert set(program.program()) == {"cityops", "build"}
    assert {"python", "numpy", "simpy", "owa-epanet"} <= set(program.libraries())
    assert program.host()["cores"] >= 1


def test_the_build_covers_sources_and_kernels_but_nothing_that_only_shows():
    names = [path.relative_to(root).as_posix() for root, path in program._parts()]
    assert {"world/clock.py", "experiment/statistics.py", "errors.py"} <= set(names)
    assert any(name.startswith("draws.") and name.endswith((".so", ".pyd")) for name in names)
    assert not [name for name in names if name.startswith(("report/", "cli/"))]


def test_one_changed_byte_changes_the_build(tmp_path):
    source = tmp_path / "a.py"
    digests = []
    for text in ("x = 1\n", "x = 2\n", "x = 1\n"):
        source.write_text(text)
        digests.append(program._digest([(tmp_path, source)]))
    assert digests[0] == digests[2] != digests[1]
