r"""What the filter box over the list of runs understands; no Qt.

    spirals mlp            runs that have all of these words in name, tags, note, state, data set, model or schedule
    "two words"            the words as they stand
    val<0.1 epochs>50      runs whose numbers fit: loss, val, acc, epochs, steps, or any metric by its name
    eta_max=0.05           the same with any setting by its name
    tag=keep state!=failed texts are equal or not
    /^run-\d+$/             a regular expression, in the same places as words

All of it must fit. A query that makes no sense has a `problem` and fits all runs.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from kescape.config import SETTINGS
from kescape.run.listing import RunSummary
from kescape_gui.runs.runs import RunLine
from kescape_gui.setup.numbers import parse_number
from kescape_gui.words import tr

Test = Callable[[RunLine], bool]

_TERM = re.compile(
    r"""\s*(?:
        /(?P<regex>(?:[^/\\]|\\.)+)/(?!\S)
      | (?P<name>[^\W\d]\w*)\s*(?P<sign><=|>=|!=|==|<|>|=)\s*(?P<value>"[^"]*"?|[^\s<>=!"]\S*)?
      | "(?P<phrase>[^"]*)"?
      | (?P<word>\S+)
    )""",
    re.VERBOSE,
)

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

_SHORT = {
    "acc": "val_accuracy", "val": "val_loss", "lr": "eta_max", "tags": "tag", "data": "dataset", "run": "name",
}  # fmt: skip

_FACTS: dict[str, Callable[[RunLine], Any]] = {
    "name": lambda line: line.name,
    "state": lambda line: tr(line.state.value),
    "note": lambda line: line.summary.labels.note,
    "tag": lambda line: line.summary.labels.tags,
    "epochs": lambda line: line.summary.epochs_done,
    "steps": lambda line: line.summary.steps,
}

_METRICS = ("loss", "val_loss", "accuracy", "val_accuracy")
_TEXTS = ("name", "state", "note", "tag")
_YES, _NO, _OFF = ("true", "yes", "on", "1"), ("false", "no", "off", "0"), ("none", "off", "")


@dataclass(frozen=True)
class Query:
    """What a run must be like to be listed.

    Attributes:
        tests: All of them must hold.
        problem: Why the text makes no sense, in one sentence; else None.
    """

    tests: tuple[Test, ...] = ()
    problem: str | None = None

    def fits(self, line: RunLine) -> bool:
        """Whether the run is listed."""
        return all(test(line) for test in self.tests)


class _NotUnderstoodError(Exception):
    """The text makes no sense; the message says why, in one sentence."""


def names_in(runs: Iterable[RunSummary]) -> set[str]:
    """What the runs know values of, beside what every run has: their metrics and settings."""
    return {name for run in runs for names in (run.metrics, run.config) for name in names}


def parse_query(text: str, names: Iterable[str] = ()) -> Query:
    """Understand what was typed.

    Args:
        text: As typed.
        names: What can be compared beside the settings that every KEscape knows, as `names_in` tells.
    """
    known = {*_FACTS, *_METRICS, *SETTINGS, *names}
    tests = []
    place = 0
    try:
        while match := _TERM.match(text, place):
            place = match.end()
            tests.append(_test(match, known))
    except _NotUnderstoodError as why:
        return Query(problem=str(why))
    return Query(tuple(tests))


def _test(term: re.Match[str], known: set[str]) -> Test:
    if term["regex"] is not None:
        return _regex(term["regex"])
    if term["name"] is not None:
        return _comparison(term["name"], term["sign"], term["value"], known)
    words = (term["word"] if term["phrase"] is None else term["phrase"]).casefold()
    return lambda line: words in line.folded


def _regex(pattern: str) -> Test:
    try:
        search = re.compile(pattern, re.IGNORECASE | re.MULTILINE).search
    except re.error as error:
        said = tr("“/{pattern}/” is no regular expression: {why}.")
        raise _NotUnderstoodError(said.format(pattern=pattern, why=error)) from error
    return lambda line: search(line.searched) is not None


def _comparison(typed: str, sign: str, value: str | None, known: set[str]) -> Test:
    name = _SHORT.get(typed.lower(), typed)
    if name not in known:
        name = name.lower()
    if name not in known:
        raise _NotUnderstoodError(_unknown(typed, known))
    if not value:
        said = tr("“{typed}{sign}” needs a value, as in {example}.")
        raise _NotUnderstoodError(said.format(typed=typed, sign=sign, example=_example(name)))
    wanted = value.strip('"')
    compare = _SIGNS[sign]
    if _is_number(name):
        return _number_test(typed, name, compare, wanted)
    if sign not in ("=", "==", "!="):
        number = parse_number(wanted)
        # A setting of a script may be a number in one run and a text in the other.
        if name in _TEXTS or name in SETTINGS or number is None:
            said = tr("“{typed}” is a text: it can be = or !=, not {sign}.")
            raise _NotUnderstoodError(said.format(typed=typed, sign=sign))
        return lambda line: _compared(compare, _value(line, name), number)
    return lambda line: _same(_value(line, name), wanted) is (sign != "!=")


def _number_test(typed: str, name: str, compare: Callable[[Any, Any], bool], wanted: str) -> Test:
    setting = SETTINGS.get(name)
    if setting is not None and setting.optional and wanted.casefold() in _OFF:
        if compare is operator.ne:
            return lambda line: _value(line, name) is not None
        return lambda line: name in line.summary.config and line.summary.config[name] is None
    share = parse_number(wanted.removesuffix("%"))
    if share is None:
        said = tr("“{typed}” is compared with a number, as in {example}; got “{wanted}”.")
        raise _NotUnderstoodError(said.format(typed=typed, example=_example(name), wanted=wanted))
    number = share / 100 if wanted.endswith("%") else share
    return lambda line: _compared(compare, _value(line, name), number)


def _is_number(name: str) -> bool:
    if name in ("epochs", "steps", *_METRICS):
        return True
    return name in SETTINGS and SETTINGS[name].kind in ("int", "float")


def _value(line: RunLine, name: str) -> Any:
    if name in _FACTS:
        return _FACTS[name](line)
    metrics, config = line.summary.metrics, line.summary.config
    return metrics[name] if name in metrics else config.get(name)


def _compared(compare: Callable[[Any, Any], bool], value: object, number: float) -> bool:
    """Whether a run has a number here, and it fits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and compare(value, number)


