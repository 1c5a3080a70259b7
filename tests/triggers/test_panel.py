"""No model both selects triggers and speaks of them: the split is disjoint, complete, by seed, and by seed only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tellmark.errors import InvalidInput
from tellmark.models.base import ModelInfo
from tellmark.randomness import seed_from_int
from tellmark.triggers.panel import ForSelection, KeptBack, Panelist, Split, split, structure_of
from toys import LinearModel, blob_model

SEED = seed_from_int(1)


def panelist(number: int, *, digest: bool = True) -> Panelist:
    model = LinearModel(np.eye(2))
    model.info = ModelInfo("toy", f"sha256:{number:064x}" if digest else None, None)
    return Panelist(f"model {number}", model)


def identities(models) -> list[str]:
    return [model.identity for model in models]


@given(st.integers(0, 12), st.integers(0, 2**32), st.data())
def test_every_model_has_one_role(count, seed, data):
    models = [panelist(number) for number in range(count)]
    kept_back = data.draw(st.none() | st.integers(0, count))
    found = split(models, seed=seed_from_int(seed), purpose="references", kept_back=kept_back)
    selection, calibration = identities(found.selection), identities(found.kept_back)
    assert not set(selection) & set(calibration)
    assert sorted(selection + calibration) == sorted(identities(models))
    assert len(found) == count
    if kept_back is not None:
        assert len(calibration) == kept_back


@given(st.permutations(range(9)))
def test_the_order_in_which_models_are_given_does_not_matter(order):
    models = [panelist(number) for number in range(9)]
    expected = split(models, seed=SEED, purpose="references")
    found = split([models[number] for number in order], seed=SEED, purpose="references")
    assert identities(found.selection) == identities(expected.selection)
    assert identities(found.kept_back) == identities(expected.kept_back)


def test_seed_and_purpose_decide():
    models = [panelist(number) for number in range(20)]
    first = split(models, seed=SEED, purpose="references")
    assert identities(split(models, seed=SEED, purpose="references").kept_back) == identities(first.kept_back)
    for other in (
        split(models, seed=seed_from_int(2), purpose="references"),
        split(models, seed=SEED, purpose="shadows/distilled"),
    ):
        assert set(identities(other.kept_back)) != set(identities(first.kept_back))


def test_each_model_is_kept_back_for_about_half_of_the_seeds():
    models = [panelist(number) for number in range(6)]
    kept = [identities(split(models, seed=seed_from_int(s), purpose="references").kept_back) for s in range(400)]
    shares = [sum(model.identity in one for one in kept) / len(kept) for model in models]
    assert min(shares) > 0.4
    assert max(shares) < 0.6


@pytest.mark.parametrize(("count", "selecting", "kept_back"), [(0, 0, 0), (1, 1, 0), (2, 1, 1), (5, 2, 3), (8, 4, 4)])
def test_half_are_kept_back_and_a_single_one_selects(count, selecting, kept_back):
    found = split([panelist(number) for number in range(count)], seed=SEED, purpose="references")
    assert (len(found.selection), len(found.kept_back)) == (selecting, kept_back)


def test_one_model_under_two_names_is_refused():
    twin = Panelist("another name", panelist(3).model)
    with pytest.raises(InvalidInput, match=r"^model 3 and another name are one and the same model: give each of the"):
        split([panelist(1), panelist(3), twin], seed=SEED, purpose="references")


def test_without_a_digest_the_name_tells_models_apart():
    nameless = [panelist(number, digest=False) for number in range(4)]
    assert len(split(nameless, seed=SEED, purpose="references")) == 4
    with pytest.raises(InvalidInput, match="one and the same"):
        split([*nameless, nameless[0]], seed=SEED, purpose="references")


@pytest.mark.parametrize("kept_back", [-1, 4])
def test_more_than_there_are_cannot_be_kept_back(kept_back):
    with pytest.raises(InvalidInput, match=f"{kept_back} of 3 references cannot be kept back"):
        split([panelist(number) for number in range(3)], seed=SEED, purpose="references", kept_back=kept_back)


def of_kind(kind: int, number: int) -> Panelist:
    model = LinearModel(np.eye(2))
    model.info = ModelInfo(f"kind {kind}", f"sha256:{100 * kind + number:064x}", None)
    return Panelist(f"model {kind}.{number}", model)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 2**32), st.data())
def test_every_kind_is_divided_in_proportion(sizes, seed, data):
    models = [of_kind(kind, number) for kind, size in enumerate(sizes) for number in range(size)]
    kept_back = data.draw(st.integers(0, len(models)))
    order = data.draw(st.permutations(models))
    found = split(order, seed=seed_from_int(seed), purpose="references", kept_back=kept_back)
    assert len(found.kept_back) == kept_back
    for kind, size in enumerate(sizes):
        kept = sum(model.model.info.kind == f"kind {kind}" for model in found.kept_back)
        assert abs(kept - kept_back * size / len(models)) < 1
    again = split(models, seed=seed_from_int(seed), purpose="references", kept_back=kept_back)
    assert set(identities(again.kept_back)) == set(identities(found.kept_back))


def test_structure_is_told_by_adapter_and_shapes_alone():
    same, other = blob_model(), LinearModel(np.eye(2))
    assert structure_of(Panelist("a", same)) == structure_of(Panelist("b", blob_model()))
    assert structure_of(Panelist("a", same)) != structure_of(Panelist("b", other))


def test_no_split_can_be_made_of_models_in_both_roles():
    one, other = panelist(1), panelist(2)
    with pytest.raises(InvalidInput, match="1 of the models would both select"):
        Split(ForSelection((one, other)), KeptBack((one,)))
