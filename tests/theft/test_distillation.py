"""A student learns from the source's answers alone."""

import pytest
import torch
from torch.nn import functional

from tellmark.demo.network import SmallConvNet
from tellmark.errors import InvalidInput
from tellmark.theft.base import ThiefData
from tellmark.theft.distillation import Distil
from tellmark.theft.training import Training

STUDENT = SmallConvNet(width=4)


def test_student_agrees_with_its_teacher_on_digits_neither_saw(source, known, unseen):
    stolen = Distil(STUDENT, training=Training(epochs=6)).steal(source, ThiefData(known.inputs), seed=0)
    with torch.no_grad():
        agreement = (stolen(unseen.inputs).argmax(1) == source(unseen.inputs).argmax(1)).float().mean()
    assert agreement > 0.8  # chance: about 0.1
    assert sum(p.numel() for p in stolen.parameters()) < sum(p.numel() for p in source.parameters())


def test_student_follows_the_teacher_rather_than_the_truth(source, known, unseen):
    """The teacher's classes are renamed; the student learns the wrong names."""

    class Renamed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = source

        def forward(self, inputs):
            return self.inner(inputs).roll(1, dims=1)

    stolen = Distil(STUDENT, training=Training(epochs=6)).steal(Renamed(), known, seed=0)
    with torch.no_grad():
        answers = stolen(unseen.inputs).argmax(1)
    assert (answers == (unseen.labels + 1) % 10).float().mean() > 0.8


def test_log_probabilities_serve_as_well_as_logits(source, known):
    class LogProbabilities(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = source

        def forward(self, inputs):
            return functional.log_softmax(self.inner(inputs), dim=1)

    attack = Distil(STUDENT, training=Training(epochs=1))
    by_logits = attack.steal(source, known, seed=0)
    by_log_probabilities = attack.steal(LogProbabilities(), known, seed=0)
    with torch.no_grad():
        one, other = by_logits(known.inputs), by_log_probabilities(known.inputs)
    assert torch.allclose(one, other, atol=1e-2)


@pytest.mark.parametrize("temperature", [0, -1, float("inf"), float("nan")])
def test_impossible_temperatures_are_refused(temperature):
    with pytest.raises(InvalidInput, match="above 0"):
        Distil(STUDENT, temperature=temperature)
