"""The interface of a proxy family: numbered models near the source."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from tellmark.models.base import Model, PerturbableModel


class ProxyFamily(Protocol):
    """Models that stand for what a thief would end up with, each a pure function of the seed and its number."""

    def member(self, source: PerturbableModel, number: int) -> AbstractContextManager[Model]:
        """Proxy `number` of `source`, valid within the ``with`` block only."""
        ...