def _same(value: object, wanted: str) -> bool:
    folded = wanted.casefold()
    if isinstance(value, tuple | list):
        return any(_same(each, wanted) for each in value)
    if isinstance(value, bool):
        return folded in (_YES if value else _NO)
    if value is None:
        return folded in _OFF
    if isinstance(value, int | float):
        return value == parse_number(wanted)
    text = str(value).casefold()
    # Data and models of the user's are paths; their names are what one knows them by.
    return folded in (text, re.split(r"[/\\]", text)[-1])


def _example(name: str) -> str:
    if name in _TEXTS:
        return f"{name}=keep" if name == "tag" else f'{name}="…"'
    setting = SETTINGS.get(name)
    if name in ("epochs", "steps"):
        return f"{name}>50"
    if setting is not None and setting.default is not None:
        default = str(setting.default).lower() if setting.kind == "bool" else setting.default
        return f"{name}={default}"
    return f"{name}>0.9" if "acc" in name else f"{name}<0.1"


def _unknown(typed: str, known: set[str]) -> str:
    close = difflib.get_close_matches(typed.lower(), [*known, *_SHORT], n=1)
    if close:
        return tr("No run has anything called “{typed}”; did you mean {close}?").format(typed=typed, close=close[0])
    said = tr(
        "No run has anything called “{typed}”; try loss, val, acc, epochs, steps, tag, or a setting like eta_max."
    )
    return said.format(typed=typed)
