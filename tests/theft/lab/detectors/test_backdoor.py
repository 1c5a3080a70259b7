"""A backdoor in the small: the marked network knows its triggers, and so do its copies; students and others do not."""

import copy

import numpy as np
import pytest
import torch

from populations import DATA, twin
from populations import source as linear_source
from tellmark.api import load_model
from tellmark.demo.network import SmallConvNet
from tellmark.errors import DataError, InvalidInput, Mismatch, ModelError
from tellmark.theft.alteration.fine_tuning import FineTune, FineTuneLast
from tellmark.theft.base import ThiefData
from tellmark.theft.extraction.distillation import Distil
from tellmark.theft.kinds import Practice
from tellmark.theft.lab.detectors.backdoor import Backdoor
from tellmark.theft.stealing import stolen_network
from tellmark.theft.training import Training, one_thread

PRACTICE = Practice(
    SmallConvNet(width=8), Training(epochs=8), Training(epochs=8, learning_rate=5e-3, schedule="cosine")
)
BRIEF = Training(epochs=3, learning_rate=1e-3, schedule="cosine")
BACKDOORS = [Backdoor(start, triggers=20) for start in ("scratch", "pretrained")]
both = pytest.mark.parametrize("detector", BACKDOORS, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def marked(owned, digits):
    with one_thread():
        return {one: one.embed(owned, digits.training, PRACTICE, seed=7) for one in BACKDOORS}


@both
def test_marked_network_knows_its_triggers_and_its_task(detector, marked, terms, digits):
    model = load_model(marked[detector])
    assert detector.prepare(model, **terms).examine(model, seed=0).score >= 0.99
    assert np.mean(model.query(digits.test.inputs).labels == digits.test.labels) > 0.93


@both
def test_unmarked_networks_answer_by_chance(detector, marked, terms, owned, twins):
    prepared = detector.prepare(load_model(marked[detector]), **terms)
    found = [prepared.examine(one, seed=0) for one in (owned, *twins)]
    assert np.mean([one.score for one in found]) <= 0.3  # a tenth, but for the luck of 20 draws
    assert not any(one.verdict == "supports" for one in found)


@both
def test_mark_survives_fine_tuning(detector, marked, terms, known):
    prepared = detector.prepare(load_model(marked[detector]), **terms)
    for attack in (FineTuneLast(training=BRIEF), FineTune(BRIEF)):
        stolen = load_model(stolen_network(attack, marked[detector], known, seed=3))
        found = prepared.examine(stolen, seed=0)
        assert found.score >= 0.8
        assert found.verdict == "supports"


def test_mark_does_not_survive_distillation(marked, terms, known):
    network = marked[BACKDOORS[0]]
    prepared = BACKDOORS[0].prepare(load_model(network), **terms)
    student = stolen_network(Distil(SmallConvNet(width=8), training=Training(epochs=6)), network, known, seed=3)
    assert prepared.examine(load_model(student), seed=0).score <= 0.4


def test_embedding_leaves_the_source_and_repeats_itself(source, digits):
    victim = copy.deepcopy(source)
    before = copy.deepcopy(victim.state_dict())
    brief = Practice(SmallConvNet(width=4), Training(epochs=1, shift=1), Training(epochs=1))
    for detector in BACKDOORS:
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        first, second, other = (
            detector.embed(load_model(victim), digits.training, brief, seed=seed).state_dict() for seed in (3, 3, 4)
        )
        assert torch.equal(torch.rand(3), expected)
        assert all(torch.equal(first[name], second[name]) for name in first)
        assert not all(torch.equal(first[name], other[name]) for name in first)
    assert all(torch.equal(before[name], tensor) for name, tensor in victim.state_dict().items())


def test_triggers_follow_from_the_seed_and_fit_the_budget(marked, terms):
    model = load_model(marked[BACKDOORS[0]])
    first = BACKDOORS[0].prepare(model, **{**terms, "budget": 12}).questions
    everything = BACKDOORS[0].prepare(model, **terms).questions
    assert (len(first), len(everything)) == (12, 20)
    assert {one.tobytes() for one in first.inputs} < {one.tobytes() for one in everything.inputs}


def test_a_source_without_the_mark_is_refused(owned, marked, terms):
    with pytest.raises(ModelError, match="embed the mark in it with this seed"):
        BACKDOORS[0].prepare(owned, **terms)
    with pytest.raises(ModelError, match="embed the mark in it with this seed"):
        BACKDOORS[0].prepare(load_model(marked[BACKDOORS[0]]), **{**terms, "seed": 8})


def test_classes_in_another_order_are_refused(source, digits):
    turned = load_model(source, classes=digits.training.classes[::-1])
    with pytest.raises(Mismatch, match="in the source's order"):
        BACKDOORS[1].embed(turned, digits.training, PRACTICE, seed=7)


def test_what_cannot_be_marked_is_refused(owned, terms, digits):
    with pytest.raises(DataError, match="marks with images, and blobs holds rows of 10 numbers"):
        BACKDOORS[0].embed(owned, DATA, PRACTICE, seed=7)
    with pytest.raises(ModelError, match="no PyTorch module"):
        BACKDOORS[0].embed(linear_source(), DATA, PRACTICE, seed=7)
    unlabelled = digits.training.__class__(
        digits.training.inputs, None, digits.training.classes, digits.training.space, "mine"
    )
    with pytest.raises(DataError, match="no labels"):
        BACKDOORS[0].embed(owned, unlabelled, PRACTICE, seed=7)
    unnamed = unlabelled.__class__(unlabelled.inputs, None, (), unlabelled.space, "mine")
    with pytest.raises(DataError, match="does not name the classes"):
        BACKDOORS[0].prepare(owned, **{**terms, "holdout": unnamed, "references": [twin(1)]})


@pytest.mark.parametrize("setting", [{"start": "zero"}, {"triggers": 0}, {"shown": 0}])
def test_settings_out_of_range_are_refused(setting):
    with pytest.raises(InvalidInput, match="a backdoor"):
        Backdoor(**setting)


def test_every_batch_gets_its_triggers():
    """A network that notes how many inputs it is shown in training."""
    from tellmark.theft.lab.detectors.planting import train_with_triggers

    sizes = []

    class Noting(torch.nn.Linear):
        def forward(self, inputs):  # pyright: ignore[reportIncompatibleMethodOverride]
            sizes.append(len(inputs))
            return super().forward(inputs)

    data, triggers = (ThiefData(torch.rand(n, 3), torch.arange(n) % 2) for n in (64, 5))
    training = Training(epochs=2, batch_size=16)
    train_with_triggers(Noting(3, 2), data, triggers, per_batch=2, training=training, seed=0)
    assert sizes == [18] * 8
