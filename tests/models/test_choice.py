"""Which model a word means: a name, a file, a function in a file."""

import pytest

from kescape.models.choice import find_model, located_model, short_name
from kescape.models.errors import ModelUnusable


def test_a_relative_path_starts_from_the_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))

    assert located_model("small.keras") == str(tmp_path / "small.keras")
    assert located_model("nets/../net.py:make", "/data") == "/data/net.py:make"
    assert located_model("~/small.keras") == str(tmp_path / "me" / "small.keras")
    assert located_model("/x/small.keras", "/data") == "/x/small.keras"
    assert located_model("resnet20", "/data") == "resnet20"
    assert located_model("rsenet", "/data") == "rsenet"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("wrn16-4", "wrn16-4"),
        ("/a/small net.keras", "small-net"),
        ("/a/my.net.py:make", "my.net"),
        ("/a/" + "é" * 100 + ".keras", "é" * 60),
        ("/a/<>.keras", "own"),
    ],
)
def test_a_run_is_named_after_the_file(model, name):
    assert short_name(model) == name


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("resent20", "did you mean resnet20?"),
        ("net.py", "net.py must be followed by the function that builds the model: net.py:build_model"),
        ("net.py:", "net.py must be followed by the function"),
        (
            "/x/weights.h5",
            "model must be a .keras file or file.py:function where it is a path; got model='/x/weights.h5'",
        ),
        ("", "got model=''"),
        ("a\0.keras", "cannot be read: embedded null"),
    ],
)
def test_what_is_no_model_is_said(model, sentence):
    with pytest.raises(ModelUnusable) as caught:
        find_model(model)
    assert sentence in str(caught.value)
