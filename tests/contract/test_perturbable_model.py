"""What every adapter whose weights can be reached must do."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from tellmark.errors import InvalidInput
from tellmark.models.base import PerturbableModel, labels_of
from tellmark.models.classes import aligned
from tellmark.models.perturbing import as_perturbable


def none(parameter, start, stop):
    return np.zeros(stop - start, dtype=np.float32)


def normal(sigma, seed=0):
    """Noise that depends on the parameter's name and position alone, in units of its scale."""

    def noise(parameter, start, stop):
        draws = np.random.default_rng([seed, crc32(parameter.name.encode())]).normal(size=parameter.size)
        return (sigma * parameter.scale * draws[start:stop]).astype(np.float32)

    return noise


def answers_under(model, noise, inputs):
    with model.perturbed(noise) as copy:
        return copy.query(inputs)


def test_is_perturbable(perturbable):
    model = perturbable.make(None)
    assert isinstance(model, PerturbableModel)
    assert as_perturbable(model) is model


def test_parameters_are_sane(perturbable):
    parameters = perturbable.make(None).parameters
    assert len({parameter.name for parameter in parameters}) == len(parameters)
    for parameter in parameters:
        assert parameter.size == np.prod(parameter.shape) >= 1
        assert 0 <= parameter.scale < 1e3
        assert isinstance(parameter.scale, float)
    assert sum(parameter.scale > 0 for parameter in parameters) > len(parameters) / 2


def test_no_noise_changes_no_label(perturbable):
    model = perturbable.make(None)
    expected = model.query(perturbable.inputs)
    answers = answers_under(model, none, perturbable.inputs)
    assert (answers.labels == expected.labels).all()
    if expected.scores is not None:
        np.testing.assert_allclose(answers.scores, expected.scores, rtol=1e-4, atol=1e-5)


def test_much_noise_changes_labels(perturbable):
    model = perturbable.make(None)
    expected = model.query(perturbable.inputs).labels
    changed = [
        (answers_under(model, normal(5, seed), perturbable.inputs).labels != expected).any() for seed in range(4)
    ]
    assert any(changed)


def test_the_model_itself_is_never_changed(perturbable):
    model = perturbable.make(None)
    before = model.query(perturbable.inputs)
    with model.perturbed(normal(5)) as copy:
        copy.query(perturbable.inputs)
        within = model.query(perturbable.inputs)
    after = model.query(perturbable.inputs)
    for answers in (within, after):
        assert (answers.labels == before.labels).all()
        if before.scores is not None:
            assert (answers.scores == before.scores).all()


def test_a_copy_owes_nothing_to_the_one_before(perturbable):
    model, fresh = perturbable.make(None), perturbable.make(None)
    expected = answers_under(fresh, normal(0.5, seed=2), perturbable.inputs)
    answers_under(model, normal(5, seed=1), perturbable.inputs)
    answers = answers_under(model, normal(0.5, seed=2), perturbable.inputs)
    assert (answers.labels == expected.labels).all()
    if expected.scores is not None:
        assert (answers.scores == expected.scores).all()


def test_every_element_gets_noise_once(perturbable):
    """In stretches of at most 65536 elements, in order, without gap or overlap."""
    asked: dict[str, list[tuple[int, int]]] = {}

    def record(parameter, start, stop):
        asked.setdefault(parameter.name, []).append((start, stop))
        return none(parameter, start, stop)

    model = perturbable.make(None)
    answers_under(model, none, perturbable.inputs[:1])  # the first copy may try itself out, and then begins anew
    answers_under(model, record, perturbable.inputs[:1])
    assert set(asked) == {parameter.name for parameter in model.parameters}
    for parameter in model.parameters:
        starts, stops = zip(*asked[parameter.name], strict=True)
        assert (*starts, parameter.size) == (0, *stops)
        assert max(stop - start for start, stop in asked[parameter.name]) <= 65536


def test_a_copy_says_that_it_is_none_of_the_source(perturbable):
    model = perturbable.make(None)
    with model.perturbed(none) as copy:
        assert copy.info.digest is None
        assert copy.info.kind == model.info.kind


def test_one_copy_at_a_time(perturbable):
    model = perturbable.make(None)
    with model.perturbed(none) as copy:
        with pytest.raises(InvalidInput, match="in use"), model.perturbed(none):
            pass
        assert len(copy.query(perturbable.inputs)) == len(perturbable.inputs)
    with pytest.raises(InvalidInput, match="within its with block"):
        copy.query(perturbable.inputs)
    with pytest.raises(InvalidInput, match="within its with block"):
        labels_of(copy, perturbable.inputs)


def test_an_aligned_model_stays_perturbable(perturbable):
    model = perturbable.make(None)
    names = model.info.classes or tuple(f"class {i}" for i in range(perturbable.classes))
    turned = aligned(model, names[::-1])
    assert isinstance(turned, PerturbableModel)
    assert turned.parameters == model.parameters
    expected = answers_under(model, normal(1), perturbable.inputs).labels
    answers = answers_under(turned, normal(1), perturbable.inputs).labels
    assert (answers == (expected if model.info.classes is None else perturbable.classes - 1 - expected)).all()


def test_one_network_is_one_in_every_format(cases):
    """The same names, sizes and scales; and the same copies under the same noise."""
    models = {name: cases[name].make(None) for name in ("module", "torch", "export", "onnx")}
    listed = {name: sorted(map(repr, model.parameters)) for name, model in models.items()}
    assert all(parameters == listed["module"] for parameters in listed.values())
    inputs = cases["module"].inputs
    for seed in range(3):
        answers = {name: answers_under(model, normal(0.3, seed), inputs) for name, model in models.items()}
        for answer in answers.values():
            assert (answer.labels == answers["module"].labels).all()
            np.testing.assert_allclose(answer.scores, answers["module"].scores, rtol=1e-4, atol=1e-5)
    assert models["torch"].info.digest == models["export"].info.digest == models["module"].info.digest


def test_labels_alone_are_those_that_are_answered(perturbable):
    model = perturbable.make(None)
    for noise in (none, normal(0.5)):
        with model.perturbed(noise) as copy:
            assert (labels_of(copy, perturbable.inputs) == copy.query(perturbable.inputs).labels).all()
            assert len(labels_of(copy, perturbable.inputs[:0])) == 0
