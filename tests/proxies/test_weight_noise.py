"""Weight noise has the size it promises, and is the same however it is asked for."""

import numpy as np
import pytest

from tellmark.models.base import Parameter
from tellmark.proxies.choosing import magnitude_unit, proxy_family
from tellmark.proxies.weight_noise import AbsoluteWeightNoise, RelativeWeightNoise, WeightBall
from tellmark.randomness import seed_from_int

KEY = b"k" * 32
PARAMETERS = (Parameter("a", (200, 300), 0.5), Parameter("b", (4000,), 3.0))


class NoiseReader:
    """Stands in for a model: hands back the noise itself, read in pieces of odd sizes."""

    def __init__(self, piece=999):
        self.parameters = PARAMETERS
        self.piece = piece

    def perturbed(self, noise):
        return {
            p.name: np.concatenate(
                [noise(p, start, min(start + self.piece, p.size)) for start in range(0, p.size, self.piece)]
            )
            for p in self.parameters
        }


def test_absolute_noise_has_standard_deviation_sigma_everywhere():
    noise = AbsoluteWeightNoise(KEY, 0.008).member(NoiseReader(), 0)
    assert noise["a"].std() == pytest.approx(0.008, rel=0.02)
    assert noise["b"].std() == pytest.approx(0.008, rel=0.05)


def test_relative_noise_follows_each_parameters_scale():
    noise = RelativeWeightNoise(KEY, 0.01).member(NoiseReader(), 0)
    assert noise["a"].std() == pytest.approx(0.005, rel=0.02)
    assert noise["b"].std() == pytest.approx(0.03, rel=0.05)


def test_ball_members_lie_within_the_radius_and_mostly_near_its_surface():
    norms = [
        np.sqrt(
            sum(
                np.square(part, dtype=np.float64).sum()
                for part in WeightBall(KEY, 2.0).member(NoiseReader(), number).values()
            )
        )
        for number in range(5)
    ]
    assert max(norms) <= 2.0 + 1e-5
    assert min(norms) > 1.99  # U^(1/64000) is near 1


def test_a_ball_in_one_dimension_is_uniform_on_the_interval():
    reader = NoiseReader()
    reader.parameters = (Parameter("x", (1,), 1.0),)
    draws = [float(WeightBall(KEY, 1.0).member(reader, number)["x"][0]) for number in range(2000)]
    assert np.histogram(draws, bins=4, range=(-1, 1))[0] == pytest.approx([500] * 4, abs=90)


@pytest.mark.parametrize("family", ["weight-noise-absolute", "weight-noise-relative", "weight-ball"])
def test_noise_does_not_depend_on_the_pieces_it_is_read_in(family):
    whole, pieces = (proxy_family(family, 0.1, seed_from_int(7)).member(NoiseReader(p), 3) for p in (10**6, 17))
    assert all((whole[name] == pieces[name]).all() for name in whole)


def test_members_parameters_and_seeds_have_noise_of_their_own():
    def first(seed, number, name):
        return proxy_family("weight-noise-absolute", 1.0, seed_from_int(seed)).member(NoiseReader(), number)[name][:50]

    streams = [first(7, 0, "a"), first(7, 1, "a"), first(7, 0, "b"), first(8, 0, "a")]
    correlations = np.corrcoef(streams)[np.triu_indices(4, 1)]
    assert abs(correlations).max() < 0.6


def test_the_key_does_not_show():
    assert "k" * 8 not in repr(AbsoluteWeightNoise(KEY, 0.1)) + repr(WeightBall(KEY, 0.1))


def test_units_of_the_three_families():
    reader = NoiseReader()
    norm = np.sqrt(60_000 * 0.25 + 4000 * 9)
    assert magnitude_unit("weight-noise-relative", reader) == 1
    assert magnitude_unit("weight-ball", reader) == pytest.approx(norm)
    assert magnitude_unit("weight-noise-absolute", reader) == pytest.approx(norm / np.sqrt(64_000))
