"""A suspect's endpoint: takes inputs, and gives back what was said of each."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from urllib.parse import urlsplit

from tellmark.digests import digest_input
from tellmark.errors import ModelError
from tellmark.models.http.description import SuspectDescription
from tellmark.models.http.exchange import Exchange, Request
from tellmark.models.http.pacing import Clock, Pacer, Sleep
from tellmark.models.http.protocols import shape_of
from tellmark.models.http.reading import Said
from tellmark.models.http.retrying import Retrier
from tellmark.models.http.secrets import Redactor
from tellmark.models.http.transport import Transport
from tellmark.types import Batch, Digest

OnExchange = Callable[[Exchange], None]
OnRepeat = Callable[[tuple[Digest, ...]], None]


class Endpoint:
    """Asks in pieces, at the pace and with the patience that the description says.

    Parameters
    ----------
    description : SuspectDescription
    clock, sleep : callable
        For the pace; see `Pacer`.
    is_private : callable or None
        Tells private addresses; None knows the usual ones.

    Attributes
    ----------
    on_exchange : callable or None
        Told of each attempt, one at a time, whatever came of it. Other threads wait for it.
    on_repeat : callable or None
        Told of inputs, one request's at a time, that are about to be sent again, though the suspect may have answered
        them, or charged for them. What it raises keeps them from being sent.
    """

    def __init__(
        self,
        description: SuspectDescription,
        *,
        clock: Clock = time.monotonic,
        sleep: Sleep = time.sleep,
        is_private: Callable[[str], bool] | None = None,
    ) -> None:
        self.description = description
        self.on_exchange: OnExchange | None = None
        self.on_repeat: OnRepeat | None = None
        self.redactor = Redactor()
        self._shape = shape_of(description)
        self._pacer = Pacer(description.manners.rate, clock=clock, sleep=sleep)
        self._retrier = Retrier(description.manners, self._pacer)
        self._is_private = is_private
        self._transport: Transport | None = None
        self._opening, self._noting = Lock(), Lock()

    @property
    def most_per_request(self) -> int:
        """Inputs per request."""
        return self._shape.most

    @property
    def host(self) -> str:
        """The suspect's host, without anything that could be a secret."""
        return urlsplit(self.description.url).hostname or ""

    def request(self, batch: Batch) -> Request:
        """The request that asks about the whole batch, its secrets still placeholders.

        Raises
        ------
        ModelError
            If these inputs cannot be sent this way.
        """
        headers, content = self.description.headers, self._shape.write(batch)
        return Request(self.description.method, self._shape.url, headers, content, tuple(map(digest_input, batch)))

    def said(self, batch: Batch) -> list[Said]:
        """What the suspect says of each input, in order.

        Raises
        ------
        ModelError
            If the suspect cannot be reached, refuses, or answers nothing that can be understood.
        """
        size = self._shape.most
        pieces = [batch[start : start + size] for start in range(0, len(batch), size)]
        threads = min(self.description.manners.concurrency, len(pieces))
        if threads <= 1:
            return [one for piece in pieces for one in self._said_of(piece)]
        with ThreadPoolExecutor(threads, thread_name_prefix="suspect") as pool:
            waiting = [pool.submit(self._said_of, piece) for piece in pieces]
            try:
                return [one for answered in waiting for one in answered.result()]
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def understood(self, body: bytes, *, asked: int) -> list[Said]:
        """What a response to a request about as many inputs says of each; nothing is sent.

        Raises
        ------
        ModelError
            If it says nothing that can be understood.
        """
        return [self._without_secrets(said) for said in self._shape.read(body, asked)]

    def _without_secrets(self, said: Said) -> Said:
        """A suspect may send a token back as the name of a class, which is then shown, perhaps cut short."""
        label = self.redactor.text(said.label) if isinstance(said.label, str) else said.label
        names = None if said.names is None else tuple(map(self.redactor.text, said.names))
        return replace(said, label=label, names=names)

    @contextmanager
    def redacting(self) -> Iterator[None]:
        """Take secrets out of the errors within: a suspect may quote them in its answers."""
        try:
            yield
        except ModelError as error:
            message = self.redactor.text(str(error))
            if message == str(error):
                raise
            raise type(error)(message) from None

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        with self._opening:
            transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _said_of(self, piece: Batch) -> list[Said]:
        request = self.request(piece)
        transport = self._opened()
        exchange = self._retrier.sent(
            lambda attempt: transport.send(request, attempt=attempt, note=self._note),
            again=lambda: self._repeating(request.inputs),
        )
        return self.understood(exchange.body, asked=len(piece))

    def _note(self, exchange: Exchange) -> None:
        if self.on_exchange is not None:
            with self._noting:
                self.on_exchange(exchange)

    def _repeating(self, inputs: tuple[Digest, ...]) -> None:
        if self.on_repeat is not None:
            with self._noting:
                self.on_repeat(inputs)

    def _opened(self) -> Transport:
        with self._opening:
            if self._transport is None:
                shown = self.description
                self._transport = Transport(
                    self._shape.url, shown.manners, shown.safety, redactor=self.redactor, is_private=self._is_private
                )
                weakref.finalize(self, self._transport.close)  # before its sockets are, whatever refers to whom
            return self._transport
