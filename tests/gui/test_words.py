"""Progress, failures, runs and restarts in words."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from kescape_gui import failure, progress
from kescape_gui.curves.axes import nice_spacing
from kescape_gui.curves.curve import Curve
from kescape_gui.engine_end import EngineEnd
from kescape_gui.escapes import running_effect
from kescape_gui.escapes.escapes import Escapes, empty_sentence
from kescape_gui.run_words import run_words
from kescape_gui.runs.runs import run_lines
from kescape_gui.watched_run import WatchedRun

from kescape.run.listing import RunSummary
from kescape.run.restarts import restart_effects, running_means
from kescape.run.status import RunStatus
from kescape.schedule import Constant, CosineRestarts
from tests.gui.recorded import record

NOON = datetime(2026, 5, 4, 12, 0, 0)  # noqa: DTZ001 (times are shown as the clock on the wall)


def curve_of(loss, seconds_a_step=0.01):
    curve = Curve(steps_per_epoch=10)
    count = len(loss)
    curve.append(
        {"step": np.arange(count), "loss": np.asarray(loss), "time": (np.arange(count) + 1.0) * seconds_a_step}
    )
    return curve


def test_speed_is_steps_a_second_without_the_pauses():
    curve = Curve()
    times = np.arange(2_000) * 0.01
    times[1_500:] += 60
    curve.append({"step": np.arange(2_000), "time": times})

    now = progress.speed(curve)

    assert round(now.middle) == round(now.slow) == round(now.fast) == 100


def test_nothing_is_said_of_the_speed_before_there_are_steps_enough():
    assert progress.speed(curve_of(np.ones(40))) is None
    assert progress.time_left_words(None, 10, NOON) == "measuring the speed…"


def test_the_end_is_a_range_and_a_time_of_day():
    now = progress.Speed(middle=100, slow=80, fast=125)

    assert progress.time_left_words(now, 1_000, NOON) == "8 to 12 s left, ends about 12:00:10"
    assert progress.time_left_words(now, 60_000, NOON) == "8 to 12 min left, ends about 12:10:00"
    assert progress.speed_words(progress.Speed(1482.3, 1, 1)) == "1,480 steps/s"


def test_the_cycle_is_counted_from_one():
    placed = CosineRestarts(1, 2, 0.1).on_steps(10)

    assert progress.cycle_words(placed, steps=20, total=70) == "cycle 2 of 3, 50 %"
    assert progress.cycle_words(Constant(0.1).on_steps(10), steps=20, total=70) == ""


def test_all_is_done_only_when_it_is():
    assert progress.percent_done(999, 1000) == 99
    assert progress.percent_done(1000, 1000) == 100
    assert progress.percent_done(5, 0) is None


def test_a_known_failure_comes_with_advice():
    told = failure.explain("loss became NaN at step 812, learning rate 0.31")

    assert told.headline == "The loss is no longer a number"
    assert told.cause.startswith("Loss became NaN at step 812")


def test_an_engine_without_a_word_leaves_the_last_line_of_its_log():
    told = failure.explain("", "Traceback\nOSError: [Errno 28] No space left on device\n")

    assert told.headline == "The disk is full"
    assert "No space left on device" in told.cause


def test_what_a_library_prints_whatever_happens_is_no_cause():
    log = (
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        "OSError: [Errno 28] No space left on device\n"
        "I0000 00:00:1700000000.123456   12345 gpu_device.cc:2020] Created device GPU:0\n"
        "2026-01-01 12:00:00.123456: E external/local_xla/xla/cuda_fft.cc:467] Unable to register cuFFT factory\n"
        "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.\n"
    )

    assert failure.explain("", log).cause == "OSError: [Errno 28] No space left on device"


def test_a_room_is_no_lack_of_memory():
    """“oom” stands in room, bloom and zoom."""
    assert failure.explain("no such column: room").headline == "The training failed"
    assert failure.explain("OOM when allocating tensor").headline == "The memory is full"


@pytest.mark.parametrize("code", [-9, 137, 0xC0000017])
def test_an_engine_ended_from_outside_names_memory_and_a_smaller_batch(code):
    """By a signal, as a shell or a container hands it on, and as Windows says it."""
    told = failure.explain("", "epoch 3\n", EngineEnd(Path("run"), code))

    assert "memory was full" in told.cause
    assert "smaller batch size" in told.advice


@pytest.mark.parametrize("code", [-11, 139, 0xC0000005, 0xC0000005 - 2**32])
def test_a_crash_in_native_code_comes_with_the_last_that_was_printed(code):
    """The Python stack that faulthandler adds is in the log, and no cause."""
    log = (
        "The computer may fall asleep while this trains.\n"
        "2026-01-01 12:00:00.1: F tensorflow/core/kernels/x.cc:9] Check failed: cudnn\n"
        "Fatal Python error: Segmentation fault\n\nThread 0x00007f (most recent call first):\n"
        '  File "trainer.py", line 3 in fit\n\nExtension modules: numpy._core (total: 1)\n'
    )
    last = "Check failed: cudnn\nFatal Python error: Segmentation fault"

    for told in (
        failure.explain("", log, EngineEnd(Path("run"), code)),
        failure.cut_off(None, 3, EngineEnd(Path("run"), code), log),
    ):
        assert told.cause.startswith("Native code in its process crashed.\n2026")
        assert told.cause.endswith(last)


@pytest.mark.parametrize("code", [0, 1, 2, 9, -15])
def test_other_codes_accuse_nobody(code):
    end = EngineEnd(Path("run"), code)

    assert (end.was_killed, end.has_crashed) == (False, False)


def test_one_step_is_no_plural(tmp_path):
    run = WatchedRun(record(tmp_path / "run", loss=[1.0], outcome="stopped"))
    run.poll()
    run.close()

    assert run_words(run, NOON).time == "1 step"


def test_runs_are_told_in_words():
    summary = RunSummary(
        "first", Path("/r/first"), RunStatus.RUNNING, None, NOON.timestamp(), 0.0,
        epochs_done=4, epochs_total=70, metrics={"loss": 0.12345, "val_accuracy": 0.957},
    )  # fmt: skip
    why = f"{str(Path('/r/b/run.db'))!r} is damaged."
    broken = RunSummary("b", Path("/r/b"), RunStatus.UNKNOWN, why, NOON.timestamp(), 0.0)

    line, bad = run_lines([summary, broken], NOON)

    assert (line.state_words, line.progress, line.loss, line.val_loss) == ("● Running", "4 of 70 epochs", "0.123", "–")
    assert (line.val_accuracy, line.started) == ("95.7 %", "12:00")
    assert (bad.progress, bad.help) == ("run.db is damaged.", why)


def test_a_restart_is_told_by_its_numbers():
    """Loss 2 before; then 50 steps of 3 and 50 steps of 1: the mean of 20 is back at 2 after 10 of the latter."""
    curve = curve_of([2.0] * 100 + [3.0] * 50 + [1.0] * 50)
    curve.set_restarts([100])

    (line,) = Escapes().lines(curve, grows=False)

    assert (line.number, line.effect.step, line.epoch) == (1, 100, "10")
    assert (line.before, line.peak, line.after) == ("2", "3", "1")
    assert line.recovered == "after 60 steps"
    assert line.words == "50 % lower than before, at the end of its cycle"


def test_of_a_cycle_that_has_grown_only_the_new_steps_are_looked_at(monkeypatch):
    looked = []
    monkeypatch.setattr(
        running_effect, "running_means", lambda values: looked.append(len(values)) or running_means(values)
    )
    curve = curve_of([2.0] * 100 + [1.0] * 5000)
    curve.set_restarts([100])
    table = Escapes()

    assert table.lines(curve, grows=True) == table.lines(curve, grows=True)
    assert looked == [20, 5000]
    curve.append({"step": np.array([5100]), "loss": np.array([0.5])})
    table.lines(curve, grows=True)
    assert looked == [20, 5000, 21]


@pytest.mark.parametrize("seed", range(20))
def test_piece_by_piece_a_restart_is_told_as_at_once(seed):
    """Against `restart_effects` of all steps, with losses that are not finite among them."""
    draw = np.random.default_rng(seed)
    loss = 1 + np.exp(-np.arange(400) / draw.uniform(20, 300)) * draw.uniform(-1, 3) + 0.3 * draw.standard_normal(400)
    loss[draw.random(400) < 0.02] = np.nan
    lead = draw.uniform(0.8, 1.6, draw.integers(1, 21))
    running, end = running_effect.RunningEffect(lead, 500, 3), 0
    while end < len(loss):
        end = min(len(loss), end + int(draw.integers(1, 60)))
        both = np.concatenate([lead, loss[:end]])
        (known,) = restart_effects(np.arange(500 - len(lead), 500 + end), both, [500])
        found = running.of(loss[:end])
        assert found.cycle == 3
        assert (found.step, found.recovery_steps) == (known.step, known.recovery_steps)
        ours, theirs = ((each.loss_before, each.loss_peak, each.loss_after) for each in (found, known))
        assert ours == pytest.approx(theirs, nan_ok=True)


def test_the_empty_table_says_when_something_will_come():
    assert empty_sentence(10.0).endswith("The first restart is at epoch 10.")
    assert empty_sentence(None).endswith("No restarts are planned.")


def test_ticks_are_round():
    assert [nice_spacing(70, 8), nice_spacing(3500, 8), nice_spacing(0.1, 3)] == [10, 500, 0.05]


def test_a_cycle_that_is_trained_again_is_judged_again():
    """Cut back to step 10 and trained higher than before: by hand, 1 before the restart, 3 at the end after it."""
    curve = curve_of([1.0] * 10 + [0.5] * 10 + [0.25] * 10)
    curve.set_restarts([10, 20])
    escapes_of = Escapes()
    before = escapes_of.lines(curve, grows=False)
    curve.cut(10)
    curve.append({"step": np.arange(10, 30), "loss": np.array([3.0] * 10 + [0.25] * 10)})
    curve.set_restarts([10, 20])

    after = escapes_of.lines(curve, grows=False)

    assert (before[0].after, after[0].after) == ("0.5", "3")
