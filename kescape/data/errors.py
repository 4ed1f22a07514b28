"""What can be wrong with data: `DataError`, one sentence that names file, line, column or field."""

from __future__ import annotations

from typing import Literal

__all__ = ["DataError", "DataUnreachable"]

Asked = Literal["dataset", "target", "task", "image_size"]
"""The settings that decide what data is."""


class DataError(ValueError):
    """Data that cannot be trained on, said in one sentence; `setting` is what to change."""

    def __init__(self, sentence: str, setting: Asked = "dataset") -> None:
        super().__init__(sentence)
        self.setting: Asked = setting


class DataUnreachable(DataError):  # noqa: N818 (says what is the case, like the run's own errors)
    """Data that has to be downloaded, while there is no network."""
