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


def table(header):
    """Twenty rows of a number and one of two classes."""
    return header + "\n" + "".join(f"{number / 2},{'uv'[number % 2]}\n" for number in range(20))


def test_a_users_file_is_read_elsewhere_and_an_old_answer_counts_no_more(tmp_path):
    path, other = tmp_path / "a.csv", tmp_path / "b.csv"
    path.write_text(table("x,y"))
    other.write_text(table("z,w"))
    waiting, told = [], []
    setup = Setup(lambda: told.append(1), lambda work, done: waiting.append(lambda: done(work())))

    setup.choose_data(str(path))
    setup.set("target", "x")
    setup.choose_data(str(other))
    assert (setup.data, setup.config, setup.errors) == (None, None, {})
    assert len(waiting) == 3
    before = len(told)

    waiting[0]()
    waiting[1]()
    assert (setup.data, len(told)) == (None, before)
    waiting[2]()

    assert setup.data.columns == ("z", "w")
    assert setup.config.dataset == str(other)
    assert setup.config.target is None
    assert len(told) == before + 1


def test_other_data_begin_with_fresh_weights(tmp_path):
    """A branch is of its source's data; hidden in the fold, its weights would stop the next start."""
    setup = Setup()
    setup.set("start_from", str(tmp_path / "step-000000070.weights.h5"))

    setup.choose_data("wine")

    assert setup.values["start_from"] is None
    assert setup.first_fault is None


def test_the_target_of_a_table_does_not_hold_for_the_next_one(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(table(f"x{name},y"))
    setup = Setup()
    setup.choose_data(str(tmp_path / "a.csv"))
    setup.set_many({"target": "xa", "task": "regression"})
    assert setup.config.target == "xa"

    setup.choose_data(str(tmp_path / "b.csv"))

    assert (setup.config.target, setup.config.task) == (None, "auto")


def test_a_file_chosen_again_is_read_again(tmp_path):
    path = tmp_path / "a.csv"
    setup = Setup()
    setup.choose_data(str(path))
    assert list(setup.errors) == ["dataset"]

    path.write_text(table("x,y"))
    setup.choose_data(str(path))

    assert setup.errors == {}
    assert setup.data.facts.rows == 20
