"""A mark of Tellmark's as the questions of a detector, tier by tier."""

from __future__ import annotations

import numpy as np

from tellmark.theft.lab.detectors.questions import BETA, PreparedQuestions, Questions
from tellmark.theft.lab.terms import TierTerms, terms_of
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.family_words import is_meant_for
from tellmark.triggers.mark import Mark
from tellmark.triggers.tier import TierRecord
from tellmark.verification.tier_limits import tier_tests
from tellmark.verification.tier_test import TierTest


def prepared_with(mark: Mark, *, alpha: float) -> PreparedQuestions:
    """Ask all triggers of the mark, and test every tier against the limit that the mark states."""
    public = mark.public
    questions = Questions(mark.triggers.inputs(np.arange(len(mark))), mark.triggers.labels, public.source.classes)
    tests = tier_tests(public)
    tiers = [_terms(tier, test) for tier, test in zip(public.tiers, tests, strict=True)]
    return PreparedQuestions(questions, tests, terms_of(tiers, alpha=alpha, beta=BETA, shadows=_shadows(public)))


def _terms(tier: TierRecord, test: TierTest) -> TierTerms:
    limit = None if tier.null is None else tier.null.limit
    return TierTerms(
        name=test.name,
        questions=test.triggers,
        references=0 if tier.null is None else len(tier.null.matches),
        null_limit=None if limit is None else limit.value,
        most_matches=test.limit,
        method=None if limit is None else limit.method,
        content=None if limit is None else limit.content,
        confidence=None if limit is None else limit.confidence,
    )


def _shadows(public: MarkDocument) -> dict[str, int]:
    """The supplied models of each family that some tier is made for: those that selected, and those kept back."""
    return {
        record.family: record.selection + len(record.matches)
        for tier in public.tiers
        for record in tier.families
        if record.origin == "supplied" and is_meant_for(tier, record)
    }
