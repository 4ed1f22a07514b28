"""Runs in engine processes of this machine: real ones; how many fit is tested on made-up memory."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from kescape.compare import local_pool
from kescape.compare.comparison import Comparison
from kescape.compare.conduct import Conductor
from kescape.compare.folder import ask_to_stop, new_comparison, working_on
from kescape.compare.jobs import JobState, jobs_of, progress_of
from kescape.compare.local_pool import LocalPool
from kescape.compare.place import Ended
from kescape.compare.room import GIB, usable_cores
from kescape.config import ConfigError, RunConfig
from kescape.data.words import counted
from kescape.engine.launch import EngineGone, prepare_run
from kescape.run.reader import open_run

BASE = RunConfig(dataset="wine", model="logistic", epochs=4, batch_size=32, t_0=2.0, eta_max=0.05, escapes=False)
LONG = BASE.changed(epochs=150, t_0=40.0, t_mult=1.0, deterministic=True)
SECONDS = 90


def wait_until(fact, seconds=SECONDS):
    until = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def gather(pool, number):
    """The next so many runs that have ended."""
    ended = []
    wait_until(lambda: ended.extend(pool.ended()) or len(ended) >= number)
    return ended


def steps_of(folder):
    with open_run(folder) as run:
        return run.steps


def threads():
    """Of each of two engines."""
    return max(1, usable_cores() // 2)


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def pool(said):
    """Two engines for all tests of this file; what is killed is replaced."""
    pool = LocalPool(2, tell=said.append)
    yield pool
    pool.close()


def test_two_runs_are_trained_at_once_and_a_failure_is_one_of_them(pool, tmp_path):
    """Two engines train four runs; the one after a run that failed is fine."""
    assert pool.at_once == 2
    assert pool.where == f"2 engines with {counted(threads(), 'thread')} each"
    folders = [prepare_run(BASE.changed(seed=seed), tmp_path, f"run-{seed}") for seed in (1, 2, 3, 4)]
    (folders[1] / "config.toml").write_text('dataset = "nothing of that kind"\n', "utf-8")
    for folder in folders[:2]:
        assert pool.has_room()
        pool.start(folder)
    assert not pool.has_room()

    ended = gather(pool, 2)
    for folder in folders[2:]:
        assert pool.has_room()
        pool.start(folder)
    ended += gather(pool, 2)

    assert {one.folder for one in ended} == set(folders)
    assert [one.lost for one in ended] == [None] * 4
    outcomes, pids = [], set()
    for folder in folders:
        with open_run(folder) as run:
            outcomes.append(str(run.status))
            pids.add(run.sessions[-1].pid)
    assert outcomes == ["finished", "failed", "finished", "finished"]
    assert pids == set(pool.pids)
    assert len(pids) == 2


@pytest.mark.skipif(sys.platform != "linux", reason="threads have names there")
def test_the_engines_compute_with_as_many_threads_as_is_said(pool):
    """TensorFlow's pool of threads, by their names."""
    for pid in pool.pids:
        names = [task.joinpath("comm").read_text("utf-8") for task in Path(f"/proc/{pid}/task").iterdir()]
        assert names.count("tf_Compute\n") == threads()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no POSIX signals")
def test_what_is_lost_goes_on_bit_for_bit(pool, said, tmp_path):
    """kill -9 of an engine in the middle of a run: another one trains the rest, as if nothing had been."""
    alone = prepare_run(LONG.changed(momentum=0.9), tmp_path, "alone")
    pool.start(alone)
    gather(pool, 1)
    folder = new_comparison(Comparison(LONG, {"momentum": (0.0, 0.9)}, repeats=1), tmp_path, "lost", "unused")
    victim = tmp_path / "lost-momentum=0.9-1"
    killed = []

    def kill_in_the_middle():
        if not killed and (victim / "run.db").exists():
            with open_run(victim) as run:
                if run.steps > 250:
                    killed.append(run.sessions[-1].pid)
                    os.kill(killed[0], signal.SIGKILL)
        return False

    with working_on(folder):
        assert Conductor(folder, pool, said.append).run(kill_in_the_middle)

    assert said == [f"{victim.name}: Its engine process was killed. It goes on from its last checkpoint."]
    assert pool.at_once == 2
    with open_run(victim) as run, open_run(alone) as whole:
        assert [session.pid == killed[0] for session in run.sessions] == [True, False]
        assert run.sessions[1].first_step % 200 == 0 < run.sessions[1].first_step  # the end of a cycle
        curves, others = run.curves(), whole.curves()
        checkpoint, other = (np.load(one.path / one.checkpoints()[-1].file) for one in (run, whole))
    assert len(curves["loss"]) == 5 * LONG.epochs
    for name in set(curves) - {"time"}:
        assert np.array_equal(curves[name], others[name]), name
    for name in set(checkpoint.files) - {"facts"}:
        assert np.array_equal(checkpoint[name], other[name]), name


