"""What a mark says in public of one tier: triggers made by one recipe, for one class of theft."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tellmark.documents import Count, DigestText, Document, Share
from tellmark.proxies.thefts import TheftClass
from tellmark.statistics.guarantee import transfer_statement
from tellmark.statistics.tolerance import Method
from tellmark.triggers.recipe import Recipe

Level = Annotated[float, Field(gt=0, lt=1)]
"""A confidence, or a content."""

Matches = Annotated[tuple[Count, ...], Field(min_length=1)]
"""How many triggers each of some models matches."""

Origin = Literal["made", "supplied"]
"""Who made the members of a theft family: Tellmark, or somebody else, from whom the owner has them."""

Divergence = Annotated[float, Field(ge=0, allow_inf_nan=False)]


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
        Of these, how many all proxies answered alike; more than the triggers where some share an item or were
        not among the highest-ranking.
    commonest_label : int
        How many triggers bear the commonest label: a model that answers everything alike can match so many.
    admitted : tuple of int
        The family's members that served as proxies, by number.
    refused : int
        Members that failed the accuracy screen before enough were admitted.
    proxy_accuracy : (lowest, highest) or None
        Of the admitted members on the screen's items.
    divergence : (lowest, highest) or None
        Of the triggers (`tellmark.triggers.discrimination`); None where they were not ranked.
    """

    drawn: Count
    asked: Count
    kept: Count
    survived: Count
    commonest_label: Count
    admitted: tuple[Count, ...]
    refused: Count = 0
    proxy_accuracy: tuple[Share, Share] | None = None
    divergence: tuple[Divergence, Divergence] | None = None


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


class Limit(Document):
    """A tolerance limit for the share of a tier's triggers that one more model of a kind matches.

    Attributes
    ----------
    value : float
        In [0, 1]: at least a share `content` of models keep to it, with confidence `confidence`.
    method : str
        ``order statistic``, which assumes nothing of the distribution of rates; or ``logit-normal``.
    content, confidence : float
        In (0, 1).
    """

    value: Share
    method: Method
    content: Level
    confidence: Level


class FamilyRecord(Document):
    """How fresh members of a theft family answer the triggers: members that no trigger was selected with.

    Those that Tellmark made and those that were supplied have a record each: a limit speaks of further models that
    come about as its own did.

    Attributes
    ----------
    family : str
        Such as ``distilled`` or ``weight-noise-relative``.
    theft_class : str
        ``copy``, ``derived`` or ``distilled``.
    origin : str
        Who made the members: ``made`` by Tellmark, ``supplied`` by the owner.
    made : str
        How its members came about, in words.
    selection : int
        How many further members the triggers were selected with.
    matches : tuple of int
        How many of the tier's triggers each fresh member matches.
    limit : Limit or None
        θ₁: members of the family match at least this share; None with fewer than two fresh members.
    """

    family: str
    theft_class: TheftClass
    origin: Origin
    made: str
    selection: Count
    matches: Matches
    limit: Limit | None


class NullRecord(Document):
    """How independent models answer the triggers: the references kept for calibration.

    Attributes
    ----------
    matches : tuple of int
        How many of the tier's triggers each of them matches.
    limit : Limit or None
        θ₀: independent models match at most this share; None with fewer than two of them.
    """

    matches: Matches
    limit: Limit | None


class TierRecord(Document):
    """One tier.

    Attributes
    ----------
    recipe : Recipe
    recipe_digest : str
        Of the recipe's canonical JSON (`Recipe.digest`).
    selection : SelectionRecord
    guarantee : Guarantee or None
        The paper's; None without proxies.
    families : tuple of FamilyRecord
        What fresh proxies say of the transfer to each family.
    null : NullRecord or None
        None without calibration references.
    """

    recipe: Recipe
    recipe_digest: DigestText
    selection: SelectionRecord
    guarantee: Guarantee | None
    families: tuple[FamilyRecord, ...] = ()
    null: NullRecord | None = None
