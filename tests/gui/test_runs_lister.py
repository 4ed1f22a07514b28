"""Which runs there are is read beside the window."""

import threading

from kescape_gui.runs import lister
from kescape_gui.runs.lister import Lister

from tests.gui.recorded import record


def test_a_question_that_comes_before_the_answer_is_answered_after_it(qtbot, tmp_path, monkeypatch):
    """What has changed since the first was asked is in the second."""
    go = threading.Event()
    real = lister.look

    def slow(folder, *, home):
        found = real(folder, home=home)
        assert go.wait(10)
        return found

    monkeypatch.setattr(lister, "look", slow)
    lists = Lister(tmp_path)
    answers = []
    lists.listed.connect(lambda answer: answers.append([run.name for run in answer.runs]))
    lists.ask()
    qtbot.wait(20)
    record(tmp_path / "new", epochs=1, outcome="finished")
    for _ in range(3):
        lists.ask()

    go.set()
    qtbot.waitUntil(lambda: len(answers) == 2)

    lists.wait()
    qtbot.wait(20)
    assert answers == [[], ["new"]]


def test_an_answer_from_a_folder_that_was_left_is_not_shown(qtbot, tmp_path, monkeypatch):
    record(tmp_path / "one" / "first", epochs=1, outcome="finished")
    record(tmp_path / "two" / "second", epochs=1, outcome="finished")
    lists = Lister(tmp_path / "one")
    answers = []
    lists.listed.connect(lambda answer: answers.append((answer.folder.name, [run.name for run in answer.runs])))

    lists.ask()
    lists.look_in(tmp_path / "two")

    qtbot.waitUntil(lambda: bool(answers))
    qtbot.wait(20)
    assert answers == [("two", ["second"])]


def test_a_folder_of_new_runs_may_not_be_there_yet(tmp_path):
    """Another one that is gone is told."""
    gone = tmp_path / "gone"

    assert lister.look(gone, home=True).problem is None
    assert lister.look(gone, home=False).problem == f"{gone} cannot be read: No such file or directory."
    (tmp_path / "file").write_text("")
    assert "cannot be read" in lister.look(tmp_path / "file", home=True).problem
