"""A Ray cluster, as a place that runs are trained at. No Ray in this process, no Keras, no Qt."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kescape.compare.cluster.address import LOCAL, TOKEN_HINT, check_address, check_somebody_answers, named, unreachable
from kescape.compare.cluster.connect import needs_words
from kescape.compare.place import Ended
from kescape.data.words import counted
from kescape.engine.detached import printed
from kescape.run.errors import ClusterUnusable

__all__ = ["RayCluster", "check_cluster"]

_OLDEST_RAY = (2, 59)
_REFUSED = re.compile("InvalidAuthToken|Invalid or missing authentication token")
"""What Ray prints, again and again, where its token is not the cluster's."""
_CONNECT_SECONDS = 30.0
_CHECK_SECONDS = 60.0
_GOODBYE_SECONDS = 20.0
_ASK_SECONDS = 1.0


class RayCluster:
    """Slots on the nodes of a Ray cluster, each of which trains one run after the other.

    No file system is shared with the nodes: what a run needs is sent there, and what happens to it is brought back
    some times a second. Slots are asked for as long as runs wait, so that an autoscaler knows of them.

    Args:
        address: `local` for a cluster of this computer that is started for this; `auto` or HOST:PORT for one that this
            computer is a node of; ray://HOST:PORT for another.
        most: How many runs there are, and so how many slots at most.
        cpus: Processors that a run takes, >= 1.
        gpus: GPUs that a run takes, >= 0; several runs share one that is taken in part.
        tell: Gets a sentence where something happened that the folders of the runs do not tell.

    Raises:
        ConfigError: The address is none.
        ClusterUnusable: Ray is not installed, the cluster cannot be reached or does not let this computer in, it has
            other versions, or nothing on it has what a run needs.
    """

    def __init__(
        self,
        address: str,
        *,
        most: int,
        cpus: float = 1,
        gpus: float = 0,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        check_cluster(address)
        if address != LOCAL:
            check_somebody_answers(address)
        self._address, self._cpus, self._gpus, self._tell = address, cpus, gpus, tell
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._slots = self._free = self._known_starts = self._starts = 0
        self._running: dict[str, Path] = {}
        self._ended: list[Ended] = []
        self._problem: str | None = None
        self._is_closed = False
        self._asked = -_ASK_SECONDS
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the process)
        self._process = self._spawn([address, str(most), str(cpus), str(gpus)])
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._wait_until_ready()
        except BaseException:
            self._process.kill()
            self.close()
            raise

    @property
    def at_once(self) -> int:
        """How many runs it trains at a time, as far as is known now."""
        return self._slots

    @property
    def where(self) -> str:
        """Where they are trained, in words."""
        needs = needs_words(self._cpus, self._gpus) + ("" if self._slots == 1 else " each")
        return f"{counted(self._slots, 'slot')} with {needs} on the {named(self._address)}"

    def has_room(self) -> bool:
        """Whether another run can be started now.

        Raises:
            ClusterUnusable: The cluster is gone, or is of no use.
        """
        self._take_in()
        if self._free > self._starts - self._known_starts:
            return True
        now = time.monotonic()
        if now - self._asked >= _ASK_SECONDS:
            self._asked = now
            self._send(ask=True)
        return False

    def start(self, folder: Path) -> None:
        """Train the run in `folder`, or let it go on."""
        self._starts += 1
        self._running[str(folder.absolute())] = folder
        self._send(start=str(folder.absolute()))

    def ended(self) -> list[Ended]:
        """The runs that have ended since this was last asked.

        Raises:
            ClusterUnusable: The cluster is gone, or is of no use.
        """
        self._take_in()
        ended, self._ended = self._ended, []
        return ended

    def stop(self) -> None:
        """Tell all runs to stop after the step that they are in; one that has not begun ends at once."""
        self._send(stop=True)

    def close(self) -> None:
        """Let go of the cluster; what still trains is ended at once, and can go on later. No effect the second time."""
        if self._is_closed:
            return
        self._is_closed = True
        assert self._process.stdin is not None, "it is told through a pipe"
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def _spawn(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        options: dict[str, Any] = {}
        if sys.platform == "win32":
            options["creationflags"] = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
        else:
            options["start_new_session"] = True  # Ctrl+C is answered by who asked for the runs
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kescape.compare.cluster", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            **options,
        )

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _CONNECT_SECONDS
        while True:
            with contextlib.suppress(queue.Empty):
                answer = self._answers.get(timeout=0.1)
                if "ready" in answer:
                    return
                if "connected" in answer:
                    until += _CHECK_SECONDS
                self._note(answer)
            if self._problem is not None:
                raise ClusterUnusable(self._problem)
            if self._address != LOCAL and _REFUSED.search(self._log):
                raise ClusterUnusable(f"The {named(self._address)} has another token than this computer: {TOKEN_HINT}.")
            if time.monotonic() > until:
                raise ClusterUnusable(unreachable(self._address))

    def _read(self) -> None:
        assert self._process.stdout is not None, "it answers through a pipe"
        with self._process.stdout as answers:
            for line in answers:
                self._answers.put(json.loads(line))
        self._answers.put({"gone": True})

    def _take_in(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._note(self._answers.get_nowait())
        if self._problem is not None:
            raise ClusterUnusable(self._problem)

    def _note(self, answer: dict[str, Any]) -> None:
        if "slots" in answer:
            self._slots, self._free, self._known_starts = answer["slots"], answer["free"], answer["started"]
        elif "tell" in answer:
            self._tell(answer["tell"])
        elif "ended" in answer:
            self._end(answer["ended"], answer["lost"])
        elif "problem" in answer:
            self._problem = answer["problem"]
        elif "gone" in answer and self._is_closed:
            for folder in list(self._running):
                self._end(folder, None)
        elif "gone" in answer:
            self._problem = self._problem or self._why_gone()

    def _end(self, folder: str, lost: str | None) -> None:
        self._ended.append(Ended(self._running.pop(folder), lost))

    def _send(self, **what: Any) -> None:
        assert self._process.stdin is not None, "it is told through a pipe"
        with contextlib.suppress(OSError, ValueError):  # it is gone, and says so otherwise
            self._process.stdin.write(json.dumps(what).encode() + b"\n")
            self._process.stdin.flush()

    def _why_gone(self) -> str:
        code, log = self._process.wait(), self._log
        if "Failed to connect to GCS" in log:
            return f"The {named(self._address)} is gone: its head node does not answer any more."
        last = (log.strip().splitlines() or ["it left no message"])[-1][:300].rstrip(".")
        return f"The process that talks to the {named(self._address)} ended with code {code}: {last}."

    @property
    def _log(self) -> str:
        return printed(self._said)


def check_cluster(address: str) -> None:
    """Refuse what can be no cluster, before anything is asked of it.

    Raises:
        ConfigError: The address is none.
        ClusterUnusable: Ray is not installed here, or is too old.
    """
    check_address(address)
    try:
        version = importlib.metadata.version("ray")
    except importlib.metadata.PackageNotFoundError:
        raise ClusterUnusable("A cluster needs Ray, which is not installed: pip install 'kescape[cluster]'.") from None
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_RAY:
        oldest = ".".join(map(str, _OLDEST_RAY))
        raise ClusterUnusable(
            f"A cluster needs Ray {oldest} or later, because older ones ask for no token; this one is {version}: "
            "pip install -U 'kescape[cluster]'."
        )
