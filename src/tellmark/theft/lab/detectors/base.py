"""The interface of a detector: it is prepared around a source, and then examines one suspect after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tellmark.data.dataset import Dataset
from tellmark.models.base import Model
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.theft.kinds import Practice
from tellmark.theft.lab.terms import Terms
from tellmark.verification.verdict import Verdict

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Evidence:
    """What a detector found out about one suspect.

    Attributes
    ----------
    score : float
        In [0, 1]: higher speaks more for a theft. It ranks suspects, and does not depend on the order of asking: the
        share of all questions that the suspect answered as a descendant would, or where there are several tiers of
        them, how far its share stands from the null limit in the tier where it stands highest.
    matched : float
        The share itself, over all questions.
    queries : int
        Questions asked, one by one, until the verdict was out, or all of them without one.
    verdict : "supports", "does not support" or "inconclusive"
        Of the sequential test against the null limit, within the query budget.
    p_value : float or None
        Of the hypothesis that the suspect keeps to the null limit, by the answers until asking stopped: ``supports``
        means that it is at most alpha, and for any level from alpha on it tells what the verdict would have been,
        unless asking was given up before. None where too few references were there for a limit.
    """

    score: float
    matched: float
    queries: int
    verdict: Verdict
    p_value: float | None = None


@runtime_checkable
class Prepared(Protocol):
    """A detector with its questions and its null limit, ready to examine suspects of one source."""

    @property
    def terms(self) -> Terms:
        """What its verdicts rest on."""
        ...

    def examine(self, suspect: Model, *, seed: int) -> Evidence:
        """Ask the suspect, and judge from its labels alone.

        Parameters
        ----------
        suspect : Model
            Its class names, where it has them, must be those of the hold-out data, in any order.
        seed : int
            In [0, 2^63): decides the order of asking.

        Raises
        ------
        Mismatch
            If it has other classes.
        ModelError
            If it cannot take the questions.
        """
        ...


@runtime_checkable
class Detector(Protocol):
    """A way to tell descendants of a source; a frozen dataclass whose `repr` shows every setting.

    All detectors work under the same terms: one query budget, one level, one set of references. Half of the
    references, chosen by the seed as for a mark, may help to select questions; the null limit of every detector is
    found with the other half, and by the same rule.
    """

    @property
    def name(self) -> str:
        """Lower case, words joined by hyphens."""
        ...

    def prepare(
        self,
        source: Model,
        *,
        holdout: Dataset,
        references: Sequence[Model],
        shadows: Mapping[TheftFamilyName, Sequence[Model]],
        budget: int,
        alpha: float,
        seed: int,
    ) -> Prepared:
        """Find questions for `source`, and how many of them an innocent model answers like it.

        Parameters
        ----------
        source : Model
            The one that may have been stolen; for a `Watermark` the network that carries it.
        holdout : Dataset
            What the owner keeps back, which neither source nor suspects were trained on.
        references : sequence of Model
            Independent models. No suspect is among them.
        shadows : mapping of family to models
            Models that the owner has stolen from this source for practice, which no suspect is among; a detector may
            have no use for them.
        budget : int
            Questions at most, 1 or more; fewer where there are not so many to be had.
        alpha : float
            Level of ``supports``, in (0, 0.5].
        seed : int
            In [0, 2^63): the owner's secret, which decides every random choice.

        Raises
        ------
        TellmarkError
            If the detector can find no questions for such a source or such data.
        """
        ...


@runtime_checkable
class Watermark(Detector, Protocol):
    """A detector that needs a source of its own, which was trained to carry a mark.

    Thefts, and shadows, must start from the network that `embed` returns, not from the owner's source; references are
    the same as for every detector. ``isinstance(detector, Watermark)`` tells who needs that, before anything is
    trained: every other detector works with the owner's source as it is.
    """

    def embed(self, source: Model, data: Dataset, practice: Practice, *, seed: int) -> nn.Module:
        """Make the network that thieves get to steal.

        Parameters
        ----------
        source : Model
            The owner's, which stays as it is: a module, whose preprocessing the marked one shares.
        data : Dataset
            What the source was trained on, with labels.
        practice : Practice
            The owner's: `student` makes the source's architecture, `training` is that of the source.
        seed : int
            The same as for `prepare`: which questions are asked later follows from it.

        Returns
        -------
        nn.Module
            On the source's device, in evaluation mode.

        Raises
        ------
        TellmarkError
            If no mark of this kind fits the data, or the source is no PyTorch module.
        """
        ...
