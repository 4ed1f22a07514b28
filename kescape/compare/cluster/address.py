"""Where a Ray cluster is, as a user says it. No Ray, no Keras, no Qt."""

from __future__ import annotations

import socket

from kescape.compare.cluster.errors import ClusterUnusable
from kescape.config import ConfigError

__all__ = ["LOCAL", "check_address", "check_somebody_answers"]

LOCAL = "local"
"""A cluster of this computer, which is started for this and ends with it."""
_KNOWN = "auto"
"""The cluster that this computer is a node of."""
_CLIENT = "ray://"
"""Before the address of a cluster that this computer is no node of."""

_ANSWER_SECONDS = 5.0


def check_address(address: str) -> None:
    """Refuse what is no address.

    Raises:
        ConfigError: It is none.

    Example:
        >>> for address in ("local", "auto", "10.0.0.1:6379", "ray://node-1:10001", "[::1]:6379"):
        ...     check_address(address)
        >>> check_address("10.0.0.1")
        Traceback (most recent call last):
            ...
        kescape.config.errors.ConfigError: cluster must be HOST:PORT, ray://HOST:PORT, auto or local; got '10.0.0.1'
    """
    if address not in (LOCAL, _KNOWN) and _host_and_port(address) is None:
        raise ConfigError({"cluster": f"cluster must be HOST:PORT, ray://HOST:PORT, auto or local; got {address!r}"})


def check_somebody_answers(address: str) -> None:
    """See whether some program listens at an address, since Ray itself would try for minutes.

    Raises:
        ClusterUnusable: None does.
    """
    found = _host_and_port(address)
    if found is None:
        return
    try:
        socket.create_connection(found, timeout=_ANSWER_SECONDS).close()
    except OSError as error:
        reason = f"nothing answers within {_ANSWER_SECONDS:g} s" if isinstance(error, TimeoutError) else error.strerror
        raise ClusterUnusable(f"The Ray cluster at {address} cannot be reached: {reason or error}.") from error


def _host_and_port(address: str) -> tuple[str, int] | None:
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host.replace(":", "/")
    if not host or set(host) & set("/@ ") or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        return None
    return host, int(port)
