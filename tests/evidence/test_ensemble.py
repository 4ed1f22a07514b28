"""Ensembles and averages of models, by hand and against Keras' own predictions.

Holds on every backend: KERAS_BACKEND=jax pytest -m backend tests/evidence, or torch.
"""

import errno
import os

import keras
import numpy as np
import pytest
from keras import layers

import kescape
from kescape.run.errors import RunUnwritable

pytestmark = [] if keras.backend.backend() == "tensorflow" else [pytest.mark.backend]

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32") + (X[:, 1] > 1)


def linear(*slopes):
    """A model y = slope * x without more, and some slopes for it."""
    model = keras.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model, [[np.array([[slope]], "float32")] for slope in slopes]


def classifier(outputs=3, *, logits=True, normalised=False, seed=1):
    keras.utils.set_random_seed(seed)
    activation = None if logits else ("sigmoid" if outputs == 1 else "softmax")
    hidden = [layers.Dense(6, "tanh"), *([layers.BatchNormalization()] if normalised else [])]
    model = keras.Sequential([layers.Input((4,)), *hidden, layers.Dense(outputs, activation)])
    kind = keras.losses.BinaryCrossentropy if outputs == 1 else keras.losses.SparseCategoricalCrossentropy
    model.compile(kescape.sgd_momentum(0.1), loss=kind(from_logits=logits), metrics=["accuracy"])
    return model


def shares(model):
    outputs = model.predict(X, verbose=0).astype(float)
    logits = model.layers[-1].activation.__name__ == "linear"
    if not logits:
        return outputs
    if outputs.shape[1] == 1:
        return 1 / (1 + np.exp(-outputs))
    exp = np.exp(outputs)
    return exp / exp.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("logits", [True, False])
@pytest.mark.parametrize("outputs", [3, 1])
def test_it_says_the_mean_of_the_probabilities(outputs, logits):
    """Of three models; loss and accuracy from these, and each member's as Keras evaluates it."""
    models = [classifier(outputs, logits=logits, seed=seed) for seed in (1, 2, 3)]
    y = Y if outputs == 3 else (Y > 0).astype("int32")
    ensemble = kescape.Ensemble(models)
    mean = np.mean([shares(model) for model in models], axis=0)

    np.testing.assert_allclose(ensemble.predict(X), mean, atol=1e-6)
    found = ensemble.evaluate(X, y)
    if outputs == 3:
        chosen, classes = mean[np.arange(len(y)), y], mean.argmax(axis=1)
    else:
        chosen, classes = np.where(y == 1, mean[:, 0], 1 - mean[:, 0]), (mean[:, 0] > 0.5).astype(int)
    assert found["loss"] == pytest.approx(-np.log(chosen).mean(), rel=1e-5)
    assert found["accuracy"] == (classes == y).mean()
    by_keras = [model.evaluate(X, y, verbose=0, return_dict=True)["loss"] for model in models]
    assert [member["loss"] for member in found["members"]] == pytest.approx(by_keras, rel=1e-5)
    accurate = [(share.argmax(axis=1) if outputs == 3 else share[:, 0] > 0.5) == y for share in map(shares, models)]
    assert [member["accuracy"] for member in found["members"]] == [one.mean() for one in accurate]
    assert found["best_single"]["accuracy"] == max(one.mean() for one in accurate)
    assert found["sentence"].startswith("On 300 rows the ensemble of 3 is right on ")


def test_disagreement_is_the_share_of_rows_in_different_classes():
    models = [classifier(seed=seed) for seed in (1, 2, 3)]
    classes = [model.predict(X, verbose=0).argmax(axis=1) for model in models]

    found = kescape.Ensemble(models).disagreement(X)

    assert found.tolist() == [[(a != b).mean() for b in classes] for a in classes]
    np.testing.assert_array_equal(found, found.T)
    assert np.diag(found).tolist() == [0, 0, 0]
    assert found[0, 1] > 0


