import pytest

from kescape.config import RunConfig
from kescape.engine.trainer import train

STEPS = (90, 180, 270)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of three cycles of 90 steps of logistic regression on wine: 13 inputs and 3 classes."""
    config = RunConfig(dataset="wine", model="logistic", batch_size=16, epochs=30, t_0=10.0, t_mult=1.0, eta_max=0.1)
    with train(config, runs=tmp_path_factory.mktemp("runs"), name="first") as run:
        return run.path


@pytest.fixture
def copied(trained, tmp_path):
    """The same run, to be changed."""
    import shutil

    folder = tmp_path / "runs" / "first"
    shutil.copytree(trained, folder, ignore=shutil.ignore_patterns("landscapes"))
    return folder
