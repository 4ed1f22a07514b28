"""A run with snapshots, and landscapes of it, written as the processes that train and compute leave them."""

import numpy as np

from kescape.landscape.store import Landscape, LineBarrier, PathPoint, fingerprint_of
from kescape.run.writer import RunWriter
from tests.gui.recorded import record

STEPS = (100, 300, 500, 700)
PLACES = dict(zip(STEPS, ((0.0, 0.0), (6.0, 0.0), (3.0, 5.0), (1.0, 4.0)), strict=True))


def run_with_snapshots(folder, steps=STEPS):
    """What the files hold is never read here."""
    record(folder, outcome="finished")
    (folder / "snapshots").mkdir()
    writer = RunWriter.open(folder, kind="recorder", resume=True)
    for cycle, step in enumerate(steps):
        file = f"snapshots/step-{step:09d}.weights.h5"
        (folder / file).write_bytes(b"weights")
        writer.snapshot(step, step // 100, "cycle", file, f"end of cycle {cycle + 1}", {"cycle": cycle})
    writer.end("finished")
    writer.close()
    return folder


def known_landscape(folder, request):
    """What a request asks for, in full: on a line a hill of 0.5 between two minima, else a bowl around the first."""
    fingerprint = fingerprint_of(folder, [f"snapshots/step-{step:09d}.weights.h5" for step in request.steps])
    facts = {"level": request.points, "dimensions": 4810, "rows": 500, "seconds": 3.2, "fingerprint": fingerprint}
    if request.is_line:
        alpha = (np.arange(request.size) - request.beyond) / (request.points - 1 - 2 * request.beyond)
        barriers = tuple(LineBarrier(0.5, 0.4, 0.6, 0.5, True) for _ in request.steps[1:])
        return Landscape(
            request, alpha, np.empty(0), 0.3 + 0.5 * np.sin(np.pi * alpha) ** 2, barriers=barriers, **facts
        )
    alpha, beta = np.linspace(-2.0, 8.0, request.points), np.linspace(-2.0, 8.0, request.points)
    loss = 0.2 + (alpha[None, :] ** 2 + beta[:, None] ** 2) / 10
    path = tuple(PathPoint(step, *PLACES[step], 0.5, 0.0 if step in request.steps else 1.25) for step in STEPS)
    explained = (0.71, 0.16) if request.kind == "pca" else ()
    return Landscape(request, alpha, beta, loss, path=path, explained=explained, **facts)
