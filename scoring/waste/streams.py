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
from scoring.waste.stream_names import Stream

_STREAMS = frozenset(str(s) for s in Stream)
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


@njit(cache=True, nogil=True, error_model="numpy")
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32: four words (32 bits each, held in uint64) from a counter and a key."""
    mask = np.uint64(0xFFFFFFFF)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    w0, w1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
    shift = np.uint64(32)
    for _ in range(10):
        p0, p1 = m0 * c0, m1 * c2
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ k0, p1 & mask, (p0 >> shift) ^ c3 ^ k1, p0 & mask
        k0, k1 = (k0 + w0) & mask, (k1 + w1) & mask
    return c0, c1, c2, c3


@njit(cache=True, nogil=True, error_model="numpy")
def fill_uniform(key, out):
    """Fill ``out`` (K,) with uniforms on the open interval (0, 1), ``(word + 0.5) / 2**32``."""
    scale = 1.0 / 4294967296.0
    n = out.shape[0]
    zero = np.uint64(0)
    for block in range(n // 4):
        a, b, c, d = philox4x32(np.uint64(block), zero, key[2], key[3], key[0], key[1])
        i = 4 * block
        out[i] = (np.float64(a) + 0.5) * scale
        out[i + 1] = (np.float64(b) + 0.5) * scale
        out[i + 2] = (np.float64(c) + 0.5) * scale
        out[i + 3] = (np.float64(d) + 0.5) * scale
    i = n - n % 4
    if i < n:
        a, b, c, _ = philox4x32(np.uint64(n // 4), zero, key[2], key[3], key[0], key[1])
        out[i] = (np.float64(a) + 0.5) * scale
        if i + 1 < n:
            out[i + 1] = (np.float64(b) + 0.5) * scale
        if i + 2 < n:
            out[i + 2] = (np.float64(c) + 0.5) * scale


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _central(q):
    """AS 241 for |p - 0.5| <= 0.425."""
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


@njit(cache=True, nogil=True, error_model="numpy")
def _tail(p):
    """AS 241 for |p - 0.5| > 0.425."""
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
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
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
        top = top * r + 0.0012426609473880784386
        top = top * r + 0.026532189526576123093
        top = top * r + 0.29656057182850489123
        top = top * r + 1.7848265399172913358
        top = top * r + 5.4637849111641143699
        top = top * r + 6.6579046435011037772
        low = 2.04426310338993978564e-15 * r + 1.4215117583164458887e-7
        low = low * r + 1.8463183175100546818e-5
        low = low * r + 7.868691311456132591e-4
        low = low * r + 0.0148753612908506148525
        low = low * r + 0.13692988092273580531
        low = low * r + 0.59983220655588793769
        low = low * r + 1.0
    return top / low if p > 0.5 else -top / low


@njit(cache=True, nogil=True, error_model="numpy")
def normal_quantile(p):
    """Standard normal quantile of ``p`` in (0, 1), relative accuracy 1e-16 (AS 241, PPND16)."""
    q = p - 0.5
    return _central(q) if abs(q) <= 0.425 else _tail(p)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_normal(key, out):
    """Fill ``out`` (K,) with standard normals by inversion of the stream's uniforms.

    The middle of the distribution is computed for all draws at once, without a branch, and the tails put in after.
    """
    fill_uniform(key, out)
    n = out.shape[0]
    where = np.empty(n, np.int64)
    count = 0
    for i in range(n):
        where[count] = i
        count += abs(out[i] - 0.5) > 0.425
    tails = np.empty(count)
    for j in range(count):
        tails[j] = _tail(out[where[j]])
    for i in range(n):
        out[i] = _central(out[i] - 0.5)
    for j in range(count):
        out[where[j]] = tails[j]


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
