"""`kescape train` with a real engine: what it prints, what it leaves, how it is interrupted."""

import contextlib
import csv
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from kescape.cli.cycles import cycle_rows
from kescape.cli.main import run
from kescape.config import RunConfig
from kescape.run.reader import open_run

KESCAPE = [sys.executable, "-c", "from kescape.cli.main import main; main()"]


def wait_until(fact, seconds=90):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of one finished run, in cycles of 1 and 2 epochs, and what training it printed."""
    runs = tmp_path_factory.mktemp("runs")
    settings = runs / "settings.toml"
    settings.write_text(
        RunConfig(dataset="xor", epochs=9, t_0=1, batch_size=64, eta_max=0.1, deterministic=True).to_toml()
    )
    done = subprocess.run(
        [*KESCAPE, "train", settings, "--epochs", "3", "--name", "first", "--runs", runs],
        capture_output=True,
        text=True,
        check=False,
    )
    return runs / "first", done


def test_training_says_plan_epochs_and_end(trained):
    folder, done = trained
    lines = done.stdout.splitlines()

    assert done.returncode == 0
    assert done.stderr == ""
    assert lines[0] == "first  MLP 64-64 on xor, 4,482 weights, 10 steps an epoch"
    assert lines[1] == "2 cycles of 1, 2 epochs; the last one ends at the lowest rate."
    assert lines[2] == str(folder)
    assert lines[3].startswith("epoch 1/3  cycle 1  rate 0.002447  loss 0.")
    assert lines[5].startswith("epoch 3/3  cycle 2  rate 0.0006156  loss 0.")
    with contextlib.closing(sqlite3.connect(folder / "run.db")) as db:
        [(verdict,)] = db.execute("SELECT verdict FROM escapes").fetchall()
    assert lines[6].startswith(f"cycle 2 ends: {verdict}. ")
    assert lines[-1].startswith("first finished after 30 steps in ")
    assert "\x1b" not in done.stdout


def test_the_run_is_what_was_asked_for(trained):
    folder, _ = trained
    with open_run(folder) as opened:
        assert opened.status == "finished"
        assert opened.config["epochs"] == 3
        assert opened.steps == 30
        assert opened.sessions[0].kind == "engine"
    assert (folder / "model.keras").exists()
    assert RunConfig.from_toml(folder / "config.toml").epochs == 3


def test_the_same_settings_give_the_same_bits(trained, tmp_path):
    """Deterministic on a CPU: every loss of a second engine equals the first one's, bit for bit."""
    folder, _ = trained
    code = run(["train", str(folder / "config.toml"), "--runs", str(tmp_path)])

    assert code == 0
    with open_run(folder) as first, open_run(tmp_path / "xor-mlp-sgdr") as second:
        a, b = first.curves(), second.curves()
        assert a["loss"].tobytes() == b["loss"].tobytes()
        assert a["learning_rate"].tobytes() == b["learning_rate"].tobytes()


def test_show(trained, capsys):
    folder, _ = trained
    assert run(["show", str(folder)]) == 0
    text = capsys.readouterr().out

    assert "first  finished  begun" in text
    assert "2 cycles of 1, 2 epochs; the last one ends at the lowest rate" in text
    assert "30 steps, 3 epochs, loss 0." in text
    assert "One run: no spread shown." in text
    lines = text.splitlines()
    table = next(i for i, line in enumerate(lines) if line.startswith("cycle"))
    assert lines[table + 1].split()[:4] == ["1", "0", "to", "1"]
    assert lines[table + 2].split()[:4] == ["2", "1", "to", "3"]


def test_the_cycles_of_the_table_are_as_recorded(trained):
    """Two cycles of 10 and 20 steps; their last losses are means over up to 20 steps of each."""
    folder, _ = trained
    with open_run(folder) as opened:
        loss = opened.curves()["loss"].astype(float)
        first, second = cycle_rows(opened)

    assert (first.first_step, first.stop_step, second.first_step, second.stop_step) == (0, 10, 10, 30)
    assert (first.cycle, first.effect, second.cycle, second.effect.step) == (0, None, 1, 10)
    assert first.loss == second.effect.loss_before == pytest.approx(loss[:10].mean())
    assert second.loss == second.effect.loss_after == pytest.approx(loss[10:].mean())
    assert first.complete
    assert second.complete
    assert first.metrics["val_loss"] != second.metrics["val_loss"]