def test_several_weights_of_one_model_which_keeps_its_own():
    model, weights = linear(1.0, 2.0, 6.0)
    model.set_weights([np.array([[7.0]])])

    assert kescape.Ensemble((model, weights)).predict(np.array([[10.0], [1.0]])).tolist() == [[30.0], [3.0]]
    last = kescape.Ensemble((model, weights), last=2)
    assert (last.predict(np.array([[10.0]])).item(), last.members) == (40.0, (1, 2))
    # Targets 2 * x: the losses of slopes 2 and 6 are 0 and 16, that of their mean 4 is 4.
    found = last.evaluate(np.ones((5, 1)), np.full((5, 1), 2.0))
    assert (found["loss"], [m["loss"] for m in found["members"]], found["accuracy"]) == (4.0, [0.0, 16.0], None)
    assert model.get_weights()[0].item() == 7.0


def test_in_one_valley_weights_are_averaged():
    """A convex loss has one valley: slopes 1, 2 and 6 become their mean 3."""
    model, weights = linear(1.0, 2.0, 6.0)
    combined = kescape.Ensemble((model, weights)).combine(np.ones((50, 1)), np.full((50, 1), 3.0))

    assert len(combined) == 1
    assert combined.predict(np.array([[10.0]])).item() == pytest.approx(30.0)
    assert combined.sentence == "1, 2 and 3 averaged."


def double_well():
    """y = v * w * x: for targets x the minima are v = w = 1 and v = w = -1, and the origin between has loss 1."""
    model = keras.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False), layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    return model, lambda v, w: [np.array([[v]], "float32"), np.array([[w]], "float32")]


def test_what_a_barrier_separates_is_not_averaged():
    """The average of the two wells would say 0 for everything; asked side by side they say what each says."""
    model, at = double_well()
    x = np.ones((50, 1))
    ensemble = kescape.Ensemble((model, [at(1, 1), at(1.2, 1), at(-1, -1), at(-1, -1)]))
    combined = ensemble.combine(x, x)

    assert [group.members for group in combined.groups] == [(0, 1), (2, 3)]
    # From v, w = 1.1, 1 with loss 0.01; half-way w is 0, and the loss 1.
    assert combined.groups[1].barrier.rise == pytest.approx(0.99, abs=1e-5)
    assert combined.groups[0].barrier is None
    assert combined.sentence.startswith("1 and 2 averaged; 3 and 4 averaged, behind a barrier of 0.99")
    np.testing.assert_allclose(combined.predict(x), (1.1 + 1) / 2 * x, rtol=1e-6)


