"""What is appended is kept, in order, whole, and soon."""

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from kescape.run import writer as writer_module
from kescape.run.errors import RunExists, RunLocked, RunUnwritable
from kescape.run.reader import open_run
from kescape.run.writer import Column, RunWriter


def test_every_step_comes_back_bit_for_bit(open_writer, steps, tmp_path):
    """Appended in pieces of very different sizes, read as one."""
    writer = open_writer()
    first = 0
    for count in (1, 1, 5, 0, 300, 4096, 2, 9000, 1, 1):
        writer.append(steps(first, count))
        writer.flush()
        first += count
    writer.close()

    with open_run(tmp_path / "run") as run:
        curves = run.curves()

    expected = steps(0, first)
    assert curves["step"].tolist() == list(range(first))
    for name, values in expected.items():
        assert curves[name].dtype == values.dtype
        assert curves[name].tobytes() == values.tobytes()


def test_small_blocks_are_merged(open_writer, steps, tmp_path):
    """10,000 steps committed one at a time end up in few blocks, none of the old ones smaller than 4,096 steps."""
    writer = open_writer()
    for first in range(10_000):
        writer.append(steps(first, 1))
        writer.flush()

    with open_run(tmp_path / "run") as run:
        sizes = [row[0] for row in run._rows("SELECT steps FROM blocks WHERE column_id = 1 ORDER BY first_step")]

    assert sizes[:2] == [4096, 4096]
    assert sizes[2:] == [1] * (10_000 - 2 * 4096)


def test_appends_are_committed_at_most_a_tenth_of_a_second_apart(open_writer, steps, tmp_path, monkeypatch):
    """The first append is visible at once, the next ones after 0.1 s or a flush."""
    now = [1000.0]
    writer = open_writer()
    monkeypatch.setattr(writer_module.time, "monotonic", lambda: now[0])
    writer._committed = now[0]
    with open_run(tmp_path / "run") as run:
        now[0] += 0.05
        writer.append(steps(0, 10))
        assert run.steps == 0
        now[0] += 0.06
        writer.append(steps(10, 10))
        assert run.steps == 20
        writer.append(steps(20, 10))
        assert run.steps == 20
        writer.flush()
        assert run.steps == 30


def test_a_second_segment_goes_on(open_writer, steps, tmp_path):
    """Steps go on counting; the new session follows a plan of its own; an event marks the place."""
    writer = open_writer()
    writer.append(steps(0, 25))
    writer.end("finished")
    first_session = writer.session
    writer.close()

    writer = open_writer(resume=True)
    assert writer.steps == 25
    assert writer.session != first_session
    writer.append(steps(25, 5))
    writer.close()

    with open_run(tmp_path / "run") as run:
        assert run.curves()["loss"].tolist() == steps(0, 30)["loss"].tolist()
        assert [(s.first_step, s.plan_step) for s in run.sessions] == [(0, 0), (25, 25)]
        assert [(e.kind, e.step) for e in run.events()] == [("segment", 25)]
        assert run.status == "interrupted"  # the second segment has no end


def test_an_existing_run_is_not_overwritten(recorded):
    """Without `resume` the writer refuses, and changes nothing."""
    before = (recorded / "run.db").read_bytes()

    with pytest.raises(RunExists, match="already holds a run"):
        RunWriter.open(recorded, kind="recorder")

    assert (recorded / "run.db").read_bytes() == before


def test_a_second_writer_is_refused_by_name_of_the_first(open_writer, tmp_path):
    """Two engines can never hold one run."""
    open_writer()
    code = textwrap.dedent(f"""
        from pathlib import Path
        from kescape.run.writer import RunWriter
        RunWriter.open(Path({str(tmp_path / "run")!r}), kind="engine", resume=True)
    """)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    import os
    import platform

    assert result.returncode == 1
    assert f"RunLocked: The run 'run' is in use: process {os.getpid()} on {platform.node()}" in result.stderr
    with pytest.raises(RunLocked):
        RunWriter.open(tmp_path / "run", kind="recorder", resume=True)


def test_the_lock_goes_with_the_writer(open_writer, tmp_path):
    """Closing, also twice, frees the run; so does a failed opening."""
    writer = open_writer()
    writer.close()
    writer.close()
    with pytest.raises(RunExists):
        RunWriter.open(tmp_path / "run", kind="recorder")

    open_writer(resume=True)


