"""Zips of runs: what comes back, and what is refused before it can do harm."""

import io
import json
import sqlite3
import stat
import zipfile

import numpy as np
import pytest

from kescape.run.errors import ImportRefused
from kescape.run.importing import import_run, zip_file
from kescape.run.listing import list_runs
from kescape.run.reader import open_run


@pytest.fixture
def exported(recorded, tmp_path):
    """A zip of a run with settings, a model and a snapshot."""
    (recorded / "config.toml").write_text("epochs = 7\n", "utf-8")
    (recorded / "model.keras").write_bytes(b"model")
    (recorded / "snapshots").mkdir()
    (recorded / "snapshots" / "cycle-0.weights.h5").write_bytes(b"weights")
    with open_run(recorded) as run:
        run.export(tmp_path / "first.zip")
    return tmp_path / "first.zip"


def rewritten(archive, changes, inside=""):
    """The same archive with some files changed or left out (None), all in a folder if one is named."""
    with zipfile.ZipFile(archive) as source:
        files = {name: source.read(name) for name in source.namelist()} | changes
    archive.unlink()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in files.items():
            if data is not None:
                target.writestr(inside + name, data)


def with_database(archive, tmp_path, *statements):
    """The same archive after statements on its database."""
    with zipfile.ZipFile(archive) as source:
        (tmp_path / "run.db").write_bytes(source.read("run.db"))
    db = sqlite3.connect(tmp_path / "run.db", isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()
    data = (tmp_path / "run.db").read_bytes()
    (tmp_path / "run.db").unlink()
    rewritten(archive, {"run.db": data})


@pytest.mark.parametrize("inside", ["", "my run/"])
def test_a_run_comes_back_as_it_was(exported, recorded, tmp_path, inside):
    """Also where somebody unpacked it and packed the folder; a second import gets a name of its own."""
    rewritten(exported, {}, inside)
    with import_run(exported, runs=tmp_path / "runs") as again, open_run(recorded) as run:
        assert (again.name, again.path) == ("first", tmp_path / "runs" / "first")
        assert (again.status, again.config, again.created) == (run.status, run.config, run.created)
        assert again.restarts() == run.restarts()
        for name, values in run.curves().items():
            np.testing.assert_array_equal(again.curves()[name], values)
        assert again.epochs() == run.epochs()
        assert again.events() == run.events()
    assert sorted(str(path.relative_to(tmp_path / "runs")) for path in (tmp_path / "runs").rglob("*")) == [
        "first",
        "first/config.toml",
        "first/model.keras",
        "first/run.db",
        "first/snapshots",
        "first/snapshots/cycle-0.weights.h5",
    ]
    with import_run(exported, runs=tmp_path / "runs") as second:
        assert second.name == "first-2"
    assert [entry.status for entry in list_runs(tmp_path / "runs")] == ["finished", "finished"]


def test_files_that_did_not_come_along_are_forgotten(open_writer, steps, tmp_path):
    """A checkpoint stays where it was made, and a snapshot may have been deleted."""
    writer = open_writer(steps_per_epoch=10)
    writer.append(steps(0, 20))
    writer.checkpoint(10, 1, 0, "time", "checkpoints/a.weights.h5")
    writer.snapshot(10, 0, "cycle", "snapshots/a.weights.h5", "")
    writer.snapshot(20, 1, "hand", "snapshots/gone.weights.h5", "")
    writer.flush()
    (writer.folder / "snapshots").mkdir()
    (writer.folder / "snapshots" / "a.weights.h5").write_bytes(b"weights")
    with open_run(writer.folder) as run:
        run.export(tmp_path / "a.zip")

    with import_run(tmp_path / "a.zip", runs=tmp_path / "runs") as run:
        assert run.checkpoints() == []
        assert [row.file for row in run.snapshots()] == ["snapshots/a.weights.h5"]


def test_a_run_that_names_files_outside_its_folder_is_refused(open_writer, steps, tmp_path):
    """Nothing of it is kept."""
    writer = open_writer(steps_per_epoch=10)
    writer.append(steps(0, 20))
    writer.snapshot(20, 1, "hand", "../../../elsewhere.weights.h5", "")
    writer.end("finished")
    writer.close()
    exported = tmp_path / "a.zip"
    with zipfile.ZipFile(exported, "w") as file:
        file.write(writer.folder / "run.db", "run.db")

    with pytest.raises(ImportRefused, match=r"names the file '\.\./\.\./\.\./elsewhere\.weights\.h5'"):
        import_run(exported, runs=tmp_path / "runs")

    assert not list((tmp_path / "runs").glob("*"))


def test_a_live_run_of_another_computer_is_interrupted_here(open_writer, steps, tmp_path):
    """Else nobody could tell, since another computer's lock cannot be seen."""
    writer = open_writer()
    writer.append(steps(0, 5))
    writer.flush()
    with open_run(writer.folder) as run:
        run.export(tmp_path / "live.zip")
    with_database(tmp_path / "live.zip", tmp_path, "UPDATE sessions SET host = 'another'")

    with import_run(tmp_path / "live.zip", runs=tmp_path / "runs") as run:
        assert (str(run.status), run.steps) == ("interrupted", 5)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("../evil.txt", "'../evil.txt' in it would be written outside the run's folder"),
        ("snapshots/../../evil.weights.h5", "would be written outside the run's folder"),
        ("/etc/evil", "'/etc/evil' in it would be written outside"),
        ("C:/evil", "'C:/evil' in it would be written outside"),
        ("..\\evil", "would be written outside"),
    ],
)
def test_nothing_is_written_outside(exported, tmp_path, name, sentence):
    rewritten(exported, {name: b"evil"})

    assert_refused(exported, tmp_path, sentence)


