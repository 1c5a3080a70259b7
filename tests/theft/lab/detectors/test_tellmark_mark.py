"""Tellmark as it comes: the tiers of a default mark, and the verdict of a verification over all of them."""

import numpy as np
import pytest

from populations import DATA, matching, source, thief, thieves, twin
from tellmark.api import mark, verify
from tellmark.theft.lab.detectors.tellmark_mark import TellmarkMark

REFERENCES = [twin(number) for number in range(1, 17)]
SHADOWS = {"distilled-soft": [one.model for one in thieves(6)]}
TERMS = {"holdout": DATA, "references": REFERENCES, "shadows": SHADOWS, "budget": 100, "seed": 11}
DETECTOR = TellmarkMark()


@pytest.fixture(scope="module")
def prepared():
    return DETECTOR.prepare(source(), **TERMS, alpha=0.05)


@pytest.fixture(scope="module")
def behind():
    """What the defaults make of such models; the budget is divided by the tiers."""
    return mark(source(), DATA, n=50, seed=11, references=REFERENCES, shadows=SHADOWS, accept_similar=True)


def test_it_is_the_mark_that_the_defaults_make(prepared, behind):
    asked = prepared.questions
    assert [tier.name for tier in prepared.tests] == [tier.recipe.name for tier in behind.public.tiers]
    assert [tier.name for tier in prepared.tests] == ["copy", "distilled"]
    assert np.array_equal(asked.inputs, behind.triggers.inputs(np.arange(len(behind))))
    assert np.array_equal(asked.labels, behind.triggers.labels)


def test_no_more_is_asked_than_the_budget_allows(prepared, behind):
    assert len(prepared.questions) == len(behind) == 100
    assert min(DETECTOR.triggers, 300 // 3) == 100  # three tiers within the usual budget


@pytest.mark.parametrize("suspect", [source(), thief(30), thief(31, share=0.9), twin(30)])
@pytest.mark.parametrize("seed", [0, 5])
def test_same_verdict_as_a_verification_over_all_tiers(prepared, behind, suspect, seed):
    found = prepared.examine(suspect, seed=seed)
    verified = verify(behind, suspect, alpha=0.05, order_seed=seed)
    assert verified.method == "sequential"
    assert (found.queries, found.p_value, found.verdict) == (verified.queries, verified.p_value, verified.verdict)
    rates = matching(behind, suspect)
    assert found.matched == pytest.approx(sum(rates.values()) / 2)


def test_terms_are_those_of_the_mark(prepared, behind):
    for said, tier in zip(prepared.terms.tiers, behind.public.tiers, strict=True):
        assert (said.null_limit, said.method) == (tier.null.limit.value, tier.null.limit.method)
        assert said.references == len(tier.null.matches) == 8
    assert prepared.terms.shadows == {"distilled-soft": 6}
    assert prepared.terms.false_claim_bound == pytest.approx(0.1 + 0.9 * 0.05)


def test_thieves_rank_above_twins(prepared):
    stolen = [prepared.examine(thief(number), seed=0).score for number in range(40, 46)]
    innocent = [prepared.examine(twin(number), seed=0).score for number in range(40, 46)]
    assert min(stolen) > max(innocent)
    assert prepared.examine(source(), seed=0).score == 1
