"""The callback that acts on the verdicts: it goes back where a restart made things worse, and shakes harder if stuck.

The SGDR paper proposes to return to the best solution so far and to adjust the rates (section 5); this does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kescape.callbacks import siblings
from kescape.callbacks.cycle_callback import CycleCallback
from kescape.callbacks.escape_ledger import EscapeLedger
from kescape.callbacks.follow_plan import FollowPlan, inner_optimizer
from kescape.callbacks.run_recorder import RunRecorder
from kescape.evidence.advice import LOWER_BY, RAISE_BY, Advice, advise, best_minimum
from kescape.evidence.escape import Escape
from kescape.evidence.loss_of_weights import Weights

__all__ = ["Decision", "EscapeController", "decide", "still"]


@dataclass(frozen=True)
class Decision:
    """What was done at the end of a cycle.

    Attributes:
        cycle: The cycle that ended, from 0: 1 at the earliest, since a restart comes before it.
        step: How many steps had been trained.
        eta_max: The peak of the next cycle, and of those after it; None where it is left as it is.
        back_to: The cycle, from 0, whose weights were put back; None where the weights are left as they are.
        sentence: Why, in words.
    """

    cycle: int
    step: int
    eta_max: float | None
    back_to: int | None
    sentence: str


class EscapeController(CycleCallback):
    """Acts on the verdicts of an `EscapeLedger` in the same fit. It is for those who ask for it; nothing else acts.

    At the end of each cycle, as `kescape.evidence.advice` says:

    - a loss higher by more than noise, with a barrier or without: the weights of the best end of a cycle are put back,
      the velocity is set to 0, and the next peaks are `lower_by` times this one;
    - else, no barrier and no gain: the next peaks are `raise_by` times this one, at most `most`;
    - else nothing.

    What an earlier restart has shown bounds the new peak. Every decision is kept in `decisions`; beside a `RunRecorder`
    also as an event of its run, and as an edit of its plan.

    Args:
        ledger: The ledger of the fit, which is among its callbacks, too.
        raise_by: > 1.
        lower_by: > 0 and < 1.
        most: The highest peak that is allowed; None: no limit.

    Attributes:
        decisions: What was done, a list of `Decision`; renewed when a fit begins.

    Raises:
        ValueError: An argument is out of its range; when training begins: the ledger is not in the fit, or the fit
            follows no plan.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
        >>> model.compile(kescape.sgd_momentum(1e-9), loss="mse")
        >>> x = np.zeros((8, 1))  # nothing to be learned: no restart gains anything
        >>> ledger = kescape.EscapeLedger(x, x)
        >>> controller = kescape.EscapeController(ledger, raise_by=2)
        >>> history = model.fit(x, x, epochs=3, verbose=0,
        ...                     callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger, controller])
        >>> controller.decisions[0].eta_max
        2e-09
    """

    def __init__(
        self,
        ledger: EscapeLedger,
        *,
        raise_by: float = RAISE_BY,
        lower_by: float = LOWER_BY,
        most: float | None = None,
    ) -> None:
        super().__init__()
        advise([], [], raise_by=raise_by, lower_by=lower_by, most=most)  # says what is out of its range
        self._ledger = ledger
        self._how = {"raise_by": raise_by, "lower_by": lower_by, "most": most}
        self.decisions: list[Decision] = []

    def set_model(self, model: Any) -> None:
        """Meet the model, and come after the ledger."""
        super().set_model(model)
        siblings.move_to_back(self)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """See that there is something to act on."""
        neighbours = siblings.neighbours(self)
        if self._ledger not in neighbours:
            raise ValueError(
                "ledger must be among the callbacks of the fit, because it is what EscapeController acts on; got "
                f"callbacks {[type(one).__name__ for one in neighbours]}"
            )
        super().on_train_begin(logs)
        if not isinstance(self._tap.source, FollowPlan):
            self._tap.leave(self)
            raise ValueError(  # noqa: TRY004 (an argument of fit is missing)
                "EscapeController needs a plan, because it changes its peaks: add kescape.SGDR to the callbacks; got "
                "no plan"
            )
        self.decisions = []
        self._kept: dict[int, Weights] = {}
        self._recorder = next((one for one in neighbours if isinstance(one, RunRecorder)), None)

    def on_cycle_end(self, cycle: int, epoch: int, logs: dict[str, Any]) -> None:
        """Decide, and do it."""
        self._kept[cycle] = [np.array(value) for value in self.model.get_weights()]
        rows, source = self._ledger.rows, self._tap.source
        if not rows or rows[-1].cycle != cycle:
            return  # the first end of a cycle, or one that was not judged
        assert isinstance(source, FollowPlan), "checked when training began"
        best = best_minimum(rows).cycle
        self._kept = {number: weights for number, weights in self._kept.items() if number in (best, cycle)}
        advice = decide(source, rows, **self._how)
        if advice is None:
            return
        back_to = None if advice.back_to is None else advice.back_to.cycle
        if back_to is not None:
            self.model.set_weights(self._kept[back_to])
            still(self.model)
            self._ledger.begin_again_from(self._kept[back_to])
        eta_max = advice.eta_max if self._goes_on(source, epoch) else None
        if eta_max is not None:
            source.change_eta_max(eta_max)
        decision = Decision(cycle, rows[-1].end_step, eta_max, back_to, advice.sentence())
        self.decisions.append(decision)
        if self._recorder is not None:
            self._recorder.note_decision(decision.sentence, {"eta_max": decision.eta_max, "back_to": back_to})

    def _goes_on(self, source: FollowPlan, epoch: int) -> bool:
        """Whether another cycle follows in this fit."""
        assert source.placed is not None, "a cycle has ended, so the steps are known"
        step = source.steps_until(*self._position)
        return epoch < (self.params or {}).get("epochs", epoch + 1) and source.placed.next_restart(step - 1) is not None


def decide(source: FollowPlan, rows: Sequence[Escape], **how: Any) -> Advice | None:
    """The advice that is to be followed at the end of a cycle; None where nothing is to be done.

    Args:
        source: The plan that is followed.
        rows: The restarts so far, the last of which has just been judged.
        how: `raise_by`, `lower_by` and `most` of `advise`.
    """
    placed = source.placed
    assert placed is not None, "a cycle has ended, so the steps are known"
    least = float(getattr(source.plan, "eta_min", 0.0))
    advice = advise(rows, [placed.peak(row.cycle) for row in rows], least=least, **how)
    return None if advice is None or advice.what == "go on" else advice


def still(model: Any) -> None:
    """Set the velocity of the optimizer to 0, and gradients it has gathered; rate and counters stay as they are."""
    for variable in inner_optimizer(model.optimizer).variables:
        # Keras names what an optimizer keeps of a weight after the weight.
        if variable.name.endswith(("_momentum", "_gradient_accumulator")):
            variable.assign(np.zeros(variable.shape))
