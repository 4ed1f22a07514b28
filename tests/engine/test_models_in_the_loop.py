"""The larger models in the engine's compiled loop, which nests an LSTM's own loop and carries batch statistics."""

import numpy as np
import pytest

import kescape
from kescape.config import RunConfig

# 180 rows to train on: 3 steps an epoch, the last with 52 rows.
SMALL = RunConfig(
    dataset="digits", model="lstm", epochs=2, batch_size=64, validation_fraction=0.9, schedule="cosine",
    deterministic=True,
)  # fmt: skip


@pytest.mark.parametrize("model", ["lstm", "resnet20", pytest.param("wrn16-4", marks=pytest.mark.slow)])
def test_it_trains_on_images(tmp_path, model):
    """Every step is finite, and the second epoch's mean loss is lower than the first's."""
    with kescape.train(SMALL.changed(model=model), runs=tmp_path) as run:
        loss = run.curves()["loss"]

        assert run.status == "finished"
        assert np.isfinite(loss).all()
        assert loss[3:].mean() < loss[:3].mean()


def test_the_same_seed_gives_the_same_bits(tmp_path):
    losses = []
    for _ in range(2):
        with kescape.train(SMALL, runs=tmp_path) as run:
            losses.append(run.curves()["loss"].tobytes())

    assert losses[0] == losses[1]
