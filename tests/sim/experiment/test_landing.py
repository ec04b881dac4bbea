"""Files appear whole, once, and with one content."""

import errno
import os

import pytest

from sim.experiment.landing import land, replace, sweep


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def writing(content):
    return lambda path: path.write_bytes(content)


def test_the_first_lands_and_the_second_finds_the_same_bytes(tmp_path):
    assert land(tmp_path / "a", writing(b"1"))
    assert not land(tmp_path / "a", writing(b"1"))
    assert (tmp_path / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["a"]


def test_other_bytes_under_the_same_name_are_an_error(tmp_path):
    land(tmp_path / "a", writing(b"1"))
    with pytest.raises(AssertionError, match="twice with different bytes"):
        land(tmp_path / "a", writing(b"2"))
    assert (tmp_path / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["a"]


def test_a_file_system_without_hard_links_gives_the_same(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EPERM, "no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    test_the_first_lands_and_the_second_finds_the_same_bytes(tmp_path)


def test_a_writer_that_fails_leaves_nothing(tmp_path):
    def fail(path):
        path.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        land(tmp_path / "a", fail)
    assert names(tmp_path) == []


def test_replacing_keeps_the_old_file_until_the_new_one_is_whole(tmp_path, monkeypatch):
    replace(tmp_path / "a", b"old")

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            replace(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    replace(tmp_path / "a", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new"}


def test_sweeping_removes_only_what_is_unfinished(tmp_path):
    (tmp_path / ".a.77.partial").touch()
    (tmp_path / "a").touch()
    (tmp_path / ".hidden").touch()
    sweep(tmp_path)
    assert names(tmp_path) == [".hidden", "a"]
