"""Where a Ray cluster is, as a user says it. No Ray, no Keras, no Qt."""

from __future__ import annotations

import socket

from kescape.config import ConfigError
from kescape.run.errors import ClusterUnusable

__all__ = ["LOCAL", "NOT_FOUND", "TOKEN_HINT", "check_address", "check_somebody_answers", "named", "unreachable"]

LOCAL = "local"
"""A cluster of this computer, which is started for this and ends with it."""
_KNOWN = "auto"
"""The cluster that this computer is a node of."""
_CLIENT = "ray://"
"""Before the address of a cluster that this computer is no node of."""

TOKEN_HINT = "it must be in ~/.ray/auth_token, or in the variable RAY_AUTH_TOKEN, on every node and here"
NOT_FOUND = "This computer is no node of a Ray cluster: give the address of one, or local, which starts one here."

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
        raise ClusterUnusable(f"The {named(address)} cannot be reached: {reason or error}.") from error


def named(address: str) -> str:
    """What a cluster is called in a sentence.

    Example:
        >>> named("local"), named("10.0.0.1:6379")
        ('Ray cluster of this computer', 'Ray cluster at 10.0.0.1:6379')
    """
    return "Ray cluster of this computer" if address in (LOCAL, _KNOWN) else f"Ray cluster at {address}"


def unreachable(address: str) -> str:
    """That no cluster answers where one should be, in a sentence."""
    who, port = ("server for clients", 10001) if address.startswith(_CLIENT) else ("head node", 6379)
    return f"The {named(address)} cannot be reached: its {who} (by default at port {port}) does not answer."


def _host_and_port(address: str) -> tuple[str, int] | None:
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host.replace(":", "/")
    if not host or set(host) & set("/@ ") or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        return None
    return host, int(port)
