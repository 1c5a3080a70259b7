"""Verifying: what is asked, what comes of it, and how it fails."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planned_marks import COPY_FAMILIES, COPY_REFERENCES, DISTILLED_REFERENCES, tier
from tellmark.errors import InvalidInput, Mismatch, ModelError
from tellmark.models.base import Answers, ModelInfo
from tellmark.statistics.anytime_interval import anytime_count_interval
from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.finite_population import count_interval
from tellmark.verification.asking import SLICE
from tellmark.verification.order import tier_orders
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.session import verify
from tellmark.verification.tier_limits import tier_tests

COPY = tier("copy", 100, references=COPY_REFERENCES, families=COPY_FAMILIES)
DISTILLED = tier("distilled", 150, references=DISTILLED_REFERENCES)
NOISY = tier("copy", 100, references=COPY_REFERENCES, families={"weight-noise-relative": (100, 99) * 10})
UNUSABLE = tier("derived", 10, references=(3, 9))
WORSE_TO_BETTER = ("does not support", "inconclusive", "supports")


@pytest.fixture
def tiered(make_tiers):
    """Copies, models that no limit is known for, students."""
    return make_tiers(COPY, UNUSABLE, DISTILLED)


@pytest.fixture
def mark(make_mark):
    return make_mark(300)


def test_the_source_itself_matches_every_trigger(mark, rote):
    result = verify(mark, rote(mark, 300))
    assert (result.matches, result.queries, result.triggers, result.rate) == (300, 300, 300, 1.0)
    assert result.interval == proportion_interval(300, 300)
    assert result.matching == (300, 300)
    assert result.verdict == "inconclusive"
    assert result.p_value is None


def test_matches_are_counted_whatever_the_order(mark, rote):
    results = [verify(mark, rote(mark, 217), order_seed=seed) for seed in (1, 2, None)]
    assert [result.matches for result in results] == [217, 217, 217]


def test_each_trigger_is_asked_once_and_never_more_than_the_budget(mark, rote):
    for budget in (1, SLICE - 1, SLICE, SLICE + 1, 299, 300, 5000):
        suspect = rote(mark, 300)
        result = verify(mark, suspect, max_queries=budget)
        assert result.queries == len(suspect.asked) == len(set(suspect.asked)) == min(budget, 300)
        assert result.matching == count_interval(result.matches, result.queries, population=300)


def test_the_order_is_shuffled_fresh_each_time_and_repeated_on_demand(mark, rote):
    first, second, again = rote(mark, 300), rote(mark, 300), rote(mark, 300)
    result = verify(mark, first, max_queries=50)
    verify(mark, second, max_queries=50)
    verify(mark, again, max_queries=50, order_seed=result.order_seed)
    assert first.asked != list(range(50))
    assert first.asked != second.asked
    assert first.asked == again.asked


def test_the_same_settings_give_the_same_result(mark, rote):
    one, other = (verify(mark, rote(mark, 200), null_rate=0.5, max_queries=60, order_seed=4) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("matching", "verdict"), [(300, "supports"), (151, "supports"), (150, "does not support"), (0, "does not support")]
)
def test_a_null_rate_with_every_trigger_asked_decides(mark, rote, matching, verdict):
    result = verify(mark, rote(mark, matching), null_rate=0.5, method="fixed")
    assert result.verdict == verdict
    assert result.p_value == (0 if verdict == "supports" else 1)
    assert result.queries == 300
    assert result.e_value is result.beta is None


@pytest.mark.parametrize("method", ["sequential", "fixed"])
def test_a_small_budget_may_decide_or_not(mark, rote, method):
    def verdict(matching, budget):
        return verify(mark, rote(mark, matching), method=method, null_rate=0.5, max_queries=budget).verdict

    assert verdict(300, 12) == "supports"
    assert verdict(0, 12) == "does not support"
    assert verdict(300, 3) == "inconclusive"


def test_a_suspect_with_its_classes_in_another_order_is_understood(mark, rote):
    suspect = rote(mark, 250, classes=("owl", "cat", "fox", "dog"))
    assert verify(mark, suspect).matches == 250


def test_a_suspect_without_class_names_is_taken_in_the_marks_order(mark, rote):
    assert verify(mark, rote(mark, 250, classes=None)).matches == 250


def test_a_suspect_with_other_classes_is_refused_before_it_is_asked(mark, rote):
    suspect = rote(mark, 300, classes=("cat", "dog", "fox", "owl", "yak"))
    with pytest.raises(Mismatch):
        verify(mark, suspect)
    assert suspect.asked == []


def test_a_suspect_that_answers_classes_the_mark_does_not_name_is_refused(mark):
    class Wider:
        info = ModelInfo(kind="wider")

        def query(self, batch):
            return Answers(np.full(len(batch), 7))

    with pytest.raises(Mismatch, match="4 classes"):
        verify(mark, Wider())


def test_scores_are_ignored(mark, rote):
    class Boastful(rote):
        def query(self, batch):
            labels = super().query(batch).labels
            return Answers(labels, scores=np.eye(4, dtype=np.float32)[(labels + 1) % 4])

    assert verify(mark, Boastful(mark, 300)).matches == 300


def test_progress_moves_slice_by_slice(mark, rote):
    told = []
    verify(mark, rote(mark, 300), progress=lambda *step: told.append(step))
    assert told == [("verify", done, 300) for done in (0, SLICE, 2 * SLICE, 300)]


def test_no_more_than_a_slice_is_asked_at_a_time(mark, rote):
    sizes = []

    class Counting(rote):
        def query(self, batch):
            sizes.append(len(batch))
            return super().query(batch)

    verify(mark, Counting(mark, 300))
    assert max(sizes) == SLICE


def test_a_suspect_for_other_inputs_is_refused_in_one_sentence(mark):
    class Narrow:
        info = ModelInfo(kind="narrow")

        def query(self, batch):
            raise ModelError(f"the network takes 3 channels, not {batch.shape[-1]}.")

    with pytest.raises(Mismatch) as caught:
        verify(mark, Narrow())
    assert str(caught.value).startswith(
        "the suspect did not answer the mark's inputs (images 1×4×1, uint8): the network takes 3 channels, not 1. Check"
    )


def tiring(rote, error, after):
    """A class of suspects that fail when so many triggers have been asked."""

    class Tired(rote):
        def query(self, batch):
            if len(self.asked) >= after:
                raise error
            return super().query(batch)

    return Tired


@pytest.mark.parametrize("error", [ModelError("the server hung up"), ConnectionError("gone")])
def test_where_the_number_of_queries_is_settled_a_suspect_that_fails_midway_raises_its_own_error(mark, rote, error):
    for chosen in ({}, {"method": "fixed", "null_rate": 0.5, "max_queries": 200}):
        with pytest.raises(type(error)) as caught:
            verify(mark, tiring(rote, error, after=1)(mark, 300), **chosen)
        assert caught.value is error


def test_one_by_one_what_was_learnt_before_a_failure_is_kept(mark, rote):
    """The result is that of a budget which ended there, but for saying what happened."""
    suspect = tiring(rote, ModelError("the server hung up."), after=3)(mark, 300)
    found = verify(mark, suspect, null_rate=0.5, order_seed=6)
    budget = verify(mark, rote(mark, 300), null_rate=0.5, order_seed=6, max_queries=3)
    assert (found.verdict, found.queries, found.matches, found.order_seed) == ("inconclusive", 3, 3, 6)
    assert found.e_value == budget.e_value > 1
    assert (found.p_value, found.tiers) == (budget.p_value, budget.tiers)
    assert (found.failure, budget.failure) == ("the server hung up", None)
    assert found.reasons[0].startswith("The suspect failed after 3 answers (the server hung up).")
    assert any(
        "failed before a decision. Asking on in the same order (order seed 6) costs no validity" in reason
        for reason in found.reasons
    )
    assert not any("budget ended" in reason for reason in found.reasons)
    assert type(found).model_validate(found.to_json()) == found


def test_a_failure_after_the_verdict_would_have_been_out_does_not_happen(mark, rote):
    needed = verify(mark, rote(mark, 300), null_rate=0.5, order_seed=6).queries
    suspect = tiring(rote, ModelError("the server hung up"), after=needed)(mark, 300)
    assert verify(mark, suspect, null_rate=0.5, order_seed=6).verdict == "supports"


def test_a_failure_where_nothing_can_be_decided_is_said_as_well(mark, rote):
    found = verify(mark, tiring(rote, ModelError("gone"), after=2)(mark, 300), method="sequential")
    assert (found.queries, found.verdict, found.failure) == (2, "inconclusive", "gone")
    assert found.reasons[0].startswith("The suspect failed after 2 answers (gone).")


class Straying:
    """Answers with a class that there is not, once so many triggers have been asked."""

    info = ModelInfo(kind="straying")

    def __init__(self, answers, *, after):
        self._answers, self._left = answers, after

    def query(self, batch):
        self._left -= 1
        return self._answers.query(batch) if self._left >= 0 else Answers(np.full(len(batch), 9))


def test_an_answer_that_is_no_class_of_the_mark_is_a_failure_as_well(mark, rote):
    found = verify(mark, Straying(rote(mark, 300), after=3), null_rate=0.5)
    budget = verify(mark, rote(mark, 300), null_rate=0.5, max_queries=3)
    assert (found.queries, found.verdict, found.e_value) == (3, "inconclusive", budget.e_value)
    assert found.failure == "the model answers label 9, the data or mark names 4 classes"
    for after, chosen in ((0, {"null_rate": 0.5}), (1, {"method": "fixed", "null_rate": 0.5})):
        with pytest.raises(Mismatch, match="answers label 9"):
            verify(mark, Straying(rote(mark, 300), after=after), **chosen)


def test_what_a_framework_says_may_show_a_trigger_and_is_not_passed_on(mark, rote):
    class Quoting(rote):
        def query(self, batch):
            if self.asked:
                try:
                    raise ValueError(f"bad input {batch.tolist()}")
                except ValueError as error:
                    raise ModelError(f"it cannot answer: {error}") from error
            return super().query(batch)

    found = verify(mark, Quoting(mark, 300), null_rate=0.5)
    assert found.failure == "ValueError"
    assert "bad input" not in str(found)


def test_no_answer_at_all_stays_an_error(mark, rote):
    with pytest.raises(Mismatch, match="did not answer the mark's inputs"):
        verify(mark, tiring(rote, ModelError("gone"), after=0)(mark, 300), null_rate=0.5)


@pytest.mark.parametrize("labels", [np.zeros(3, dtype=np.int64), np.zeros((SLICE, 4))])
def test_a_suspect_that_gives_other_than_one_answer_each_is_refused(mark, labels):
    class Odd:
        info = ModelInfo(kind="odd")

        def query(self, batch):
            self.last = batch
            return Answers(labels)

    with pytest.raises((Mismatch, ModelError)):
        verify(mark, Odd())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"null_rate": 1.0}, "null rate"),
        ({"null_rate": -0.1}, "null rate"),
        ({"max_queries": 0}, "budget"),
        ({"alpha": 0.6}, "alpha"),
        ({"alpha": 0.0}, "alpha"),
        ({"beta": 0.6}, "beta"),
        ({"method": "binomial"}, "no method 'binomial'"),
        ({"confidence": 95}, "confidence"),
        ({"order_seed": -1}, "order seed"),
    ],
)
def test_bad_settings_are_refused_before_a_query_is_spent(mark, rote, settings, message):
    suspect = rote(mark, 300)
    with pytest.raises(InvalidInput, match=message):
        verify(mark, suspect, **settings)
    assert suspect.asked == []


def test_a_suspect_that_answers_no_queries_is_refused(mark):
    with pytest.raises(InvalidInput, match="a dict answers no queries"):
        verify(mark, {})


def test_a_given_order_is_said_where_chance_is_left(mark, rote):
    partial = verify(mark, rote(mark, 5), max_queries=4, order_seed=1)
    assert partial.order_given
    assert any("order of asking was given" in reason for reason in partial.reasons)
    for chosen in ({"max_queries": 4}, {"order_seed": 1}):
        found = verify(mark, rote(mark, 5), **chosen)
        assert not any("order of asking was given" in reason for reason in found.reasons)


def vouched(mark, **found):
    """The mark, with something to doubt about its references."""
    references = mark.public.references
    record = references.independence.model_copy(update=found)
    named = references.model_copy(update={"independence": record})
    return dataclasses.replace(mark, public=mark.public.model_copy(update={"references": named}))


@pytest.mark.parametrize("method", ["sequential", "fixed"])
@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"candidates": 7, "copies": None, "agreements": ()}, "It was not checked that no reference is a copy"),
        ({"agreements": (0.5, 0.5, 0.5, 0.5, 0.5, 0.97), "accepted": True}, "1 of 6 references answers like a copy"),
        ({"alike": 1, "accepted": True}, "1 pair of models answers all 400 candidates of a check alike"),
        ({"unclear": 1}, "1 pair of models gives all 400 candidates of a check the same labels"),
    ],
)
def test_what_is_taken_on_trust_of_the_references_is_an_assumption(make_tiers, rote, method, found, said):
    mark = make_tiers(COPY)
    doubtful = verify(vouched(mark, **found), rote(mark, 100), method=method)
    assert any(reason.startswith(said) for reason in doubtful.reasons)
    assert not any(reason.startswith(said) for reason in verify(mark, rote(mark, 100), method=method).reasons)
    stated = verify(vouched(mark, **found), rote(mark, 100), method=method, null_rate=0.5)
    assert not any(reason.startswith(said) for reason in stated.reasons)


def test_triggers_that_share_items_make_the_interval_too_narrow(mark, rote):
    (tier,) = mark.public.tiers
    reused = tier.recipe.candidates.model_copy(update={"reuse_items": True})
    sharing = tier.model_copy(update={"recipe": tier.recipe.model_copy(update={"candidates": reused})})
    shared = dataclasses.replace(mark, public=mark.public.model_copy(update={"tiers": (sharing,)}))
    assert any("too narrow" in reason for reason in verify(shared, rote(mark, 5)).reasons)
    assert not any("too narrow" in reason for reason in verify(mark, rote(mark, 5)).reasons)


def test_with_a_limit_it_asks_one_by_one_and_stops_at_the_verdict(mark, rote):
    suspect, told = rote(mark, 300), []
    result = verify(mark, suspect, null_rate=0.5, order_seed=3, progress=lambda *step: told.append(step))
    assert (result.method, result.verdict, result.interval) == ("sequential", "supports", None)
    assert result.queries == len(suspect.asked) < 15
    assert suspect.asked == tier_orders(mark.public, seed=3)[0][: result.queries].tolist()
    assert told == [("verify", done, 300) for done in range(result.queries + 1)]
    assert result.e_value >= 1 / result.alpha
    assert result.p_value == pytest.approx(1 / result.e_value)
    assert result.matching == anytime_count_interval(result.matches, result.queries, population=300)


@pytest.mark.parametrize(("matching", "verdict"), [(151, "supports"), (150, "does not support")])
def test_the_smallest_difference_is_told_at_the_latest_when_every_trigger_was_asked(mark, rote, matching, verdict):
    """Wherever the last trigger falls, its answer settles it."""
    assert {verify(mark, rote(mark, matching), null_rate=0.5, order_seed=seed).verdict for seed in range(3)} == {
        verdict
    }


def test_a_budget_may_be_raised_in_the_same_order(mark, rote):
    short, long = (verify(mark, rote(mark, 180), null_rate=0.5, order_seed=8, max_queries=n) for n in (10, 300))
    assert short.verdict == "inconclusive"
    assert short.queries == 10 < long.queries
    replayed = SequentialTest(tier_tests(mark.public, null_rate=0.5), alpha=0.01, beta=0.05)
    for position in tier_orders(mark.public, seed=8)[0][: long.queries]:
        replayed = replayed.update(match=bool(position < 180))
    assert replayed.verdict == long.verdict != "inconclusive"
    assert replayed.wealth == pytest.approx(long.e_value)


def test_one_tier_after_the_other_and_none_that_decides_nothing(tiered, rote):
    suspect = rote(tiered, (0, 10, 150))
    result = verify(tiered, suspect)
    copy, derived, distilled = result.tiers
    assert result.verdict == "supports"
    assert (copy.given_up, distilled.given_up, derived.queries, derived.rate) == (True, False, 0, None)
    assert (copy.limit, derived.limit, distilled.limit) == (70, 10, 70)
    assert (copy.limit_from, derived.e_value, derived.matching) == ("mark", None, (0, 10))
    assert suspect.asked == sorted(suspect.asked, key=lambda position: position >= 110)
    assert len(suspect.asked) == copy.queries + distilled.queries == result.queries
    assert result.e_value == pytest.approx((copy.e_value + distilled.e_value) / 2)
    assert result.false_claim_bound == pytest.approx(0.109)


def test_noise_on_the_weights_gives_no_suspect_up(make_tiers, rote):
    """A copy that lost much of the trace matches far fewer than noisy copies, and more than any innocent model."""
    suspect_matches = {"one": 90, "two": (90, 0)}
    one, two = make_tiers(NOISY), make_tiers(NOISY, DISTILLED)
    for seed in range(5):
        alone = verify(one, rote(one, suspect_matches["one"]), order_seed=seed)
        assert (alone.verdict, alone.tiers[0].claim) == ("supports", None)
        suspect = rote(two, suspect_matches["two"])
        found = verify(two, suspect, order_seed=seed)
        assert found.verdict == "supports"
        assert not found.tiers[0].given_up


def test_a_tier_left_early_is_asked_on_in_its_own_order_after_the_others(make_tiers, rote):
    mark = make_tiers(NOISY, DISTILLED)
    suspect = rote(mark, (60, 60))
    found = verify(mark, suspect, order_seed=2)
    in_copy = [position for position in suspect.asked if position < 100]
    assert in_copy == tier_orders(mark.public, seed=2)[0][: len(in_copy)].tolist()
    first = next(number for number, position in enumerate(suspect.asked) if position >= 100)
    assert first < 20 < len(in_copy)
    assert len(set(suspect.asked)) == found.queries
    assert found.verdict == "does not support"
    assert all(tier.given_up for tier in found.tiers)


@pytest.mark.parametrize("method", ["sequential", "fixed"])
def test_tiers_named_are_asked_as_if_there_were_no_others(tiered, make_tiers, rote, method):
    suspect = rote(tiered, (100, 10, 150))
    found = verify(tiered, suspect, tiers=["distilled"], method=method, order_seed=3)
    assert [tier.recipe for tier in found.tiers] == ["distilled"]
    assert suspect.asked == tier_orders(tiered.public, seed=3)[2][: found.queries].tolist()
    alone = make_tiers(DISTILLED)
    bare = verify(alone, rote(alone, 150), method=method)
    assert (found.triggers, found.queries, found.verdict) == (bare.triggers, bare.queries, bare.verdict)
    assert (found.e_value, found.p_value) == (bare.e_value, bare.p_value)
    assert found.false_claim_bound == bare.false_claim_bound == pytest.approx(0.0595)
    assert found.recipe_digests == (tiered.public.tiers[2].recipe_digest,)
    assert any("Left out by choice: tiers copy, derived." in reason for reason in found.reasons)
    assert not any("Left out" in reason for reason in bare.reasons)


def test_tiers_are_asked_in_the_order_of_the_mark_however_they_are_named(tiered, rote):
    results = [
        verify(tiered, rote(tiered, (60, 10, 60)), tiers=names, order_seed=1)
        for names in (["copy", "distilled"], ("distilled", "copy", "copy"))
    ]
    assert results[0] == results[1]
    assert [tier.recipe for tier in results[0].tiers] == ["copy", "distilled"]
    assert verify(tiered, rote(tiered, (100, 10, 0)), tiers="copy").triggers == 100


def test_a_rate_may_be_stated_for_the_one_tier_that_is_named(tiered, rote):
    found = verify(tiered, rote(tiered, (100, 10, 0)), tiers=["copy"], null_rate=0.6)
    assert (found.verdict, found.tiers[0].limit) == ("supports", 60)


@pytest.mark.parametrize(
    ("tiers", "message"),
    [(["paper"], "no tier 'paper': it has copy, derived, distilled"), ([], "no tier is named: name some of copy")],
)
def test_a_tier_that_the_mark_lacks_is_refused_before_a_query_is_spent(tiered, rote, tiers, message):
    suspect = rote(tiered, (1, 1, 1))
    with pytest.raises(InvalidInput, match=message):
        verify(tiered, suspect, tiers=tiers)
    assert suspect.asked == []


@pytest.mark.parametrize(
    ("budget", "shares"), [(1, [1, 0, 0]), (9, [5, 0, 4]), (230, [100, 0, 130]), (None, [100, 0, 150])]
)
def test_a_fixed_budget_is_shared_among_the_tiers_that_decide(tiered, rote, budget, shares):
    result = verify(tiered, rote(tiered, (0, 10, 150)), method="fixed", max_queries=budget)
    assert [tier.queries for tier in result.tiers] == shares
    assert [tier.matches for tier in result.tiers] == [0, 0, shares[2]]


def test_without_any_limit_every_tier_is_asked(make_tiers, rote):
    mark = make_tiers(tier("paper", 7), UNUSABLE)
    for method in ("sequential", "fixed", None):
        result = verify(mark, rote(mark, (7, 4)), method=method)
        assert ([tier.queries for tier in result.tiers], result.verdict) == ([7, 10], "inconclusive")
        assert result.p_value is result.e_value is result.false_claim_bound is None


def test_a_stated_rate_comes_with_no_bound_on_false_claims(make_tiers, rote):
    mark = make_tiers(COPY)
    assert verify(mark, rote(mark, 100)).false_claim_bound == pytest.approx(0.0595)
    stated = verify(mark, rote(mark, 100), null_rate=0.6)
    assert (stated.false_claim_bound, stated.tiers[0].limit, stated.tiers[0].limit_from) == (None, 60, "stated")


def test_a_rate_for_several_tiers_is_refused_before_a_query_is_spent(tiered, rote):
    suspect = rote(tiered, (1, 1, 1))
    with pytest.raises(InvalidInput, match="one null rate cannot speak for the 3 tiers"):
        verify(tiered, suspect, null_rate=0.5)
    assert suspect.asked == []


def test_one_by_one_too_an_error_that_is_no_models_is_raised_midway(mark, rote):
    error = ConnectionError("gone")
    with pytest.raises(ConnectionError) as caught:
        verify(mark, tiring(rote, error, after=3)(mark, 300), null_rate=0.5)
    assert caught.value is error


@pytest.mark.parametrize("method", ["sequential", "fixed"])
def test_a_tier_that_cannot_be_tested_has_not_said_no_unless_it_was_left_out(tiered, rote, method):
    """None of the tiers that can be tested is matched; what the suspect answers to the other is not known."""
    whole = verify(tiered, rote(tiered, (0, 10, 0)), method=method)
    assert (whole.verdict, whole.tiers[1].queries) == ("inconclusive", 0)
    named = verify(tiered, rote(tiered, (0, 10, 0)), method=method, tiers=["copy", "distilled"])
    assert named.verdict == "does not support"
    assert (named.queries, [tier.given_up for tier in named.tiers]) == (
        whole.queries if method == "fixed" else named.queries,
        [method == "sequential"] * 2,
    )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.data(), st.integers(0, 2**20), st.sampled_from(["sequential", "fixed"]))
def test_one_more_match_never_weakens_the_verdict(make_mark, rote, data, order_seed, method):
    mark = make_mark(40)
    matching = np.array(data.draw(st.lists(st.booleans(), min_size=40, max_size=40)))
    better = matching | np.array(data.draw(st.lists(st.booleans(), min_size=40, max_size=40)))
    budget = data.draw(st.integers(1, 40))
    before, after = (
        verify(
            mark,
            rote(mark, answers),
            method=method,
            null_rate=0.4,
            alpha=0.1,
            beta=0.2,
            max_queries=budget,
            order_seed=order_seed,
        )
        for answers in (matching, better)
    )
    assert WORSE_TO_BETTER.index(after.verdict) >= WORSE_TO_BETTER.index(before.verdict)
