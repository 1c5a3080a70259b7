"""From uint8 images to the numbers a network takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError

from tellmark.errors import InvalidInput
from tellmark.models.preprocessing import Preprocessing

repeatable = settings(derandomize=True, deadline=None)

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 5, 3), dtype=np.uint8)


def test_by_hand():
    image = np.array([[[[10, 20, 30]]]], dtype=np.uint8)
    preprocessing = Preprocessing(scale=10, mean=(1, 1, 2), std=(1, 0.5, 2), channels="bgr")
    # blue first: (3-1)/1, (2-1)/.5, (1-2)/2
    assert preprocessing.apply(image).reshape(-1).tolist() == [2.0, 2.0, -0.5]


def test_defaults_map_to_the_unit_interval_in_planes():
    numbers = Preprocessing().apply(IMAGES)
    assert numbers.shape == (3, 3, 4, 5)
    assert numbers.dtype == np.float32
    assert numbers.flags.c_contiguous
    np.testing.assert_allclose(numbers[1, 2], IMAGES[1, :, :, 2] / 255, rtol=1e-6)


@pytest.mark.parametrize("channels", ["rgb", "bgr"])
def test_layouts_hold_the_same_numbers(channels):
    planes = Preprocessing(channels=channels).apply(IMAGES)
    pixels = Preprocessing(channels=channels, layout="nhwc").apply(IMAGES)
    assert pixels.shape == IMAGES.shape
    assert pixels.flags.c_contiguous
    assert (planes.transpose(0, 2, 3, 1) == pixels).all()


@repeatable
@given(
    arrays.arrays(np.uint8, st.tuples(*(st.integers(low, 5) for low in (0, 1, 1, 1)))),
    st.sampled_from([None, (2, 3), (7, 1)]),
    st.sampled_from(["nchw", "nhwc"]),
)
def test_each_image_is_treated_by_itself(batch, resize, layout):
    preprocessing = Preprocessing(resize=resize, layout=layout, mean=(0.5,), std=(0.25,))
    before = batch.copy()
    numbers = preprocessing.apply(batch)
    assert len(numbers) == len(batch)
    assert (batch == before).all()
    for i in range(len(batch)):
        assert (preprocessing.apply(batch[i : i + 1])[0] == numbers[i]).all()


def test_resizing_keeps_flat_colours_and_the_order_of_axes():
    flat = np.broadcast_to(np.array([7, 100, 250], dtype=np.uint8), (2, 8, 6, 3))
    numbers = Preprocessing(scale=1, resize=(3, 5), layout="nhwc").apply(flat)
    assert numbers.shape == (2, 3, 5, 3)
    assert (numbers == [7, 100, 250]).all()


def test_resizing_to_the_same_size_changes_nothing():
    assert (Preprocessing(resize=(4, 5)).apply(IMAGES) == Preprocessing().apply(IMAGES)).all()


def test_survives_a_file():
    preprocessing = Preprocessing(mean=(0.1, 0.2, 0.3), resize=(8, 9), channels="bgr")
    assert Preprocessing.model_validate_json(preprocessing.model_dump_json()) == preprocessing


@pytest.mark.parametrize(
    "fields",
    [
        {"scale": 0},
        {"scale": float("inf")},
        {"mean": (float("nan"),)},
        {"mean": ()},
        {"std": (0.0,)},
        {"std": (-1.0,)},
        {"resize": (0, 4)},
        {"resize": (4,)},
        {"channels": "gbr"},
        {"layout": "hwc"},
        {"crop": 3},
    ],
)
def test_impossible_settings(fields):
    with pytest.raises(ValidationError):
        Preprocessing(**fields)


@pytest.mark.parametrize(
    ("preprocessing", "batch", "reason"),
    [
        (Preprocessing(mean=(0.1, 0.2)), IMAGES, "mean has 2 values, the images have 3 channels"),
        (Preprocessing(std=(1, 2, 3)), IMAGES[..., :1], "std has 3 values, the images have 1 channels"),
        (Preprocessing(channels="bgr"), IMAGES[..., :1], "3 channels"),
        (Preprocessing(), IMAGES[0], "uint8"),
        (Preprocessing(), IMAGES.astype(np.float32), "uint8"),
    ],
)
def test_other_batches(preprocessing, batch, reason):
    with pytest.raises(InvalidInput, match=reason):
        preprocessing.apply(batch)
