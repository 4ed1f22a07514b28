"""Tags, names and the trash from the command line."""

import os

import pytest

from kescape.cli.main import run
from kescape.run.labels import Labels, read_labels
from tests.gui.recorded import record


@pytest.fixture
def first(tmp_path):
    return record(tmp_path / "first", epochs=1, outcome="finished")


def test_tags_are_added_removed_and_listed(first, tmp_path, capsys):
    at = ["--runs", str(tmp_path)]
    assert run([*at, "tag", "first", "keep", "lr-test,wide", "--note", "the first"]) == 0
    assert capsys.readouterr().out == "first: keep lr-test wide\nthe first\n"
    assert run([*at, "tag", "first", "best", "--remove", "wide", "--remove", "unknown"]) == 0
    assert capsys.readouterr().out == "first: keep lr-test best\nthe first\n"
    assert read_labels(first) == Labels(("keep", "lr-test", "best"), "the first")
    assert run([*at, "tag", "first", "--note", ""]) == 0
    assert capsys.readouterr().out == "first: keep lr-test best\n"

    for command in (["runs"], ["show", "first"]):
        assert run([*at, *command]) == 0
        assert "keep lr-test best" in capsys.readouterr().out


def test_a_bad_tag_changes_nothing(first, tmp_path, capsys):
    assert run(["--runs", str(tmp_path), "tag", "first", "x" * 41]) == 2
    assert "a tag must have at most 40 characters" in capsys.readouterr().err
    assert not (first / "labels.json").exists()


def test_labels_that_cannot_be_read_are_said_and_kept(first, tmp_path, capsys):
    (first / "labels.json").write_text("mine")
    assert run(["--runs", str(tmp_path), "tag", "first"]) == 0
    out, err = capsys.readouterr()
    assert out == "first: no tags\n"
    assert "cannot be read" in err
    assert (first / "labels.json").read_text() == "mine"


def test_a_run_is_renamed(first, tmp_path, capsys):
    at = ["--runs", str(tmp_path), "rename", "first"]
    assert run([*at, "a/b"]) == 2
    assert "the name of a run must not contain '/'" in capsys.readouterr().err
    assert run([*at, "second"]) == 0
    assert capsys.readouterr().out == "first is now second.\n"
    assert (tmp_path / "second" / "run.db").is_file()
    assert run([*at, "third"]) == 2
    assert "There is no run 'first'" in capsys.readouterr().err


def test_runs_are_deleted_all_or_none(first, tmp_path, capsys, monkeypatch):
    """One that is live keeps the others from going, since the command was wrong."""
    sent = []
    monkeypatch.setattr("send2trash.send2trash", lambda path: sent.append(path.name) or path.rename(tmp_path / "gone"))
    live = record(tmp_path / "live", epochs=1)
    monkeypatch.setattr("kescape.run.reader.lock_is_held", lambda folder: folder == live)

    assert run(["--runs", str(tmp_path), "delete", "first", "live"]) == 2
    assert "'live' is running; stop it first" in capsys.readouterr().err
    assert first.is_dir()

    assert run(["--runs", str(tmp_path), "delete", "first", "first"]) == 0
    assert capsys.readouterr().out == "first is in the trash.\n"
    assert sent == ["first"]
    assert not first.exists()


def test_a_comparison_is_listed_and_deleted_with_its_runs(tmp_path, capsys, monkeypatch):
    """All or nothing: what lies beside its own files in its folder is somebody's, as is a run with other settings."""
    import shutil

    import send2trash

    from kescape.compare.comparison import Comparison
    from kescape.compare.folder import new_comparison
    from kescape.compare.jobs import jobs_of
    from kescape.config import RunConfig
    from kescape.engine.launch import prepare_run

    monkeypatch.setattr(send2trash, "send2trash", shutil.rmtree)
    comparison = Comparison(RunConfig(dataset="wine", epochs=2), {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "both", "unused")
    job, second = jobs_of(comparison, folder)
    made = prepare_run(job.config, tmp_path, job.name)
    foreign = prepare_run(second.config.changed(batch_size=99), tmp_path, second.name)
    (folder / ".0123.tmp").write_text("{")  # a process was killed while it wrote
    os.utime(made / "config.toml", (0, 0))  # nobody began to train it
    other = record(tmp_path / "other", epochs=1, outcome="finished")
    at = ["--runs", str(tmp_path)]

    assert run([*at, "runs"]) == 0
    assert "both" in capsys.readouterr().out.split("comparison", 1)[1]
    (folder / "mine.txt").write_text("keep")
    assert run([*at, "delete", "both"]) == 2
    assert "holds more than a comparison: 'mine.txt'" in capsys.readouterr().err
    assert made.exists()
    (folder / "mine.txt").unlink()
    assert run([*at, "delete", "both", "other"]) == 0

    assert capsys.readouterr().out == "both and its run are in the trash.\nother is in the trash.\n"
    assert not folder.exists()
    assert not made.exists()
    assert not other.exists()
    assert foreign.exists()
