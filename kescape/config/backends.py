"""What can compute the steps of a run, and whether it is installed here."""

from __future__ import annotations

from importlib.util import find_spec

from kescape.config.errors import ConfigError

__all__ = ["BACKENDS", "backend_problem", "check_installed"]

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX"}
"""The Keras backends that the engine trains on, by the names of their packages, and what people call them."""


def backend_problem(backend: str) -> str | None:
    """Why no run with this backend can be trained here, in one sentence; None if it can.

    Looks for the package without importing it. A run that was trained elsewhere can be read all the same.
    """
    if find_spec(backend) is not None:
        return None
    package = backend if backend == "tensorflow" else f'"kescape[{backend}]"'
    return (
        f"backend must be one that is installed, and {BACKENDS[backend]} is not: pip install {package}; "
        f"got backend={backend!r}"
    )


def check_installed(backend: str) -> None:
    """Refuse a backend that is not installed.

    Raises:
        ConfigError: It is not.
    """
    problem = backend_problem(backend)
    if problem is not None:
        raise ConfigError({"backend": problem})
