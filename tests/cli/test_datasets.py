"""`kescape datasets`: the list, a look at a file, and wrong use of it."""

import numpy as np
import pytest

from kescape.cli.main import run

KINDS = ("tulip", "rose", "rose")

FLOWERS = "id,length,colour,made,note,kind\n" + "".join(
    f"{i},{'' if i == 4 else i / 4},{('red', 'blue')[i % 2]},2024-02-{i % 28 + 1:02d},flower no {i},{KINDS[i % 3]}\n"
    for i in range(60)
)


@pytest.fixture
def flowers(tmp_path, monkeypatch):
    (tmp_path / "flowers.csv").write_text(FLOWERS)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "flowers.csv"


def test_the_list_says_what_there_is_and_what_files_are_understood(capsys):
    assert run(["datasets"]) == 0
    text = capsys.readouterr().out

    for name in ("spirals", "breast_cancer", "mnist", "cifar100"):
        assert f"\n{name} " in text
    assert "Keras downloads it." in text
    for suffix in (".csv .tsv .parquet", ".npz", "folder"):
        assert f"\n{suffix} " in text


def test_a_file_is_shown_with_what_was_found(flowers, capsys):
    assert run(["datasets", "flowers.csv"]) == 0
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]

    assert lines[:3] == [
        "flowers.csv  60 rows, inputs of 4, 2 classes",
        str(flowers),
        "The target is 'kind', the last column.",
    ]
    assert "'note' left out: text with 60 different values, an identity or free text." in lines
    table = lines.index("class   rows")
    assert lines[table + 1].split()[:2] == ["rose", "40"]
    assert lines[table + 1].count("▇") == 2 * lines[table + 2].count("▇") == 24
    assert [line.split() for line in lines if line.startswith(("length ", "made ", "colour "))] == [
        ["length", "numbers", "1", "1", "0", "to", "14.75"],
        ["colour", "categories", "2", "blue,", "red"],
        ["made", "dates", "1", "2024-02-01", "to", "2024-02-28"],
    ]
    rows = next(i for i, line in enumerate(lines) if line.split() == ["kind", "id", "length", "colour", "made", "note"])
    assert lines[rows + 1].split() == ["tulip", "0", "0.0", "red", "2024-02-01", "flower", "no", "0"]


def test_another_target_makes_another_task(flowers, capsys):
    assert run(["datasets", "flowers.csv", "--target", "length"]) == 0
    text = capsys.readouterr().out

    assert text.startswith("flowers.csv  59 rows, inputs of 5, regression of 1 number\n")
    assert "1 row without a target left out." in text


def test_a_wide_table_is_cut_to_the_terminal(tmp_path, monkeypatch, capsys):
    path = tmp_path / "wide.csv"
    path.write_text(
        ",".join(f"column{i}" for i in range(60)) + "\n" + ("1.5," * 59 + "2.5\n" + "2.5," * 59 + "9\n") * 3
    )

    assert run(["datasets", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    tables = lines[lines.index("") :]
    assert max(map(len, tables)) <= 200
    assert lines[-1].rstrip().endswith("...")
    assert "39 more" in "\n".join(lines)


def test_a_named_set_is_shown_too(capsys):
    assert run(["datasets", "moons"]) == 0
    assert capsys.readouterr().out.startswith("Two moons  1,000 rows, inputs of 2, 2 classes\n")
    assert run(["datasets", "cifar10"]) == 0
    assert "60,000 rows, 10,000 of them for validation, inputs of 32 x 32 x 3" in capsys.readouterr().out


def test_an_npz_file_is_shown(tmp_path, capsys):
    np.savez(tmp_path / "a.npz", x=np.arange(12.0).reshape(6, 2), y=[0.5, 1, 2, 3, 4, 5])

    assert run(["datasets", str(tmp_path / "a.npz")]) == 0
    assert capsys.readouterr().out.startswith("a.npz  6 rows, inputs of 2, regression of 1 number\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["flower.csv"], "There is no file or folder "),
        (["spiral"], "did you mean spirals?"),
        (
            ["flowers.csv", "--target", "Kind"],
            "; got target='Kind'; did you mean kind?",
        ),
        (
            ["flowers.csv", "--target", "price"],
            "one of the columns of flowers.csv, id, length, colour, made, note, kind; got",
        ),
        (["flowers.csv", "--task", "guess"], "--task must be one of auto, classification, regression; got 'guess'"),
        (["flowers.csv", "--task", "regression"], "holds text, which a regression cannot learn; classification can"),
        (["flowers.csv", "--image-size", "8"], "image_size resizes the images of a folder"),
        (["digits", "--target", "y"], "target names a column of a table, and dataset='digits' has none"),
        (["flowers.csv", "--image-size", "0"], "Invalid value for '--image-size'"),
    ],
)
def test_wrong_use_is_one_sentence(flowers, arguments, sentence, capsys):
    assert run(["datasets", *arguments]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,y\n1\n2,x\n", "flowers.csv, line 2: has only 1 cell, but the first line has 2"),
        ("a,y\n1,x\n2,x\n", "column 'y' of flowers.csv must hold at least 2 classes"),
        ("", "flowers.csv is empty"),
    ],
)
def test_a_bad_file_stops_a_training_before_it_begins(flowers, content, sentence, capsys):
    """Exit code 2, nothing written."""
    flowers.write_text(content)

    assert run(["train", "--dataset", "flowers.csv", "--runs", "runs"]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert err.count("\n") == 1
    assert out == ""
    assert [entry.name for entry in flowers.parent.iterdir()] == ["flowers.csv"]


def test_without_a_network_a_training_is_not_begun(tmp_path, monkeypatch, capsys):
    from kescape.data import download

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    missing = download._Download("https://kescape.invalid/mnist.npz", ("mnist.npz",))
    monkeypatch.setitem(download._DOWNLOADS, "mnist", missing)

    assert run(["train", "--dataset", "mnist", "--model", "cnn", "--runs", str(tmp_path / "runs")]) == 1
    assert "has to be downloaded once, and kescape.invalid cannot be reached" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
