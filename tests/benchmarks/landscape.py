"""What a plane of 51 x 51 points of a loss takes: KEscape against weights set and evaluated point by point."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

import keras
import numpy as np
from rich.console import Console

from kescape.config import RunConfig
from kescape.engine.assemble import compiled_model, loaded_data
from kescape.landscape.evaluate import evaluate
from kescape.landscape.request import LandscapeRequest
from kescape.landscape.store import Landscape
from tests.benchmarks.measure import Arm, Took, interleave, ratios, table

MODELS = ("mlp", "cnn")


def run(small: bool, console: Console) -> dict[str, object]:
    """Measure, print the tables, return what the JSON keeps."""
    points, rounds = (9, 1) if small else (51, 7)
    found: dict[str, object] = {"points": points}
    reached = []
    for name in MODELS:
        rows, difference = _measured(name, points, rounds, console)
        faster = [1 / float(str(rows[1][f"{clock}_ratio"])) for clock in ("wall", "cpu")]
        reached.append(min(faster))
        console.print(
            f"{faster[0]:.1f} times as fast in wall time, {faster[1]:.1f} in CPU time; the losses differ by "
            f"{difference:.1e} at most.\n"
        )
        found[name] = {"rows": rows, "difference": difference, "faster": faster}
    console.print("Target S11: 5 times as fast as weights set and evaluated, or faster.\n")
    return {**found, "target": {"S11": 5.0, "reached": min(reached)}}


def _measured(name: str, points: int, rounds: int, console: Console) -> tuple[list[dict[str, object]], float]:
    config = RunConfig(dataset="digits", model=name, seed=1)
    data = loaded_data(config)
    model = compiled_model(config, data)
    x, y = data.x_train, data.y_train
    corners = {}
    for step in range(3):
        keras.utils.set_random_seed(step)
        model.fit(x, y, batch_size=64, epochs=1, verbose=0)
        corners[step] = model.get_weights()
    request = LandscapeRequest("plane", (0, 1, 2), points=points, rows=len(x))
    labels = {step: f"epoch {step + 1}" for step in corners}
    plane: list[Landscape] = []
    # One row of the plane stands for all: the others would take as long, and minutes.
    row = points // 2
    losses: dict[str, list[float]] = {}

    def ours() -> None:
        plane.append(evaluate(request, model, x, y, corners, labels))

    def point_by_point(kind: str, ask: Callable[[], float]) -> Callable[[], Took]:
        def work() -> Took:
            wall, cpu = time.perf_counter(), time.process_time()
            losses[kind] = []
            for weights in at_row:
                model.set_weights(weights)
                losses[kind].append(ask())
            return Took((time.perf_counter() - wall) * points, (time.process_time() - cpu) * points)

        return work

    ours()
    at_row = _weights_along(plane[0], corners, row)
    arms = [
        Arm(
            "weights set and evaluated",
            point_by_point(
                "evaluate", lambda: model.evaluate(x, y, batch_size=len(x), verbose=0, return_dict=True)["loss"]
            ),
        ),
        Arm("KEscape, compiled anew", ours),
        Arm(
            "weights set, test_on_batch",
            point_by_point("test_on_batch", lambda: float(model.test_on_batch(x, y, return_dict=True)["loss"])),
        ),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        interleave(arms, rounds)
    rows = ratios(arms)
    title = f"Plane of {points} x {points}, digits {name}, {len(x):,} rows; lower quartile of {rounds}"
    console.print(table(title, rows, points**2, "point"))
    console.print(f"Point by point, one row of {points} points was measured, and counts {points} times.")
    return rows, float(np.abs(plane[-1].loss[row] - losses["evaluate"]).max())


def _weights_along(plane: Landscape, corners: dict[int, list[np.ndarray]], row: int) -> list[list[np.ndarray]]:
    """The weights at each point of a row, mixed of the three corners, by where these lie in the plane."""
    places = np.array([(point.alpha, point.beta) for point in plane.path])
    frame = np.linalg.inv((places[1:] - places[0]).T)
    found = []
    for alpha in plane.alpha:
        second, third = frame @ (alpha, plane.beta[row])
        shares = (1 - second - third, second, third)
        found.append(
            [sum(s * corners[step][place] for step, s in enumerate(shares)) for place in range(len(corners[0]))]
        )
    return found
