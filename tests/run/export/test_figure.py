"""Figures: real files with text in them, for every shape of run."""

import hashlib
import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib import image
from matplotlib.figure import Figure
from PIL import Image

from kescape import __version__
from kescape.run.errors import NothingToExport
from kescape.run.export.epoch_axis import epoch_positions
from kescape.run.export.figure import _thinned
from kescape.run.export.options import SIZES, FigureOptions
from kescape.run.export.themes import THEMES
from kescape.run.reader import open_run
from kescape.run.writer import RunWriter
from kescape.schedule import CosineRestarts
from tests.run.test_escapes import escape

SVG = "{http://www.w3.org/2000/svg}"


def texts_of(path):
    """The texts of an SVG, and how large each is, in points."""
    found = {}
    for node in ET.parse(path).getroot().iter(f"{SVG}text"):
        size = re.search(r"([\d.]+)px", node.get("style", ""))
        found["".join(node.itertext())] = float(size.group(1)) if size else None
    return found


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
    assert width == pytest.approx(183 / 25.4 * 72, abs=0.01)


def test_all_restarts_are_ruled_at_once_through_both_curves(recorded, tmp_path):
    """A line for each would take seconds where there are thousands."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.svg")
        restarts = len(run.restarts())

    groups = [g for g in ET.parse(tmp_path / "a.svg").getroot().iter(f"{SVG}g") if "LineCollection" in g.get("id", "")]
    assert restarts == 2
    assert [len(list(group.iter(f"{SVG}path"))) for group in groups] == [restarts, restarts]


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
    assert picture.shape[1] == pytest.approx(183 / 25.4 * 300, abs=1)
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


@pytest.mark.parametrize("case", ["one step", "two steps", "nan", "zero", "no plan", "two segments", "$x_1$", "实验 é"])
def test_odd_runs_are_drawn(open_writer, steps, tmp_path, case):
    """Whatever was recorded, a figure comes out, without a warning."""
    plan = CosineRestarts(1, 2, 0.1).to_dict()
    count = {"one step": 1, "two steps": 2}.get(case, 45)
    folder = tmp_path / (case if case in ("$x_1$", "实验 é") else "run")
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
        for kind in ("svg", "png", "pdf"):
            run.export(tmp_path / f"a.{kind}")

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


@pytest.mark.parametrize("theme", ["light", "dark", "grey"])
@pytest.mark.parametrize(
    ("size", "width_mm", "height_mm"),
    [("column", 89, 80), ("page", 183, 112), ("slide", 338.7, 190.5), ("poster", 420, 280)],
)
def test_every_size_and_theme(recorded, tmp_path, size, width_mm, height_mm, theme):
    """The picture has the size that its name promises, the ground of its theme, and all its text inside."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.png", figure=FigureOptions(size, theme, dpi=50))
        run.export(tmp_path / "a.svg", figure=FigureOptions(size, theme))

    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == pytest.approx(width_mm / 25.4 * 50, abs=1)
        assert picture.height == pytest.approx(height_mm / 25.4 * 50, abs=1)
        edge = [picture.convert("RGB").getpixel((x, y)) for x in (0, picture.width - 1) for y in (0, 20)]
        assert {"#{:02X}{:02X}{:02X}".format(*dot) for dot in edge} == {THEMES[theme].ground}
    texts = texts_of(tmp_path / "a.svg")
    assert {"loss", "learning rate", "epoch", "step", "training", "validation", "run"} <= set(texts)
    # The smallest text that journals take is 5 points; what is read from afar is larger.
    least = {"column": 5, "page": 5.5, "slide": 12, "poster": 19}[size]
    assert min(texts.values()) >= least


def test_a_slide_is_as_wide_as_slides_are():
    assert SIZES["slide"].width_mm / SIZES["slide"].height_mm == pytest.approx(16 / 9, rel=1e-3)


def linear(colour):
    """Red, green and blue of sRGB, in light."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour):
    """Of WCAG 2."""
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_themes_are_read_well(theme):
    """Text 4.5:1, lines 3:1; the colours of Okabe and Ito reach no more on white."""
    for text in (theme.text, theme.quiet, theme.wrong):
        assert contrast(text, theme.ground) >= 4.5
    for line in (theme.training, theme.validation, theme.rate, theme.axis, *theme.arms):
        assert contrast(line, theme.ground) >= 3
    # Behind the line of the smoothed loss the true one is there to be seen, and does not drown it.
    assert contrast(theme.raw, theme.ground) >= 1.5
    assert contrast(theme.training, theme.raw) >= 2.5


COLOUR_BLIND = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009."""


