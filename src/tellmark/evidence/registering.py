"""Commit to a mark before anybody is accused: from the mark with its secrets to a signed registration.

What is published are digests, numbers and the owner's public key. Nothing of it helps to tell a trigger from another
input, an item of the hold-out data, or a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tellmark._version import __version__
from tellmark.data.dataset import Dataset
from tellmark.documents import as_json
from tellmark.errors import InvalidInput
from tellmark.evidence.commitments import committed_triggers, holdout_leaves, mark_digest
from tellmark.evidence.dividing import triggers_to_decide
from tellmark.evidence.envelope import sealed
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.leaves import leaf_of
from tellmark.evidence.merkle import root
from tellmark.evidence.predicates import (
    CommittedTrigger,
    DecisionRule,
    FileRecord,
    HoldoutCommitment,
    KeyRecord,
    NullBasis,
    RegistrationPredicate,
    TierCommitment,
)
from tellmark.evidence.registration import Registration, registration_of, subjects_of
from tellmark.evidence.reserve import reserve_of
from tellmark.evidence.statement import statement
from tellmark.triggers.independence_words import independence_doubts
from tellmark.triggers.mark import Mark
from tellmark.triggers.tier import TierRecord
from tellmark.verification.tier_limits import tier_tests
from tellmark.verification.verdict import check_alpha, check_beta


@dataclass(frozen=True)
class RegistrationSettings:
    """What the owner settles, and nobody may change afterwards.

    Attributes
    ----------
    alpha : float
        Level of ``supports``, in (0, 0.5].
    beta : float
        Level at which asking is given up, in (0, 0.5].
    budget : int or None
        Most triggers that are asked for one claim; None allows all.
    reserve : float
        Share of each tier's triggers that no private check asks, in [0, 1).
    null_rate : float or None
        In [0, 1): an upper limit on the share of triggers that independent models match, as the owner states it, for a
        mark of one tier.

    Raises
    ------
    InvalidInput
        If a number lies outside its range.
    """

    alpha: float = 0.01
    beta: float = 0.05
    budget: int | None = None
    reserve: float = 0.5
    null_rate: float | None = None

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        check_beta(self.beta)
        if self.budget is not None and self.budget < 1:
            raise InvalidInput(f"a budget of {self.budget} triggers asks nothing; give at least 1, or none to ask all")


def register(
    mark: Mark,
    data: Dataset,
    key: SigningKey,
    settings: RegistrationSettings = RegistrationSettings(),
    *,
    secrets: str,
    files: Sequence[FileRecord] = (),
) -> Registration:
    """Commit to a mark and sign it.

    The signature shows that whoever holds the key said so; it shows no date. For that the registration is stamped by
    an authority (`tellmark.evidence.timestamps`).

    Parameters
    ----------
    mark : Mark
    data : Dataset
        The hold-out data that it was made from, with its labels.
    key : SigningKey
        The owner's.
    settings : RegistrationSettings
    secrets : str
        Digest of the mark's file.
    files : sequence of FileRecord
        Of the source model (`tellmark.evidence.model_files`).

    Raises
    ------
    Mismatch
        If the data is not that of the mark, or seed and data do not yield its triggers.
    InvalidInput
        If a setting lies outside its range.
    """
    predicate = predicate_of(mark, data, key.public.record, settings, secrets=secrets, files=files)
    return registration_of(sealed(statement(predicate, subjects_of(predicate)), key))


def predicate_of(
    mark: Mark,
    data: Dataset,
    owner: KeyRecord,
    settings: RegistrationSettings,
    *,
    secrets: str,
    files: Sequence[FileRecord] = (),
) -> RegistrationPredicate:
    """What a registration of the mark says; see `register`."""
    public = mark.public
    triggers = committed_triggers(mark, data)
    return RegistrationPredicate(
        tellmark=__version__,
        created=datetime.now(UTC),
        owner=owner,
        mark=mark_digest(public),
        secrets=secrets,
        source=public.source.digest,
        files=tuple(files),
        holdout=HoldoutCommitment(
            digest=public.holdout.digest,
            items=public.holdout.items,
            root=root(holdout_leaves(mark, data)),
            space=public.holdout.space,
            classes=public.source.classes,
        ),
        tiers=_tiers(mark, triggers, settings),
        rule=DecisionRule(
            alpha=settings.alpha,
            beta=settings.beta,
            budget=public.triggers if settings.budget is None else min(settings.budget, public.triggers),
        ),
        doubts=independence_doubts(public.references.independence),
    )


def _tiers(
    mark: Mark, triggers: Sequence[Sequence[CommittedTrigger]], settings: RegistrationSettings
) -> tuple[TierCommitment, ...]:
    tests = tier_tests(mark.public, null_rate=settings.null_rate)
    turns = triggers_to_decide(tests, alpha=settings.alpha)
    committed = [tuple(map(leaf_of, tier)) for tier in triggers]
    stated = settings.null_rate is not None
    return tuple(
        TierCommitment(
            name=test.name,
            recipe=as_json(tier.recipe),
            triggers=test.triggers,
            limit=test.limit,
            null=None if stated else _basis(tier),
            claim=test.claim,
            promising=test.promising,
            turn=turn,
            leaves=leaves,
            reserve=reserve_of(leaves, share=settings.reserve),
        )
        for test, turn, tier, leaves in zip(tests, turns, mark.public.tiers, committed, strict=True)
    )


def _basis(tier: TierRecord) -> NullBasis | None:
    if tier.null is None or tier.null.limit is None:
        return None
    return NullBasis(matches=tier.null.matches, content=tier.null.limit.content, confidence=tier.null.limit.confidence)
