"""Secrets that a suspect asks for: looked up when a request is sent, and taken out of everything that is kept."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import threading
import weakref
from html import escape
from urllib.parse import quote, quote_plus

from tellmark.errors import InvalidInput
from tellmark.keyrings import keyring_entry

PLACEHOLDER = re.compile(r"\$\{(env|keyring):([^}]*)\}")
REDACTED = "[redacted]"

_LOGGERS = ("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.proxy")
"""Libraries that log what they send."""


def has_placeholder(text: str) -> bool:
    """Whether a text names a secret."""
    return PLACEHOLDER.search(text) is not None


class Redactor:
    """Knows every secret that was looked up, and removes it, plain or encoded, from any text.

    One that a response, an exception or a log line quotes percent-encoded, in base64, or escaped as in JSON or HTML is
    found as well.
    """

    def __init__(self) -> None:
        self._forms: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self._lock = threading.Lock()
        _watch_logs(self)

    def __repr__(self) -> str:
        return "Redactor()"

    def resolved(self, text: str) -> str:
        """`text` with its placeholders filled in; their values are secrets from now on.

        Raises
        ------
        InvalidInput
            If a variable is not set, the keyring has no such entry, or there is no keyring.
        """
        return PLACEHOLDER.sub(lambda match: self._learned(_looked_up(match[1], match[2])), text)

    def text(self, text: str) -> str:
        """`text` without any secret."""
        return text if self._pattern is None else self._pattern.sub(REDACTED, text)

    def bytes(self, data: bytes) -> bytes:
        """`data` without any secret; unchanged bytes stay as they are, whatever their encoding."""
        if self._pattern is None:
            return data
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def _learned(self, secret: str) -> str:
        with self._lock:
            if secret not in self._forms:
                self._forms |= _forms(secret)
                longest_first = sorted(self._forms, key=len, reverse=True)
                self._pattern = re.compile("|".join(map(re.escape, longest_first)))
        return secret


def _looked_up(kind: str, name: str) -> str:
    secret = os.environ.get(name) if kind == "env" else keyring_entry(name)
    if not secret:
        what = f"the environment variable {name}" if kind == "env" else f"the keyring entry {name}"
        raise InvalidInput(f"{what} is not set or empty; it holds a secret that the suspect asks for")
    if not secret.isprintable():
        raise InvalidInput(f"the secret in {kind}:{name} has a line break or another sign that cannot be sent")
    return secret


def _forms(secret: str) -> set[str]:
    """The secret as it is, and as it looks within a URL, JSON, HTML, or base64 of a longer text around it."""
    encoded = secret.encode("utf-8")
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escape(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    for before in range(3):
        # Of its base64 within other bytes, the signs at both ends depend on the neighbours.
        inner = base64.b64encode(b"\0" * before + encoded).decode().rstrip("=")
        start = (0, 2, 3)[before]
        stop = len(inner) if (before + len(encoded)) % 3 == 0 else -1
        forms |= {inner[start:stop], inner[start:stop].replace("+", "-").replace("/", "_")}
    return {form for form in forms if len(form) >= min(4, len(secret))}


class _LogFilter(logging.Filter):
    """Redacts the log lines of HTTP libraries, whichever handler writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.redactors: weakref.WeakSet[Redactor] = weakref.WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = message
        for redactor in list(self.redactors):
            cleaned = redactor.text(cleaned)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


_FILTER = _LogFilter()


def _watch_logs(redactor: Redactor) -> None:
    _FILTER.redactors.add(redactor)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)  # adding it twice changes nothing
