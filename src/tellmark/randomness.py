"""Every random choice, as a pure function of one secret seed and an address.

Keys derive from the seed by HKDF-SHA256 (RFC 5869). Under a key, Philox4x64-10 (Salmon et al., SC 2011)
turns a 64-bit address into four random 64-bit words, so that draw number k needs no earlier draw. Both are
fixed by published test vectors, unlike the streams of a high-level generator, which may change between
releases: whoever holds the seed regenerates the same bits years later.

What is to be shown one by one, and the rest kept secret, is drawn by HMAC-SHA256 (RFC 2104) instead: a draw tells
nothing of its key or of other draws. Of Philox that is not promised.
"""

from __future__ import annotations

import hmac
import secrets
import threading

import numpy as np
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.random import Philox
from numpy.typing import NDArray

from tellmark.errors import InvalidInput
from tellmark.types import Seed

SEED_BYTES = 32
NORMALS_PER_BLOCK = 8
_COUNTER_LIMIT = 1 << 256
_TWO_PI = np.float32(2 * np.pi)
_OF_THREAD = threading.local()
_EMPTY_BUFFER = np.zeros(4, dtype=np.uint64)


def fresh_seed() -> Seed:
    """A seed from the operating system's entropy."""
    return Seed(secrets.token_bytes(SEED_BYTES))


def seed_from_int(number: int) -> Seed:
    """The seed written as a non-negative integer below 2^256.

    A small number can be guessed by trying: good for experiments, not for a mark that is to convince.
    """
    if not 0 <= number < 1 << (8 * SEED_BYTES):
        raise InvalidInput(f"a seed is a whole number from 0 to 2^{8 * SEED_BYTES}-1")
    return Seed(number.to_bytes(SEED_BYTES, "big"))


def is_guessable(seed: Seed) -> bool:
    """Whether the seed is a number below 2^64, within reach of trial and error."""
    return not any(seed[:-8])


def derive_key(secret: bytes, purpose: str, *, context: bytes = b"") -> bytes:
    """A 32-byte key for one purpose (HKDF-SHA256, `context` as salt, `purpose` as info)."""
    return HKDF(algorithm=SHA256(), length=32, salt=context, info=f"tellmark/1/{purpose}".encode()).derive(secret)


def random_words(key: bytes, start: int, count: int) -> NDArray[np.uint64]:
    """Philox blocks number `start` to `start + count - 1` under the first 16 bytes of `key`.

    Returns
    -------
    ndarray of uint64, shape (count, 4)
    """
    # NumPy's generator steps its counter before it uses it, hence the block before the first one.
    before = (start - 1) % _COUNTER_LIMIT
    generator = _generator()
    generator.state = {
        "bit_generator": "Philox",
        "state": {
            "counter": np.frombuffer(before.to_bytes(32, "little"), dtype="<u8"),
            "key": np.frombuffer(key, dtype="<u8", count=2),
        },
        "buffer": _EMPTY_BUFFER,
        "buffer_pos": len(_EMPTY_BUFFER),
        "has_uint32": 0,
        "uinteger": 0,
    }
    return generator.random_raw(4 * count).reshape(count, 4)


def _generator() -> Philox:
    """One for each thread, to be told where to stand: making one takes four times as long, and asks for entropy."""
    if not hasattr(_OF_THREAD, "philox"):
        _OF_THREAD.philox = Philox(0)
    return _OF_THREAD.philox


def seed_words(key: bytes, start: int, count: int) -> NDArray[np.uint64]:
    """Seeds number `start` to `start + count - 1` under `key`, each as the four words of `words_of`.

    Seed k is HMAC-SHA256 of k, in 8 bytes, big-endian. As long as HMAC-SHA256 is a pseudorandom function, whoever
    knows some of the seeds can neither find the key nor tell the other seeds from random bytes.

    Returns
    -------
    ndarray of uint64, shape (count, 4)

    References
    ----------
    M. Bellare. New proofs for NMAC and HMAC: security without collision-resistance. CRYPTO 2006.
    """
    fork = hmac.new(key, digestmod="sha256").copy  # the key is hashed once
    seeds = []
    for number in range(start, start + count):
        each = fork()
        each.update(number.to_bytes(8, "big"))
        seeds.append(each.digest())
    return words_of(b"".join(seeds))


def words_of(seeds: bytes) -> NDArray[np.uint64]:
    """Seeds of 32 bytes, one behind the other, as four 64-bit words each, big-endian.

    Returns
    -------
    ndarray of uint64, shape (len(seeds) // 32, 4)
    """
    return np.frombuffer(seeds, dtype=">u8").astype(np.uint64).reshape(-1, SEED_BYTES // 8)


def seed_of(words: NDArray[np.uint64]) -> bytes:
    """The 32 bytes of which these four words are the `words_of`."""
    return words.astype(">u8").tobytes()


def standard_normals(key: bytes, start: int, stop: int) -> NDArray[np.float32]:
    """Independent N(0, 1) draws number `start` to `stop - 1` under `key` (Box and Muller, 1958).

    Draw number e uses one half of a 64-bit word, so any stretch can be made without the ones before it.

    Returns
    -------
    ndarray of float32, shape (stop - start,); each within ±6.7
    """
    first = start // NORMALS_PER_BLOCK
    blocks = -(-stop // NORMALS_PER_BLOCK) - first
    halves = random_words(key, first, blocks).view(np.uint32).reshape(-1, 2)
    radius = halves[:, 1].astype(np.float32)
    radius += 1
    radius *= np.float32(2.0**-32)
    np.minimum(radius, 1, out=radius)
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    angle = halves[:, 0].astype(np.float32)
    angle *= _TWO_PI * np.float32(2.0**-32)
    normals = np.empty((len(halves), 2), dtype=np.float32)
    np.multiply(np.cos(angle), radius, out=normals[:, 0])
    np.multiply(np.sin(angle, out=angle), radius, out=normals[:, 1])
    offset = start - first * NORMALS_PER_BLOCK
    return normals.reshape(-1)[offset : offset + stop - start]
