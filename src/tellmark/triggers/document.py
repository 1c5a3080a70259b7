"""What a mark says in public: all of it but the seed, the triggers and their labels."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Annotated, Literal

from pydantic import Field

from tellmark.documents import Count, DigestText, Document, Moment, Share
from tellmark.models.preprocessing import Preprocessing
from tellmark.spaces import InputSpace
from tellmark.triggers.tier import TierRecord

FORMAT = "tellmark.mark/1"

FEWEST_TO_CHECK = 20
"""With fewer candidates any two models may agree."""


class ParameterRecord(Document):
    """A tensor to which noise was added."""

    name: str
    shape: tuple[Count, ...]


class SourceRecord(Document):
    """The owner's model.

    Attributes
    ----------
    kind : str
        The adapter it was loaded with.
    digest : str or None
        Of its weights or file.
    classes : tuple of str
        Class names in the order of trigger labels.
    preprocessing : Preprocessing or None
    perturbed : tuple of ParameterRecord
        What the proxies differ in; empty without proxies.
    accuracy : float or None
        On the hold-out items of the screen; None when there was no screen.
    """

    kind: str
    digest: DigestText | None
    classes: tuple[str, ...]
    preprocessing: Preprocessing | None
    perturbed: tuple[ParameterRecord, ...] = ()
    accuracy: Share | None = None


class HoldoutRecord(Document):
    """The hold-out data, and where its labels came from.

    Attributes
    ----------
    digest : str
        Of inputs, labels and class names, in order (`tellmark.data.dataset.Dataset.digest`).
    items : int
    space : InputSpace
        In which the triggers lie too.
    labels_from : str
        ``file``, or ``source``: the data had no labels, and the source's answers served.
    """

    digest: DigestText
    items: int = Field(ge=1)
    space: InputSpace
    labels_from: Literal["file", "source"]


class ModelRecord(Document):
    """A model that took part, by its adapter and its digest, if it has one."""

    kind: str
    digest: DigestText | None


class IndependenceRecord(Document):
    """How the models given were told from copies of the source, and from each other, before any selection.

    Attributes
    ----------
    candidates : int
        Untested candidates that all of them were asked about. Fewer than 20 cannot show anything: nothing was
        checked then, and the other numbers are absent.
    copies : float or None
        Share of the candidates that the noisy copy which agrees least answers as the source does, or what is taken
        for a copy's where there are none; None without references.
    agreements : tuple of float
        Share that each reference answers so: those for the selection first, then those for the calibration.
    alike : int
        Pairs of models, references, supplied shadows or the source, that answer all candidates as one model given
        twice would, and as two models seldom do.
    unclear : int
        Further pairs that give all candidates the same labels, from which nobody can tell whether they are one model.
    accepted : bool
        Whether the owner vouched for models that are like a copy or alike (``--accept-similar``). Without that there
        are none.
    """

    candidates: Count
    copies: Share | None
    agreements: tuple[Share, ...]
    alike: Count
    unclear: Count
    accepted: bool

    @property
    def checked(self) -> bool:
        """Whether there were enough candidates to tell."""
        return self.candidates >= FEWEST_TO_CHECK

    @property
    def similar(self) -> int:
        """How many references agree with the source as often as a copy does."""
        return 0 if self.copies is None else sum(agreement >= self.copies for agreement in self.agreements)


class ReferencesRecord(Document):
    """Independent models: with which the triggers were selected, and with which the null limits were found.

    Attributes
    ----------
    selection, calibration : tuple of ModelRecord
        No model is in both.
    independence : IndependenceRecord or None
        None where no model was given, neither a reference nor a shadow.
    """

    selection: tuple[ModelRecord, ...] = ()
    calibration: tuple[ModelRecord, ...] = ()
    independence: IndependenceRecord | None = None


class MarkDocument(Document):
    """The public part of a mark; ``mark.json`` in the file.

    Attributes
    ----------
    format : str
        Version of the file format.
    tellmark : str
        Version of the program that made the mark.
    created : datetime
        UTC, to the second.
    source : SourceRecord
    holdout : HoldoutRecord
    references : ReferencesRecord
    tiers : tuple of TierRecord
        At least one; no two have a trigger in common. The triggers of the first come first.
    seed_guessable : bool
        Whether the seed is a number below 2^64, so that somebody could find it by trying.
    """

    format: Literal["tellmark.mark/1"] = FORMAT
    tellmark: str
    created: Moment
    source: SourceRecord
    holdout: HoldoutRecord
    references: ReferencesRecord = ReferencesRecord()
    tiers: Annotated[tuple[TierRecord, ...], Field(min_length=1)]
    seed_guessable: bool

    @property
    def triggers(self) -> int:
        """How many there are, in all tiers together."""
        return sum(tier.recipe.triggers for tier in self.tiers)

    @property
    def stretches(self) -> tuple[slice, ...]:
        """Where the triggers of each tier stand among those of the mark."""
        ends = tuple(accumulate((tier.recipe.triggers for tier in self.tiers), initial=0))
        return tuple(slice(start, stop) for start, stop in pairwise(ends))
