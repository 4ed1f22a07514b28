"""Settings for all tests, made before TensorFlow or Qt is imported."""

import logging
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Tests that run side by side would write to a narrow terminal that is not there.
os.environ.pop("COLUMNS", None)

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory, monkeypatch):
    """No test reads or writes the runs and notes of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("KESCAPE_HOME", str(home / "notes"))
    monkeypatch.setenv("KESCAPE_RUNS", str(home / "runs"))


@pytest.fixture(autouse=True)
def _no_determinism_left():
    """A test that trains bit for bit sets TensorFlow so for its process, in which XLA then compiles nothing."""
    yield
    # TensorFlow has no public way back.
    config = sys.modules.get("tensorflow.python.framework.config")
    if config is not None and config.is_op_determinism_enabled():
        config.disable_op_determinism()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A warning in the log fails a test, as one of Python or Qt does.

    Except TensorFlow's about retracing: it counts over the whole process, in which each test trains models of its own.
    """
    heard = []
    ear = logging.Handler(logging.WARNING)
    ear.emit = lambda record: None if "tf.function retracing" in record.getMessage() else heard.append(record)
    logging.getLogger().addHandler(ear)
    try:
        result = yield
    finally:
        logging.getLogger().removeHandler(ear)
    assert not heard, f"logged: {[f'{record.name}: {record.getMessage()}' for record in heard]}"
    return result
