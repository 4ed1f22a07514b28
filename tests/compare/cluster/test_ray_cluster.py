"""Runs of a comparison are trained on a Ray cluster: one of this machine, and one of several nodes."""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import platform
import queue
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from kescape_gui.watched_run import WatchedRun

from kescape.compare.cluster import ray_place
from kescape.compare.cluster.ray_place import RayCluster
from kescape.compare.comparison import Comparison
from kescape.compare.conduct import Conductor
from kescape.compare.folder import new_comparison, working_on
from kescape.compare.jobs import jobs_of
from kescape.config import ConfigError, RunConfig
from kescape.engine.launch import prepare_run
from kescape.run.commands import send_command
from kescape.run.errors import ClusterUnusable
from kescape.run.reader import open_run

pytestmark = pytest.mark.cluster

BASE = RunConfig(
    dataset="wine",
    model="logistic",
    epochs=400,
    batch_size=32,
    t_0=10.0,
    t_mult=1.0,
    eta_max=0.05,
    escapes=False,
    deterministic=True,
)
KILLED = 1
"""The run whose slot is killed: the first one that keeps a checkpoint at the end of each cycle."""


class Watched:
    """A comparison while it is trained: what its run folders say meanwhile, and what is done to it."""

    def __init__(self, place, runs, base=BASE, varied=None):
        self.place = place
        self.comparison = Comparison(
            base, varied or {"schedule": ("cosine", "sgdr")}, repeats=2 if varied is None else 1
        )
        self.folder = new_comparison(self.comparison, runs, "wine", "unused")
        self.jobs = jobs_of(self.comparison, self.folder)
        self.told = []
        self.seen = {job.name: [] for job in self.jobs}

    def train(self, act=lambda _: False):
        """Train all; `act` is called all the time, and asks for an end by True."""
        with working_on(self.folder):
            self.conductor = Conductor(self.folder, self.place, self.told.append)
            return self.conductor.run(lambda: self._watch(act))

    def _watch(self, act):
        for job in self.jobs:
            if job.folder.is_dir():
                with open_run(job.folder) as run:
                    look = (str(run.status), run.steps)
                if look not in self.seen[job.name]:
                    self.seen[job.name].append(look)
        return act(self)


@pytest.fixture(scope="module")
def trained_here(tmp_path_factory):
    """Two times two runs on a cluster of this machine; the process of one's slot is killed in the middle."""
    place = RayCluster("local", most=4)
    driver = place._process
    compared = Watched(place, tmp_path_factory.mktemp("runs"))
    compared.killed = compared.window = None
    compared.places = set()

    def act(compared):
        compared.places.add((place.at_once, place.where))
        folder = compared.jobs[KILLED].folder
        if compared.window is None and folder.is_dir():
            compared.window = WatchedRun(folder)
        if compared.window is not None:
            compared.window.poll()
        if compared.killed is None and _trained(folder):
            with open_run(folder) as run:
                if run.steps > run.checkpoints()[-1].step and str(run.status) == "running":
                    engine = psutil.Process(run.sessions[-1].pid)
                    compared.killed = engine, run.checkpoints()[-1].step
                    compared.place_of_slots = Path(engine.environ()["TMPDIR"])
                    compared.ports = _listening(psutil.Process(driver.pid).children(recursive=True))
                    engine.parent().kill()
        return False

    try:
        compared.complete = compared.train(act)
        compared.alone = prepare_run(compared.jobs[KILLED].config, compared.folder.parent, "alone")
        assert place.has_room()
        place.start(compared.alone)
        while not place.ended():
            time.sleep(0.05)
        until = time.monotonic() + 15
        while place.at_once and time.monotonic() < until:
            place.ended()
            time.sleep(0.05)
        compared.at_once_in_the_end = place.at_once
        compared.processes = psutil.Process(driver.pid).children(recursive=True)
    finally:
        place.close()
    return compared


