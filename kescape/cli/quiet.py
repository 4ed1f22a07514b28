"""Keeps a terminal free of what TensorFlow's own code says while it is loaded and used."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from kescape.run.errors import RunError

__all__ = ["quiet"]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What is written on stderr within is shown only if something ends it that is not understood.

    By the file's number, since it does not come from Python.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as heard:
        before = os.dup(2)
        os.dup2(heard.fileno(), 2)
        try:
            yield
        except (ValueError, RunError, KeyboardInterrupt):
            raise
        except BaseException:
            heard.seek(0)
            os.write(before, heard.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
