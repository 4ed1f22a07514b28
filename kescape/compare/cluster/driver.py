"""The process that talks to the Ray cluster: `python -m kescape.compare.cluster ADDRESS SLOTS CPUS GPUS`.

`RayCluster` starts it and tells it, a line of JSON each on stdin, `{"start": FOLDER}`, `{"ask": true}` (for as many
slots as there may be, since runs wait) and `{"stop": true}`; the end of input ends it. It answers on stdout, a line
each, with `{"connected": true}`, `{"ready": true}` once the nodes have been looked at, `{"slots": ALIVE, "free": IDLE,
"started": ASKED}`, `{"tell": SENTENCE}`, `{"ended": FOLDER, "lost": WHY}`, and where it cannot go on with
`{"problem": SENTENCE}`. All else that it and Ray print goes to stderr.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from kescape.compare.cluster.address import LOCAL
from kescape.compare.cluster.connect import check_nodes, connected, last_line, needs_words, why_lost
from kescape.compare.cluster.mirror import Mirror, files_of
from kescape.compare.cluster.remote_slot import Look, RemoteSlot, SlotFacts
from kescape.compare.cluster.versions import installed_versions, version_problem
from kescape.run.errors import ClusterUnusable, RunError
from kescape.run.folder import COMMANDS

__all__ = ["main"]

_LOOK_SECONDS = 0.02
_KEEP_SECONDS = 3.0
"""Slots that nobody needs are given back after this time; others may need the processors."""
_PATIENCE_SECONDS = 15.0
_MOST_FAILURES = 3
"""A cluster on which more slots than this end before they are ready, one after the other, is of no use."""
_GOODBYE_SECONDS = 3.0
_LARGEST_COMMAND = 64 * 1024


def main(arguments: Sequence[str]) -> int:
    """Have runs trained on a cluster until the input ends; returns the exit code."""
    address, slots, cpus, gpus = arguments[0], int(arguments[1]), float(arguments[2]), float(arguments[3])
    requests, answers = _channel()
    try:
        with connected(address):
            _say(answers, connected=True)
            wait = check_nodes(address, cpus, gpus) if address != LOCAL or gpus else None
            if wait is not None:
                _say(answers, tell=wait)
            _say(answers, ready=True)
            driver = _Driver(slots, cpus, gpus, answers)
            try:
                driver.run(requests)
            finally:
                driver.close()
    except ClusterUnusable as error:
        _say(answers, problem=str(error))
        return 1
    return 0


def _channel() -> tuple[queue.Queue[dict[str, Any] | None], TextIO]:
    """What the starter asks, line by line, and where it is answered; Ray and its processes get neither."""
    asked, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    requests: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def read() -> None:
        with asked:
            for line in asked:
                requests.put(json.loads(line))
        requests.put(None)

    threading.Thread(target=read, daemon=True).start()
    return requests, answers


def _say(answers: TextIO, **what: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # the input has ended, too
        answers.write(json.dumps(what) + "\n")
        answers.flush()


@dataclass
class _Slot:
    """A slot, as it is known here."""

    actor: Any
    answer: Any
    """What it has been asked and has not answered yet."""
    host: str | None = None
    """The computer that it is on, once it is ready."""
    folder: Path | None = None
    """The run that it trains."""
    mirror: Mirror | None = None
    commands: list[Path] = field(default_factory=list)
    """Those that have been sent to the run, and are removed here when it has them."""


class _Driver:
    """Has runs trained in slots of a cluster, and brings them here.

    Args:
        most: How many slots there may be.
        cpus: What each takes.
        gpus: What each takes.
        answers: Where is said what happens.
    """

    def __init__(self, most: int, cpus: float, gpus: float, answers: TextIO) -> None:
        import ray

        self._ray = ray
        self._kind = ray.remote(num_cpus=cpus, num_gpus=gpus, max_restarts=0)(RemoteSlot)
        self._most, self._cpus, self._gpus = most, cpus, gpus
        self._answers = answers
        self._versions = installed_versions()
        self._slots: list[_Slot] = []
        self._started = 0
        self._is_stopping = False
        self._asked = self._waits_since = time.monotonic()
        self._has_told = False
        self._failures = 0
        self._said: dict[str, Any] = {}

    def run(self, requests: queue.Queue[dict[str, Any] | None]) -> None:
        """Do what is asked until the input ends."""
        while True:
            with contextlib.suppress(queue.Empty):
                while True:
                    request = requests.get_nowait()
                    if request is None:
                        return
                    self._obey(request)
            self._look()
            self._give_back()
            self._tell_if_nothing_is_free()
            state = {
                "slots": sum(slot.host is not None for slot in self._slots),
                "free": sum(slot.host is not None and slot.folder is None for slot in self._slots),
                "started": self._started,
            }
            if state != self._said:
                _say(self._answers, **state)
                self._said = state

    def close(self) -> None:
        """End all slots, and with them what they train."""
        ray = self._ray
        ends = [slot.actor.end.remote() for slot in self._slots if slot.host is not None]
        with contextlib.suppress(ray.exceptions.RayError):
            ray.wait(ends, num_returns=len(ends), timeout=_GOODBYE_SECONDS) if ends else None
        for slot in self._slots:
            self._forget(slot)

    def _obey(self, request: dict[str, Any]) -> None:
        if "start" in request:
            self._started += 1
            self._asked = time.monotonic()
            self._start(Path(request["start"]))
        elif "ask" in request:
            self._asked = time.monotonic()
            while len(self._slots) < self._most:
                self._slots.append(self._new_slot())
        elif "stop" in request:
            self._is_stopping = True

    def _new_slot(self) -> _Slot:
        actor = self._kind.remote(threads=max(1, int(self._cpus)), gpu=self._gpus > 0)
        return _Slot(actor, actor.facts.remote())

    def _start(self, folder: Path) -> None:
        slot = next((slot for slot in self._slots if slot.host is not None and slot.folder is None), None)
        if slot is None:  # it was given back, or lost, while it was asked for
            _say(self._answers, ended=str(folder), lost="The slot that it was to have is gone.")
            return
        mirror = None
        try:
            mirror = Mirror(folder)
            files = files_of(folder)
        except (RunError, OSError) as error:
            if mirror is not None:
                mirror.close()
            _say(self._answers, ended=str(folder), lost=str(error))
            return
        slot.folder, slot.mirror = folder, mirror
        slot.answer = slot.actor.train.remote(folder.name, files)

    def _look(self) -> None:
        """Take in what slots have answered, waiting a moment for it."""
        ray = self._ray
        waiting = {slot.answer: slot for slot in self._slots if slot.answer is not None}
        if not waiting:
            time.sleep(_LOOK_SECONDS)
            return
        ready, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=_LOOK_SECONDS)
        for answer in ready:
            slot = waiting[answer]
            slot.answer = None
            try:
                value = ray.get(answer)
            except ray.exceptions.RayError as error:
                self._lose(slot, error)
                continue
            if isinstance(value, SlotFacts):
                self._welcome(slot, value)
            elif isinstance(value, Look):
                self._take(slot, value)

    def _welcome(self, slot: _Slot, facts: SlotFacts) -> None:
        """A slot is ready."""
        problem = version_problem(facts.host, facts.versions, self._versions)
        if problem is not None:
            raise ClusterUnusable(problem)
        slot.host = facts.host
        self._failures = 0

    def _take(self, slot: _Slot, look: Look) -> None:
        """Bring what has changed, and look again."""
        assert slot.mirror is not None, "a look is at a run"
        lost = look.lost
        try:
            slot.mirror.apply(look.changes)
            for command in slot.commands:
                command.unlink(missing_ok=True)
        except (RunError, OSError) as error:
            # Nobody would see what it trains.
            lost = str(error)
            self._drop(slot)
        if look.ended or lost is not None:
            self._end(slot, lost)
            return
        slot.commands, contents = _commands_in(slot.folder)
        slot.answer = slot.actor.look.remote(contents, self._is_stopping)

    def _end(self, slot: _Slot, lost: str | None) -> None:
        """The run of a slot is not trained any more."""
        assert slot.mirror is not None, "it had a run"
        slot.mirror.close()
        _say(self._answers, ended=str(slot.folder), lost=lost)
        slot.folder = slot.mirror = None
        slot.commands = []
        self._asked = time.monotonic()

    def _lose(self, slot: _Slot, error: Exception) -> None:
        """A slot is gone, or has failed."""
        if slot.folder is not None:
            self._end(slot, why_lost(error, str(slot.host)))
        elif slot.host is None:
            self._failures += 1
        self._drop(slot)
        if self._failures > _MOST_FAILURES:
            raise ClusterUnusable(f"No slot of the cluster becomes ready: {last_line(error)}")

    def _drop(self, slot: _Slot) -> None:
        self._ray.kill(slot.actor)
        self._slots.remove(slot)

    def _forget(self, slot: _Slot) -> None:
        if slot.mirror is not None:
            slot.mirror.close()
        self._ray.kill(slot.actor)

    def _give_back(self) -> None:
        """Let slots go that nobody has asked for lately."""
        if time.monotonic() - self._asked < _KEEP_SECONDS:
            return
        for slot in [slot for slot in self._slots if slot.folder is None]:
            if slot.host is None:
                self._drop(slot)
            else:
                slot.actor.end.remote()
                slot.actor.__ray_terminate__.remote()
                self._slots.remove(slot)

    def _tell_if_nothing_is_free(self) -> None:
        now = time.monotonic()
        if not self._slots or any(slot.host is not None for slot in self._slots):
            self._waits_since, self._has_told = now, False
        elif now - self._waits_since > _PATIENCE_SECONDS and not self._has_told:
            self._has_told = True
            needs = needs_words(self._cpus, self._gpus)
            _say(self._answers, tell=f"No node of the cluster has {needs} free now; the runs wait.")


def _commands_in(folder: Path | None) -> tuple[list[Path], dict[str, bytes]]:
    """What has been dropped for a run here, and is to be dropped for it there."""
    assert folder is not None, "the slot trains a run"
    files, contents = [], {}
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder / COMMANDS):
            # A name that begins with a dot is still being written.
            if entry.name[0] != "." and entry.is_file(follow_symlinks=False):
                with Path(entry.path).open("rb") as file:
                    # What is too large is so there, too, and is refused.
                    contents[entry.name] = file.read(_LARGEST_COMMAND + 1)
                files.append(Path(entry.path))
    return files, contents
