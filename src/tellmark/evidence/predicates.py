"""What the owner's signed statements say: the registration, the claim, the opening."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from tellmark.documents import Count, DigestText, Document, Moment
from tellmark.spaces import InputSpace

Base64 = Annotated[str, Field(pattern="^[A-Za-z0-9+/]*={0,2}$")]
"""Standard alphabet, with padding; a reader takes the one spelling that encoding the bytes gives."""

Hex32 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
"""32 bytes."""

Nonce = Annotated[str, Field(pattern="^([0-9a-f]{2}){16,64}$")]
"""16 to 64 bytes, chosen by the judge after the registration."""

Level = Annotated[float, Field(gt=0, lt=1)]

CandidateSort = Literal["mixup", "same-class", "natural-error"]
"""How an input was made: a blend of two items of different classes, of one class, or an item as it is."""


class KeyRecord(Document):
    """The public half of the key that signs.

    Attributes
    ----------
    kind : str
        ``ed25519``, or ``p256``: ECDSA over P-256 with SHA-256.
    key : str
        SubjectPublicKeyInfo, DER, in base64.
    keyid : str
        Digest of that DER.
    """

    kind: Literal["ed25519", "p256"]
    key: Base64
    keyid: DigestText


class NullBasis(Document):
    """What the limit for innocent models rests on, so that anybody can work it out again.

    Attributes
    ----------
    matches : tuple of int
        How many of the tier's triggers each calibration reference matched.
    content, confidence : float
        Of the upper tolerance limit (`tellmark.statistics.tolerance`).
    """

    matches: Annotated[tuple[Count, ...], Field(min_length=1)]
    content: Level
    confidence: Level


class TierCommitment(Document):
    """What is committed of one tier.

    Attributes
    ----------
    name : str
        That of its recipe.
    recipe : dict
        Every setting that its triggers depend on, apart from the seed, as the mark states it
        (`tellmark.triggers.recipe`).
    triggers : int
        N.
    limit : int or None
        M0: the most triggers that an innocent model matches; None where it was not measured, and then the tier can
        decide nothing.
    null : NullBasis or None
        From which the limit follows; None for a limit that the owner stated.
    claim, promising : int or None
        M1, and the fewest that keep the asking in this tier (`tellmark.verification.tier_test.TierTest`).
    turn : int
        So many of its triggers are opened before those of the next tier, and then as many again
        (`tellmark.evidence.dividing`); 0 for a tier that is never opened.
    leaves : tuple of str
        A salted digest for each trigger, in order of position.
    reserve : tuple of int
        Positions, increasing, that no private check asks; opened first before a judge. The leaves decide which
        (`tellmark.evidence.reserve`).
    """

    name: str
    recipe: dict[str, JsonValue]
    triggers: int = Field(ge=1)
    limit: Count | None
    null: NullBasis | None
    claim: Count | None
    promising: Count | None
    turn: Count
    leaves: tuple[DigestText, ...]
    reserve: tuple[Count, ...]


class DecisionRule(Document):
    """How answers become a verdict; nobody may change it afterwards.

    Attributes
    ----------
    method : str
        The average over tiers of betting e-processes (`tellmark.verification.sequential`).
    alpha, beta : float
        Level of ``supports``; level at which asking is given up.
    budget : int
        Most triggers that are asked for one claim.
    """

    method: Literal["sequential"] = "sequential"
    alpha: Level
    beta: Level
    budget: int = Field(ge=1)


class HoldoutCommitment(Document):
    """The data that the triggers are made of.

    Attributes
    ----------
    digest : str
        `tellmark.data.dataset.Dataset.digest`.
    items : int
    root : str
        Of the hash tree over the salted digests of the items with their labels (`tellmark.evidence.merkle`).
    space : InputSpace
    classes : tuple of str
        A label is a position among them.
    """

    digest: DigestText
    items: int = Field(ge=1)
    root: DigestText
    space: InputSpace
    classes: tuple[str, ...]


class FileRecord(Document):
    """A file of the owner's model, as in the manifest of a signed model (OpenSSF Model Signing)."""

    name: str
    digest: DigestText


