"""What can go wrong, said so that the reader knows what to do next.

Every error that a user's input can cause derives from `TellmarkError`. Its message is one or two
sentences: what is wrong, where, and what to do. The command line prints the message alone and exits
with code 2. Messages never contain secrets (seed, trigger inputs, trigger labels, passphrases).
"""

from __future__ import annotations


class TellmarkError(Exception):
    """Root of every error that Tellmark raises on purpose."""


class InvalidInput(TellmarkError, ValueError):
    """An argument lies outside the range that its documentation states."""


class MissingExtra(TellmarkError, ImportError):
    """An optional dependency is not installed; the message names the extra to install."""

    def __init__(self, purpose: str, extra: str) -> None:
        super().__init__(f"{purpose} needs an optional dependency; install it with: pip install 'tellmark[{extra}]'")


class FileError(TellmarkError):
    """A file cannot be read or written: it is not there, its folder is not there, no permission, a full disk."""


class DataError(TellmarkError):
    """Hold-out data cannot be read or cannot serve: a bad file, missing labels, NaN, mixed image sizes."""


class ModelError(TellmarkError):
    """A model cannot be loaded, or does not answer as a classifier does."""


class SuspectUnreachable(ModelError):
    """A suspect behind a network gave no answer, however often it was asked: no connection, time-out, server error."""


class SuspectRefused(ModelError):
    """A suspect behind a network turned the request down: wrong credentials, address, or form of the input."""


class QuotaSpent(ModelError):
    """A suspect behind a network answers no further queries of this account, or only after a long wait."""


class BadAnswer(ModelError):
    """A suspect behind a network answered, but not as a classifier does: no JSON, a missing field, NaN, a miscount."""


class BudgetSpent(TellmarkError):
    """Another query would cost more than the budget of queries or money allows; it was not sent."""


class UnsafeFile(ModelError):
    """A model file would run code when opened (pickle), and `trust` was not given."""


class NotPerturbable(ModelError):
    """Weight noise was asked of a model whose parameters cannot be reached."""


class Mismatch(TellmarkError):
    """Two things that must fit together do not: label sets, input shapes, a state and its settings."""


class SelectionFailed(TellmarkError):
    """Not enough triggers: too few proxies pass the screen, or too few candidates survive them."""


class MarkError(TellmarkError):
    """A mark file cannot be read: truncated, edited, from a newer format."""


class WrongKey(MarkError):
    """The secrets of a mark are encrypted, and the passphrase or identity given does not open them."""


class EvidenceError(TellmarkError):
    """A piece of evidence is not what it should be: changed, incomplete, signed by somebody else, of a newer format."""
