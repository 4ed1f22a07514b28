"""The one place that reaches into a compiled train step: it sets each step's learning rate and reads its loss.

A *step* is one call of the model's train step on one batch. Python looks in some 20 times a second; everything
that has to be exact for every step happens inside the compiled step:

    rate = table[position]; optimizer.learning_rate = rate; original train step; ring[position] = rate, loss

- `step_tap.py`: the tap as callbacks see it, one per model; knows positions, time and blocks, no backend.
- `tensorflow_step.py`, `jax_step.py`: the wrapped step of each backend.
- `attachment.py`: puts a wrapped step on a model and takes it away again.
- `guard.py`: notices an exception that is about to end a fit.
- `notebook.py`: tells when the cell of a notebook is over.
- `sync.py`: a model in training on JAX holds no values until it is asked to.
- `batch_hooks.py`: rate and loss by Keras' batch hooks, for a backend or a model that cannot be wrapped.
"""

from kescape.step_tap.step_tap import StepBlock, StepTap
from kescape.step_tap.sync import sync_variables

__all__ = ["StepBlock", "StepTap", "sync_variables"]
