"""What a mark says in public: all of it but the seed, the triggers and their labels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from tellmark.models.preprocessing import Preprocessing
from tellmark.spaces import InputSpace
from tellmark.statistics.guarantee import transfer_statement
from tellmark.triggers.recipe import Document, Recipe

FORMAT = "tellmark.mark/1"

DigestText = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$")]
"""`tellmark.types.Digest` in a document."""

Count = Annotated[int, Field(ge=0, lt=1 << 53)]
"""A whole number that every JSON reader reads exactly."""

Share = Annotated[float, Field(ge=0, le=1)]


def _whole_second_of_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


Moment = Annotated[AwareDatetime, AfterValidator(_whole_second_of_utc)]
"""A point in time, kept in UTC to the second, so that it is written in one way only."""


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


class SelectionRecord(Document):
    """How the triggers came about.

    Attributes
    ----------
    drawn : int
        Candidate numbers drawn.
    asked : int
        Of these, how many were answered by the source; the others yield no candidate, or consist of
        hold-out items already used.
    kept : int
        Of these, how many the source answered with a class of no parent, and clear of a tie.
    survived : int
        Of these, how many all proxies answered alike; more than the triggers where some share an item. Of the
        last ones kept, some may not have been put to all proxies: they were not needed.
    commonest_label : int
        How many triggers bear the commonest label: a model that answers everything alike can match so many.
    admitted : tuple of int
        The family's members that served as proxies, by number.
    refused : int
        Members that failed the accuracy screen before enough were admitted.
    proxy_accuracy : (lowest, highest) or None
        Of the admitted members on the screen's items.
    """

    drawn: Count
    asked: Count
    kept: Count
    survived: Count
    commonest_label: Count
    admitted: tuple[Count, ...]
    refused: Count = 0
    proxy_accuracy: tuple[Share, Share] | None = None


class Guarantee(Document):
    """The paper's bound on a trigger's probability of transfer, and what is wrong with it.

    Attributes
    ----------
    proxies : int
        m, all of which agreed.
    confidence : float
        1 - α, in (0, 1).
    lower_bound : float
        ``α ** (1 / m)``, a probability.
    statement : str
        The bound in words, and why it is optimistic, as the program that made the mark put it. Nothing checks
        it: show `in_words` instead.
    """

    proxies: int = Field(ge=1, lt=1 << 53)
    confidence: float = Field(gt=0, lt=1)
    lower_bound: Share
    statement: str

    @property
    def in_words(self) -> str:
        """The bound in words, and why it is optimistic, from the numbers alone."""
        return transfer_statement(self.proxies, confidence=self.confidence)


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
    recipe : Recipe
    recipe_digest : str
        Of the recipe's canonical JSON (`Recipe.digest`).
    selection : SelectionRecord
    guarantee : Guarantee or None
        None without proxies.
    seed_guessable : bool
        Whether the seed is a number below 2^64, so that somebody could find it by trying.
    """

    format: Literal["tellmark.mark/1"] = FORMAT
    tellmark: str
    created: Moment
    source: SourceRecord
    holdout: HoldoutRecord
    recipe: Recipe
    recipe_digest: DigestText
    selection: SelectionRecord
    guarantee: Guarantee | None
    seed_guessable: bool
