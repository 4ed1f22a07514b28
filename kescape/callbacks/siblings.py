"""The other callbacks of the same fit.

Keras tells a callback nothing of its neighbours, yet a learning rate plan must know who else sets the rate, and its
values must be in the logs before any other callback reads them. The list is found in the frame that calls the hook:
`keras.callbacks.CallbackList` is public, that it calls the hooks is not promised; `tests/callbacks/test_siblings.py`
fails clearly if that changes.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

import keras

from kescape.step_tap.guard import Guard

_WATCHED = "_kescape_watched"


def callback_list() -> keras.callbacks.CallbackList | None:
    """The list that is calling a hook at this moment; None where a hook is called by hand."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        caller = frame.f_locals.get("self")
        if isinstance(caller, keras.callbacks.CallbackList):
            return caller
        frame = frame.f_back
    return None


def move_to_front(callback: keras.callbacks.Callback) -> None:
    """Let `callback` see each hook before its neighbours, so that they read what it adds to the logs."""
    found = callback_list()
    if found is not None:
        # A new list: Keras is iterating over the old one.
        found.callbacks = [callback, *(one for one in found.callbacks if one is not callback)]


def move_to_back(callback: keras.callbacks.Callback) -> None:
    """Let `callback` see each hook after its neighbours, so that it reads what they add to the logs."""
    found = callback_list()
    if found is not None:
        found.callbacks = [*(one for one in found.callbacks if one is not callback), callback]


def neighbours(callback: keras.callbacks.Callback) -> list[keras.callbacks.Callback]:
    """The other callbacks of the fit that is calling a hook of `callback`."""
    found = callback_list()
    return [] if found is None else [one for one in found.callbacks if one is not callback]


def watch(guard: Guard) -> None:
    """Let every hook of the fit that is calling one now be called under guard."""
    found = callback_list()
    if found is None or vars(found).get(_WATCHED):
        return
    vars(found)[_WATCHED] = True
    for name in dir(keras.callbacks.CallbackList):
        if name.startswith("on_"):
            setattr(found, name, guard.wrap(name, _hook(weakref.ref(found), name)))


def _hook(found: weakref.ref[keras.callbacks.CallbackList], name: str) -> Callable[..., None]:
    """A hook that does not keep its list alive, in which it is put: what is freed tells that the fit is over."""
    method = getattr(keras.callbacks.CallbackList, name)

    def call(*args: Any, **kwargs: Any) -> None:
        method(found(), *args, **kwargs)

    return call
