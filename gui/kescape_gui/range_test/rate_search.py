"""A range test as its dialog shows it: how far it is, what it tells, and the rate that the user chose; no Qt.

What is measured is read from the test's folder, as it grows.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

import numpy as np

from kescape.config import ConfigError, RunConfig
from kescape.engine.range_request import Sweep
from kescape.evidence.range_test import RangeTest, half_life_for, judge
from kescape.models.choice import find_model
from kescape.run.errors import RunError
from kescape.run.reader import Run, open_run
from kescape_gui.engine_session import EngineSession
from kescape_gui.failure import explain
from kescape_gui.setup.numbers import format_number
from kescape_gui.words import tr


class Stage(Enum):
    """How far a test is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether something may still come."""
        return self in (Stage.WAITING, Stage.RUNNING)


class RateSearch:
    """One range test after the other.

    Args:
        engines: Who starts and ends the engine that tests.
        now: A clock, in seconds.

    Attributes:
        stage: How far the test is.
        sweep: How its rate rises.
        found: What it tells so far; at first nothing.
    """

    def __init__(self, engines: EngineSession, now: Callable[[], float] = time.monotonic) -> None:
        self.stage = Stage.DONE
        self.sweep = Sweep()
        self.found: RangeTest = judge([], [])
        self._engines = engines
        self._now = now
        self._config: RunConfig | None = None
        self._run: Run | None = None
        self._began = now()
        self._what = ""
        self._failure = ""
        self._chosen: float | None = None

    @property
    def chosen(self) -> float | None:
        """The rate that would be used: the user's, else the suggested one; None while there is neither."""
        return self.found.suggestion if self._chosen is None else self._chosen

    def choose(self, rate: float | None) -> None:
        """Take another rate than the suggested one; None goes back to that."""
        self._chosen = rate

    @property
    def about(self) -> str:
        """What is tested, in words."""
        config = self._config
        if config is None:
            return ""
        words = tr("{model} on {data}, batches of {rows}, momentum {momentum}")
        return words.format(
            model=find_model(config.model).title,
            data=config.facts().title,
            rows=config.batch_size,
            momentum=format_number(config.momentum),
        )

    @property
    def words(self) -> str:
        """How far it is, or what it tells, or why it failed."""
        if self.stage is Stage.WAITING:
            seconds = tr("{seconds} s").format(seconds=int(self._now() - self._began))
            return f"{tr(self._what) if self._what else tr('The engine is loading what it needs')} · {seconds}"
        if self.stage is Stage.FAILED:
            return self._failure
        if self.stage is Stage.RUNNING:
            step, rate = len(self.found.rates), format_number(float(f"{self.found.rates[-1]:.2g}"))
            return tr("Step {step} of {steps}, rate {rate}").format(step=step, steps=self.sweep.steps, rate=rate)
        return self.found.sentence + self._warning()

    @property
    def share(self) -> float:
        """How much of the test is done, from 0 to 1."""
        return len(self.found.rates) / self.sweep.steps

    def begin(self, config: RunConfig, sweep: Sweep) -> None:
        """Test a configuration, in place of what was tested before."""
        self.end()
        self.stage, self.sweep, self.found = Stage.WAITING, sweep, judge([], [])
        self._config, self._chosen, self._what, self._began = config, None, "", self._now()
        try:
            folder = self._engines.start_range_test(config, sweep)
            self._run = open_run(folder)
        except (RunError, ConfigError) as error:
            self._fail(str(error))

    def poll(self) -> bool:
        """Read what is new; whether anything is."""
        if not self.stage.is_active:
            return False
        # Asked first, so that nothing an engine wrote before its end is missed.
        ended = self._engines.range_test_ended()
        try:
            is_new = self._read()
        except RunError as error:
            self._fail(str(error))
            return True
        if ended is not None and self.stage.is_active:
            self._fail(explain("", ended.complaint, ended).cause)
            return True
        return is_new or self.stage is Stage.WAITING

    def end(self) -> None:
        """End the test if it is still going; nothing of it stays but what it has told."""
        if self._run is not None:
            self._run.close()
            self._run = None
        self._engines.end_range_test()
        if self.stage.is_active:
            self.stage = Stage.DONE

    def _read(self) -> bool:
        run = self._run
        assert run is not None, "a test that is going on has a folder"
        end, known = run.end, len(self.found.rates)
        if run.steps > known:
            curves = run.curves(known, ["learning_rate", "loss"])
            rates = np.concatenate([self.found.rates, curves["learning_rate"]])
            losses = np.concatenate([self.found.losses, curves["loss"]])
            self.found = judge(rates, losses, half_life_for(self.sweep.steps))
            self.stage = Stage.RUNNING
        elif self.stage is Stage.WAITING:
            self._what = next((event.text for event in reversed(run.events()) if event.kind == "stage"), "")
        if end is not None:
            if end.outcome == "failed":
                self._fail(end.error or tr("the engine left no word"))
            else:
                self.stage = Stage.DONE
                self.end()
        return end is not None or len(self.found.rates) > known

    def _fail(self, why: str) -> None:
        self.stage = Stage.FAILED
        self._failure = tr("The range test failed: {why}").format(why=why.rstrip(".") + ".")
        self.end()

    def _warning(self) -> str:
        """A word where the form's own rate is one at which the loss explodes."""
        edge = self.found.edge
        if self._config is None or edge is None or self._config.eta_max < edge:
            return ""
        rate = format_number(self._config.eta_max)
        return " " + tr("The form's highest rate, {rate}, is not below that.").format(rate=rate)
