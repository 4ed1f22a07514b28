"""The Keras backend of this process: whether a run can have it, its determinism, its name in the record."""

from __future__ import annotations

import sys

import keras
from keras.src.utils import module_utils

from kescape.config import ConfigError, RunConfig
from kescape.config.backends import BACKENDS, check_installed
from kescape.engine.devices import Devices

__all__ = ["check_backend", "describe_backend", "keep_tensorflow_out", "make_deterministic", "start_afresh"]


def check_backend(config: RunConfig) -> None:
    """Refuse a run that needs another backend than the one that Keras has been loaded with.

    Raises:
        ConfigError: It does, or its backend is not installed.
    """
    check_installed(config.backend)
    loaded = keras.backend.backend()
    if config.backend != loaded:
        problem = (
            f"backend must be {loaded!r} in this process, because Keras is loaded on it and cannot change; got "
            f"backend={config.backend!r}: use kescape train, or set KERAS_BACKEND={config.backend} before Python starts"
        )
        raise ConfigError({"backend": problem})


def keep_tensorflow_out() -> None:
    """On JAX, let Keras do without TensorFlow in this process, as where it is not installed.

    Else it would import it for a type check here and there, such as when a model is saved: seconds, and 400 MB. A model
    of the user's that imports TensorFlow itself has it all the same.
    """
    if keras.backend.backend() == "jax" and "tensorflow" not in sys.modules:
        module_utils.tensorflow._available = False


def make_deterministic() -> None:
    """Let equal runs give equal bits, for the rest of the process.

    On JAX that is decided for each compiled function, see `JaxSteps`.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def start_afresh() -> None:
    """Forget what an earlier run left in Keras, so that the next one in this process is what it would be alone."""
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework import ops

        # Keras' optimizers register a gradient with every graph. TensorFlow keeps it for good, and by it the graph, its
        # data and the model's variables; it has no public way to forget one.
        registered = ops._gradient_registry._registry
        for name in [name for name in registered if name.startswith("CustomGradient-")]:
            del registered[name]
    keras.backend.clear_session()


def describe_backend(devices: Devices) -> str:
    """Backend, versions and devices, for the record of a run."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        version = tf.__version__
    else:
        import jax

        version = jax.__version__
    return f"{BACKENDS[backend]} {version}, Keras {keras.__version__}, {devices.words}"
