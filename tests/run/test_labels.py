"""Tags and notes that people give a run afterwards."""

import json
import os
import sys

import pytest

from kescape.run.errors import RunUnwritable
from kescape.run.importing import import_run
from kescape.run.labels import Labels, read_labels, split_tags, write_labels
from kescape.run.listing import list_runs
from kescape.run.reader import open_run


def test_what_is_written_is_read(tmp_path):
    labels = Labels(("keep", "größer", "η=0.1"), "Zwei\nZeilen, and an emoji 🙂.")

    write_labels(tmp_path, labels)

    assert read_labels(tmp_path) == labels
    assert json.loads((tmp_path / "labels.json").read_text("utf-8")) == {
        "tags": ["keep", "größer", "η=0.1"],
        "note": "Zwei\nZeilen, and an emoji 🙂.",
    }
    assert [entry.name for entry in tmp_path.iterdir()] == ["labels.json"]


def test_labels_that_are_taken_away_leave_no_file(tmp_path):
    write_labels(tmp_path, Labels(("keep",)))
    write_labels(tmp_path, Labels())

    assert list(tmp_path.iterdir()) == []
    assert read_labels(tmp_path) == Labels()


def test_tags_keep_their_order_and_come_once():
    assert split_tags("  b, a b,,a\tc\n") == ("b", "a", "c")
    assert Labels(("b", "a"), "n").with_tags(add=("c", "a"), remove=("b", "unknown")) == Labels(("a", "c"), "n")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"tags": ("a b",)}, "a tag must be one word, because spaces and commas separate tags; got 'a b'"),
        ({"tags": ("",)}, "a tag must be one word"),
        ({"tags": ("a\x1b[2J",)}, "a tag must be one word"),
        ({"tags": ("x" * 41,)}, "at most 40 characters"),
        ({"tags": ("a", "a")}, "only once"),
        ({"tags": tuple(map(str, range(21)))}, "at most 20 tags; got 21"),
        ({"note": "x" * 4001}, "at most 4,000 characters; got 4,001"),
    ],
)
def test_what_is_no_label_is_refused(labels, said):
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Labels(**labels)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "codec"),
        (b"{", "Expecting"),
        (b"[]", "it holds no object"),
        (b'{"tags": "keep"}', "tags must be a list of words"),
        (b'{"tags": [1]}', "tags must be a list of words"),
        (b'{"note": null}', "the note a text"),
        (b'{"tags": ["two words"]}', "must be one word"),
        (b"[" * 50_000, "recursion"),
        (b'{"note": "' + b"x" * 70_000 + b'"}', "longer than 65,536 bytes"),
    ],
)
def test_a_foreign_file_is_no_label_and_a_sentence(tmp_path, content, said):
    (tmp_path / "labels.json").write_bytes(content)

    labels = read_labels(tmp_path)

    assert (labels.tags, labels.note) == ((), "")
    assert labels.problem.startswith(repr(str(tmp_path / "labels.json")))
    assert said in labels.problem
    assert labels.problem.endswith(".")

    write_labels(tmp_path, Labels(("new",)))

    assert read_labels(tmp_path) == Labels(("new",))
    assert (tmp_path / "labels-unreadable.json").read_bytes() == content


def test_a_folder_in_its_place_is_a_sentence(tmp_path):
    (tmp_path / "labels.json").mkdir()

    assert "cannot be read" in read_labels(tmp_path).problem


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="nothing keeps this user from writing")
def test_a_folder_that_cannot_be_written_keeps_its_labels(tmp_path):
    write_labels(tmp_path, Labels(("old",)))
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunUnwritable, match="cannot be written: Permission denied"):
            write_labels(tmp_path, Labels(("new",)))
    finally:
        tmp_path.chmod(0o700)
    assert read_labels(tmp_path) == Labels(("old",))


def test_a_folder_that_is_gone_is_a_sentence(tmp_path):
    with pytest.raises(RunUnwritable, match="The labels of 'gone' cannot be written"):
        write_labels(tmp_path / "gone", Labels(("new",)))


def test_the_list_knows_them_as_soon_as_they_are_written(recorded, tmp_path):
    """An ended run is read only once, its labels again when they change."""
    assert list_runs(tmp_path)[0].labels == Labels()

    write_labels(recorded, Labels(("keep",), "why"))
    assert list_runs(tmp_path)[0].labels == Labels(("keep",), "why")

    write_labels(recorded, Labels())
    assert list_runs(tmp_path)[0].labels == Labels()


def test_a_run_that_cannot_be_read_keeps_its_labels(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.db").write_bytes(b"no database" * 100)
    write_labels(tmp_path / "bad", Labels(("look-at-it",)))

    [bad] = list_runs(tmp_path)

    assert bad.problem is not None
    assert bad.labels.tags == ("look-at-it",)


def test_a_zip_takes_them_along(recorded, tmp_path):
    write_labels(recorded, Labels(("keep",), "why"))
    with open_run(recorded) as run:
        run.export(tmp_path / "whole.zip")

    import_run(tmp_path / "whole.zip", runs=tmp_path / "other").close()

    assert read_labels(tmp_path / "other" / "whole") == Labels(("keep",), "why")
