"""Which engine process trains which run; no process is started here."""

import pytest
from kescape_gui import engine_session
from kescape_gui.engine_session import EngineSession
from kescape_gui.notifier import Notifier
from kescape_gui.preferences import PreferenceFile
from kescape_gui.preferring import Preferring
from PySide6.QtWidgets import QWidget

from kescape.config import RunConfig
from kescape.engine.range_request import Sweep


class FakeEngine:
    def __init__(self, folder=None, keep_awake=None):
        self.folder = folder
        self.keeps_awake = keep_awake
        self.is_dismissed = False
        self.code = None
        self.complaint = "it said so"

    def close(self):
        self.is_dismissed = True

    def start(self, folder):
        self.folder = folder

    def poll(self):
        return self.code

    def kill(self):
        self.code = -9


@pytest.fixture
def spawned(monkeypatch):
    """Every engine that was started, in order."""
    engines = []

    def spawn_engine(folder=None, *, keep_awake):
        engines.append(FakeEngine(folder, keep_awake))
        return engines[-1]

    monkeypatch.setattr(engine_session, "spawn_engine", spawn_engine)
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: name)
    return engines


def test_the_spare_takes_the_next_run(tmp_path, spawned):
    session = EngineSession(tmp_path)
    session.warm_up()
    folder = session.start(RunConfig())

    assert [engine.folder for engine in spawned] == [folder]
    assert not session.is_warming


@pytest.mark.parametrize("settings", [{"backend": "jax"}, {"devices": 2}])
def test_a_run_that_the_spare_cannot_train_gets_an_engine_of_its_own(tmp_path, spawned, settings):
    """The spare has loaded TensorFlow on one device; it waits on for a run that wants that."""
    session = EngineSession(tmp_path)
    session.warm_up()
    other = session.start(RunConfig(**settings))

    assert [engine.folder for engine in spawned] == [None, other]
    assert session.training == other
    assert session.is_warming

    usual = session.start(RunConfig())
    assert [engine.folder for engine in spawned] == [usual, other]


def test_who_lets_the_computer_sleep_gets_another_spare(tmp_path, spawned):
    """What an engine was told when it was started cannot be taken back."""
    session = EngineSession(tmp_path)
    session.warm_up()
    session.keep_awake(True)
    assert not spawned[0].is_dismissed

    session.keep_awake(False)
    session.warm_up()
    folder = session.start(RunConfig())

    assert [(engine.keeps_awake, engine.is_dismissed) for engine in spawned] == [(True, True), (False, False)]
    assert spawned[1].folder == folder


def test_a_range_test_goes_on_whatever_is_preferred_meanwhile(tmp_path, spawned):
    session = EngineSession(tmp_path)
    folder = session.start_range_test(RunConfig(), Sweep())

    session.keep_awake(False)
    session.dismiss_spare()

    assert spawned[0].code is None
    assert folder.is_dir()


def test_the_spare_takes_a_range_test_and_the_next_waits_until_it_is_over(tmp_path, spawned):
    """Beside a test, an engine that warms up would take the processor from it. A test is no training."""
    session = EngineSession(tmp_path)
    session.warm_up()
    folder = session.start_range_test(RunConfig(), Sweep())
    assert [engine.folder for engine in spawned] == [folder]
    assert session.training is None
    session.warm_up()
    assert len(spawned) == 1
    assert session.range_test_ended() is None

    spawned[0].code = 0
    ended = session.range_test_ended()
    assert (ended.code, ended.complaint) == (0, "it said so")
    session.warm_up()
    assert len(spawned) == 2


def test_what_is_preferred_meanwhile_does_not_end_a_range_test(tmp_path, spawned, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    session = EngineSession(tmp_path)
    preferring = Preferring(PreferenceFile(), tmp_path, session, Notifier(window), window)
    session.start_range_test(RunConfig(), Sweep())

    for name, value in (("spare_engine", False), ("keep_awake", False), ("appearance", "dark")):
        preferring.prefer(name, value)

    assert spawned[0].code is None
    session.close()


def test_a_training_that_the_user_ended_is_told_from_one_that_the_system_ended(tmp_path, spawned):
    session = EngineSession(tmp_path)
    for by_user in (True, False):
        folder = session.start(RunConfig())
        if by_user:
            session.kill_training()
        else:
            spawned[-1].code = -9
        end = session.poll()
        assert (end.folder, end.code, end.was_wanted, end.was_killed) == (folder, -9, by_user, not by_user)


def test_a_test_that_is_ended_leaves_neither_engine_nor_folder(tmp_path, spawned):
    """By the user, by the next test, or with the window; never twice."""
    session = EngineSession(tmp_path)
    first = session.start_range_test(RunConfig(), Sweep())
    second = session.start_range_test(RunConfig(), Sweep())
    assert spawned[0].code == -9
    assert second.is_dir()
    assert first == second or not first.exists()

    session.close()
    assert spawned[1].code == -9
    assert list(tmp_path.iterdir()) == []
    session.end_range_test()
    assert session.range_test_ended() is None
