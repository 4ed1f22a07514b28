"""Steering a live run from the command line: one sentence each, and what it did to the run."""

import subprocess
import sys
import time

import pytest

from kescape.cli.main import run
from kescape.cli.tell import tell_to_go_on
from kescape.run.reader import open_run
from kescape.run.status import RunStatus
from tests.gui.recorded import record

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]


def wait_until(fact, seconds=90):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


def test_every_verb_on_a_live_run(tmp_path, capsys, monkeypatch):
    """Paused, steered while it stands, then stopped: the sentences name the steps that the run has recorded."""
    monkeypatch.setattr("kescape.cli.tell.ANSWER_SECONDS", 60)

    def say(*arguments):
        code = run([arguments[0], "helm", *arguments[1:], "--runs", str(tmp_path)])
        out, err = capsys.readouterr()
        return code, out + err

    command = [*KESCAPE, "train", "--dataset", "xor", "--epochs", "100000", "--t-0", "50", "--name", "helm"]
    with subprocess.Popen(
        [*command, "--eta-max", "0.1", "--eta-min", "0.001", "--runs", tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until((tmp_path / "helm" / "config.toml").exists)
        with open_run(tmp_path / "helm") as opened:
            wait_until(lambda: opened.steps > 0)
            code, sentence = say("pause")
            step = opened.steps
            assert (code, sentence) == (0, f"helm is paused at step {step:,}.\n")
            assert opened.status == RunStatus.PAUSED
            assert say("pause") == (1, "kescape: helm did not obey: the run is paused already.\n")
            assert say("note", "a", "quiet", "moment") == (0, f"helm has noted it at step {step:,}.\n")
            file = f"snapshots/step-{step:09d}.weights.h5"
            assert say("snapshot") == (0, f"helm keeps its weights after step {step:,} in {file}.\n")
            assert (tmp_path / "helm" / file).is_file()
            code, sentence = say("set", "--eta-max", "0.0005")
            assert code == 1
            assert "eta_max must be > eta_min=0.001, because a cycle falls from eta_max to eta_min; got" in sentence
            begins = opened.placed.next_restart(step)
            assert say("set", "--eta-max", "0.3") == (
                0,
                f"helm has the peak 0.3 from its next cycle on, which begins at step {begins:,}.\n",
            )
            assert say("restart", "--eta-max", "0.2") == (
                0,
                f"helm begins its next cycle at step {step:,}, from the peak 0.2.\n",
            )
            assert opened.steps == step
            tell_to_go_on(tmp_path / "helm")
            assert capsys.readouterr().out == f"helm goes on at step {step:,}.\n"
            wait_until(lambda: opened.steps > step)
            assert opened.curves(since=step)["learning_rate"][0] == 0.2
            assert [edit.value for edit in opened.plan_edits()] == [0.3, 0.2, None]
            assert say("restart")[0] == 0
            code, sentence = say("stop")
            assert (code, sentence) == (0, f"helm stops at step {opened.acks()[-1].step:,}.\n")
            out, _ = process.communicate(timeout=60)
            assert f"paused at step {step:,}\n" in out
            assert "\ngoes on at step " in out
            assert opened.status == "stopped"
    code, shown = say("show")
    assert code == 0
    lines = [line.removeprefix("by hand   ") for line in shown.splitlines() if line.startswith("by hand")]
    assert lines[:5] == [
        f"step {step:,}: Paused: held at step {step:,}.",
        f"step {step:,}: a quiet moment",
        f"step {step:,}: Snapshot of the weights after step {step}: {file}.",
        f"step {step:,}: Another peak by hand: from the next cycle on, which begins at step {begins:,}, it is 0.3.",
        f"step {step:,}: Restart by hand: the next cycle begins at step {step:,}, and its peak is 0.2.",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["set", "first"], "say what to set: --eta-max RATE (see `kescape set --help`)"),
        (["set", "first", "--eta-max", "0"], "a learning rate must be a finite number > 0; got 0.0"),
        (["set", "first", "--eta-max", "nan"], "a learning rate must be a finite number > 0; got nan"),
        (["restart", "first", "--eta-max", "-1"], "a learning rate must be a finite number > 0; got -1.0"),
        (["restart", "first", "--eta-max", "high"], "Invalid value for '--eta-max'"),
        (["note", "first"], "Missing argument 'TEXT"),
        (["pause", "first"], "There is no run 'first'"),
        (["snapshot", "first"], "There is no run 'first'"),
    ],
)
def test_wrong_use_is_one_sentence(arguments, sentence, tmp_path, capsys):
    """And exit code 2, before anything is touched."""
    assert run([*arguments, "--runs", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_run_cannot_be_told(tmp_path, capsys):
    """A note too long is wrong use; a run that is over is bad luck."""
    from kescape.run.writer import RunWriter

    writer = RunWriter.open(tmp_path / "first", kind="recorder")
    assert run(["note", "first", "x" * 2001, "--runs", str(tmp_path)]) == 2
    assert "'text' of 'note' must be a text of 1 to 2000 characters; got 2001" in capsys.readouterr().err
    writer.end("finished")
    writer.close()

    for verb in (["pause"], ["restart"], ["snapshot"], ["note", "x"], ["set", "--eta-max", "1"]):
        assert run([verb[0], "first", *verb[1:], "--runs", str(tmp_path)]) == 1
        assert capsys.readouterr().err == "kescape: The run 'first' is not running: it is finished.\n"


def test_a_run_that_does_not_answer(tmp_path, capsys, monkeypatch):
    """It may be in a long step: the command lies there and will be obeyed."""
    from kescape.run.writer import RunWriter

    monkeypatch.setattr("kescape.cli.tell.ANSWER_SECONDS", 0.1)
    writer = RunWriter.open(tmp_path / "first", kind="recorder")
    assert run(["pause", "first", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "first has been told, but has not answered yet.\n"
    writer.close()


def test_a_run_that_ends_before_it_answers_is_said_to_have_ended(tmp_path, capsys, monkeypatch):
    """The command came too late: nobody waits for an answer, and the exit code is that of what failed."""
    record(tmp_path / "late", outcome="finished")
    monkeypatch.setattr("kescape.run.commands.send_command", lambda folder, kind, **args: "never-read")
    monkeypatch.setattr("kescape.cli.tell.ANSWER_SECONDS", 600)

    assert run(["stop", "late", "--runs", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "kescape: late ended before it could obey: it is finished.\n"


def test_the_help_of_branch_names_no_defaults(capsys):
    """A setting that is not given is that of the run branched from."""
    assert run(["branch", "--help"]) == 0
    assert "[spirals]" not in capsys.readouterr().out
