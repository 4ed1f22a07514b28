"""What can be done with the runs that are selected in the list, and why not; no Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from kescape.run.errors import RunError
from kescape.run.reader import open_run
from kescape_gui.continuation import continuation_of
from kescape_gui.run_state import Continuation, Offer, RunState, Verb, offers
from kescape_gui.runs.runs import RunLine
from kescape_gui.runs.swatch import Swatch
from kescape_gui.words import tr


class Deed(Enum):
    """What can be done; the value is the `objectName` of its action."""

    SHOW = "showRunAction"
    RESUME = "resumeRunAction"
    USE_SETTINGS = "useSettingsAction"
    COMPARE = "compareRunAction"
    PIN = "pinRunAction"
    RENAME = "renameRunAction"
    TAGS = "tagRunAction"
    NOTE = "noteRunAction"
    EXPORT = "exportRunAction"
    FOLDER = "runFolderAction"
    TRASH = "trashRunAction"
    UNDO_TRASH = "undoTrashAction"


_FOR_MANY = (Deed.COMPARE, Deed.TAGS, Deed.TRASH)
_RESUMABLE = (RunState.INTERRUPTED, RunState.STOPPED, RunState.FAILED)


def deed_offers(
    chosen: Sequence[RunLine],
    swatches: Mapping[Path, Swatch],
    *,
    busy: str | None = None,
    undone: str | None = None,
    looks_into: bool = True,
) -> Mapping[Deed, Offer]:
    """How each deed is offered.

    Args:
        chosen: The runs that are selected.
        swatches: The runs that are drawn along.
        busy: Why no run can be resumed now, in a sentence; None if one can.
        undone: The name of the run that would come back from the trash; None if none would.
        looks_into: Whether the folder is asked if its run can be resumed; that reads a few rows.
    """
    table: dict[Deed, Offer] = {deed: _offer(deed, chosen, swatches) for deed in Deed if deed is not Deed.UNDO_TRASH}
    if len(chosen) == 1:
        table[Deed.RESUME] = _resume(chosen[0], busy, looks_into=looks_into)
    back = tr("Bring back {name}").format(name=undone) if undone else tr("Undo move to trash")
    why = tr("Take it out of the trash again") if undone else tr("Nothing was moved to the trash just now")
    table[Deed.UNDO_TRASH] = Offer(back, enabled=undone is not None, visible=undone is not None, reason=why)
    return MappingProxyType(table)


def _offer(deed: Deed, chosen: Sequence[RunLine], swatches: Mapping[Path, Swatch]) -> Offer:
    text, does = _words(deed, chosen, swatches)
    problem = None
    if not chosen:
        problem = tr("No run is selected")
    elif len(chosen) > 1 and deed not in _FOR_MANY:
        problem = tr("Select a single run for this")
    elif deed in (Deed.COMPARE, Deed.PIN) and any(line.summary.problem for line in chosen):
        problem = tr("What cannot be read cannot be drawn")
    elif deed is Deed.USE_SETTINGS and not chosen[0].summary.config:
        problem = tr("It came without settings")
    return Offer(text, enabled=problem is None, visible=True, reason=problem or does)


def _words(deed: Deed, chosen: Sequence[RunLine], swatches: Mapping[Path, Swatch]) -> tuple[str, str]:
    if deed is Deed.COMPARE and chosen and all(line.path in swatches for line in chosen):
        return tr("Do not compare"), tr("Take it out of the plots")
    pinned = swatches.get(chosen[0].path) if len(chosen) == 1 else None
    if deed is Deed.PIN and pinned is not None and pinned.is_baseline:
        return tr("Unpin the baseline"), tr("Hold the other runs against nothing")
    return {
        Deed.SHOW: (tr("Show"), tr("Show its curves")),
        Deed.RESUME: (tr("Resume"), tr("Go on from the newest checkpoint, to the end that was planned")),
        Deed.USE_SETTINGS: (tr("Use these settings"), tr("Fill the form with the settings of this run")),
        Deed.COMPARE: (tr("Compare"), tr("Draw it along with the run in view")),
        Deed.PIN: (tr("Pin as baseline"), tr("Hold the other runs against this one")),
        Deed.RENAME: (tr("Rename…"), tr("Give the run and its folder another name")),
        Deed.TAGS: (tr("Tags…"), tr("Words to find it by")),
        Deed.NOTE: (tr("Note…"), tr("What to remember of it")),
        Deed.EXPORT: (tr("Export…"), tr("Write its curves to a file")),
        Deed.FOLDER: (tr("Open folder"), tr("Show its files")),
        Deed.TRASH: (tr("Move to trash"), tr("Nothing is asked: it can be brought back")),
    }[deed]


def _resume(line: RunLine, busy: str | None, *, looks_into: bool) -> Offer:
    continuation = Continuation()
    if line.state in _RESUMABLE and looks_into:
        try:
            with open_run(line.path) as run:
                continuation = continuation_of(run)
        except RunError as error:
            continuation = Continuation(str(error))
    offer = offers(line.state, continuation=continuation)[Verb.RESUME]
    if line.state.is_active:
        offer = replace(offer, reason=tr("It is being trained"))
    elif line.summary.problem:
        offer = replace(offer, reason=tr("It cannot be read"))
    if offer.enabled and busy is not None:
        offer = replace(offer, enabled=False, reason=busy)
    return replace(offer, visible=True)
