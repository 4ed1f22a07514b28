"""`python -m tests.benchmarks [recording ...] [--small] [--json FILE]`: ratios, side by side in one run.

Ratios are what counts: machines are shared and noisy, so that no single time says much. `--small` only shows that
the benchmarks run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import tempfile
from pathlib import Path

from rich.console import Console

BENCHMARKS = ("recording", "engine", "ledger", "compare", "window", "landscape")


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one")
    parser.add_argument("--small", action="store_true", help="only show that they run")
    parser.add_argument("--json", type=Path, default=Path("benchmarks.json"), help="where the figures go")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"NAME must be one of {', '.join(BENCHMARKS)}; got {', '.join(unknown)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["KESCAPE_HOME"] = tempfile.mkdtemp(prefix="kescape-benchmark-")  # no notes of these runs stay
    console = Console(width=100)
    figures: dict[str, object] = {
        "machine": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    for name in arguments.names or BENCHMARKS:
        module = importlib.import_module(f"tests.benchmarks.{name}")
        figures[name] = module.run(arguments.small, console)
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"Figures written to {arguments.json}")


if __name__ == "__main__":
    main()
