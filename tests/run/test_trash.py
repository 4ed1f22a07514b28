"""Runs are thrown away so that they can be had back; nothing is ever erased."""

import os
import subprocess
import sys
import time

import pytest

import kescape.run.trash as trash
from kescape.run.errors import RunLocked, RunMixed, RunNotFound, RunUnwritable
from kescape.run.folder import known_runs, remember_run
from kescape.run.listing import list_runs
from kescape.run.lock import EngineLock
from kescape.run.trash import leftovers, put_back, send_to_trash, set_aside


@pytest.fixture
def system_trash(monkeypatch, tmp_path):
    """A trash of the system, which gets what is sent there."""
    place = tmp_path / "trash"
    place.mkdir()

    def take(path):
        path.rename(place / path.name)

    monkeypatch.setattr("send2trash.send2trash", take)
    return place


@pytest.fixture
def no_trash(monkeypatch):
    def refuse(path):
        raise OSError(38, "there is no trash on this file system")

    monkeypatch.setattr("send2trash.send2trash", refuse)


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_aside_it_is_listed_nowhere_and_comes_back_as_it_was(recorded, tmp_path):
    before = content(recorded)

    deleted = set_aside(recorded)

    assert not recorded.exists()
    assert list_runs(tmp_path) == []
    assert list_runs(tmp_path / ".deleted") == []
    assert put_back(deleted) == recorded
    assert content(recorded) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["run"]


def test_into_the_trash_of_the_system_under_its_own_name(recorded, tmp_path, system_trash):
    before = content(recorded)

    send_to_trash(set_aside(recorded))

    assert content(system_trash / "run") == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["trash"]


@pytest.mark.skipif(sys.platform != "linux", reason="tells a real trash where to be")
def test_the_real_trash_takes_it(recorded, tmp_path):
    """In a process of its own, whose home is here."""
    code = (
        "import sys; from pathlib import Path; from kescape.run.trash import *; "
        "send_to_trash(set_aside(Path(sys.argv[1])))"
    )
    home = {"HOME": str(tmp_path / "home"), "XDG_DATA_HOME": str(tmp_path / "home" / "data")}
    (tmp_path / "home" / "data").mkdir(parents=True)

    subprocess.run([sys.executable, "-c", code, str(recorded)], check=True, env={**os.environ, **home})

    assert (tmp_path / "home" / "data" / "Trash" / "files" / "run" / "run.db").is_file()
    info = (tmp_path / "home" / "data" / "Trash" / "info" / "run.trashinfo").read_text("utf-8")
    # Where file managers bring it back to: not to where a window would throw it away again.
    assert f"Path={recorded}" in info.splitlines()
    assert not recorded.exists()


def test_two_of_one_name_come_back_one_by_one(recorded, tmp_path):
    """The name is given again in between: the one that comes back later is run-2."""
    database = (recorded / "run.db").read_bytes()
    first = set_aside(recorded)
    recorded.mkdir()
    (recorded / "run.db").write_bytes(database)
    (recorded / "second").touch()
    second = set_aside(recorded)

    assert put_back(second) == recorded
    assert (recorded / "second").exists()
    assert put_back(first) == tmp_path / "run-2"
    assert not (tmp_path / "run-2" / "second").exists()
    assert not (tmp_path / ".deleted").exists()


def test_without_a_trash_it_is_back_and_a_sentence_says_so(recorded, tmp_path, no_trash):
    before = content(recorded)

    with pytest.raises(
        RunUnwritable,
        match=r"^'run' cannot be moved to the trash: there is no trash on this file system. It is in the list again\.$",
    ):
        send_to_trash(set_aside(recorded))

    assert content(recorded) == before
    assert not (tmp_path / ".deleted").exists()


def test_what_another_window_takes_first_is_no_failure(recorded, tmp_path, monkeypatch):
    def take_too_late(path):
        path.rename(tmp_path / "taken")
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("send2trash.send2trash", take_too_late)
    send_to_trash(set_aside(recorded))

    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_without_a_trash_and_with_its_name_taken_it_is_back_by_another(recorded, tmp_path, no_trash):
    deleted = set_aside(recorded)
    recorded.mkdir()

    with pytest.raises(RunUnwritable, match=r"It is in the list again as 'run-2'\.$"):
        send_to_trash(deleted)

    assert (tmp_path / "run-2" / "run.db").is_file()


