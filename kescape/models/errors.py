"""What can be wrong with a model of the user's own, in one sentence that names file, line or both shapes.

ModelUnusable       no such file, malformed, or it does not fit the data
└── CodeNotAllowed  a Python file that nobody has said yes to
"""

from __future__ import annotations

__all__ = ["CodeNotAllowed", "ModelUnusable", "reason"]


class ModelUnusable(ValueError):  # noqa: N818 (says what is the case, like the run's own errors)
    """A model that cannot be trained."""


class CodeNotAllowed(ModelUnusable):
    """A Python file that would have to be run, and nobody has said that it may."""


def reason(error: BaseException) -> str:
    """What another library's error says, as the end of a sentence."""
    text = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
    return text.splitlines()[0][:200]
