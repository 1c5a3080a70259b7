"""The keys of age encryption: recipients, identities, and an identity locked under a passphrase."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tellmark.errors import InvalidInput, MarkError, MissingExtra, WrongKey
from tellmark.files import open_to_read
from tellmark.triggers.age_passphrase import LARGEST_WORK_FACTOR, encrypt_with_passphrase, stated_work_factor

_FILE_LIMIT = 1 << 20
_ATTEMPTS = 5

Recipient = Any
"""A public key, an object of `pyrage`."""

Identity = Any
"""A private key, an object of `pyrage`."""


def age() -> ModuleType:
    """The module `pyrage`; raises `MissingExtra` where it is not installed."""
    try:
        import pyrage
    except ImportError:
        raise MissingExtra("an encrypted mark", "age") from None
    return pyrage


def fresh_identity() -> Identity:
    """A new X25519 key; its public half is ``.to_public()``."""
    return age().x25519.Identity.generate()


def parse_recipients(texts: Sequence[str]) -> list[Recipient]:
    """Public keys from their usual notation: ``age1…``, ``ssh-ed25519 …`` or ``ssh-rsa …``.

    Raises
    ------
    InvalidInput
        If one is none of these.
    """
    return [_parsed_recipient(text.strip()) for text in texts]


def _parsed_recipient(text: str) -> Recipient:
    kind = age().ssh if text.startswith("ssh-") else age().x25519
    try:
        return kind.Recipient.from_str(text)
    except age().RecipientError:
        found = "a private key" if _is_private_key(text) else f"{text[:24]!r}"
        raise InvalidInput(
            f"a recipient is a public key, age1… or ssh-ed25519 … or ssh-rsa …, and not {found}"
        ) from None


def read_identities(sources: Sequence[str | Path]) -> list[Identity]:
    """Private keys from files, or from text that is one.

    Parameters
    ----------
    sources : sequence of str or Path
        Each the path of an age identity file or of an unencrypted OpenSSH private key (Ed25519 or RSA), or a
        string ``AGE-SECRET-KEY-1…``.

    Raises
    ------
    FileError
        If a file cannot be read.
    WrongKey
        If it holds no identity.
    """
    return [identity for source in sources for identity in _identities_from(source)]


def _identities_from(source: str | Path) -> list[Identity]:
    if isinstance(source, str) and _is_private_key(source):
        text, name = source, "the identity given"
    else:
        with open_to_read(source) as file:
            text, name = file.read(_FILE_LIMIT).decode("utf-8", "replace"), str(source)
    keys = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not keys:
        raise WrongKey(f"{name} holds no identity")
    try:
        if text.startswith("-----BEGIN"):
            return [age().ssh.Identity.from_buffer(text.encode())]
        return [age().x25519.Identity.from_str(key) for key in keys]
    except age().IdentityError:
        raise WrongKey(
            f"{name} is neither an age identity (AGE-SECRET-KEY-1…) nor an OpenSSH private key, "
            "or is itself encrypted: decrypt it first"
        ) from None


def _is_private_key(text: str) -> bool:
    return "AGE-SECRET-KEY-" in text.upper() or "PRIVATE KEY" in text


def lock_identity(identity: Identity, passphrase: str) -> bytes:
    """An identity, encrypted under a passphrase (scrypt, about a second)."""
    return encrypt_with_passphrase(str(identity).encode(), passphrase)


def unlock_identity(locked: bytes, passphrase: str, *, name: str) -> Identity:
    """The identity that `lock_identity` encrypted.

    Parameters
    ----------
    name : str
        Of the mark, for messages.

    Raises
    ------
    WrongKey
        If the passphrase is not the one it was encrypted under.
    MarkError
        If `locked` is nothing that `lock_identity` makes, trying the passphrase would take more work than for
        a mark of Tellmark, or what it opens is no identity.
    """
    _check_work(locked, name)
    plain = _opened(locked, passphrase, name)
    try:
        return age().x25519.Identity.from_str(plain.decode())
    except (age().IdentityError, UnicodeDecodeError):
        raise MarkError(f"the passphrase of {name} opens something that is no identity") from None


def _check_work(locked: bytes, name: str) -> None:
    """Refuse, before any of it is done, work that would exhaust the memory."""
    factor = stated_work_factor(locked)
    if factor is None:
        raise MarkError(f"the key in {name} is not locked under a passphrase as in a mark: the file was changed")
    if factor > LARGEST_WORK_FACTOR:
        raise MarkError(
            f"{name} asks for a work factor of {factor} to try a passphrase, and {LARGEST_WORK_FACTOR} is the most "
            "that a mark has: it was changed after it was made"
        )


def _opened(locked: bytes, passphrase: str, name: str) -> bytes:
    for _ in range(_ATTEMPTS):
        try:
            return age().passphrase.decrypt(locked, passphrase)
        except age().DecryptError as error:
            # pyrage times the machine for a few milliseconds to judge what is too much: a busy one looks slow
            if "Excessive work" not in str(error):
                raise WrongKey(f"this is not the passphrase of {name}") from None
    raise MarkError(f"checking the passphrase of {name} would take this machine unreasonably long")
