"""Counter-based random numbers: every variate has its own stream, named by what it is, so nothing depends on order.

A stream is ``blake2b(seed | purpose | id)`` (128 bits); draw ``k`` of a stream is word ``k mod 4`` of
Philox4x32-10 at counter ``k div 4``. Adding a site, sorting blocks, changing the number of threads or the size of a
chunk therefore changes nobody else's draws, and the first 1,000 of 5,000 draws are the 1,000 draws of a shorter run.

Belongs here: streams, uniforms, normals. Does not belong here: what is drawn.

References
----------
Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. SC11 (Philox and its test vectors).
Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution. Applied Statistics 37, 477-484.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numba import njit
from numpy.typing import NDArray

from khanij.foundation.errors import ScoringError
from scoring.waste.draws.stream_names import Stream
from scoring.waste.draws.vectors import logarithm

_STREAMS = frozenset(str(s) for s in Stream)
_2_52 = 4503599627370496.0
_BITS_OF_2_52 = np.uint64(0x4330000000000000)
_PER_WORD = 1.0 / 4294967296.0
_MIDDLE = 0.425
"""Up to which |p - 0.5| the middle of AS 241 holds."""
Key = NDArray[np.uint64]
"""Four 32-bit words in uint64: two of Philox's key and two of the counter's upper half."""


def stream_key(seed: int, stream: Stream | str, *ids: object) -> Key:
    """The key (4 words, uint64) of one stream under ``seed``; the same name and ids give the same draws.

    Raises
    ------
    ScoringError : ``stream`` is none of ``Stream``.
    """
    if stream not in _STREAMS:
        raise ScoringError(
            f"no random stream is called {str(stream)!r}", do=f"use one of {', '.join(sorted(_STREAMS))}, or add it"
        )
    text = "\x1f".join([str(int(seed)), *map(str, (stream, *ids))])
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=16).digest()
    return np.frombuffer(digest, dtype="<u4").astype(np.uint64)


def stream_keys(seed: int, names: Sequence[tuple[object, ...]]) -> NDArray[np.uint64]:
    """(n, 4) keys of n streams, each named by its ``Stream`` and ids."""
    return np.array([stream_key(seed, str(n[0]), *n[1:]) for n in names], dtype=np.uint64).reshape(len(names), 4)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32: four words (32 bits each, held in uint64) from a counter and a key."""
    mask = np.uint64(0xFFFFFFFF)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    w0, w1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
    shift = np.uint64(32)
    for _ in range(10):
        p0, p1 = m0 * (c0 & mask), m1 * (c2 & mask)  # told to be 32 bits, a multiplication fits the vectors
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ k0, p1 & mask, (p0 >> shift) ^ c3 ^ k1, p0 & mask
        k0, k1 = (k0 + w0) & mask, (k1 + w1) & mask
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, error_model="numpy")
def fill_uniform(key, out):
    """Fill ``out`` (K,) with uniforms on the open interval (0, 1), ``(word + 0.5) / 2**32``.

    Words are put into the low bits of 2^52 and 2^52 taken off again, which is exact and lets the processor's vectors make
    many blocks at once; its own conversion of an unsigned number does not.
    """
    n, zero = out.shape[0], np.uint64(0)
    bits = out.view(np.uint64)
    blocks = n // 4
    k0, k1, c2, c3 = key[0], key[1], key[2], key[3]
    for block in range(blocks):
        a, b, c, d = philox4x32(np.uint64(block), zero, c2, c3, k0, k1)
        i = 4 * block
        bits[i], bits[i + 1] = a | _BITS_OF_2_52, b | _BITS_OF_2_52
        bits[i + 2], bits[i + 3] = c | _BITS_OF_2_52, d | _BITS_OF_2_52
    if n % 4:
        rest = philox4x32(np.uint64(blocks), zero, c2, c3, k0, k1)
        for i in range(n % 4):
            bits[4 * blocks + i] = rest[i] | _BITS_OF_2_52
    for i in range(n):
        out[i] = ((out[i] - _2_52) + 0.5) * _PER_WORD


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _central(q):
    """AS 241 for |p - 0.5| <= ``_MIDDLE``."""
    r = 0.180625 - q * q
    top = 2509.0809287301226727 * r + 33430.575583588128105
    top = top * r + 67265.770927008700853
    top = top * r + 45921.953931549871457
    top = top * r + 13731.693765509461125
    top = top * r + 1971.5909503065514427
    top = top * r + 133.14166789178437745
    top = top * r + 3.387132872796366608
    low = 5226.495278852854561 * r + 28729.085735721942674
    low = low * r + 39307.89580009271061
    low = low * r + 21213.794301586595867
    low = low * r + 5394.1960214247511077
    low = low * r + 687.1870074920579083
    low = low * r + 42.313330701600911252
    low = low * r + 1.0
    return q * top / low


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _near_tail(r):
    """AS 241 for |p - 0.5| > 0.425 and ``r = sqrt(-ln min(p, 1 - p)) <= 5``, which every 32-bit uniform keeps (4.8)."""
    r -= 1.6
    top = 7.7454501427834140764e-4 * r + 0.0227238449892691845833
    top = top * r + 0.24178072517745061177
    top = top * r + 1.27045825245236838258
    top = top * r + 3.64784832476320460504
    top = top * r + 5.7694972214606914055
    top = top * r + 4.6303378461565452959
    top = top * r + 1.42343711074968357734
    low = 1.05075007164441684324e-9 * r + 5.475938084995344946e-4
    low = low * r + 0.0151986665636164571966
    low = low * r + 0.14810397642748007459
    low = low * r + 0.68976733498510000455
    low = low * r + 1.6763848301838038494
    low = low * r + 2.05319162663775882187
    low = low * r + 1.0
    return top / low


@njit(cache=True, nogil=True, error_model="numpy")
def fill_normal(key, out):
    """Fill ``out`` (K,) with standard normals by inversion of the stream's uniforms, relative accuracy 1e-15 (AS 241).

    The middle of the distribution is computed for all draws at once, without a branch, and the tails, gathered, put in
    after.
    """
    fill_uniform(key, out)
    n = out.shape[0]
    where = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        where[count] = i
        count += abs(out[i] - 0.5) > _MIDDLE
    far, sign, scratch = np.empty(count), np.empty(count), np.empty(count)
    for j in range(count):
        p = out[where[j]]
        far[j] = min(p, 1.0 - p)
        sign[j] = 1.0 if p > 0.5 else -1.0
    logarithm(far, scratch)
    for j in range(count):
        far[j] = sign[j] * _near_tail(math.sqrt(-far[j]))
    for i in range(n):
        out[i] = _central(out[i] - 0.5)
    for j in range(count):
        out[where[j]] = far[j]


def uniforms(seed: int, draws: int, stream: Stream | str, *ids: object) -> NDArray[np.float64]:
    """(draws,) uniforms of one stream."""
    out = np.empty(draws)
    fill_uniform(stream_key(seed, stream, *ids), out)
    return out


def normals(seed: int, draws: int, stream: Stream | str, *ids: object) -> NDArray[np.float64]:
    """(draws,) standard normals of one stream."""
    out = np.empty(draws)
    fill_normal(stream_key(seed, stream, *ids), out)
    return out
