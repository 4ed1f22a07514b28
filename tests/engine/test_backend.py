"""A run on a backend that is not here, or not in this process, is refused in one sentence; a run leaves nothing."""

import gc
import weakref

import keras
import pytest
import tensorflow as tf

from kescape.config import ConfigError, RunConfig
from kescape.engine.backend import start_afresh
from kescape.engine.launch import prepare_run
from kescape.engine.trainer import train, train_folder
from kescape.run.reader import open_run

ON_JAX = RunConfig(dataset="xor", backend="jax")


@pytest.fixture
def with_jax(monkeypatch):
    """As if JAX were installed."""
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: name)


@pytest.fixture
def without_jax(monkeypatch):
    monkeypatch.setattr("kescape.config.backends.find_spec", lambda name: None if name == "jax" else name)


@pytest.mark.usefixtures("without_jax")
def test_what_is_not_installed_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError) as refusal:
        prepare_run(ON_JAX, tmp_path)

    assert str(refusal.value) == (
        "backend must be one that is installed, and JAX is not: pip install \"kescape[jax]\"; got backend='jax'"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("with_jax")
def test_a_process_whose_keras_has_another_backend_refuses(tmp_path):
    """Keras cannot change it any more."""
    assert keras.backend.backend() == "tensorflow"
    with pytest.raises(ConfigError) as refusal:
        train(ON_JAX, runs=tmp_path)

    assert str(refusal.value) == (
        "backend must be 'tensorflow' in this process, because Keras is loaded on it and cannot change; got "
        "backend='jax': use kescape train, or set KERAS_BACKEND=jax before Python starts"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("with_jax")
def test_an_engine_that_was_handed_such_a_run_writes_the_sentence_into_it(tmp_path):
    """A spare engine has loaded TensorFlow."""
    folder = prepare_run(ON_JAX, tmp_path)
    with pytest.raises(ConfigError):
        train_folder(folder)

    with open_run(folder) as run:
        assert run.status == "failed"
        assert run.error.startswith("backend must be 'tensorflow' in this process")


@pytest.mark.usefixtures("without_jax")
def test_a_run_that_came_from_where_jax_is_can_be_read_but_not_trained(tmp_path):
    (tmp_path / "config.toml").write_text(ON_JAX.to_toml(), "utf-8")
    with pytest.raises(ConfigError, match="JAX is not: pip install"):
        train_folder(tmp_path)

    with open_run(tmp_path) as run:
        assert run.status == "failed"
        assert "JAX is not: pip install" in run.error


def test_nothing_of_a_run_is_kept_once_another_begins(tmp_path):
    """TensorFlow would keep the graphs of every run, with its data, by the gradients that Keras' optimizer registers.

    Should it keep them in another place one day, they are still there.
    """

    def graphs():
        return {id(found): weakref.ref(found) for found in gc.get_objects() if isinstance(found, tf.Graph)}

    before = graphs()
    train(RunConfig(dataset="wine", model="logistic", epochs=1, batch_size=32, escapes=False), runs=tmp_path).close()
    made = [reference for key, reference in graphs().items() if key not in before]
    assert made

    start_afresh()
    gc.collect()

    # Keras begins one graph of its own anew.
    assert sum(reference() is not None for reference in made) <= 1
