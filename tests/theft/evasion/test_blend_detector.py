"""The detector finds blends that it has not seen, spares natural images, and hides a marked model's answers."""

from __future__ import annotations

import numpy as np
import pytest

from tellmark.candidates.blending import SHARE_ONE, blend_images
from tellmark.errors import DataError, InvalidInput
from tellmark.models.loading import load_model
from tellmark.models.torch.module import TorchModel
from tellmark.theft.evasion.blend_detector import BLENDED, BlendDetector
from tellmark.theft.evasion.random_answers import RandomOnBlends
from tellmark.theft.training import Training
from toys import blobs, images, texts

ALLOWED = 0.05


@pytest.fixture(scope="module")
def detector(digits):
    detector = BlendDetector(digits.training, false_positives=ALLOWED)
    assert isinstance(detector.trained, TorchModel)
    return detector


@pytest.fixture(scope="module")
def blends(digits):
    """Of images that the thief does not have, and the lesser share in each."""
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, len(digits.test), (2, 600))
    shares = rng.integers(1, SHARE_ONE, 600).astype(np.uint32)
    lesser = np.minimum(shares, SHARE_ONE - shares) / SHARE_ONE
    return blend_images(digits.test.inputs[first], digits.test.inputs[second], shares), lesser


def test_natural_images_are_seldom_taken_for_blends(detector, digits):
    unseen = np.concatenate([digits.test.inputs, digits.holdout.inputs])
    assert (detector.query(unseen).labels == BLENDED).mean() < 2 * ALLOWED


def test_blends_are_found_the_more_surely_the_more_even_they_are(detector, blends):
    images_, lesser = blends
    found = detector.query(images_).labels == BLENDED
    assert found.mean() > 0.6
    assert found[lesser > 0.25].mean() > 0.85
    assert found[lesser > 0.25].mean() > found[lesser < 0.1].mean() + 0.2


def test_it_hides_answers_to_blends_and_keeps_the_accuracy(detector, digits, source, blends):
    stolen = load_model(source)
    served = RandomOnBlends(detector).shield(stolen, seed=1)
    natural = (served.query(digits.test.inputs).labels == stolen.query(digits.test.inputs).labels).mean()
    hidden = (served.query(blends[0]).labels == stolen.query(blends[0]).labels).mean()
    assert natural > 1 - 2 * ALLOWED
    assert hidden < 0.5


def test_it_is_repeated_by_its_seed_and_its_repr_tells_all(digits):
    few, brief = digits.training.take(np.arange(100)), Training(epochs=1)
    first, second, other = (BlendDetector(few, training=brief, seed=seed) for seed in (1, 1, 2))
    scores = [one.query(digits.test.inputs[:20]).scores.tolist() for one in (first, second, other)]
    assert scores[0] == scores[1] != scores[2]
    assert repr(first).startswith("BlendDetector(data=Dataset(")
    assert repr(first).endswith(f"false_positives=0.05, training={brief!r}, items=10000, seed=1)")


def test_the_more_false_positives_are_allowed_the_more_there_are(digits):
    few, unseen = digits.training.take(np.arange(100)), digits.test.inputs
    brief = Training(epochs=1)
    detectors = [BlendDetector(few, false_positives=share, training=brief) for share in (0.0, 0.5, 1.0)]
    none, half, most = [int((one.query(unseen).labels == BLENDED).sum()) for one in detectors]
    assert none / len(unseen) < 0.15
    assert 0.25 < half / len(unseen) < 0.75
    assert most / len(unseen) > 0.85


@pytest.mark.parametrize("data", [blobs(), texts()], ids=["rows", "texts"])
def test_other_data_than_images_are_refused(data):
    with pytest.raises(InvalidInput, match=f"{data.name} holds none"):
        BlendDetector(data)


def test_too_few_images_are_refused():
    with pytest.raises(DataError, match="39 images are too few"):
        BlendDetector(images(39))


def test_images_that_do_not_fit_into_memory_are_refused(digits, monkeypatch):
    monkeypatch.setattr("tellmark.theft.evasion.blend_detector.available_memory", lambda: 1000)
    with pytest.raises(DataError, match="learn from fewer items"):
        BlendDetector(digits.test).query(digits.test.inputs)


def test_impossible_shares_are_refused():
    with pytest.raises(InvalidInput, match="between 0 and 1, not 1.5"):
        BlendDetector(images(60), false_positives=1.5)
