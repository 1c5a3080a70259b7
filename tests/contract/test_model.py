"""What every model adapter must do, whatever it adapts."""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict

import numpy as np
import pytest

from tellmark.errors import Mismatch, ModelError
from tellmark.models.base import Model


def as_json(info) -> str:
    fields = {**asdict(info), "preprocessing": info.preprocessing and info.preprocessing.model_dump(mode="json")}
    return json.dumps(fields)


def test_is_a_model(case):
    assert isinstance(case.make(None), Model)


def test_answers_have_the_promised_form(case):
    answers = case.make(None).query(case.inputs)
    assert answers.labels.dtype == np.int64
    assert answers.labels.shape == (len(case.inputs),)
    assert answers.labels.min() >= 0
    assert answers.labels.max() < case.classes
    if answers.scores is not None:
        assert answers.scores.dtype == np.float32
        assert answers.scores.shape == (len(case.inputs), case.classes)
        assert (answers.scores.argmax(axis=1) == answers.labels).all()


def test_answers_vary(case):
    """Else most of the other tests would show nothing."""
    assert len(set(case.make(None).query(case.inputs).labels.tolist())) > 1


def test_each_input_is_answered_by_itself(case):
    """The order is kept, and neither the batch size nor the neighbours matter."""
    model = case.make(None)
    together = model.query(case.inputs).labels
    backwards = model.query(case.inputs[::-1]).labels[::-1]
    alone = np.concatenate([model.query(case.inputs[i : i + 1]).labels for i in range(len(case.inputs))])
    assert (backwards == together).all()
    assert (alone == together).all()


@pytest.mark.parametrize("batch_size", [1, 7, 100])
def test_batch_size_does_not_matter(case, batch_size):
    expected = case.make(None).query(case.inputs)
    answers = case.make(batch_size).query(case.inputs)
    assert (answers.labels == expected.labels).all()
    if expected.scores is not None:
        np.testing.assert_allclose(answers.scores, expected.scores, rtol=1e-4, atol=1e-5)


def test_no_inputs_get_no_answers(case):
    answers = case.make(None).query(case.inputs[:0])
    assert answers.labels.shape == (0,)
    assert answers.labels.dtype == np.int64
    assert answers.scores is None


def test_the_query_leaves_its_inputs_alone(case):
    inputs = case.inputs.copy()
    case.make(None).query(inputs)
    assert (inputs == case.inputs).all()


def test_read_only_inputs_will_do(case):
    inputs = case.inputs.copy()
    inputs.flags.writeable = False
    assert len(case.make(None).query(inputs)) == len(inputs)


def test_info_can_be_stored(case):
    info = case.make(None).info
    assert pickle.loads(pickle.dumps(info)) == info
    assert info.kind in as_json(info)
    assert info == case.make(None).info
    assert info.classes is None or len(info.classes) == case.classes


def test_other_inputs_are_refused_in_a_sentence(case):
    with pytest.raises((ModelError, Mismatch)) as caught:
        case.make(None).query(case.wrong)
    assert "\n" not in str(caught.value)
