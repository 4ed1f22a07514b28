"""Of the runs of a comparison no end is told, but that of the comparison."""

from kescape_gui.comparison.ends import ComparisonEnds

from kescape.compare.comparison import Comparison
from kescape.compare.folder import new_comparison, working_on
from kescape.config import RunConfig
from kescape.run.listing import RunSummary
from kescape.run.status import RunStatus


def summary(runs, name, status):
    return RunSummary(name, runs / name, RunStatus(status), None, 0.0, 0.0)


def test_runs_of_a_comparison_at_work_are_not_told_of_and_its_end_is(tmp_path):
    folder = new_comparison(Comparison(RunConfig(), {"schedule": ("cosine", "sgdr")}), tmp_path, "try", "unused")
    ends = ComparisonEnds()
    other, first = (summary(tmp_path, name, "finished") for name in ("other", "try-sgdr-1"))
    with working_on(folder):
        assert ends.new([summary(tmp_path, "try-sgdr-1", "running")], []) == ([], [])
        assert ends.new([first, other], [first, other]) == ([other], [])
    # It ends together with its last run.
    last = summary(tmp_path, "try-sgdr-2", "finished")
    assert ends.new([last], [last]) == ([], [folder])
    assert ends.new([last], []) == ([], [])


def test_a_run_that_goes_on_by_itself_is_told_of(tmp_path):
    """Nobody is at work on its comparison."""
    new_comparison(Comparison(RunConfig(), {"schedule": ("cosine", "sgdr")}), tmp_path, "try", "unused")
    ends = ComparisonEnds()
    ends.new([summary(tmp_path, "try-sgdr-1", "running")], [])
    run = summary(tmp_path, "try-sgdr-1", "finished")

    assert ends.new([run], [run]) == ([run], [])
