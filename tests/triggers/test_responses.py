"""Models are asked about any number of candidates, few at a time, and errors name who failed."""

from __future__ import annotations

import numpy as np
import pytest

from populations import DATA, source, twin
from tellmark.candidates.choosing import candidate_source
from tellmark.errors import Mismatch, ModelError
from tellmark.randomness import seed_from_int
from tellmark.triggers import responses
from tellmark.triggers.journal import Accepted
from tellmark.triggers.panel import Panelist
from tellmark.triggers.responses import answers_of, matches
from toys import LinearModel


@pytest.fixture
def asked():
    candidates = candidate_source("mixup-and-errors", DATA, seed_from_int(1))
    draws = candidates.draw(0, 600)
    labels = source().query(candidates.make(draws)).labels
    return candidates, Accepted(draws.indices, draws.items, labels, draws.indices.astype(np.uint64))


@pytest.mark.parametrize(("name", "limit", "most"), [("AT_ONCE", 64, 64), ("BYTES_AT_ONCE", 800, 10)])
def test_how_many_are_in_memory_at_a_time_changes_no_answer(asked, monkeypatch, name, limit, most):
    candidates, accepted = asked
    model, sizes = twin(1), []
    expected = model.query(candidates.make(candidates.draw(0, 600))).labels == accepted.labels

    def ask(inputs):
        sizes.append(len(inputs))
        return model.query(inputs).labels

    monkeypatch.setattr(responses, name, limit)
    assert matches(ask, candidates, accepted).tolist() == expected.tolist()
    assert 0 < expected.sum() < len(accepted)
    assert max(sizes) == most


def test_errors_name_the_model():
    class Failing(LinearModel):
        def query(self, batch):
            raise self.error

    failing = Failing(np.eye(2))
    for error in (Mismatch("3 classes"), ModelError("gone")):
        failing.error = error
        with pytest.raises(type(error), match=f"^a.onnx .*: {error}$"):
            answers_of(Panelist("a.onnx", failing))(np.zeros((1, 2)))
