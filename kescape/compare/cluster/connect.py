"""Connects this process to a Ray cluster, or says in a sentence why that cannot be. The only module that starts Ray."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from kescape.compare.cluster import versions
from kescape.compare.cluster.address import LOCAL, NOT_FOUND, TOKEN_HINT, named, unreachable
from kescape.run.errors import ClusterUnusable

__all__ = ["check_nodes", "connected", "last_line", "needs_words", "why_lost"]

_STORE_BYTES = 256 << 20
"""Room for what is on its way on this computer; what needs more is put on the disk."""
_ASK_SECONDS = 30.0
_NODE_GROUP = "ray.io/node-group"
"""A node that an autoscaler has started says so by this label."""
_VERSIONS = re.compile(r"Ray: (\S+)\s+Python: (\S+)")


@contextlib.contextmanager
def connected(address: str) -> Iterator[None]:
    """Have this process use a cluster, for as long as the context lasts.

    Clients of a cluster must know its token, unless the user has set RAY_AUTH_MODE otherwise; one that is started here
    has a token of its own, is reachable from this computer only, and ends with the context.

    Args:
        address: `local`, `auto`, HOST:PORT of a cluster that this computer is a node of, or ray://HOST:PORT.

    Raises:
        ClusterUnusable: It cannot be used.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    with contextlib.ExitStack() as stack:
        options: dict[str, Any] = {}
        if address == LOCAL:
            # The paths of Ray's sockets may have some 100 characters, which is why it is not in a folder of a user.
            place = tempfile.mkdtemp(prefix="kescape-ray-", dir=None if sys.platform == "win32" else "/tmp")
            stack.callback(shutil.rmtree, place, ignore_errors=True)
            tempfile.tempdir = os.environ["TMPDIR"] = place
            # Ray does this on macOS and Windows: every port is one of 127.0.0.1.
            os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
            os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", secrets.token_hex(32)
            options = {"include_dashboard": False, "object_store_memory": _STORE_BYTES, "_temp_dir": place}
        else:
            os.environ.setdefault("RAY_AUTH_MODE", "token")
        # Ray has all workers import from the folder that one happens to be in, before anything else.
        os.chdir(os.sep)
        import ray

        # There alone a client says that its token is refused.
        client_log = logging.getLogger("ray.util.client.worker")
        client_log.setLevel(logging.DEBUG)
        stack.callback(ray.shutdown)
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, **options)
        except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise ClusterUnusable(_why_not(address, error)) from error
        client_log.setLevel(logging.ERROR)
        yield


def check_nodes(address: str, cpus: float, gpus: float) -> str | None:
    """See whether the nodes can train, before one is asked to.

    Returns:
        What must be waited for, in a sentence, where only a node that an autoscaler will start can; None otherwise.

    Raises:
        ClusterUnusable: None of them has what a run needs, or one has other versions than this computer.
    """
    import ray

    nodes = [node for node in ray.nodes() if node["Alive"]]
    able = [node for node in nodes if _has(node, "CPU", cpus) and _has(node, "GPU", gpus)]
    if not able:
        sentence = f"No node of the {named(address)} has {needs_words(cpus, gpus)}, which a run needs"
        if any(node["Labels"].get(_NODE_GROUP) for node in nodes):
            return f"{sentence}; its autoscaler is asked for one."
        most = max(nodes, key=lambda node: (_amount(node, "GPU"), _amount(node, "CPU")), default=None)
        has = needs_words(_amount(most, "CPU"), _amount(most, "GPU")) if most is not None else "no node"
        raise ClusterUnusable(f"{sentence}; the largest has {has}.")
    here = versions.installed_versions()
    for node, there in _ask(able):
        problem = versions.version_problem(node, there, here)
        if problem is not None:
            raise ClusterUnusable(problem)
    return None


def _ask(nodes: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str | None]]]:
    """The name of each node, and the versions that are installed there."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    # By value: KEscape may be missing there.
    ray.cloudpickle.register_pickle_by_value(versions)
    try:
        ask = ray.remote(num_cpus=0, max_retries=0)(versions.installed_versions)
        places = [NodeAffinitySchedulingStrategy(node["NodeID"], soft=False) for node in nodes]
        answers = [ask.options(scheduling_strategy=place).remote() for place in places]
    finally:
        ray.cloudpickle.unregister_pickle_by_value(versions)
    for node, answer in zip(nodes, answers, strict=True):
        name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
        try:
            yield name, ray.get(answer, timeout=_ASK_SECONDS)
        except ray.exceptions.TaskUnschedulableError:
            continue  # it has left the cluster just now
        except ray.exceptions.RayError as error:
            raise ClusterUnusable(
                f"The node {name} does not say what is installed there: {last_line(error)}"
            ) from error


def needs_words(cpus: float, gpus: float) -> str:
    """What a run needs, in words.

    Example:
        >>> needs_words(1, 0), needs_words(4, 0.5)
        ('1 CPU', '4 CPUs and 0.5 GPU')
    """
    words = f"{cpus:g} CPU{'' if cpus == 1 else 's'}"
    return f"{words} and {gpus:g} GPU{'' if gpus <= 1 else 's'}" if gpus else words


def why_lost(error: Exception, host: str) -> str:
    """Why a slot on a computer does not train any more, in a sentence."""
    import ray

    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return f"Its process on {host} was killed, for want of memory."
    if isinstance(error, ray.exceptions.RayTaskError):
        return f"Its process on {host} failed: {last_line(error)}"
    if isinstance(error, ray.exceptions.ActorUnavailableError) or "node has died" in str(error):
        return f"Its computer, {host}, has left the cluster."
    return f"Its process on {host} was killed."


def last_line(error: BaseException) -> str:
    r"""What an error of Ray says in the end, behind all tracebacks, as the end of a sentence.

    Example:
        >>> last_line(RuntimeError("The task failed.\nTraceback ...\nOSError: No space left on device"))
        'OSError: No space left on device.'
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{(lines or [type(error).__name__])[-1][:300].rstrip('.')}."


def _why_not(address: str, error: BaseException) -> str:
    import ray

    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, ray.exceptions.AuthenticationError) for cause in causes):
        return f"The {named(address)} needs a token, and there is none: {TOKEN_HINT}."
    text = " ".join(str(cause) for cause in causes if cause is not None)
    found = _VERSIONS.findall(text)
    if "ersion mismatch" in text and found:
        (ray_there, python_there), python_here = found[0], ".".join(map(str, sys.version_info[:3]))
        return (
            f"The {named(address)} has Ray {ray_there} on Python {python_there}, and this computer has Ray "
            f"{ray.__version__} on Python {python_here}; both must be the same."
        )
    if "Could not find any running Ray instance" in text:
        return NOT_FOUND
    if isinstance(error, ConnectionError):
        return unreachable(address)
    return f"The {named(address)} cannot be used: {last_line(error)}"


def _has(node: dict[str, Any], resource: str, need: float) -> bool:
    return _amount(node, resource) >= need


def _amount(node: dict[str, Any], resource: str) -> float:
    return float(node["Resources"].get(resource, 0.0))