def test_an_average_has_its_own_statistics_of_batch_normalisation():
    """Mean and variance of the hidden layer's outputs on all rows, by NumPy; its own rows, not the members' means."""
    model = classifier(normalised=True)
    first = model.get_weights()
    second = [value + 0.05 * np.abs(RNG.normal(size=value.shape)).astype("float32") for value in first]
    combined = kescape.Ensemble((model, [first, second])).combine(X, Y)
    assert len(combined) == 1, combined.sentence

    kernel, bias = (first[place] / 2 + second[place] / 2 for place in (0, 1))
    hidden = np.tanh(X @ kernel + bias)
    gamma, beta = (first[place] / 2 + second[place] / 2 for place in (2, 3))
    normal = gamma * (hidden - hidden.mean(axis=0)) / np.sqrt(hidden.var(axis=0) + 1e-3) + beta
    logits = normal @ (first[6] / 2 + second[6] / 2) + (first[7] / 2 + second[7] / 2)
    exp = np.exp(logits)
    np.testing.assert_allclose(combined.predict(X), exp / exp.sum(axis=1, keepdims=True), atol=2e-4)
    for old, new in zip(first, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(("outputs", "logits"), [(3, True), (3, False), (1, True)])
def test_it_is_saved_as_one_model_that_keras_alone_loads(tmp_path, outputs, logits):
    """In safe mode; its outputs are what `predict` gives."""
    ensemble = kescape.Ensemble([classifier(outputs, logits=logits, normalised=True, seed=seed) for seed in (1, 2)])
    loaded = keras.saving.load_model(ensemble.save(tmp_path / "both.keras"), safe_mode=True)

    np.testing.assert_allclose(loaded.predict(X, verbose=0), ensemble.predict(X), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["both.keras"]


def test_one_member_is_saved_as_the_model_that_it_is(tmp_path):
    model, weights = linear(1.0, 3.0)
    combined = kescape.Ensemble((model, weights)).combine(np.ones((50, 1)), np.ones((50, 1)))
    before = model.get_weights()
    loaded = keras.saving.load_model(combined.save(tmp_path / "one.keras"))

    assert loaded.predict(np.array([[10.0]]), verbose=0).item() == pytest.approx(20)
    assert loaded.evaluate(np.ones((2, 1)), np.ones((2, 1)), verbose=0) == pytest.approx(1)
    assert model.get_weights() == before


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


def test_a_model_that_is_a_class_predicts_and_says_that_it_cannot_be_joined(tmp_path):
    models = []
    for _ in range(2):
        models.append(Own())
        models[-1].compile("sgd", "mse")
        models[-1](X)
    ensemble = kescape.Ensemble(models)

    expected = np.mean([model.predict(X, verbose=0) for model in models], axis=0)
    np.testing.assert_allclose(ensemble.predict(X), expected, atol=1e-6)
    with pytest.raises(ValueError, match="only a Sequential or functional model can be saved as an ensemble"):
        ensemble.save(tmp_path / "both.keras")
    with pytest.raises(ValueError, match=r"combine needs sets of weights of one model.*got 2 models"):
        ensemble.combine(X, X[:, :1])


def test_a_disk_that_is_full_is_said(tmp_path, monkeypatch):
    model, weights = linear(1.0)

    def full(path, **_):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(model, "save", full)
    with pytest.raises(RunUnwritable, match=r"one\.keras' cannot be written: No space left on device"):
        kescape.Ensemble((model, weights)).save(tmp_path / "one.keras")
    assert list(tmp_path.iterdir()) == []


def plain():
    return keras.Sequential([layers.Input((1,)), layers.Dense(1)])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda: kescape.Ensemble([]), "must have a member or more"),
        (lambda: kescape.Ensemble([plain()]), "must be compiled with one loss.*got loss=None"),
        (lambda: kescape.Ensemble(linear(1.0), last=2), "last must be <= 1.*got last=2"),
        (lambda: kescape.Ensemble(linear(1.0), last=0), "last must be >= 1"),
        (lambda: kescape.Ensemble([classifier(), linear()[0]]), "must all be compiled for outputs of one kind"),
        (lambda: kescape.Ensemble([classifier(), classifier(logits=False)]), "outputs of one kind"),
        (lambda: kescape.Ensemble((linear()[0], [[np.ones((2, 1))]])).predict(X[:, :1]), "the shapes of"),
        (lambda: kescape.Ensemble(linear(1.0)).predict(X[:0, :1]), "x must have rows"),
        (lambda: kescape.Ensemble(linear(1.0)).disagreement(X[:, :1]), "disagreement needs classes"),
        (lambda: kescape.Ensemble(linear(1.0)).save("one.h5"), r"must end with \.keras.*got 'one\.h5'"),
        (lambda: kescape.Ensemble((plain(), linear(1.0)[1])), "must be compiled with one loss"),
    ],
)
def test_wrong_use(wrong, error):
    with pytest.raises(ValueError, match=error):
        wrong()


@pytest.mark.parametrize("wrong", [3, [3], plain])
def test_what_is_no_model(wrong):
    with pytest.raises(TypeError, match="models_or_run must be"):
        kescape.Ensemble(wrong)


def test_a_run_that_a_script_recorded_needs_its_model(tmp_path):
    """Then its snapshots are the members, in their order."""
    model, recorder, snapshots = classifier(), kescape.RunRecorder(tmp_path / "run"), kescape.Snapshots()
    callbacks = [kescape.SGDR(t_0=1, t_mult=1), recorder, snapshots]
    model.fit(X, Y, batch_size=50, epochs=3, verbose=0, callbacks=callbacks)

    with kescape.open_run(recorder.folder) as run:
        with pytest.raises(ValueError, match="was recorded in a script, and only the script knows"):
            kescape.Ensemble(run)
        found = kescape.Ensemble((model, run))
    expected = kescape.Ensemble((model, snapshots.weights))
    assert found.members == expected.members == (0, 1, 2)
    np.testing.assert_array_equal(found.predict(X), expected.predict(X))
    np.testing.assert_array_equal(kescape.Ensemble((model, recorder.folder)).predict(X), expected.predict(X))
