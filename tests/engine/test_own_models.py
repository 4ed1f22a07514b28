"""Models of the user's in training: files in safe mode, functions after consent, and what is refused before a step."""

import json
import random
import zipfile

import keras
import numpy as np
import pytest

import kescape
from kescape.config import ConfigError, RunConfig
from kescape.engine.assemble import loaded_data
from kescape.engine.go_on import ask_to_go_on
from kescape.engine.trainer import train_folder
from kescape.models.consent import fingerprint
from kescape.models.errors import CodeNotAllowed, ModelUnusable
from kescape.run.errors import CannotGoOn

SMALL = RunConfig(dataset="moons", epochs=2, t_0=1, batch_size=100, eta_max=0.1)
"""800 rows to train on: 8 steps an epoch."""

CODE = """
import pathlib

import keras

pathlib.Path(__file__).with_suffix(".was-run").touch()


def build_model(input_shape, outputs):
    inputs = keras.Input(input_shape)
    x = keras.layers.Dropout(0.1)(keras.layers.Dense(8, activation="tanh")(inputs))
    return keras.Model(inputs, keras.layers.Dense(outputs)(x))


def nothing(input_shape, outputs):
    pass


def a_class(input_shape, outputs):
    return keras.Model


def unbuilt(input_shape, outputs):
    return keras.Sequential([keras.layers.Dense(outputs)])


def of_other_outputs(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs + 1)])


def of_other_inputs(input_shape, outputs):
    return keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(outputs)])


def of_two_outputs(input_shape, outputs):
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, [keras.layers.Dense(outputs)(inputs), keras.layers.Dense(outputs)(inputs)])


def frozen(input_shape, outputs):
    model = build_model(input_shape, outputs)
    model.trainable = False
    return model


def failing_in_keras(input_shape, outputs):
    inputs = keras.Input(input_shape)
    return keras.layers.Conv2D(3, 3)(inputs)


def failing(input_shape, outputs):
    return 1 / 0


def leaving(input_shape, outputs):
    raise SystemExit(3)


def importing(input_shape, outputs):
    import helper_beside_it


class Net(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.layer = keras.layers.Dense(outputs, activation="softmax")

    def call(self, inputs):
        return self.layer(inputs)


class KeptNet(Net):
    def get_config(self):
        return {"outputs": self.layer.units}


def unkept(input_shape, outputs):
    model = Net(outputs)
    model(keras.Input(input_shape))
    return model


def subclass(input_shape, outputs):
    model = KeptNet(outputs)
    model(keras.Input(input_shape))
    model.compile("adam", "categorical_crossentropy")
    return model
"""