class RegistrationPredicate(Document):
    """What the owner commits to before anybody is accused.

    Attributes
    ----------
    tellmark : str
        Version of the program.
    created : datetime
        As the owner says; a time that others vouch for is in the timestamps.
    owner : KeyRecord
    mark : str
        Digest of the mark's public part, byte for byte.
    secrets : str
        Digest of the mark's file as it was registered, encrypted or not.
    source : str or None
        Digest of the source model as the mark names it.
    files : tuple of FileRecord
        The source model's files.
    holdout : HoldoutCommitment
    tiers : tuple of TierCommitment
    rule : DecisionRule
    doubts : tuple of str
        What the mark itself says against its limits, a sentence each: references that were not told from copies, or
        that the owner vouched for.
    """

    tellmark: str
    created: Moment
    owner: KeyRecord
    mark: DigestText
    secrets: DigestText
    source: DigestText | None
    files: tuple[FileRecord, ...]
    holdout: HoldoutCommitment
    tiers: Annotated[tuple[TierCommitment, ...], Field(min_length=1)]
    rule: DecisionRule
    doubts: tuple[str, ...] = ()


class ClaimPredicate(Document):
    """Whom the owner accuses, before any trigger is opened.

    Attributes
    ----------
    created : datetime
    registration : str
        Digest of the registration file, timestamps included.
    suspect : str
        The suspect's name and where it is met, in the owner's words.
    nonce : str
        The judge's; it decides which triggers are opened.
    burned : tuple of tuple of int
        For each tier the positions, increasing, that were opened in earlier claims.
    """

    created: Moment
    registration: DigestText
    suspect: str = Field(min_length=1, max_length=500)
    nonce: Nonce
    burned: tuple[tuple[Count, ...], ...]


class EncodedInput(Document):
    """An input as JSON holds it: exactly one of the three is there."""

    pixels: Base64 | None = None
    row: tuple[float, ...] | None = None
    text: str | None = None


class OpenedItem(Document):
    """A hold-out item that a trigger was made of, and the proof that it was committed.

    Attributes
    ----------
    position : int
        In the hold-out data.
    label : int
    salt : str
    input : EncodedInput
    path : tuple of str
        From the item's leaf to the root of the hold-out's tree.
    """

    position: Count
    label: Count
    salt: Hex32
    input: EncodedInput
    path: tuple[DigestText, ...]


class CommittedTrigger(Document):
    """What a leaf of the registration is the digest of.

    Attributes
    ----------
    tier : int
        Position of the tier.
    position : int
        Of the trigger in the tier.
    candidate : int
        Its number in the stream of candidates.
    sort : str
    words : str
        The candidate's own seed, 32 bytes: its items and their shares follow from it.
    items : tuple of int
        Two hold-out items; the same one twice for an item as it is.
    label : int
        The source's answer.
    input : str
        Digest of the input.
    salt : str
    """

    tier: Count
    position: Count
    candidate: Count
    sort: CandidateSort
    words: Hex32
    items: tuple[Count, Count]
    label: Count
    input: DigestText
    salt: Hex32


class OpenedTrigger(Document):
    """A trigger with all that is needed to make it anew."""

    committed: CommittedTrigger
    input: EncodedInput
    items: Annotated[tuple[OpenedItem, ...], Field(min_length=1, max_length=2)]


class OpeningPredicate(Document):
    """Triggers that the owner opens, in the order that the claim's nonce decides.

    Attributes
    ----------
    created : datetime
    claim : str
        Digest of the claim's envelope.
    previous : str or None
        Digest of the opening before this one.
    triggers : tuple of OpenedTrigger
        In order, tier after tier.
    """

    created: Moment
    claim: DigestText
    previous: DigestText | None
    triggers: Annotated[tuple[OpenedTrigger, ...], Field(min_length=1)]
