"""Networks trained side by side against the same networks trained by Keras, one after the other."""

import keras
import numpy as np
import pytest

import kescape
from kescape.evidence.bench.stacked_networks import StackedNetworks, first_weights

POINTS = np.random.default_rng(5).uniform(-1, 1, (40, 2)).astype(np.float32)
LABELS = (POINTS[:, 0] * POINTS[:, 1] < 0).astype(np.int64)
EPOCHS = 50
BATCH = 10


def keras_twin(layers, weights):
    model = keras.Sequential([keras.layers.Input((layers[0],))])
    for units in layers[1:-1]:
        model.add(keras.layers.Dense(units, activation="tanh"))
    model.add(keras.layers.Dense(1))
    model.set_weights(weights)
    return model


@pytest.mark.parametrize("layers", [(2, 2, 1), (2, 12, 12, 1)])
def test_three_trainings_at_once_are_those_of_keras(layers):
    """Plain SGD, momentum, and momentum with SGDR: 200 steps of `model.fit` each, with KEscape's own callbacks."""
    methods = [
        (0.0, kescape.Constant(0.3)),
        (0.9, kescape.Constant(0.05)),
        (0.9, kescape.CosineRestarts(t_0=7, t_mult=2, eta_max=0.1)),
    ]
    weights = [first_weights(layers, np.random.default_rng(seed)) for seed in range(len(methods))]
    order = np.random.default_rng(9)
    batches = np.concatenate([order.permutation(len(POINTS)) for _ in range(EPOCHS)]).reshape(-1, BATCH)
    stack = StackedNetworks(weights, [momentum for momentum, _ in methods])
    rates = np.stack([plan.on_steps(len(POINTS) // BATCH).learning_rates(0, len(batches)) for _, plan in methods])
    losses = np.array([stack.step(POINTS[b], LABELS[b], rates[:, i]) for i, b in enumerate(batches)])

    for network, (momentum, plan) in enumerate(methods):
        model = keras_twin(layers, weights[network])
        model.compile(
            kescape.sgd_momentum(learning_rate=plan.learning_rate(0), momentum=momentum),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        sgdr = kescape.SGDR(t_0=7, t_mult=2) if network == 2 else kescape.FollowPlan(plan)
        model.fit(
            ((POINTS[b], LABELS[b]) for b in batches),
            steps_per_epoch=len(POINTS) // BATCH,
            epochs=EPOCHS,
            shuffle=False,
            callbacks=[sgdr],
            verbose=0,
        )

        for ours, theirs in zip(stack.weights_of(network), model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert stack.losses(POINTS, LABELS)[network] == pytest.approx(
            float(model.evaluate(POINTS, LABELS, verbose=0)), abs=1e-5
        )
    assert losses[-4:].mean() < losses[:4].mean()
