"""Breaks bytes, in ways that a seed decides."""

from __future__ import annotations

from random import Random


def damaged(data: bytes, chance: Random) -> bytes:
    """The data with something done to it that disks, transfers and editors do."""
    return chance.choice((_flipped, _cut, _zeroed, _stuffed, _shuffled, _doubled, _noise, _as_utf16, _empty))(
        data, chance
    )


def _flipped(data: bytes, chance: Random) -> bytes:
    """Some bits are the other way round."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 30))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, chance: Random) -> bytes:
    """The rest never arrived."""
    return data[: chance.randrange(len(data))]


def _zeroed(data: bytes, chance: Random) -> bytes:
    """A stretch that was never written."""
    start = chance.randrange(len(data))
    stop = min(len(data), start + chance.choice((16, 512, 4096)))
    return data[:start] + bytes(stop - start) + data[stop:]


def _stuffed(data: bytes, chance: Random) -> bytes:
    """Something got in between."""
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.choice((1, 7, 300))) + data[at:]


def _shuffled(data: bytes, chance: Random) -> bytes:
    """Two stretches have changed places."""
    a, b, c = sorted(chance.randrange(len(data)) for _ in range(3))
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def _doubled(data: bytes, chance: Random) -> bytes:
    """A stretch came twice."""
    a, b = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:b] + data[a:b] + data[b:]


def _noise(data: bytes, chance: Random) -> bytes:
    """Something else altogether."""
    return chance.randbytes(chance.randrange(1, 2000))


def _as_utf16(data: bytes, chance: Random) -> bytes:
    """An editor saved it in another encoding."""
    return data.decode("latin-1").encode("utf-16")


def _empty(data: bytes, chance: Random) -> bytes:
    """The disk was full."""
    return b""
