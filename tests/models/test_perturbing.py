"""Noise is added in stretches, exactly once to each element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tellmark.errors import NotPerturbable
from tellmark.models.base import Parameter
from tellmark.models.classes import aligned
from tellmark.models.loading import load_model
from tellmark.models.perturbing import CHUNK, add_noise, all_noise, as_perturbable, chunks, root_mean_square

repeatable = settings(derandomize=True, deadline=None)


@repeatable
@given(st.integers(0, 5 * CHUNK))
def test_stretches_cover_everything_once(size):
    covered = chunks(size)
    assert [start for start, _ in covered] + [size] == [0, *(stop for _, stop in covered)]
    assert all(0 < stop - start <= CHUNK for start, stop in covered)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, 2 * CHUNK + 3])
def test_the_sum_is_that_of_wide_numbers_rounded_once(dtype, size):
    rng = np.random.default_rng(0)
    source, noise = rng.normal(size=size).astype(dtype), rng.normal(size=size).astype(np.float32)
    before, out = source.copy(), np.empty_like(source)
    parameter = Parameter("w", (size,), 1.0)
    add_noise(source, lambda p, start, stop: noise[start:stop], parameter, out)
    assert (out == (source.astype(np.result_type(dtype, np.float32)) + noise).astype(dtype)).all()
    assert (source == before).all()
    assert (all_noise(lambda p, start, stop: noise[start:stop], parameter) == noise).all()


def test_scale_of_weights():
    assert root_mean_square(np.array([3.0, 4.0, 0.0, 0.0], dtype=np.float32)) == 2.5
    assert root_mean_square(np.empty(0)) == 0
    big = np.random.default_rng(0).normal(size=2 * CHUNK + 5).astype(np.float16)
    assert root_mean_square(big) == pytest.approx(np.sqrt(np.mean(big.astype(np.float64) ** 2)))


def answer(batch):
    return batch


def test_who_cannot_take_noise_names_the_alternatives():
    for model in (load_model(answer), aligned(load_model(answer), ("a", "b"))):
        with pytest.raises(NotPerturbable) as caught:
            as_perturbable(model)
        for word in ("CallableModel(answer)", "torch:", "export:", "onnx:", "scikit-learn", "--proxies 0"):
            assert word in str(caught.value)
