"""A model is trained once, under an address that follows from what made it, and a killed training goes on."""

from __future__ import annotations

import pytest
import torch

from benchmarks import zoo as zoo_module
from benchmarks.nets import ARCHITECTURES, ResNet, parameter_count, resnet_150k
from benchmarks.training import TrainingRecipe, rate
from benchmarks.zoo import Pedigree, Zoo, cache_folder, pedigree_of
from tellmark.models.preprocessing import Preprocessing
from toys import images

DATA = images(24, classes=3, height=8, width=8, channels=3)
RECIPE = TrainingRecipe(epochs=3, preprocessing=Preprocessing(), batch=8, shift=1, precision="float32")


class Killed(Exception):
    pass


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(ARCHITECTURES, "tiny", lambda classes: ResNet((4, 8), (1, 1), classes))


def trained(folder, *, recipe=RECIPE, seed=1):
    return Zoo(folder).model(DATA, architecture="tiny", recipe=recipe, seed=seed)


def same(one, other):
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


def count_epochs(monkeypatch, *, killed_after=None):
    """Let the zoo train, count its epochs, and kill it after some of them."""
    done = []
    epoch_of = zoo_module.train_epoch

    def counted(*arguments, **options):
        if len(done) == killed_after:
            raise Killed
        done.append(options["epoch"])
        return epoch_of(*arguments, **options)

    monkeypatch.setattr(zoo_module, "train_epoch", counted)
    return done


def test_nothing_is_trained_twice(tmp_path, monkeypatch):
    done = count_epochs(monkeypatch)
    first = trained(tmp_path)
    assert done == [0, 1, 2]
    assert same(first, trained(tmp_path))
    assert done == [0, 1, 2]
    assert not first.training
    assert [path.suffix for path in (tmp_path / "zoo").iterdir()] == [".safetensors"]


@pytest.mark.parametrize("epochs", [0, 1, 2])
def test_a_killed_training_ends_with_the_same_weights(tmp_path, monkeypatch, epochs):
    expected = trained(tmp_path / "undisturbed")
    with monkeypatch.context() as patch:
        count_epochs(patch, killed_after=epochs)
        with pytest.raises(Killed):
            trained(tmp_path / "killed")
    done = count_epochs(monkeypatch)
    assert same(trained(tmp_path / "killed"), expected)
    assert done == list(range(epochs, 3))


def test_other_seeds_and_recipes_have_other_addresses(tmp_path):
    models = [
        trained(tmp_path),
        trained(tmp_path, seed=2),
        trained(tmp_path, recipe=RECIPE.model_copy(update={"peak_rate": 0.1})),
    ]
    assert len(list((tmp_path / "zoo").iterdir())) == 3
    assert not same(models[0], models[1])
    assert not same(models[0], models[2])


def test_a_model_carries_its_pedigree(tmp_path):
    trained(tmp_path)
    pedigree = Pedigree(architecture="tiny", data=DATA.digest, recipe=RECIPE, seed=1)
    assert pedigree_of(Zoo(tmp_path).path(pedigree)) == pedigree


def test_the_cache_lies_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("TELLMARK_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("TELLMARK_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "tellmark"


def test_the_rate_rises_and_falls_to_zero():
    rates = [rate(RECIPE, progress / 10) for progress in range(1, 11)]
    assert max(rates) == rates[1] == RECIPE.peak_rate
    assert rates[-1] == pytest.approx(0)


def test_the_network_of_the_speed_benchmark_is_of_the_size_it_says():
    assert 145_000 <= parameter_count(resnet_150k()) <= 155_000
