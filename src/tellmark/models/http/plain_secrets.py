"""Notices secrets that stand in a suspect's description themselves, where only their names should."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from tellmark.models.http.secrets import PLACEHOLDER, has_placeholder
from tellmark.types import Json

_HEADER = re.compile(r"auth|cookie|token|secret|key|password|credential", re.IGNORECASE)
_FIELD = re.compile(
    r"(?:^|.*[_.-])(?:key|apikey|token|secret|passw(?:or)?d|pwd|auth|authorization|credentials?|sig|signature|jwt)"
    r"|(?:api|access|secret|private|subscription)key|\w*[a-z](?:Key|Token|Secret|Password|Signature|Credential)",
)
_VAGUE = {"key", "token", "auth", "sig", "signature"}
"""Names of fields that may mean other things, unless a long word stands in them."""
_LONG_WORD = re.compile(r"\S{8,}")
_KNOWN_FORM = re.compile(
    r"(?:\b|_)(?:sk-|sk_|hf_|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AIza|AKIA|ASIA|ya29\.|eyJ[\w-]{8,}\.)[\w.-]{12,}"
    r"|\b(?:Bearer|Basic) +[\w.~+/-]{8,}=*"
)
"""Values by whose beginning issuers let their tokens be told."""

_SLOT = re.compile(r"\{\{inputs?\}\}")
"""Where a body's template takes an input."""

_ADVICE = "write it as ${env:NAME} or ${keyring:SERVICE/USER}"


def check_url(url: str) -> None:
    """Raise `ValueError` if a URL has a secret in it: a user name or password, or one among what follows the ``?``."""
    parts = urlsplit(PLACEHOLDER.sub("secret", url))
    if "@" in parts.netloc:
        raise ValueError("a URL with a user name or password is not taken; a header can name a secret")
    # A placeholder holds neither & nor =, so that it does not disturb the parting.
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if not has_placeholder(value) and _is_secret(name, value):
            raise ValueError(f"{name} in the URL looks like a secret: {_ADVICE}")
    _check_form("the URL", url)


def check_headers(headers: dict[str, str]) -> None:
    """Raise `ValueError` if a header has a secret in it."""
    for name, value in headers.items():
        bare = PLACEHOLDER.sub("", value)
        if (_HEADER.search(name) and not has_placeholder(value)) or _KNOWN_FORM.search(bare):
            raise ValueError(f"{name} looks like a secret: {_ADVICE}")


def check_fields(document: Json) -> None:
    """Raise `ValueError` if a request's body, or a form's fields, have a secret in them, plain or as a placeholder."""
    for name, text in _named_strings(document, ""):
        if has_placeholder(text):
            raise ValueError("secrets can stand in url and headers only")
        if _is_secret(name, _SLOT.sub("", text)):
            raise ValueError(f"{name or 'a text'} looks like a secret: by name these can stand in url and headers only")


def _check_form(where: str, text: str) -> None:
    if _KNOWN_FORM.search(PLACEHOLDER.sub("", text)):
        raise ValueError(f"{where} looks like it has a secret in it: {_ADVICE}")


def _is_secret(name: str, value: str) -> bool:
    if _KNOWN_FORM.search(value):
        return True
    if name.lower() in _VAGUE:
        return _LONG_WORD.fullmatch(value) is not None
    return bool(value) and any(_FIELD.fullmatch(form) for form in (name, name.lower()))


def _named_strings(document: Json, name: str) -> list[tuple[str, str]]:
    """Every string in a JSON value, with the nearest key above it."""
    if isinstance(document, str):
        return [(name, document)]
    if isinstance(document, dict):
        pairs = [(str(key), value) for key, value in document.items()]
    else:
        pairs = [(name, value) for value in document] if isinstance(document, list) else []
    return [found for key, value in pairs for found in _named_strings(value, key)]
