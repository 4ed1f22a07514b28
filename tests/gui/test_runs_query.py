"""The filter over the list of runs: what is typed, and which runs are left."""

import math
from datetime import datetime
from pathlib import Path

import pytest
from kescape_gui.runs.query import names_in, parse_query
from kescape_gui.runs.runs import run_lines

from kescape.run.labels import Labels
from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus


def summary(name, *, status=RunStatus.FINISHED, done=0, metrics=None, config=None, tags=(), note=""):
    return RunSummary(
        name, Path("/runs") / name, status, None, 1.7e9, 1.7e9,
        steps=10 * done, epochs_done=done, metrics=metrics or {}, config=config or {}, labels=Labels(tags, note),
    )  # fmt: skip


RUNS = [
    summary(
        "spirals-1", done=70, metrics={"loss": 0.02, "val_loss": 0.05, "val_accuracy": 0.95},
        config={"dataset": "spirals", "model": "mlp", "schedule": "sgdr", "eta_max": 0.05, "nesterov": True,
                "clipnorm": None, "epochs": 70},
        tags=("keep", "Paper"), note="The first that converged.",
    ),
    summary(
        "iris", status=RunStatus.FAILED, done=3, metrics={"loss": math.nan, "val_loss": 0.5, "val_f1": 0.25},
        config={"dataset": "/data/My Iris.csv", "model": "logistic", "schedule": "constant", "eta_max": 0.1,
                "nesterov": False, "clipnorm": 1.0, "epochs": 70},
    ),
    summary("script", status=RunStatus.RUNNING, done=51, config={"script": "fit.py", "blocks": 3}, tags=("keep",)),
    summary("bare", status=RunStatus.STOPPED),
]  # fmt: skip
LINES = run_lines(RUNS, datetime(2026, 1, 1))  # noqa: DTZ001


def found(text):
    query = parse_query(text, names_in(RUNS))
    assert query.problem is None
    return [line.name for line in LINES if query.fits(line)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["spirals-1", "iris", "script", "bare"]),
        ("   ", ["spirals-1", "iris", "script", "bare"]),
        # Words: name, tags, note, state, data set, model, schedule; all of them; whatever their case.
        ("IRIS", ["iris"]),
        ("keep", ["spirals-1", "script"]),
        ("keep mlp", ["spirals-1"]),
        ("paper", ["spirals-1"]),
        ("converged", ["spirals-1"]),
        ('"first that"', ["spirals-1"]),
        ('"that first"', []),
        ('"first that', ["spirals-1"]),
        ("failed", ["iris"]),
        ("constant", ["iris"]),
        ("nowhere", []),
        # Numbers.
        ("val<0.1", ["spirals-1"]),
        ("val < 0,1", ["spirals-1"]),
        ("val_loss>=0.5", ["iris"]),
        ("loss>=0.02", ["spirals-1"]),
        ("loss<1e9", ["spirals-1"]),
        ("acc>0.9", ["spirals-1"]),
        ("acc>90%", ["spirals-1"]),
        ("acc>95%", []),
        ("epochs>50", ["spirals-1", "script"]),
        ("epochs=0", ["bare"]),
        ("steps<=30", ["iris", "bare"]),
        ("val_f1<0.3", ["iris"]),
        ("blocks=3", ["script"]),
        ("blocks>2", ["script"]),
        # Settings.
        ("eta_max=0.05", ["spirals-1"]),
        ("eta_max=5e-2", ["spirals-1"]),
        ("ETA_MAX!=0.05", ["iris"]),
        ("lr=.1", ["iris"]),
        ("nesterov=yes", ["spirals-1"]),
        ("nesterov=false", ["iris"]),
        ("clipnorm=none", ["spirals-1"]),
        ("clipnorm!=none", ["iris"]),
        ("model=MLP", ["spirals-1"]),
        ('dataset="my iris.csv"', ["iris"]),
        ("schedule!=sgdr keep", ["script"]),
        # Labels and state.
        ("tag=keep", ["spirals-1", "script"]),
        ("tag!=keep", ["iris", "bare"]),
        ("tag=kee", []),
        ("state=failed", ["iris"]),
        ("state!=failed val<1", ["spirals-1"]),
        ("name=bare", ["bare"]),
        # Regular expressions.
        (r"/^spirals-\d$/", ["spirals-1"]),
        ("/iris|bare/", ["iris", "bare"]),
        ("/The FIRST/ keep", ["spirals-1"]),
        (r"/a\/b/", []),
        # A path is a word, not half an expression.
        ("/data/My", ["iris"]),
        ("/data", ["iris"]),
    ],
)
def test_what_is_found(text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("val<", "“val<” needs a value, as in val_loss<0.1."),
        ("val<<3", "“val<” needs a value, as in val_loss<0.1."),
        ("val<small", "“val” is compared with a number, as in val_loss<0.1; got “small”."),
        ("eta_max=", "“eta_max=” needs a value, as in eta_max=0.05."),
        ("epochs>fifty", "“epochs” is compared with a number, as in epochs>50; got “fifty”."),
        ("model<5", "“model” is a text: it can be = or !=, not <."),
        ("state>failed", "“state” is a text: it can be = or !=, not >."),
        ("script>fit", "“script” is a text: it can be = or !=, not >."),
        ("eta_mx=1", "No run has anything called “eta_mx”; did you mean eta_max?"),
        (
            "colour=red",
            "No run has anything called “colour”; try loss, val, acc, epochs, steps, tag, or a setting like eta_max.",
        ),
        ("/(/", "“/(/” is no regular expression: missing ), unterminated subpattern at position 0."),
        ("spirals val<", "“val<” needs a value, as in val_loss<0.1."),
    ],
)
def test_what_makes_no_sense_says_why_and_hides_nothing(text, said):
    query = parse_query(text, names_in(RUNS))

    assert query.problem == said
    assert all(query.fits(line) for line in LINES)


def test_any_text_is_understood_or_refused_in_words():
    """Nothing that can be typed is a mistake of ours."""
    pieces = ["val", "<", "=", "!=", '"', "/", "\\", "(", "0.1", " ", "%", "tag", "η", "😀", "]", "none", "\u0000"]
    for first in pieces:
        for second in pieces:
            for third in pieces:
                query = parse_query(first + second + third)
                assert query.problem is None or query.problem.endswith((".", "?"))
                for line in LINES:
                    query.fits(line)
