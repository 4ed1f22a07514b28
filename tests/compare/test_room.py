"""How many engines this machine has room for, on made-up machines."""

import os

import psutil
import pytest

from kescape.compare.room import (
    GIB,
    available_memory,
    fitting,
    kills_for_memory,
    memory_of,
    reserve,
    usable_cores,
    visible_gpus,
)

MIB = 1 << 20


def machine(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", "utf-8")
    return root


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.fixture
def ten_gib(monkeypatch):
    """10 GiB are free, of 16."""
    facts = type("Facts", (), {"available": 10 * GIB, "total": 16 * GIB})
    monkeypatch.setattr(psutil, "virtual_memory", facts)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 8),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, 8),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "250000 100000"}, 2),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "50000 100000"}, 1),
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "300000 100000"}, 3),
        ({"proc/self/cgroup": "0::/a", "sys/fs/cgroup/a/cpu.max": "nonsense"}, 8),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/job\n0::/",
                "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "400000",
                "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/job",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            8,
        ),
    ],
)
def test_a_share_of_the_processors(tmp_path, eight_cores, files, cores):
    """A container that may use 2.5 of 8 processors can keep 2 engines busy; limits further out count, too."""
    assert usable_cores(machine(tmp_path, files)) == cores


def test_processors_that_this_process_is_bound_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)

    assert usable_cores(tmp_path) == 2


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({}, 10 * GIB),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "max"}, 10 * GIB),
        (
            {
                "proc/self/cgroup": "0::/box/inner",
                "sys/fs/cgroup/box/memory.max": 4 * GIB,
                "sys/fs/cgroup/box/memory.current": 3 * GIB,
                "sys/fs/cgroup/box/memory.stat": f"anon {2 * GIB}\ninactive_file {MIB}\nactive_file {2 * MIB}",
            },
            GIB + 3 * MIB,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/job",
                "sys/fs/cgroup/memory/job/memory.limit_in_bytes": 2 * GIB,
                "sys/fs/cgroup/memory/job/memory.usage_in_bytes": 3 * GIB,
            },
            0,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/somewhere/that/is/not/here",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": 9223372036854771712,
                "sys/fs/cgroup/memory/memory.usage_in_bytes": 3 * GIB,
            },
            10 * GIB,
        ),
    ],
)
def test_the_memory_that_is_left_is_the_least_of_all_limits(tmp_path, ten_gib, files, free):
    assert available_memory(machine(tmp_path, files)) == free


def test_a_tenth_of_the_memory_is_reserved(tmp_path, ten_gib):
    box = {"proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": GIB}

    assert reserve(tmp_path) == 16 * GIB // 10
    assert reserve(machine(tmp_path, box)) == GIB // 4


def test_the_number_of_engines_does_not_waver():
    """Between too little for all and enough for one more, it stays what it is."""
    need = 500 * MIB

    assert fitting(0, 2000 * MIB, need) == 4
    assert fitting(0, 100 * MIB, need) == 1  # it has to be tried
    assert fitting(3, 499 * MIB, need) == 3
    assert fitting(3, 0, need) == 3
    assert fitting(3, -MIB, need) == 2
    assert fitting(3, 500 * MIB, need) == 4
    assert fitting(2, -5000 * MIB, need) == 1


@pytest.mark.parametrize(
    ("named", "gpus"),
    [("0,1", ("0", "1")), ("GPU-8f2e, 3", ("GPU-8f2e", "3")), ("", ()), ("-1", ()), ("2,-1,3", ("2",)), ("none", ())],
)
def test_gpus_that_the_environment_names(monkeypatch, named, gpus):
    """As in NVIDIA's CUDA programming guide, "CUDA Environment Variables": after an invalid one none counts."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)

    assert visible_gpus() == gpus


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for NVIDIA's program")
def test_gpus_that_the_driver_names(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert visible_gpus() == ()

    program = tmp_path / "nvidia-smi"
    program.write_text(
        '#!/bin/sh\necho "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-1a)"\necho "GPU 1: NVIDIA A2 (UUID: GPU-2b)"\n',
        "utf-8",
    )
    program.chmod(0o755)
    assert visible_gpus() == ("GPU-1a", "GPU-2b")

    program.write_text("#!/bin/sh\necho no driver; exit 9\n", "utf-8")
    assert visible_gpus() == ()


def test_memory_of_a_process():
    """This one keeps more after it has filled 200 MiB, and who is gone keeps nothing."""
    before = memory_of(os.getpid())
    filled = bytearray(os.urandom(1)) * (200 * MIB)

    assert 190 * MIB < memory_of(os.getpid()) - before < 300 * MIB
    assert len(filled) == 200 * MIB
    assert memory_of(2**22 + 1) == 0


def test_what_the_kernel_has_killed(tmp_path):
    assert kills_for_memory(tmp_path) is None
    assert kills_for_memory(machine(tmp_path, {"proc/vmstat": "nr_free_pages 5\noom_kill 3"})) == 3
