"""Files that were changed at random, from seeds: each is trained on or refused in one sentence that names the file."""

import io
import random

import numpy as np
import polars as pl
import pytest

from kescape.data.errors import DataError
from kescape.data.facts import facts
from kescape.data.load import load

NAMES = ("red", "blue", "white")

TABLE = "id,name,area,built,garden,price\n" + "".join(
    f"{i},{NAMES[i % 3]},{i * 1.5 if i % 7 else ''},20{i % 20 + 10}-01-{i % 27 + 1:02d},{i % 2 == 0},{i * 3.25}\n"
    for i in range(40)
)
QUOTED = 'a,"b ""x""",c\n' + "".join(f'{i},"t{i % 3}, u",{"yes" if i % 2 else "no"}\n' for i in range(30))
DECIMAL_COMMA = "a;b;y\n" + "".join(f"{i},5;{i % 4};{i % 2}\n" for i in range(30))


def arrays(save):
    buffer = io.BytesIO()
    x, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
    save(buffer, x_train=x, y_train=y, x_val=x[:6] + 1, y_val=y[:6])
    return buffer.getvalue()


CSV = [text.encode() for text in (TABLE, QUOTED, DECIMAL_COMMA)]
NPZ = [arrays(np.savez), arrays(np.savez_compressed)]

PIECES = [
    piece.encode()
    for piece in (
        *(",", "\n", '"', ";", "\0", "\r", "\t", " ", "", "NaN", "inf", "1e999", "-", "None", "9" * 400, "0x10", "1,5"),
        *("\ufeff", "\U0001f600", "target", "price", "2020-13-45", "true", "''"),
    )
] + [b"\xff", b"\x93NUMPY", b"PK\x01\x02"]


def changed(random_numbers, content):
    """The content with one to twenty changes: bits, bytes, pieces put in, taken out, doubled, lines shuffled."""
    content = bytearray(content)
    for _ in range(random_numbers.choice([1, 1, 2, 5, 20])):
        at = random_numbers.randrange(len(content) + 1)
        match random_numbers.randrange(7):
            case 0 if at < len(content):
                content[at] = random_numbers.randrange(256)
            case 1 if at < len(content):
                content[at] ^= 1 << random_numbers.randrange(8)
            case 2:
                del content[at : at + random_numbers.choice([1, 3, 30, 300])]
            case 3:
                del content[at:]
            case 4:
                content[at:at] = content[: random_numbers.choice([5, 50])]
            case 5:
                lines = bytes(content).split(b"\n")
                random_numbers.shuffle(lines)
                content = bytearray(b"\n".join(lines))
            case _:
                content[at:at] = random_numbers.choice(PIECES)
    return bytes(content)


def outcome_of(path):
    """None for a file that can be trained on, else the sentence that refuses it."""
    try:
        known = facts(str(path))
        split = load(str(path), seed=1, validation_fraction=0.2)
    except DataError as error:
        return str(error)
    assert (len(split.x_train), len(split.x_val)) == known.parts(0.2), path.name
    assert split.x_train.shape[1:] == known.shape, path.name
    assert np.isfinite(split.x_train).all(), path.name
    assert np.isfinite(split.x_val).all(), path.name
    return None


@pytest.mark.parametrize(("contents", "suffix", "count"), [(CSV, ".csv", 600), (NPZ, ".npz", 500)])
def test_a_changed_file_is_trained_on_or_refused_in_a_sentence(tmp_path, contents, suffix, count):
    refused = 0
    for seed in range(count):
        numbers = random.Random(seed)
        path = tmp_path / f"seed {seed}{suffix}"
        path.write_bytes(changed(numbers, numbers.choice(contents)))
        sentence = outcome_of(path)
        if sentence is not None:
            refused += 1
            assert path.name in sentence
            assert sentence.isprintable()
            assert len(sentence) < 500
        path.unlink()

    assert 0 < refused < count  # the changes are neither harmless nor fatal throughout


def test_a_parquet_file_that_cannot_be_decoded_is_refused_by_a_child(tmp_path):
    """Decoding some of these ends the process, for polars asks for more memory than there is."""
    path = tmp_path / "mine.parquet"
    pl.read_csv(io.BytesIO(TABLE.encode())).write_parquet(path)
    whole = path.read_bytes()
    assert outcome_of(path) is None
    refused = 0
    for seed in range(5):
        at = random.Random(seed).randrange(4, len(whole) // 2)
        path.write_bytes(whole[:at] + bytes(8) + whole[at + 8 :])
        sentence = outcome_of(path)
        refused += sentence is not None and sentence.startswith(f"{path} is not a whole Parquet file: ")
    assert refused
