"""How an engine process of this window ended, as its exit code and what it printed tell; no Qt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_KILLED = {9, 0xC0000017, 0xC000012D}
"""SIGKILL, and what Windows says where it has no more memory to give."""

_CRASHED = {4, 6, 7, 8, 11, 0xC0000005, 0xC000001D, 0xC00000FD, 0xC0000374, 0xC0000409}
"""SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV; access violation, illegal instruction, stack, heap, abort."""

_CHATTER = re.compile(
    r"""\d{4}-\d\d-\d\d\ [\d:.]+:?\ [IWE]\ |  # of TensorFlow: a moment, and less than fatal
        [IWE]\d{4}\ \d\d:\d\d:[\d.]+\ |  # of the libraries under it
        WARNING:\ All\ log\ messages\ before\ absl|
        To\ enable\ the\ following\ instructions|
        (Current\ )?[Tt]hread\ 0x|File\ "|<no\ Python\ frame>|\.\.\.$|Extension\ modules:  # where Python was in a crash
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class EngineEnd:
    """The end of one process.

    Attributes:
        folder: The run that it trained.
        code: Its exit code.
        complaint: What it said before it had a run to write its log into.
        was_wanted: Whether this window ended it, as the user asked for.

    Example:
        >>> EngineEnd(Path("run"), -9).was_killed, EngineEnd(Path("run"), 0xC0000005).has_crashed
        (True, True)
    """

    folder: Path
    code: int
    complaint: str = ""
    was_wanted: bool = False

    @property
    def was_killed(self) -> bool:
        """Whether something outside of the process has ended it at once, as a system does that is out of memory."""
        return not self.was_wanted and _reason(self.code) in _KILLED

    @property
    def has_crashed(self) -> bool:
        """Whether native code has brought it down."""
        return _reason(self.code) in _CRASHED


def telling_lines(printed: str) -> list[str]:
    r"""What an engine printed, without what libraries print whatever happens, and without empty lines.

    Example:
        >>> telling_lines("2026-01-01 12:00:00.1: I tensorflow/core/x.cc:3] AVX2\nOSError: no room\n")
        ['OSError: no room']
    """
    lines = [line.strip() for line in printed.splitlines()]
    return [line for line in lines if line and not _CHATTER.match(line)]


def _reason(code: int) -> int:
    """The signal, or the status of Windows, that an exit code stands for; 0 if it is an answer of the engine's own."""
    if -64 <= code < 0:
        return -code
    if 128 < code <= 192:
        # As shells and containers hand a signal on.
        return code - 128
    return code & 0xFFFFFFFF if abs(code) > 255 else 0
