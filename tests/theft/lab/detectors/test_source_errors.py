"""The Anna Karenina heuristic: copies err as the source does, independent models in their own ways."""

import numpy as np
import pytest

from populations import DATA, source, thief, twin
from tellmark.api import load_model
from tellmark.demo.network import SmallConvNet
from tellmark.errors import DataError
from tellmark.theft.alteration.fine_tuning import FineTune
from tellmark.theft.alteration.pruning import MagnitudePrune
from tellmark.theft.alteration.quantisation import QuantiseWeights
from tellmark.theft.extraction.distillation import Distil
from tellmark.theft.lab.detectors.source_errors import SourceErrors
from tellmark.theft.stealing import stolen_network
from tellmark.theft.training import Training

TERMS = {
    "holdout": DATA,
    "references": [twin(number) for number in range(1, 9)],
    "shadows": {},
    "budget": 60,
    "alpha": 0.05,
    "seed": 2,
}


@pytest.fixture(scope="module")
def prepared():
    return SourceErrors().prepare(source(), **TERMS)


def test_only_errors_of_the_source_are_asked(prepared):
    asked = prepared.questions
    truth = {row.tobytes(): label for row, label in zip(DATA.inputs, DATA.labels, strict=True)}
    assert len(asked) == 60
    assert all(truth[row.tobytes()] != label for row, label in zip(asked.inputs, asked.labels, strict=True))
    assert asked.matched_by(source()).all()


def test_copies_share_the_errors_and_independent_models_do_not(prepared):
    copies = [prepared.examine(thief(number, share=0.99), seed=0) for number in range(20, 26)]
    twins = [prepared.examine(twin(number), seed=0) for number in range(20, 26)]
    assert np.mean([one.score for one in copies]) > 0.8
    assert max(one.score for one in twins) < min(one.score for one in copies)
    assert not any(one.verdict == "supports" for one in twins)


def test_copies_and_students_of_a_network_share_its_errors_more_than_any_twin(peer, known, references, twins, terms):
    """The published behaviour, on digits: stolen through weights or answers, a model errs with its source."""
    found = SourceErrors().prepare(load_model(peer), **{**terms, "budget": 300})
    attacks = [
        QuantiseWeights(bits=8),
        MagnitudePrune(share=0.2),
        FineTune(Training(epochs=1, learning_rate=1e-4)),
        Distil(SmallConvNet(width=8), training=Training(epochs=12)),
    ]
    stolen = [load_model(stolen_network(one, peer, known, seed=0)) for one in attacks]
    shared = [found.examine(one, seed=0).score for one in stolen]
    innocent = [found.examine(one, seed=0).score for one in (*references, *twins)]
    assert len(found.questions) >= 40
    assert min(shared) > 1.5 * max(innocent)
    assert np.mean(innocent) < 0.25


def test_true_labels_are_needed():
    unlabelled = DATA.__class__(DATA.inputs, None, DATA.classes, DATA.space, "mine")
    with pytest.raises(DataError, match="source-errors needs labelled data, and mine has no labels"):
        SourceErrors().prepare(source(), **{**TERMS, "holdout": unlabelled})


def test_a_source_without_error_leaves_nothing_to_ask():
    perfect = DATA.with_labels(source().query(DATA.inputs).labels, DATA.classes)
    with pytest.raises(DataError, match="makes no error on the 500 items of blobs"):
        SourceErrors().prepare(source(), **{**TERMS, "holdout": perfect})
