"""What is said of a tier is what its numbers show: the method is named, the rounding keeps the sentence true."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.make_marks import golden_mark
from tellmark.statistics.tolerance import lower_tolerance_limit, upper_tolerance_limit
from tellmark.triggers.describing import limit_of
from tellmark.triggers.document import ModelRecord, ReferencesRecord
from tellmark.triggers.tier import FamilyRecord, NullRecord, TierRecord
from tellmark.triggers.tier_words import (
    distribution_free_sentence,
    family_matches,
    family_sentences,
    models_of,
    null_matches,
    null_sentences,
    warnings_of,
)

N = 300
STUDENTS = (213, 216, 220, 225, 229, 231, 236, 240)
TWINS = (120, 121, 123, 124, 125, 126)


def family(matches=STUDENTS, *, name="distilled", theft_class="distilled", triggers=N) -> FamilyRecord:
    limit = None
    if len(matches) > 1:
        limit = limit_of(lower_tolerance_limit(np.array(matches) / triggers, triggers=triggers))
    return FamilyRecord(family=name, theft_class=theft_class, made="made", selection=4, matches=matches, limit=limit)


def tier(*families: FamilyRecord, twins: tuple[int, ...] = TWINS, triggers: int = N) -> TierRecord:
    null = None
    if twins:
        limit = None
        if len(twins) > 1:
            limit = limit_of(upper_tolerance_limit(np.array(twins) / triggers, triggers=triggers))
        null = NullRecord(matches=twins, limit=limit)
    record = golden_mark("tiers").public.tiers[1]
    recipe = record.recipe.model_copy(update={"triggers": triggers})
    return record.model_copy(update={"recipe": recipe, "families": families, "null": null})


def references(calibration: int, selection: int = 0) -> ReferencesRecord:
    models = tuple(ModelRecord(kind="toy", digest=None) for _ in range(max(calibration, selection)))
    return ReferencesRecord(selection=models[:selection], calibration=models[:calibration])


def test_a_family_of_fresh_members():
    by_limit, distribution_free = family_sentences(family(), triggers=N)
    assert by_limit == (
        "with 95 % confidence at least 95 % of models distilled this way match 63.8 % or more of the triggers "
        "(logit-normal limit from 8 fresh models: 213-240 of 300; if the logits of their rates are normally "
        "distributed)"
    )
    assert distribution_free == (
        "8 of 8 fresh models reached 71 %: with 95 % confidence at least 68.7 % of models distilled this way do so, "
        "whatever the distribution of their rates (Clopper-Pearson)"
    )


def test_references_that_took_no_part_in_the_selection():
    by_limit, supported = null_sentences(tier(), references(6))
    assert by_limit == (
        "with 95 % confidence at least 95 % of independent models match at most 44.2 % of the triggers (logit-normal "
        "limit from 6 references that took no part in the selection: 120-126 of 300; if the logits of their rates are "
        "normally distributed)"
    )
    assert supported == (
        "whatever the distribution of rates, 6 references cannot support a level below 1 in 7 (14.2 %); 59 would give "
        "a limit that assumes nothing about it"
    )


def test_with_many_models_nothing_is_assumed_of_the_distribution():
    (of_family,) = family_sentences(family(tuple(range(200, 260))), triggers=N)
    (of_null,) = null_sentences(tier(twins=tuple(range(60, 120))), references(60))
    for sentence in (of_family, of_null):
        assert "order statistic limit from 60" in sentence
        assert "whatever the distribution" in sentence
        assert "normal" not in sentence


def test_one_fresh_model_shows_no_limit():
    (sentence,) = family_sentences(family((213,)), triggers=N)
    assert sentence.startswith("the one fresh member of distilled matches 213 of 300: one cannot show how such models")
    assert family_matches(family((213,)), triggers=N) is None


def test_one_reference_shows_no_limit():
    first, second = null_sentences(tier(twins=(120,)), references(1))
    assert first.startswith("the one reference that took no part in the selection matches 120 of 300: one cannot show")
    assert second == "whatever the distribution of rates, one reference cannot support a level below 1 in 2 (50 %)"
    assert null_matches(tier(twins=(120,))) is None


def test_without_references_specificity_is_not_measured():
    (sentence,) = null_sentences(tier(twins=()), references(0))
    assert sentence.startswith("specificity was not measured: no independent model was kept to be asked")
    assert "select" not in sentence
    (sentence,) = null_sentences(tier(twins=()), references(0, selection=1))
    assert sentence.endswith("; one reference helped to select the triggers and cannot say")
    assert null_matches(tier(twins=())) is None


def test_a_family_that_no_limit_tells_from_independent_models_is_warned_of():
    assert warnings_of(tier(family())) == ()
    faint = family((150, 120, 160, 130))
    (sentence,) = warnings_of(tier(family(name="distilled-soft"), faint))
    assert sentence.startswith("this tier cannot tell models distilled this way from independent ones reliably: ")
    at_least, at_most = family_matches(faint, triggers=N), null_matches(tier())
    assert f"the former match {at_least} of 300 triggers or more, the latter up to {at_most}" in sentence
    assert at_least <= at_most
    (sentence,) = warnings_of(tier(family((150, 120, 160, 130), name="pruned", theft_class="copy")))
    assert sentence.endswith("; it was not made for them")


def test_limits_that_touch_do_not_tell_models_apart():
    twins = tuple(range(60, 120))
    touching = family(tuple(range(119, 179)))
    assert family_matches(touching, triggers=N) == null_matches(tier(twins=twins)) == 119
    assert len(warnings_of(tier(touching, twins=twins))) == 1
    assert warnings_of(tier(family(tuple(range(120, 180))), twins=twins)) == ()


def test_independent_models_that_may_match_everything_support_no_claim():
    (sentence,) = warnings_of(tier(family(), twins=(150, 298)))
    assert sentence.startswith("independent models may match all 300 triggers of this tier")


def test_without_a_null_limit_there_is_nothing_to_compare():
    assert warnings_of(tier(family((10, 12)), twins=())) == ()


@pytest.mark.parametrize(("name", "said"), [("fine-tuned", "fine-tuned this way"), ("new", "of the family new")])
def test_members_of_any_family_have_a_name(name, said):
    assert models_of(name) == f"models {said}"


RATES = st.lists(st.integers(0, 40), min_size=2, max_size=70).map(tuple)


@given(RATES)
def test_numbers_are_rounded_to_the_side_on_which_they_stay_true(matches):
    record, whole = family(matches, triggers=40), tier(twins=matches, triggers=40)
    at_least = re.search(r"match (all|[\d.]+)", family_sentences(record, triggers=40)[0])[1]
    at_most = re.search(r"at most ([\d.]+) %", null_sentences(whole, references(len(matches)))[0])[1]
    stated = 1.0 if at_least == "all" else float(at_least) / 100
    assert record.limit.value - 0.001 < stated <= record.limit.value + 1e-8
    assert whole.null.limit.value - 1e-8 <= float(at_most) / 100 < whole.null.limit.value + 0.001


@given(RATES)
def test_every_fresh_model_reached_what_the_worst_did(matches):
    sentence = distribution_free_sentence(family(matches, triggers=40), triggers=40)
    share = 0.05 ** (1 / len(matches))
    assert sentence.startswith(f"{len(matches)} of {len(matches)} fresh models reached ")
    assert float(re.search(r"at least ([\d.]+) %", sentence)[1]) / 100 == pytest.approx(share, abs=0.001)


def test_the_share_that_reaches_the_worst_of_k_holds_as_often_as_it_says():
    """The threshold is the sample's own minimum, and yet the bound keeps its level, for any distribution."""
    rng = np.random.default_rng(0)
    draws, k = 4000, 8
    worst = rng.random((draws, k)).min(axis=1)  # uniform: P(S >= t) = 1 - t
    assert abs(((1 - worst) >= 0.05 ** (1 / k)).mean() - 0.95) < 0.012
