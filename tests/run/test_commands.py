"""From a button to an answer, through one small file."""

import json
import os
import random
import re
import sys
from pathlib import Path

import pytest

from kescape.run.commands import COMMAND_KINDS, CommandInbox, send_command
from kescape.run.errors import RunNotFound, RunNotRunning
from kescape.run.reader import open_run

ARGS = {"restart": {"eta_max": 1}, "eta_max": {"value": 0.25}, "note": {"text": "é\n\tÖ"}}
"""For each command what it takes, as JSON holds it."""


def _acks(folder):
    with open_run(folder) as run:
        return [(ack.command_id, ack.command, ack.outcome, ack.reason) for ack in run.acks()]


def test_there_and_back(open_writer, steps, tmp_path):
    """A command reaches the session that is recording, is answered with the step, and is gone."""
    folder = tmp_path / "run"
    writer = open_writer()
    writer.append(steps(0, 5))
    inbox = CommandInbox(folder)
    assert inbox.take(writer, 5) == []

    sent = [send_command(folder, kind, **ARGS.get(kind, {})) for kind in COMMAND_KINDS]
    taken = inbox.take(writer, 5)

    assert [command.kind for command in taken] == list(COMMAND_KINDS)
    assert [command.id for command in taken] == sent
    assert {command.session for command in taken} == {writer.session}
    assert {command.kind: command.args for command in taken if command.args} == ARGS
    writer.ack(taken[0], 7, "done", "paused")
    inbox.remove(taken[0])
    assert _acks(folder) == [(sent[0], "pause", "done", "paused")]
    with open_run(folder) as run:
        assert run.acks()[0].step == 7
    assert len(inbox.poll()) == len(COMMAND_KINDS) - 1


def test_an_old_command_is_ignored_by_a_later_session(open_writer, steps, tmp_path):
    """An old stop never kills a resumed run."""
    folder = tmp_path / "run"
    writer = open_writer()
    writer.append(steps(0, 5))
    old = send_command(folder, "stop")
    writer.close()

    writer = open_writer(resume=True)
    inbox = CommandInbox(folder)
    assert inbox.take(writer, 5) == []

    assert _acks(folder) == [(old, "stop", "ignored", "meant for another session of this run")]
    assert list((folder / "commands").iterdir()) == []


def test_nobody_there(recorded, tmp_path):
    """A command to a run that has ended, that is cut off or that is none is an error at once."""
    with pytest.raises(RunNotRunning, match=r"The run 'run' is not running: it is finished."):
        send_command(recorded, "stop")
    with pytest.raises(RunNotFound):
        send_command(tmp_path / "nothing", "stop")
    with pytest.raises(ValueError, match=r"kind must be one of pause, resume, .* got 'explode'"):
        send_command(recorded, "explode")
    assert list((recorded / "commands").iterdir()) == []


def test_a_run_that_has_not_begun(tmp_path):
    """While TensorFlow is still being imported there is no session to speak to."""
    (tmp_path / "config.toml").write_text("", "utf-8")
    with pytest.raises(RunNotRunning, match="has not begun to train yet"):
        send_command(tmp_path, "stop")


WRONG_ARGS = [
    ("stop", {"now": True}, "'stop' takes nothing else; got 'now'"),
    ("restart", {"peak": 0.1}, "'restart' takes only 'eta_max'; got 'peak'"),
    (
        "restart",
        {"eta_max": None},
        "'eta_max' of 'restart' must be a number > 0, because it is a learning rate; got None",
    ),
    ("eta_max", {}, "'value' of 'eta_max' must be a number > 0, because it is a learning rate; got None"),
    ("eta_max", {"value": True}, "must be a number > 0, because it is a learning rate; got True"),
    ("eta_max", {"value": "0.1"}, "must be a number > 0, because it is a learning rate; got '0.1'"),
    ("eta_max", {"value": 0}, "must be a number > 0, because it is a learning rate; got 0"),
    ("eta_max", {"value": float("nan")}, "must be a number > 0, because it is a learning rate; got nan"),
    ("eta_max", {"value": float("inf")}, "must be a number > 0, because it is a learning rate; got inf"),
    ("eta_max", {"value": 10**400}, "must be a number > 0, because it is a learning rate; got 1000"),
    ("note", {}, "'text' of 'note' must be a text of 1 to 2000 characters; got None"),
    ("note", {"text": " \n"}, "'text' of 'note' must be a text of 1 to 2000 characters; got 0"),
    ("note", {"text": "x" * 2001}, "'text' of 'note' must be a text of 1 to 2000 characters; got 2001"),
    ("note", {"text": "a\x1b[2Jb"}, "without control characters; got 'a\\x1b[2Jb'"),
    ("note", {"text": "\ud800"}, "without control characters; got '\\ud800'"),
]


