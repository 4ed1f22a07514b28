"""Rows of a table: what a view is told when they change."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kescape_gui.rows import Column, Row, RowsModel, RowsView
from PySide6.QtCore import QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester

KEYS = st.lists(st.integers(0, 12), unique=True, max_size=12)


def rows(keys, text="x"):
    return [Row(key, (str(key), text)) for key in keys]


def make(keys=()):
    model = RowsModel((Column("key"), Column("text")))
    model.show_rows(rows(keys))
    return model


@given(steps=st.lists(KEYS, min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_place_in_the_table_follows_its_row_whatever_changes(qapp, steps):
    """Qt's own judge watches that the view is told the truth."""
    model = make(range(8))
    judge = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    places = {row.key: QPersistentModelIndex(model.index(number, 1)) for number, row in enumerate(model.rows)}
    for keys in steps:
        model.show_rows(rows(keys))

        assert [row.key for row in model.rows] == keys
        assert all(place.isValid() == (key in keys) for key, place in places.items())
        places = {key: place for key, place in places.items() if key in keys}
        assert all(place.row() == keys.index(key) for key, place in places.items())
    del judge


def test_only_what_is_new_is_told():
    model = make([1, 2, 3])
    told = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row(), last.column())))
    for signal in (model.rowsInserted, model.rowsRemoved, model.layoutChanged, model.modelReset):
        signal.connect(lambda *_: told.append("moved"))

    assert not model.show_rows(rows([1, 2, 3]))
    assert told == []
    assert not model.show_rows([*rows([1]), *rows([2], "y"), *rows([3])])
    assert told == [(1, 1, 1)]
    assert model.show_rows(rows([1, 3]))


def test_a_row_that_goes_elsewhere_by_its_own_value_takes_nobody_along(qtbot):
    """The list is ordered by loss, and a run that trains passes others."""
    model = make(range(100))
    view = RowsView(model, (50, 50))
    qtbot.addWidget(view)
    view.resize(200, 300)
    view.show()
    view.verticalScrollBar().setValue(700)
    top = view.rowAt(0)
    assert top > 10
    before = view.rowViewportPosition(top + 2)

    moved = [key for key in range(100) if key != top]
    with view.held():
        model.show_rows(rows([*moved, top]))

    assert view.rowViewportPosition([row.key for row in model.rows].index(top + 2)) == before
