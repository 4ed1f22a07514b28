"""Draws, copies and writes exports beside the window: `python -m kescape_gui.export.worker`; no Qt.

A thread would do it in the window's own process, where drawing a figure of 100,000 steps holds up the event loop for
80 ms at a time. It reads a request a line from stdin, as JSON:

    {"do": "preview", "job": {...}, "width": 900}
    {"do": "copy", "job": {...}}
    {"do": "write", "job": {...}, "target": "/home/ana/first.png"}

and answers each on stdout with a line of JSON, {"answer": ..., "bytes": n} or {"refused": "a sentence"}, and n bytes.
The end of its input ends it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import IO, Any

from kescape.config import ConfigError
from kescape.run.errors import RunError
from kescape.run.reader import open_run
from kescape_gui.export.job import Job
from kescape_gui.export.preview import copied, preview

_REFUSED = (RunError, ConfigError, OSError, ValueError, ImportError, MemoryError)
"""What is told in a sentence; anything else is a mistake of ours and ends the process with its traceback."""


def main() -> None:
    """Answer until there is no more to answer."""
    with contextlib.suppress(ValueError, AttributeError):
        # Ctrl+C in the terminal is meant for the window, which ends this process by ending its input.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # a training is never slowed down for a picture of it
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in requests:
        request = json.loads(line)
        try:
            answer, payload = _do(request)
        except _REFUSED as error:
            _send(answers, {"refused": str(error) or type(error).__name__}, b"")
        else:
            _send(answers, {"answer": answer}, payload)


def _do(request: dict[str, Any]) -> tuple[Any, bytes]:
    job = Job.from_json(request["job"])
    if request["do"] == "preview":
        seen, picture = preview(job, request["width"])
        return dataclasses.asdict(seen), picture
    if request["do"] == "copy":
        return None, copied(job)
    with open_run(job.run) as run:
        options = job.options
        steps = None if options.part.is_all else (options.part.first, options.part.last)
        run.export(Path(request["target"]), job.format, options.level, steps=steps, figure=options.figure)
    return None, b""


def _send(answers: IO[bytes], header: dict[str, Any], payload: bytes) -> None:
    answers.write(json.dumps({**header, "bytes": len(payload)}).encode() + b"\n" + payload)
    answers.flush()


if __name__ == "__main__":
    main()
