"""A mark: the trigger set and everything needed to verify with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tellmark.errors import InvalidInput
from tellmark.files import open_to_read, replacing
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.format import MarkWriter, read_envelope, read_secrets
from tellmark.triggers.records import Protection
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Seed


@dataclass(frozen=True)
class Mark:
    """A public document and its secrets.

    Attributes
    ----------
    public : MarkDocument
    seed : bytes
        Secret. Never shown by `repr`, never logged.
    triggers : TriggerSet
        Secret.
    """

    public: MarkDocument
    seed: Seed = field(repr=False)
    triggers: TriggerSet = field(repr=False)

    def __len__(self) -> int:
        return len(self.triggers)

    def __repr__(self) -> str:
        tiers = ", ".join(f"{tier.recipe.triggers} {tier.recipe.name}" for tier in self.public.tiers)
        return f"Mark({tiers})"

    def save(self, path: str | Path, *, passphrase: str | None = None, recipients: Sequence[str] = ()) -> None:
        """Write the mark to a file that only its owner may read, whole or not at all.

        The secrets are encrypted if a passphrase or recipients are given, and else lie in the file as they
        are. An unencrypted mark has one byte string only: saving it again gives the same file.

        Parameters
        ----------
        path : str or Path
            An existing file is replaced.
        passphrase : str, optional
            Whoever knows it can open the secrets.
        recipients : sequence of str
            Public keys of age, ``age1…``, or of SSH, ``ssh-ed25519 …`` or ``ssh-rsa …``: the holder of any
            one of the private halves can open the secrets.

        Raises
        ------
        FileError
            If the file cannot be written.
        InvalidInput
            If both are given, the passphrase is empty, or a recipient is no public key.
        MissingExtra
            If encryption is asked for, and the extra ``age`` is not installed.
        """
        if passphrase is not None and recipients:
            raise InvalidInput("protect a mark with a passphrase or with recipients, not with both")
        if passphrase == "":
            raise InvalidInput("an empty passphrase protects nothing")
        with replacing(path, mode=0o600) as file:
            writer = MarkWriter(file, self.public, self.seed, self.triggers)
            if passphrase is not None:
                writer.write_for_passphrase(passphrase)
            elif recipients:
                writer.write_for_recipients(recipients)
            else:
                writer.write_plain()


@dataclass(frozen=True)
class MarkFile:
    """A mark on disk whose public part was read, and whose secrets were not.

    Attributes
    ----------
    path : Path
    public : MarkDocument
    protection : str
        ``none``, ``passphrase`` or ``recipients``: what opens the secrets.
    """

    path: Path
    public: MarkDocument
    protection: Protection

    def open(self, *, passphrase: str | None = None, identities: Sequence[str | Path] = ()) -> Mark:
        """Read the secrets too; see `load_mark`."""
        return load_mark(self.path, passphrase=passphrase, identities=identities)


def read_mark_file(path: str | Path) -> MarkFile:
    """Read the public part of a mark, which needs no key.

    The digests of the secrets are not checked until they are opened.

    Raises
    ------
    FileError
        If the file cannot be read.
    MarkError
        If it is not a mark, truncated, changed, or of a newer format.
    """
    with open_to_read(path) as file:
        envelope = read_envelope(file, name=str(path))
    return MarkFile(Path(path), envelope.public, envelope.manifest.protection)


def read_public(path: str | Path) -> MarkDocument:
    """The public part of a mark alone; see `read_mark_file`."""
    return read_mark_file(path).public


def load_mark(path: str | Path, *, passphrase: str | None = None, identities: Sequence[str | Path] = ()) -> Mark:
    """Read a mark with its secrets.

    Every byte of the file is checked. The inputs of the triggers are then read when they are asked for:
    memory does not grow with their size. Secrets that were encrypted are held decrypted meanwhile, in memory
    up to 64 MiB, else in an unnamed temporary file that only this process can open; ``TMPDIR`` says where.

    Parameters
    ----------
    path : str or Path
    passphrase : str, optional
        If the secrets are encrypted under one.
    identities : sequence of str or Path
        If they are encrypted to recipients: files with age identities, unencrypted OpenSSH private keys, or
        strings ``AGE-SECRET-KEY-1…``.

    Raises
    ------
    FileError
        If a file cannot be read.
    WrongKey
        If the secrets are encrypted, and the key is missing or another.
    MarkError
        If it is not a mark, truncated, changed, or of a newer format.
    MissingExtra
        If the secrets are encrypted, and the extra ``age`` is not installed.
    """
    return Mark(*read_secrets(Path(path), passphrase=passphrase, identities=identities))
