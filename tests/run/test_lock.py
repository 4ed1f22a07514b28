"""Who holds the lock records; whoever asks disturbs nobody."""

import subprocess
import sys
import textwrap
import threading

from kescape.run.lock import EngineLock, lock_is_held


def test_held_and_free(tmp_path):
    """Seen alike from the holding process and from another one."""
    code = textwrap.dedent(f"""
        from pathlib import Path
        from kescape.run.lock import lock_is_held
        print(lock_is_held(Path({str(tmp_path)!r})))
    """)

    def elsewhere():
        return subprocess.check_output([sys.executable, "-c", code], text=True).strip()

    lock = EngineLock(tmp_path)
    assert lock.acquire()
    assert lock_is_held(tmp_path) is True
    assert elsewhere() == "True"
    assert EngineLock(tmp_path).acquire() is False
    lock.release()
    lock.release()
    assert lock_is_held(tmp_path) is False
    assert elsewhere() == "False"


def test_asking_creates_nothing(tmp_path):
    assert lock_is_held(tmp_path) is False
    assert lock_is_held(tmp_path / "nothing") is False
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_lets_go(tmp_path):
    """The operating system frees the lock, however the process ended."""
    code = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from kescape.run.lock import EngineLock
        lock = EngineLock(Path({str(tmp_path)!r}))
        print(lock.acquire(), flush=True)
        time.sleep(60)
    """)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "True\n"
    assert lock_is_held(tmp_path) is True
    process.kill()
    process.wait()
    process.stdout.close()
    assert lock_is_held(tmp_path) is False


def test_asking_all_the_time_keeps_no_engine_out(tmp_path):
    """Four readers that probe without pause, one engine that takes the lock 100 times."""
    EngineLock(tmp_path).acquire()
    done = threading.Event()

    def probe():
        while not done.is_set():
            assert lock_is_held(tmp_path) is not None

    readers = [threading.Thread(target=probe) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(100):
            lock = EngineLock(tmp_path)
            assert lock.acquire()
            lock.release()
    finally:
        done.set()
        for reader in readers:
            reader.join()
