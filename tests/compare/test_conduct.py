"""The runs of a comparison are trained, real ones, until none is missing."""

from __future__ import annotations

import math
import shutil

import keras
import numpy as np
import pytest

from kescape.compare.comparison import Comparison
from kescape.compare.conduct import MOST_LOSSES, Conductor
from kescape.compare.folder import ask_to_stop, keep_comparison, new_comparison, read_comparison, read_state, working_on
from kescape.compare.halving import survivors
from kescape.compare.jobs import JobState, jobs_of, progress_of
from kescape.compare.outcome import outcome_of
from kescape.compare.overview import Overview
from kescape.config import RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.errors import CannotGoOn, RunExists, RunLocked
from kescape.run.labels import read_labels
from kescape.run.lock import EngineLock
from kescape.run.reader import open_run
from kescape.run.writer import Column, RunWriter
from tests.compare.here import Here
from tests.compare.made_up import outcomes

BASE = RunConfig(dataset="wine", model="logistic", epochs=3, batch_size=32, t_0=1.0, eta_max=0.05, escapes=False)


@pytest.fixture(scope="module")
def two_by_two(tmp_path_factory):
    """Two schedules from two seeds, trained."""
    comparison = Comparison(BASE, {"schedule": ("cosine", "sgdr")}, repeats=2)
    folder = new_comparison(comparison, tmp_path_factory.mktemp("runs"), "wine", "unused")
    place = Here()
    with working_on(folder):
        assert Conductor(folder, place).run()
    return comparison, folder, place


def test_all_arms_of_a_seed_come_first(two_by_two):
    """So that a comparison that is ended early has whole pairs."""
    _, _, place = two_by_two

    assert place.started == ["wine-cosine-1", "wine-sgdr-1", "wine-cosine-2", "wine-sgdr-2"]


def test_runs_are_ordinary_ones_with_the_settings_of_their_arm(two_by_two):
    """They lie beside the comparison's folder, and carry its name as a tag."""
    comparison, folder, _ = two_by_two

    for job in jobs_of(comparison, folder):
        with open_run(folder.parent / job.name) as run:
            assert str(run.status) == "finished"
            assert (run.config["schedule"], run.config["seed"]) == (job.arm.settings["schedule"], job.seed)
        assert read_labels(job.folder).tags == ("wine",)


def test_runs_of_a_seed_begin_with_the_same_weights_and_batches(two_by_two):
    """Their first losses are those of the same model on the same batch; another seed's are others."""
    comparison, folder, _ = two_by_two
    firsts = {}
    for job in jobs_of(comparison, folder):
        with open_run(job.folder) as run:
            firsts[job.name] = float(run.curves()["loss"][0])

    assert firsts["wine-cosine-1"] == pytest.approx(firsts["wine-sgdr-1"], rel=1e-6)
    assert firsts["wine-cosine-1"] != pytest.approx(firsts["wine-cosine-2"], rel=1e-3)


def test_a_second_conductor_trains_only_what_is_missing(two_by_two, tmp_path):
    """What is there is left as it is."""
    _, folder, _ = two_by_two
    shutil.copytree(folder.parent, tmp_path / "copy")
    copied = tmp_path / "copy" / folder.name
    shutil.rmtree(tmp_path / "copy" / "wine-sgdr-2")
    place = Here()

    assert Conductor(copied, place).run()

    assert place.started == ["wine-sgdr-2"]


def test_outcomes_are_those_that_the_runs_recorded(two_by_two):
    """The loss at the last finished minimum: of a cosine its end, of the restarts the ends of cycles 1 and 3."""
    comparison, folder, _ = two_by_two

    for job in jobs_of(comparison, folder):
        outcome = outcome_of(job, "val_loss", comparison.base.epochs)
        with open_run(job.folder) as run:
            recorded = [row.values["val_loss"] for row in run.epochs()]
        assert outcome.minima == ((3,) if job.arm.name == "cosine" else (1, 3))
        assert outcome.final == recorded[2]
        anytime = outcome.anytime(3)
        if job.arm.name == "cosine":
            assert math.isnan(anytime[0])
            assert math.isnan(anytime[1])
        else:
            assert anytime[0] == anytime[1] == recorded[0]
        assert anytime[2] == min(recorded[end - 1] for end in outcome.minima)
        assert outcome.epochs_to(recorded[2]) == min(e for e in outcome.minima if recorded[e - 1] <= recorded[2])
        assert outcome.epochs_to(0.0) == math.inf


