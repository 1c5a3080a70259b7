"""Adversarial inputs lie in the box and fool the network; training on them makes it harder to fool."""

import pytest
import torch

from tellmark.errors import InvalidInput
from tellmark.theft.alteration.adversarial_training import AdversarialTraining
from tellmark.theft.alteration.forward import accuracy
from tellmark.theft.training import Training, seeded

WIDE = AdversarialTraining(
    radius=0.2, step=0.1, steps=3, training=Training(epochs=3, learning_rate=2e-3, schedule="cosine")
)
ENDS = {"lowest": torch.zeros(1, 1, 1, 1), "highest": torch.ones(1, 1, 1, 1)}


def attacked(network, data, attack=WIDE):
    with seeded(0):
        return attack.adversarial(network, data.inputs, data.labels, **ENDS)


def test_adversarial_inputs_stay_in_the_box_and_fool_the_source(source, unseen):
    shown = attacked(source, unseen)
    assert (shown - unseen.inputs).abs().max() <= 0.2 + 1e-6
    assert shown.min() >= 0
    assert shown.max() <= 1
    assert accuracy(source, shown, unseen.labels) < accuracy(source, unseen.inputs, unseen.labels) - 0.3


def test_network_is_left_in_its_mode_and_its_statistics_as_they_were(source, few):
    source.train()
    before = source[1].running_mean.clone()
    attacked(source, few)
    assert source.training
    source.eval()
    assert torch.equal(source[1].running_mean, before)


def test_trained_network_is_harder_to_fool(source, known, unseen):
    stolen = WIDE.steal(source, known, seed=0)
    robust, plain = (accuracy(one, attacked(one, unseen), unseen.labels) for one in (stolen, source))
    assert robust > plain + 0.1
    assert accuracy(stolen, unseen.inputs, unseen.labels) > 0.9


def test_radius_is_a_share_of_the_range_of_each_channel():
    """Two columns of very different extent, and a network that tells classes by both."""
    network = torch.nn.Linear(2, 2)
    network.weight.data = torch.tensor(
        [[0.01, -0.01], [-0.01, 0.01]]
    )  # far from certain: every gradient points somewhere
    inputs = torch.tensor([[0.0, 0.0], [1.0, 100.0]])
    ends = {"lowest": inputs[:1], "highest": inputs[1:]}
    attack = AdversarialTraining(radius=0.1, step=0.1)
    with seeded(0):
        shown = attack.adversarial(network, inputs, torch.tensor([0, 1]), **ends)
    moved = (shown - inputs).abs()
    assert (moved <= torch.tensor([0.1, 10.0]) + 1e-4).all()
    assert moved[:, 1].max() > 1


@pytest.mark.parametrize("wrong", [{"radius": 0}, {"radius": float("nan")}, {"step": 2}, {"steps": 0}], ids=str)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(InvalidInput):
        AdversarialTraining(**wrong)
