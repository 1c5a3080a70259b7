"""Modules in memory: shared, never changed, perturbed in one copy."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from tellmark.errors import ModelError, NotPerturbable
from tellmark.models.loading import load_model
from tellmark.models.perturbing import as_perturbable
from tellmark.models.torch.footprint import activation_bytes

ROWS = np.random.default_rng(0).normal(size=(11, 4))


class Returning(nn.Module):
    """Scores, in whatever `wrap` puts around them."""

    def __init__(self, wrap):
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.wrap = wrap

    def forward(self, x):
        return self.wrap(self.head(x))


def constant(value):
    return lambda parameter, start, stop: np.full(stop - start, value, dtype=np.float32)


def perturbed_weights(module, noise):
    """What a noisy copy of the module holds, seen through its answers to unit vectors."""
    with load_model(module).perturbed(noise) as model:
        return model.query(np.eye(4)).scores


def test_a_module_in_training_stays_in_training():
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 3)).train()
    before = copy.deepcopy(net.state_dict())
    model = load_model(net)
    first, second = model.query(ROWS), model.query(ROWS)
    with model.perturbed(constant(0.1)) as noisy:
        noisy.query(ROWS)
    assert (first.scores == second.scores).all()  # else dropout was active
    assert net.training
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_the_weights_are_shared_not_copied():
    net = nn.Linear(4, 3)
    model = load_model(net)
    with torch.no_grad():
        net.weight.zero_()
        net.bias.copy_(torch.tensor([0.0, 2.0, 1.0]))
    assert (model.query(ROWS).labels == 1).all()


@pytest.mark.parametrize(
    "wrap",
    [
        lambda scores: scores,
        lambda scores: (scores, "features"),
        lambda scores: {"logits": scores},
        lambda scores: SimpleNamespace(logits=scores),
    ],
)
def test_scores_may_be_wrapped(wrap):
    net = Returning(wrap)
    with torch.no_grad():
        expected = net.head(torch.from_numpy(ROWS).float()).numpy()
    np.testing.assert_allclose(load_model(net).query(ROWS).scores, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrap", "reason"),
    [
        (lambda scores: "text", "returns a str"),
        (lambda scores: {"other": scores}, "returns a dict"),
        (lambda scores: (), "returns a tuple"),
        (lambda scores: scores.sum(1), "not \\(1, classes\\)"),
        (lambda scores: scores[:, :1], "one number per input"),
        (lambda scores: scores * float("nan"), "NaN or infinite"),
    ],
)
def test_other_answers_are_refused(wrap, reason):
    with pytest.raises(ModelError, match=reason):
        load_model(Returning(wrap), batch_size=1).query(ROWS)


def test_texts_reach_the_module_as_a_list_of_str():
    class Length(nn.Module):
        def forward(self, texts):
            assert isinstance(texts, list)
            return torch.tensor([[4.0, float(len(text))] for text in texts])

    texts = np.array(["a", "quite long", "b"], dtype=object)
    assert load_model(Length()).query(texts).labels.tolist() == [0, 1, 0]


def test_errors_about_texts_do_not_quote_them():
    class Quoting(nn.Module):
        def forward(self, texts):
            raise ValueError(f"cannot parse {texts[0]}")

    with pytest.raises(ModelError) as caught:
        load_model(Quoting()).query(np.array(["a secret trigger"], dtype=object))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_module_that_cannot_be_copied():
    net = nn.Linear(4, 3)
    net.lock = (one for one in ())  # a generator
    with pytest.raises(ModelError, match="cannot be copied"):
        load_model(net)


def test_a_module_without_weights_is_not_perturbable():
    with pytest.raises(NotPerturbable, match="proxies 0"):
        as_perturbable(load_model(nn.Flatten()))


def test_noise_is_added_to_every_parameter():
    net = nn.Linear(4, 3)
    with torch.no_grad():
        expected = net(torch.eye(4)).numpy() + 0.25 + 0.25
    np.testing.assert_allclose(perturbed_weights(net, constant(0.25)), expected, rtol=1e-6)


def test_parameters_of_any_layout_are_numbered_in_the_order_of_their_shape():
    net = nn.Linear(4, 3, bias=False)
    turned = nn.Linear(4, 3, bias=False)
    turned.weight = nn.Parameter(net.weight.detach().t().contiguous().t())
    assert not turned.weight.is_contiguous()

    def ramp(parameter, start, stop):
        return np.arange(start, stop, dtype=np.float32)

    assert (perturbed_weights(turned, ramp) == perturbed_weights(net, ramp)).all()


def test_tied_parameters_are_perturbed_once():
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    model = load_model(net)
    assert [parameter.name for parameter in model.parameters] == ["0.weight"]
    with torch.no_grad():
        expected = (net[0].weight + 0.5).numpy()
    with model.perturbed(constant(0.5)) as noisy:
        np.testing.assert_allclose(noisy.query(np.eye(4)).scores, (expected @ expected).T, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_are_rounded_once(dtype):
    net = nn.Linear(4, 3).to(dtype)
    model = load_model(net)
    noise = np.random.default_rng(0).normal(size=12).astype(np.float32)
    with model.perturbed(lambda p, start, stop: noise[start:stop] * (p.name == "weight")) as noisy:
        scores = noisy.query(np.eye(4)).scores
    wide = net.weight.detach().to(torch.promote_types(dtype, torch.float32)) + torch.from_numpy(noise).view(3, 4)
    with torch.no_grad():
        net.weight.copy_(wide.to(dtype))
        expected = net(torch.eye(4, dtype=dtype)).float().numpy()
    assert (scores == expected).all()


def test_whole_numbers_among_the_parameters_are_left_alone():
    class Table(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 3)
            self.index = nn.Parameter(torch.tensor([2, 0, 1]), requires_grad=False)

        def forward(self, x):
            return self.head(x)[:, self.index]

    model = load_model(Table())
    assert [parameter.name for parameter in model.parameters] == ["head.weight", "head.bias"]
    with model.perturbed(constant(0.5)) as noisy:
        assert len(noisy.query(ROWS)) == len(ROWS)


def test_there_are_never_more_than_two_sets_of_weights():
    net = nn.Linear(512, 512, bias=False)
    model = load_model(net)
    places = set()
    for _ in range(3):
        with model.perturbed(constant(0.1)):
            places.add(model._scratch._kept.module.weight.data_ptr())
    assert len(places) == 1
    assert net.weight.data_ptr() == model._module.weight.data_ptr()
    assert model._scratch._kept.module.weight.data_ptr() != net.weight.data_ptr()


def test_the_footprint_counts_what_operators_return():
    net = nn.Sequential(nn.Linear(4, 10), nn.ReLU(), nn.Linear(10, 3))
    assert 4 * (10 + 10 + 3) <= activation_bytes(net, torch.zeros(1, 4)) < 4 * (10 + 10 + 3) * 5
