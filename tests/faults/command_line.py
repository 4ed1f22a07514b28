"""The command line, called in this process, some hundred times a second."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass

from kescape.cli.main import run

LEAKS = (
    "Traceback",
    "Error:",
    "Errno",
    " object at 0x",
    "NoneType",
    "codec can't",
    "invalid literal",
    "int_max_str_digits",
    "<class",
    "unhashable",
    "numpy",
    "Input should be",
)
"""What only a programmer can read anything from."""


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code; an exception that nobody turned into a sentence is in `escaped`."""

    code: int
    out: str
    err: str
    escaped: BaseException | None = None

    def flaw(self, *names: str) -> str | None:
        """What keeps this from being a clear refusal that says all of `names`; None if it is one."""
        if self.escaped is not None:
            return f"{type(self.escaped).__name__}: {self.escaped}"
        if self.code != 2:
            return f"exit code {self.code}: {self.err or self.out}"
        return self.unclear(*names)

    def unclear(self, *names: str) -> str | None:
        """What is wrong with the sentence on stderr; None if it is one that says all of `names`."""
        if not self.err.startswith("kescape: "):
            return f"no sentence: {self.err!r}"
        leaks = [leak for leak in LEAKS if leak in self.err]
        if leaks:
            return f"{leaks[0]!r} in {self.err!r}"
        missing = [name for name in names if name not in self.err]
        return f"{missing[0]!r} is not in {self.err!r}" if missing else None


def kescape(*arguments: str) -> Answer:
    """`kescape ARGUMENTS`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = run(arguments)
        except BaseException as error:  # noqa: BLE001 (what escapes is what is looked for)
            return Answer(-1, out.getvalue(), err.getvalue(), error)
    return Answer(code, out.getvalue(), err.getvalue())
