"""Keys: the owner's or the judge's that signs, and its public half that anybody checks with; and their files.

A key file is PKCS #8 in PEM, encrypted under a passphrase; the public key beside it is SubjectPublicKeyInfo in PEM.
Other tools read both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tellmark.digests import digest_bytes
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence import pem, signatures
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.predicates import KeyRecord
from tellmark.evidence.signatures import KeyKind
from tellmark.files import check_replaceable, open_to_read, replacing
from tellmark.types import Digest

_LONGEST_FILE = 1 << 16


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that everybody may know.

    Attributes
    ----------
    kind : str
        ``ed25519`` or ``p256``.
    spki : str
        SubjectPublicKeyInfo, DER, in base64.
    keyid : str
        Digest of that DER.
    """

    kind: KeyKind
    spki: str = field(repr=False)
    keyid: Digest
    _key: signatures.Public = field(repr=False, compare=False)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check that this key signed the message.

        Raises
        ------
        EvidenceError
            If it did not, or if the signature is encoded in another way than signing encodes it.
        """
        signatures.check_signature(self._key, signature, message)

    @property
    def record(self) -> KeyRecord:
        """The key as statements name it."""
        return KeyRecord(kind=self.kind, key=self.spki, keyid=self.keyid)


@dataclass(frozen=True)
class SigningKey:
    """A key that signs. Its `repr` shows the public half alone.

    Attributes
    ----------
    public : PublicKey
    """

    public: PublicKey
    _key: signatures.Private = field(repr=False, compare=False)

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, which `PublicKey.verify` accepts."""
        return signatures.made_signature(self._key, message)


def new_key(kind: KeyKind = "ed25519") -> SigningKey:
    """A fresh key from the system's randomness."""
    match kind:
        case "ed25519":
            return _signing(Ed25519PrivateKey.generate())
        case "p256":
            return _signing(ec.generate_private_key(ec.SECP256R1()))
        case _:
            assert_never(kind)


def public_key(record: KeyRecord) -> PublicKey:
    """The key that a statement names.

    Raises
    ------
    EvidenceError
        If the record holds no key of its kind, or one of another keyid.
    """
    key = _public(signatures.public_from_der(bytes_of(record.key, where="the key in a statement")))
    if key.record != record:
        raise EvidenceError("a statement names a key whose kind or keyid is that of another")
    return key


def public_path(path: str | Path) -> Path:
    """Where the public half of a key file stands: beside it, as ``NAME.pub``."""
    return Path(path).with_suffix(".pub")


def check_new(path: str | Path) -> None:
    """Raise `InvalidInput` if `save_key` would not write to `path`, because one of the two files exists."""
    beside = public_path(path)
    if Path(path) == beside:
        raise InvalidInput(f"{path} is the name of a public key: name the key file otherwise, such as owner.key")
    for each in (Path(path), beside):
        if each.exists() or each.is_symlink():
            raise InvalidInput(f"{each} exists, and no key is ever overwritten: name another file")


def save_key(key: SigningKey, path: str | Path, passphrase: str | None) -> None:
    """Write a key to a new file that its owner alone may read, and its public half to `public_path`.

    Parameters
    ----------
    passphrase : str or None
        None writes the key as it is: whoever reads the file can sign.

    Raises
    ------
    InvalidInput
        If one of the two files exists, or nothing can be encrypted under the passphrase.
    FileError
        If they cannot be written.
    """
    check_new(path)
    beside = public_path(path)
    secret = pem.private_pem(key._key, passphrase)  # noqa: SLF001 - the key file is the one place it goes
    check_replaceable(beside)
    with replacing(path, mode=0o600) as file:
        file.write(secret)
        with replacing(beside) as other:
            other.write(pem.public_pem(key.public._key))  # noqa: SLF001


def load_key(path: str | Path, passphrase: str | None) -> SigningKey:
    """Read a key file.

    Parameters
    ----------
    passphrase : str or None
        None for a file that is not encrypted; see `is_encrypted`.

    Raises
    ------
    EvidenceError
        If the passphrase is missing or wrong, or the file is damaged or holds a key of another kind.
    FileError
        If it cannot be read.
    """
    return _signing(pem.private_from_pem(_content(path), passphrase, where=f"the key file {path}"))


def load_public(path: str | Path) -> PublicKey:
    """Read a file with a public key.

    Raises
    ------
    EvidenceError
        If it holds no public key of one of the two kinds.
    FileError
        If it cannot be read.
    """
    return _public(pem.public_from_pem(_content(path), where=f"the public key file {path}"))


def is_encrypted(path: str | Path) -> bool:
    """Whether a key file needs a passphrase.

    Raises
    ------
    EvidenceError
        If it is too long for a key file.
    FileError
        If it cannot be read.
    """
    return pem.is_encrypted(_content(path))


def _signing(key: signatures.Private) -> SigningKey:
    return SigningKey(_public(key.public_key()), key)


def _public(key: signatures.Public) -> PublicKey:
    der = signatures.der_of(key)
    kind = signatures.kind_of(key)
    assert kind is not None, "keys of other kinds are refused where they are read"
    return PublicKey(kind, text_of(der), digest_bytes(der), key)


def _content(path: str | Path) -> bytes:
    with open_to_read(path) as file:
        raw = file.read(_LONGEST_FILE + 1)
    if len(raw) > _LONGEST_FILE:
        raise EvidenceError(f"{path} is too long for the file of a key")
    return raw
