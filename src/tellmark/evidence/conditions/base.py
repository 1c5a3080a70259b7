"""What a condition is, and several taken together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from tellmark.evidence.grounds import Grounds


class Condition(ABC):
    """Something that must hold.

    Attributes
    ----------
    name : str
        In capitals, as a summary of the verdict names it where it holds.
    """

    name: ClassVar[str]

    @abstractmethod
    def missing(self, grounds: Grounds) -> Iterator[str]:
        """Each reason why it does not hold, as a sentence; none if it does."""

    def at_stake(self, grounds: Grounds) -> bool:
        """Whether there is anything by which it could fail: where not, that it holds says nothing."""
        del grounds
        return True


class AllOf:
    """Every one of several conditions: it is missing whatever one of them is missing.

    Parameters
    ----------
    *conditions : Condition
    """

    def __init__(self, *conditions: Condition) -> None:
        self._conditions = conditions

    def __repr__(self) -> str:
        return f"AllOf({', '.join(map(repr, self._conditions))})"

    def missing(self, grounds: Grounds) -> Iterator[str]:
        """See `Condition`."""
        for condition in self._conditions:
            yield from condition.missing(grounds)

    def holding(self, grounds: Grounds) -> tuple[str, ...]:
        """Names of the conditions that hold, and could have failed."""
        return tuple(
            each.name for each in self._conditions if each.at_stake(grounds) and not any(each.missing(grounds))
        )