def test_a_stopped_comparison_goes_on_where_it_was(pool, tmp_path):
    """Two of three runs are stopped after the step that they are in, the third has not begun; then all are trained."""
    comparison = Comparison(LONG.changed(epochs=300), {"momentum": (0.0, 0.5, 0.9)}, repeats=1)
    folder = new_comparison(comparison, tmp_path, "ended", "unused")
    jobs = jobs_of(comparison, folder)

    def stop_both():
        if all((job.folder / "run.db").exists() and steps_of(job.folder) > 0 for job in jobs[:2]):
            ask_to_stop(folder)
        return False

    with working_on(folder):
        assert not Conductor(folder, pool).run(stop_both)
    before = [progress_of(job, 300) for job in jobs]
    steps = [steps_of(job.folder) for job in jobs[:2]]

    assert [one.state for one in before] == [JobState.UNFINISHED, JobState.UNFINISHED, JobState.MISSING]
    assert all(0 < trained < 1500 for trained in steps)
    with working_on(folder):
        assert Conductor(folder, pool).run()
    assert [progress_of(job, 300).state for job in jobs] == [JobState.DONE] * 3
    for job, trained in zip(jobs, [*steps, None], strict=True):
        with open_run(job.folder) as run:
            assert run.steps == 1500
            assert [session.first_step for session in run.sessions] == [0] + ([] if trained is None else [trained])


def test_one_that_is_closed_ends_what_still_trains(pool, tmp_path):
    """At once, and what has nothing to do ends, too; the run can go on later."""
    folder = prepare_run(LONG.changed(epochs=100_000), tmp_path, "endless")
    pool.start(folder)
    wait_until(lambda: (folder / "run.db").exists() and steps_of(folder) > 0)
    pids = pool.pids
    assert len(pids) == 2
    pool.close()

    assert not any(map(psutil.pid_exists, pids))
    assert pool.ended() == [Ended(folder, "Its engine process was ended.")]
    with open_run(folder) as run:
        assert str(run.status) == "interrupted"


# -- how many there are, on made-up machines -----------------------------------------------------------------------


class Standing:
    """In place of an engine process: it stands as long as nobody ends it."""

    def __init__(self, **how):
        self.how, self.code, self.complaint = how, None, ""
        self.pid = id(self)

    def start(self, folder):
        if self.code is not None:
            raise EngineGone("it ended")

    def poll(self):
        return self.code

    def wait(self, timeout=None):
        return self.code

    def close(self):
        self.code = 0

    def kill(self):
        self.code = -9


@pytest.fixture
def machine(monkeypatch):
    """8 processors, 16 GiB of which 10 are free, no GPU; engines train as soon as they have a run."""
    facts = {"free": 10 * GIB, "cores": 8, "gpus": (), "kills": 0, "memory": 0, "backend": None}
    made = facts["made"] = []

    def spawn_worker(**how):
        made.append(Standing(**how))
        return made[-1]

    monkeypatch.setattr(local_pool, "spawn_worker", spawn_worker)
    monkeypatch.setattr(local_pool, "usable_cores", lambda: facts["cores"])
    monkeypatch.setattr(local_pool, "visible_gpus", lambda: facts["gpus"])
    monkeypatch.setattr(local_pool, "kills_for_memory", lambda: facts["kills"])
    monkeypatch.setattr(local_pool, "reserve", lambda: GIB)
    monkeypatch.setattr(local_pool, "memory_of", lambda pid: facts["memory"])
    monkeypatch.setattr(
        local_pool, "available_memory", lambda: facts["free"] - facts["memory"] * sum(e.code is None for e in made)
    )
    monkeypatch.setattr(local_pool, "_trains_on", lambda attempt: facts["backend"])
    monkeypatch.setattr(local_pool, "_MEASURE_SECONDS", 0.0)
    return facts


def filled(pool, tmp_path):
    """Start runs until there is no room; how many."""
    count = 0
    while pool.has_room():
        folder = tmp_path / f"{count}-{time.monotonic_ns()}"
        folder.mkdir()
        pool.start(folder)
        count += 1
    return count


def test_as_many_as_processors_where_the_memory_has_room(machine, tmp_path):
    machine["cores"] = 2
    pool = LocalPool()

    assert pool.where == "2 engines with 1 thread each"
    assert filled(pool, tmp_path) == 2
    assert [engine.how["threads"] for engine in machine["made"]] == [1, 1]


def test_more_are_added_when_they_turn_out_to_be_small(machine, tmp_path):
    """9 GiB hold 7 of 1.2 GiB, as estimated, and 8 of 1.1 GiB, as measured; the processors are shared anew."""
    pool = LocalPool()
    assert filled(pool, tmp_path) == 7

    machine["memory"], machine["backend"] = GIB, "TensorFlow, CPU"
    pool.ended()
    assert pool.where == "8 engines with 1 thread each"
    assert filled(pool, tmp_path) == 1


