"""What the run folder's code loads, and the tree of its errors."""

import re
import subprocess
import sys

import kescape.run.errors as errors


def test_importing_loads_nothing_heavy():
    """Both the window and the engine read runs: neither Keras nor Qt, and no plotting library before a figure."""
    code = (
        "import sys\n"
        "import kescape.run.reader, kescape.run.listing, kescape.run.writer, kescape.run.commands\n"
        "import kescape.run.export, kescape.run.smoothing, kescape.run.restarts\n"
        "heavy = ('keras', 'tensorflow', 'jax', 'torch', 'PySide6', 'pyqtgraph', 'matplotlib', 'polars', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_the_docstring_draws_the_whole_tree():
    """Every error is a RunError, and is named in the tree; nothing else is."""
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    assert all(issubclass(kind, errors.RunError) for kind in kinds)
    drawn = re.findall(r"^ {4}[ │├└─]*(\w+)", errors.__doc__, re.MULTILINE)
    assert sorted(drawn) == sorted(kind.__name__ for kind in kinds)
