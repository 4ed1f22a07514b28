"""Where runs live: the runs folder, new folders in it, and the runs kept elsewhere.

`RUNS/<name>/` holds `run.db`, `commands/`, `engine.lock`, and, as far as the run has them, `config.toml`, `engine.log`,
`checkpoints/`, `snapshots/`, `model.keras` (the last finished cycle), `best-validation.keras`, `preprocessing.json`,
`labels.json` once somebody has labelled it, `landscapes/` once somebody has looked at one, and `go-on.json` while
somebody waits for the run to go on.
`RUNS/.deleted/` holds what is on its way to the system's trash.
"""

from __future__ import annotations

import contextlib
import difflib
import hashlib
import os
import tomllib
import uuid
from pathlib import Path

import platformdirs
import psutil

from kescape.run.errors import RunNotFound, RunUnwritable

DATABASE = "run.db"
COMMANDS = "commands"
CONFIG = "config.toml"
MODEL = "model.keras"
ENGINE_LOG = "engine.log"
GO_ON = "go-on.json"
"""Left by who asks that an ended run goes on; the engine that obeys removes it."""
LABELS = "labels.json"
"""Tags and a note, written by whoever labels the run; nothing that trains reads or writes it."""
PREPROCESSING = "preprocessing.json"
BEST_VALIDATION = "best-validation.keras"
CHECKPOINTS = "checkpoints"
SNAPSHOTS = "snapshots"
LANDSCAPES = "landscapes"
"""What was computed of the loss around snapshots, written by the process that computes it."""

_MARKS = (DATABASE, CONFIG, "engine.lock")

# Names that Windows keeps for devices, whatever their suffix.
_DEVICES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)),
}
_FORBIDDEN = set('/\\:*?"<>|')
_SYNCED = (
    "dropbox",
    "onedrive",
    "icloud",
    "mobile documents",
    "google drive",
    "nextcloud",
    "owncloud",
)
_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb2",
    "smb3",
    "smbfs",
    "afpfs",
    "webdav",
    "davfs",
    "9p",
    "sshfs",
    "fuse.sshfs",
}


def runs_folder(explicit: str | Path | None = None) -> Path:
    """Where runs are kept: `explicit`, else `$KESCAPE_RUNS`, else what the window was told, else `~/KEscape/runs`."""
    chosen = explicit or os.environ.get("KESCAPE_RUNS") or _preferred_runs_folder() or default_runs_folder()
    return expanded(chosen).absolute()


def expanded(path: str | Path) -> Path:
    """The path with a home folder in place of its `~`; that of a user whom this system does not know stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 (that of `Path` raises RuntimeError there)


def default_runs_folder() -> Path:
    """Where runs are kept if nobody has said anything else."""
    return Path.home() / "KEscape" / "runs"


def preferences_path() -> Path:
    """The file of the window's preferences, in `$KESCAPE_HOME`, else in the system's place for settings."""
    home = os.environ.get("KESCAPE_HOME") or platformdirs.user_config_dir("kescape", appauthor=False)
    return Path(home) / "preferences.toml"


def _preferred_runs_folder() -> Path | None:
    """The one set in the window, which must hold for scripts and the command line too, or they would miss its runs.

    A file that is damaged counts for nothing, here as there; the window says so.
    """
    try:
        found = tomllib.loads(preferences_path().read_text("utf-8")).get("runs_folder")
    except (OSError, ValueError, RecursionError):
        return None
    path = expanded(found) if isinstance(found, str) and found and "\0" not in found else None
    return path if path is not None and path.is_absolute() else None


def is_run_folder(path: Path) -> bool:
    """Whether somebody has started, or asked for, a run here."""
    try:
        return any((path / mark).exists() for mark in _MARKS)
    except OSError:  # a path that is too long, or a folder that may not be looked into
        return False


def check_run_name(name: str) -> None:
    """Raise ValueError unless `name` can be a folder's name on Linux, macOS and Windows alike."""
    reason = None
    if not name.strip():
        reason = "must not be empty"
    elif bad := sorted(c for c in set(name) if c in _FORBIDDEN or ord(c) < 32):
        reason = f"must not contain {bad[0]!r}, because it becomes the name of a folder"
    elif name.startswith(".") or name[-1] in " .":
        reason = "must not start with a dot or end with a dot or space, because some systems drop them"
    elif name.split(".")[0].lower() in _DEVICES:
        reason = "must not be a device name of Windows"
    elif any(0xD800 <= ord(c) <= 0xDFFF for c in name):
        reason = "must be text, because other systems cannot show bytes that are none"
    elif len(os.fsencode(name)) > 240:
        reason = "must be at most 240 bytes long, because file systems allow 255 for a folder's name"
    if reason:
        raise ValueError(f"the name of a run {reason}; got {name!r}")


