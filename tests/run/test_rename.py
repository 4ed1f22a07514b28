"""A run's name is its folder's."""

import pytest

from kescape.run.errors import RunExists, RunLocked, RunNotFound, RunUnwritable
from kescape.run.folder import known_runs, remember_run
from kescape.run.labels import Labels, read_labels, write_labels
from kescape.run.lock import EngineLock
from kescape.run.reader import open_run
from kescape.run.rename import name_problem, rename_run


def test_all_of_it_goes_along(recorded, tmp_path):
    write_labels(recorded, Labels(("keep",)))

    renamed = rename_run(recorded, "größer 2")

    assert renamed == tmp_path / "größer 2"
    assert not recorded.exists()
    with open_run(renamed) as run:
        assert (run.name, run.status, run.steps) == ("größer 2", "finished", 70)
    assert read_labels(renamed).tags == ("keep",)


def test_a_remembered_run_is_found_by_its_new_name(recorded, tmp_path):
    remember_run(recorded)

    renamed = rename_run(recorded, "other")

    assert known_runs() == [renamed]


def test_a_run_in_the_runs_folder_is_not_remembered(recorded):
    rename_run(recorded, "other")

    assert known_runs() == []


def test_a_live_run_keeps_its_name(open_writer, steps, tmp_path):
    open_writer().append(steps(0, 5))

    with pytest.raises(RunLocked, match=r"^'run' is running; stop it first, or wait until it ends\.$"):
        rename_run(tmp_path / "run", "other")
    assert (tmp_path / "run" / "run.db").exists()


def test_an_ended_run_whose_engine_is_still_at_work_keeps_its_name(recorded):
    """It writes its model after the last step."""
    lock = EngineLock(recorded)
    assert lock.acquire()
    try:
        with pytest.raises(RunLocked, match="is still being written"):
            rename_run(recorded, "other")
    finally:
        lock.release()


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "con", "x" * 241])
def test_a_name_that_no_folder_can_have_is_refused(recorded, name):
    with pytest.raises(ValueError, match="the name of a run must"):
        rename_run(recorded, name)
    assert recorded.is_dir()
    assert name_problem(recorded, name).startswith("The name of a run must")


def test_what_is_there_is_never_replaced(recorded, tmp_path):
    """Not even an empty folder, over which some systems would rename."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")

    for name in ("empty", "file"):
        assert name_problem(recorded, name) == f"There is a run or a folder {name!r} already."
        with pytest.raises(RunExists, match=f"there is a run or a folder '{name}' already"):
            rename_run(recorded, name)
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "empty").iterdir()) == []


def test_its_own_name_is_no_mistake(recorded):
    assert name_problem(recorded, "run") is None
    assert rename_run(recorded, "run") == recorded


def test_what_is_no_run_is_not_renamed(tmp_path):
    (tmp_path / "photos").mkdir()

    with pytest.raises(RunNotFound, match="There is no run in"):
        rename_run(tmp_path / "photos", "other")
    assert (tmp_path / "photos").is_dir()


def test_a_folder_that_cannot_be_moved_is_a_sentence(recorded, monkeypatch):
    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(recorded), "rename", refuse)

    with pytest.raises(RunUnwritable, match=r"^'run' cannot be renamed: Permission denied\.$"):
        rename_run(recorded, "other")


def test_a_run_that_cannot_be_read_can_be_renamed(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.db").write_bytes(b"no database" * 100)

    assert rename_run(tmp_path / "bad", "worse") == tmp_path / "worse"
