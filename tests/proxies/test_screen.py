"""The screen admits what keeps the accuracy, and the search for the largest noise stops where it fails."""

from contextlib import contextmanager

import numpy as np
import pytest

from tellmark.errors import DataError, SelectionFailed
from tellmark.proxies.magnitude import largest_magnitude
from tellmark.proxies.screen import AccuracyScreen, Admission, accuracy, admit, unscreened
from tellmark.proxies.weight_noise import RelativeWeightNoise
from toys import blob_model, blobs


class Family:
    """Member j answers correctly on the share `accuracies[j]` of the data."""

    def __init__(self, data, accuracies):
        self.data, self.accuracies = data, accuracies

    @contextmanager
    def member(self, source, number):
        labels = self.data.labels.copy()
        wrong = round((1 - self.accuracies[number]) * len(labels))
        labels[:wrong] = (labels[:wrong] + 1) % len(self.data.classes)
        yield Fixed(labels)


class Fixed:
    def __init__(self, labels):
        self.labels = labels

    def query(self, batch):
        return self


DATA = blobs(100)


def screen(tolerance=0.05):
    return AccuracyScreen(DATA, tolerance, 0.9)


def test_members_on_both_sides_of_the_tolerance():
    admission = admit(Family(DATA, [0.9, 0.84, 0.85, 0.96, 0.95]), None, screen(), 3)
    assert admission.members == (0, 2, 4)
    assert admission.accuracies == pytest.approx((0.9, 0.85, 0.95))
    assert admission.refused == pytest.approx((0.84, 0.96))


def test_too_few_members_stop_with_figures_and_advice():
    with pytest.raises(SelectionFailed, match=r"only 1 of 8 proxies.*0\.900 within 0\.05 \(median 0\.500\).*--sigma"):
        admit(Family(DATA, [0.9] + [0.5] * 20), None, screen(), 2)


def test_admission_goes_on_where_it_stopped():
    family = Family(DATA, [0.9, 0.5, 0.9, 0.5, 0.9])
    steps: list[Admission] = []
    whole = admit(family, None, screen(), 3, after_each=steps.append)
    for step in steps:
        assert admit(family, None, screen(), 3, so_far=step) == whole


def test_unscreened_members_are_the_first_ones():
    assert unscreened(3).members == (0, 1, 2)


def test_accuracy_needs_labels():
    with pytest.raises(DataError, match="no labels"):
        accuracy(Fixed(DATA.labels), DATA.__class__(DATA.inputs, None, (), DATA.space))


def test_the_largest_noise_passes_and_the_next_step_does_not():
    model, data = blob_model(), blobs(400)
    guard = AccuracyScreen(data, 0.02, accuracy(model, data))
    sigma = largest_magnitude(lambda s: RelativeWeightNoise(b"k" * 32, s), model, guard)
    assert 0 < sigma < 4

    def passes(magnitude):
        family = RelativeWeightNoise(b"k" * 32, magnitude)
        for probe in range(4):
            with family.member(model, (1 << 32) + probe) as proxy:
                if not guard.passes(guard.accuracy(proxy)):
                    return False
        return True

    assert passes(sigma)
    assert not passes(float(f"{sigma * np.sqrt(2):.2e}"))


def test_a_source_that_no_noise_leaves_alone_is_reported():
    broken = AccuracyScreen(DATA, 0.0, 0.123)
    with pytest.raises(SelectionFailed, match=r"even noise of magnitude"):
        largest_magnitude(lambda s: RelativeWeightNoise(b"k" * 32, s), blob_model(), broken)
