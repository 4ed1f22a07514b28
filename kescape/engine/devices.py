"""The devices of this machine that one run is trained on.

Where there are several, the model is on each of them and each batch is divided among them: TensorFlow does that with
`tf.distribute.MirroredStrategy`, JAX with `keras.distribution.DataParallel`. On a machine without a GPU the CPU is
taken as so many devices, on which everything can be tried out, if not faster.

The curves are those of one device, up to rounding. But on TensorFlow each device has its own batch normalisation, over
its part of the batch, and its own dropout; on JAX they are those of the whole batch.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import keras

from kescape.config import ConfigError, RunConfig

__all__ = ["Devices"]


@dataclass(frozen=True)
class Devices:
    """So many devices of one kind, ready to be used; made by `Devices.of`.

    Example:
        >>> Devices(2, "GPU").words, Devices(2, "CPU").words, Devices(1, "CPU").words
        ('2 GPUs', '2 devices of the CPU', 'CPU')
    """

    count: int
    kind: str
    """As the backend calls it: `GPU`, `CPU`."""

    @classmethod
    def of(cls, config: RunConfig) -> Devices:
        """The devices that a run is trained on; the CPU is divided where there is no GPU.

        That cannot be done any more in a process that has computed something: a run on several devices has an engine
        process of its own.

        Raises:
            ConfigError: There are GPUs, but fewer; or the CPU cannot be divided any more.
        """
        on_tensorflow = keras.backend.backend() == "tensorflow"
        return (_of_tensorflow if on_tensorflow else _of_jax)(config.devices)

    @property
    def words(self) -> str:
        """For the record of a run."""
        if self.count == 1:
            return self.kind
        return f"{self.count} devices of the CPU" if self.kind == "CPU" else f"{self.count} {self.kind}s"

    @property
    def note(self) -> str | None:
        """What whoever asked for these devices should know, in a sentence."""
        if self.count == 1 or self.kind != "CPU":
            return None
        return f"There is no GPU, so the CPU is taken as {self.count} devices: the same curves, but no faster."

    def scope(self) -> contextlib.AbstractContextManager[None]:
        """What is made inside is trained on these devices: the model, its optimizer, and the variables of both."""
        if self.count == 1:
            return contextlib.nullcontext()
        if keras.backend.backend() == "tensorflow":
            return self._mirrored()
        return keras.distribution.DataParallel(devices=keras.distribution.list_devices()[: self.count]).scope()  # type: ignore[no-any-return]

    def _mirrored(self) -> contextlib.AbstractContextManager[None]:
        import tensorflow as tf

        # Between GPUs TensorFlow has something faster, which for devices of a CPU is slower.
        on_one = tf.distribute.ReductionToOneDevice() if self.kind == "CPU" else None
        names = [f"{self.kind}:{number}" for number in range(self.count)]
        return tf.distribute.MirroredStrategy(names, cross_device_ops=on_one).scope()  # type: ignore[no-any-return]


def _of_tensorflow(count: int) -> Devices:
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    if gpus:
        return _some_of(gpus, "GPU", count)
    cpu = tf.config.list_physical_devices("CPU")[0]
    if len(tf.config.get_logical_device_configuration(cpu) or [cpu]) < count:
        try:
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
        except RuntimeError:
            raise _too_late("TensorFlow", count) from None
    return Devices(count, "CPU")


def _of_jax(count: int) -> Devices:
    import jax

    if count > 1:
        with contextlib.suppress(RuntimeError):  # it has been used, perhaps on so many devices
            jax.config.update("jax_num_cpu_devices", count)
    kind, there = jax.default_backend().upper(), jax.local_device_count()
    if kind != "CPU":
        return _some_of(there, kind, count)
    if there < count:
        raise _too_late("JAX", count)
    return Devices(count, kind)


def _some_of(there: int, kind: str, count: int) -> Devices:
    if there < count:
        raise ConfigError(
            {"devices": f"devices must be <= {there}, because this machine has no more {kind}s; got devices={count}"}
        )
    return Devices(count, kind)


def _too_late(backend: str, count: int) -> ConfigError:
    problem = (
        f"devices must be 1 in this process, because {backend} has begun to use the CPU as one device; got "
        f"devices={count}: use kescape train, or a new Python process"
    )
    return ConfigError({"devices": problem})
