"""The ledger in real fits: what it says, and that it changes nothing."""

import itertools
import random
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import kescape
from kescape.data.points import make_spirals
from kescape.evidence.escape import SENTENCES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(256, 4)).astype("float32")
Y = (X[:, 0] * X[:, 1] > 0).astype("int32")


def model(rate=0.1, seed=1, normalised=False):
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(12, "tanh")]
    if normalised:
        hidden += [keras.layers.BatchNormalization(), keras.layers.Dropout(0.2)]
    built = keras.Sequential([keras.layers.Input((4,)), *hidden, keras.layers.Dense(2)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    built.compile(kescape.sgd_momentum(rate), loss=loss, metrics=["accuracy"])
    return built


def fit(trained, callbacks, epochs, **more):
    return trained.fit(X, Y, batch_size=32, epochs=epochs, verbose=0, callbacks=callbacks, **more)


class Keep(keras.callbacks.Callback):
    """Keeps the weights at the ends of the epochs."""

    def on_train_begin(self, logs=None):
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append([np.array(value) for value in self.model.get_weights()])


def test_its_numbers_are_those_of_the_weights_at_the_ends():
    """Loss by Keras' own evaluation of all rows, distance and cosine by NumPy, disagreement by prediction."""
    trained, ledger, keep = model(), kescape.EscapeLedger(X, Y, rows=256), Keep()
    fit(trained, [kescape.SGDR(t_0=2, t_mult=2), ledger, keep], 6)

    (row,) = ledger.rows
    before, after = keep.weights[1], keep.weights[5]
    assert (row.cycle, row.step, row.end_step, row.rows) == (1, 16, 48, 256)
    classes = []
    for weights, loss in ((before, row.loss_before), (after, row.loss_after)):
        trained.set_weights(weights)
        assert trained.evaluate(X, Y, verbose=0)[0] == pytest.approx(loss, abs=1e-5)
        classes.append(trained.predict(X, verbose=0).argmax(axis=1))
    a, b = (np.concatenate([value.ravel() for value in weights]) for weights in (before, after))
    assert row.distance == pytest.approx(np.linalg.norm(b - a), rel=1e-5)
    assert row.relative_distance == pytest.approx(np.linalg.norm(b - a) / np.linalg.norm(a), rel=1e-5)
    assert row.cosine == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), rel=1e-5)
    assert row.disagreement == (classes[0] != classes[1]).mean()
    barrier = kescape.loss_barrier(trained, before, after, X, Y)
    assert (row.barrier, row.low, row.high) == pytest.approx((barrier.rise, barrier.rise_low, barrier.rise_high))
    assert row.above_chord == pytest.approx(barrier.height)
    lower = row.loss_after < row.loss_before
    assert lower
    assert row.verdict == ("crossed, better" if row.low > 1e-5 else "descended")