def test_a_live_run_stays(open_writer, steps, tmp_path):
    open_writer().append(steps(0, 5))

    with pytest.raises(RunLocked, match=r"^'run' is running; stop it first, or wait until it ends\.$"):
        set_aside(tmp_path / "run")
    assert (tmp_path / "run" / "run.db").exists()
    assert not (tmp_path / ".deleted").exists()


def test_a_run_that_is_recorded_into_meanwhile_does_not_go_to_the_trash(recorded, system_trash):
    """Its folder was on the way already."""
    deleted = set_aside(recorded)
    lock = EngineLock(deleted.aside)
    assert lock.acquire()
    try:
        with pytest.raises(RunLocked, match="'run' is still being written"):
            send_to_trash(deleted)
    finally:
        lock.release()

    assert (recorded / "run.db").is_file()
    assert list(system_trash.iterdir()) == []


def test_a_project_around_a_run_stays(recorded, tmp_path):
    """A run's own folders go along, and files that somebody has put beside; a folder of theirs is no part of it."""
    for name in ("checkpoints", "commands", "landscapes", "snapshots"):
        (recorded / name).mkdir(exist_ok=True)
    (recorded / "curves.csv").touch()
    assert put_back(set_aside(recorded)) == recorded

    (recorded / "src").mkdir()
    with pytest.raises(
        RunMixed,
        match=r"^'run' cannot be moved to the trash, because it holds more than a run: "
        r"the folder 'src'; take that out first\.$",
    ):
        set_aside(recorded)
    assert (recorded / "src").is_dir()
    assert not (tmp_path / ".deleted").exists()


def test_what_is_no_run_stays(tmp_path):
    (tmp_path / "photos").mkdir()

    with pytest.raises(RunNotFound):
        set_aside(tmp_path / "photos")
    assert (tmp_path / "photos").is_dir()


def test_what_went_to_the_trash_meanwhile_cannot_be_brought_back(recorded, system_trash):
    deleted = set_aside(recorded)
    send_to_trash(deleted)

    with pytest.raises(RunNotFound, match="it is in the trash of the system by now"):
        put_back(deleted)
    send_to_trash(deleted)  # nothing is left to do


def test_a_run_that_cannot_be_moved_stays(recorded, tmp_path, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(recorded), "rename", refuse)

    with pytest.raises(RunUnwritable, match=r"^'run' cannot be moved to the trash: Permission denied\.$"):
        set_aside(recorded)
    assert recorded.is_dir()
    assert not (tmp_path / ".deleted").exists()


def test_what_a_killed_window_left_is_found(recorded, tmp_path, monkeypatch):
    """Here and beside the remembered runs, but not what another window may still bring back."""
    elsewhere = tmp_path / "elsewhere" / "own"
    elsewhere.mkdir(parents=True)
    (elsewhere / "run.db").write_bytes((recorded / "run.db").read_bytes())
    remember_run(elsewhere)
    here, there = set_aside(recorded), set_aside(elsewhere)

    assert leftovers([tmp_path]) == []
    monkeypatch.setattr(trash, "LEFT_SECONDS", -1.0)
    time.sleep(0.01)
    assert leftovers([tmp_path]) == [here, there]


def test_what_is_not_ours_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(trash, "LEFT_SECONDS", -1.0)
    (tmp_path / ".deleted" / "1600000000000" / "photos").mkdir(parents=True)
    (tmp_path / ".deleted" / "holiday" / "run").mkdir(parents=True)
    (tmp_path / ".deleted" / "holiday" / "run" / "run.db").touch()
    (tmp_path / ".deleted" / "²").touch()

    assert leftovers([tmp_path]) == []
    assert leftovers([tmp_path / "nowhere"]) == []


def test_a_remembered_run_that_comes_back_by_another_name_is_found(recorded, tmp_path):
    remember_run(recorded)
    deleted = set_aside(recorded)
    recorded.mkdir()

    back = put_back(deleted)

    assert back == tmp_path / "run-2"
    assert known_runs() == [back]


def test_a_link_to_a_run_goes_and_comes_back_alone(recorded, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    link = runs / "linked"
    try:
        link.symlink_to("../run", target_is_directory=True)
    except OSError:
        pytest.skip("this user may not make links")

    deleted = set_aside(link)

    assert (recorded / "run.db").is_file()
    assert put_back(deleted) == link
    assert link.resolve() == recorded.resolve()
