"""Asks a time-stamping authority over HTTP; its answer is bytes of any kind, within bounds of size and time.

References
----------
C. Adams, P. Cain, D. Pinkas, R. Zuccherato. Time-Stamp Protocol. RFC 3161, section 3.4, 2001.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tellmark.errors import EvidenceError, InvalidInput

if TYPE_CHECKING:
    import httpx2

MOST_BYTES = 1 << 18
SECONDS = 30.0

_REQUEST, _REPLY = "application/timestamp-query", "application/timestamp-reply"


def answer_of(url: str, request: bytes, *, seconds: float = SECONDS) -> bytes:
    """What the authority at `url` answers to a request in DER. No redirect is followed, no cookie kept.

    Parameters
    ----------
    url : str
        ``http://`` will do: nobody can make a timestamp but the authority.
    seconds : float
        For all of it.

    Raises
    ------
    InvalidInput
        If `url` is no such address.
    EvidenceError
        If there is no answer, too long a one, or one of another type or status.
    """
    import httpx2

    from tellmark.models.http.connections import AddressGuard, Deadline, GuardedTransport

    authority = named(url)
    deadline = Deadline()
    deadline.start(seconds)
    guard = AddressGuard(authority, allow=True)
    transport = GuardedTransport(verify=True, most=1, deadline=deadline, guard=guard)
    headers = {"Content-Type": _REQUEST, "Accept": _REPLY, "Accept-Encoding": "identity"}
    try:
        with (
            httpx2.Client(transport=transport, timeout=seconds, trust_env=False) as client,
            client.stream("POST", url, content=request, headers=headers) as response,
        ):
            _check(response, authority)
            return _body(response, authority)
    except (httpx2.RequestError, httpx2.InvalidURL, httpx2.CookieConflict, UnicodeError, OSError) as error:
        raise EvidenceError(f"the authority {authority} gives no answer ({type(error).__name__})") from None


def named(url: str) -> str:
    """The host in an address, for messages: the rest of it may hold a password.

    Raises
    ------
    InvalidInput
        If it is no ``http://`` or ``https://`` address.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise InvalidInput("the address of a time-stamping authority begins with https:// or http:// and names a host")
    return host


def _check(response: httpx2.Response, authority: str) -> None:
    if response.status_code != 200:
        raise EvidenceError(f"the authority {authority} answers with HTTP status {response.status_code}, not 200")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _REPLY:
        raise EvidenceError(f"the authority {authority} answers with another content type than {_REPLY}")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise EvidenceError(f"the authority {authority} compresses its answer, unasked")


def _body(response: httpx2.Response, authority: str) -> bytes:
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise EvidenceError(f"the authority {authority} answers with more than {MOST_BYTES:,} bytes")
    return bytes(body)