def test_peak_and_recovery_are_those_of_the_recorded_steps(tmp_path):
    """As `restart_effects`, which is tested by hand, has them from the recorded losses."""
    from kescape.run.restarts import restart_effects

    ledger, recorder = kescape.EscapeLedger(X, Y), kescape.RunRecorder(tmp_path / "run")
    fit(model(0.5), [kescape.SGDR(t_0=4, t_mult=1), ledger, recorder], 8)
    with kescape.open_run(recorder.folder) as run:
        loss = run.curves()["loss"]
    (effect,) = restart_effects(range(len(loss)), loss, [32])
    assert ledger.rows[0].loss_peak == pytest.approx(effect.loss_peak)
    assert ledger.rows[0].recovery_steps == effect.recovery_steps


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("t_0", [1, 1.5])
def test_a_fit_with_a_ledger_gives_the_very_weights_of_one_without(normalised, t_0):
    """Also the optimizer's velocity, the metrics, and what the random generators of NumPy and Python give next."""
    ledger, found = kescape.EscapeLedger(X, Y), []
    for callbacks in ([], [ledger]):
        trained = model(normalised=normalised)
        plan = kescape.SGDR(t_0=t_0, t_mult=1)
        history = fit(trained, [plan, *callbacks], 6, validation_split=0.2).history
        variables = [*trained.variables, *trained.optimizer.variables]
        found.append((history, [np.array(v) for v in variables], trained.get_metrics_result(), random.random()))
        found[-1] += (np.random.random(),)  # noqa: NPY002 (what users may draw from)

    assert len(ledger.rows) == 6 / t_0 - 1
    (history, variables, *others), (judged_history, judged_variables, *judged_others) = found
    assert judged_history == history
    assert judged_others == others
    for one, other in zip(variables, judged_variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_restarts_there_is_no_barrier():
    """The control: a small constant rate goes on down one valley."""
    ledger = kescape.EscapeLedger(X, Y, every=5, rows=256)
    fit(model(0.01), [ledger], 20)
    assert [row.cycle for row in ledger.rows] == [1, 2, 3]
    assert {row.verdict for row in ledger.rows} == {"descended"}
    assert [(row.barrier, row.low) for row in ledger.rows] == [(0, 0)] * 3


@pytest.mark.parametrize("seed", [0, 1])
def test_on_two_spirals_a_low_peak_descends_and_a_high_one_crosses(seed):
    """Of trainings with the seeds 0 to 9, all 40 restarts at 0.1 descended, and all 10 at 0.6, from there, crossed.

    With the last peak at 0.1, too, all of them descend; of those at 0.6 six came down lower than they began, four did
    not. An epoch of this fit is 80 passes over the points, each in another order.
    """
    x, y = make_spirals(400)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")
    order = np.concatenate([np.random.default_rng(1000 * seed + one).permutation(400) for one in range(80)])
    keras.utils.set_random_seed(seed)
    hidden = [keras.layers.Dense(24, "tanh"), keras.layers.Dense(24, "tanh"), keras.layers.Dense(1, "sigmoid")]
    trained = keras.Sequential([keras.layers.Input((2,)), *hidden])
    trained.compile(kescape.sgd_momentum(0.1), loss="binary_crossentropy", steps_per_execution=800)
    plan, ledger = kescape.SGDR(t_0=1, t_mult=1), kescape.EscapeLedger(x, y, rows=400)
    higher = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: plan.change_eta_max(0.6) if epoch == 4 else None
    )
    trained.fit(x[order], y[order], batch_size=40, epochs=5, verbose=0, shuffle=False, callbacks=[plan, ledger, higher])
    *low, high = ledger.rows
    assert [row.verdict for row in low] == ["descended"] * 3
    assert high.verdict.startswith("crossed")
    assert high.low > 0.1
    assert low[-1].loss_after < 0.1


def test_independent_trainings_are_separated():
    """Two sets of first weights: hidden units have other roles, and the middle of the line is neither."""
    ends = []
    for seed in (1, 2):
        trained = model(0.5, seed)
        fit(trained, [], 40)
        ends.append(trained.get_weights())
    barrier = kescape.loss_barrier(trained, *ends, X, Y)
    assert barrier.is_above_noise
    assert barrier.low > 0.05


def test_weights_that_have_become_nan_leave_a_run_that_can_be_read(tmp_path):
    x, y = np.full((64, 2), 100.0, np.float32), np.ones((64, 1), np.float32)
    trained = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(4), keras.layers.Dense(1)])
    trained.compile(kescape.sgd_momentum(50.0), loss="mse")
    ledger, recorder = kescape.EscapeLedger(x, y), kescape.RunRecorder(tmp_path / "run")
    trained.fit(x, y, epochs=3, verbose=0, callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger, recorder])

    assert np.isnan(trained.get_weights()[0]).all()
    with kescape.open_run(recorder.folder) as run:
        row = run.escapes()[-1]
    assert row.verdict == "crossed, worse"
    assert (row.barrier, row.loss_after, row.distance, row.cosine) == (np.inf, np.inf, np.inf, 0)
    assert row.barrier_words() == "The loss between them is not finite"


def test_beside_a_recorder_the_rows_are_in_its_run(tmp_path):
    ledger, recorder = kescape.EscapeLedger(X, Y), kescape.RunRecorder(tmp_path / "run")
    trained = model()
    for _ in range(2):
        fit(trained, [kescape.SGDR(t_0=1, t_mult=1), ledger, recorder], 3)
        with kescape.open_run(recorder.folder) as run:
            escapes, events = run.escapes(), run.events()
        assert escapes[-2:] == ledger.rows
    # The second fit is the run's second segment: its steps follow.
    assert [row.step for row in escapes] == [8, 16, 32, 40]
    verdicts = [event for event in events if event.kind == "verdict"]
    assert len(verdicts) == 4
    assert SENTENCES[escapes[0].verdict] in verdicts[0].text
    assert verdicts[0].text.startswith("Restart 1: ")


