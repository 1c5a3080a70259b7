"""A reference that answers like a copy of the source is asked about, and let in only by its owner's word."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from populations import DATA, model, source, thief, twins
from tellmark.api import mark
from tellmark.errors import InvalidInput
from tellmark.models.base import Answers, ModelInfo
from tellmark.triggers.independence import LIKE_A_COPY, Findings, record_of
from tellmark.triggers.panel import Panelist
from toys import LinearModel, texts

QUICK = {"n": 10, "proxies": 2, "sigma": 0.02, "tau": None, "seed": 7, "fresh": 2}
COPY = Panelist("copy.onnx", model(source().weights * 1.001))


def made(owner=None, **settings):
    return mark(owner or source(), DATA, **(QUICK | settings))


@pytest.mark.parametrize("recipes", [None, ["paper"]])
def test_a_copy_among_the_references_is_refused_whatever_it_was_for(recipes):
    for kept_back in (1, 3):
        with pytest.raises(InvalidInput) as caught:
            made(references=[*twins(3), COPY], kept_back=kept_back, recipes=recipes)
        assert str(caught.value).startswith(
            "copy.onnx answers 100% of the candidates as the source does, no fewer than a copy of the source ("
        )
        assert "is it really independent?" in str(caught.value)
        assert "--accept-similar" in str(caught.value)


def test_its_owners_word_lets_it_in():
    each = made(references=[*twins(3), COPY], accept_similar=True, recipes=["paper"])
    assert 10 in each.public.tiers[0].null.matches


def test_where_there_are_no_noisy_copies_a_fixed_share_decides():
    owner = source(LinearModel)
    with pytest.raises(InvalidInput, match=r"copy.onnx answers 100% .* no fewer than a copy of the source \(90%\)"):
        made(owner, proxies=0, references=[*twins(3), COPY])
    assert len(made(owner, proxies=0, references=twins(3))) == 10


def test_twins_and_even_students_are_let_in():
    """The question is whether it may be a copy; whether it is a student, answers to these candidates cannot tell."""
    assert len(made(references=[*twins(3), Panelist("student", thief(1))])) == 10


@pytest.mark.parametrize(("agreement", "refused"), [(0.79, False), (0.8, True), (0.81, True)])
def test_the_copy_that_agrees_least_is_the_measure(agreement, refused):
    found = Findings(400, 0.8, (("a", 0.1), ("b", agreement)), (), 0)
    if refused:
        with pytest.raises(InvalidInput, match="^b answers"):
            record_of(found, accepted=False)
    assert record_of(found, accepted=True).similar == int(refused)
    assert refused or record_of(found, accepted=False).agreements == (0.1, agreement)


def test_the_mark_says_what_was_found_and_that_nobody_had_to_vouch():
    record = made(references=twins(3)).public.references.independence
    assert (record.candidates, record.alike, record.accepted, record.similar) == (400, 0, False, 0)
    assert len(record.agreements) == 3
    assert max(record.agreements) < record.copies <= 1
    assert made().public.references.independence is None


def test_agreements_stand_in_the_order_of_the_references_named():
    each = made(references=[*twins(3), COPY], accept_similar=True, recipes=["paper"])
    record = each.public.references.independence
    place = [model.digest for model in each.public.references.calibration].index(COPY.model.info.digest)
    assert record.agreements[place] == 1
    assert (record.similar, record.accepted) == (1, True)


def test_the_owners_word_is_recorded_where_nothing_needed_it():
    record = made(references=twins(3), accept_similar=True).public.references.independence
    assert (record.similar, record.alike, record.accepted) == (0, 0, True)


class Often:
    """Answers as often as told like number 0."""

    def __init__(self, number, share):
        self.info = ModelInfo("often", f"sha256:{number:064x}")
        self._share, self._number = share, number

    def query(self, batch):
        own = np.array([crc32(f"{self._number} {text}".encode()) % 1000 < 1000 * self._share for text in batch])
        right = np.array([len(text) % 3 for text in batch])
        return Answers(np.where(own, right, (right + 1) % 3).astype(np.int64))


def test_little_data_with_few_candidates_is_marked_all_the_same():
    """Blends of eight short texts come to an end long before the check has all that it would like to ask."""
    data = texts(8, classes=3, seed=4)
    each = mark(Often(0, 1.0), data, n=2, proxies=0, seed=1, pool=4, references=[Often(1, 0.2)], reuse_items=True)
    assert len(each) == 2


def test_with_hardly_any_candidates_nothing_is_checked_and_the_mark_says_so():
    data = texts(6, classes=3, seed=4)
    each = mark(Often(0, 1.0), data, n=2, proxies=0, seed=1, pool=4, references=[Often(1, 0.2)], reuse_items=True)
    record = each.public.references.independence
    assert 0 < record.candidates < 20
    assert (record.checked, record.copies, record.agreements, record.alike) == (False, None, (), 0)


def test_the_measure_is_below_what_copies_reach():
    assert 0.8 < LIKE_A_COPY < 1
