"""The runs that are drawn along with the one in view: which they are, in which colours, read how; no Qt.

The run in view is read by the window and never drawn along with itself; it may be one of those compared all the same,
and then counts among its repeats. The others are read here, each by a `WatchedRun`: live ones again and again, ended
ones once, and again only if their files change.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kescape.run.folder import DATABASE, GO_ON
from kescape_gui.compare.repeats import Group, Spread, groups_of, spread_of
from kescape_gui.compare.series import MOST, Places, swatch_at
from kescape_gui.curves.shown import Band, Other
from kescape_gui.runs.swatch import Swatch
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_AT_ONCE = 20_000
"""Some 5 ms; longer runs are read beside the window."""
_POLL_SECONDS = 0.02
"""A poll that has taken this long goes on at the next."""


class NoRoom(Exception):  # noqa: N818 (says what is the case, like the run's own errors)
    """No more runs can be told apart; the message is a sentence for the user."""


class _Compared:
    """One of the runs, and how far its reading is."""

    def __init__(self, path: Path) -> None:
        self.run = WatchedRun(path, at_once=_AT_ONCE)
        self.has_begun = False
        self.trace: object = None
        """The state of the files when nothing more was to come, or None while something is."""

    @property
    def path(self) -> Path:
        return self.run.path

    @property
    def waits(self) -> bool:
        """Whether there is more to read, or may soon be."""
        return not self.has_begun or bool(self.run.steps_being_read) or self.run.state.is_active

    def poll(self) -> None:
        """Read what is new, if anything can be."""
        if self.trace is not None and self.trace == _trace(self.path):
            return
        self.trace = None
        self.run.poll()
        self.has_begun = True
        if not self.waits:
            self.run.close()
            self.trace = _trace(self.path)


class Overlay:
    """The runs that are compared, in the order in which they were chosen, and the one that is pinned as baseline.

    Attributes:
        baseline: One of the runs, which the others are held against; or None.
        as_bands: Whether repeats are drawn as one band.
        version: Grows with each change, so that views know when to look.
    """

    def __init__(self) -> None:
        self.baseline: Path | None = None
        self.as_bands = True
        self.version = 0
        self._compared: dict[Path, _Compared] = {}
        self._places = Places()
        self._shown: WatchedRun | None = None
        self._turn = 0
        self._seen: object = None
        self._grouped: tuple[object, list[Group]] = (None, [])
        self._spreads: dict[Path, tuple[object, Spread]] = {}

    @property
    def paths(self) -> list[Path]:
        """The runs that are compared."""
        return list(self._compared)

    @property
    def runs(self) -> list[WatchedRun]:
        """What is known of them."""
        return [compared.run for compared in self._compared.values()]

    @property
    def shown(self) -> WatchedRun | None:
        """The run in view."""
        return self._shown

    @property
    def groups(self) -> list[Group]:
        """The runs in groups of repeats."""
        key = [(run, run.version) for run in self.runs]
        if key != self._grouped[0]:
            self._grouped = key, groups_of(self.runs)
        return self._grouped[1]

    @property
    def waits(self) -> bool:
        """Whether there is more to read, or may soon be."""
        return any(compared.waits for compared in self._compared.values() if compared.run is not self._shown)

    @property
    def is_reading(self) -> bool:
        """Whether runs that have been chosen are still on their way."""
        others = [compared for compared in self._compared.values() if compared.run is not self._shown]
        return any(not compared.has_begun or compared.run.steps_being_read for compared in others)

    @property
    def problems(self) -> list[str]:
        """Why runs that are compared are not drawn, in sentences."""
        return [sentence for run in self.runs if (sentence := self._problem(run)) is not None]

    def add(self, path: Path) -> None:
        """Compare a run, too.

        Raises:
            NoRoom: As many are compared as can be told apart.
        """
        if path in self._compared:
            return
        if len(self._compared) >= MOST:
            words = tr("{count} runs are compared, and no more can be told apart; untick one to compare {name}.")
            raise NoRoom(words.format(count=MOST, name=path.name))
        self._take(path)
        self._look()

    def remove(self, path: Path) -> None:
        """Compare a run no longer; a band that has its colour keeps it."""
        compared = self._compared.get(path)
        if compared is None:
            return
        left = self._banded_with(compared.run)
        gave_its_colour = bool(left) and self._group_of(compared.run).runs[0] is compared.run
        del self._compared[path]
        if gave_its_colour:
            self._places.swap(path, self._group_of(left[-1]).runs[0].path)
        self._places.leave(path)
        if self.baseline == path:
            self.baseline = None
        if compared.run is not self._shown:
            compared.run.close()
        self._look()

    def pin(self, path: Path | None) -> None:
        """Hold the others against a run, which is compared from now on if it was not; None to hold them against none.

        Raises:
            NoRoom: As many are compared as can be told apart.
        """
        if path is not None:
            self.add(path)
        self.baseline = path
        self._look()

    def draw_as_bands(self, bands: bool) -> None:
        """Draw repeats as bands, or each as a line."""
        self.as_bands = bands
        self._look()

    def rename(self, old: Path, new: Path) -> None:
        """The same run has another folder now: it keeps its colour."""
        if old not in self._compared or new in self._compared:
            return
        if self._compared[old].run is not self._shown:
            self._compared[old].run.close()
        self._compared = {
            new if path == old else path: _Compared(new) if path == old else compared
            for path, compared in self._compared.items()
        }
        self._places.rename(old, new)
        self.baseline = new if self.baseline == old else self.baseline
        self._look()

    def show(self, run: WatchedRun | None) -> None:
        """Another run is in view now, or none: the window reads it, and has let go of the one before."""
        before, self._shown = self._shown, run
        for compared in self._compared.values():
            if run is not None and compared.path == run.path:
                if compared.run is not run:
                    compared.run.close()
                compared.run, compared.has_begun = run, True
            elif compared.run is before:
                # With all that was read of it; what follows is ours to read.
                compared.trace = None
        self._look()

    def run_of(self, path: Path) -> WatchedRun | None:
        """What is known of a run that is compared, for the window to go on with, if all of it was read."""
        compared = self._compared.get(path)
        if compared is None or not compared.has_begun or compared.run.steps_being_read:
            return None
        return compared.run

    def poll(self) -> bool:
        """Read what is new; True if anything is."""
        before = self.version
        # An open file can be read on after its folder is gone, but the run is no longer there to be compared.
        for path in [path for path in self._compared if _is_gone(path)]:
            self.remove(path)
        waiting = [compared for compared in self._compared.values() if compared.run is not self._shown]
        until = time.perf_counter() + _POLL_SECONDS
        for _ in waiting:
            compared = waiting[self._turn % len(waiting)]
            # One after the other: several threads that read would hold up the window together.
            if not compared.has_begun and any(each.run.steps_being_read for each in waiting):
                self._turn += 1
                continue
            if time.perf_counter() > until:
                break
            self._turn += 1
            compared.poll()
        self._look()
        return self.version != before

    def others(self, series: Sequence[str]) -> tuple[Other, ...]:
        """The runs that are drawn as lines, with the colours of the theme."""
        lines = []
        for run in self.runs:
            is_in_band = bool(self._banded_with(run)) and run.path != self.baseline
            if run is self._shown or is_in_band or not len(run.curve) or self._problem(run) is not None:
                continue
            swatch = self._swatch(run, series)
            lines.append(Other(run.name, run.curve, swatch.colour, swatch.dashed, swatch.is_baseline))
        return tuple(lines)

    def bands(self, series: Sequence[str]) -> tuple[Band, ...]:
        """The groups of repeats that are drawn as bands."""
        bands = []
        self._renew_spreads()
        for members, (_, spread) in zip(self._bands(), self._spreads.values(), strict=True):
            swatch = self._swatch(members[0], series)
            name = tr("{name}, {count} repeats").format(name=members[0].name, count=len(members))
            lines = spread.steps, spread.low, spread.middle, spread.high
            curves = tuple(run.curve for run in members)
            bands.append(Band(name, *lines, swatch.colour, swatch.dashed, curves))
        return tuple(bands)

    def swatches(self, series: Sequence[str], in_view: str) -> dict[Path, Swatch]:
        """How each of the runs is drawn; `in_view` is the colour of the run in view."""
        return {
            run.path: Swatch(in_view, is_baseline=run.path == self.baseline)
            if run is self._shown
            else self._swatch(run, series)
            for run in self.runs
        }

    def band_swatches(self, series: Sequence[str]) -> dict[Path, Swatch]:
        """How each band is drawn, by the first of its group."""
        firsts = [self._group_of(members[0]).runs[0].path for members in self._bands()]
        return {path: swatch_at(self._places[path], series) for path in firsts}

    def save(self) -> str:
        """What is to be remembered until the app is started again."""
        return json.dumps(
            {
                "runs": [[str(path), self._places[path]] for path in self._compared],
                "baseline": str(self.baseline) if self.baseline is not None else None,
                "bands": self.as_bands,
            }
        )

    def restore(self, saved: str) -> None:
        """Compare what was compared then; runs that are gone are left out at the next poll."""
        kept: Any = None
        # What is no text of ours, or of another version, says nothing.
        with contextlib.suppress(ValueError):
            kept = json.loads(saved)
        if not isinstance(kept, dict):
            return
        runs = kept.get("runs")
        for each in runs if isinstance(runs, list) else []:
            if isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) and isinstance(each[1], int):
                path = Path(each[0])
                if path.is_absolute() and path not in self._compared and len(self._compared) < MOST:
                    self._take(path, each[1])
        baseline = kept.get("baseline")
        if isinstance(baseline, str) and Path(baseline) in self._compared:
            self.baseline = Path(baseline)
        self.as_bands = kept.get("bands") is not False
        self._look()

    def close(self) -> None:
        """Let go of the files."""
        for compared in self._compared.values():
            if compared.run is not self._shown:
                compared.run.close()

    def _take(self, path: Path, place: int | None = None) -> None:
        self._places.take(path, place)
        compared = self._compared[path] = _Compared(path)
        if self._shown is not None and self._shown.path == path:
            compared.run = self._shown

    def _look(self) -> None:
        """Notice what is new."""
        shown = self._shown
        seen = (
            [(path, compared.run, compared.run.curve) for path, compared in self._compared.items()],
            [(run.version, run.curve.version) for run in self.runs],
            self.baseline,
            self.as_bands,
            shown,
            shown is not None and (shown.counts_epochs, len(shown.curve) > 0),
        )
        if seen != self._seen:
            self._seen = seen
            self.version += 1

    def _problem(self, run: WatchedRun) -> str | None:
        """Why a run cannot be drawn along, in a sentence."""
        if run.problem is not None:
            return run.problem
        shown = self._shown
        if shown is None or not len(shown.curve) or not len(run.curve) or shown.counts_epochs == run.counts_epochs:
            return None
        words = tr("{epochs} has a loss for each epoch, {steps} for each step: they have no axis in common.")
        few, many = (run, shown) if run.counts_epochs else (shown, run)
        return words.format(epochs=few.name, steps=many.name)

    def _bands(self) -> list[list[WatchedRun]]:
        """The runs of each band."""
        if not self.as_bands:
            return []
        drawn = ([run for run in group.runs if len(run.curve) and self._problem(run) is None] for group in self.groups)
        return [members for members in drawn if len(members) > 1]

    def _banded_with(self, run: WatchedRun) -> list[WatchedRun]:
        """The other runs of the band that a run is part of; none if it is part of none."""
        members = next((members for members in self._bands() if run in members), [])
        return [each for each in members if each is not run]

    def _group_of(self, run: WatchedRun) -> Group:
        return next(group for group in self.groups if run in group.runs)

    def _swatch(self, run: WatchedRun, series: Sequence[str]) -> Swatch:
        """A run has its own colour, or, within a band, that of the first of its group."""
        drawn_as = self._group_of(run).runs[0] if self._banded_with(run) else run
        return swatch_at(self._places[drawn_as.path], series, is_baseline=run.path == self.baseline)

    def _renew_spreads(self) -> None:
        """Bring the spread of each band up to date, and forget those of bands that are no more."""
        before, self._spreads = self._spreads, {}
        for members in self._bands():
            first = members[0].path
            key = [(run.curve, run.curve.version) for run in members]
            known = before.get(first)
            if known is None or known[0] != key:
                known = key, spread_of([run.curve for run in members])
            self._spreads[first] = known


def _is_gone(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        # There may be something that we are not let in to.
        return False
    return False


def _trace(path: Path) -> tuple[object, ...]:
    """What changes when somebody writes into the run, or asks that it goes on."""
    found: list[object] = []
    # A log that is empty is as good as none, and comes and goes as readers do.
    for name, facts in (
        (DATABASE, ("st_mtime_ns", "st_size", "st_ino")),
        (f"{DATABASE}-wal", ("st_size",)),
        (GO_ON, ("st_mtime_ns",)),
    ):
        try:
            stat = (path / name).stat()
        except OSError:
            found += [0] * len(facts)
        else:
            found += [getattr(stat, fact) for fact in facts]
    return tuple(found)
