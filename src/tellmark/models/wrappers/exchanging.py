"""What wrappers need to know of a model behind a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tellmark.models.base import Answers, Model

if TYPE_CHECKING:
    from tellmark.models.http.endpoint import OnExchange, OnRepeat


@runtime_checkable
class ExchangingModel(Model, Protocol):
    """A model behind a network, which tells of every exchange.

    Attributes
    ----------
    on_exchange : callable or None
        Told of each attempt.
    on_repeat : callable or None
        Told before inputs are sent again that may have been answered; what it raises keeps them from being sent.
    """

    on_exchange: OnExchange | None
    on_repeat: OnRepeat | None

    @property
    def most_at_once(self) -> int:
        """Inputs that are under way at one time."""
        ...

    def answers_in(self, body: bytes, *, asked: int) -> Answers:
        """What a response says of as many inputs.

        Raises
        ------
        ModelError
            If it cannot be understood.
        """
        ...