def lab(linear):
    """CIE L*a*b* under D65 of linear sRGB."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ np.clip(linear, 0, 1) / [0.9505, 1.0, 1.089]
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eyes", COLOUR_BLIND)
def test_arms_stay_apart_for_colour_blind_eyes(theme, eyes):
    """By six times what is just seen (a distance of 2.3), whichever cones are missing."""
    seen = [lab(np.asarray(COLOUR_BLIND[eyes]) @ linear(colour)) for colour in THEMES[theme].arms]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(seen, 2)) >= 6 * 2.3


def test_grey_has_no_colour_and_tells_lines_apart_by_dashes():
    theme = THEMES["grey"]
    for colour in (*vars(theme).values(), *theme.arms):
        if isinstance(colour, str) and colour.startswith("#"):
            assert colour[1:3] == colour[3:5] == colour[5:7]
    assert len({"-", theme.validation_dash, theme.rate_dash, theme.rule_dash}) == 4
    assert len({*zip(theme.arms, theme.arm_dashes, strict=True)}) == 6


def test_a_part_of_a_run(recorded, tmp_path):
    """Steps 20 to 49 of 70: epochs 2, 3 and 4, the second restart, at step 30, still called the second."""
    with open_run(recorded) as run:
        run.export(tmp_path / "a.svg", steps=(20, 49))
        run.export(tmp_path / "b.svg", steps=(31, None))
    texts = texts_of(tmp_path / "a.svg")

    assert any("one run, steps 20 to 49 of 70 steps" in text for text in texts)
    for there in ("20", "40", "2", "3", "4", "5"):
        assert there in texts
    for gone in ("1", "6", "10"):
        assert gone not in texts
    assert any("one run, steps from 31 on of 70 steps" in text for text in texts_of(tmp_path / "b.svg"))


def test_no_tick_of_another_step_stands_at_the_begin_of_a_part(open_writer, steps, tmp_path):
    """Steps 1,388 to 1,787: the round numbers outside of them are not drawn at its edges."""
    writer = open_writer(steps_per_epoch=10)
    writer.append(steps(0, 2000))
    writer.end("finished")
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg", steps=(1388, 1787))
    numbers = {text for text in texts_of(tmp_path / "a.svg") if re.fullmatch(r"1,\d{3}", text)}

    assert "1,400" in numbers
    assert all(1388 <= int(number.replace(",", "")) <= 1788 for number in numbers)


def test_a_part_shows_the_line_that_the_whole_shows(recorded):
    """The smoothing knows what was before the part."""
    from kescape.run.export.drawn import drawn
    from kescape.run.export.options import Part

    with open_run(recorded) as run:
        whole, part = drawn(run, Part()), drawn(run, Part(12, 44))
    for name in ("x", "steps", "loss", "smoothed", "learning_rate"):
        np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[12:45])
    assert (part.begin, part.end) == (1.2, 4.5)
    assert part.breaks == [18]  # the restart at step 30
    assert part.restarts == [(2, 3.0)]
    # Epochs 1, 2 and 3 end within it, at steps 19, 29 and 39.
    assert part.validation_x == [2.0, 3.0, 4.0]
    assert part.validation.tolist() == [2 / 2, 2 / 3, 2 / 4]


def test_a_part_that_has_not_come_yet(recorded, tmp_path):
    with open_run(recorded) as run:
        for name in ("a.png", "a.csv"):
            with pytest.raises(
                NothingToExport,
                match=r"^The run 'run' has recorded steps 0 to 69, so there is nothing in steps 70 to 99.$",
            ):
                run.export(tmp_path / name, steps=(70, 99))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_part_of_a_run_of_epochs(tmp_path):
    """An imported log has only those: the axis begins where the epoch before has ended."""
    writer = RunWriter.open(tmp_path / "run", kind="recorder", config={"epochs": 6})
    for epoch in range(6):
        writer.epoch(epoch, epoch, {"loss": 1 / (epoch + 1), "val_loss": 2 / (epoch + 1)})
    writer.end("finished")
    writer.close()
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg", steps=(2, 4))
    texts = texts_of(tmp_path / "a.svg")

    assert {"2.0", "3.0", "5.0"} & set(texts) == set()
    assert {"2", "3", "5"} <= set(texts)
    assert not {"0", "1", "6"} & set(texts)


def test_a_file_says_of_what_run_it_is(recorded, tmp_path):
    """Name, SHA-256 of the settings as sorted JSON, and version: in PNG, SVG and PDF, and no date in any."""
    settings = b'{"dataset":"spirals","epochs":7,"momentum":0.9,"seed":1,"t_0":1.0}'
    about = f"run run; settings SHA-256 {hashlib.sha256(settings).hexdigest()}"
    with open_run(recorded) as run:
        for kind in ("png", "svg", "pdf"):
            run.export(tmp_path / f"a.{kind}")
        run.export(tmp_path / "b.pdf")

    with Image.open(tmp_path / "a.png") as picture:
        assert picture.text == {
            "Title": "run: loss and learning rate",
            "Description": about,
            "Software": f"KEscape {__version__}",
        }
    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert about in svg
    assert f"KEscape {__version__}" in svg
    assert "date" not in svg
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert f"/Subject ({about})".encode() in pdf
    assert f"/Creator (KEscape {__version__})".encode() in pdf
    assert pdf == (tmp_path / "b.pdf").read_bytes()


def test_many_settings_are_broken_into_lines_that_have_room(open_writer, steps, tmp_path):
    """What has no room in three lines ends in dots; nothing reaches out of the figure."""
    config = {"dataset": "/data/" + "of-somebody-else/" * 20 + "a.csv", "model": "mlp", "t_0": 1.0, "seed": 1}
    writer = open_writer(config=config, steps_per_epoch=10)
    writer.append(steps(0, 30))
    writer.end("finished")
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.svg", figure=FigureOptions("column"))
    lines = [text for text in texts_of(tmp_path / "a.svg") if text.startswith("/data") or "mlp" in text]

    assert lines[0].startswith("/data/of-somebody-else/")
    assert lines[0].endswith("…")
    assert len(lines[0]) < 80
    assert lines[1] == "mlp, T₀ 1, seed 1, one run, 30 steps"


def judge(folder, verdicts):
    """Give each restart of a run its verdict; returns how many there are."""
    with open_run(folder) as run:
        restarts, steps = run.restarts(), run.steps
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    ends = [*restarts[1:], steps]
    for number, (step, end) in enumerate(zip(restarts, ends, strict=True), start=1):
        writer.escape(escape(cycle=number, step=step, end_step=end, verdict=verdicts[number % len(verdicts)]))
    writer.end("finished")
    writer.close()
    return len(restarts)


def test_what_each_restart_did_stands_beside_it(recorded, tmp_path):
    with open_run(recorded) as run:
        run.export(tmp_path / "without.svg")
    judge(recorded, ["stuck", "crossed, better"])
    with open_run(recorded) as run:
        run.export(tmp_path / "with.svg")
        run.export(tmp_path / "part.svg", steps=(20, 69))

    assert not {"stuck", "crossed, better"} & set(texts_of(tmp_path / "without.svg"))
    assert {"stuck", "crossed, better"} <= set(texts_of(tmp_path / "with.svg"))
    # The first restart lies before the part; the second is still the second.
    assert {"stuck", "2"} <= set(texts_of(tmp_path / "part.svg"))
    assert "crossed, better" not in texts_of(tmp_path / "part.svg")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("t_0", "t_mult"), [(1, 2), (6, 1), (1, 1)])
def test_verdicts_cover_nothing(open_writer, steps, tmp_path, monkeypatch, size, t_0, t_mult):
    """No other text, no rule of a restart and no part of a curve lies behind one; without room it is left out."""
    writer = open_writer(plan=CosineRestarts(t_0, t_mult, 0.1).to_dict(), steps_per_epoch=10)
    values = steps(0, 310)
    # High just before and after each restart, where the words stand.
    values["loss"] = np.where(np.arange(310) % 10 < 2, 5.0, 0.5).astype(np.float32)
    writer.append(values)
    writer.end("finished")
    writer.close()
    words = ["crossed, better", "descended", "crossed, worse", "stuck"]
    count = judge(tmp_path / "run", words)
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *args, **more: (figures.append(self), save(self, *args, **more))
    )
    with open_run(tmp_path / "run") as run:
        run.export(tmp_path / "a.png", figure=FigureOptions(size, dpi=72))
    [figure] = figures
    upper = figure.axes[0]
    pieces = {*words, "crossed,", "better", "worse"}
    boxes = [(text.get_text(), text.get_window_extent()) for text in upper.texts]

    verdicts = [box for text, box in boxes if text in pieces]
    assert bool(verdicts) == ((t_0, t_mult) != (1, 1))  # 30 restarts leave no room on any size
    assert len(verdicts) <= 2 * count
    top_of_curve = max(upper.transData.transform(line.get_xydata())[:, 1].max() for line in upper.lines)
    rules = [upper.transData.transform((path.vertices[0, 0], 1.0))[0] for path in upper.collections[0].get_paths()]
    for verdict in verdicts:
        assert sum(verdict.overlaps(box) for _, box in boxes) == 1  # itself
        assert verdict.y0 > top_of_curve
        assert not any(verdict.x0 <= rule <= verdict.x1 for rule in rules)
        assert verdict.x1 <= upper.get_window_extent().x1
