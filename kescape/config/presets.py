"""Ready-made settings to start from, by title; what a preset does not name keeps its default."""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

PRESETS: dict[str, dict[str, Any]] = {
    "Two spirals": {},
    "Handwritten digits": {
        "dataset": "digits",
        "model": "cnn",
        "epochs": 35,
        "batch_size": 32,
        "t_0": 5.0,
        "eta_max": 0.1,
        "eta_min": 1e-4,
    },
    "Digits, cycles of 1, 2, 4 ... epochs": {
        # The lengths, batch size and peak of Loshchilov & Hutter 2017, section 4.1.
        "dataset": "digits",
        "model": "cnn",
        "epochs": 63,
        "batch_size": 128,
        "eta_max": 0.05,
        "t_0": 1.0,
        "t_mult": 2.0,
    },
}
