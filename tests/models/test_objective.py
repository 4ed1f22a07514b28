"""The loss a model is trained with: its own if it fits, and never logits taken for probabilities."""

import keras
import numpy as np
import pytest

from kescape.models.objective import objective, understood_loss
from kescape.models.output_activation import output_activation


def ending_in(*layers, units=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units), *layers])


class Subclass(keras.Model):
    def __init__(self, activation):
        super().__init__()
        self.layer = keras.layers.Dense(3, activation=activation)

    def call(self, inputs):
        return self.layer(inputs)


def called(model):
    model(keras.Input((4,)))
    return model


def functional(end):
    inputs = keras.Input((4,))
    return keras.Model(inputs, end(inputs))


ENDS = {
    "dense": (lambda: ending_in(), None),
    "softmax layer": (lambda: ending_in(keras.layers.Softmax()), "softmax"),
    "activation": (lambda: ending_in(keras.layers.Activation("sigmoid")), "sigmoid"),
    "in the dense layer": (lambda: ending_in(keras.layers.Dense(3, activation="softmax")), "softmax"),
    "before what changes nothing": (
        lambda: ending_in(keras.layers.Softmax(), keras.layers.Dropout(0.1), keras.layers.Activation("linear")),
        "softmax",
    ),
    "hidden softmax": (lambda: ending_in(keras.layers.Softmax(), keras.layers.Dense(3)), None),
    "operation": (lambda: functional(lambda x: keras.ops.softmax(keras.layers.Dense(3)(x))), "softmax"),
    "nested": (lambda: functional(ending_in(keras.layers.Softmax())), "softmax"),
    "subclass": (lambda: called(Subclass("softmax")), "softmax"),
    "subclass with logits": (lambda: called(Subclass(None)), None),
    "nested subclass": (lambda: functional(Subclass("softmax")), "softmax"),
}


@pytest.mark.parametrize("end", list(ENDS))
def test_a_last_softmax_or_sigmoid_is_found(end):
    make, activation = ENDS[end]

    assert output_activation(make(), (4,)) == activation


LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 1.0, -2.0]])
"""Cross-entropy of classes 0 and 1: the mean of -log softmax."""
EXPECTED = float(-np.mean(LOGITS[[0, 1], [0, 1]] - np.log(np.exp(LOGITS).sum(axis=1))))


@pytest.mark.parametrize("last", [None, "softmax"])
def test_classes_give_the_same_loss_as_logits_and_as_probabilities(last):
    model = ending_in(*([keras.layers.Softmax()] if last else []))
    outputs = keras.ops.softmax(LOGITS) if last else keras.ops.convert_to_tensor(LOGITS)

    assert float(objective("classification", model, (4,))["loss"](np.array([0, 1]), outputs)) == pytest.approx(EXPECTED)


@pytest.mark.parametrize("last", [None, "sigmoid"])
def test_two_classes_with_one_output(last):
    """Logits 1.5 and -0.5 for the classes 1 and 0: log(1 + e^-1.5) and log(1 + e^-0.5); both are right."""
    model = ending_in(*([keras.layers.Activation("sigmoid")] if last else []), units=1)
    logits = np.array([[1.5], [-0.5]], np.float32)
    outputs = keras.ops.sigmoid(logits) if last else keras.ops.convert_to_tensor(logits)
    aim = objective("classification", model, (4,))
    (accuracy,) = aim["metrics"]
    labels = np.array([1, 0])

    assert float(aim["loss"](labels, outputs)) == pytest.approx(np.mean(np.log1p(np.exp([-1.5, -0.5]))), rel=1e-5)
    assert accuracy.name == "accuracy"
    assert float(accuracy(labels, outputs)) == 1.0


def test_a_loss_of_its_own_is_kept_where_it_fits():
    smooth = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    huber = keras.losses.Huber(delta=0.3)

    assert objective("classification", ending_in(), (4,), smooth)["loss"] is smooth
    assert objective("regression", ending_in(units=1), (4,), huber)["loss"] is huber


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        ("classification", keras.losses.CategoricalCrossentropy(from_logits=True)),  # wants one-hot labels
        ("classification", keras.losses.MeanSquaredError()),
        ("classification", keras.losses.SparseCategoricalCrossentropy()),  # takes these logits for probabilities
        ("regression", keras.losses.BinaryCrossentropy()),
        ("regression", None),
    ],
)
def test_one_that_does_not_fit_gives_way_to_the_tasks(task, loss):
    chosen = objective(task, ending_in(units=1 if task == "regression" else 3), (4,), loss)["loss"]

    assert chosen is not loss
    assert type(chosen).__name__ == {
        "classification": "SparseCategoricalCrossentropy", "regression": "MeanSquaredError"
    }[task]  # fmt: skip


class Own(keras.Loss):
    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred)


def test_a_loss_of_the_users_own_making_is_kept():
    def function(y_true, y_pred):
        return keras.ops.mean(y_pred)

    for own in (Own(), function):
        assert objective("classification", ending_in(), (4,), understood_loss(own))["loss"] is own


def test_what_a_file_says_of_its_loss_is_understood():
    written = keras.losses.serialize(keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1))

    assert understood_loss(written).label_smoothing == 0.1
    assert type(understood_loss("mse")).__name__ == "MeanSquaredError"
    assert understood_loss({**written, "module": "os", "class_name": "system"}) is None
    assert understood_loss("no such loss") is None
    assert understood_loss(None) is None
    assert type(understood_loss(keras.losses.mean_absolute_error)).__name__ == "MeanAbsoluteError"
    assert understood_loss(["mse", "mae"]) is None