def test_an_overview_counts_runs_and_epochs(two_by_two):
    """Four runs of three epochs."""
    comparison, folder, _ = two_by_two

    seen = Overview(comparison, folder).look()

    assert (seen.epochs, seen.total, seen.words()) == (12, 12, "4 of 4 runs done")
    assert all(progress.metrics["val_loss"] > 0 for progress in seen.progress.values())


def test_what_is_lost_is_started_again_and_given_up_in_the_end(tmp_path):
    """A run whose process is lost time and again may be what ends it."""
    comparison = Comparison(BASE.changed(epochs=1), {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "lost", "unused")
    once, always = (job.name for job in jobs_of(comparison, folder))
    place = Here(loses=(once, *[always] * 10))
    said: list[str] = []
    conductor = Conductor(folder, place, said.append)

    assert conductor.run()

    assert place.started.count(once) == 2
    assert place.started.count(always) == MOST_LOSSES + 1
    assert said[0] == f"{once}: Its process was killed. It goes on from its last checkpoint."
    assert conductor.problems == {always: f"The run {always!r} was lost 4 times: Its process was killed."}


def test_a_run_that_another_process_trains_is_waited_for(tmp_path):
    """As after a kill -9 of whoever handed it out; when that process ends before the run does, the run goes on here."""
    comparison = Comparison(BASE.changed(epochs=1), {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "orphan", "unused")
    first, second = jobs_of(comparison, folder)
    prepare_run(first.config, tmp_path, first.name)
    lock, place = EngineLock(first.folder), Here()
    assert lock.acquire()

    def watch():
        if place.started:
            lock.release()
        return False

    conductor = Conductor(folder, place)

    assert conductor.run(watch)

    assert place.started == [second.name, first.name]
    assert conductor.problems == {}


def test_a_run_that_fails_is_told_of_and_the_others_are_trained(tmp_path):
    """Here the weights that one arm starts from do not fit its model."""
    other = tmp_path / "other.weights.h5"
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])
    model.save_weights(other)
    base = BASE.changed(epochs=1)
    comparison = Comparison(base, {"start_from": (str(other), None)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "half", "unused")
    said: list[str] = []
    conductor = Conductor(folder, Here(), said.append)

    assert conductor.run()

    [(name, problem)] = conductor.problems.items()
    assert name == "half-start_from=other.weights.h5-1"
    assert problem.startswith(f"The run {name!r} failed: The training cannot start from ")
    assert said == [problem]
    assert [progress_of(job, 1).state for job in jobs_of(comparison, folder)] == [JobState.FAILED, JobState.DONE]


def test_a_loss_that_explodes_is_a_result_and_the_worst(tmp_path):
    """It is not trained again, and no run is left out because of it."""
    comparison = Comparison(BASE.changed(epochs=2, model="mlp"), {"eta_max": (0.05, 1e9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "far", "unused")
    assert Conductor(folder, Here()).run()
    again = Here()

    assert Conductor(folder, again).run()

    assert again.started == []
    outcome = outcome_of(jobs_of(comparison, folder)[1], "val_loss", 2)
    assert outcome.progress.state == JobState.DIVERGED
    assert outcome.final == math.inf


def test_what_comes_after_the_epochs_of_a_comparison_does_not_count(tmp_path):
    """A run that its user has let go on for longer, and that diverges then, is what it was after the third epoch."""
    comparison = Comparison(BASE.changed(schedule="constant"), {"momentum": (0.0,)}, repeats=1)
    [job] = jobs_of(comparison, tmp_path / "longer")
    writer = RunWriter.open(job.folder, kind="engine", config=job.config.changed(epochs=5).model_dump())
    writer.describe_columns([Column("loss", "float32", "", "")])
    for epoch, loss in enumerate((0.5, 0.4, 0.3, math.nan)):
        writer.append({"loss": np.float32([loss])})
        if epoch < 3:
            writer.epoch(epoch, epoch, {"val_loss": loss})
    writer.end("failed", error="The loss is nan.")
    writer.close()

    outcome = outcome_of(job, "val_loss", 3)

    assert (outcome.progress.state, outcome.final) == (JobState.DONE, 0.3)


def test_weights_that_the_last_step_blows_up_are_the_worst_result():
    """All losses of steps are numbers then, and the run has finished."""
    comparison = Comparison(BASE, {"momentum": (0.0,)}, repeats=1)
    [outcome] = outcomes(comparison, {"momentum=0": [[0.5, 0.4, math.nan]]})

    assert outcome.progress.state == JobState.DONE
    assert outcome.final == math.inf


def test_arms_are_left_behind_at_the_ends_of_cycles(tmp_path):
    """Four rates, cycles of 1 and 2 epochs: all train one epoch, the better two train on to the third."""
    comparison = Comparison(BASE, {"eta_max": (1e-5, 1e-4, 0.02, 0.05)}, repeats=1, halving=2)
    folder = new_comparison(comparison, tmp_path, "halved", "unused")
    assert comparison.rungs == (1, 3)

    assert Conductor(folder, Here()).run()

    jobs = jobs_of(comparison, folder)
    assert [progress_of(job, 1).epochs for job in jobs] == [1, 1, 3, 3]
    assert [arm.name for arm in survivors(comparison, folder, 3)] == ["eta_max=0.02", "eta_max=0.05"]
    whole = Comparison(BASE, {"eta_max": (0.05,)}, repeats=1)
    alone = new_comparison(whole, tmp_path, "alone", "unused")
    assert Conductor(alone, Here()).run()
    ends = [outcome_of(job, "val_loss", 3).final for job in (jobs[3], jobs_of(whole, alone)[0])]
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)  # that it was held up at epoch 1 changes nothing


def test_a_comparison_can_be_asked_to_end(tmp_path):
    """Whoever trains it looks for that."""
    comparison = Comparison(BASE, {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "ended", "unused")
    place = Here()
    with working_on(folder):
        ask_to_stop(folder)

        assert not Conductor(folder, place).run()

    assert place.started == []


def test_one_process_at_a_time_trains_a_comparison(tmp_path):
    """The second is refused, and an old wish that it ends does not outlive it."""
    comparison = Comparison(BASE, {"momentum": (0.0, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "one", "unused")
    ask_to_stop(folder)

    with (
        working_on(folder),
        pytest.raises(RunLocked, match="'one' is being trained by another process"),
        working_on(folder),
    ):
        pass
    with working_on(folder):
        assert Conductor(folder, Here()).run()
    assert read_state(folder).where == "this process"


def test_a_comparison_takes_no_run_that_is_another(tmp_path):
    """A run of the same name with other settings is neither used nor touched, and no folder is left over."""
    prepare_run(BASE.changed(batch_size=16), tmp_path, "mine-momentum=0.9-1")

    with pytest.raises(RunExists, match=r"needs the name 'mine-momentum=0\.9-1', which another run has"):
        new_comparison(Comparison(BASE, {"momentum": (0.0, 0.9)}, repeats=1), tmp_path, "mine", "unused")

    assert [entry.name for entry in tmp_path.iterdir()] == ["mine-momentum=0.9-1"]


def test_a_damaged_comparison_is_refused_by_name(tmp_path):
    """With its file, and why."""
    from kescape.run.errors import RunUnreadable

    folder = new_comparison(Comparison(BASE, {"momentum": (0.0,)}), tmp_path, "broken", "unused")
    for text in ("[]", "{", '{"format": 1}', '{"format": 2}', '{"format": 1, "settings": {"epochs": 0}, "varied": {}}'):
        (folder / "comparison.json").write_text(text)
        with pytest.raises(RunUnreadable, match=r"comparison\.json"):
            read_comparison(folder)


def test_runs_on_other_rows_are_not_set_against_each_other(tmp_path):
    """More repeats of a comparison whose file has changed since are refused, with the file's name."""
    data = tmp_path / "d.csv"
    rows = [f"{i % 7},{i % 3},{'ab'[i % 2]}" for i in range(40)]
    data.write_text("\n".join(["p,q,target", *rows]) + "\n")
    base = BASE.changed(dataset=str(data), epochs=1, batch_size=8)
    folder = new_comparison(Comparison(base, {"momentum": (0.0,)}, repeats=1), tmp_path / "runs", "rows", "unused")
    assert Conductor(folder, Here()).run()
    data.write_text("\n".join(["p,q,target", *rows[:-2]]) + "\n")
    keep_comparison(folder, Comparison(base, {"momentum": (0.0,)}, repeats=2))
    place = Here()

    with pytest.raises(
        CannotGoOn, match=r"its data have changed: .*d\.csv is not what it was when 'rows-momentum=0-1'"
    ):
        Conductor(folder, place).run()

    assert place.started == []
