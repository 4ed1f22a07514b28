"""P4: a loss that becomes NaN or infinite stops the training, which says step and rate and offers the last weights."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np

from kescape.engine.pace import MOST_STEPS
from kescape.run.commands import send_command
from kescape.run.folder import ENGINE_LOG
from kescape.run.reader import open_run
from tests.faults import engines
from tests.faults.command_line import kescape
from tests.faults.report import Report


def check(folder: Path, full: bool) -> Report:
    """Raise the rate of a training until its loss breaks, and take the offer; break another one from the start."""
    report = Report("P4", "loss driven to NaN and to infinity by a rate far too high")
    engines.warm(always=full)
    kinds: list[str] = []
    late: list[int] = []
    for number in range(5 if full else 1):
        kinds.append(_break_later(folder, f"later-{number}", late, report))
        _take_the_offer(folder, f"later-{number}", report)
    kinds += [_break_at_once(folder, late, report, **words) for words in _at_once(folder)[: None if full else 1]]
    report.tried = (
        f"{len(kinds)} trainings: {', '.join(f'{kinds.count(kind)} x {kind}' for kind in sorted(set(kinds)))}"
    )
    report.lost = "nothing: all steps up to that one are kept, and the weights of the last cycle; its branch trains"
    report.worst = f"{max(late, default=0)} steps after the first such loss, the rest of one execution"
    return report


def _at_once(folder: Path) -> list[dict[str, str]]:
    """Settings that break within the first steps."""
    table = folder / "numbers.csv"
    generator = np.random.default_rng(1)
    rows = "\n".join(f"{a:.4f},{b:.4f},{3 * a - b:.4f}" for a, b in generator.normal(size=(400, 2)))
    table.write_text(f"a,b,target\n{rows}\n", "utf-8")
    return [
        {"dataset": str(table), "model": "logistic", "eta_max": "1e6", "momentum": "0.99"},
        {"dataset": "digits", "model": "mlp", "eta_max": "1e30"},
        {"dataset": "digits", "model": "cnn", "eta_max": "1e20"},
    ]


def _break_later(runs: Path, name: str, late: list[int], report: Report) -> str:
    """Train well for two cycles, then raise the peak beyond all reason."""
    engine, folder = engines.start(runs, name, t_0=1.0, t_mult=1.0, epochs=50_000)
    with open_run(folder) as run:
        engines.wait_until(lambda: run.snapshots(), "the end of a cycle is kept")
    send_command(folder, "eta_max", value=1e30)
    return _judge(engine.wait(engines.SECONDS), folder, late, report)


def _break_at_once(runs: Path, late: list[int], report: Report, **words: str) -> str:
    """On the command line, which says it in a sentence."""
    name = f"{words['model']}-at-once"
    options = [part for option, value in words.items() for part in (f"--{option.replace('_', '-')}", value)]
    answer = kescape("train", *options, "--epochs", "50", "--runs", str(runs), "--name", name)
    flaw = answer.unclear(f"kescape: {name} failed: loss became ", ", learning rate ")
    report.expect(flaw is None and answer.err.count("\n") == 1, f"{name}: {flaw or answer.err}")
    return _judge(answer.code, runs / name, late, report)


def _judge(code: int, folder: Path, late: list[int], report: Report) -> str:
    """Whether it has stopped at the first loss that is not finite and says so; what that loss is."""
    report.expect(code == 1, f"{folder.name}: the training ended with code {code}")
    with open_run(folder) as run:
        report.expect(str(run.status) == "failed", f"{folder.name} is {run.status}")
        curves = run.curves()
        bad = np.flatnonzero(~np.isfinite(curves["loss"]))
        if not report.expect(len(bad), f"{folder.name}: the loss that is not finite is not kept: {run.error}"):
            return "none"
        step = int(bad[0])
        what = "NaN" if np.isnan(curves["loss"][step]) else "infinite"
        rate = curves["learning_rate"][step]
        said = f"loss became {what} at step {step}, learning rate {rate:.4g}"
        report.expect(said in (run.error or ""), f"{folder.name} says {run.error!r}, not {said!r}")
        late.append(run.steps - 1 - step)
        # An execution is not broken off in its middle.
        report.expect(late[-1] <= MOST_STEPS, f"{folder.name} trained on for {late[-1]} steps")
    shown = kescape("show", str(folder))
    report.expect(said in shown.out.replace("\n", " "), f"`kescape show` does not say it: {shown.out[:300]}")
    log = (folder / ENGINE_LOG).read_text("utf-8")
    report.expect(said in log and "LossNotFinite" in log, "the log does not say it")
    return what


def _take_the_offer(runs: Path, name: str, report: Report) -> None:
    """Do what the error proposes: a branch from the weights of the last cycle, at a lower rate."""
    with open_run(runs / name) as run:
        offer = re.search(r"kescape (branch .*? --eta-max \S+)", run.error or "")
        if not report.expect(offer is not None, f"{name} offers no weights to go on from: {run.error}"):
            return
        kept = [row for row in run.snapshots() if row.kind == "last_cycle"]
    assert offer is not None
    words = shlex.split(offer[1])
    at = int(words[words.index("--at") + 1])
    report.expect(kept and kept[-1].step == at, f"step {at} is offered, and {kept} is kept")
    # The rate that broke it was beyond all reason; a third of it still is.
    answer = kescape(*words[:-2], "--eta-max", "0.01", "--epochs", "1", "--runs", str(runs), "--name", f"{name}-branch")
    report.expect(answer.code == 0, f"{offer[1]!r} fails: {answer.err}")
    with open_run(runs / f"{name}-branch") as run:
        losses = run.curves()["loss"]
        report.expect(np.isfinite(losses).all() and len(losses), "the branch does not train")


def test_not_finite(problems):
    assert problems(check) == []
