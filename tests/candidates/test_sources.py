"""Every candidate is a pure function of the seed and its number, and is made of what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.candidates import base
from tellmark.candidates.base import draw_at
from tellmark.candidates.blending import SHARE_ONE, blend, chosen
from tellmark.candidates.blends import Mixup, SameClassBlends
from tellmark.candidates.choosing import candidate_source
from tellmark.candidates.interleaved import Interleaved
from tellmark.candidates.natural_errors import NaturalErrors
from tellmark.errors import DataError
from tellmark.randomness import seed_from_int, words_of
from toys import blobs, images, texts

SEED = seed_from_int(7)
SOURCES = {
    "mixup of images": (images(), "mixup"),
    "mixup of rows": (blobs(60), "mixup"),
    "splices of texts": (texts(), "same-class-and-errors"),
    "blends within a class": (images(classes=2), "same-class-and-errors"),
    "mixup and errors": (images(), "mixup-and-errors"),
    "errors and mixup": (images(), "errors-and-mixup"),
    "natural errors": (blobs(250), "natural-errors"),
}


@pytest.mark.parametrize("name", SOURCES)
@given(start=st.integers(0, 150), length=st.integers(0, 60))
def test_a_candidate_depends_on_its_number_only(name, start, length):
    data, kind = SOURCES[name]
    source = candidate_source(kind, data, SEED)
    everything = source.draw(0, 250)
    inputs = source.make(everything)
    part = source.draw(start, start + length)
    here = (everything.indices >= start) & (everything.indices < start + length)
    assert part.indices.tolist() == everything.indices[here].tolist()
    assert part.items.tolist() == everything.items[here].tolist()
    assert (source.make(part) == inputs[here]).all()


@pytest.mark.parametrize("name", SOURCES)
def test_a_candidate_follows_from_its_origin(name):
    """With the hold-out data and 32 bytes, and neither the key nor the mark's seed."""
    data, kind = SOURCES[name]
    source = candidate_source(kind, data, SEED)
    draws = source.draw(0, 250)
    origins = [source.origin(number) for number in draws.indices.tolist()]
    for one, (pair, made, origin) in enumerate(zip(draws.items, source.make(draws), origins, strict=True)):
        if origin.sort == "natural-error":
            assert pair[0] == pair[1]
            again = data.inputs[pair[:1]]
        else:
            items, shares = chosen(words_of(origin.seed), items=len(data))
            assert items.tolist() == [pair.tolist()]
            again = blend(data.space, data.inputs[items[:, 0]], data.inputs[items[:, 1]], shares)
        np.testing.assert_array_equal(again[0], made)
        alike = len(set(draws.excluded[one])) == 1
        assert origin.sort == ("mixup" if not alike else "natural-error" if pair[0] == pair[1] else "same-class")
    assert len({origin.seed for origin in origins}) == len(origins)
    assert all(origin.seed.hex() not in repr(origin) for origin in origins)


def test_natural_errors_stand_in_the_order_of_their_seeds():
    source = candidate_source("natural-errors", images(), SEED)
    seeds = [source.origin(number).seed for number in range(len(images()))]
    assert seeds == sorted(seeds)


@pytest.mark.parametrize("name", SOURCES)
def test_candidates_lie_in_the_space_of_the_data(name):
    data, kind = SOURCES[name]
    source = candidate_source(kind, data, SEED)
    data.space.check(source.make(source.draw(0, 200)))


def test_another_seed_or_other_data_give_other_candidates():
    drawn = [
        candidate_source("mixup", data, seed).draw(0, 50).items.tolist()
        for data, seed in [(images(), SEED), (images(), seed_from_int(8)), (images(seed=1), SEED)]
    ]
    assert drawn[0] != drawn[1]
    assert drawn[0] != drawn[2]


def test_mixup_takes_items_of_different_classes_and_excludes_both():
    data = images()
    draws = Mixup(data, data.labels, b"k" * 32).draw(0, 500)
    assert (draws.excluded == data.labels[draws.items]).all()
    assert (draws.excluded[:, 0] != draws.excluded[:, 1]).all()
    assert 0.5 < len(draws) / 500 < 0.85  # two thirds of pairs differ, with three classes


def test_mixup_draws_items_and_shares_uniformly():
    data = images(n=8)
    draws = SameClassBlends(data, np.zeros(8, np.int64), b"k" * 32).draw(0, 8000)
    counts = np.bincount(draws.items[:, 0], minlength=8)
    assert abs(counts - len(draws) / 8).max() < 5 * np.sqrt(len(draws) / 8)
    shares = draws.shares / SHARE_ONE
    assert 0 < shares.min() < 0.01
    assert 0.99 < shares.max() < 1
    assert abs(shares.mean() - 0.5) < 0.02


def test_same_class_blends_never_blend_an_item_with_itself():
    data = images(n=10, classes=2)
    draws = SameClassBlends(data, data.labels, b"k" * 32).draw(0, 2000)
    assert (draws.items[:, 0] != draws.items[:, 1]).all()
    assert (draws.excluded[:, 0] == draws.excluded[:, 1]).all()


def test_natural_errors_are_every_item_once_in_secret_order():
    data = blobs(30)
    source = NaturalErrors(data, data.labels, b"k" * 32)
    draws = source.draw(0, 1000)
    assert sorted(draws.items[:, 0].tolist()) == list(range(30))
    assert draws.items[:, 0].tolist() != list(range(30))
    assert (source.make(draws) == data.inputs[draws.items[:, 0]]).all()
    assert (draws.excluded[:, 0] == data.labels[draws.items[:, 0]]).all()


def test_interleaved_ends_with_its_longest_source():
    data = images(n=10, classes=2)
    errors = NaturalErrors(data, data.labels, b"k" * 32)
    assert Interleaved((errors, errors)).size == 20
    assert Interleaved((errors, Mixup(data, data.labels, b"k" * 32))).size is None


@pytest.mark.parametrize("name", SOURCES)
def test_single_candidates_are_found_again(name):
    data, kind = SOURCES[name]
    source = candidate_source(kind, data, SEED)
    draws = source.draw(0, 200)
    some = draws.indices[[5, 2, 17]]
    assert draw_at(source, some).indices.tolist() == some.tolist()
    missing = np.setdiff1d(np.arange(300), source.draw(0, 300).indices)[:1]
    with pytest.raises(KeyError):
        draw_at(source, missing)


@pytest.mark.parametrize("name", SOURCES)
def test_candidates_far_apart_are_found_without_all_between(name, monkeypatch):
    monkeypatch.setattr(base, "WINDOW", 8)
    data, kind = SOURCES[name]
    source = candidate_source(kind, data, SEED)
    draws = source.draw(0, 3000)
    far = draws.indices[[0, 3, -1, 40]]
    found = draw_at(source, far)
    assert found.indices.tolist() == far.tolist()
    assert (source.make(found) == source.make(draws)[[0, 3, -1, 40]]).all()


def test_unlabelled_data_is_refused():
    data = images()
    with pytest.raises(DataError, match="no labels"):
        candidate_source("mixup", data.__class__(data.inputs, None, (), data.space), SEED)
