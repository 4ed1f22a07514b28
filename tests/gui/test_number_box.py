"""Boxes to type numbers in."""

import pytest
from kescape_gui.setup.number_box import IntegerBox, NumberBox
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox

UP = QAbstractSpinBox.StepEnabledFlag.StepUpEnabled
DOWN = QAbstractSpinBox.StepEnabledFlag.StepDownEnabled


@pytest.fixture
def box(qtbot):
    box = NumberBox(minimum=0, minimum_allowed=False, maximum=1)
    qtbot.addWidget(box)
    box.show()
    return box


def test_what_is_typed_becomes_the_value_at_once(box, qtbot):
    box.setValue(0.5)
    box.selectAll()
    values = []
    box.valueChanged.connect(values.append)

    qtbot.keyClicks(box, "1e-3")

    # "1e" and "1e-" on the way are no numbers.
    assert values == [1.0, 0.001]
    assert box.value() == 0.001


def test_text_that_is_no_number_stays_as_it_is(box):
    box.setValue(0.5)
    box.lineEdit().setText("abc")

    assert box.typed() == "abc"
    assert box.value() == 0.5


def test_arrow_keys_step_and_stop_at_the_range(box, qtbot):
    box.setValue(0.5)

    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 1.0
    assert box.stepEnabled() == DOWN

    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 1.0

    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert (box.value(), box.text()) == (0.5, "0.5")


def test_a_lower_end_that_is_not_allowed_is_not_stepped_to(box):
    box.setValue(1e-6)

    assert box.stepEnabled() == UP
    box.stepBy(-1)
    assert box.value() == 1e-6


def test_an_optional_box_may_be_empty(qtbot):
    box = IntegerBox(minimum=1, optional=True, step=1)
    qtbot.addWidget(box)
    box.setValue(3)

    box.clear()

    assert box.value() is None
    assert box.typed() is None


def test_an_integer_box_gives_whole_numbers(qtbot):
    box = IntegerBox(minimum=1)
    qtbot.addWidget(box)
    box.setValue(64)
    box.stepBy(1)

    assert box.value() == 100
    assert isinstance(box.value(), int)
