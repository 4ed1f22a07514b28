"""Tables of the user's: what is found in them, what is left out and said, what is refused and how."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from kescape.data import table
from kescape.data.errors import DataError
from kescape.data.facts import facts
from kescape.data.load import load
from kescape.data.table import column_names

HOUSES = """area,built,kind,garden,id,country,price
50,2001-05-01,flat,true,1,CH,200.5
80,1990-01-01,house,false,2,CH,300.25
,1970-01-02,house,true,3,CH,280
120,1970-01-01,villa,NA,4,CH,
95,2020-02-29,,true,5,CH,410
70,2010-10-10,flat,false,6,CH,255.5
"""


def test_every_column_is_found_out_and_said(write):
    """Five of six rows have a price; 'villa' is only in the sixth."""
    known = facts(write(HOUSES))

    assert (known.rows, known.shape, known.task, known.outputs) == (5, (5,), "regression", 1)
    assert known.target == "price"
    assert [(c.name, c.kind, c.missing, c.categories) for c in known.columns] == [
        ("area", "number", 1, ()),
        ("built", "date", 0, ()),
        ("kind", "text", 1, ("flat", "house")),
        ("garden", "boolean", 0, ()),
    ]
    assert known.notes[:2] == ("The target is 'price', the last column.", "1 row without a target left out.")
    assert "price' of house é.csv holds numbers from 200.5 to 410" in known.notes[2]
    assert known.notes[3:] == (
        "1 column of numbers, standardised: area.",
        "1 column of true and false, as 1 and 0, standardised: garden.",
        "1 column of dates, as days, standardised: built.",
        "1 column of categories, one input for each value: kind (2).",
        "Missing numbers take the median of the rows trained on: area (1).",
        "Missing categories are all zeros: kind (1).",
        "'id' left out: another whole number in each row, which only names the rows.",
        "'country' left out: the same in every row.",
    )


def test_numbers_are_standardised_and_categories_are_one_hot_with_what_the_training_part_knows(write):
    """Nothing held out: the medians, means and deviations are those of all five rows, by hand."""
    split = load(write(HOUSES), seed=1, validation_fraction=0.0, target="price")

    area = np.array([50, 80, 75, 95, 70])  # the median of 50, 80, 95, 70 in the place of the missing one
    days = np.array([11443, 7305, 1, 18321, 14892])  # since 1970-01-01
    kind = np.array([[1, 0], [0, 1], [0, 1], [0, 0], [1, 0]])
    garden = np.array([1, 0, 1, 1, 0])
    price = np.array([200.5, 300.25, 280, 410, 255.5])

    def standardised(values):
        return (values - values.mean()) / values.std()

    expected = np.column_stack([standardised(area), standardised(days), kind, standardised(garden)])
    order = np.lexsort(expected.T)
    found = np.lexsort(split.x_train.T)
    assert np.allclose(split.x_train[found], expected[order], atol=1e-6)
    assert np.allclose(split.y_train[found, 0], standardised(price)[order], atol=1e-6)
    assert split.y_train.dtype == np.float32


@pytest.mark.parametrize(
    ("header", "target", "how"),
    [
        ("a,Class,b", "Class", "by its name"),
        ("label,target,b", "target", "by its name"),
        ("a,b,c", "c", "the last column"),
        ("y,b,c", "y", "by its name"),
    ],
)
def test_the_target_is_found_by_name_or_is_the_last_column(write, header, target, how):
    known = facts(write(header + "\n" + "\n".join(f"{i % 2},{i % 2},{i % 2}" for i in range(6))))

    assert known.target == target
    assert known.notes[0] == f"The target is {target!r}, {how}."


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"] * 5, "classification"),
        (["True", "False"] * 5, "classification"),
        ([0, 1] * 5, "classification"),
        ([1.0, 2.0] * 5, "classification"),
        (list(range(10)), "regression"),  # ten different whole numbers in ten rows
        ([0.5, 1.5] * 5, "regression"),
        (list(range(21)) * 3, "regression"),  # more than twenty
        (list(range(20)) * 3, "classification"),
    ],
)
def test_the_task_is_found_from_the_target(write, values, task):
    path = write("x,y\n" + "\n".join(f"{i},{value}" for i, value in enumerate(values)))

    assert facts(path).task == task


def test_the_task_can_be_said(write):
    path = write("x,y\n" + "\n".join(f"{i},{i % 3}" for i in range(12)))

    assert facts(path).class_names == ("0", "1", "2")
    assert facts(path).class_counts == (4, 4, 4)
    assert facts(path, task="regression").outputs == 1


def test_the_columns_are_known_from_the_head_alone(tmp_path, write):
    """Names in their order; what is wrong further down is nobody's business here."""
    assert column_names(Path(write("b;a;y\n1;2;3\n"))) == ("b", "a", "y")
    assert column_names(Path(write("b,a\n1,2\n3\n"))) == ("b", "a")
    pl.DataFrame({"q": [1], "p": ["x"]}).write_parquet(tmp_path / "a.parquet")
    assert column_names(tmp_path / "a.parquet") == ("q", "p")
    (tmp_path / "b.parquet").write_bytes(b"none")
    with pytest.raises(DataError, match=r"b\.parquet is not a Parquet file"):
        column_names(tmp_path / "b.parquet")


