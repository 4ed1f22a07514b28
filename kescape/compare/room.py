"""How many engine processes this machine has room for: its processors, its memory, its GPUs. No Keras and no Qt.

What counts is what this process may use: a container, a job of a cluster or `taskset` may leave it less than there is.
"""

from __future__ import annotations

import itertools
import math
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil

__all__ = ["available_memory", "fitting", "kills_for_memory", "memory_of", "reserve", "usable_cores", "visible_gpus"]

GIB = 1 << 30

_ROOT = Path("/")

_MEMORY_FILES = (
    ("memory.max", "memory.current", ("inactive_file", "active_file")),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", ("total_inactive_file", "total_active_file")),
)
"""Of version 2 and version 1 of Linux' control groups: the limit, what is used, and what of that can be given back."""


def usable_cores(root: Path = _ROOT) -> int:
    """How many processors this process may keep busy, >= 1.

    Args:
        root: Where `proc` and `sys` are.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    shares = [share for group in _groups("cpu", root) if (share := _share_of_processors(group)) is not None]
    return max(1, math.floor(min([cores, *shares])))


def available_memory(root: Path = _ROOT) -> int:
    """How many bytes can be taken before this computer, or the part of it that this process is given, runs short."""
    left: list[int] = [psutil.virtual_memory().available]
    for group in _groups("memory", root):
        for limit, used, given_back in _MEMORY_FILES:
            most, now, files = _number(group / limit), _number(group / used), _facts(group / "memory.stat")
            if most is not None and now is not None:
                left.append(most - now + sum(files.get(name, 0) for name in given_back))
    return max(0, min(left))


def reserve(root: Path = _ROOT) -> int:
    """How many bytes are left to everything else: a tenth of all memory, 256 MiB to 2 GiB."""
    limits = [_number(group / files[0]) for group in _groups("memory", root) for files in _MEMORY_FILES]
    total: int = min([psutil.virtual_memory().total, *(limit for limit in limits if limit is not None)])
    return min(2 * GIB, max(GIB // 4, total // 10))


def fitting(engines: int, free: int, need: int) -> int:
    """How many engines fit, >= 1.

    One is added only where all of it fits, and one is taken away only where the memory is short already: so the
    number does not waver.

    Args:
        engines: How many there are.
        free: How many bytes are left, after what these may still grow by and what is reserved; negative if too many
            are taken.
        need: How many bytes one needs, > 0.

    Example:
        >>> fitting(0, 5 * GIB, 2 * GIB), fitting(2, GIB, 2 * GIB), fitting(2, -GIB // 2, 2 * GIB)
        (2, 2, 1)
    """
    return max(1, engines + free // need)


def memory_of(pid: int) -> int:
    """How many bytes a process keeps for itself; 0 when it is gone."""
    try:
        facts = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0
    # Libraries are in memory once, however many processes use them; elsewhere than on Linux that is not told.
    return int(facts.rss - getattr(facts, "shared", 0))


def visible_gpus() -> tuple[str, ...]:
    """The NVIDIA GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them; found without TensorFlow."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        # What comes after one that is none is not used, as CUDA has it.
        names = (name.strip() for name in named.split(","))
        return tuple(itertools.takewhile(re.compile(r"\d+$|GPU-|MIG-").match, names))
    try:
        told = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(re.findall(r"^GPU \d+:.*\(UUID: (\S+)\)", told, re.MULTILINE))


def kills_for_memory(root: Path = _ROOT) -> int | None:
    """How many processes the kernel has ended for want of memory since it started; None where it does not tell."""
    return _facts(root / "proc/vmstat").get("oom_kill")


def _groups(resource: str, root: Path) -> Iterator[Path]:
    """The folders of the control groups that limit a resource of this process, from the innermost outwards."""
    try:
        lines = (root / "proc/self/cgroup").read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, resources, path = line.split(":", 2)
        base = root / "sys/fs/cgroup"
        if resources:
            if resource not in resources.split(","):
                continue
            base /= resource
        group = base / path.lstrip("/")
        yield group
        yield from (parent for parent in group.parents if parent == base or base in parent.parents)


def _share_of_processors(group: Path) -> float | None:
    try:
        quota, period = (group / "cpu.max").read_text("utf-8").split()
    except (OSError, ValueError):
        quota, period = (str(_number(group / f"cpu.cfs_{name}_us")) for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() and int(period) else None


def _number(path: Path) -> int | None:
    """The number in a file; None if there is none."""
    try:
        return int(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _facts(path: Path) -> dict[str, int]:
    """The numbers in a file that names one in each line."""
    try:
        pairs = [line.split() for line in path.read_text("utf-8").splitlines()]
        return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}
    except (OSError, ValueError):
        return {}
