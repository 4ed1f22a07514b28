"""The process that computes: real runs of real engines, killed, cancelled and beside a training."""

import shutil
import subprocess
import sys
import time
import warnings

import keras
import numpy as np
import psutil
import pytest

import kescape
from kescape.config import RunConfig
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.engine.launch import prepare_run, spawn_engine
from kescape.engine.trainer import train
from kescape.landscape.launch import LandscapeProcess
from kescape.landscape.process import main
from kescape.landscape.request import LandscapeRequest, request_for
from kescape.landscape.store import read_landscape
from kescape.landscape.subject import Subject
from kescape.run.commands import send_command
from kescape.run.errors import RunError
from kescape.run.reader import open_run
from tests.landscape import here
from tests.landscape.conftest import STEPS

SECONDS = 120.0

PLANE = LandscapeRequest("plane", STEPS, points=201, rows=100)
LONG = LandscapeRequest("plane", STEPS, points=501)


def computed(folder, request):
    process = LandscapeProcess(folder, request)
    code = process.wait(SECONDS)
    process.close()
    return code


def until(fact, what):
    end = time.monotonic() + SECONDS
    while not (found := fact()):
        assert time.monotonic() < end, what
        time.sleep(0.01)
    return found


@pytest.fixture(scope="module")
def interrupted(trained):
    """What a process knew at its first level, what it left when it was killed, and what the next one made of it."""
    process = LandscapeProcess(trained, PLANE)
    coarse = until(lambda: (found := read_landscape(trained, PLANE)) and found.level and found, "no level was reached")
    psutil.Process(process.pid).kill()
    process.close()
    left = read_landscape(trained, PLANE)
    assert computed(trained, PLANE) == 0
    return coarse, left, read_landscape(trained, PLANE)


def test_killed_in_the_middle_it_leaves_what_it_knew_and_the_next_goes_on(trained, interrupted):
    coarse, left, whole = interrupted

    assert coarse.known <= left.known
    assert np.isfinite(left.shown).all()
    assert whole.finished
    known = np.isfinite(left.loss)
    np.testing.assert_array_equal(whole.loss[known], left.loss[known])
    assert left.finished or whole.seconds > left.seconds
    assert [file.suffix for file in (trained / "landscapes").iterdir()] == [".npz"]


def test_the_losses_at_the_path_are_those_that_keras_evaluates(trained, interrupted):
    """On the rows that the seed draws of the training data, with the weights of the snapshot files."""
    *_, found = interrupted
    with open_run(trained) as run:
        config, files = RunConfig(**run.config), {row.step: run.path / row.file for row in run.snapshots()}
    data = loaded_data(config)
    model = compiled_model(config, data)
    drawn = np.sort(np.random.default_rng(0).choice(len(data.x_train), 100, replace=False))
    for point in found.path:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of the optimizer's state
            model.load_weights(files[point.step])
        loss = model.evaluate(data.x_train[drawn], data.y_train[drawn], batch_size=100, verbose=0, return_dict=True)
        assert point.loss == pytest.approx(loss["loss"], abs=1e-5)
    assert [point.label for point in found.path] == [f"end of cycle {number}" for number in (1, 2, 3)]
    assert (found.dimensions, found.rows) == (42, 100)


@pytest.mark.usefixtures("interrupted")
def test_what_is_known_is_answered_without_keras(trained, tmp_path):
    (tmp_path / "asked.json").write_text(PLANE.to_json())
    code = (
        "import sys; from kescape.landscape.process import main; code = main(sys.argv[1:]); "
        "print(code, sorted({'keras', 'tensorflow', 'jax'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(trained), str(tmp_path / "asked.json")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "0 []"


def test_it_ends_when_nobody_wants_it_any_more(copied):
    process = LandscapeProcess(copied, LONG)
    assert process.wait(0.5) is None
    worker = psutil.Process(process.pid)
    process.close()

    assert not worker.is_running()


def test_it_ends_with_its_starter(copied, tmp_path):
    """The starter is killed as soon as it has said which process it started."""
    (tmp_path / "asked.json").write_text(LONG.to_json())
    code = (
        "import subprocess, sys, time; "
        "print(subprocess.Popen([sys.executable, '-m', 'kescape.landscape', *sys.argv[1:]]).pid, flush=True); "
        "time.sleep(600)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(copied), str(tmp_path / "asked.json")], stdout=subprocess.PIPE, text=True
    )
    worker = psutil.Process(int(starter.stdout.readline()))
    until(lambda: worker.nice() >= 10, "it never gave way")
    starter.kill()
    starter.communicate()

    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "it went on")


