"""Where the runs of a comparison shall be trained: on this machine, or on a cluster. No Keras and no Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kescape.compare.comparison import Comparison
from kescape.compare.local_pool import LocalPool, check_workers
from kescape.compare.place import Place
from kescape.config import ConfigError

__all__ = ["Where"]

_MOST_NEEDS = 1024


@dataclass(frozen=True)
class Where:
    """What somebody said of where runs are to be trained.

    Args:
        workers: How many engine processes of this machine; None for as many as fit.
        cluster: The address of a Ray cluster, see `RayCluster`; None for this machine.
        cpus: Processors that a run takes on the cluster, >= 1; None for 1.
        gpus: GPUs that a run takes on the cluster, >= 0; None for as many as it has devices, if more than one.

    Raises:
        ConfigError: One of them is out of its range, or does not go with another.
    """

    workers: int | None = None
    cluster: str | None = None
    cpus: float | None = None
    gpus: float | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers)
        if self.cluster is not None and self.workers is not None:
            raise ConfigError(
                {
                    "workers": "workers must not be given with a cluster, because there a run takes cpus and gpus; "
                    f"got workers={self.workers}, cluster={self.cluster!r}"
                }
            )
        for name, value, low in (("cpus", self.cpus, 1), ("gpus", self.gpus, 0)):
            if value is None:
                continue
            if self.cluster is None:
                raise ConfigError(
                    {name: f"{name} needs a cluster, because it is what a run takes there; got {name}={value:g}"}
                )
            if not low <= value <= _MOST_NEEDS:
                raise ConfigError(
                    {
                        name: f"{name} must be between {low} and {_MOST_NEEDS}, because a run has to fit on a node; "
                        f"got {name}={value:g}"
                    }
                )
        if self.cluster is not None:
            from kescape.compare.cluster.ray_place import check_cluster

            check_cluster(self.cluster)

    def open(self, comparison: Comparison, tell: Callable[[str], None] = lambda _: None) -> Place:
        """The place itself, for the runs of a comparison.

        Args:
            comparison: Whose runs are trained there.
            tell: Gets a sentence where something happened that the folders of the runs do not tell.

        Raises:
            ClusterUnusable: The cluster cannot be used.
        """
        base = comparison.base
        if self.cluster is None:
            return LocalPool(self.workers, backend=base.backend, devices=base.devices, tell=tell)
        from kescape.compare.cluster.ray_place import RayCluster

        gpus = self.gpus if self.gpus is not None else base.devices if base.devices > 1 else 0
        runs = len(comparison.arms) * comparison.repeats
        return RayCluster(self.cluster, most=runs, cpus=self.cpus or 1, gpus=gpus, tell=tell)
