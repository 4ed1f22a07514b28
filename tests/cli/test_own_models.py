"""Models of the user's on the command line: what is found in a file, and who says yes to code."""

import json
import zipfile

import pytest

from kescape.cli import consent as asking
from kescape.cli import train
from kescape.cli.main import run
from kescape.models.consent import is_allowed

CODE = """\
import keras
# \x1b[31mX = 1


def build_model(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a file of code and one of Keras that takes (13,) and gives 3 numbers."""
    (tmp_path / "net.py").write_text(CODE)
    layers = [
        {"module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": [None, 13], "name": "in"}},
        {"module": "keras.layers", "class_name": "Dense", "config": {"name": "out", "units": 3}},
    ]
    config = {"module": "keras", "class_name": "Sequential", "config": {"name": "net", "layers": layers}}
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", "")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_engine(monkeypatch):
    """A run is prepared and no engine started."""
    monkeypatch.setattr(train, "follow_training", lambda engine, folder, config: 0)
    monkeypatch.setattr("kescape.engine.launch.spawn_engine", lambda folder: None)


def test_what_is_found_in_a_file(folder, capsys):
    assert run(["models", "net.keras"]) == 0
    assert run(["models", "net.py:build_model"]) == 0
    assert run(["models", "lstm"]) == 0
    text = capsys.readouterr().out

    assert f"{folder}/net.keras: a Keras model of 2 layers\ninputs   (13,)\noutputs  3\nfits     wine\n" in text
    assert f"{folder}/net.py: build_model, line 5\nNot allowed to be run yet" in text
    assert "19,338" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--model", "net.keras"],
            "expects inputs of shape (13,), not inputs of shape (2,), which dataset='spirals' has",
        ),
        (["--model", "net.keras", "--dataset", "wine", "--schedule", "sgd"], "did you mean sgdr?"),
        (["--model", "missing.keras"], "missing.keras cannot be read: No such file"),
        (["--model", "net.py"], "must be followed by the function that builds the model"),
        (["--model", "net.py:build"], "did you mean build_model?"),
        (["--model", "net.py:build_model"], "look at it, then add --allow-code"),
        (["--model", "mpl"], "got model='mpl'; did you mean mlp?"),
    ],
)
def test_wrong_use_is_one_sentence_and_makes_no_run(folder, capsys, arguments, sentence):
    assert run(["train", *arguments, "--runs", "runs"]) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert err.startswith("kescape: ")
    assert err.count("\n") == 1
    assert sentence in err
    assert not (folder / "runs").exists()


def test_a_bad_file_is_named_by_models_too(folder, capsys):
    (folder / "bad.keras").write_text("nothing")

    assert run(["models", "bad.keras"]) == 2
    assert capsys.readouterr().err == (
        f"kescape: {folder}/bad.keras is not a .keras file, or damaged: File is not a zip file\n"
    )


def test_a_relative_path_in_a_file_of_settings_starts_from_there(
    folder, capsys, no_engine, tmp_path_factory, monkeypatch
):
    (folder / "settings.toml").write_text('model = "net.keras"\ndataset = "wine"\n')
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    assert run(["train", str(folder / "settings.toml"), "--name", "first"]) == 0
    assert capsys.readouterr().out.startswith("first  net.keras on wine, 18 steps an epoch\n")


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("YES", 0), ("", 2), ("n", 2), (None, 2)])
def test_a_terminal_is_asked_once_and_shows_what_it_is_about(folder, capsys, monkeypatch, no_engine, answer, code):
    def answered(question):
        asked.append(question)
        if answer is None:
            raise EOFError
        return answer

    asked = []
    monkeypatch.setattr(asking, "_is_a_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", answered)
    arguments = ["train", "--model", "net.py:build_model", "--runs", "runs"]

    assert run(arguments) == code
    out, err = capsys.readouterr()
    assert f"{folder}/net.py: {len(CODE)} bytes, 6 lines of Python\n  | import keras\n  | # ?[31mX = 1\n" in out
    assert asked == ["Run it? It can do whatever you can. build_model begins in line 5. [y/N] "]
    assert (err == "") == (code == 0)
    assert is_allowed(folder / "net.py") == (code == 0)
    assert (folder / "runs").exists() == (code == 0)

    if code == 0:
        assert run(arguments) == 0
        assert len(asked) == 1
        (folder / "net.py").write_text(CODE + "# changed\n")
        run(arguments)
        assert len(asked) == 2


def test_allow_code_says_yes_where_nobody_can_be_asked(folder, no_engine):
    assert run(["train", "--model", "net.py:build_model", "--allow-code", "--runs", "runs"]) == 0
    assert is_allowed(folder / "net.py")
    assert run(["train", "--model", "net.py:build_model", "--runs", "runs"]) == 0
