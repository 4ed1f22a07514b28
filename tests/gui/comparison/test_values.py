"""A list of values as people type it, with a decimal point or a decimal comma."""

import pytest
from kescape_gui.comparison.values import NotUnderstood, values_of


@pytest.mark.parametrize(
    "text", ["0, 0.9", "0,0.9", "0 0.9", "0; 0.9", "0; 0,9", "0;0,9", " 0 ;  0.9 ", "0, .9", "0; ,9", "0,0.9,"]
)
def test_two_momenta_can_be_written_in_many_ways(text):
    assert values_of("momentum", text) == (0.0, 0.9)


@pytest.mark.parametrize("text", ["0,9", "0,5 0,9", "0,0,9", "0, 0,9"])
def test_a_comma_that_could_mean_two_things_is_not_guessed_at(text):
    """0.9, or 0 and 9: who writes either gets a sentence that says how to write it."""
    with pytest.raises(NotUnderstood, match="could be one number or two: separate values by semicolons"):
        values_of("momentum", text)


def test_that_sentence_shows_both_ways():
    with pytest.raises(NotUnderstood) as refused:
        values_of("momentum", "0,9")

    assert str(refused.value) == (
        "“0,9” could be one number or two: separate values by semicolons, as in 0; 9, or write 0.9."
    )


def test_a_comma_between_whole_numbers_separates_them():
    """No batch has 8.16 rows."""
    assert values_of("batch_size", "8,16, 32") == (8, 16, 32)


def test_powers_of_ten_need_no_blank():
    """1e-3,1e-2 is no single number in any country."""
    assert values_of("eta_max", "1e-3,1e-2") == (1e-3, 1e-2)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("momentum", "0, lots", "“lots” is not a number."),
        ("momentum", "0; 0.9.1", "“0.9.1” is not a number."),
        ("batch_size", "8, 2.5", "“2.5” is not a whole number."),
        ("nesterov", "on, maybe", "“maybe” is neither on nor off."),
        ("eta_max", "nan", "“nan” is not a number."),
    ],
)
def test_what_is_no_such_value_is_said(name, text, sentence):
    with pytest.raises(NotUnderstood) as refused:
        values_of(name, text)

    assert str(refused.value) == sentence


@pytest.mark.parametrize("text", ["", "  ", ";", ",", " , "])
def test_without_text_there_are_no_values(text):
    assert values_of("momentum", text) == ()


def test_choices_go_by_what_the_form_calls_them_or_by_their_names():
    assert values_of("model", "MLP, logistic") == ("mlp", "logistic")
    # What it is worth is the configuration's to say.
    assert values_of("model", "/my models/net.py:build, mlp") == ("/my models/net.py:build", "mlp")