def test_runs(trained, capsys):
    folder, _ = trained
    assert run(["runs", "--runs", str(folder.parent)]) == 0
    line = capsys.readouterr().out.splitlines()[1]

    assert line.split()[:2] == ["first", "finished"]
    assert "3/3" in line
    assert line.endswith("xor mlp sgdr")


def test_export(trained, tmp_path, monkeypatch, capsys):
    folder, _ = trained
    monkeypatch.chdir(tmp_path)
    assert run(["export", str(folder)]) == 0
    assert run(["export", str(folder), "--output", "first.json"]) == 0
    assert run(["export", str(folder), "--format", "csv", "--level", "epoch", "--output", "epochs.csv"]) == 0
    capsys.readouterr()

    steps = rows_of(tmp_path / "first.csv")
    with open_run(folder) as opened:
        assert [float(row["learning_rate"]) for row in steps] == opened.curves()["learning_rate"].tolist()
    assert json.loads((tmp_path / "first.json").read_text("utf-8"))
    assert len(rows_of(tmp_path / "epochs.csv")) == 3


def test_stopping_what_is_over_fails_in_a_sentence(trained, capsys):
    folder, _ = trained
    assert run(["stop", str(folder)]) == 1
    assert capsys.readouterr().err == "kescape: The run 'first' is not running: it is finished.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_ctrl_c_stops_after_the_step_and_is_exit_code_130(tmp_path):
    command = [*KESCAPE, "train", "--dataset", "xor", "--epochs", "100000", "--t-0", "5", "--runs", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        folder = tmp_path / "xor-mlp-sgdr"
        wait_until(folder.exists)
        wait_until((folder / "config.toml").exists)
        with open_run(folder) as opened:
            wait_until(lambda: opened.steps > 0)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)

            assert process.returncode == 130
            assert err == ""
            assert "Stopping after this step; Ctrl+C again ends it at once." in out
            assert "xor-mlp-sgdr stopped after " in out
            assert opened.status == "stopped"
    assert (folder / "model.keras").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_ctrl_c_twice_ends_it_at_once(tmp_path):
    """Also while TensorFlow is still being imported, when nothing could take a command."""
    command = [*KESCAPE, "train", "--dataset", "xor", "--name", "hasty", "--runs", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert err == "kescape: hasty was killed; what it recorded is kept.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_closing_the_terminal_keeps_the_training_and_stop_ends_it_with_its_cycle(tmp_path, capsys):
    """Cycles of 5 epochs of 20 steps: it stops at a multiple of 100 steps."""
    command = [*KESCAPE, "train", "--dataset", "xor", "--epochs", "100000", "--t-0", "5", "--t-mult", "1"]
    with subprocess.Popen([*command, "--runs", tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        folder = tmp_path / "xor-mlp-sgdr"
        wait_until((folder / "config.toml").exists)
        with open_run(folder) as opened:
            wait_until(lambda: opened.steps > 0)
            process.kill()
            process.wait()

            assert run(["stop", "xor-mlp-sgdr", "--after-cycle", "--runs", str(tmp_path)]) == 0
            assert capsys.readouterr().out == "xor-mlp-sgdr stops after the current cycle.\n"
            wait_until(lambda: not opened.status.is_live)
            assert opened.status == "stopped"
            assert opened.steps % 100 == 0
            assert [ack.outcome for ack in opened.acks()] == ["done"]


def test_a_run_goes_on_and_branches_from_the_command_line(trained, tmp_path):
    """Ended runs, each in a process of its own; what is left to do, and what cannot be done, is said."""
    shutil.copytree(trained[0], tmp_path / "again")
    at = ["--runs", str(tmp_path)]

    def said(*arguments):
        done = subprocess.run([*KESCAPE, *arguments, *at], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines(), done.stderr

    code, _, complaint = said("resume", "again")
    assert (code, complaint.split(";")[0]) == (2, "kescape: The run 'again' has finished 3 epochs")
    code, lines, complaint = said("resume", "again", "--epochs", "7")
    assert (code, complaint) == (0, "")
    assert lines[0] == "again goes on at step 30, epoch 4 of 7."
    assert lines[1].startswith("epoch 4/7  cycle 3  rate ")
    assert lines[-1].startswith("again finished after 70 steps, the last 40 in 00:")

    code, lines, complaint = said(
        "branch", "again", "--at", "70", "--eta-max", "0.01", "--epochs", "1", "--name", "new"
    )
    assert (code, complaint) == (0, "")
    assert lines[0].startswith("new  MLP 64-64 on xor")
    with open_run(tmp_path / "new") as opened:
        assert opened.config["eta_max"] == 0.01
        assert opened.steps == 10
