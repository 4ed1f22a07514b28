"""`kescape models`: the models that can be trained."""

from __future__ import annotations

from kescape.cli.console import out, plain_table

__all__ = ["models"]


def models() -> None:
    """List the models."""
    from kescape.data.catalogue import DATASETS
    from kescape.models.catalogue import MODELS

    table = plain_table("--model", "weights", "expects", "what it is", numbers=("weights",))
    digits = DATASETS["digits"]  # fits every model
    for model in MODELS.values():
        weights = model.count_parameters(digits.shape, digits.classes)
        table.add_row(model.name, f"{weights:,}", model.expects, f"{model.title}. {model.description}")
    out().print(table)
    out().print(
        "An image has the shape (height, width, channels), a sequence (steps, features). "
        "Weights as on digits; they depend on the data's shape and classes.",
        style="dim",
    )
