"""Makes runs of what others have logged, and of runs that were handed on: one module a kind of source."""

from kescape.run.importing.importer import import_run

__all__ = ["import_run"]
