"""The loss as a function of the weights, against Keras' own evaluation."""

import keras
import numpy as np
import pytest
from keras import layers

from kescape import loss_barrier
from kescape.evidence.batch_norm import batch_norm_layers
from kescape.evidence.classes import OutputMeaning
from kescape.evidence.loss_of_weights import LossOfWeights

RNG = np.random.default_rng(0)
ROWS = 600


def dense():
    return keras.Sequential([layers.Input((8,)), layers.Dense(6, "relu"), layers.Dense(3, kernel_regularizer="l2")])


def normalised():
    inner = keras.Sequential([layers.Dense(6), layers.BatchNormalization(momentum=0.8)])
    return keras.Sequential(
        [layers.Input((8,)), inner, layers.Dropout(0.3), layers.BatchNormalization(), layers.Dense(3)]
    )


def compiled(build):
    model = build()
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


def points(model, count=2):
    """Weights near the model's own, at which variances are positive."""
    return [[v + np.abs(RNG.normal(0, 0.3, v.shape)) for v in model.get_weights()] for _ in range(count)]


def data():
    return RNG.normal(size=(ROWS, 8)).astype("float32"), RNG.integers(0, 3, ROWS)


def evaluated(model, weights, x, y):
    model.set_weights(weights)
    return model.evaluate(x, y, batch_size=200, verbose=0, return_dict=True)["loss"]


@pytest.mark.parametrize("build", [dense, normalised])
def test_the_loss_is_what_keras_evaluates(build):
    """Losses of regularisers are in; 600 rows are two batches of different sizes."""
    model, (x, y) = compiled(build), data()
    a, b = points(model)

    losses = LossOfWeights(model, x, y, renew_statistics=False).between(a, b, [0, 0.25, 1])

    assert losses.shape == (3, ROWS)
    quarter = [0.75 * u + 0.25 * v for u, v in zip(a, b, strict=True)]
    for found, weights in zip(losses.mean(axis=1), (a, quarter, b), strict=True):
        assert found == pytest.approx(evaluated(model, weights, x, y), abs=1e-5)


def test_a_class_whose_call_takes_no_training():
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def call(self, x):
            return self.dense(x)

    model, (x, y) = compiled(Own), data()
    model(x[:1])
    (weights,) = points(model, 1)

    assert LossOfWeights(model, x, y).at([weights]).mean() == pytest.approx(evaluated(model, weights, x, y), abs=1e-5)


