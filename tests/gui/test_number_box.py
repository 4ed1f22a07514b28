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


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1e-3", 1e-3), ("0,001", 1e-3), (".001", 1e-3), (",5", 0.5), ("2,5e-4", 2.5e-4), ("1E-3", 1e-3), (" 0.1 ", 0.1)],
)
def test_a_number_is_typed_as_people_write_it(box, qtbot, typed, value):
    box.selectAll()
    qtbot.keyClicks(box, typed)

    assert box.value() == value
    assert box.text().strip() == typed.strip()


def test_what_was_typed_with_a_comma_steps_like_any_other(box, qtbot):
    box.selectAll()
    qtbot.keyClicks(box, "0,02")
    qtbot.keyClick(box, Qt.Key.Key_Up)

    assert (box.value(), box.text()) == (0.05, "0.05")


def test_text_that_is_no_number_is_left_by_an_arrow_to_the_next_of_the_last_number(box, qtbot):
    box.setValue(0.1)
    box.setText("0.1.1")
    qtbot.keyClick(box, Qt.Key.Key_Up)

    assert box.value() == 0.2


def test_a_size_that_doubles_goes_through_the_powers_of_two(qtbot):
    box = IntegerBox(minimum=1, maximum=65_536, doubles=True)
    qtbot.addWidget(box)
    box.show()
    box.setValue(8)
    seen = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, *[Qt.Key.Key_Down] * 7, Qt.Key.Key_PageUp, Qt.Key.Key_PageUp):
        qtbot.keyClick(box, key)
        seen.append(box.value())

    # Page up is ten places, the second of them beyond the end of the range, so that nothing happens.
    assert seen == [16, 32, 16, 8, 4, 2, 1, 1, 1, 1024, 1024]
    box.setValue(100)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.value() == 128
    assert isinstance(box.value(), int)
