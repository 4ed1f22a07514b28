"""One file with everything that is worth handing on of a run; `kescape import` makes a run of it again."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kescape.run.errors import ExportError, NothingToExport
from kescape.run.export.csv import write_csv
from kescape.run.export.drawn import drawn
from kescape.run.export.figure import write_figure
from kescape.run.export.options import Part
from kescape.run.export.script import script_text, write_script
from kescape.run.export.tables import epoch_table, restart_table, step_table
from kescape.run.folder import BEST_VALIDATION, CONFIG, DATABASE, LABELS, MODEL, PREPROCESSING, SNAPSHOTS

if TYPE_CHECKING:
    from kescape.run.reader import Run

README = "README.txt"

_WORDS = {
    DATABASE: "every step, epoch and event: an SQLite file that any tool can open",
    CONFIG: "the settings; `kescape train config.toml` trains them again",
    LABELS: "tags and a note",
    MODEL: "the trained model, for keras.models.load_model",
    BEST_VALIDATION: "the model as it was when its validation loss was lowest",
    PREPROCESSING: "what was done to the data before they came to the model",
    f"{SNAPSHOTS}/": "the weights at the end of cycles, and whenever one was asked for",
    "curves.csv": "a row a step",
    "epochs.csv": "a row an epoch",
    "restarts.csv": "a row a restart, with what it did",
    "script.py": "Python that trains the run again with KEscape's public names",
    "curves.png": "loss above learning rate",
}
# Weights are as good as random numbers, and a .keras file is a zip already.
_STORED = {".keras", ".h5", ".png"}


def write_zip(run: Run, path: Path) -> None:
    """Write settings, measurements, models, snapshots, tables and a figure of a run, live or ended.

    Left out are what only this computer can use, or only the running training: commands, locks, checkpoints and logs.
    """
    # Beside the target, since that is where there is room for it.
    with tempfile.TemporaryDirectory(prefix=".", dir=path.parent, ignore_cleanup_errors=True) as scratch:
        stage = Path(scratch) / run.name
        stage.mkdir()
        _measurements(run, stage)
        with zipfile.ZipFile(path, "w") as archive:
            for name, file in _files(run.path, stage):
                kind = zipfile.ZIP_STORED if file.suffix in _STORED else zipfile.ZIP_DEFLATED
                # The live run may have thrown a snapshot away since it was listed.
                with contextlib.suppress(FileNotFoundError):
                    archive.write(file, name, kind)
            archive.writestr(README, _readme(run.name, archive.namelist()), zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Member:
    """A file of a zip: its name, what it is, and its size before it is packed, where that is known."""

    name: str
    words: str
    size: int | None


def zip_members(run: Run) -> list[Member]:
    """What `write_zip` writes, without writing it."""
    made = []
    if (run.path / DATABASE).is_file() and run.sessions:
        made.append(DATABASE)
        with contextlib.suppress(ExportError):
            script_text(run)
            made.append("script.py")
        made += ["curves.csv"] if run.steps else []
        made += ["epochs.csv"] if run.epochs() else []
        made += ["restarts.csv"] if run.escapes() else []
        with contextlib.suppress(NothingToExport):
            drawn(run, Part())
            made.append("curves.png")
    members = []
    for name in made:
        size = (run.path / DATABASE).stat().st_size if name == DATABASE else None
        members.append(Member(name, _words_of(name), size))
    members += [Member(name, _words_of(name), file.stat().st_size) for name, file in _kept(run.path)]
    return [*members, Member(README, "this list, and how to make a run of it again", None)]


def _words_of(name: str) -> str:
    return next(words for start, words in _WORDS.items() if name.startswith(start))


def _measurements(run: Run, stage: Path) -> None:
    """The measurements as they are at one moment, and what is made of them."""
    from kescape.run.reader import open_run

    if not run.copy_database(stage / DATABASE):
        return
    with contextlib.suppress(ExportError):  # what another script trained has none
        write_script(run, stage / "script.py")
    with open_run(stage) as copy:
        if copy.steps:
            write_csv(step_table(copy), stage / "curves.csv")
        if copy.epochs():
            write_csv(epoch_table(copy), stage / "epochs.csv")
        if copy.escapes():
            write_csv(restart_table(copy), stage / "restarts.csv")
        with contextlib.suppress(NothingToExport):  # there are runs without a loss
            write_figure(copy, stage / "curves.png", "png")


def _files(folder: Path, stage: Path) -> Iterator[tuple[str, Path]]:
    """What goes in, by its name there."""
    for file in sorted(stage.iterdir()):
        yield file.name, file
    yield from _kept(folder)


def _kept(folder: Path) -> Iterator[tuple[str, Path]]:
    """What goes in as it lies in the run's folder."""
    for file in sorted(folder.iterdir()):
        if file.name in (CONFIG, LABELS, PREPROCESSING, MODEL, BEST_VALIDATION) and file.is_file():
            yield file.name, file
    # A name that begins with a dot is still being written.
    for file in sorted((folder / SNAPSHOTS).glob("[!.]*.weights.h5")):
        yield f"{SNAPSHOTS}/{file.name}", file


def _readme(name: str, names: list[str]) -> str:
    lines = [f"The run {name!r}, written by KEscape.", ""]
    lines += [f"    {file:<24}{words}" for file, words in _WORDS.items() if any(n.startswith(file) for n in names)]
    lines += [
        "",
        f"    kescape import {name}.zip    makes a run of it again",
        "",
        "run.db names the computer that the run was trained on; logs and commands are left out.",
    ]
    return "\n".join(lines) + "\n"
