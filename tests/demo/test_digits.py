"""The digits are cut into parts without a common item, by the seed alone."""

import numpy as np
import pytest

from tellmark.demo.digits import load_digits
from tellmark.digests import digest_input
from tellmark.errors import InvalidInput


def parts(digits):
    return digits.training, digits.holdout, digits.test


def test_sizes_add_up_and_every_class_is_everywhere():
    digits = load_digits(seed=0)
    assert [len(part) for part in parts(digits)] == [897, 500, 400]
    assert all(set(part.labels.tolist()) == set(range(10)) for part in parts(digits))
    assert digits.holdout.classes == tuple("0123456789")


def test_pixels_span_what_uint8_holds():
    images = load_digits(seed=0).training.inputs
    assert images.dtype == np.uint8
    assert images.shape[1:] == (8, 8, 1)
    assert set(np.unique(images).tolist()) == {round(value * 255 / 16) for value in range(17)}


def test_no_item_lies_in_two_parts():
    digits = load_digits(seed=3, holdout=700, test=300)
    seen = [digest_input(one) for part in parts(digits) for one in part.inputs]
    whole = [digest_input(one) for part in parts(load_digits(seed=4)) for one in part.inputs]
    assert len(seen) == 1797
    assert sorted(seen) == sorted(whole)


def test_seed_decides():
    first, again, other = (load_digits(seed=seed) for seed in (1, 1, 2))
    assert first.holdout.digest == again.holdout.digest
    assert first.holdout.digest != other.holdout.digest


@pytest.mark.parametrize(("holdout", "test"), [(1000, 797), (0, 10), (10, 0)])
def test_parts_that_leave_nothing_are_refused(holdout, test):
    with pytest.raises(InvalidInput, match="1797 digits cannot be cut"):
        load_digits(seed=0, holdout=holdout, test=test)
