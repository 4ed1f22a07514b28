"""Writes a run to files that papers, sheets and other tools read: one module a format."""

from kescape.run.export.registry import FORMATS, export_run

__all__ = ["FORMATS", "export_run"]
