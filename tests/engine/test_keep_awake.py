"""The engine asks the desktop to keep the computer awake, as long as it trains and no longer."""

import os
import queue
import shutil
import subprocess
import sys
import threading
import time

import pytest

from kescape.engine import detached, launch
from kescape.engine.keep_awake import kept_awake

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the desktop of this test speaks D-Bus")


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """A session bus with a power manager on it; what it was asked, in order."""
    if shutil.which("dbus-daemon") is None:
        pytest.skip("there is no dbus-daemon here")
    from jeepney import HeaderFields, MessageType, message_bus, new_method_return
    from jeepney.io.blocking import open_dbus_connection

    address = f"unix:path={tmp_path}/bus"
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}", "--print-address"],
        stdout=subprocess.PIPE,
    )
    bus.stdout.readline()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    power = open_dbus_connection(bus=address)
    power.send_and_get_reply(message_bus.RequestName("org.freedesktop.PowerManagement"))
    asked = queue.SimpleQueue()

    def serve():
        while True:
            try:
                message = power.receive()
            except (OSError, EOFError):
                return
            if message.header.message_type is MessageType.method_call:
                name = message.header.fields[HeaderFields.member]
                asked.put(name)
                reply = new_method_return(message, "u", (7,)) if name == "Inhibit" else new_method_return(message)
                power.send(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield asked
    bus.terminate()
    bus.wait()
    thread.join(5)
    power.close()
    bus.stdout.close()


def test_the_desktop_is_asked_at_the_start_and_let_go_at_the_end(desktop, capfd):
    with kept_awake():
        assert desktop.get(timeout=10) == "Inhibit"
        assert desktop.empty()

    assert desktop.get(timeout=10) == "UnInhibit"
    assert capfd.readouterr() == ("", "")


def test_a_training_that_fails_lets_the_computer_sleep_again(desktop):
    def train():
        with kept_awake():
            assert desktop.get(timeout=10) == "Inhibit"
            raise RuntimeError("loss became NaN")

    with pytest.raises(RuntimeError, match="loss"):
        train()

    assert desktop.get(timeout=10) == "UnInhibit"


def test_who_does_not_want_it_is_not_kept_awake(desktop, monkeypatch, capfd):
    monkeypatch.setenv("KESCAPE_KEEP_AWAKE", "0")

    with kept_awake():
        time.sleep(0.3)

    assert desktop.empty()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", [None, "", "unix:path=/nowhere/bus", "no address"])
def test_without_a_desktop_one_line_says_so_and_the_training_goes_on(address, monkeypatch, capfd):
    """Also with the address of a bus that is gone, as in a terminal that outlived its session."""
    if address is None:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    else:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    ended = threading.Event()

    with kept_awake():
        deadline = time.monotonic() + 10
        said = ""
        while "\n" not in said and time.monotonic() < deadline:
            said += capfd.readouterr().err
            time.sleep(0.02)
        ended.set()

    assert ended.is_set()
    assert said.startswith("The computer may fall asleep while this trains:")
    assert said.count("\n") == 1
    assert capfd.readouterr() == ("", "")


def test_the_training_does_not_wait_for_an_answer(monkeypatch, tmp_path):
    """A bus that accepts and never speaks: the body begins at once, and the end waits two seconds at the most."""
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "bus"))
        silent.listen()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus")
        others = set(threading.enumerate())  # a test before may have left one that still waits for its answer
        began = time.monotonic()
        with kept_awake():
            entered = time.monotonic() - began
            (asking,) = set(threading.enumerate()) - others
        left = time.monotonic() - began

    asking.join(20)
    assert entered < 0.5
    assert left < 5


@pytest.mark.parametrize(("wanted", "said"), [(True, "1"), (False, "0"), (None, "as it was")])
def test_an_engine_is_told_by_its_environment(wanted, said, monkeypatch):
    """What the window prefers counts; who prefers nothing hands on what there is."""
    monkeypatch.setenv("KESCAPE_KEEP_AWAKE", "as it was")
    started = {}

    class Process:
        stdin = None

        def __init__(self, _arguments, **options):
            started.update(options.get("env") or os.environ)

    monkeypatch.setattr(detached, "_Unowned", Process)
    launch.spawn_engine(keep_awake=wanted)

    assert started["KESCAPE_KEEP_AWAKE"] == said
    assert started["PATH"] == os.environ["PATH"]
