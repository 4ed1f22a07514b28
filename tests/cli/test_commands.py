"""The commands that need no training: lists, help, the app's door, the doctor."""

import subprocess
import sys

import pytest

from kescape.cli import console, doctor, open_app
from kescape.cli.main import run
from kescape.config import SETTINGS
from tests.gui.recorded import record


def test_help_has_an_option_for_every_setting(capsys):
    assert run(["train", "--help"]) == 0
    text = capsys.readouterr().out
    for setting in SETTINGS.values():
        assert f"{setting.flag} " in text
        assert setting.help.split()[0] in text


def test_lists(capsys):
    assert run(["models"]) == 0
    assert run(["datasets"]) == 0
    text = capsys.readouterr().out
    assert "MLP 64-64" in text
    assert "8,970" in text  # 64*64+64 + 64*64+64 + 64*10+10
    assert "breast_cancer" in text
    assert "1,797" in text


def test_no_runs_yet(tmp_path, capsys):
    assert run(["runs", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"No runs in {tmp_path} yet; `kescape train` makes the first.\n"


def test_a_bad_run_is_a_line_in_the_list(tmp_path, capsys):
    (tmp_path / "[bad]").mkdir()
    (tmp_path / "[bad]" / "run.db").write_bytes(b"no database at all")

    assert run(["--runs", str(tmp_path), "runs"]) == 0
    text = capsys.readouterr().out
    assert "[bad]" in text
    assert "cannot be read" in text


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of so many columns."""

    def make(columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        console.out.cache_clear()

    yield make
    console.out.cache_clear()


def test_a_narrow_terminal_shows_fewer_facts_of_a_run_and_none_cut_off(tmp_path, capsys, narrow):
    record(tmp_path / "a-run-of-some-length", outcome="finished")
    narrow(70)
    assert run(["runs", "--runs", str(tmp_path)]) == 0
    heading, line = capsys.readouterr().out.splitlines()

    assert heading.split() == ["run", "status", "epochs", "loss", "val", "loss"]
    assert line.split()[:3] == ["a-run-of-some-length", "finished", "7/7"]


def test_version(capsys):
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "kescape 0.1.0\n"


def test_without_a_display_it_says_so_and_shows_the_commands(monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    assert run([]) == 1
    out, err = capsys.readouterr()
    assert err == "kescape: There is no display to open the app on; the commands work without one.\n"
    assert "train" in out
    assert "doctor" in out


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (3, 3), (-6, 1)])
def test_the_app_is_started_by_name_with_the_runs_folder(monkeypatch, capsys, code, expected):
    started = []

    def started_process(command, check):
        started.append(command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(open_app.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(open_app.subprocess, "run", started_process)

    assert run(["--runs", "some where"]) == expected
    assert started == [[sys.executable, "-P", "-m", "kescape_gui", "--runs", "some where"]]
    assert ("kescape doctor" in capsys.readouterr().err) == (code == -6)


def test_the_doctor_names_the_package_of_a_missing_library(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(doctor, "_probe", lambda program, environment: ("fine", 0))
    monkeypatch.setattr(doctor, "QT_LIBRARIES", {"libc.so.6": "libc6", "libnothing.so.9": "libnothing9"})

    assert run(["doctor", "--runs", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "missing: libnothing.so.9" in text
    assert "sudo apt install libnothing9\n" in text
    assert "can be written, with a write-ahead log" in text
    assert list(tmp_path.iterdir()) == []


def test_the_doctor_fails_where_runs_cannot_be_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(doctor, "_probe", lambda program, environment: ("fine", 0))
    (tmp_path / "file").write_text("")

    assert run(["doctor", "--runs", str(tmp_path / "file")]) == 1
    assert "cannot be written: Not a directory" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("installed", "answer", "line"),
    [
        (True, ("jax 9.9 on CPU", 0), "ok  JAX         jax 9.9 on CPU"),
        (True, ("ImportError: no", 1), "!!  JAX         ImportError: no"),
        (False, None, 'ok  JAX         not here, and only --backend jax needs it: pip install "kescape[jax]"'),
    ],
)
def test_the_doctor_says_whether_jax_is_there(tmp_path, monkeypatch, capsys, installed, answer, line):
    """Nothing is wrong without it."""
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: name if installed else None)
    monkeypatch.setattr(doctor, "_probe", lambda program, _: answer if "jax" in program else ("fine", 0))

    assert run(["doctor", "--runs", str(tmp_path)]) == 0
    assert line in capsys.readouterr().out


def test_the_doctor_asks_a_child():
    assert doctor._probe("print('first'); print('last')", {}) == ("last", 0)
    assert doctor._probe("import os; os.abort()", {})[1] != 0
    assert doctor._probe("raise ValueError('no')", {}) == ("ValueError: no", 1)


def test_what_a_terminal_would_obey_is_shown_instead(tmp_path, capsys):
    """A note may come with somebody else's run: it cannot colour, retitle or clear the terminal of who reads it."""
    from kescape.run.writer import RunWriter

    writer = RunWriter.open(tmp_path / "first", kind="recorder")
    writer.event("note", 0, "\x1b[31mred \x1b]0;title\x07\x9b2J é")
    writer.end("failed", error="\x1b[2Jgone")
    writer.close()

    assert run(["show", "first", "--runs", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "?[31mred ?]0;title?2J é" in text  # rich leaves out the bell
    assert not set(text) & {"\x1b", "\x07", "\x9b"}
