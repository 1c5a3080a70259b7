"""From references to verdict: innocent models, whose answers share the model, are claimed as seldom as promised.

Innocents match at rates that differ from model to model, drawn from a beta distribution; triggers are
then asked in random order, with a look after every answer.
"""

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from tellmark.statistics.planning import decision_times, false_claim_bound, matches_to_refute
from tellmark.statistics.tolerance import lower_tolerance_limit, upper_tolerance_limit
from tellmark.statistics.wealth import AtMost

POPULATIONS = 3000
TRIGGERS = 100
ALPHA = 0.05
CONTENT = 0.9
CONFIDENCE = 0.9
A, B = 40, 60
"""Rates of innocents have mean .4 and standard deviation .049."""


def matches_of_innocents(shape, rng):
    return rng.binomial(TRIGGERS, rng.beta(A, B, shape))


def limits_from(tolerance_limit, counts):
    """Tolerance limit, in triggers, from each row of counts."""
    settings = {"triggers": TRIGGERS, "content": CONTENT, "confidence": CONFIDENCE}
    return np.array([tolerance_limit(row / TRIGGERS, **settings).matches_of(TRIGGERS) for row in counts])


def claimed(matching, limits, rng):
    """Whether a suspect with so many matches is ever claimed, asked in one random order, by each limit."""
    answers = rng.permuted(np.arange(TRIGGERS) < matching[:, None], axis=1)
    boundary = {
        limit: matches_to_refute(AtMost(limit, TRIGGERS), level=ALPHA) for limit in set(limits.tolist()) - {TRIGGERS}
    }
    boundary[TRIGGERS] = np.full(TRIGGERS + 1, TRIGGERS + 1)
    needed = np.array([boundary[limit][1:] for limit in limits.tolist()])
    return (np.cumsum(answers, axis=1) >= needed).any(axis=1)


@pytest.mark.parametrize("references", [3, 5, 22, 60])
def test_the_share_of_innocents_above_the_limit_is_as_promised(references, rng, more_often_than):
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, references), rng))
    share_above = betabinom.sf(limits, TRIGGERS, A, B)
    assert not more_often_than(1 - CONFIDENCE, share_above > 1 - CONTENT)


@pytest.mark.parametrize("references", [3, 5, 22, 60])
def test_innocents_are_claimed_as_seldom_as_promised(references, rng, more_often_than):
    """Over references and suspects alike: at most alpha, the share above the limit, and the limit's own risk."""
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, references), rng))
    claims = claimed(matches_of_innocents(POPULATIONS, rng), limits, rng)
    promised = false_claim_bound(alpha=ALPHA, content=CONTENT)
    assert not more_often_than(promised + 1 - CONFIDENCE, claims)


@pytest.mark.parametrize("limit", [42, 46, 50])
def test_given_the_references_innocents_are_claimed_as_seldom_as_the_bound_says(limit, rng, more_often_than):
    content = betabinom.cdf(limit, TRIGGERS, A, B)
    claims = claimed(matches_of_innocents(POPULATIONS, rng), np.full(POPULATIONS, limit), rng)
    assert not more_often_than(false_claim_bound(alpha=ALPHA, content=content), claims)


def test_a_binomial_over_triggers_claims_more_innocents_than_its_level(rng, more_often_than):
    """The disease, on the same models: answers counted as if independent. More triggers make it worse."""
    calibration, suspects = matches_of_innocents((POPULATIONS, 22), rng), matches_of_innocents(POPULATIONS, rng)
    p_values = binom.sf(suspects - 1, TRIGGERS, calibration.mean(axis=1) / TRIGGERS)
    assert more_often_than(1.5 * ALPHA, p_values <= ALPHA)
    many = rng.binomial(1000, rng.beta(A, B, POPULATIONS))
    assert more_often_than(5 * ALPHA, binom.sf(many - 1, 1000, A / (A + B)) <= ALPHA)


def test_sequential_bets_against_the_mean_rate_claim_them_too(rng, more_often_than):
    """Validity over the order is not validity over models: the limit must hold the spread."""
    mean = np.full(POPULATIONS, round(TRIGGERS * A / (A + B)))
    assert more_often_than(0.3, claimed(matches_of_innocents(POPULATIONS, rng), mean, rng))


@pytest.mark.parametrize("proxies", [3, 5, 22])
def test_thieves_are_given_up_as_seldom_as_promised(proxies, rng, more_often_than):
    """A family's lower limit, the futility process against it, and one more member of the family."""
    family = rng.binomial(TRIGGERS, rng.beta(70, 30, (POPULATIONS, proxies)))
    counts = limits_from(lower_tolerance_limit, family)
    share_below = betabinom.cdf(counts - 1, TRIGGERS, 70, 30)
    assert not more_often_than(1 - CONFIDENCE, share_below > 1 - CONTENT)
    missing = TRIGGERS - rng.binomial(TRIGGERS, rng.beta(70, 30, POPULATIONS))
    given_up = claimed(missing, TRIGGERS - counts, rng)
    assert not more_often_than(false_claim_bound(alpha=ALPHA, content=CONTENT) + 1 - CONFIDENCE, given_up)


def test_the_promise_is_worth_something():
    """With five references thieves that match 70 % are still found, most of them within half the triggers."""
    limit = upper_tolerance_limit(
        [0.36, 0.38, 0.40, 0.42, 0.44], triggers=TRIGGERS, content=CONTENT, confidence=CONFIDENCE
    )
    null = AtMost(limit.matches_of(TRIGGERS), TRIGGERS)
    assert decision_times(70, null=null, alpha=ALPHA).detection_probability(50) > 0.5


def flipped(matching, rate, classes, rng):
    """Matches of a suspect that gives another label at this rate, drawn from all others: some are lost, some won."""
    lost = rng.binomial(matching, rate)
    return matching - lost + rng.binomial(TRIGGERS - matching, rate / (classes - 1))


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("classes", [3, 10, 100])
def test_innocents_that_flip_labels_are_claimed_no_more_often(rate, classes, rng, more_often_than):
    """They match more triggers than a random label does, and so lose more matches than they win."""
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, 22), rng))
    innocents = matches_of_innocents(POPULATIONS, rng)
    honest, noisy = (claimed(each, limits, rng) for each in (innocents, flipped(innocents, rate, classes, rng)))
    promised = false_claim_bound(alpha=ALPHA, content=CONTENT) + 1 - CONFIDENCE
    assert not more_often_than(promised, noisy)
    assert noisy.mean() <= honest.mean() + 3 * np.sqrt(promised / POPULATIONS)


def test_flips_break_the_promise_where_innocents_match_less_than_random_labels(rng, more_often_than):
    """The disease: of two classes innocents match two triggers in five, and whoever tosses a coin one in two."""
    limits = limits_from(upper_tolerance_limit, matches_of_innocents((POPULATIONS, 22), rng))
    claims = claimed(flipped(matches_of_innocents(POPULATIONS, rng), 0.8, 2, rng), limits, rng)
    assert more_often_than(false_claim_bound(alpha=ALPHA, content=CONTENT) + 1 - CONFIDENCE, claims)
