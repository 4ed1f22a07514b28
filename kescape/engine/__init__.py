"""Trains a configured run, in this process or in one of its own.

`launch` asks for a run and starts a process for it; it knows neither Keras nor Qt, so that the
window and the command line can share it. `process` is what runs over there, `trainer` trains.
"""