def test_all_are_trained_and_their_curves_appear_while_they_are(trained_here):
    """Every run was seen running, at five moments at least, and is finished in a folder like any other."""
    assert trained_here.complete
    assert not trained_here.conductor.problems
    for job in trained_here.jobs:
        seen = trained_here.seen[job.name]
        assert sum(status == "running" for status, _ in seen) >= 5, seen
        assert seen[-1] == ("finished", 2000)
        assert (job.folder / "model.keras").is_file()


def test_where_is_said_in_words(trained_here):
    """The slots that fit on this machine, and what each takes."""
    slots = min(4, os.cpu_count())
    assert max(trained_here.places) == (slots, f"{slots} slots with 1 CPU each on the Ray cluster of this computer")


def test_slots_that_no_run_waits_for_are_given_back(trained_here):
    """Others may need the processors."""
    assert trained_here.at_once_in_the_end == 0


def test_what_was_killed_went_on_from_its_last_checkpoint(trained_here):
    """It was said, the steps behind the checkpoint were set aside, and nothing else was."""
    _, checkpoint = trained_here.killed
    (told,) = trained_here.told
    assert told == f"wine-sgdr-1: Its process on {platform.node()} was killed. It goes on from its last checkpoint."

    for number, job in enumerate(trained_here.jobs):
        with open_run(job.folder) as run:
            assert [cut.step >= checkpoint for cut in run.cuts()] == [True] * (number == KILLED)
            assert len(run.sessions) == 1 + (number == KILLED)


def test_a_run_that_was_killed_is_bit_for_bit_the_one_that_was_not(trained_here):
    """Trained in two parts, and in one by a process that had trained others before."""
    with open_run(trained_here.jobs[KILLED].folder) as run, open_run(trained_here.alone) as other:
        curves, uninterrupted = run.curves(), other.curves()
        assert not other.cuts()

    assert curves.keys() == uninterrupted.keys()
    for name in curves.keys() - {"time"}:
        np.testing.assert_array_equal(curves[name], uninterrupted[name], err_msg=name)


def test_the_window_that_followed_it_shows_what_one_opened_now_shows(trained_here):
    """Also where the run was killed and went back to its checkpoint meanwhile."""
    followed, fresh = trained_here.window, WatchedRun(trained_here.window.path)
    for window in (followed, fresh):
        window.poll()

    for name in ("loss", "learning_rate", "time", "validation", "validation_steps"):
        np.testing.assert_array_equal(getattr(followed.curve, name), getattr(fresh.curve, name), err_msg=name)
    assert len(fresh.curve.loss) == 2000
    assert (followed.events, followed.state, followed.marks) == (fresh.events, fresh.state, fresh.marks)
    for window in (followed, fresh):
        window.close()


def test_the_engine_of_a_killed_slot_is_gone_and_so_is_all_else_at_the_end(trained_here):
    """No process is left, and no folder."""
    engine, _ = trained_here.killed
    assert not engine.is_running()
    _, alive = psutil.wait_procs(trained_here.processes, timeout=10)
    assert not alive
    assert not trained_here.place_of_slots.exists()


def test_a_cluster_of_this_machine_is_reachable_from_this_machine_only(trained_here):
    """All its ports are of 127.0.0.1; there is no dashboard."""
    assert trained_here.ports
    assert trained_here.ports <= {"127.0.0.1", "::ffff:127.0.0.1"}


def _listening(processes):
    """The addresses that processes can be reached at."""
    connections = [one for process in processes for one in process.net_connections("tcp")]
    return {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}


class Nodes:
    """A cluster of several nodes on this machine, in a process of its own."""

    def __init__(self, folder):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nodes.py")), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = self._answer()

    def add(self, cpus, python_path=""):
        return int(self._ask(f"add {cpus} {python_path}"))

    def kill(self, number):
        self._ask(f"kill {number}")

    def close(self):
        everything = psutil.Process(self._process.pid).children(recursive=True)
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()
        _, alive = psutil.wait_procs(everything, timeout=10)
        for process in alive:
            process.kill()
        assert not alive

    def _ask(self, line):
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self):
        # What starts its processes prints, too.
        return self._process.stdout.readline().strip()


