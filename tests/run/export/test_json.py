"""JSON that any parser takes."""

import json
import math

import numpy as np

from kescape.run.reader import open_run
from kescape.schedule import CosineRestarts, plan_from_dict


def _strict(path):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(path.read_bytes().decode("utf-8"), parse_constant=refuse)


def test_everything_is_in_it(recorded, tmp_path):
    with open_run(recorded) as run:
        run.export(tmp_path / "a.json")
        curves = run.curves()

    content = _strict(tmp_path / "a.json")

    assert content["status"] == "finished"
    assert content["config"]["dataset"] == "spirals"
    assert plan_from_dict(content["plan"]) == CosineRestarts(1, 2, 0.1, 0.001)
    assert content["steps_per_epoch"] == 10
    assert content["epochs"][1] == {**content["epochs"][1], "epoch": 1, "last_step": 19, "val_loss": 1.0}
    assert content["events"][0]["data"] == {"a": 1}
    assert content["columns"][0]["unit"] == "epochs"
    assert content["created"].endswith("+00:00")
    assert content["curves"].keys() == curves.keys()
    for name, values in curves.items():
        assert np.array(content["curves"][name], values.dtype).tobytes() == values.tobytes()


def test_what_is_not_finite_is_null(open_writer, steps, tmp_path):
    """RFC 8259 knows neither NaN nor infinity; text keeps its letters."""
    writer = open_writer(config={"model": "kleiner Löwe"})
    values = steps(0, 3)
    values["loss"] = np.array([1.5, np.nan, np.inf], np.float32)
    writer.append(values)
    writer.epoch(0, 2, {"loss": math.nan})
    writer.plan_edit(2, "restart")
    writer.flush()

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.json")

    content = _strict(tmp_path / "a.json")
    assert content["curves"]["loss"] == [1.5, None, None]
    assert content["epochs"][0]["loss"] is None
    assert content["config"]["model"] == "kleiner Löwe"
    assert [(edit["step"], edit["kind"]) for edit in content["edits"]] == [(2, "restart")]


def test_long_curves_are_written_in_pieces(open_writer, steps, tmp_path):
    """The seam between two pieces is a comma like any other."""
    writer = open_writer()
    writer.append(steps(0, 120_001))
    writer.end("finished")
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.json")

    assert _strict(tmp_path / "a.json")["curves"]["step"] == list(range(120_001))