def test_a_parquet_file_is_read_as_the_same_csv_file_is(tmp_path, write):
    frame = pl.DataFrame({"x": [1.5, 2.5, None, 4.0] * 3, "k": ["a", "b", "b", None] * 3, "y": ["u", "v"] * 6})
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")

    first, second = (load(str(tmp_path / name), seed=2, validation_fraction=0.25) for name in ("a.parquet", "a.csv"))
    assert np.array_equal(first.x_train, second.x_train)
    assert np.array_equal(first.y_val, second.y_val)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b,y\n1,2,3\n4,5\n6,7,8\n", "line 3: has only 2 cells, but the first line has 3"),
        ('a,b,y\n1,"2",3\n4,5\n6,7,8\n', "line 3: has only 2 cells, but the first line has 3"),
        ('a,b,y\n1,"2\n2",3\n\n4,5\n6,7,8\n', "line 5: has only 2 cells, but the first line has 3"),
        ("a,b,y\r1,2,3\r\r4,5\r6,7,8\r", "line 4: has only 2 cells, but the first line has 3"),
        ("a,b,y\n1,2,3\n4,5,6,7\n", "line 3: has 4 cells, but the first line has 3"),
        ("a,b,a\n1,2,3\n", "line 1: the names of columns must differ"),
        ("", "is empty"),
        ("a,y\n1,x\n2,caf\xe9\n".encode("latin-1"), "line 3: is not text in UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("a,y\n1,2\n".encode("utf-16"), "is text in UTF-16; save it as UTF-8"),
        (b"a,y\n1,2\0\n", "is not a text file: it has a zero byte in line 2"),
        ('a,y\n1,"x\n2,y\n', "line 2: the quotes do not match"),
        ("a,y\n", "has 0 rows with a target"),
        ("a,y\n1,x\n2,x\n", "must hold at least 2 classes"),
        ("a,y\n1,0.5\n2,0.5\n", "is the same number in every row, 0.5"),
        ("a,y\n3,0.5\n3,1.5\n", "has no column to learn from beside its target. 'a' left out: the same in every row."),
        ("y\n1\n2\n", "has no column to learn from beside its target 'y'"),
        ("a,y\n1,1e308\n2,-1e308\n3,5.5\n", "holds numbers too large to be learned"),
    ],
)
def test_a_file_that_cannot_be_trained_on_is_one_sentence(write, content, sentence):
    with pytest.raises(DataError) as caught:
        facts(write(content))
    assert sentence in str(caught.value)
    assert "house é.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_facts_are_read_again_when_the_file_has_changed(write):
    path = write("a,y\n1,u\n2,v\n")
    assert facts(path) is facts(path)

    write("a,y\n1,u\n2,v\n3,v\n")
    assert facts(path).rows == 3