@pytest.fixture(scope="module")
def nodes():
    """A head that trains nothing, and a node with a processor; this process knows their token."""
    folder = tempfile.mkdtemp(prefix="kescape-nodes-", dir="/tmp")  # a socket's path must be short
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        cluster = Nodes(folder)
        stack.callback(cluster.close)
        cluster.add(1)
        yield cluster


def test_when_a_node_dies_its_run_goes_on_at_another(nodes, tmp_path):
    """Its processes end without a word; the run that it trained waits for the other node."""
    second = nodes.add(1)
    place = RayCluster(nodes.address, most=2)
    compared = Watched(place, tmp_path, BASE, {"momentum": (0.5, 0.9)})
    killed = []

    def act(compared):
        if not killed and all(_trained(job.folder) for job in compared.jobs):
            killed.append(second)
            nodes.kill(second)
        return False

    try:
        assert compared.train(act)
    finally:
        place.close()

    assert killed
    (told,) = compared.told
    assert f": Its computer, {platform.node()}, has left the cluster. It goes on" in told
    cuts = []
    for job in compared.jobs:
        with open_run(job.folder) as run:
            assert (str(run.status), run.steps) == ("finished", 2000)
            cuts += run.cuts()
    assert len(cuts) == 1


def _trained(folder):
    """The step of a run's newest checkpoint."""
    if not folder.is_dir():
        return 0
    with open_run(folder) as run:
        return max([row.step for row in run.checkpoints()], default=0)


def test_commands_reach_the_run_and_an_end_leaves_it_to_go_on(nodes, tmp_path):
    """A note and a pause are obeyed there and answered here; then a stop, and a run that had not begun."""
    place = RayCluster(nodes.address, most=2)
    compared = Watched(place, tmp_path, BASE.changed(epochs=100_000), {"momentum": (0.5, 0.9)})
    sent = {}

    def act(compared):
        folder = compared.jobs[0].folder
        if not folder.is_dir():
            return False
        with open_run(folder) as run:
            status, acks = str(run.status), {ack.command_id: ack.outcome for ack in run.acks()}
        if not sent and status == "running":
            sent["note"] = send_command(folder, "note", text="seen here")
            sent["pause"] = send_command(folder, "pause")
            (folder / "commands" / "broken.json").write_text("{")
        return bool(sent) and status == "paused" and acks.get("broken") == "refused"

    try:
        assert not compared.train(act)
    finally:
        place.close()
    with open_run(compared.jobs[0].folder) as run:
        assert str(run.status) == "stopped"
        assert [event.text for event in run.events() if event.kind == "note"] == ["seen here"]
        assert {ack.command_id: ack.outcome for ack in run.acks()}[sent["note"]] == "done"
    assert not list((compared.jobs[0].folder / "commands").iterdir())
    assert not compared.jobs[1].folder.exists()


def test_what_is_let_go_of_ends_at_once_and_can_go_on(nodes, tmp_path):
    """As after Ctrl+C twice: the run is interrupted, though it was recorded on another computer."""
    place = RayCluster(nodes.address, most=1)
    compared = Watched(place, tmp_path, BASE.changed(epochs=100_000), {"momentum": (0.5, 0.9)})
    engines = []

    def act(compared):
        if _trained(compared.jobs[0].folder) and not engines:
            with open_run(compared.jobs[0].folder) as run:
                engines.append(psutil.Process(run.sessions[-1].pid))
            place.close()
        return bool(engines)

    assert not compared.train(act)
    assert engines[0].wait(5) is None
    with open_run(compared.jobs[0].folder) as run:
        assert str(run.status) == "interrupted"
        assert run.steps > 0


def test_what_the_cluster_has_not_is_said_by_name(nodes):
    """Nothing is waited for that will never come."""
    with pytest.raises(ClusterUnusable, match=r"No node of .* has 1 CPU and 1 GPU, which a run needs; .* has 1 CPU\."):
        RayCluster(nodes.address, most=1, gpus=1)
    with pytest.raises(ClusterUnusable, match=r"has 64 CPUs, which a run needs; the largest has 1 CPU\."):
        RayCluster(nodes.address, most=1, cpus=64)


