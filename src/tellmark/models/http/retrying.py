"""Tries again while a failure may pass: how often, and after which wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from tellmark.errors import SuspectUnreachable
from tellmark.models.http.description import Manners
from tellmark.models.http.exchange import Exchange
from tellmark.models.http.pacing import Pacer
from tellmark.models.http.statuses import Busy, check_status
from tellmark.models.http.transport import NoResponse

FIRST_WAIT = 0.5
LONGEST_BACKOFF = 30.0
JITTER = 1.0
"""Seconds: backoff is the first wait, doubled with each attempt, plus a random part."""

Now = Callable[[], datetime]
Again = Callable[[], None]

# The library logs each retry as a warning, which would reach the terminal of a program that configures no logging.
logging.getLogger("stamina").addHandler(logging.NullHandler())


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Retrier:
    """Repeats an exchange while its failure may pass.

    A suspect that says how long to wait is left alone for that long, by all threads. Otherwise the wait grows
    exponentially, with jitter.

    Parameters
    ----------
    manners : Manners
    pacer : Pacer
        Asked before each attempt.
    now : callable
        The time of day, to understand dates by.
    """

    def __init__(self, manners: Manners, pacer: Pacer, *, now: Now = _utc_now) -> None:
        self._manners = manners
        self._pacer = pacer
        self._now = now

    def sent(self, send: Callable[[int], Exchange], *, again: Again) -> Exchange:
        """The first good exchange that ``send(attempt)`` makes, attempts counted from 1.

        Parameters
        ----------
        send : callable
        again : callable
            Called before an attempt if the suspect may have answered the one before, or charged for it; what it raises
            ends the trying.

        Raises
        ------
        SuspectUnreachable
            If every attempt failed in a way that might have passed.
        SuspectRefused
            If the suspect turns the request down.
        QuotaSpent
            If the suspect answers no more, or not before `Manners.longest_wait` is over.
        """
        import stamina

        attempts = stamina.retry_context(
            on=self._wait_after,
            attempts=self._manners.retries + 1,
            timeout=None,
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_BACKOFF,
            wait_jitter=JITTER,
        )
        counts = False
        try:
            for attempt in attempts:
                with attempt:
                    if counts:
                        again()
                    self._pacer.wait()
                    try:
                        exchange = send(attempt.num)
                        check_status(exchange, longest_wait=self._manners.longest_wait, now=self._now())
                    except (NoResponse, Busy) as error:
                        counts = error.counts
                        raise
                    return exchange
        except (NoResponse, Busy) as error:
            times = self._manners.retries + 1
            more = f"; asked {times} times" if times > 1 else ""
            raise SuspectUnreachable(f"{error}{more}") from None
        raise AssertionError("every attempt returns or raises")

    def _wait_after(self, error: Exception) -> bool | float:
        if isinstance(error, Busy) and error.wait is not None:
            self._pacer.hold(error.wait)
            return 0.0
        return isinstance(error, NoResponse | Busy)
