"""`kescape import`, and what the other commands make of a run that has epochs alone."""

import pytest

from kescape.cli.main import run


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "my log.csv"
    path.write_text(
        "epoch,accuracy,learning_rate,loss,val_loss\n"
        + "".join(f"{epoch},{epoch / 10},0.1,{1 / (epoch + 1)},{2 / (epoch + 1)}\n" for epoch in range(8))
    )
    return path


def test_a_log_becomes_a_run_that_every_command_shows(log, tmp_path, capsys):
    runs = ["--runs", str(tmp_path / "runs")]
    assert run(["import", str(log), *runs]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'runs' / 'my log'} (8 epochs)\n"

    assert run(["runs", *runs]) == 0
    listed = capsys.readouterr().out
    assert "finished" in listed
    assert "8/8" in listed
    assert "imported from my log.csv" in listed

    assert run(["show", "my log", *runs]) == 0
    shown = capsys.readouterr().out
    assert "8 epochs, loss 0.1250, accuracy 0.7000, val loss 0.2500" in shown
    assert "step" not in shown
    assert "loss, log" in shown

    for kind in ("png", "json", "zip", "tensorboard"):
        assert run(["export", "my log", *runs, "--output", str(tmp_path / f"a.{kind}")]) == 0
    assert run(["export", "my log", *runs, "--level", "epoch", "--output", str(tmp_path / "a.csv")]) == 0
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == "0,0,0.0,0.1,1.0,2.0,0.0"
    capsys.readouterr()
    assert run(["export", "my log", *runs, "--output", str(tmp_path / "b.csv")]) == 1
    assert "has no recorded step yet, so there is no row; level epoch has a row" in capsys.readouterr().err


def test_a_name_that_is_taken_is_never_overwritten(log, tmp_path, capsys):
    for expected in ("here", "here-2"):
        assert run(["import", str(log), "--name", "here", "--runs", str(tmp_path / "runs")]) == 0
        assert capsys.readouterr().out == f"{tmp_path / 'runs' / expected} (8 epochs)\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv"], "none.csv' cannot be imported: there is no such file or folder"),
        (["broken.csv"], "broken.csv' cannot be imported: line 3: loss must be a number; got 'x'"),
        (["my log.csv", "--name", "a/b"], "the name of a run must not contain '/'"),
        ([], "Missing argument 'PATH'"),
    ],
)
def test_wrong_use_is_one_sentence(log, tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.csv").write_text("epoch,loss\n0,1\n1,x\n")

    assert run(["import", *arguments, "--runs", "runs"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.skipif("sys.platform != 'linux'", reason="only Linux has a folder that takes nothing from anybody")
def test_a_runs_folder_that_takes_nothing_failed(log, capsys):
    assert run(["import", str(log), "--runs", "/proc/runs"]) == 1
    assert "cannot be created" in capsys.readouterr().err