def test_beside_a_training_that_goes_on(tmp_path):
    """The engine keeps its lock and its steps come; the snapshots so far are looked at."""
    config = RunConfig(
        dataset="wine", model="logistic", batch_size=16, epochs=100_000, t_0=5.0, t_mult=1.0, eta_max=0.05
    )
    folder = prepare_run(config, tmp_path / "runs", "live")
    engine = spawn_engine(folder, keep_awake=False)
    try:
        with open_run(folder) as run:
            until(lambda: run.sessions and len(run.snapshots()) >= 3, "no three snapshots")
            # While TensorFlow is loaded there is nothing to be seen, only to be waited for.
            send_command(folder, "pause")
            until(lambda: run.status == "paused", "it did not pause")
            process = LandscapeProcess(folder, request := request_for(run, points=201, rows=100))
            until(lambda: read_landscape(folder, request), "no point was known")
            before = run.steps
            send_command(folder, "resume")
            until(lambda: run.steps > before, "it did not go on")
            assert process.wait(SECONDS) == 0
            process.close()
            assert run.status == "running"
            steps = run.steps
            until(lambda: run.steps > steps, "it stands still")
        assert read_landscape(folder, request).finished
    finally:
        engine.kill()


def refusal(folder, request):
    with pytest.raises(RunError) as refused:
        Subject.of(folder, request)
    return str(refused.value)


def test_why_it_cannot_be_is_said_in_a_sentence(copied):
    """One thing after the other goes wrong; the process says it on its last line."""
    (copied / "snapshots" / f"step-{STEPS[1]:09d}.weights.h5").write_bytes(b"no weights")
    assert "step-000000180.weights.h5' cannot be read: " in refusal(copied, PLANE)

    (copied / "snapshots" / f"step-{STEPS[1]:09d}.weights.h5").unlink()
    assert refusal(copied, PLANE) == "The run 'first' has no snapshot of step 180 any more."

    shutil.rmtree(copied)
    copied.mkdir()
    process = LandscapeProcess(copied, PLANE)
    assert process.wait(SECONDS) == 1
    assert process.complaint == f"There is no run in {str(copied)!r}."
    process.close()
    assert list(copied.iterdir()) == []


def test_data_that_has_changed_is_not_looked_at(tmp_path):
    table = tmp_path / "table.csv"
    rows = np.random.default_rng(0).normal(size=(40, 3)).round(3)
    lines = [f"{a},{b},{c},{'yes' if a > b else 'no'}" for a, b, c in rows]
    table.write_text("\n".join(["a,b,c,label", *lines]))
    config = RunConfig(dataset=str(table), model="logistic", batch_size=16, epochs=2, t_0=1.0, t_mult=1.0)
    with train(config, runs=tmp_path / "runs", name="own") as run:
        request = request_for(run, points=3)
    table.write_text("\n".join(["a,b,c,label", *lines[:-3]]))

    assert refusal(tmp_path / "runs" / "own", request) == (
        "The data has changed since the run was trained on it, so its loss would be another."
    )


@pytest.mark.parametrize("arguments", [[], ["one"], ["one", "nowhere.json"], ["one", __file__]])
def test_wrong_use_ends_with_code_2(arguments, capsys):
    assert main(arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def recorded(tmp_path):
    """A script's own model on its own data, two cycles long."""
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    y = (x[:, :1] > 0).astype("float32")
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(kescape.sgd_momentum(0.1), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    recorder = kescape.RunRecorder(tmp_path / "script")
    callbacks = [kescape.SGDR(t_0=1, t_mult=1), recorder, kescape.Snapshots()]
    model.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=callbacks)
    return recorder.folder, model, x, y


def test_the_run_of_a_script_needs_its_model_and_its_data(tmp_path):
    folder, model, x, y = recorded(tmp_path)
    with open_run(folder) as run:
        request = request_for(run, points=5)
    assert request.kind == "line"
    assert "give the compiled model as --model FILE.keras" in refusal(folder, request)

    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, y=y)
    with open_run(folder) as run:
        request = request_for(run, points=5, model=tmp_path / "model.keras", data=tmp_path / "data.npz")
    here.compute(folder, request)
    found = read_landscape(folder, request)
    assert found.path[-1].loss == pytest.approx(model.evaluate(x, y, batch_size=64, verbose=0), abs=1e-5)

    np.savez(tmp_path / "data.npz", x=x[:8], y=y[:8])
    assert read_landscape(folder, request) is None
