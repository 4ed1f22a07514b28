"""Which engine process trains which run; no process is started here."""

import pytest
from kescape_gui import engine_session
from kescape_gui.engine_session import EngineSession

from kescape.config import RunConfig


class FakeEngine:
    def __init__(self, folder=None, keep_awake=None):
        self.folder = folder
        self.keeps_awake = keep_awake
        self.is_dismissed = False

    def close(self):
        self.is_dismissed = True

    def start(self, folder):
        self.folder = folder


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


def test_a_run_on_jax_gets_an_engine_of_its_own(tmp_path, spawned):
    """The spare has loaded TensorFlow; it waits on for a run that wants that."""
    session = EngineSession(tmp_path)
    session.warm_up()
    on_jax = session.start(RunConfig(backend="jax"))

    assert [engine.folder for engine in spawned] == [None, on_jax]
    assert session.training == on_jax
    assert session.is_warming

    on_tensorflow = session.start(RunConfig())
    assert [engine.folder for engine in spawned] == [on_tensorflow, on_jax]


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