@pytest.mark.parametrize(("kind", "args", "reason"), WRONG_ARGS)
def test_wrong_arguments_are_refused_on_both_sides(open_writer, tmp_path, kind, args, reason):
    """The sender is told at once; a file that came in another way is answered, and the training goes on."""
    folder = tmp_path / "run"
    writer = open_writer()
    with pytest.raises(ValueError, match=re.escape(reason)):
        send_command(folder, kind, **args)
    assert list((folder / "commands").iterdir()) == []
    message = {"id": "a", "session": writer.session, "command": kind, "args": args, "sent": 1.5}
    (folder / "commands" / "0.json").write_text(json.dumps(message), "utf-8")

    assert CommandInbox(folder).take(writer, 3) == []

    [(_, _, outcome, said)] = _acks(folder)
    assert outcome == "refused"
    assert reason in said


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 60_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "'id' must be a text of 1 to 100 characters"),
        (b'{"id": 5}', "'id' must be a text"),
        (b'{"id": "a"}', "'session' must be a text"),
        (b'{"id": "a", "session": "S", "command": "rm -rf"}', "'command' must be one of"),
        (b'{"id": "a", "session": "S", "command": ["stop"]}', "'command' must be one of"),
        (b'{"id": "a", "session": "S", "command": "stop", "args": 1}', "'args' must be a JSON object"),
        (b'{"id": "a", "session": "S", "command": "stop", "args": {}, "sent": true}', "'sent' must be a number"),
        (b'{"id": "\\ud800", "session": "S"}', "'id' must be a text without halves of characters"),
        (
            b'{"id": "a", "session": "S", "command": "stop", "args": {}, "sent": 1' + b"0" * 400 + b"}",
            "'sent' must be a number of seconds",
        ),
        (b" " * 70_000, "larger than 65536 bytes"),
    ],
)
def test_malformed_files_are_refused_and_removed(open_writer, tmp_path, content, reason):
    """Whoever wrote it finds the reason; the folder is clean again; valid commands beside it get through."""
    folder = tmp_path / "run"
    writer = open_writer()
    (folder / "commands" / "0.json").write_bytes(content)
    good = send_command(folder, "pause")

    taken = CommandInbox(folder).take(writer, 3)

    assert [command.id for command in taken] == [good]
    [(_, _, outcome, said)] = _acks(folder)
    assert outcome == "refused"
    assert reason in said
    assert len(list((folder / "commands").iterdir())) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep names as text")
def test_a_file_whose_name_is_no_text_is_refused(open_writer, tmp_path):
    """Such a name cannot be stored in run.db as it is; the training goes on and the file is gone."""
    folder = tmp_path / "run"
    writer = open_writer()
    Path(os.fsdecode(b"%s/commands/a\xff.json" % os.fsencode(folder))).write_bytes(b"{}")

    assert CommandInbox(folder).take(writer, 3) == []

    assert _acks(folder) == [("a\\udcff", "", "refused", "'id' must be a text of 1 to 100 characters")]
    assert list((folder / "commands").iterdir()) == []


def test_what_is_no_message(open_writer, tmp_path):
    """Half-written files wait, folders stay, a link is refused without being followed."""
    folder = tmp_path / "run"
    writer = open_writer()
    (tmp_path / "secret").write_text("{}", "utf-8")
    (folder / "commands" / "folder").mkdir()
    (folder / "commands" / ".half.tmp").write_text("{", "utf-8")
    os.symlink(tmp_path / "secret", folder / "commands" / "link.json")  # noqa: PTH211

    inbox = CommandInbox(folder)
    for _ in range(2):
        assert inbox.take(writer, 0) == []

    assert _acks(folder) == [("link", "", "refused", "not an ordinary file")]
    assert (tmp_path / "secret").exists()
    assert sorted(path.name for path in (folder / "commands").iterdir()) == [".half.tmp", "folder"]


def test_a_command_that_cannot_be_removed_is_obeyed_once(open_writer, tmp_path, monkeypatch):
    """Even if the folder became read-only meanwhile."""
    folder = tmp_path / "run"
    writer = open_writer()
    send_command(folder, "pause")
    inbox = CommandInbox(folder)
    [command] = inbox.take(writer, 0)

    def refuse(self, missing_ok=False):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    inbox.remove(command)

    assert inbox.take(writer, 0) == []


def test_a_thousand_mutated_commands(open_writer, tmp_path):
    """Whatever happens to the bytes, the inbox answers or obeys, and ends empty."""
    folder = tmp_path / "run"
    writer = open_writer()
    inbox = CommandInbox(folder)
    whole = json.dumps(
        {"id": "a" * 8, "session": writer.session, "command": "note", "args": {"text": "x"}, "sent": 1.5}
    ).encode()
    rng = random.Random(1)
    for number in range(1000):
        content = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        (folder / "commands" / f"{number:04}.json").write_bytes(content[: rng.randrange(len(whole) + 1)])

    for command in inbox.take(writer, 0):
        assert command.kind in COMMAND_KINDS
        inbox.remove(command)

    assert list((folder / "commands").iterdir()) == []
