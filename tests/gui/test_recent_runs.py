"""File > Recent runs."""

import shutil
from pathlib import Path

from kescape_gui.recent_runs import RecentRuns
from PySide6.QtWidgets import QMenu

from tests.gui.recorded import record


def lines(window):
    menu = window.findChild(QMenu, "recentRunsMenu")
    menu.aboutToShow.emit()
    return [action for action in menu.actions() if not action.isSeparator()]


def test_the_latest_ten_are_kept_each_once():
    recent = RecentRuns()
    for number in [*range(15), 12]:
        recent.add(Path(f"/runs/{number}"))

    kept = [entry.path.name for entry in RecentRuns(str(recent)).entries(lambda path: path.name != "9")]

    assert kept == ["12", "14", "13", "11", "10", "9", "8", "7", "6", "5"]
    assert [entry.path.name for entry in recent.entries(lambda path: path.name != "9") if not entry.is_there] == ["9"]


def test_what_somebody_else_wrote_there_does_no_harm():
    assert str(RecentRuns("\n\n \n/runs/a\0b\n/runs/c")) == "/runs/c"
    recent = RecentRuns()
    recent.add(Path("/runs/two\nlines"))
    assert str(recent) == ""


def test_a_run_that_was_looked_at_is_there_in_the_next_window(make_window, qtbot, tmp_path):
    first, gone = (record(tmp_path / "runs" / name, outcome="finished") for name in ("a & b", "gone"))
    window = make_window()
    for path in (gone, first):
        window.show_run(path)
    shutil.rmtree(gone)
    window.leave()
    again = make_window()

    actions = lines(again)

    assert [action.text() for action in actions] == ["&1  a && b", "&2  gone", "&Forget these"]
    assert [action.isEnabled() for action in actions] == [True, False, True]
    assert actions[1].toolTip() == f"{gone} is not there any more"
    actions[0].trigger()
    assert again.shown_run.path == first


def test_two_windows_add_to_one_list(make_window, tmp_path):
    first, second = (record(tmp_path / "runs" / name, outcome="finished") for name in ("a", "b"))
    windows = [make_window(), make_window()]
    windows[0].show_run(first)
    windows[1].show_run(second)

    assert [action.text() for action in lines(windows[0])[:-1]] == ["&1  b", "&2  a"]


def test_the_list_can_be_emptied_and_the_runs_stay(make_window, tmp_path):
    path = record(tmp_path / "runs" / "a", outcome="finished")
    window = make_window()
    window.show_run(path)

    lines(window)[-1].trigger()

    (forget,) = lines(window)
    assert not forget.isEnabled()
    assert path.exists()