def test_two_classes_by_one_output_disagree_where_they_lie_on_both_sides_of_a_half():
    """With a sigmoid, the classes of the kept weights are those above 0.5 by Keras' own prediction."""
    keras.utils.set_random_seed(1)
    hidden = [keras.layers.Dense(8, "tanh"), keras.layers.Dense(1, "sigmoid")]
    trained = keras.Sequential([keras.layers.Input((4,)), *hidden])
    trained.compile(kescape.sgd_momentum(0.5), loss="binary_crossentropy")
    ledger, keep = kescape.EscapeLedger(X, Y, rows=256), Keep()
    fit(trained, [kescape.SGDR(t_0=1, t_mult=1), ledger, keep], 2)

    classes = []
    for weights in keep.weights:
        trained.set_weights(weights)
        classes.append(trained.predict(X, verbose=0)[:, 0] > 0.5)
    assert 0 < ledger.rows[0].disagreement == (classes[0] != classes[1]).mean()


def test_a_second_fit_is_judged_by_the_loss_that_the_model_is_compiled_with_then():
    """The mean absolute error in the place of the squared one; each as Keras evaluates it."""
    trained = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    ledger = kescape.EscapeLedger(X, X[:, 0], rows=256)
    for loss in ("mse", "mae"):
        trained.compile(kescape.sgd_momentum(0.01), loss=loss)
        trained.fit(X, X[:, 0], epochs=2, verbose=0, callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger])
        assert ledger.rows[0].loss_after == pytest.approx(trained.evaluate(X, X[:, 0], verbose=0), rel=1e-4)


def test_distance_and_cosine_are_of_the_weights_that_are_trained():
    """The first layer is frozen, and statistics of batch normalisation are not trained."""
    trained, keep = model(normalised=True), Keep()
    trained.layers[0].trainable = False
    trained.compile(kescape.sgd_momentum(0.1), loss=trained.loss)
    ledger = kescape.EscapeLedger(X, Y)
    fit(trained, [kescape.SGDR(t_0=1, t_mult=1), ledger, keep], 2)

    ids = [id(variable) for variable in trained.trainable_variables]
    places = [place for place, variable in enumerate(trained.weights) if id(variable) in ids]
    assert len(places) == len(trained.weights) - 4
    a, b = (np.concatenate([weights[place].ravel() for place in places]) for weights in keep.weights)
    assert ledger.rows[0].distance == pytest.approx(np.linalg.norm(b - a), rel=1e-5)
    assert ledger.rows[0].cosine == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), rel=1e-5)


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_model_of_which_nothing_is_trained_stays_where_it_is():
    trained = model()
    trained.trainable = False
    trained.compile(kescape.sgd_momentum(0.1), loss=trained.loss)
    ledger = kescape.EscapeLedger(X, Y)
    fit(trained, [kescape.SGDR(t_0=1, t_mult=1), ledger], 2)
    (row,) = ledger.rows
    assert (row.distance, row.barrier, row.disagreement, row.verdict) == (0, 0, 0, "stuck")


class Counted:
    """Stands for a data set in a file: an array that tells how many rows were read of it."""

    def __init__(self, values):
        self._values, self.read = values, 0
        self.shape, self.dtype = values.shape, values.dtype

    def __len__(self):
        return len(self._values)

    def __getitem__(self, chosen):
        found = self._values[chosen]
        self.read += len(found)
        return found

    def __array__(self, *arguments, **more):
        raise AssertionError("all of it was read")


def test_of_large_data_only_the_rows_that_are_looked_at_are_read():
    x, y = Counted(X), Counted(Y)
    ledger = kescape.EscapeLedger(x, y, rows=40)
    fit(model(), [kescape.SGDR(t_0=1, t_mult=1), ledger], 4)
    assert len(ledger.rows) == 3
    assert (x.read, y.read) == (40, 40)


def test_the_rows_of_tensors_and_tables_are_those_of_the_arrays():
    """What `fit` takes: the same draw gives the same loss."""

    class Table:
        """As those of pandas, which give columns where no rows are asked for."""

        shape, iloc = X.shape, X

    found = []
    for x, y in ((X, Y), (keras.ops.convert_to_tensor(X), keras.ops.convert_to_tensor(Y)), (Table(), Y)):
        ledger = kescape.EscapeLedger(x, y, rows=40)
        fit(model(), [kescape.SGDR(t_0=1, t_mult=1), ledger], 2)
        found.append(ledger.rows[0].losses)
    assert found[0] == found[1] == found[2]


