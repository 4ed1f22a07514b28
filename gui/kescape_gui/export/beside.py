"""The process that draws, copies and writes exports, as the window sees it; no Qt."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from kescape.run.errors import ExportError
from kescape_gui.export.job import Job
from kescape_gui.export.preview import Preview

_GIVEN_UP = "The export was given up."


class _Worker:
    """The process, and what it says on its way out."""

    def __init__(self) -> None:
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NO_WINDOW
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = subprocess.Popen(
            # -P: a random.py in the folder one happens to be in must not be imported.
            [sys.executable, "-P", "-m", "kescape_gui.export.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            **options,
        )

    @property
    def is_gone(self) -> bool:
        return self._process.poll() is not None

    def answer(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes] | None:
        """What it answers, and the bytes that follow; None if it ends before that."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(json.dumps(request).encode() + b"\n")
            requests.flush()
            header = json.loads(answers.readline() or b"null")
            payload = answers.read(header["bytes"]) if header is not None else b""
        except (OSError, ValueError):  # its pipes broke, or were closed meanwhile
            return None
        return (header, payload) if header is not None and len(payload) == header["bytes"] else None

    def why_gone(self) -> str:
        """How it ended, in a sentence; all that it said goes to stderr."""
        code = self._process.wait()
        self._said.seek(0)
        told = self._said.read().decode("utf-8", errors="replace").strip()
        if told:
            sys.stderr.write(f"{told}\n")
        last = told.splitlines()[-1:] or ["it left no message"]
        return f"The process that draws and writes ended with code {code}: {last[0]}."

    def end(self) -> None:
        """Whatever it is at."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(OSError):  # what was not yet sent has nobody to read it any more
                if pipe is not None:
                    pipe.close()


class Beside:
    """Starts its process with the first request, and ends it when it is closed.

    The requests wait for their answers, so they belong into a thread; `close` may be called from any.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._is_closed = False

    def preview(self, job: Job, width: int) -> tuple[Preview, bytes]:
        """What a job would write; a figure as a PNG that is so many dots wide.

        Raises:
            ExportError: It cannot be written, and why.
        """
        answer, picture = self._ask({"do": "preview", "job": job.to_json(), "width": width})
        rows = tuple(tuple(row) for row in answer.pop("rows"))
        return Preview(**{**answer, "columns": tuple(answer["columns"]), "rows": rows}), picture

    def copy(self, job: Job) -> bytes:
        """What a job puts on the clipboard: a PNG of a figure, else text in UTF-8.

        Raises:
            ExportError: There is nothing, or too much.
        """
        return self._ask({"do": "copy", "job": job.to_json()})[1]

    def write(self, job: Job, target: Path) -> None:
        """Write a job to a file, which appears whole or not at all.

        Raises:
            ExportError: It cannot be written, and why.
        """
        self._ask({"do": "write", "job": job.to_json(), "target": str(target)})

    def close(self) -> None:
        """End the process, whatever it is at; a request that waits is refused."""
        with self._lock:
            self._is_closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _ask(self, request: dict[str, Any]) -> tuple[Any, bytes]:
        worker = self._started()
        answer = worker.answer(request)
        if self._is_closed:
            raise ExportError(_GIVEN_UP)
        if answer is None:
            raise ExportError(worker.why_gone())
        header, payload = answer
        if "refused" in header:
            raise ExportError(header["refused"])
        return header["answer"], payload

    def _started(self) -> _Worker:
        with self._lock:
            if self._is_closed:
                raise ExportError(_GIVEN_UP)
            if self._worker is not None and self._worker.is_gone:
                self._worker.end()
                self._worker = None
            if self._worker is None:
                self._worker = _Worker()
            return self._worker
