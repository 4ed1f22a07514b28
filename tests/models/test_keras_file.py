"""What is known of a .keras file before Keras loads it, and what is refused there and then."""

import json
import random
import zipfile

import keras
import pytest

from kescape.models.errors import ModelUnusable
from kescape.models.keras_file import read_keras_file

SHAPE = (8, 8, 1)


def sequential():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(2, 3, kernel_regularizer=keras.regularizers.L2(1e-4)),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def nested():
    """A model in a model, an operation, and a last layer that keeps the shape."""
    inputs = keras.Input(SHAPE)
    x = keras.ops.pad(sequential()(inputs), [[0, 0], [0, 1]])
    return keras.Model(inputs, keras.layers.Softmax()(x))


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "small.keras"
    model = sequential()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.save(path)
    return path


def config_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def write(path, config, weights=b"weights", compression=zipfile.ZIP_STORED):
    """A .keras file with this configuration: text as it is, else as JSON."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", config if isinstance(config, (str, bytes)) else json.dumps(config))
        archive.writestr("model.weights.h5", weights)
    return path


def test_shapes_and_loss_are_read(saved):
    file = read_keras_file(saved)

    assert (file.title, file.input_shape, file.outputs, file.layers) == ("small.keras", SHAPE, 10, 5)
    assert file.loss == "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("make", "input_shape", "outputs"),
    [
        (nested, SHAPE, 11),
        (lambda: keras.Sequential([keras.Input((None, 6)), keras.layers.LSTM(4), keras.layers.Dense(1)]), (None, 6), 1),
        (lambda: keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.ReLU()]), (4,), 3),
        # A last layer of another kind: its outputs are known once it is loaded.
        (lambda: keras.Sequential([keras.Input((7, 4)), keras.layers.GlobalAveragePooling1D()]), (7, 4), None),
    ],
)
def test_models_of_every_make_are_read(tmp_path, make, input_shape, outputs):
    path = tmp_path / "model.keras"
    make().save(path)

    file = read_keras_file(path)
    assert (file.input_shape, file.outputs) == (input_shape, outputs)


def test_what_does_not_fit_is_said_with_both_shapes(saved):
    file = read_keras_file(saved)

    assert file.problem_with(SHAPE, 10) is None
    assert file.problem_with((13,), 10) == "expects inputs of shape (8, 8, 1), not inputs of shape (13,)"
    assert file.problem_with(SHAPE, 3) == "has outputs of shape (10,), not one for each of 3 classes"
    assert file.problem_with(SHAPE, 1, "regression") == "has outputs of shape (10,), not one for the number to be met"


class Mine(keras.layers.Layer):
    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("layer", "sentence"),
    [
        (lambda: keras.layers.Lambda(lambda x: x), "layer 'bad': Lambda is Python code, which is not run from a model"),
        (lambda: Mine(), r"layer 'bad': the class 'Mine' is not one of Keras' own, and its code is not in the file"),
    ],
)
def test_code_is_refused(tmp_path, layer, sentence):
    bad = layer()
    bad.name = "bad"
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((4,)), bad, keras.layers.Dense(2)]).save(path)

    with pytest.raises(ModelUnusable, match=sentence):
        read_keras_file(path)


@pytest.mark.parametrize(
    "part",
    [
        {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {"name": "bad"}},
        {"module": "keras.layers", "class_name": "TFSMLayer", "config": {"name": "bad", "filepath": "/tmp/x"}},
        {
            "module": "keras.layers",
            "class_name": "StringLookup",
            "config": {"name": "bad", "vocabulary": "/etc/passwd"},
        },
        {"module": "os", "class_name": "system", "config": {"name": "bad"}},
        {"module": "keras.utils", "class_name": "get_file", "config": {"name": "bad"}},
        {"module": "keras.src.utils.python_utils", "class_name": "func_load", "config": {"name": "bad"}},
        {"module": None, "class_name": "Anything", "config": {"name": "bad"}, "registered_name": "Custom>Anything"},
        {"class_name": "__lambda__", "config": {"name": "bad", "value": "x"}},
        {"class_name": ["Dense"], "config": {"name": "bad"}},
    ],
)
def test_code_is_refused_wherever_it_hides(saved, tmp_path, part):
    """As a layer, and deep inside the settings of one."""
    for hide in (
        lambda layers: layers.append(part),
        lambda layers: layers[1]["config"].update(kernel_initializer=part),
    ):
        config = config_of(saved)
        hide(config["config"]["layers"])

        with pytest.raises(ModelUnusable, match="layer 'bad': "):
            read_keras_file(write(tmp_path / f"{len(list(tmp_path.iterdir()))}.keras", config))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "config.json, line 1, column 2: Expecting property name"),
        ("[]", r"config.json: must be a dictionary; got \[\]"),
        ("{}", "must describe a Sequential or a Functional model with layers"),
        ("[" * 100_000, "config.json: nested too deeply"),
        ('{"a": 1' + "0" * 5000 + "}", "config.json: Exceeds the limit"),
        (b"\xff\xff", "config.json: not text in UTF-8"),
        ('{"class_name": "Sequential", "config": {"layers": [3]}}', "every layer must be a dictionary"),
    ],
)
def test_a_malformed_configuration_is_said_with_its_place(tmp_path, text, sentence):
    with pytest.raises(ModelUnusable, match=sentence):
        read_keras_file(write(tmp_path / "model.keras", text))


def test_two_inputs_or_a_fixed_batch_are_refused(saved, tmp_path):
    config = config_of(saved)
    config["config"]["layers"][0]["config"]["batch_shape"][0] = 32
    with pytest.raises(ModelUnusable, match="made for batches of exactly 32 rows"):
        read_keras_file(write(tmp_path / "fixed.keras", config))

    one, two = keras.Input((4,)), keras.Input((4,))
    keras.Model([one, two], keras.layers.Dense(2)(keras.layers.Add()([one, two]))).save(tmp_path / "two.keras")
    with pytest.raises(ModelUnusable, match="must have one input to be trained here, because data has one; it has 2"):
        read_keras_file(tmp_path / "two.keras")


def test_bombs_and_what_is_no_model_are_refused(saved, tmp_path):
    bomb = write(tmp_path / "bomb.keras", config_of(saved), bytes(10_000_000), zipfile.ZIP_DEFLATED)
    with pytest.raises(ModelUnusable, match=r"'model.weights.h5': would unpack to more than 100 times its size"):
        read_keras_file(bomb)
    (tmp_path / "text.keras").write_text("no zip at all")
    with pytest.raises(ModelUnusable, match=r"is not a \.keras file, or damaged: File is not a zip file"):
        read_keras_file(tmp_path / "text.keras")
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ModelUnusable, match=r"is not a \.keras file: it has no config\.json"):
        read_keras_file(tmp_path / "other.keras")
    with pytest.raises(ModelUnusable, match="is not a file"):
        read_keras_file(tmp_path)
    with pytest.raises(ModelUnusable, match="cannot be read: No such file"):
        read_keras_file(tmp_path / "none.keras")
    with pytest.raises(ModelUnusable, match="cannot be read: embedded null"):
        read_keras_file(tmp_path / "a\0b.keras")


def said_in_one_line(path):
    """Whether the file is refused; then it is in one line that names it."""
    said = None
    try:
        read_keras_file(path)
    except ModelUnusable as error:
        said = str(error)
    assert said is None or (str(path) in said and "\n" not in said)
    return said is not None


def test_a_thousand_damaged_files_get_one_sentence_each(saved, tmp_path):
    """Bytes flipped, cut off, put in, swapped: each is refused in one line, or it is not damaged where it counts."""
    whole, refused = saved.read_bytes(), 0
    for seed in range(1000):
        generator = random.Random(seed)
        damaged = bytearray(whole)
        at = generator.randrange(len(damaged))
        match seed % 4:
            case 0:
                damaged[at] ^= 1 << generator.randrange(8)
            case 1:
                del damaged[at:]
            case 2:
                damaged[at:at] = generator.randbytes(generator.randrange(1, 50))
            case 3:
                damaged[at : at + 20] = generator.randbytes(20)
        path = tmp_path / f"{seed}.keras"
        path.write_bytes(damaged)
        refused += said_in_one_line(path)
        path.unlink()
    assert refused > 950


def test_a_thousand_wrong_configurations_get_one_sentence_each(saved, tmp_path):
    """In a zip that is whole, one value at random is replaced by one of another kind. Some are still models."""
    wrong = [None, True, -1, 10**20, 0.5, "", "x" * 100, [], [[]], {}, {"class_name": "Dense"}, [None], "__class__"]

    def spots(value):
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            yield value, key
            yield from spots(inner)

    text = json.dumps(config_of(saved))
    for seed in range(1000):
        generator = random.Random(seed)
        config = json.loads(text)
        holder, key = generator.choice(list(spots(config)))
        holder[key] = generator.choice(wrong)
        path = write(tmp_path / f"{seed}.keras", config)
        said_in_one_line(path)
        path.unlink()


def test_a_file_is_read_again_when_it_has_changed(saved, tmp_path):
    path = write(tmp_path / "model.keras", config_of(saved))
    assert read_keras_file(path) is read_keras_file(path)

    config = config_of(saved)
    config["config"]["layers"][-1]["config"]["units"] = 345
    write(path, config)
    assert read_keras_file(path).outputs == 345
