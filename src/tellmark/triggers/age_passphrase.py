"""An age file under a passphrase, with a work factor that does not depend on how busy the machine is.

`pyrage` reads such files. It would write them too, but sets scrypt's work factor by timing the machine: with
other jobs running, one and the same machine chose between 2^15 (weak) and 2^20 (a gigabyte of memory).

References
----------
F. Valsorda, B. Cartwright-Cox. The age file encryption format, version 1, "The scrypt recipient type",
"Header MAC" and "Payload". https://age-encryption.org/v1
"""

from __future__ import annotations

import re
import secrets
from base64 import b64encode

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tellmark.errors import InvalidInput

WORK_FACTOR = 18
"""Binary logarithm of scrypt's N, as in the ``age`` program: 256 MiB of memory, about a second."""
LARGEST_WORK_FACTOR = 18
"""The most that is done to try a passphrase; each one more doubles memory and time."""
_CHUNK = 1 << 16
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt [A-Za-z0-9+/]{22} ([1-9][0-9]?)\n[A-Za-z0-9+/]{43}\n--- [A-Za-z0-9+/]{43}\n"
)


def encrypt_with_passphrase(plain: bytes, passphrase: str) -> bytes:
    """Encrypt at most 64 KiB, the length of one chunk of the age format.

    Raises
    ------
    InvalidInput
        If `plain` is longer.
    """
    if len(plain) > _CHUNK:
        raise InvalidInput(f"at most {_CHUNK} bytes are encrypted under a passphrase, not {len(plain)}")
    file_key, nonce = secrets.token_bytes(16), secrets.token_bytes(16)
    header = b"age-encryption.org/v1\n" + _stanza(file_key, passphrase) + b"---"
    mac = HMAC(_derived(file_key, salt=b"", info=b"header"), SHA256())
    mac.update(header)
    last_chunk = bytes(11) + b"\1"
    cipher = ChaCha20Poly1305(_derived(file_key, salt=nonce, info=b"payload"))
    return header + b" " + _base64(mac.finalize()) + b"\n" + nonce + cipher.encrypt(last_chunk, plain, None)


def stated_work_factor(encrypted: bytes) -> int | None:
    """The work factor that an age file asks for; None if it is not encrypted under a passphrase, and that alone.

    Nothing vouches for it before the passphrase was tried at this very factor: look at it first.
    """
    header = _HEADER.match(encrypted)
    return None if header is None else int(header[1])


def _stanza(file_key: bytes, passphrase: str) -> bytes:
    """The header's lines that hold the file key, wrapped by the passphrase."""
    salt = secrets.token_bytes(16)
    scrypt = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << WORK_FACTOR, r=8, p=1)
    wrapped = ChaCha20Poly1305(scrypt.derive(passphrase.encode())).encrypt(bytes(12), file_key, None)
    return b"-> scrypt %s %d\n%s\n" % (_base64(salt), WORK_FACTOR, _base64(wrapped))


def _derived(file_key: bytes, *, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=salt, info=info).derive(file_key)


def _base64(data: bytes) -> bytes:
    return b64encode(data).rstrip(b"=")
