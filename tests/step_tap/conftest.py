"""Each backend collects its own tests; what one backend alone has cannot be imported under another."""

import keras

_OF_ONE_BACKEND = {
    "tensorflow": ["test_tensorflow_step.py", "own_process.py"],
    "jax": ["test_on_jax.py"],
}
_BACKEND = keras.backend.backend()
collect_ignore = [file for backend, files in _OF_ONE_BACKEND.items() if backend != _BACKEND for file in files]