def test_links_are_refused(exported, tmp_path):
    """A link to a folder, followed by a file in it, writes wherever the link leads."""
    with zipfile.ZipFile(exported, "a") as archive:
        link = zipfile.ZipInfo("preprocessing.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")

    assert_refused(exported, tmp_path, "'preprocessing.json' in it is a link")


def test_a_bomb_is_refused_before_it_is_unpacked(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(zip_file, "_HARMLESS_BYTES", 1 << 20)
    rewritten(exported, {"model.keras": bytes(64 << 20)})

    assert_refused(exported, tmp_path, "more than 100 times its own size")


def test_what_does_not_fit_on_the_disk_is_refused(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(zip_file.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10}))

    assert_refused(exported, tmp_path, "and 10 are free")


def test_unknown_files_are_left_out(exported, tmp_path):
    rewritten(exported, {"snapshots/evil.py": b"x", "commands/1.json": b"{}", "engine.log": b"", "__init__.py": b""})

    with import_run(exported, runs=tmp_path / "runs") as run:
        assert sorted(path.name for path in run.path.rglob("*") if path.is_file()) == [
            "config.toml",
            "cycle-0.weights.h5",
            "model.keras",
            "run.db",
        ]


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (
            ["CREATE TRIGGER t AFTER INSERT ON meta BEGIN DELETE FROM blocks; END"],
            "the tables of its run.db are not those of a run",
        ),
        (["CREATE VIEW v AS SELECT 1"], "the tables of its run.db are not those of a run"),
        (["DROP TABLE acks"], "the tables of its run.db are not those of a run"),
        (["PRAGMA user_version = 99"], "run.db' was written by a newer KEscape"),
        (["PRAGMA application_id = 7"], "is a SQLite file, but not a run of KEscape"),
        (["UPDATE columns SET dtype = 'object'"], "has the dtype 'object'"),
        (["UPDATE blocks SET steps = 1000000000"], "run.db' is damaged"),
        (["UPDATE meta SET value = 'no JSON' WHERE key = 'config'"], "run.db' is damaged"),
        (
            ["UPDATE meta SET value = 1e300 WHERE key = 'created'"],
            "run.db' is damaged: it was created at 1e+300 seconds",
        ),
        (["DELETE FROM sessions"], "holds no run"),
        (["UPDATE epochs SET value = 'text'"], "run.db' is damaged: the 'loss' of an epoch is 'text'"),
    ],
)
def test_a_database_that_is_none_of_a_run_is_refused(exported, tmp_path, statements, sentence):
    with_database(exported, tmp_path, *statements)

    assert_refused(exported, tmp_path, sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"run.db": None}, "it holds no run.db, so it is no exported run"),
        ({"run.db": b"no database at all"}, "run.db"),
        ({"config.toml": b"epochs = "}, "config.toml cannot be read"),
        ({"preprocessing.json": b"[" * 100_000}, "preprocessing.json cannot be read"),
    ],
)
def test_files_that_cannot_be_read_are_refused(exported, tmp_path, changes, sentence):
    rewritten(exported, changes)

    assert_refused(exported, tmp_path, sentence)


