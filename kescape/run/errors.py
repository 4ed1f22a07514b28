"""What can go wrong with a run and a user can mend; our own mistakes keep their own types.

    RunError
    ├── RunNotFound     no such run in the runs folder, and no such path
    ├── RunExists       the folder already holds a run, and runs are never overwritten
    ├── RunLocked       another process is recording into this run
    ├── RunMixed        the folder holds more than a run, so it is not thrown away as one
    ├── RunNotRunning   a command was meant for a run that is not live
    ├── CannotGoOn      the run cannot be trained further as asked
    ├── RunUnreadable   run.db is damaged, not ours, or written by a newer KEscape
    ├── RunUnwritable   disk full, folder read-only or deleted; the cause is in `__cause__`
    ├── ClusterUnusable the cluster that runs are to be trained on cannot be reached, or cannot train them
    ├── ExportError     the run cannot be exported in this way, e.g. because the format is unknown
    │   ├── NothingToExport     nothing is recorded yet that the format could hold
    │   └── ExportUnwritable    disk full, or a target that may not be written
    └── ImportRefused   the file is none that a run can be made of

Every message is one sentence that a window can show as it is.
"""


class RunError(Exception):
    """Something about a run that the user can mend; the base of the tree above."""


# The names say what is the case, as `FileNotFoundError` would without its suffix; hence no "Error".
class RunNotFound(RunError):  # noqa: N818
    """There is no run of this name or at this path."""


class RunExists(RunError):  # noqa: N818
    """The folder already holds a run; nothing was changed."""


class RunLocked(RunError):  # noqa: N818
    """Another process is recording into this run."""


class RunMixed(RunError):  # noqa: N818
    """The folder holds more than a run, so it is not thrown away as one."""


class RunNotRunning(RunError):  # noqa: N818
    """The run is not live, so nothing would obey a command."""


class CannotGoOn(RunError):  # noqa: N818
    """The run cannot be trained further as asked: it is live, has no checkpoint, or its plan would change."""


class RunUnreadable(RunError):  # noqa: N818
    """The file cannot be read as a run: damaged, not ours, or newer than this KEscape."""


class RunUnwritable(RunError):  # noqa: N818
    """The run cannot be written: disk full, folder read-only or gone."""


class ClusterUnusable(RunError):  # noqa: N818
    """The cluster cannot be reached, does not let this computer in, or cannot train these runs."""


class ExportError(RunError):
    """The run could not be exported as asked."""


class NothingToExport(ExportError):  # noqa: N818
    """Nothing is recorded yet that could be written in this format."""


class ExportUnwritable(ExportError):  # noqa: N818
    """The target cannot be written: disk full, folder read-only."""


class ImportRefused(RunError):  # noqa: N818
    """The file or folder is none that a run can be made of; nothing was written."""
