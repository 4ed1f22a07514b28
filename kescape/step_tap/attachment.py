"""Puts a wrapped step in front of a model's own, on the instance, and takes it away again. Knows no backend.

`fit` makes its train function before `on_train_begin` and traces it at the first batch. So attaching sets instance
attributes and makes the function anew: nothing has been traced yet, the first fit pays nothing, and later fits of the
same compiled model take the traced function again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import keras

from kescape.step_tap.guard import Guard
from kescape.step_tap.wrapped_step import CannotWrap

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class Attachment:
    """Wrapped methods of one model.

    Args:
        model: The model; it owns whoever owns this.
        wraps: A wrapper for each method to wrap; none leaves the train function alone.
        adapt: A wrapper for the train function that Keras makes of the wrapped methods.
    """

    def __init__(self, model: Any, wraps: dict[str, Wrap] | None = None, adapt: Wrap | None = None) -> None:
        self._model = weakref.ref(model)
        self._wraps = wraps or {}
        self._adapt = adapt
        self._attached = False
        self._own: dict[str, Any] = {}
        self._own_function: Any = None
        self._made_function: Any = None
        self._guarded: Any = None
        self._made_for: tuple[Any, ...] = ()

    @property
    def model(self) -> Any:
        """The model."""
        model = self._model()
        assert model is not None, "the model owns its tap"
        return model

    def check(self) -> None:
        """Refuse a model that may not use its `train_step`."""
        made_by = type(self.model).make_train_function
        if made_by is not keras.Model.make_train_function:
            raise CannotWrap(f"{type(self.model).__name__} makes its own train function")

    def forget(self) -> None:
        """The traced function no longer fits what it reads and writes."""
        self._made_function = None

    def attach(self) -> None:
        """Put the wrapped methods in place."""
        model = self.model
        attributes = vars(model)
        placed = {name: wrap(getattr(model, name)) for name, wrap in self._wraps.items()}
        placed["train_on_batch"] = self._train_on_batch
        guard = self._guard()
        placed["evaluate"] = guard.wrap("evaluate", model.evaluate)
        self._own = {name: attributes[name] for name in (*placed, "make_train_function") if name in attributes}
        self._own_function = model.train_function
        # Past Keras' attribute tracking: no part of the model that is saved, cloned or listed.
        attributes.update(placed)
        if self._wraps:
            compiled_as = (model.optimizer, self._own_function)
            if self._made_function is None or not _same(self._made_for, compiled_as):
                model.make_train_function(force=True)
                self._made_function = model.train_function if self._adapt is None else self._adapt(model.train_function)
                self._made_for = compiled_as
            model.train_function = self._made_function
        model.train_function = self._guarded = guard.wrap("train_function", model.train_function)
        attributes["make_train_function"] = self._make_train_function
        self._attached = True

    def detach(self) -> None:
        """Put the model's own methods back."""
        if not self._attached:
            return
        self._attached = False
        model = self.model
        attributes = vars(model)
        for name in (*self._wraps, "train_on_batch", "evaluate", "make_train_function"):
            del attributes[name]
        attributes.update(self._own)
        if model.train_function is self._guarded:
            model.train_function = self._own_function

    def _guard(self) -> Guard:
        from kescape.step_tap.step_tap import StepTap

        return StepTap.of(self.model).guard

    def _make_train_function(self, force: bool = False) -> Any:
        # Every fit calls this before its callbacks begin. So if the wrapped step is still in place, the fit before
        # ended in an exception between two guarded calls, and its rates must not leak into this one.
        from kescape.step_tap.step_tap import StepTap

        model = self.model
        StepTap.of(model).abandon()
        return model.make_train_function(force=force)

    def _train_on_batch(self, *args: Any, **kwargs: Any) -> Any:
        # A callback trains on a batch of its own: no step of this fit, so neither ruled nor recorded.
        self.detach()
        try:
            return self.model.train_on_batch(*args, **kwargs)
        finally:
            self.attach()


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