@pytest.fixture
def code(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(CODE)
    (tmp_path / "helper_beside_it.py").write_text("")
    return path


def losses(config, folder, **options):
    with kescape.train(config, runs=folder, **options) as run:
        assert run.status == "finished"
        return run.curves()["loss"]


def test_a_file_is_trained_on_from_its_weights_with_its_loss(tmp_path):
    """The first loss is that of the saved model, smoothed labels and all."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile("adam", keras.losses.BinaryCrossentropy(label_smoothing=0.2))
    model.save(tmp_path / "net.keras")
    config = SMALL.changed(model=str(tmp_path / "net.keras"), batch_size=800)

    first = losses(config, tmp_path / "runs")[0]
    data = loaded_data(config)
    expected = model.evaluate(data.x_train, data.y_train, batch_size=800, verbose=0)
    assert first == pytest.approx(expected, rel=1e-5)


def test_dropout_of_a_file_follows_the_seed_of_the_run(tmp_path):
    keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(16, "relu"), keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(2)]
    ).save(tmp_path / "net.keras")
    models = [kescape.build_model(str(tmp_path / "net.keras"), (2,), 2, seed) for seed in (1, 1, 2)]
    first, again, other = (model(np.ones((64, 2)), training=True).numpy() for model in models)

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_file_of_wrong_weights_is_refused_in_one_line(tmp_path):
    """Whole as a zip, and what config.json says is not what the weights are."""
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save(tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for number, weights in enumerate((b"no HDF5", members["model.weights.h5"][:2000])):
        path = tmp_path / f"bad{number}.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, weights if name == "model.weights.h5" else content)

        with pytest.raises(ModelUnusable, match=rf"bad{number}.keras cannot be loaded by Keras") as caught:
            kescape.build_model(str(path), (2,), 2)
        assert "\n" not in str(caught.value)


def test_code_is_run_only_after_a_yes_and_again_after_each_change(code, tmp_path):
    config = SMALL.changed(model=f"{code}:build_model")
    mark = code.with_suffix(".was-run")

    with pytest.raises(CodeNotAllowed, match=r"net\.py is Python code, run only after you have said yes"):
        kescape.train(config, runs=tmp_path / "runs")
    with pytest.raises(CodeNotAllowed):
        kescape.build_model(config.model, (2,), 2)
    assert not mark.exists()
    assert not (tmp_path / "runs").exists()

    first = losses(config, tmp_path / "runs", allow_code=True)
    assert mark.exists()
    # The yes is kept, and the seed decides the weights of layers that were given none.
    np.testing.assert_array_equal(losses(config, tmp_path / "runs"), first)
    assert losses(config.changed(seed=2), tmp_path / "runs")[0] != first[0]

    code.write_text(CODE + "\n")
    with pytest.raises(CodeNotAllowed):
        kescape.train(config, runs=tmp_path / "runs")


def test_a_model_that_is_a_class_is_trained_and_its_unfit_loss_is_replaced_aloud(code, tmp_path):
    config = SMALL.changed(model=f"{code}:subclass")
    with kescape.train(config, runs=tmp_path, allow_code=True) as run:
        built, event = (event for event in run.events() if event.kind == "model")

        assert run.status == "finished"
        assert run.name == "moons-net-sgdr"
        assert built.data == {"sha256": fingerprint(code)}
        assert event.text.endswith("does not fit the data or the model's outputs; it is trained with "
                                   "SparseCategoricalCrossentropy.")  # fmt: skip
        assert run.curves()["loss"][0] == pytest.approx(np.log(2), rel=0.8)


def test_a_run_goes_on_with_the_file_it_began_with_and_no_other(code, tmp_path):
    """Trained for longer, bit for bit what it would have been; refused once the file is another."""
    config = SMALL.changed(model=f"{code}:build_model", deterministic=True)
    with kescape.train(config.changed(epochs=3), runs=tmp_path, allow_code=True) as run:
        whole = run.curves()["loss"].tolist()
    with kescape.train(config.changed(epochs=1), runs=tmp_path, name="short") as run:
        folder = run.path
    ask_to_go_on(folder, epochs=3)
    train_folder(folder)
    with kescape.open_run(folder) as run:
        assert run.curves()["loss"].tolist() == whole

    code.write_text(CODE + "# another\n")
    with pytest.raises(CannotGoOn, match=r"because its model has changed: .*net.py:build_model is not what it was"):
        ask_to_go_on(folder, epochs=4)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("nothing", "must give a keras.Model; got None"),
        ("a_class", "must give a keras.Model; got the class Model"),
        ("unbuilt", "must give a model that is built, because its first weights are where training starts; begin"),
        ("of_other_outputs", "has outputs of shape (3,), not one for each of 2 classes, which the data has"),
        (
            "of_other_inputs",
            "expects inputs of shape (28, 28, 1), not inputs of shape (2,), which the data has",
        ),
        ("of_two_outputs", "must have one output, because data has one target; got a list of 2"),
        (
            "unkept",
            "could not be saved after its training, because Keras cannot write it down; give each of its classes a",
        ),
        ("frozen", "has no weights that can be trained"),
        ("failing_in_keras", "net.py, line 48, in failing_in_keras: ValueError: Input 0 with name"),
        ("failing", "net.py, line 52, in failing: ZeroDivisionError: division by zero"),
        ("leaving", "net.py, line 56, in leaving: SystemExit: 3"),
        (
            "importing",
            "net.py, line 60, in importing: ModuleNotFoundError: No module named 'helper_beside_it' (packages",
        ),
    ],
)
def test_what_cannot_be_trained_ends_the_run_with_one_line(code, tmp_path, function, sentence):
    config = SMALL.changed(model=f"{code}:{function}")

    with pytest.raises(ModelUnusable):
        kescape.train(config, runs=tmp_path, name="bad", allow_code=True)
    with kescape.open_run(tmp_path / "bad") as run:
        assert run.status == "failed"
        assert sentence in run.error
        assert str(code) in run.error
        assert "\n" not in run.error
        assert run.steps == 0


def test_a_file_that_does_not_fit_is_refused_before_a_run_is_made(tmp_path):
    keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten(), keras.layers.Dense(10)]).save(
        tmp_path / "net.keras"
    )

    sentence = r"expects inputs of shape \(28, 28, 1\), not inputs of shape \(8, 8, 1\), which dataset='digits' has"
    with pytest.raises(ConfigError, match=sentence):
        SMALL.changed(dataset="digits", model=str(tmp_path / "net.keras"))


def test_a_hundred_wrong_configurations_of_whole_files_are_loaded_or_refused_in_one_line(tmp_path):
    """One value at random is of another kind; what passes the first look is Keras' to judge, in the same words."""
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 3)(inputs))
    x = keras.layers.Flatten()(keras.layers.Add()([x, keras.layers.ReLU()(x)]))
    keras.Model(inputs, keras.layers.Dense(10)(x)).save(tmp_path / "whole.keras")
    with zipfile.ZipFile(tmp_path / "whole.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}

    def spots(value):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            yield value, key
            yield from spots(inner)

    def refusal(path):
        try:
            kescape.build_model(str(path), (8, 8, 1), 10)
        except ModelUnusable as error:
            return str(error)
        return None

    wrong = [None, True, -1, 0, 7, 0.5, "", "relu", [], [[]], {}, {"class_name": "Dense"}, [None], "__class__"]
    refused = 0
    for seed in range(100):
        generator = random.Random(seed)
        config = json.loads(members["config.json"])
        holder, key = generator.choice(list(spots(config)))
        holder[key] = generator.choice(wrong)
        path = tmp_path / f"{seed}.keras"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, json.dumps(config) if name == "config.json" else content)

        sentence = refusal(path)
        assert sentence is None or ("\n" not in sentence and str(path) in sentence)
        refused += sentence is not None
    assert refused > 40
