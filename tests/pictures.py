"""Pictures (PNG, eight bits with alpha) as pixels, for tests that look at what was drawn."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = (8, 6, 0, 0, 0)
"""Depth, colour with alpha, the only compression and filter method there are, not interlaced (PNG, section 11.2.2)."""


def pixels(picture: bytes) -> NDArray[np.uint8]:
    """Rows of RGBA; AssertionError for what is no such picture."""
    assert picture.startswith(SIGNATURE)
    chunks = list(_chunks(picture))
    width, height, *form = struct.unpack(">IIBBBBB", chunks[0][1])
    assert tuple(form) == _RGBA
    packed = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    rows = np.frombuffer(packed, np.uint8).reshape(height, 1 + 4 * width)
    drawn = np.zeros((height, width, 4), np.uint8)
    above = np.zeros((width, 4), np.uint8)
    for at, row in enumerate(rows):
        above = drawn[at] = _unfiltered(int(row[0]), row[1:].reshape(width, 4), above)
    return drawn


def colours(drawn: NDArray[np.uint8]) -> dict[tuple[int, ...], float]:
    """Each colour's share of the picture."""
    found, times = np.unique(drawn.reshape(-1, 4), axis=0, return_counts=True)
    return {tuple(map(int, colour)): int(n) / times.sum() for colour, n in zip(found, times, strict=True)}


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, at)
        data = picture[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + data) == struct.unpack_from(">I", picture, at + 8 + length)[0]
        yield kind, data
        at += 12 + length


def _unfiltered(kind: int, row: NDArray[np.uint8], above: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One row as it was before it was filtered (PNG, section 9.2)."""
    if kind in {0, 2}:
        return row + above if kind else row.copy()
    if kind == 1:
        return np.cumsum(row, axis=0, dtype=np.uint8)
    done, left, corner = np.empty_like(row), np.zeros(4, np.int64), np.zeros(4, np.int64)
    for at, (value, up) in enumerate(zip(row, above.astype(np.int64), strict=True)):
        guess = (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
        left, corner = (value + guess) % 256, up
        done[at] = left
    return done


def _paeth(left: NDArray[np.int64], up: NDArray[np.int64], corner: NDArray[np.int64]) -> NDArray[np.int64]:
    far = np.abs(np.stack([up - corner, left - corner, left + up - 2 * corner]))
    nearest: NDArray[np.int64] = np.choose(np.argmin(far, axis=0), [left, up, corner])
    return nearest
