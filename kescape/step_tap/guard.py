"""Notices an exception that is about to end a fit. Keras calls no hook then.

A traceback can keep a fit that ended so alive for long, as in a notebook: nothing is freed that could tell. So whatever
Keras calls from inside `fit` is called through a guard: the train function, the validation and the hooks of callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Guard:
    """Calls functions for `fit`, and tells when an exception leaves one of them.

    What a callback calls, and perhaps tries, is no matter of the fit: only the outermost guarded call tells.

    Args:
        tell: Called with name and arguments of the call that failed, while the exception is on its way.
    """

    def __init__(self, tell: Callable[[str, tuple[Any, ...]], None]) -> None:
        self._tell = tell
        self._depth = 0

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function under guard."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                if self._depth == 1 and not _is_end_of_data(error):
                    self._tell(name, args)
                raise
            finally:
                self._depth -= 1

        return guarded


def _is_end_of_data(error: BaseException) -> bool:
    """Keras takes these for the end of an epoch whose length it does not know."""
    return isinstance(error, StopIteration) or any(kind.__name__ == "OutOfRangeError" for kind in type(error).__mro__)
