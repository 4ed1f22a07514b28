"""Commands to a live run: one small JSON file each, dropped into `commands/` by atomic rename.

The sender never touches `run.db`; the engine looks into the folder some 20 times a second, obeys or
refuses, and writes the answer into `run.db`. Each command names the session it is meant for, so
that an old stop never kills a resumed run.
"""

from __future__ import annotations

import json
import math
import os
import stat
import time
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kescape.run.errors import RunNotRunning, RunUnwritable
from kescape.run.folder import COMMANDS

if TYPE_CHECKING:
    from kescape.run.writer import RunWriter

COMMAND_KINDS: dict[str, str] = {
    "pause": "Hold the training after the current step.",
    "resume": "Go on after a pause.",
    "stop": "Stop after the current step.",
    "stop_after_cycle": "Stop at the end of the current cycle, where the rate is lowest.",
    "restart": "Begin the next cycle now; with `eta_max`, a rate, at that peak.",
    "eta_max": "Give the next cycle, and so those after it, the peak `value`.",
    "snapshot": "Keep the weights as they are now.",
    "note": "Write `text` into the run's log.",
}
"""What a run can be told, and what it does then."""

LONGEST_NOTE = 2000
"""Characters in a note: a thought, not a report."""

_LARGEST = 64 * 1024


@dataclass(frozen=True)
class Command:
    """One command as the engine finds it.

    Attributes:
        id: Chosen by the sender, who finds the answer under it.
        session: The session it is meant for.
        kind: One of `COMMAND_KINDS`, or "" if the file could not be read.
        args: What else the command needs.
        sent: When, in Unix seconds by the sender's clock.
        problem: Why it cannot be obeyed whatever the engine does, e.g. because the file is
            malformed; else None.
        file: The file that it came in.
    """

    id: str
    session: str
    kind: str
    args: dict[str, Any]
    sent: float
    problem: str | None
    file: Path = field(repr=False, compare=False)


