"""What can go wrong with a cluster and a user can mend."""

from kescape.run.errors import RunError

__all__ = ["ClusterUnusable"]


class ClusterUnusable(RunError):  # noqa: N818 (says what is the case, like the run's own errors)
    """The cluster cannot be reached, lets nobody in, or cannot train these runs; the message is one sentence."""
