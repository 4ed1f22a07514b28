"""The draft of the next run."""

from kescape_gui.setup.setup import Setup

from kescape.config import SETTINGS, RunConfig


def test_the_first_draft_is_the_default_configuration():
    setup = Setup()

    assert setup.config == RunConfig()
    assert setup.errors == {}


def test_a_wrong_value_is_said_under_its_field():
    setup = Setup()
    setup.set("t_0", 0.0)

    assert setup.config is None
    assert setup.errors == {"t_0": "Must be > 0 epochs, because a cycle needs at least one step."}


def test_text_that_is_no_number_is_said_beside_the_other_faults_in_the_order_of_the_form():
    setup = Setup()
    setup.set("t_0", -1.0)
    setup.set("eta_max", "0.3x")
    setup.set("epochs", "")

    assert list(setup.errors) == ["epochs", "eta_max", "t_0"]
    assert setup.first_fault == "epochs"
    assert setup.errors["eta_max"] == "“0.3x” is not a number; write it like 0.1 or 1e-3."
    assert setup.errors["epochs"].startswith("Needs a whole number >= 1")


def test_a_mended_value_makes_the_draft_whole_again():
    setup = Setup()
    setup.set("eta_max", "no")
    setup.set("eta_max", 0.2)

    assert setup.config == RunConfig(eta_max=0.2)


def test_only_a_real_change_is_told():
    told = []
    setup = Setup(lambda: told.append(1))
    setup.set("epochs", SETTINGS["epochs"].default)
    setup.set("epochs", 5)
    setup.set("epochs", 5)

    assert len(told) == 1


def test_settings_that_the_schedule_does_not_read_are_out_of_the_way():
    setup = Setup()
    setup.set("schedule", "constant")

    assert not setup.applies(SETTINGS["t_0"])
    assert setup.applies(SETTINGS["eta_max"])


def test_a_fault_in_what_the_schedule_does_not_read_stands_in_nobodys_way():
    setup = Setup()
    setup.set_many({"t_0": "", "t_mult": -1.0, "schedule": "constant"})

    assert setup.errors == {}
    assert setup.config == RunConfig(schedule="constant")

    setup.set("schedule", "sgdr")

    assert list(setup.errors) == ["t_0", "t_mult"]