def test_columns_must_fit(open_writer, steps):
    """Names, lengths and types are checked where they come in."""
    writer = open_writer()
    with pytest.raises(ValueError, match=r"exactly the described columns .* got \['loss'\]"):
        writer.append({"loss": [1.0]})
    with pytest.raises(ValueError, match="flat arrays of one length"):
        writer.append({**steps(0, 3), "loss": np.zeros(2)})
    with pytest.raises(ValueError, match=r"'loss' is recorded as <f4, which cannot change; got <f8"):
        writer.describe_columns([Column("loss", "float64", "", "")])


def test_the_callers_arrays_may_be_used_again(open_writer, steps, tmp_path):
    """What was appended is a copy."""
    writer = open_writer()
    writer.append(steps(0, 1))
    values = steps(1, 3)
    writer.append(values)
    values["loss"][:] = -1
    writer.close()

    with open_run(tmp_path / "run") as run:
        assert run.curves()["loss"].tolist() == steps(0, 4)["loss"].tolist()


def test_a_clock_set_back_does_not_turn_time_back(open_writer, steps, tmp_path, monkeypatch):
    """A second session on a computer whose clock was set back an hour goes on after the first."""
    writer = open_writer()
    values = steps(0, 2)
    values["time"] = np.array([50.0, 60.0])
    writer.append(values)
    writer.close()
    real = time.time
    monkeypatch.setattr(writer_module.time, "time", lambda: real() - 3600)

    writer = open_writer(resume=True)

    first = writer.now()
    assert 60.0 <= first < 65.0
    assert writer.now() >= first


def test_time_is_counted_from_the_creation(open_writer, tmp_path):
    """`created` is a Unix time, `now` the seconds since then."""
    before = time.time()
    writer = open_writer()
    with open_run(tmp_path / "run") as run:
        assert before <= run.created <= time.time()
        assert writer.now() == pytest.approx(time.time() - run.created, abs=0.05)


def test_a_deleted_folder_is_noticed(open_writer, steps, tmp_path):
    """SQLite itself would go on writing into nowhere."""
    import shutil

    writer = open_writer()
    writer.append(steps(0, 1))
    shutil.rmtree(tmp_path / "run")
    writer.append(steps(1, 1))
    with pytest.raises(RunUnwritable, match="was deleted or moved while recording"):
        writer.flush()
    with pytest.raises(RunUnwritable):
        writer.close()


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
def test_a_full_disk_says_so_and_loses_nothing_written(tmp_path):
    """A limit on the size of files stands for the disk; once there is room again, the flush that failed succeeds."""
    code = textwrap.dedent(f"""
        import resource, numpy as np
        from pathlib import Path
        from kescape.run.errors import RunUnwritable
        from kescape.run.writer import Column, RunWriter
        writer = RunWriter.open(Path({str(tmp_path / "run")!r}), kind="recorder")
        writer.describe_columns([Column("loss", "float64", "", "")])
        writer.append({{"loss": np.arange(1000.0)}})
        writer.flush()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        writer.append({{"loss": np.arange(1000.0, 100_000.0)}})
        try:
            writer.flush()
        except RunUnwritable as error:
            print("refused:", error, "/", type(error.__cause__).__name__)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        from kescape.run.reader import open_run
        with open_run(writer.folder) as run:
            print("readable:", run.steps)
        writer.flush()
        writer.end("finished")
        writer.close()
    """)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"refused: The run in {str(tmp_path / 'run')!r} cannot be written: ")
    assert lines[0].endswith("/ OperationalError")
    assert lines[1] == "readable: 1000"
    with open_run(tmp_path / "run") as run:
        assert run.curves()["loss"].tolist() == list(range(100_000))


def test_closing_leaves_one_file(recorded):
    """No log, no shared memory: the folder can be copied or archived as it is."""
    assert sorted(path.name for path in recorded.iterdir()) == ["commands", "engine.lock", "run.db"]


def test_room_for_the_last_word_is_kept_while_a_run_is_recorded(open_writer, steps, tmp_path):
    """On a full disk it is given up, so that the run can still say why it ended; nothing of it stays."""
    writer = open_writer()
    assert (tmp_path / "run" / ".reserve").stat().st_size >= 100_000
    writer.append(steps(0, 3))
    writer.end("stopped")
    writer.close()

    assert not (tmp_path / "run" / ".reserve").exists()