def test_damaged_archives_are_refused(exported, tmp_path):
    """A zip whose bytes were changed from a seed: refused in one sentence, or the run is whole all the same."""
    data = exported.read_bytes()
    generator = np.random.default_rng(7)
    sentences = []
    for number in range(60):
        broken = bytearray(data)
        for place in generator.integers(0, len(data), 20):
            broken[place] ^= int(generator.integers(1, 256))
        exported.write_bytes(broken if number % 2 else data[: int(generator.integers(0, len(data)))])
        try:
            import_run(exported, runs=tmp_path / "runs", name=f"n{number}").close()
        except ImportRefused as error:
            sentences.append(str(error))
            assert not (tmp_path / "runs" / f"n{number}").exists()
        else:
            assert number % 2, "a torn zip has lost its table of contents"
    assert not any("\n" in sentence for sentence in sentences)


def test_an_old_file_of_the_first_format_is_imported(tmp_path, exported):
    """Its tables are those of its version."""
    from kescape.run import schema

    (tmp_path / "old").mkdir()
    db = sqlite3.connect(tmp_path / "old" / "run.db", isolation_level=None)
    schema.MIGRATIONS[0](db)
    db.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.execute("INSERT INTO meta VALUES ('created', 1700000000.0), ('config', ?)", (json.dumps({"epochs": 1}),))
    db.execute("INSERT INTO sessions VALUES (1, 'a', 'engine', 1, 1.0, 'host', 1.7e9, '', '', 0, NULL, 0, NULL)")
    db.close()
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.write(tmp_path / "old" / "run.db", "run.db")

    with import_run(tmp_path / "old.zip", runs=tmp_path / "runs") as run:
        assert run.config == {"epochs": 1}


def test_another_zip_is_no_run(tmp_path):
    buffer = io.BytesIO()
    np.savez(buffer, x=np.ones(3))
    (tmp_path / "data.npz").write_bytes(buffer.getvalue())
    (tmp_path / "torn.zip").write_bytes(buffer.getvalue()[:50])

    assert_refused(tmp_path / "data.npz", tmp_path, "it holds no run.db, so it is no exported run")
    assert_refused(tmp_path / "torn.zip", tmp_path, "the zip is damaged")


def test_a_full_disk_leaves_nothing(exported, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zip_file.shutil, "copyfileobj", fail)
    from kescape.run.errors import RunUnwritable

    with pytest.raises(RunUnwritable, match="first' cannot be written: No space left on device"):
        import_run(exported, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def assert_refused(archive, tmp_path, sentence):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ImportRefused) as refusal:
        import_run(archive, runs=tmp_path / "runs")
    assert sentence in str(refusal.value)
    assert str(refusal.value).startswith(f"{str(archive)!r} cannot be imported: ")
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")
    assert sorted(tmp_path.rglob("*")) == before