def new_run_folder(runs: Path, name: str | None, default_name: str) -> Path:
    """Create a folder for a new run in `runs`, and `runs` with it.

    What exists is never touched: if there is a `first`, the next is `first-2`. An empty folder of
    that name is used as it is.
    """
    wanted = default_name if name is None else name
    check_run_name(wanted)
    try:
        runs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunUnwritable(f"The runs folder {str(runs)!r} cannot be created: {error.strerror or error}.") from error
    number = 1
    while True:
        folder = runs / (wanted if number == 1 else f"{wanted}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            if not (folder.is_dir() and next(folder.iterdir(), None) is None):
                number += 1
                continue
        except OSError as error:
            raise RunUnwritable(
                f"The run folder {str(folder)!r} cannot be created: {error.strerror or error}."
            ) from error
        return folder


def find_run(run: str | Path, runs: Path) -> Path:
    """The folder of a run given by name or path.

    A name is looked up in `runs`, then among the runs that were recorded elsewhere.
    """
    text = str(run)
    path = expanded(run)
    candidates = [path] if path.is_absolute() or len(path.parts) != 1 else [runs / path, path]
    for candidate in candidates:
        if is_run_folder(candidate):
            return candidate.absolute()
    for known in known_runs():
        if known.name == text and is_run_folder(known):
            return known
    names = sorted(entry.name for entry in runs.iterdir() if is_run_folder(entry)) if runs.is_dir() else []
    close = difflib.get_close_matches(text, names, n=1)
    advice = f" Did you mean {close[0]!r}?" if close else ""
    where = " and ".join(repr(str(candidate.absolute())) for candidate in candidates)
    raise RunNotFound(f"There is no run {text!r}: looked at {where}.{advice}")


def remember_run(path: Path) -> None:
    """Note a run that lives outside the runs folder, so that the app finds it.

    A convenience only: where the note cannot be written, the run goes on without it.
    """
    text = str(path.absolute())
    note = _note_of(path)
    with contextlib.suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        temporary = note.with_name(f".{uuid.uuid4().hex}.tmp")
        temporary.write_text(text, "utf-8", errors="surrogateescape")
        temporary.replace(note)


def forget_run(path: Path) -> bool:
    """Remove the note of a run that lives outside the runs folder; False if there was none."""
    note = _note_of(path)
    try:
        note.unlink()
    except OSError:
        return False
    return True


def known_runs() -> list[Path]:
    """The remembered runs that still exist, in the order of their paths."""
    return sorted(path for path in noted_runs() if is_run_folder(path))


def noted_runs() -> set[Path]:
    """The remembered runs, whether they still exist or not."""
    found = set()
    with contextlib.suppress(OSError):
        for note in (data_folder() / "known-runs").glob("*.txt"):
            with contextlib.suppress(OSError, ValueError):
                path = Path(note.read_text("utf-8", errors="surrogateescape"))
                if path.is_absolute():
                    found.add(path)
    return found


def _note_of(path: Path) -> Path:
    # A file for each run: two recorders that start at the same moment cannot lose each other's
    # note.
    text = str(path.absolute())
    return data_folder() / "known-runs" / f"{hashlib.sha256(os.fsencode(text)).hexdigest()[:16]}.txt"


def data_folder() -> Path:
    """Where KEscape keeps what it has to remember of this user: `$KESCAPE_HOME`, else the system's place for that."""
    return Path(os.environ.get("KESCAPE_HOME") or platformdirs.user_data_dir("kescape", appauthor=False))


def storage_warning(folder: Path) -> str | None:
    """A sentence if `folder` seems to be synced or on a network, which can damage a run."""
    path = expanded(folder).absolute()
    for part in path.parts:
        for service in _SYNCED:
            if part.lower().startswith(service):
                return (
                    f"{str(folder)!r} seems to be synced by {part!r}: syncing a run while it is "
                    "recorded can damage it. Choose a local folder."
                )
    best = ""
    kind = ""
    for partition in psutil.disk_partitions(all=True):
        mount = partition.mountpoint
        if path.is_relative_to(mount) and len(mount) > len(best):
            best, kind = mount, partition.fstype.lower()
    if kind in _NETWORK:
        return (
            f"{str(folder)!r} is on a network drive ({kind}): recording there is slow and can "
            "damage the run. Choose a local folder."
        )
    return None
