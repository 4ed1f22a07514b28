"""What is in view: a run, or the draft of one; and what follows from that; no Qt.

Nothing is decided here by a click: state, verbs and words follow from the run's folder, the draft and the engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kescape_gui.compare.baseline import no_control_because
from kescape_gui.curves.shown import Finding, Shown
from kescape_gui.engine_end import EngineEnd
from kescape_gui.engine_session import EngineSession
from kescape_gui.escapes.verdict import SIGNS, verdict_words
from kescape_gui.plan_preview.plan_preview import PlanPreview
from kescape_gui.run_state import Continuation, Offer, RunState, Verb, offers
from kescape_gui.setup.setup import Setup
from kescape_gui.watched_run import WatchedRun
from kescape_gui.words import tr

_PATIENCE_SECONDS = 10.0


class InView:
    """The one owner of what is shown.

    Attributes:
        run: The run in view, or None while the draft's plan is.
    """

    def __init__(self, setup: Setup, preview: PlanPreview, engines: EngineSession) -> None:
        self.run: WatchedRun | None = None
        self._ends: dict[Path, EngineEnd] = {}
        self._setup = setup
        self._preview = preview
        self._engines = engines

    @property
    def state(self) -> RunState:
        """The state of what is in view."""
        return RunState.DRAFT if self.run is None else self.run.state

    @property
    def path(self) -> Path | None:
        """The folder of the run in view, if one is."""
        return None if self.run is None else self.run.path

    @property
    def is_awaited(self) -> bool:
        """Whether something new may come at any moment."""
        return self.state.is_active or (self.run is not None and self.run.steps_being_read > 0)

    @property
    def elsewhere(self) -> str | None:
        """The name of a run that this window's engine trains and that is not in view."""
        training = self._engines.training
        return training.name if training is not None and training != self.path else None

    @property
    def is_unanswered(self) -> bool:
        """Whether our engine was told to stop and has not answered for longer than a step takes."""
        run = self.run
        return (
            run is not None
            and run.state is RunState.STOPPING
            and run.path == self._engines.training
            and run.seconds_since_asked > _PATIENCE_SECONDS
        )

    @property
    def offers(self) -> Mapping[Verb, Offer]:
        """What can be done now."""
        run = self.run
        has_restarts = run is None or run.placed is None or bool(run.planned_restarts) or not run.total_steps
        return offers(
            self.state,
            elsewhere=self.elsewhere,
            has_restarts=has_restarts,
            unanswered=self.is_unanswered,
            continuation=run.continuation if run is not None else Continuation(),
            no_control=no_control_because(run) if run is not None else None,
        )

    @property
    def engine_words(self) -> str:
        """What trains the run in view, or how the engine for the next one is."""
        if self.run is not None:
            return f"{self.run.name} · {self.run.backend}" if self.run.backend else self.run.name
        if self._engines.is_warming:
            return tr("Engine: loading TensorFlow…")
        return tr("Engine: ready") if self._engines.is_warm else ""

    def show(self, path: Path, known: WatchedRun | None = None) -> WatchedRun:
        """Look at a run from now on, with what is `known` of it already."""
        self.let_go()
        self.run = known or WatchedRun(path)
        self.run.poll()
        if path in self._ends and path != self._engines.training:
            self.run.engine_ended(self._ends[path])
        return self.run

    def let_go(self) -> None:
        """Look at the draft from now on."""
        if self.run is not None:
            self.run.close()
        self.run = None

    def look_after_engines(self) -> bool:
        """Notice an engine that has ended; True if one has."""
        end = self._engines.poll()
        if end is None:
            return False
        self._ends[end.folder] = end
        if self.run is not None and self.run.path == end.folder:
            self.run.poll()
            self.run.engine_ended(end)
        return True

    @property
    def first_restart(self) -> float | None:
        """The epoch at which the plan restarts first; None if it never does, or if that is not known."""
        run, draft = self.run, self._preview.placed
        per_epoch = run.steps_per_epoch if run is not None else draft.steps_per_epoch if draft is not None else None
        restarts = run.planned_restarts if run is not None else self._preview.restarts
        return restarts[0] / per_epoch if restarts and per_epoch else None

    @property
    def first_verdict(self) -> float | None:
        """The epoch at which the cycle of the first restart ends and is judged; None if that is not so, or not known.

        Where a script trains, that is known only once its ledger has judged something.
        """
        run, config = self.run, self._setup.config
        if run is not None:
            return _judged_at(run, run.planned_restarts, 0)
        placed, restarts = self._preview.placed, self._preview.restarts
        if placed is None or not restarts or config is None or not config.escapes:
            return None
        end = placed.cycle_bounds(restarts[0])[1]
        return None if end is None or end > self._preview.steps else end / placed.steps_per_epoch

    @property
    def next_verdict(self) -> float | None:
        """The epoch at which the newest restart will be judged; None if it will not be, or if that is not known."""
        run = self.run
        return _judged_at(run, run.curve.restarts, -1) if run is not None and run.state.is_active else None

    def fill(self, shown: Shown) -> None:
        """Hand the plots what they draw, in place."""
        run = self.run
        if run is None:
            placed = self._preview.placed
            shown.placed, shown.total_steps = placed, self._preview.steps
            shown.restarts = self._preview.restarts
            shown.steps_per_epoch = placed.steps_per_epoch if placed else None
        else:
            shown.curve, shown.total_steps = run.curve, run.total_steps
            shown.placed, shown.plan_step = run.placed, run.plan_step
            shown.loss_kind = run.loss_kind
            shown.restarts, shown.steps_per_epoch = run.planned_restarts, run.steps_per_epoch
            shown.marks = run.marks
            shown.verdicts = {
                escape.step: Finding(SIGNS[escape.verdict], verdict_words(escape.verdict), escape.sentence(tr))
                for escape in run.escapes
            }
            if len(run.curve) and not run.state.is_active:
                # Nothing more comes: what was trained takes all the room, however much was planned.
                shown.total_steps = len(run.curve)
                shown.restarts = [step for step in shown.restarts if step < shown.total_steps]
        shown.message = self.message

    @property
    def message(self) -> tuple[str, str] | None:
        """A headline and a line under it, in place of a loss that is not there yet."""
        run = self.run
        if run is None:
            return self._draft_message()
        if run.steps_being_read:
            return tr("Reading…"), tr("{steps} steps").format(steps=f"{run.steps_being_read:,}")
        if len(run.curve) or not run.state.is_active:
            return None
        seconds = tr("{seconds} s").format(seconds=int(run.seconds_since_asked))
        if run.state is RunState.STOPPING:
            return tr("Stopping…"), seconds
        what = tr(run.stage) if run.stage is not None else self._waiting_words()
        return tr("Starting…"), f"{what} · {seconds}"

    def _waiting_words(self) -> str:
        run = self.run
        if run is not None and run.sessions_seen:
            return tr("Preparing data and model")
        return tr("The engine is loading what it needs")

    def _draft_message(self) -> tuple[str, str]:
        if self._setup.data is None:
            return tr("Reading the data…"), Path(str(self._setup.values["dataset"])).name
        if self._setup.config is None:
            return tr("Almost ready"), tr("Something in the form needs a look first.")
        if self._engines.is_warming:
            return tr("Press Start"), tr("TensorFlow is still loading: first points in a few seconds.")
        if self._engines.is_warm:
            return tr("Press Start"), tr("First points in about a second.")
        return tr("Press Start"), tr("First points in a few seconds.")


def _judged_at(run: WatchedRun, restarts: list[int], which: int) -> float | None:
    """The epoch at which the cycle ends that one of these restarts began, if it ends and is judged."""
    if run.placed is None or not restarts or not (run.escapes or run.config.get("escapes")):
        return None
    begin = run.plan_step
    if restarts[which] < begin:
        return None
    end = run.placed.cycle_bounds(restarts[which] - begin)[1]
    if end is None or end + begin > run.total_steps:
        return None
    return (end + begin) / run.placed.steps_per_epoch
