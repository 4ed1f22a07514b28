"""`Ensemble`: several sets of weights that are asked together, and which of them may be averaged instead."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kescape.evidence.barrier import POINTS, Barrier, barrier_of
from kescape.evidence.classes import OutputMeaning
from kescape.evidence.ensemble_score import EnsembleScore, score_of
from kescape.evidence.judge import MOST_ROWS, sample
from kescape.evidence.loss_of_weights import LossOfWeights, Weights
from kescape.evidence.mean_of_outputs import MeanOfOutputs
from kescape.evidence.outputs_of_weights import OutputsOfWeights
from kescape.evidence.rated_outputs import rated
from kescape.evidence.weights_file import put_back, read_weights
from kescape.run.errors import RunUnwritable
from kescape.run.reader import Run, open_run
from kescape.schedule.checks import checked_whole
from kescape.step_tap import sync_variables

__all__ = ["Ensemble", "Group"]


@dataclass(frozen=True)
class Group:
    """Members that are one model: a single one, or the average of some that follow each other.

    Attributes:
        members: Their cycles, from 0; or their places where they are no snapshots of a run.
        barrier: What separates the group from the one before it; None for the first, and where nobody has looked.
    """

    members: tuple[int, ...]
    barrier: Barrier | None = None

    @property
    def words(self) -> str:
        """Which they are, counted from 1 as people do, and why they begin a group."""
        numbers = [str(member + 1) for member in self.members]
        who = numbers[0] if len(numbers) == 1 else f"{', '.join(numbers[:-1])} and {numbers[-1]}"
        what = f"{who} averaged" if len(numbers) > 1 else f"{who} alone"
        if self.barrier is None:
            return what
        if self.barrier.rise == float("inf"):
            return f"{what}, behind a loss that is not finite"
        figures = (self.barrier.rise, self.barrier.rise_low, self.barrier.rise_high)
        height, low, high = (f"{figure:.3g}" for figure in figures)
        return f"{what}, behind a barrier of {height} (95 % interval {low} to {high})"


@dataclass(frozen=True)
class _Member:
    """A set of weights, read when it is wanted, so that only one of them need be in memory."""

    number: int
    model: Any
    weights: Callable[[], Weights]


class Ensemble:
    """Several models, or several sets of weights of one, that are asked together: their probabilities are averaged.

    Logits become probabilities first, as the loss says that the model is compiled with; where it learns numbers, these
    are averaged. The models and their weights are left as they are.

    Args:
        models_or_run: A list of models; a run, or its folder, whose snapshots at the ends of cycles are the members;
            or a model and its weights as a pair: `(model, snapshots.weights)`, or `(model, run)` for a run that was
            recorded in a script, which knows no way to build its model.
        last: How many of the last members are taken, >= 1; None takes all.

    Attributes:
        groups: Which members are averaged; none, before `combine` has looked.

    Raises:
        ValueError: There is no member, a model is not compiled with one loss, or the weights are of another model.

    Example:
        >>> import keras, kescape, numpy as np
        >>> model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        >>> model.compile(loss="mse")
        >>> ensemble = kescape.Ensemble((model, [[np.array([[1.0]])], [np.array([[3.0]])]]))
        >>> ensemble.predict(np.array([[10.0]])).tolist()
        [[20.0]]

    Source: Huang et al., "Snapshot Ensembles: Train 1, get M for free", ICLR 2017, https://arxiv.org/abs/1704.00109
    """

    def __init__(self, models_or_run: Any, *, last: int | None = None) -> None:
        members = _members_of(models_or_run)
        if not members:
            raise ValueError("models_or_run must have a member or more, because they are asked; got none")
        if last is not None:
            last = checked_whole("last", last, 1, "an ensemble has a member")
            if last > len(members):
                raise ValueError(f"last must be <= {len(members)}, because there are no more members; got last={last}")
            members = members[-last:]
        self._members = members
        self._outputs = {id(member.model): OutputsOfWeights(member.model) for member in members}
        meanings = {_meaning_of(member.model) for member in members}
        if len(meanings) > 1:
            raise ValueError(
                "models_or_run must all be compiled for outputs of one kind, because they are averaged; got "
                f"{sorted(map(str, meanings))}"
            )
        (self._meaning,) = meanings
        self.groups = tuple(Group((member.number,)) for member in members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"<Ensemble of {len(self)}: {self.sentence}>"

    @property
    def members(self) -> tuple[int, ...]:
        """The cycles of its members, from 0; their places where they are no snapshots of a run."""
        return tuple(member.number for member in self._members)

    @property
    def sentence(self) -> str:
        """Which members are averaged and which are asked side by side, and why."""
        return f"{'; '.join(group.words for group in self.groups)}."

    def predict(self, x: Any) -> NDArray[np.float64]:
        """The mean of the members' probabilities for each row of x; of their outputs where these are numbers."""
        mean = MeanOfOutputs(self._meaning)
        for member in self._members:
            mean.add(self._outputs_of(member, x))
        return mean.probabilities

    def score(self, x: Any, y: Any, against: Ensemble | None = None) -> EnsembleScore:
        """Loss and accuracy of each member and of all together, and what these rows can tell of the difference.

        Args:
            x: Inputs that none of them was trained on.
            y: Targets.
            against: An ensemble whose members are the single ones; by default this one.
        """
        singles = against or self
        one_by_one = [rated(member.model, singles._outputs_of(member, x), y) for member in singles._members]
        mean = MeanOfOutputs(self._meaning)
        for member in self._members:
            mean.add(self._outputs_of(member, x))
        return score_of(singles.members, one_by_one, rated(self._members[0].model, mean.outputs, y))

    def evaluate(self, x: Any, y: Any) -> dict[str, Any]:
        """Loss, and accuracy where there are classes, on these rows; without the losses of regularisers.

        Returns:
            `loss` and `accuracy` (None without classes) of the ensemble; `members`, a list of the same of each with
            its `cycle`; `best_single`, that of the lowest loss; `sentence`, what the rows can tell of the difference.
        """
        score = self.score(x, y)
        accuracies = score.accuracies or (None,) * len(score.losses)
        members = [
            {"cycle": number, "loss": loss, "accuracy": accuracy}
            for number, loss, accuracy in zip(score.members, score.losses, accuracies, strict=True)
        ]
        return {
            "loss": score.loss,
            "accuracy": score.accuracy,
            "members": members,
            "best_single": members[score.best],
            "sentence": score.sentence(),
        }

    def disagreement(self, x: Any) -> NDArray[np.float64]:
        """The share of rows that each two members put into different classes, 0 to 1.

        Returns:
            Shape (members, members), symmetric with a diagonal of 0.

        Raises:
            ValueError: The members tell no classes.
        """
        found = [self._meaning.classes(self._outputs_of(member, x)) for member in self._members]
        classes = [one for one in found if one is not None]
        if len(classes) < len(found):
            raise ValueError(
                "disagreement needs classes, because it counts the rows that are put into different ones; got "
                f"loss={self._members[0].model.loss!r}"
            )
        return np.array([[float((a != b).mean()) for b in classes] for a in classes])

    def combine(self, x: Any, y: Any) -> Ensemble:
        """Average the members that no barrier separates; those of different valleys are asked side by side.

        A member joins the group before it if the loss on the straight line from the group's average to the member does
        not rise above both ends by more than noise. The new average is a point of that very line:

            average <- (average * n + weights) / (n + 1)

        and the statistics of batch normalisation are found anew for it, on all rows of x.

        Args:
            x: Inputs of the training data; 2,000 of their rows are taken for the lines.
            y: Targets.

        Returns:
            An ensemble of the averages, with its `groups`; of one member where all lie in one valley.

        Raises:
            ValueError: The members are of several models, whose weights have nothing to do with each other.

        Source: Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", UAI 2018,
        https://arxiv.org/abs/1803.05407
        """
        model = self._members[0].model
        if len(self._outputs) > 1:
            raise ValueError(
                "combine needs sets of weights of one model, because weights of several cannot be averaged; got "
                f"{len(self._outputs)} models"
            )
        loss = LossOfWeights(model, *sample(x, y, MOST_ROWS))
        positions = np.linspace(0.0, 1.0, POINTS)
        groups: list[Group] = []
        averages: list[Weights] = []
        for member in self._members:
            weights, barrier = member.weights(), None
            if groups:
                barrier = barrier_of(positions, loss.between(averages[-1], weights, positions))
            if groups and barrier is not None and not barrier.is_above_noise:
                averages[-1] = _average(averages[-1], len(groups[-1].members), weights)
                groups[-1] = Group((*groups[-1].members, member.number), groups[-1].barrier)
            else:
                averages.append(weights)
                groups.append(Group((member.number,), barrier))
        if any(len(group.members) > 1 for group in groups):
            rows = LossOfWeights(model, x, y)
            averages = [
                rows.refreshed(average) if len(group.members) > 1 else average
                for group, average in zip(groups, averages, strict=True)
            ]
        combined = Ensemble((model, averages))
        combined.groups = tuple(groups)
        return combined

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as one model that Keras alone loads; returns the file's path.

        One member is saved as the model that it is. Several become a model whose output is what `predict` gives.

        Args:
            path: Ends with `.keras`; it appears whole or not at all.

        Raises:
            ValueError: The path has another suffix, or the models are classes that cannot be put into another model.
            RunUnwritable: The file cannot be written.
        """
        path = Path(path)
        if path.suffix != ".keras":
            raise ValueError(
                f"path must end with .keras, because Keras loads models from such files; got {str(path)!r}"
            )
        if len(self) == 1:
            (member,) = self._members
            weights, model = member.weights(), member.model
            if model.optimizer is not None and not model.optimizer.built:
                # Keras builds it when it loads the file, and then refuses one that was written without its velocity.
                model.optimizer.build(model.trainable_variables)
            with put_back(model):
                model.set_weights(weights)
                _save(model, path)
        else:
            _save(self._as_one_model(), path)
        return path

    # -- inside --------------------------------------------------------------------------------------------------

    def _outputs_of(self, member: _Member, x: Any) -> Any:
        outputs = self._outputs[id(member.model)].at(member.weights(), x)
        if keras.tree.is_nested(outputs):
            raise ValueError(
                f"each model must have one output, because outputs are averaged; {member.model.name!r} has "
                f"{len(keras.tree.flatten(outputs))}"
            )
        return outputs

    def _as_one_model(self) -> Any:
        """The members side by side on one input, their probabilities averaged."""
        first = self._members[0].model
        try:
            inputs = [keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name) for tensor in first.inputs]
            outputs = []
            for place, member in enumerate(self._members):
                copy = keras.models.clone_model(member.model)
                copy.set_weights(member.weights())
                # Two layers of one model cannot have the same name, and a clone keeps that of its original.
                named = keras.Model(copy.inputs, copy.outputs, name=f"member_{place + 1}")
                outputs.append(self._probabilities(named(inputs)))
        except (AttributeError, NotImplementedError, ValueError) as error:
            raise ValueError(
                f"the model {first.name!r} cannot be put into another one, because its layers are not known to Keras: "
                "only a Sequential or functional model can be saved as an ensemble"
            ) from error
        return keras.Model(inputs, keras.layers.Average(name="mean")(outputs), name="ensemble")

    def _probabilities(self, outputs: Any) -> Any:
        (tensor,) = keras.tree.flatten(outputs)
        if not self._meaning.are_logits:
            return tensor
        activation = "sigmoid" if self._meaning.kind == "two classes" else "softmax"
        return keras.layers.Activation(activation, dtype="float32")(tensor)


def _members_of(source: Any) -> list[_Member]:
    if isinstance(source, Run):
        # The engine's own parts are needed for a run of its own alone.
        from kescape.engine.rebuild import rebuilt

        return _members_of_run(source, rebuilt(source)[0])
    if isinstance(source, str | os.PathLike):
        with open_run(Path(source)) as run:
            return _members_of(run)
    if not isinstance(source, Sequence):
        raise TypeError(
            "models_or_run must be a list of models, a run or its folder, or a pair (model, list of weights); got "
            f"{source!r:.80}"
        )
    if len(source) == 2 and isinstance(source[0], keras.Model) and not isinstance(source[1], keras.Model):
        model, weights = source
        if isinstance(weights, Run):
            return _members_of_run(weights, model)
        if isinstance(weights, str | os.PathLike):
            with open_run(Path(weights)) as run:
                return _members_of_run(run, model)
        copies = [[np.array(value) for value in one] for one in weights]
        return [_Member(place, model, partial(list, one)) for place, one in enumerate(copies)]
    for model in source:
        if not isinstance(model, keras.Model):
            raise TypeError(f"models_or_run must be a list of models of Keras; got {model!r:.80} in it")
    return [_Member(place, model, partial(_weights, model)) for place, model in enumerate(source)]


def _members_of_run(run: Run, model: Any) -> list[_Member]:
    """The snapshots at the ends of cycles whose files are there."""
    found = [row for row in run.snapshots() if row.kind == "cycle" and (run.path / row.file).is_file()]
    if not found:
        raise ValueError(
            f"models_or_run must have snapshots of ends of cycles, because they are the members; got the run "
            f"{run.name!r}, which has none"
        )
    members = []
    for place, row in enumerate(found):
        cycle = (row.data or {}).get("cycle", place)
        members.append(_Member(int(cycle), model, partial(read_weights, model, run.path / row.file)))
    return members


def _meaning_of(model: Any) -> OutputMeaning:
    loss = getattr(model, "loss", None)
    if not (isinstance(loss, str) or callable(loss)):
        raise ValueError(  # noqa: TRY004
            "each model must be compiled with one loss for its one output, because the loss says what the output is; "
            f"got loss={loss!r} of the model {model.name!r}"
        )
    return OutputMeaning.of(model)


def _weights(model: Any) -> Weights:
    sync_variables(model)
    return list(model.get_weights())


def _average(average: Weights, count: int, weights: Weights) -> Weights:
    """One more among the `count` that are averaged; what is no floating-point number is the newest's."""
    return [
        ((np.asarray(a, np.float64) * count + b) / (count + 1)).astype(b.dtype)
        if keras.backend.is_float_dtype(str(b.dtype))
        else b
        for a, b in zip(average, weights, strict=True)
    ]


def _save(model: Any, path: Path) -> None:
    # Written aside first: a model that is there is whole.
    temporary = path.with_name(f".{path.name}")
    try:
        model.save(temporary)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise RunUnwritable(f"The model {str(path)!r} cannot be written: {error.strerror or error}.") from error
