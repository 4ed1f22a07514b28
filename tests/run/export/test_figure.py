"""Figures: real files with text in them, for every shape of run."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib import image

from kescape.run.errors import NothingToExport
from kescape.run.export.epoch_axis import epoch_positions
from kescape.run.export.figure import WIDTH_MM, _thinned
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts

SVG = "{http://www.w3.org/2000/svg}"


def test_svg_has_its_text_as_text(recorded, tmp_path):
    """Labels can be searched and edited: axes, lines, restart numbers, settings."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.svg")

    root = ET.parse(tmp_path / "a.svg").getroot()
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]

    for expected in ("loss", "learning rate", "epoch", "step", "training", "validation", "run", "1", "2"):
        assert expected in texts
    assert any("spirals" in text and "momentum 0.9" in text and "one run, 70 steps" in text for text in texts)
    width = float(re.match(r"([\d.]+)pt", root.get("width")).group(1))
    assert width == pytest.approx(WIDTH_MM / 25.4 * 72, abs=0.01)


def test_pdf_and_png(recorded, tmp_path):
    """A PDF with TrueType fonts, and a picture of 300 dots an inch that is not empty."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.pdf")
        run.export(tmp_path / "a.png")

    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.rstrip().endswith(b"%%EOF")
    assert b"/Type0" in pdf or b"/TrueType" in pdf
    assert b"/Subtype /Type3" not in pdf
    picture = image.imread(tmp_path / "a.png")
    assert picture.shape[1] == pytest.approx(WIDTH_MM / 25.4 * 300, abs=1)
    assert len({tuple(dot) for dot in picture[::5, ::5].reshape(-1, picture.shape[2]).tolist()}) > 20


def test_the_same_run_gives_the_same_svg(recorded, tmp_path):
    """No date and no random name in it, so that a figure under version control changes only with the run."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.svg")
        run.export(tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_long_run_makes_a_small_vector_figure(open_writer, tmp_path, steps):
    """200,000 steps: under 1 MB, and the highest loss is in it."""
    writer = open_writer(plan=CosineRestarts(20, 2, 0.1).to_dict(), steps_per_epoch=1000)
    values = steps(0, 200_000)
    values["epoch"] = (np.arange(200_000) // 1000).astype(np.int32)
    values["loss"] = np.random.default_rng(0).random(200_000).astype(np.float32) + 0.1
    writer.append(values)
    writer.end("finished")

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg")

    assert (tmp_path / "a.svg").stat().st_size < 1_000_000


@pytest.mark.parametrize("case", ["one step", "two steps", "nan", "zero", "no plan", "two segments", "$x_1$"])
def test_odd_runs_are_drawn(open_writer, steps, tmp_path, case):
    """Whatever was recorded, a figure comes out, without a warning."""
    plan = CosineRestarts(1, 2, 0.1).to_dict()
    count = {"one step": 1, "two steps": 2}.get(case, 45)
    folder = tmp_path / (case if "$" in case else "run")
    writer = open_writer(folder, plan=None if case == "no plan" else plan, steps_per_epoch=10)
    values = steps(0, count)
    if case == "nan":
        values["loss"][:] = np.nan
    if case == "zero":
        values["loss"][3] = 0.0
    writer.append(values)
    writer.end("finished")
    writer.close()
    if case == "two segments":
        writer = open_writer(resume=True)
        writer.append(steps(0, 30))
        writer.end("finished")

    with open_run(folder) as run:
        run.export(tmp_path / "a.svg")

    texts = ["".join(t.itertext()) for t in ET.parse(tmp_path / "a.svg").getroot().iter(f"{SVG}text")]
    assert ("epoch" in texts) == (case != "two segments")
    assert ("loss not finite" in texts) == (case == "nan")
    assert folder.name in texts


def test_a_few_losses_of_0_keep_the_log_scale_and_are_counted(open_writer, steps, tmp_path):
    """2 of 45 batches learned to the last bit: the rest stays readable, and the figure says what it leaves out."""
    writer = open_writer(plan=CosineRestarts(1, 2, 0.1).to_dict(), steps_per_epoch=10)
    values = steps(0, 45)
    values["loss"][[3, 30]] = 0.0
    writer.append(values)
    writer.end("finished")

    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg")

    assert "2 values ≤ 0 not shown on the log scale" in (tmp_path / "a.svg").read_text("utf-8")


def test_nothing_to_draw(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.toml").write_text("", "utf-8")
    with open_run(tmp_path / "run") as run, pytest.raises(NothingToExport, match="no recorded loss yet"):
        run.export(tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_that_has_epochs_alone_is_drawn_by_epoch(tmp_path):
    """As an imported log gives it; what it does not hold is said."""
    writer = RunWriter.open(tmp_path / "run", kind="recorder", config={"epochs": 3})
    for epoch in range(3):
        writer.epoch(epoch, epoch, {"loss": 1 / (epoch + 1), "val_loss": 2 / (epoch + 1)})
    writer.end("finished")
    writer.close()
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg")

    root = ET.parse(tmp_path / "a.svg").getroot()
    texts = ["".join(node.itertext()) for node in root.iter(f"{SVG}text")]
    for expected in ("training", "validation", "epoch", "one run, 3 epochs", "not recorded"):
        assert expected in texts
    assert "loss of each epoch; no steps were recorded" in texts
    assert "step" not in texts


def test_thinning_keeps_every_peak():
    """The lowest and the highest value of each part are among the points kept, in their order."""
    values = np.random.default_rng(0).normal(size=50_003)
    values[1234], values[40_000], values[7] = 99.0, -99.0, np.nan
    x, y = _thinned(np.arange(50_003.0), values)

    assert len(x) < 5000
    assert (np.diff(x) >= 0).all()
    assert (99.0 in y, -99.0 in y) == (True, True)
    assert x[-1] == 50_002.0
    assert y.tolist() == values[x.astype(int)].tolist()


def test_positions_follow_what_was_recorded():
    """Epochs of 3, 2 and, so far, 1 step; the last is taken to become as long as the one before, or as told."""
    epoch = np.array([0, 0, 0, 1, 1, 2])
    assert epoch_positions({"epoch": epoch}, None).tolist() == [0, 1 / 3, 2 / 3, 1, 1.5, 2]
    later = np.array([4, 4])
    assert epoch_positions({"epoch": later}, 8).tolist() == [4, 4.125]
    assert epoch_positions({"epoch": np.array([0, 1, 0])}, 1) is None
    assert epoch_positions({}, 1) is None