def send_command(folder: Path, kind: str, *, session: str | None = None, **args: Any) -> str:
    """Tell a live run to do something; returns the id under which `Run.acks` has the answer.

    Args:
        folder: The run's folder.
        kind: One of `COMMAND_KINDS`.
        session: Who is meant; by default the session that is recording now.
        args: What else the command needs: `value` for "eta_max", `text` for "note", and if you like `eta_max` for
            "restart".

    Raises:
        RunNotRunning: Nothing is recording into the run.
        ValueError: There is no such command, or it needs something else.
    """
    if kind not in COMMAND_KINDS:
        raise ValueError(f"kind must be one of {', '.join(COMMAND_KINDS)}; got {kind!r}")
    problem = _wrong_args(kind, args)
    if problem is not None:
        raise ValueError(problem)
    if session is None:
        session = _live_session(folder)
    command_id = uuid.uuid4().hex
    text = json.dumps({"id": command_id, "session": session, "command": kind, "args": args, "sent": time.time()})
    inbox = folder / COMMANDS
    temporary = inbox / f".{command_id}.tmp"
    try:
        inbox.mkdir(exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(inbox / f"{time.time_ns():020d}-{command_id}.json")
    except OSError as error:
        raise RunUnwritable(
            f"The command {kind!r} cannot be left in {str(inbox)!r}: {error.strerror or error}."
        ) from error
    return command_id


def _live_session(folder: Path) -> str:
    from kescape.run.reader import open_run  # here, since most users of this module only receive

    with open_run(folder) as run:
        status = run.status
        sessions = run.sessions
    if not status.is_live:
        raise RunNotRunning(f"The run {folder.name!r} is not running: it is {status}.")
    if not sessions:
        raise RunNotRunning(f"The run {folder.name!r} has not begun to train yet; try again in a moment.")
    return sessions[-1].id


class CommandInbox:
    """The receiving side of a run's `commands/` folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / COMMANDS
        self._done: set[str] = set()

    def poll(self) -> list[Command]:
        """What lies in the folder, oldest first, with what cannot be obeyed (`Command.problem`).

        Costs some 10 microseconds while the folder is empty.
        """
        names = []
        try:
            with os.scandir(self._folder) as entries:
                # A name that begins with a dot is still being written.
                names = [e.name for e in entries if e.name[0] != "." and e.name not in self._done]
        except OSError:
            return []
        commands = [self._read(self._folder / name) for name in sorted(names)]
        return [command for command in commands if command is not None]

    def take(self, writer: RunWriter, step: int) -> list[Command]:
        """The commands for this session, oldest first; the others are answered and removed here.

        The caller obeys or refuses each, calls `writer.ack` and then `remove`.
        """
        mine = []
        for command in self.poll():
            if command.problem is not None:
                writer.ack(command, step, "refused", command.problem)
                self.remove(command)
            elif command.session != writer.session:
                writer.ack(command, step, "ignored", "meant for another session of this run")
                self.remove(command)
            else:
                mine.append(command)
        return mine

    def remove(self, command: Command) -> None:
        """Take an answered command out of the folder."""
        try:
            command.file.unlink(missing_ok=True)
        except OSError:
            # Never obeyed twice, even if the folder has become read-only.
            self._done.add(command.file.name)

    def _read(self, file: Path) -> Command | None:
        try:
            facts = file.lstat()
            if stat.S_ISDIR(facts.st_mode):
                self._done.add(file.name)  # not a message, and not ours to delete
                return None
            if not stat.S_ISREG(facts.st_mode):
                return _refused(file, "not an ordinary file")
            if facts.st_size > _LARGEST:
                return _refused(file, f"larger than {_LARGEST} bytes")
            raw = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            return _refused(file, f"cannot be read: {error.strerror or error}")
        try:
            message = json.loads(raw)
        except (ValueError, RecursionError):
            return _refused(file, "not JSON")
        return _checked(file, message)


def _refused(file: Path, problem: str, command_id: str | None = None) -> Command:
    # A file's name may hold bytes that are no text, and run.db keeps text only.
    name = file.stem[:100].encode("utf-8", "backslashreplace").decode("utf-8")
    return Command(command_id or name, "", "", {}, 0.0, problem, file)


def _checked(file: Path, message: object) -> Command:
    if not isinstance(message, dict):
        return _refused(file, "not a JSON object")
    command_id = message.get("id")
    if not isinstance(command_id, str) or not 0 < len(command_id) <= 100:
        return _refused(file, "'id' must be a text of 1 to 100 characters")
    if not _can_be_stored(command_id):
        return _refused(file, "'id' must be a text without halves of characters")
    session, kind, args, sent = (message.get(key) for key in ("session", "command", "args", "sent"))
    if not isinstance(session, str):
        return _refused(file, "'session' must be a text", command_id)
    if not isinstance(kind, str) or kind not in COMMAND_KINDS:
        shown = repr(kind)[:60]
        return _refused(file, f"'command' must be one of {', '.join(COMMAND_KINDS)}; got {shown}", command_id)
    if not isinstance(args, dict):
        return _refused(file, "'args' must be a JSON object", command_id)
    problem = _wrong_args(kind, args)
    if problem is not None:
        return _refused(file, problem, command_id)
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return _refused(file, "'sent' must be a number", command_id)
    try:
        moment = float(sent)
    except OverflowError:
        return _refused(file, "'sent' must be a number of seconds", command_id)
    return Command(command_id, session, kind, args, moment, None, file)


def _wrong_args(kind: str, args: Mapping[str, Any]) -> str | None:
    """What is wrong with the arguments of a command, in a sentence; None if nothing is."""
    known = _ARGS.get(kind, {})
    for name in args:
        if name not in known:
            takes = f"only {', '.join(map(repr, known))}" if known else "nothing else"
            return f"{kind!r} takes {takes}; got {name[:60]!r}"
    for name, (is_needed, problem_of) in known.items():
        if name in args or is_needed:
            problem = problem_of(args.get(name))
            if problem is not None:
                return f"{name!r} of {kind!r} must be {problem}"
    return None


def _no_peak(value: Any) -> str | None:
    try:
        fits = not isinstance(value, bool) and isinstance(value, int | float) and 0 < float(value) < math.inf
    except OverflowError:
        fits = False
    return None if fits else f"a number > 0, because it is a learning rate; got {repr(value)[:60]}"


def _no_note(value: Any) -> str | None:
    rule = f"a text of 1 to {LONGEST_NOTE} characters"
    if not isinstance(value, str):
        return f"{rule}; got {repr(value)[:60]}"
    if not value.strip() or len(value) > LONGEST_NOTE:
        return f"{rule}; got {len(value.strip())}"
    if not _can_be_stored(value) or any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in value):
        return f"{rule}, without control characters; got {repr(value)[:60]}"
    return None


_ARGS: dict[str, dict[str, tuple[bool, Callable[[Any], str | None]]]] = {
    "restart": {"eta_max": (False, _no_peak)},
    "eta_max": {"value": (True, _no_peak)},
    "note": {"text": (True, _no_note)},
}
"""What a command takes: whether it must be there, and what is wrong with a value of it."""


def _can_be_stored(text: str) -> bool:
    """JSON may escape half of a pair of surrogates, which is no character and has no bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
