"""What a response means that is no answer: come again, no queries left, or refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tellmark.errors import ModelError, QuotaSpent, SuspectRefused, SuspectUnreachable
from tellmark.models.http.exchange import Exchange

_TRANSIENT = {408, 425, 500, 502, 503, 504, 520, 522, 524, 529, 530}
_TOO_MANY = 429
_OF_THE_MODEL = 424
"""SageMaker's for a failure in the container, whose own status is in the body."""
_START = 4096
"""Bytes of a body that are looked at."""

_NEVER = re.compile(rb"insufficient[_ ]quota", re.IGNORECASE)
_SHORT = re.compile(
    rb"(?<![a-z])per[ _-]?(?:sec|second|min|minute)s?\b|(?:\d|requests?|queries|calls|tokens) ?/ ?(?:s|sec|m|min)\b"
    rb"|\b[rt]p[ms]\b|throttl",
    re.IGNORECASE,
)
_LONG = re.compile(rb"(?:daily|monthly) (?:limit|quota)|per[ _-]?(?:day|month)\b", re.IGNORECASE)
_MONEY = re.compile(
    rb"quota[_ ]?exceeded|exceeded[^.]{0,40}quota|out of (?:quota|credit)|billing|payment|no (?:more )?credits",
    re.IGNORECASE,
)
_RATE = re.compile(rb"rate[ _-]?limit", re.IGNORECASE)

_AMAZON = "x-amzn-errortype"
_THROTTLED = re.compile(r"Throttl\w*|TooManyRequests\w*|ModelNotReady\w*", re.IGNORECASE)
_ERROR_TYPE = re.compile(rb'"(?:__type|code|errorcode)"\s*:\s*"([^"]{1,200})"', re.IGNORECASE)
_ORIGINAL = re.compile(rb'"OriginalStatusCode"\s*:\s*"?(\d{3})\b')


class Busy(SuspectUnreachable):
    """The suspect answered that it cannot answer now.

    Parameters
    ----------
    message : str
    wait : float or None
        Seconds that it asks to wait.
    counts : bool
        Whether it may have answered the request inside, or charged for it, all the same.
    """

    def __init__(self, message: str, wait: float | None, *, counts: bool) -> None:
        super().__init__(message)
        self.wait = wait
        self.counts = counts


def check_status(exchange: Exchange, *, longest_wait: float, now: datetime) -> None:
    """Return if the response is an answer.

    Parameters
    ----------
    exchange : Exchange
    longest_wait : float
        Seconds. A suspect that asks to wait longer is taken to have no queries left.
    now : datetime
        To understand dates by.

    Raises
    ------
    Busy
        If it may answer another time.
    QuotaSpent
        If it answers no more.
    SuspectRefused
        If it turns the request down.
    """
    status = exchange.status or 0
    if 200 <= status < 300:
        return
    throttled = status == _TOO_MANY or (status >= 400 and _is_throttled(exchange))
    if not throttled and status not in _TRANSIENT and not _may_pass_inside(exchange):
        raise _refusal(status)
    wait = retry_after(exchange.header("retry-after"), now=now)
    if throttled and _is_spent(exchange.body, wait):
        raise QuotaSpent(f"the suspect answers no further queries of this account (status {status}: quota)")
    if wait is not None and wait > longest_wait:
        raise QuotaSpent(
            f"the suspect asks to wait {_seconds(wait)} (status {status}), longer than the {longest_wait:g} s that "
            f"longest_wait allows; go on later"
        )
    hint = "; a lower rate= may help" if throttled else ""
    raise Busy(f"the suspect answers with status {status}{hint}", wait, counts=not throttled)


def retry_after(value: str | None, *, now: datetime) -> float | None:
    """Seconds to wait by a header ``Retry-After``: a number of them, or a date. None if it says neither.

    References
    ----------
    R. Fielding, M. Nottingham, J. Reschke. HTTP Semantics. RFC 9110, section 10.2.3, 2022.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())


def _is_throttled(exchange: Exchange) -> bool:
    """Whether it is one of Amazon's errors for too many requests, which come with several statuses.

    References
    ----------
    Amazon SageMaker Runtime API Reference, "InvokeEndpoint" and "Common Error Types".
    """
    named = _ERROR_TYPE.search(exchange.body[:_START])
    types = [exchange.header(_AMAZON) or "", "" if named is None else named[1].decode("ascii", "replace")]
    # As in "ThrottlingException:http://…" and "com.amazon.coral.availability#ThrottlingException".
    return any(_THROTTLED.fullmatch(kind.partition(":")[0].rpartition("#")[2].strip()) for kind in types)


def _may_pass_inside(exchange: Exchange) -> bool:
    """Whether the suspect passes on a failure of a model behind it that may pass."""
    original = _ORIGINAL.search(exchange.body[:_START]) if exchange.status == _OF_THE_MODEL else None
    return original is not None and (int(original[1]) in _TRANSIENT or int(original[1]) == _TOO_MANY)


def _is_spent(body: bytes, wait: float | None) -> bool:
    """Whether too many requests were sent in all, rather than in a short time."""
    start = body[:_START]
    if _NEVER.search(start):
        return True
    if wait is not None or _SHORT.search(start):
        return False
    # Advice on paying for a higher rate stands beside limits of the rate, too.
    return bool(_LONG.search(start) or (_MONEY.search(start) and not _RATE.search(start)))


def _seconds(wait: float) -> str:
    return f"{wait:.0f} s" if wait < 1e6 else "more than a week"


def _refusal(status: int) -> ModelError:
    if status == 402:
        return QuotaSpent("the suspect wants to be paid before it answers (status 402)")
    if status in (401, 403, 407):
        return SuspectRefused(f"the suspect refuses the credentials (status {status}); check the token it was given")
    if status in (404, 405, 410):
        return SuspectRefused(f"the suspect has nothing at this address (status {status}); check URL and method")
    if status == 413:
        return SuspectRefused("the request is too long for the suspect (status 413); a smaller batch_size may help")
    return SuspectRefused(
        f"the suspect refuses the request (status {status}); `tellmark ask` shows what was sent and what it says"
    )
