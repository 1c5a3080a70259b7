"""Secrets in the keyring of the operating system, by way of the optional library `keyring`."""

from __future__ import annotations

from tellmark.errors import InvalidInput


def keyring_entry(name: str) -> str | None:
    """What the keyring holds under ``SERVICE/USER``; None if there is no such entry.

    Raises
    ------
    InvalidInput
        If `name` is not of this form, the library is not installed, or the keyring does not open.
    """
    service, slash, user = name.rpartition("/")
    if not slash or not service or not user:
        raise InvalidInput(f"a keyring entry is named SERVICE/USER, not {name!r}")
    try:
        import keyring  # pyright: ignore[reportMissingImports] - optional, used only where it is named
        import keyring.errors  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise InvalidInput("a secret is named in the keyring; install it with: pip install keyring") from None
    try:
        return keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise InvalidInput(f"the keyring does not open the entry {name} ({type(error).__name__})") from None