def test_the_model_is_left_as_it_is():
    model, (x, y) = compiled(normalised), data()
    before = model.get_weights()

    LossOfWeights(model, x, y).between(*points(model), [0, 0.5, 1])

    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_statistics_of_batch_normalisation_are_those_of_the_weights_on_the_rows():
    """Mean and variance of a dense layer's outputs, computed by NumPy."""
    model = keras.Sequential([layers.Input((8,)), layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)])
    model.compile("sgd", "mse")
    x = RNG.normal(size=(400, 8)).astype("float32")
    kernel, bias, *others = points(model, 1)[0]

    renewed = LossOfWeights(model, x, np.zeros((400, 3))).refreshed([kernel, bias, *others])

    hidden = x @ kernel + bias
    np.testing.assert_allclose(renewed[4], hidden.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(renewed[5], hidden.var(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(renewed[0], kernel)


def test_the_loss_with_renewed_statistics_is_that_of_the_refreshed_weights():
    model, (x, y) = compiled(normalised), data()
    (weights,) = points(model, 1)
    loss = LossOfWeights(model, x, y)

    found = loss.at([weights]).mean()

    assert found == pytest.approx(evaluated(model, loss.refreshed(weights), x, y), abs=1e-5)


def test_a_layer_of_batch_normalisation_that_is_called_twice():
    """Its statistics are m * first + second, over 1 + m, as the moving ones become on the same batch in the end."""
    norm, dense, inputs = layers.BatchNormalization(momentum=0.5), layers.Dense(8), keras.Input((8,))
    model = keras.Model(inputs, norm(dense(norm(inputs))))
    model.compile("sgd", "mse")
    x = RNG.normal(3, 2, (400, 8)).astype("float32")

    renewed = LossOfWeights(model, x, x).refreshed(model.get_weights())

    gamma, beta, kernel, bias = (np.asarray(v) for v in (norm.gamma, norm.beta, dense.kernel, dense.bias))
    first = gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + norm.epsilon) + beta
    second = first @ kernel + bias
    places = {v.path: place for place, v in enumerate(model.weights)}
    for variable, of in ((norm.moving_mean, np.mean), (norm.moving_variance, np.var)):
        wanted = (0.5 * of(x, axis=0) + of(second, axis=0)) / 1.5
        np.testing.assert_allclose(renewed[places[variable.path]], wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("takes_training", [False, True])
def test_statistics_that_training_does_not_touch_are_left(takes_training):
    """A class whose call takes no `training`, or fine-tuning with `base(x, training=False)`: Keras never moves them."""

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense, self.norm, self.out = layers.Dense(6), layers.BatchNormalization(), layers.Dense(3)

        def call(self, x, training=None):
            return self.out(self.norm(self.dense(x), training=False))

    class WithoutTraining(Own):
        def call(self, x):
            return self.out(self.norm(self.dense(x)))

    model, (x, y) = compiled(Own if takes_training else WithoutTraining), data()
    model.fit(x, y, verbose=0)
    np.testing.assert_array_equal(model.norm.moving_mean, np.zeros(6))
    (weights,) = points(model, 1)

    assert LossOfWeights(model, x, y).at([weights]).mean() == pytest.approx(evaluated(model, weights, x, y), rel=1e-5)


def test_what_layers_add_to_the_loss_is_in_with_several_outputs_too():
    """Keras divides a penalty on outputs by the rows of the batch, so that all blocks together have that of all."""
    inputs = keras.Input((8,))
    hidden = layers.Dense(4, activity_regularizer=keras.regularizers.L2(0.5), kernel_regularizer="l2")(inputs)
    model = keras.Model(inputs, [layers.Dense(1)(hidden), layers.Dense(1)(hidden)])
    model.compile("sgd", ["mse", "mae"])
    x, y = data()
    targets = [y.astype("float32")] * 2
    (weights,) = points(model, 1)

    losses = LossOfWeights(model, x, targets).at([weights])

    assert losses.mean() == pytest.approx(evaluated(model, weights, x, targets), rel=1e-5)


def test_a_loss_of_the_model_s_own_is_the_one_that_is_looked_at():
    class Own(keras.Sequential):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            return 3 * super().compute_loss(x, y, y_pred, sample_weight)

    model, (x, y) = compiled(lambda: Own([layers.Input((8,)), layers.Dense(3)])), data()
    (weights,) = points(model, 1)

    assert LossOfWeights(model, x, y).at([weights]).mean() == pytest.approx(evaluated(model, weights, x, y), rel=1e-5)


def test_positions_that_a_mask_hides_have_no_loss():
    """Half of the positions are padding, fewer in some rows; in one batch Keras' own loss is the mean over the rest."""
    words = RNG.integers(1, 5, (200, 6))
    words[:, 3:] *= RNG.integers(0, 2, (200, 1))
    embedded = [layers.Input((6,)), layers.Embedding(5, 4, mask_zero=True), layers.LSTM(4, return_sequences=True)]
    model = compiled(lambda: keras.Sequential([*embedded, layers.Dense(3)]))
    (weights,) = points(model, 1)
    targets = np.where(words == 0, 2, RNG.integers(0, 2, (200, 6)))  # class 2 is that of padding alone

    losses = LossOfWeights(model, words, targets).at([weights])

    assert losses.shape == (1, 200)
    assert losses.mean() == pytest.approx(evaluated(model, weights, words, targets), rel=1e-5)


def test_layers_of_batch_normalisation_are_found_wherever_they_are():
    """Two of them, one inside a nested model; a frozen one keeps its statistics."""
    model = normalised()
    assert len(batch_norm_layers(model)) == 2
    model.layers[0].trainable = False
    assert len(batch_norm_layers(model)) == 1


def test_several_outputs_are_looked_at_in_blocks_whose_mean_is_the_evaluated_loss():
    inputs = keras.Input((8,))
    hidden = layers.Dense(4, "tanh")(inputs)
    model = keras.Model(inputs, [layers.Dense(3)(hidden), layers.Dense(1)(hidden)])
    model.compile("sgd", [keras.losses.SparseCategoricalCrossentropy(from_logits=True), "mse"], loss_weights=[1, 0.5])
    x, y = data()
    targets = [y, y.astype("float32")]
    (weights,) = points(model, 1)

    losses = LossOfWeights(model, x, targets).at([weights])

    assert 50 <= losses.shape[1] <= 52
    assert losses.mean() == pytest.approx(evaluated(model, weights, x, targets), rel=1e-5)


def test_of_outputs_only_what_is_asked_for_is_kept():
    """All outputs of all rows at all points may be more than the memory holds."""
    model, (x, y) = compiled(dense), data()
    ends = points(model)

    losses, classes = LossOfWeights(model, x, y, kept=OutputMeaning.of(model).classes_in_graph).between_with_kept(
        *ends, [0, 1]
    )

    assert classes.shape == losses.shape == (2, ROWS)
    for found, weights in zip(classes, ends, strict=True):
        model.set_weights(weights)
        assert (found == model.predict(x, verbose=0).argmax(axis=1)).mean() > 0.99  # but for rounding at ties
    assert LossOfWeights(model, x, y).between_with_kept(*ends, [0, 1])[1] is None


def test_one_output_in_a_list():
    inputs = keras.Input((8,))
    model = compiled(lambda: keras.Model(inputs, [layers.Dense(3)(inputs)]))
    x, y = data()
    (weights,) = points(model, 1)
    losses = LossOfWeights(model, x, y).at([weights])
    assert losses.shape == (1, ROWS)
    assert losses.mean() == pytest.approx(evaluated(model, weights, x, y), rel=1e-5)


def test_whole_numbers_are_taken_from_the_origin():
    """A count of rows, say, has no meaning in between."""
    model = keras.Sequential([layers.Input((8,)), layers.Normalization(), layers.Dense(3)])
    model.layers[0].adapt(data()[0])
    model.compile("sgd", "mse")
    weights = model.get_weights()
    other = [w if np.issubdtype(w.dtype, np.floating) else w + 7 for w in weights]

    losses = LossOfWeights(model, np.ones((4, 8)), np.ones((4, 3))).between(weights, other, [0, 1])

    assert losses[0].tolist() == losses[1].tolist()


def test_a_point_and_itself_have_no_barrier():
    model, (x, y) = compiled(normalised), data()
    (weights,) = points(model, 1)

    barrier = loss_barrier(model, weights, weights, x, y)

    assert barrier.height == pytest.approx(0, abs=1e-6)
    assert not barrier.is_above_noise


def test_two_minima_of_a_double_well_are_separated():
    """The loss ((w**2 - 1)**2) of one weight, through a model that squares: 1 at w = 0, 0 at -1 and 1."""
    model = keras.Sequential(
        [layers.Input((1,)), layers.Dense(1, use_bias=False), layers.Lambda(lambda value: value**2)]
    )
    model.compile("sgd", "mse")

    barrier = loss_barrier(model, [[[-1.0]]], [[[1.0]]], np.ones((8, 1)), np.ones((8, 1)), points=5)

    assert barrier.height == pytest.approx(1)
    np.testing.assert_allclose(barrier.losses, [0, (0.25 - 1) ** 2, 1, (0.25 - 1) ** 2, 0], atol=1e-6)
    assert barrier.is_above_noise


def test_wrong_use_is_refused_by_name():
    model, (x, y) = compiled(dense), data()
    a, b = points(model)
    with pytest.raises(ValueError, match=r"weights must have the shapes of model.get_weights\(\)"):
        loss_barrier(model, a, b[:-1], x, y)
    with pytest.raises(ValueError, match="x and y must have as many rows"):
        loss_barrier(model, a, b, x, y[:-1])
    with pytest.raises(ValueError, match="x and y must be arrays with their rows first"):
        loss_barrier(model, a, b, x, 1.0)
    with pytest.raises(ValueError, match="points must be"):
        loss_barrier(model, a, b, x, y, points=2)
    with pytest.raises(ValueError, match="compiled with a loss"):
        loss_barrier(dense(), a, b, x, y)
