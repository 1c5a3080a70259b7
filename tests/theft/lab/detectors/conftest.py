"""Small digit classifiers: the owner's as a model, references and twins that owe it nothing."""

import pytest
from torch.nn import functional

from tellmark.api import load_model
from tellmark.demo.network import SmallConvNet
from tellmark.theft.training import Training, one_thread, seeded, train

SMALL = SmallConvNet(width=8)


def network(known, seed):
    with one_thread(), seeded(seed):
        made = SMALL()
        train(made, known.inputs, known.labels, loss=functional.cross_entropy, training=Training(epochs=3), seed=seed)
    return made


def trained(known, seed):
    return load_model(network(known, seed))


@pytest.fixture(scope="session")
def peer(known):
    """A source that was trained as references and twins are, and errs as often as they do."""
    return network(known, seed=1)


@pytest.fixture(scope="session")
def owned(source):
    return load_model(source)


@pytest.fixture(scope="session")
def references(known):
    return [trained(known, seed) for seed in range(10, 18)]


@pytest.fixture(scope="session")
def twins(known):
    return [trained(known, seed) for seed in (20, 21)]


@pytest.fixture(scope="session")
def terms(digits, references):
    """What every detector is prepared with."""
    return {"holdout": digits.holdout, "references": references, "shadows": {}, "budget": 40, "alpha": 0.01, "seed": 7}