def test_fewer_are_used_when_they_turn_out_to_be_large(machine, tmp_path):
    """3 GiB each: what trains goes on, and no more than 3 are started again."""
    pool = LocalPool()
    assert filled(pool, tmp_path) == 7

    machine["free"], machine["memory"], machine["backend"] = 22 * GIB, 3 * GIB, "TensorFlow, CPU"
    pool.ended()
    assert pool.at_once == 7
    machine["free"] = 10 * GIB  # 21 of them are taken
    pool.ended()
    assert pool.at_once == 3
    assert not pool.has_room()


def test_one_that_does_not_fit_is_tried_nevertheless(machine, tmp_path):
    machine["free"] = GIB // 2

    assert LocalPool().where == "1 engine with 8 threads"


def test_a_number_that_was_asked_for_is_kept_whatever_the_memory(machine, tmp_path):
    machine["free"] = GIB
    pool = LocalPool(4)

    assert pool.where == "4 engines with 2 threads each"
    assert filled(pool, tmp_path) == 4
    machine["memory"], machine["backend"] = 5 * GIB, "TensorFlow, CPU"
    pool.ended()
    assert pool.at_once == 4


@pytest.mark.parametrize("kills", [1, None])
def test_one_is_given_up_when_the_kernel_ends_an_engine_for_want_of_memory(machine, tmp_path, kills):
    """Also where the kernel does not tell whether that was why."""
    machine["kills"] = None if kills is None else 0
    said = []
    pool = LocalPool(3, tell=said.append)
    filled(pool, tmp_path)
    machine["kills"] = kills
    machine["made"][1].code = -9

    (ended,) = pool.ended()
    assert ended.lost == "Its engine process was killed, for want of memory."
    assert pool.at_once == 2
    assert said == [
        "An engine process was killed, for want of memory; from now on there are 2 engines with 4 threads each."
    ]
    assert not pool.has_room()

    machine["kills"] = kills and 1
    machine["made"][0].code = -9
    (ended,) = pool.ended()
    assert ended.lost == (
        "Its engine process was killed, for want of memory." if kills is None else "Its engine process was killed."
    )


def test_an_engine_that_ends_by_itself_is_lost_with_its_last_words(machine, tmp_path):
    pool = LocalPool(1)
    (tmp_path / "run").mkdir()
    pool.start(tmp_path / "run")
    machine["made"][0].code, machine["made"][0].complaint = 1, "Traceback:\nImportError: no TensorFlow.\n"

    assert pool.ended() == [
        Ended(tmp_path / "run", "Its engine process ended with code 1: ImportError: no TensorFlow.")
    ]
    assert pool.has_room()


def test_each_gpu_has_an_engine_of_its_own(machine, tmp_path):
    machine["gpus"] = ("GPU-1a", "GPU-2b")
    pool = LocalPool()

    assert pool.where == "2 engines on 2 GPUs with 4 threads each"
    assert filled(pool, tmp_path) == 2
    assert [engine.how["environment"] for engine in machine["made"]] == [
        {"CUDA_VISIBLE_DEVICES": "GPU-1a"},
        {"CUDA_VISIBLE_DEVICES": "GPU-2b"},
    ]


def test_a_run_on_several_devices_has_as_many_gpus(machine, tmp_path):
    """One of five is left over."""
    machine["gpus"] = ("0", "1", "2", "3", "4")
    pool = LocalPool(devices=2)

    assert pool.where == "2 engines on 4 GPUs with 4 threads each"
    assert filled(pool, tmp_path) == 2
    assert [engine.how["environment"]["CUDA_VISIBLE_DEVICES"] for engine in machine["made"]] == ["0,1", "2,3"]


def test_a_gpu_that_tensorflow_does_not_find_is_not_waited_for(machine, tmp_path):
    """Without NVIDIA's libraries the processors train, and as many engines as they can keep busy."""
    machine["gpus"], machine["free"] = ("0",), 100 * GIB
    said = []
    pool = LocalPool(tell=said.append)
    assert filled(pool, tmp_path) == 1

    machine["memory"], machine["backend"] = GIB, "TensorFlow 2.21.0, Keras 3.15.1, CPU"
    pool.ended()
    assert said == ["There is a GPU, but TensorFlow does not find it here; the processors train."]
    assert pool.where == "8 engines with 1 thread each"


@pytest.mark.parametrize("workers", [0, 65, 1.5, True, "2"])
def test_a_number_of_workers_that_is_out_of_its_range_is_refused(workers):
    with pytest.raises(ConfigError, match=r"workers must be a whole number from 1 to 64, .*; got workers="):
        LocalPool(workers)
