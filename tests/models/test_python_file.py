"""Python files that build a model: what is known without running them, and consent to run them."""

import pytest

from kescape.models import consent
from kescape.models.errors import CodeNotAllowed, ModelUnusable
from kescape.models.python_file import read_python_file

GOOD = "raise SystemExit('this file was run')\n\ndef build_model(input_shape, outputs):\n    pass\n"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(GOOD)
    return path


def test_a_file_is_looked_at_and_never_run(path):
    file = read_python_file(path, "build_model")

    assert (file.title, file.line) == ("net.py:build_model", 3)
    assert file.problem_with((8, 8, 1), 10) is None


@pytest.mark.parametrize(
    "signature", ["a, b", "a, b, c=1", "a, b=2, *, d=4", "a, /, b", "*shapes", "a, b, **more", "a=1, b=2"]
)
def test_every_function_that_takes_two_arguments_will_do(tmp_path, signature):
    (tmp_path / "net.py").write_text(f"def make({signature}): ...")

    assert read_python_file(tmp_path / "net.py", "make").function == "make"


@pytest.mark.parametrize("signature", ["", "a", "a, b, c", "a, b, *, c", "*, a, b", "**more"])
def test_a_function_that_does_not_is_refused_with_its_line(tmp_path, signature):
    (tmp_path / "net.py").write_text(f"\ndef make({signature}): ...")

    with pytest.raises(ModelUnusable, match=r"net.py, line 2: make must take two arguments, .*; got make\("):
        read_python_file(tmp_path / "net.py", "make")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (b"def build_model(a, b:\n", "net.py, line 1: '\\(' was never closed"),
        (b"import os\n", "must define build_model\\(input_shape, outputs\\) at its top level; it defines no function"),
        (b"def build_modle(a, b): ...", "did you mean build_modle"),
        (b"def f(a, b): ...\ndef g(a, b): ...", "it defines f, g"),
        (b"class A:\n def build_model(self, b): ...", "it defines no function at all"),
        (b"x = '\xff'\n", "net.py"),
        (b"a\0b", "net.py"),
        (b"(" * 5000, "net.py"),
        (b"#" * (2**20 + 1), "net.py is larger than 1048576 bytes"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, source, sentence):
    (tmp_path / "net.py").write_bytes(source)

    with pytest.raises(ModelUnusable, match=sentence) as caught:
        read_python_file(tmp_path / "net.py", "build_model")
    assert "\n" not in str(caught.value)


def test_a_folder_and_nothing_at_all_are_refused(tmp_path):
    with pytest.raises(ModelUnusable, match="is not a file"):
        read_python_file(tmp_path, "build_model")
    with pytest.raises(ModelUnusable, match="cannot be read: No such file"):
        read_python_file(tmp_path / "none.py", "build_model")


def test_nobody_has_said_yes_to_begin_with(path):
    assert not consent.is_allowed(path)
    with pytest.raises(CodeNotAllowed, match=r"net\.py is Python code, run only after you have said yes to it"):
        consent.check_allowed(path)


def test_a_yes_holds_for_the_file_as_it_is(path, tmp_path):
    """Not for the same content elsewhere, and not for another content; for the old content again, it does."""
    consent.allow(path)
    (tmp_path / "copy.py").write_text(GOOD)

    assert consent.is_allowed(path)
    assert not consent.is_allowed(tmp_path / "copy.py")
    path.write_text(GOOD + "#")
    assert not consent.is_allowed(path)
    path.write_text(GOOD)
    assert consent.is_allowed(path)


def test_a_yes_is_to_what_was_seen(path):
    """The file changes between the look and the yes: the yes is worth nothing for the new content."""
    seen = consent.fingerprint(path.read_bytes())
    path.write_text("import os\n")
    consent.allow(path, seen)

    assert not consent.is_allowed(path)


def test_the_fingerprint_is_the_sha_256(tmp_path):
    """That of "abc", from FIPS 180-4."""
    (tmp_path / "abc.py").write_bytes(b"abc")

    assert consent.fingerprint(tmp_path / "abc.py") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


def test_a_note_that_cannot_be_written_is_said(path, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KESCAPE_HOME", str(tmp_path / "file"))

    with pytest.raises(ModelUnusable, match=r"That .*net.py may be run could not be noted in "):
        consent.allow(path)
    assert not consent.is_allowed(path)
