"""Event files, checked against TensorBoard's own reader and writer and against a known checksum."""

import struct

import numpy as np
import pytest

from kescape.run import event_file
from kescape.run.event_file import (
    BrokenEventFile,
    Scalar,
    read_scalars,
    text_event,
    version_event,
    write_records,
    write_scalars,
)

STEPS = np.array([0, 1, 127, 128, 16_383, 16_384, 2**40], np.int64)
LOSS = np.array([3.5, np.nan, np.inf, -0.0, 1e-40, 0.1, -2.0], np.float32)
RATE = np.array([0.1, 0.05, 3.2e-11, 1 / 3, 0.0, 1e-320, 1e300])


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "events.out.tfevents.1700000000.kescape"
    with path.open("wb") as file:
        write_records(file, [version_event(1.7e9), text_event(1.7e9, 5, "events", "Größe: **3**")])
        write_scalars(file, 1.7e9 + STEPS * 0.25, STEPS, {"loss": LOSS, "learning_rate": RATE})
    return path


def test_the_checksum_is_crc_32c():
    """The check value of CRC-32C is 0xE3069283 (RFC 3720, for the digits 1 to 9); masked as TensorFlow does."""
    crc = 0xE3069283
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    assert event_file._checksum(b"123456789") == masked
    rows = np.frombuffer(b"123456789" * 3, np.uint8).reshape(3, 9)
    assert event_file._row_checksums(rows).tolist() == [masked] * 3


def test_tensorboard_reads_every_value(written):
    """Every step, time and value, the odd ones too, as the float32 that an event file holds; and the text."""
    from tensorboard.backend.event_processing import event_accumulator

    reader = event_accumulator.EventAccumulator(str(written), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()

    assert sorted(reader.Tags()["scalars"]) == ["learning_rate", "loss"]
    for tag, values in (("loss", LOSS), ("learning_rate", RATE)):
        scalars = reader.Scalars(tag)
        assert [scalar.step for scalar in scalars] == STEPS.tolist()
        assert [scalar.wall_time for scalar in scalars] == (1.7e9 + STEPS * 0.25).tolist()
        with np.errstate(over="ignore"):
            expected = values.astype(np.float32)
        np.testing.assert_array_equal(np.array([scalar.value for scalar in scalars], np.float32), expected)
    [text] = reader.Tensors("events")
    assert (text.step, text.tensor_proto.string_val[0].decode()) == (5, "Größe: **3**")
    assert reader.SummaryMetadata("events").plugin_data.plugin_name == "text"


def test_what_is_written_is_read_again(written):
    scalars, cut = read_scalars(written)

    assert not cut
    assert [(s.tag, s.step) for s in scalars] == [(tag, s) for s in STEPS.tolist() for tag in ("loss", "learning_rate")]
    np.testing.assert_array_equal([s.value for s in scalars if s.tag == "loss"], LOSS)


@pytest.mark.parametrize(
    ("dtype", "number"),
    [("float32", 0.5), ("float64", 1 / 3), ("int32", -7), ("int64", -(2**40)), ("int64", 300), ("float32", 0.0)],
)
@pytest.mark.parametrize("packed", ["one by one", "raw bytes"])
def test_tensors_of_one_number_are_read(tmp_path, dtype, number, packed):
    """As TensorBoard's own protocol buffers write them, in both forms."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.util.tensor_util import make_tensor_proto

    tensor = make_tensor_proto(np.array(number, dtype))
    if packed == "raw bytes":
        tensor.ClearField({"float32": "float_val", "float64": "double_val", "int32": "int_val"}.get(dtype, "int64_val"))
        tensor.tensor_content = np.array(number, dtype).tobytes()
    event = Event(wall_time=12.5, step=3)
    value = event.summary.value.add(tag="epoch_loss", tensor=tensor)
    value.metadata.plugin_data.plugin_name = "scalars"
    # What is no scalar is left out.
    event.summary.value.add(tag="weights", tensor=make_tensor_proto(np.ones(4, dtype)))
    event.summary.value.add(tag="words", tensor=make_tensor_proto("text"))
    with (tmp_path / "e").open("wb") as file:
        write_records(file, [version_event(1.0), event.SerializeToString()])

    assert read_scalars(tmp_path / "e") == ([Scalar("epoch_loss", 3, 12.5, float(np.array(number, dtype)))], False)


def test_a_record_that_was_cut_off_is_said(written):
    """A training that was killed leaves one; everything before it is read."""
    whole = written.read_bytes()
    all_scalars, _ = read_scalars(written)
    for missing in (1, 5, 40):
        written.write_bytes(whole[:-missing])
        scalars, cut = read_scalars(written)
        assert cut
        assert repr(scalars) == repr(all_scalars[:-2])


def test_damage_is_named_with_its_byte(written):
    data = bytearray(written.read_bytes())
    first = 16 + struct.unpack("<Q", data[:8])[0]

    for place, sentence in ((3, "length at byte 0"), (14, "record at byte 0"), (first + 20, f"record at byte {first}")):
        broken = bytearray(data)
        broken[place] ^= 0x10
        written.write_bytes(broken)
        with pytest.raises(BrokenEventFile, match=sentence):
            read_scalars(written)


@pytest.mark.parametrize(
    "data",
    [b"\x0a\x05ab", b"\xff" * 12, b"\x2a\x03\x0a\xff\x01", b"\x0b", b"\x2a", b"\x08\x05", b"\x12\x00", b"\x28\x01"],
)
def test_bytes_that_are_no_event(tmp_path, data):
    with (tmp_path / "e").open("wb") as file:
        write_records(file, [version_event(1.0), data])

    with pytest.raises(BrokenEventFile, match="record at byte 40 is no event"):
        read_scalars(tmp_path / "e")
