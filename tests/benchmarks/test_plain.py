"""The yardstick is what it claims to be: its triggers satisfy the paper's definition."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from benchmarks.counting import CountingModel
from benchmarks.floor import bare_forwards
from benchmarks.plain import PAIRS_PER_ROUND, SHARES_PER_PAIR, noisy_copies, plain_triggers
from tellmark.models.loading import load_model
from tellmark.models.perturbing import as_perturbable

CLASSES, ITEMS, PROXIES, SIGMA, SEED = 4, 400, 6, 0.15, 3


def overlapping_blobs():
    """Points of four classes around a circle, and a linear classifier of them.

    An image is the two coordinates of a point and one pixel for each item, lit in that item's own image: the
    pixels of a blend tell what it was made of.
    """
    random = torch.Generator().manual_seed(0)
    angles = torch.arange(CLASSES) * (2 * torch.pi / CLASSES)
    centres = torch.stack([angles.cos(), angles.sin()], dim=1)
    labels = torch.randint(CLASSES, (ITEMS,), generator=random)
    points = centres[labels] + 0.7 * torch.randn(ITEMS, 2, generator=random)
    network = nn.Sequential(nn.Flatten(), nn.Linear(2 + ITEMS, CLASSES, bias=False))
    network[1].weight.data.zero_()[:, :2].copy_(centres)
    return torch.cat([points, torch.eye(ITEMS)], dim=1).view(ITEMS, 1, 1, -1), labels, network


def found(triggers):
    images, labels, network = overlapping_blobs()
    return plain_triggers(network, images, labels, triggers=triggers, proxies=PROXIES, sigma=SIGMA, seed=SEED)


@torch.no_grad()
def test_source_and_all_proxies_agree_on_every_trigger():
    triggers, _ = found(150)
    _, _, network = overlapping_blobs()
    copies = noisy_copies(network, PROXIES, sigma=SIGMA, random=torch.Generator().manual_seed(SEED))
    assert len(triggers.images) == len(triggers.labels) == 150
    for model in [network, *copies]:
        assert (model(triggers.images).argmax(dim=1) == triggers.labels).all()
    assert any((copy[1].weight - network[1].weight).abs().max() > SIGMA / 2 for copy in copies)


def test_triggers_are_blends_of_two_classes_answered_as_neither():
    images, labels, _network = overlapping_blobs()
    triggers, _ = found(150)
    for image, label in zip(triggers.images, triggers.labels, strict=True):
        shares = image[..., 2:].flatten()
        first, second = shares.nonzero().flatten().tolist()
        torch.testing.assert_close(image, shares[first] * images[first] + shares[second] * images[second])
        assert float(shares.sum()) == pytest.approx(1)
        assert len({int(labels[first]), int(labels[second]), int(label)}) == 3


def test_the_work_is_counted_in_rounds():
    _, work = found(150)
    assert work.rounds >= 2  # a round yields at most one trigger of each of its pairs
    assert work.pairs >= work.rounds * PAIRS_PER_ROUND
    assert work.source_inputs == work.pairs * SHARES_PER_PAIR
    assert work.proxy_inputs >= 150 * PROXIES


def test_the_same_seed_finds_the_same_triggers():
    (first, _), (second, _) = found(10), found(10)
    assert torch.equal(first.images, second.images)


def test_every_input_is_counted():
    images, _, network = overlapping_blobs()
    pixels = (images.permute(0, 2, 3, 1).clamp(0, 1) * 255).to(torch.uint8).numpy()
    counting = CountingModel(as_perturbable(load_model(network)))
    counting.query(pixels[:7])
    for asked in (3, 4):
        with counting.perturbed(lambda parameter, start, stop: torch.zeros(stop - start).numpy()) as copy:
            copy.query(pixels[:asked])
            copy.query(pixels[:2])
    assert (counting.asked.source_inputs, counting.asked.proxy_inputs, counting.asked.copies) == (7, 11, 2)


@pytest.mark.parametrize(("count", "batch"), [(1, 4), (7, 4), (30, 4)])
def test_as_many_bare_forwards_as_asked(count, batch):
    class Counter(nn.Module):
        seen = 0

        def forward(self, inputs):
            self.seen += len(inputs)
            return inputs

    network = Counter()
    bare_forwards(network, torch.zeros(10, 1), count, batch=batch)
    assert network.seen == count
