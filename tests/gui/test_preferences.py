"""What the user prefers, and the file it is kept in."""

import os
import tomllib
from pathlib import Path

import pytest
from kescape_gui.preferences import PreferenceFile, Preferences, PreferencesUnwritable

from kescape.run.folder import preferences_path, runs_folder


def test_a_new_user_has_the_defaults_and_no_file():
    file = PreferenceFile()

    assert file.value == Preferences()
    assert file.problem is None
    assert not file.path.exists()
    assert file.path == Path(os.environ["KESCAPE_HOME"]) / "preferences.toml"


def test_a_change_holds_and_is_there_next_time():
    PreferenceFile().change(closing="background", keep_awake=False, runs_folder="/data/my runs é")

    assert PreferenceFile().value == Preferences(closing="background", keep_awake=False, runs_folder="/data/my runs é")
    assert [entry.name for entry in preferences_path().parent.iterdir()] == ["preferences.toml"]


def test_two_windows_do_not_undo_each_other():
    first, second = PreferenceFile(), PreferenceFile()
    first.change(notify=False)
    second.change(appearance="dark")

    assert (PreferenceFile().value.notify, PreferenceFile().value.appearance) == (False, "dark")


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"appearance = 'pink'\n", "appearance must be 'system', 'light' or 'dark'; got 'pink'"),
        (b"keep_awake = 'yes'\n", "keep_awake must be a valid boolean; got 'yes'"),
        (b"runs_folder = 'runs'\n", "runs_folder must be an absolute path"),
        (b"appearance = \n", "it is not TOML (Invalid value (at line 1, column 14))"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (b"notify = 1\n", "notify must be a valid boolean; got 1"),
        (b"runs_folder = '~nobody-of-that-name/runs'\n", "runs_folder must be an absolute path"),
        (b'runs_folder = "/runs\\u0000"\n', "runs_folder must be an absolute path"),
        (b"notify = " + b"[" * 20_000, "it is not TOML (maximum recursion depth exceeded"),
    ],
)
def test_a_file_that_is_wrong_does_not_count_and_one_sentence_says_why(content, named):
    path = preferences_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    file = PreferenceFile()

    assert file.value == Preferences()
    assert file.problem.startswith(f"The settings in {path} do not count, and the defaults hold: ")
    assert named in file.problem
    assert "\n" not in file.problem
    assert path.read_bytes() == content

    file.change(notify=False)

    assert tomllib.loads(path.read_text("utf-8"))["notify"] is False
    assert path.with_name("preferences.toml.damaged").read_bytes() == content
    assert file.problem is None


def test_a_newer_file_is_read_as_far_as_it_is_known():
    path = preferences_path()
    path.parent.mkdir(parents=True)
    path.write_text('appearance = "dark"\nholograms = true\n')

    file = PreferenceFile()
    assert file.value == Preferences(appearance="dark")

    file.change(notify=False)

    # And keeps what only the newer version knows.
    assert tomllib.loads(path.read_text())["holograms"] is True


def test_where_nothing_can_be_written_it_holds_for_this_window_and_is_said():
    path = preferences_path()
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    file = PreferenceFile()

    with pytest.raises(PreferencesUnwritable, match=r"The settings cannot be written to .*preferences\.toml: "):
        file.change(notify=False)

    assert file.value.notify is False


def test_the_runs_folder_of_the_window_is_that_of_scripts_and_commands(monkeypatch, tmp_path):
    PreferenceFile().change(runs_folder=str(tmp_path / "mine"))
    assert runs_folder() == Path(os.environ["KESCAPE_RUNS"])

    monkeypatch.delenv("KESCAPE_RUNS")

    assert runs_folder() == tmp_path / "mine"
    assert runs_folder(tmp_path / "said") == tmp_path / "said"
    for wrong in ("runs_folder = 7", "runs_folder = '~nobody-of-that-name/runs'", "runs_folder = " + "[" * 20_000):
        preferences_path().write_text(wrong)
        assert runs_folder() == Path.home() / "KEscape" / "runs"
