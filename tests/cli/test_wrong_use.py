"""Wrong use: one sentence on stderr, exit code 2, nothing written, and no TensorFlow needed to say so."""

import subprocess
import sys

import pytest

from kescape.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["train", "--t-0", "0"],
            "kescape: t_0 must be > 0 epochs, because a cycle needs at least one step; got t_0=0",
        ),
        (["train", "--t-0", "ten"], "got t_0='ten'"),
        (["train", "--epochs", "2.5"], "epochs must be a whole number >= 1 and <= 100000"),
        (["train", "--epochs", "1e3"], "got epochs='1e3'"),
        (["train", "--eta-max", "nan"], "eta_max must be a finite number > 0"),
        (["train", "--eta-max", "-0.1"], "eta_max must be > 0, because a rate of zero learns nothing; got"),
        (["train", "--eta-min", "0.2"], "eta_max must be > eta_min=0.2"),
        (["train", "--momentum", "1"], "momentum must be < 1"),
        (["train", "--seed", "99999999999"], "seed must be <= 4294967295"),
        (["train", "--dataset", "moon"], "did you mean moons?"),
        (["train", "--model", "cnn", "--dataset", "wine"], "model='cnn' needs images of shape"),
        (["train", "--schedule", "sgd"], "did you mean sgdr?"),
        (["train", "--backend", "torch"], "backend must be one of tensorflow, jax, because the engine is compiled by"),
        (["train", "--backend", "jaxx"], "did you mean jax?"),
        (["train", "--t0", "3"], "No such option: --t0"),
        (["train", "--name", "a/b"], "the name of a run must not contain '/'"),
        (["train", "no.toml"], "no.toml cannot be read: No such file or directory"),
        (["train", "one.toml", "two.toml"], "unexpected extra argument"),
        (["show", "nothing"], "There is no run 'nothing'"),
        (["stop"], "Missing argument 'RUN'"),
        (["export", "nothing", "--level", "day"], "--level must be step, epoch or restart"),
        (["find-lr", "--steps", "5"], "steps must be >= 20, because fewer tell nothing; got steps=5"),
        (["find-lr", "--low", "1", "--high", "0.1"], "high must be > low=1, because the rate rises; got high=0.1"),
        (["find-lr", "--low", "nan"], "low must be a finite number > 0"),
        (["find-lr", "--format", "xml"], "--format must be text or json; got 'xml'"),
        (["find-lr", "--output", "a.bmp"], "--output must end with .csv, .png, .svg or .pdf; got 'a.bmp'"),
        (["find-lr", "--output", "nowhere/a.csv"], "nowhere' does not exist"),
        (["find-lr", "--momentum", "1"], "momentum must be < 1"),
        (["bench", "escape", "--seeds", "2"], "--seeds must be between 3 and 10,000, because fewer show nothing"),
        (["bench", "escape", "--problem", "xorr"], "--problem must be one of xor, spirals, rastrigin"),
        (["bench", "escape", "--output", "table.png"], "--output must end with .md or .csv; got 'table.png'"),
        (["bench", "escape", "--json", "nowhere/all.json"], "nowhere' does not exist"),
        (["bench", "escap"], "No such command 'escap'"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KESCAPE_RUNS", str(tmp_path / "runs"))

    code = run(arguments)
    out, err = capsys.readouterr()
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.startswith("kescape: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_a_file_is_said_with_its_line(tmp_path, capsys):
    (tmp_path / "bad.toml").write_text("epochs = 0\nt_0 = 0\n")

    assert run(["train", str(tmp_path / "bad.toml"), "--runs", str(tmp_path / "runs")]) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[0].startswith(f"kescape: {tmp_path}/bad.toml, line 1: epochs must be >= 1")
    assert err[1].startswith(f"kescape: {tmp_path}/bad.toml, line 2: t_0 must be > 0 epochs")
    assert not (tmp_path / "runs").exists()


def test_stopping_a_run_that_is_over_fails(tmp_path, capsys):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "run.db").write_bytes(b"no database at all")

    assert run(["stop", "old", "--runs", str(tmp_path)]) == 2
    assert "cannot be read" in capsys.readouterr().err


LIGHT = """
import sys
import kescape.cli.main, kescape.engine.launch, kescape.engine.process
import kescape.config, kescape.data.catalogue, kescape.data.preview, kescape.models.catalogue
kescape.data.preview.preview("spirals")
assert kescape.cli.main.run(["train", "--t-0", "0"]) == 2
assert kescape.cli.main.run(["datasets"]) == 0
heavy = {"keras", "tensorflow", "sklearn", "PySide6", "pyqtgraph", "matplotlib", "polars", "kescape_gui"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_nothing_heavy_is_imported_to_say_so():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
