"""What is said of the models given: what was found, what was not checked, and whose word is taken for what."""

from __future__ import annotations

import pytest

from tellmark.triggers.document import IndependenceRecord
from tellmark.triggers.independence_words import independence_doubts, independence_sentence


def record(
    *, candidates=400, copies=0.97, agreements=(0.5213, 0.61), alike=0, unclear=0, accepted=False
) -> IndependenceRecord:
    return IndependenceRecord(
        candidates=candidates, copies=copies, agreements=agreements, alike=alike, unclear=unclear, accepted=accepted
    )


def test_a_check_that_found_nothing_leaves_no_doubt():
    assert independence_sentence(record()) == (
        "references answer 52.1 % to 61 % of 400 untested candidates as the source does; 97 % would be a copy's share; "
        "no pair of models answers all 400 alike"
    )
    assert independence_doubts(record()) == ()
    assert independence_doubts(None) == ()
    assert independence_sentence(record(accepted=True)).endswith("--accept-similar was given: nothing needed it")
    assert independence_doubts(record(accepted=True)) == ()


def test_shadows_alone_are_compared_with_each_other():
    assert independence_sentence(record(copies=None, agreements=())) == "no pair of models answers all 400 alike"


def test_too_few_candidates_leave_everything_open():
    few = record(candidates=7, copies=None, agreements=())
    assert independence_sentence(few) == (
        "not checked: the hold-out data yield 7 candidates, and it takes 20 to tell models apart"
    )
    (doubt,) = independence_doubts(few)
    assert doubt.startswith("It was not checked that no reference is a copy of the source")
    assert "the hold-out data yield 7 candidates" in doubt


@pytest.mark.parametrize(("agreements", "said"), [((0.5, 0.97), "1 of 2 references answers"), ((1, 1), "2 of 2 refer")])
def test_a_reference_like_a_copy_may_hide_a_derived_model(agreements, said):
    vouched = record(agreements=agreements, accepted=True)
    assert independence_sentence(vouched).endswith("like a copy of the source; --accept-similar was given: the owner "
                                                   "vouched for them")  # fmt: skip
    (doubt,) = independence_doubts(vouched)
    assert doubt.startswith(said)
    assert "the limit for independent models is too high" in doubt


def test_models_alike_may_make_a_limit_too_low():
    vouched = record(alike=2, accepted=True)
    assert "2 pairs of models answer all 400 alike" in independence_sentence(vouched)
    (doubt,) = independence_doubts(vouched)
    assert doubt.startswith("2 pairs of models answer all 400 candidates of a check alike; that they are different")
    assert "an independent model is claimed more often than stated" in doubt
    assert len(independence_doubts(record(alike=1, agreements=(1, 0.5), accepted=True))) == 2


def test_models_that_cannot_be_told_apart_are_not_said_to_differ():
    unclear = record(unclear=1)
    assert independence_sentence(unclear).endswith(
        "; 1 pair of models gives all 400 the same labels, which does not show whether they are one model"
    )
    assert "alike" not in independence_sentence(unclear)
    (doubt,) = independence_doubts(unclear)
    assert doubt.startswith("1 pair of models gives all 400 candidates of a check the same labels")
    assert "If they are one, fewer models speak than are counted" in doubt
    assert independence_sentence(record(unclear=1, accepted=True)).endswith("the owner vouched for them")
    both = record(alike=1, unclear=2, accepted=True)
    assert "1 pair of models answers all 400 alike; 2 pairs of models give all 400" in independence_sentence(both)
    assert len(independence_doubts(both)) == 2
