"""Fine-tuning moves every layer and keeps the accuracy."""

import torch

from tellmark.theft.fine_tuning import FineTune
from tellmark.theft.training import Training


def accuracy(network, data):
    with torch.no_grad():
        return float((network(data.inputs).argmax(1) == data.labels).float().mean())


def test_every_layer_moves_and_accuracy_stays(source, known, unseen):
    attack = FineTune(Training(epochs=3, learning_rate=1e-3, schedule="cosine"))
    stolen = attack.steal(source, known, seed=0)
    pairs = zip(source.parameters(), stolen.parameters(), strict=True)
    assert all(not torch.equal(before, after) for before, after in pairs)
    assert accuracy(source, unseen) > 0.9
    assert accuracy(stolen, unseen) >= accuracy(source, unseen) - 0.03
