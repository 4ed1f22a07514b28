"""Writes a run to files that papers, sheets and other tools read: one module a format."""

from kescape.run.export.options import FigureOptions, Options, Part
from kescape.run.export.registry import FORMATS, export_run

__all__ = ["FORMATS", "FigureOptions", "Options", "Part", "export_run"]
