"""Names, places and notes."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from kescape.run.errors import RunNotFound, RunUnwritable
from kescape.run.folder import (
    check_run_name,
    find_run,
    known_runs,
    new_run_folder,
    remember_run,
    runs_folder,
    storage_warning,
)


def _make_run(folder):
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("", "utf-8")
    return folder


def test_where_runs_are_kept(monkeypatch, tmp_path):
    """The argument, then the environment, then the home folder."""
    monkeypatch.setenv("KESCAPE_RUNS", str(tmp_path / "env"))
    assert runs_folder(tmp_path / "arg") == tmp_path / "arg"
    assert runs_folder() == tmp_path / "env"
    monkeypatch.delenv("KESCAPE_RUNS")
    assert runs_folder() == Path.home() / "KEscape" / "runs"


def test_a_run_is_never_overwritten(tmp_path):
    """first, first-2, first-3; an empty folder may be used, a file of that name is left alone."""
    assert new_run_folder(tmp_path / "runs", "first", "x") == _touch(tmp_path / "runs" / "first")
    assert new_run_folder(tmp_path / "runs", "first", "x") == _touch(tmp_path / "runs" / "first-2")
    assert new_run_folder(tmp_path / "runs", "first", "x").name == "first-3"
    (tmp_path / "empty").mkdir()
    assert new_run_folder(tmp_path, "empty", "x") == tmp_path / "empty"
    (tmp_path / "file").write_text("mine", "utf-8")
    assert new_run_folder(tmp_path, "file", "x") == tmp_path / "file-2"
    assert new_run_folder(tmp_path, None, "default").name == "default"


def _touch(folder):
    (folder / "config.toml").write_text("", "utf-8")
    return folder


def test_a_place_where_no_folder_can_be(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(RunUnwritable, match="cannot be created"):
        new_run_folder(tmp_path / "file" / "runs", "a", "a")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "must not be empty"),
        ("  ", "must not be empty"),
        ("a/b", "must not contain '/'"),
        ("..", "must not start with a dot"),
        (".hidden", "must not start with a dot"),
        ("end.", "or end with a dot"),
        ("a\nb", "must not contain"),
        ("what?", r"must not contain '\?'"),
        ("CON", "device name"),
        ("nul.txt", "device name"),
        ("é" * 121, "at most 240 bytes"),
        ("a\udcff", "must be text"),
    ],
)
def test_names_that_some_system_refuses(name, reason):
    with pytest.raises(ValueError, match=f"the name of a run .*{reason}.*; got"):
        check_run_name(name)


@pytest.mark.parametrize("name", ["first", "with spaces", "café #1", "x" * 200, "console", "v1.2"])
def test_names_that_all_systems_take(name, tmp_path):
    assert new_run_folder(tmp_path, name, "x").name == name


def test_a_name_that_no_file_system_takes_is_just_not_found(tmp_path):
    """Too long to be asked for: no run has that name."""
    with pytest.raises(RunNotFound, match="There is no run"):
        find_run("x" * 5000, tmp_path)
    with pytest.raises(RunNotFound, match="There is no run '~nobody-of-that-name/first'"):
        find_run("~nobody-of-that-name/first", tmp_path)


def test_finding_a_run(tmp_path, monkeypatch):
    """By name, by absolute and relative path, by a remembered name; else with what was searched and a guess."""
    runs = tmp_path / "runs"
    first = _make_run(runs / "first")
    away = _make_run(tmp_path / "away" / "elsewhere")
    remember_run(away)
    monkeypatch.chdir(tmp_path)

    assert find_run("first", runs) == first
    assert find_run(str(first), runs) == first
    assert find_run("away/elsewhere", runs) == away
    assert find_run("elsewhere", runs) == away
    with pytest.raises(RunNotFound, match=r"no run 'frist': looked at .*runs/frist.* Did you mean 'first'\?"):
        find_run("frist", runs)
    with pytest.raises(RunNotFound, match="no run 'zzz'"):
        find_run("zzz", tmp_path / "no such folder")


def test_remembered_runs(tmp_path):
    """Each once; what is gone is left out; damage in the notes harms nobody."""
    one, two = _make_run(tmp_path / "é #1"), _make_run(tmp_path / "two")
    for run in (two, one, two):
        remember_run(run)
    assert known_runs() == sorted([one, two])
    (two / "config.toml").unlink()
    assert known_runs() == [one]

    import os

    notes = Path(os.environ["KESCAPE_HOME"]) / "known-runs"
    assert len(list(notes.iterdir())) == 2
    (notes / "bad.txt").write_bytes(b"\x00\xff\x00")
    (notes / "empty.txt").write_bytes(b"")
    assert known_runs() == [one]


def test_a_home_that_cannot_be_written_stops_no_run(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("KESCAPE_HOME", str(tmp_path / "file"))
    remember_run(_make_run(tmp_path / "run"))
    assert known_runs() == []


def test_synced_and_network_folders_are_warned_about(tmp_path, monkeypatch):
    """By the names that the services give their folders, and by the file system."""
    assert storage_warning(tmp_path) is None
    for name in ("Dropbox (Personal)", "OneDrive - Uni", "Mobile Documents"):
        assert "synced" in storage_warning(tmp_path / name / "runs")
    disks = [
        SimpleNamespace(mountpoint="/", fstype="ext4"),
        SimpleNamespace(mountpoint=str(tmp_path / "share"), fstype="nfs4"),
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: disks)
    assert "network drive (nfs4)" in storage_warning(tmp_path / "share" / "runs")
    assert storage_warning(tmp_path / "shared") is None
