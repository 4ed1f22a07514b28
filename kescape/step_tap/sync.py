"""Where the state of a model in training is."""

from __future__ import annotations

from typing import Any

__all__ = ["sync_variables"]


def sync_variables(model: Any) -> None:
    """See to it that a model's variables hold their values, also between two steps of a training.

    On JAX they do not: the state travels from step to step, and Keras gives it back at the end of an epoch, or when
    asked to. Whoever reads or sets weights, metrics or the optimizer in a batch hook calls this first. On other
    backends there is nothing to do.
    """
    give_back = getattr(model, "jax_state_sync", None)
    if give_back is not None:
        give_back()
