"""The sentences that go with a verdict: what it rests on, what it takes for granted, and what it does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tellmark.evidence.grounds import Examined, Grounds
from tellmark.evidence.limits import bases_of_limits, false_claim_bound, stated_tiers, sureness
from tellmark.evidence.predicates import NullBasis
from tellmark.evidence.verdict_predicate import AuditRecord, ModelFinding
from tellmark.statistics.conformal import conformal_p_value
from tellmark.statistics.repeated_tries import bound_over_tries, tries_that_exhaust
from tellmark.statistics.tolerance import models_needed
from tellmark.verification.wording import amount, at_most_percent, probability

LINEAGE = (
    "Whatever it says is about lineage, not about theft or title: a common ancestor of both models gives the same "
    "picture, and a licence, a purchase or an open base model can be the reason."
)
_TRIES = 10
"""Registrations, for an example."""


def meaning(grounds: Grounds) -> tuple[str, ...]:
    """What the numbers rest on and what would make them false, a sentence each."""
    return (
        *_source(grounds),
        *_risk(grounds),
        *_bases(grounds),
        *_independents(grounds.suspect, grounds.independents),
        *_audited(grounds.audit),
        LINEAGE,
    )


def moment(when: datetime) -> str:
    """A time as it is shown.

    Examples
    --------
    >>> moment(datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    '2026-03-01 09:30:00 UTC'
    """
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def odds(found: ModelFinding) -> str:
    """The p-value and the e-value of a finding."""
    if found.p_value is None:
        return "no test"
    value = "infinite" if found.e_value is None else amount(found.e_value)
    return f"p = {probability(found.p_value)}, e-value {value}"


def _source(grounds: Grounds) -> Iterator[str]:
    if grounds.source_asked and grounds.registration.source is not None:
        yield (
            f"The source model, which the registration names by its digest, gave the committed label to all "
            f"{len(grounds.suspect.matches)} triggers asked. That the labels of the hold-out items are right is the "
            "owner's word."
        )


def _risk(grounds: Grounds) -> Iterator[str]:
    measured = bases_of_limits(grounds.registration)
    if not measured or stated_tiers(grounds.registration):
        return
    bound, sure = false_claim_bound(grounds.registration), sureness(grounds.registration)
    yield (
        f"If the limits hold ({100 * sure:.3g} % confidence, from {_fewest(measured)} of the owner), a further "
        f"model that is independent of the source, drawn like these, is claimed with probability at most "
        f"{at_most_percent(bound)}: alpha {grounds.registration.rule.alpha:g}, and the share of such models beyond a "
        "limit."
    )
    if any(_assumes_normality(basis) for basis in measured):
        yield (
            "The limits rest on so few models that their rates have to be taken to be normal on the logit scale, which "
            "so few cannot show; if they are not, the confidence is another."
        )
    yield from (f"By the registration: {doubt}" for doubt in grounds.registration.doubts)
    if bound < 1:
        yield (
            "If the owner prepared k registrations, or tried k seeds, or asked k judges, and shows the one that suits, "
            f"the bound is k times as large: {at_most_percent(bound_over_tries(bound, _TRIES))} for {_TRIES}, and "
            f"nothing is left of it from {tries_that_exhaust(bound)} on; that all their limits hold is k times as "
            "unsure. Their number is not known here; against it stand models of the judge's own."
        )


def _assumes_normality(basis: NullBasis) -> bool:
    return len(basis.matches) < models_needed(content=basis.content, confidence=basis.confidence)


def _fewest(measured: Sequence[NullBasis]) -> str:
    return _models(min((basis.matches for basis in measured), key=len))


def _bases(grounds: Grounds) -> Iterator[str]:
    for base in grounds.bases:
        yield (
            f"{base.finding.model.name.capitalize()} ({base.finding.model.described}), which source or suspect may "
            f"come from, matches {sum(base.matches)} of the {len(base.matches)} triggers asked."
        )


def _independents(suspect: Examined, independents: Sequence[Examined]) -> Iterator[str]:
    if not independents:
        return
    asked = len(suspect.matches)
    matches = " and ".join(f"{sum(one.matches)}" for one in independents)
    level = conformal_p_value(suspect.rate, [one.rate for one in independents])
    yield (
        f"Of all {asked} triggers asked the suspect matches {sum(suspect.matches)}, the judge's "
        f"{_models(independents)} {matches}. That is as much as the judge's choice of models is worth: were the "
        "suspect one more of their kind, drawn at random, it would rank so high among them with probability at most "
        f"{at_most_percent(level)}, provided that how many triggers were opened did not depend on its answers."
    )


def _models(several: Sequence[object]) -> str:
    return f"{len(several)} independent model{'' if len(several) == 1 else 's'}"


def _audited(record: AuditRecord | None) -> Iterator[str]:
    if record is None:
        yield (
            "The openings show that each trigger is a blend of committed items, not that the mark's seed yields it "
            "and its recipe selects it: for that give --mark and --holdout."
        )
        return
    relabelled = "its labels were not asked for" if record.relabelled is None else f"{record.relabelled} labels given"
    proxies = "" if record.proxies is None else f", {record.proxies} noisy copies agreeing"
    yield (
        f"The judge made all {record.triggers} triggers anew from the mark's seed ({relabelled}{proxies}). What of "
        "the candidates was passed over, and their ranking by the owner's models, was not repeated."
    )