def test_parquet_columns_of_every_type_are_understood_or_left_out(tmp_path):
    """Days since 1970: 2024-03-01 is day 19783, and half past noon is .520833 of a day."""
    rows = 6
    moment = dt.datetime(2024, 3, 1, 12, 30)  # noqa: DTZ001 (one without a zone is meant)
    frame = pl.DataFrame(
        {
            "whole": pl.Series(range(rows), dtype=pl.UInt8),
            "money": pl.Series([f"{i}.25" for i in range(rows)]).cast(pl.Decimal(10, 2)),
            "moment": [moment + dt.timedelta(i) for i in range(rows)],
            "zoned": pl.Series([moment + dt.timedelta(i) for i in range(rows)]).dt.replace_time_zone("Europe/Zurich"),
            "kind": pl.Series(["a", "b"] * 3, dtype=pl.Categorical),
            "list": [[1, 2]] * rows,
            "empty": [None] * rows,
            "y": [True, False] * 3,
        }
    )
    frame.write_parquet(tmp_path / "types.parquet")
    known = facts(str(tmp_path / "types.parquet"))

    assert {c.name: (c.kind, c.low, c.high) for c in known.columns} == {
        "whole": ("number", 0, 5),
        "money": ("number", 0.25, 5.25),
        "moment": ("date", pytest.approx(19783.520833, abs=1e-6), pytest.approx(19788.520833, abs=1e-6)),
        "zoned": ("date", pytest.approx(19783.479167, abs=1e-6), pytest.approx(19788.479167, abs=1e-6)),
        "kind": ("text", 0, 0),
    }
    assert known.class_names == ("false", "true")
    assert "'list' left out: List(Int64) is neither a number nor text." in known.notes
    assert "'empty' left out: the same in every row." in known.notes


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ("1.5,2,u\n3,4,v\n5,6,u\n", ["column_1", "column_2"]),  # no header: a number over each column of numbers
        ("0,0,u\n3,4,v\n5,6,u\n", ["column_1", "column_2"]),  # numbers that repeat
        ("2019,2020,kind\n3,4,v\n5,6,u\n", ["2019", "2020"]),  # years are names
        ("a;b;kind\n1,5;2;u\n2,5;3;v\n", ["a", "b"]),  # a decimal comma
        ("a\tb\tkind\n1\t2\tu\n3\t4\tv\n", ["a", "b"]),
        ("a,b,kind\r\n1,2,u\r\n3,4,v\r\n", ["a", "b"]),
        ("a,b,kind\r1,2,u\r3,4,v\r", ["a", "b"]),
        ("\ufeffa, b ,kind\n1, 2,u\n 3,4,v\n", ["a", "b"]),
        ("a,b,kind\n1,2,u\n\n3,4,v\n\n", ["a", "b"]),  # blank lines
        ("a,b,kind,\n1,2,u,\n3,4,v,\n", ["a", "b"]),  # a separator at the end of each line
        ('a,"b",kind\n1,"2",u\n"3",4,"v\n"\n', ["a", "b"]),
        ("a,b,kind\n1,2,u\n3,4,v\n5,6,\n7,8,\n", ["a", "b"]),  # the last cell may be empty
        ('a,b,kind\n1,2,u\n3,4,"v"\n5,6,\n7,,\n', ["a", "b"]),
        ("a,b,note,kind\n1,2,x\u2028y,u\n3,4,x\u2028y,v\n5,6,x\u2028y,\n", ["a", "b"]),
    ],
)
def test_files_are_written_in_many_ways(write, content, names):
    known = facts(write(content))

    assert [(column.name, column.kind) for column in known.columns] == [(name, "number") for name in names]
    assert known.class_names == ("u", "v")


def test_a_numeric_column_with_a_word_in_it_is_left_out_and_the_word_is_named(write):
    known = facts(write("a,b,kind\n" + "".join(f"{i},{i if i != 17 else 'abc'},{'uv'[i % 2]}\n" for i in range(60))))

    assert [column.name for column in known.columns] == ["a"]
    assert "'b' left out: no number in 1 row of an else numeric column, but 'abc' and the like." in known.notes


def test_a_single_row_of_a_class_is_learned(write):
    path = write("a,kind\n" + "".join(f"{i},{'uv'[i % 2]}\n" for i in range(20)) + "3,rare\n")
    split = load(path, seed=1, validation_fraction=0.5)

    assert "A class with a single row cannot be both learned and judged: rare." in facts(path).notes[1]
    assert 0 in split.y_train
    assert split.preprocessing.class_names == ("rare", "u", "v")


def test_raw_rows_of_another_kind_are_refused_by_column_and_row(write):
    """Columns that were left out need not be there; an unknown category is all zeros."""
    preprocessing = load(write(HOUSES), seed=1, validation_fraction=0.0).preprocessing
    rows = {"area": [60, None], "built": ["2001-05-01", "1.2.2003"], "kind": ["villa", "flat"], "garden": [True, "no"]}

    with pytest.raises(DataError, match=r"column 'garden' must hold true or false in each row; got 'no' in row 2"):
        preprocessing.inputs(rows)
    assert preprocessing.inputs({**rows, "garden": [True, None]})[:, 2:4].tolist() == [[0, 0], [1, 0]]
    with pytest.raises(DataError, match="the rows must have a column 'built'"):
        preprocessing.inputs({"area": [60]})


def test_a_file_larger_than_memory_is_refused_before_it_is_read(write, tmp_path, monkeypatch):
    monkeypatch.setattr(table, "MOST_BYTES", 100)
    pl.DataFrame({"a": range(50), "kind": ["u", "v"] * 25}).write_parquet(tmp_path / "a.parquet")

    with pytest.raises(DataError, match="is too large to be kept in memory: it has 50 rows of 2 columns"):
        facts(str(tmp_path / "a.parquet"))
    with pytest.raises(DataError, match="is too large to be kept in memory"):
        facts(write("a,kind\n" + "1,u\n2,v\n" * 50))