def test_regression_has_no_classes_to_disagree_on():
    trained = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    trained.compile(kescape.sgd_momentum(0.01), loss="mse")
    ledger = kescape.EscapeLedger(X, X[:, 0])
    trained.fit(X, X[:, 0], epochs=2, verbose=0, callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger])
    assert ledger.rows[0].disagreement is None


def test_a_short_name_of_a_loss_tells_classes_too():
    trained = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1, "sigmoid")])
    trained.compile(kescape.sgd_momentum(0.01), loss="bce")
    ledger = kescape.EscapeLedger(X, Y)
    trained.fit(X, Y, epochs=2, verbose=0, callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger])
    assert 0 <= ledger.rows[0].disagreement <= 1


def test_a_training_that_explodes_is_judged_all_the_same():
    """Infinite weights: the loss on the line is not finite, and the verdict says so instead of ending the fit."""
    trained = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    trained.compile(kescape.sgd_momentum(1e20), loss="mse")
    ledger = kescape.EscapeLedger(X, X[:, 0])
    trained.fit(X, X[:, 0], epochs=2, verbose=0, callbacks=[kescape.SGDR(t_0=1, t_mult=1), ledger])
    (row,) = ledger.rows
    assert row.barrier == np.inf
    assert row.verdict == "crossed, worse"
    assert "not finite" in row.barrier_words()
    # Nothing has been crossed, as far as anybody knows.
    assert row.sentence() == "The loss at one of the two minima is not finite: nothing can be said of a barrier."


def test_wrong_use_is_refused_by_name():
    with pytest.raises(ValueError, match=r"rows must be >= 1.*got rows=0"):
        kescape.EscapeLedger(X, Y, rows=0)
    with pytest.raises(ValueError, match=r"points must be >= 3.*got points=2"):
        kescape.EscapeLedger(X, Y, points=2)
    with pytest.raises(ValueError, match=r"every must be >= 1.*got every=0"):
        kescape.EscapeLedger(X, Y, every=0)
    with pytest.raises(ValueError, match="EscapeLedger needs cycles"):
        fit(model(), [kescape.EscapeLedger(X, Y)], 1)
    without = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1, activity_regularizer="l2")])
    without.compile(kescape.sgd_momentum(0.1))
    with pytest.raises(ValueError, match="EscapeLedger needs a model that is compiled with a loss"):
        fit(without, [kescape.SGDR(t_0=1), kescape.EscapeLedger(X, Y)], 1)


def test_tensors_are_as_good_as_arrays():
    rows = []
    for convert in (np.asarray, keras.ops.convert_to_tensor):
        ledger = kescape.EscapeLedger(convert(X), convert(Y))
        fit(model(), [kescape.SGDR(t_0=1, t_mult=1), ledger], 2)
        rows.append(ledger.rows[0])
    assert rows[0].losses == rows[1].losses


def test_an_epoch_takes_the_time_of_its_steps_without_that_of_the_validation(monkeypatch):
    """By a clock that goes on by 1 each time it is read: at both ends of the epoch and of the validation in it."""
    reads = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: next(reads))
    monkeypatch.setattr("kescape.callbacks.escape_ledger.time", clock)
    ledger = kescape.EscapeLedger(X, Y)
    fit(model(), [kescape.SGDR(t_0=1, t_mult=1), ledger], 2, validation_split=0.2)
    assert ledger.rows[0].seconds / ledger.rows[0].epochs == pytest.approx(3 - 1)


@pytest.mark.parametrize(
    ("x", "y", "sentence"),
    [
        (X, Y[:-1], r"x and y must have as many rows, >= 1, because they belong together; got \[255, 256\]"),
        (X[:0], Y[:0], r"x and y must have as many rows, >= 1, because they belong together; got \[0\]"),
        (X, None, "x and y must be arrays with their rows first.*got NoneType"),
        (X.tolist(), Y, "x and y must be arrays with their rows first.*got float"),
        (((row, 0) for row in X), Y, "x and y must be arrays with their rows first.*got generator"),
    ],
)
def test_data_without_rows_is_refused_before_anything_is_trained(x, y, sentence):
    with pytest.raises(ValueError, match=sentence):
        kescape.EscapeLedger(x, y)
