"""TensorBoard folders, read back by TensorBoard's own reader."""

import numpy as np
from tensorboard.backend.event_processing import event_accumulator

from kescape.run.export.tables import step_table
from kescape.run.reader import open_run


def read(folder):
    """What TensorBoard knows of a folder, without thinning."""
    reader = event_accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    return reader


def test_every_step_and_epoch_arrives(recorded, tmp_path):
    with open_run(recorded) as run:
        run.export(tmp_path / "tb", format="tensorboard")
        table, epochs, created = step_table(run), run.epochs(), run.created

    reader = read(tmp_path / "tb")

    assert sorted(reader.Tags()["scalars"]) == ["cycle", "epoch_loss", "learning_rate", "loss", "momentum"]
    for tag in ("cycle", "learning_rate", "loss", "momentum"):
        scalars = reader.Scalars(tag)
        assert [scalar.step for scalar in scalars] == list(range(70))
        assert [scalar.wall_time for scalar in scalars] == (created + table["time"]).tolist()
        np.testing.assert_array_equal([scalar.value for scalar in scalars], table[tag].astype(np.float32))
    assert [(s.step, s.value) for s in reader.Scalars("epoch_loss")] == [
        (row.epoch, np.float32(row.values["loss"])) for row in epochs
    ]
    # Of the same name in a folder of its own, as Keras has it: TensorBoard draws both into one chart.
    validation = read(tmp_path / "tb" / "validation")
    assert validation.Tags()["scalars"] == ["epoch_loss"]
    assert [s.value for s in validation.Scalars("epoch_loss")] == [np.float32(2 / (1 + epoch)) for epoch in range(7)]


def test_settings_and_events_are_texts(recorded, tmp_path):
    with open_run(recorded) as run:
        run.export(tmp_path / "tb.tensorboard")

    reader = read(tmp_path / "tb.tensorboard")

    [settings] = reader.Tensors("settings")
    assert "| momentum | 0.9 |" in settings.tensor_proto.string_val[0].decode().splitlines()
    assert [(event.step, event.tensor_proto.string_val[0].decode()) for event in reader.Tensors("events")] == [
        (35, "something")
    ]


def test_epochs_that_are_counted_anew_do_not_go_back(open_writer, steps, tmp_path):
    """A second fit counts its epochs from 0; TensorBoard would draw a line back to them."""
    for first in (0, 20):
        writer = open_writer(steps_per_epoch=10, resume=first > 0)
        writer.append(steps(first, 20))
        for epoch in range(2):
            writer.epoch(epoch, first + epoch * 10 + 9, {"loss": first + epoch})
        writer.end("finished")
        writer.close()
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "tb.tensorboard")

    reader = read(tmp_path / "tb.tensorboard")

    assert [(scalar.step, scalar.value) for scalar in reader.Scalars("epoch_loss")] == [
        (0, 0),
        (1, 1),
        (2, 20),
        (3, 21),
    ]
    assert not (tmp_path / "tb.tensorboard" / "validation").exists()
    assert len(reader.Scalars("loss")) == 40


def test_neither_tensorboard_nor_tensorflow_is_needed(recorded, tmp_path):
    import subprocess
    import sys

    code = (
        "import sys\n"
        "from kescape.run.reader import open_run\n"
        f"open_run({str(recorded)!r}).export({str(tmp_path / 'a.tensorboard')!r})\n"
        "print([name for name in ('tensorboard', 'tensorflow', 'keras', 'google.protobuf') if name in sys.modules])\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