def test_another_kescape_on_a_node_is_named(nodes, tmp_path):
    """Before any run is handed out."""
    (tmp_path / "kescape").mkdir()
    (tmp_path / "kescape" / "__init__.py").write_text('__version__ = "0.0.7"\n')
    node = nodes.add(1, tmp_path)
    try:
        with pytest.raises(ClusterUnusable, match=r"The node .* has KEscape 0\.0\.7, and this computer has KEscape \d"):
            RayCluster(nodes.address, most=1)
    finally:
        nodes.kill(node)


def test_who_has_no_token_or_another_one_is_refused(nodes, monkeypatch, tmp_path):
    """Two sentences, and neither takes long."""
    monkeypatch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
    began = time.monotonic()
    with pytest.raises(ClusterUnusable, match=r"has another token than this computer: it must be in ~/.ray/auth_token"):
        RayCluster(nodes.address, most=1)
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(ClusterUnusable, match=r"needs a token, and there is none: it must be in ~/.ray/auth_token"):
        RayCluster(nodes.address, most=1)
    assert time.monotonic() - began < 20


def test_another_ray_is_named_with_both_versions(nodes, monkeypatch, tmp_path):
    """Ray itself would say it in six lines and a traceback."""
    (tmp_path / "sitecustomize.py").write_text("import ray\nray.__version__ = '2.58.1'\n")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")

    with pytest.raises(
        ClusterUnusable, match=r"has Ray [\d.]+ on Python [\d.]+, and this computer has Ray 2\.58\.1 on"
    ):
        RayCluster(nodes.address, most=1)


def test_an_address_where_nothing_listens_is_said_at_once():
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(
        ClusterUnusable, match=rf"^The Ray cluster at 127\.0\.0\.1:{port} cannot be reached: Connection"
    ):
        RayCluster(f"127.0.0.1:{port}", most=1)


def test_what_listens_and_is_no_cluster_is_not_waited_for_long(monkeypatch):
    """Ray itself would try for two minutes."""
    monkeypatch.setattr(ray_place, "_CONNECT_SECONDS", 4.0)
    monkeypatch.setenv("RAY_AUTH_TOKEN", "any")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"127.0.0.1:{mute.getsockname()[1]}"
        before = set(psutil.Process().children(recursive=True))
        with pytest.raises(
            ClusterUnusable, match=r"cannot be reached: its head node \(by default at port 6379\) does not"
        ):
            RayCluster(address, most=1)
    assert set(psutil.Process().children(recursive=True)) <= before


def test_without_ray_it_is_said_how_to_get_it(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(ray_place.importlib.metadata, "version", missing)
    with pytest.raises(ClusterUnusable, match=r"needs Ray, which is not installed: pip install 'kescape\[cluster\]'"):
        RayCluster("local", most=1)
    monkeypatch.setattr(ray_place.importlib.metadata, "version", lambda _: "2.40.0")
    with pytest.raises(ClusterUnusable, match=r"needs Ray 2\.59 or later, because older ones ask for no token"):
        RayCluster("local", most=1)


@pytest.mark.parametrize(
    "address", ["", "node", "node:", ":6379", "node:0", "node:70000", "http://node:1", "a b:1", "::1:1"]
)
def test_what_is_no_address_is_wrong_use(address):
    with pytest.raises(ConfigError, match="cluster must be HOST:PORT, ray://HOST:PORT, auto or local; got"):
        RayCluster(address, most=1)


def test_a_run_whose_slot_has_just_gone_is_lost_and_nothing_else(tmp_path):
    """Slots are given back, and killed, while somebody asks for one."""
    from kescape.compare.cluster.driver import _Driver

    answers, requests = io.StringIO(), queue.Queue()
    requests.put({"start": str(tmp_path / "run")})
    requests.put(None)

    _Driver(1, 1.0, 0.0, answers).run(requests)

    assert json.loads(answers.getvalue()) == {
        "ended": str(tmp_path / "run"),
        "lost": "The slot that it was to have is gone.",
    }
