"""What KEscape promises for the day when something breaks, each promise tried with real faults, not with mocks.

One file a promise, numbered as in the README. Each has `check(folder, full)`, which does the damage and returns a
`Report`; pytest runs it small, `python -m tests.faults` whole.
"""
