"""Settings for all tests, made before TensorFlow or Qt is imported."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory, monkeypatch):
    """No test reads or writes the runs and notes of whoever runs it."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("KESCAPE_HOME", str(home / "notes"))
    monkeypatch.setenv("KESCAPE_RUNS", str(home / "runs"))
