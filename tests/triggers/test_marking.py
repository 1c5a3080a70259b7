"""A mark says the truth about how it was made, and the source matches all of it."""

from __future__ import annotations

import math
import stat
from contextlib import contextmanager

import numpy as np
import pytest

from tellmark.api import mark, verify
from tellmark.candidates.choosing import candidate_source
from tellmark.errors import FileError, InvalidInput, Mismatch, ModelError, SelectionFailed
from tellmark.models.base import Answers, ModelInfo
from tellmark.proxies.choosing import proxy_family
from tellmark.proxies.screen import accuracy
from tellmark.randomness import seed_from_int
from tellmark.triggers import drawing, selection
from tellmark.triggers.marking import compute_mark
from tellmark.triggers.preparing import prepare
from tellmark.triggers.settings import MarkSettings
from toys import LinearModel, NoisyLinearModel, blob_model, blobs, images, texts

DATA = blobs(200)
QUICK = {"n": 20, "proxies": 6, "sigma": 0.05, "tau": 0.1, "seed": 7}


def muddled(data):
    """The same items, every seventh under a wrong label, as real data have them."""
    wrong = np.where(np.arange(len(data)) % 7 == 0, (data.labels + 1) % len(data.classes), data.labels)
    return data.with_labels(wrong, data.classes)


def colour_model(classes=3):
    weights = np.random.default_rng(0).normal(size=(48, classes))
    return NoisyLinearModel(weights - weights.mean(axis=0))


def made(source=None, data=DATA, **settings):
    return mark(source or blob_model(), data, **(QUICK | settings))


def contents(each):
    """All that must be the same in a repetition."""
    public = each.public.model_dump(exclude={"created"})
    inputs = each.triggers.inputs(np.arange(len(each)))
    return public, each.seed, each.triggers.indices.tolist(), each.triggers.labels.tolist(), inputs.tolist()


class WordCount:
    """Answers texts by their length; label-only."""

    info = ModelInfo("counting")

    def query(self, batch):
        return Answers(np.array([len(text.split()) // 3 % 3 for text in batch], dtype=np.int64))


@pytest.mark.parametrize(
    ("source", "data", "settings"),
    [
        (blob_model(), DATA, {}),
        (blob_model(), DATA, {"n": 1}),
        (blob_model(), DATA, {"n": 300, "reuse_items": True, "sigma": "auto", "noise": "absolute"}),
        (blob_model(classes=2), muddled(blobs(300, classes=2)), {"noise": "ball"}),
        (colour_model(), images(150, channels=3), {"tau": None}),
        (WordCount(), texts(100, classes=3), {"proxies": 0}),
    ],
    ids=["rows", "one", "many", "two classes", "images", "texts"],
)
def test_the_source_matches_its_own_mark(source, data, settings):
    each = made(source, data, **settings)
    found = verify(each, source)
    assert found.matches == found.queries == len(each) == (QUICK | settings)["n"]


def test_the_same_seed_gives_the_same_mark_and_another_another():
    assert contents(made()) == contents(made())
    assert made(seed=8).triggers.indices.tolist() != made().triggers.indices.tolist()
    assert made(seed=seed_from_int(7)).triggers.indices.tolist() == made().triggers.indices.tolist()


def test_without_a_seed_it_is_fresh_and_no_guess():
    first, second = made(seed=None, tau=None), made(seed=None, tau=None)
    assert first.seed != second.seed
    assert not first.public.seed_guessable
    assert made().public.seed_guessable


@pytest.mark.parametrize("seed", [b"short", bytes(33), -1, 2**256])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(InvalidInput, match="seed"):
        made(seed=seed)


def test_missing_labels_are_the_sources_own():
    bare = type(DATA)(DATA.inputs, None, (), DATA.space, DATA.name)
    each = made(data=bare)
    labelled = bare.with_labels(blob_model().query(DATA.inputs).labels, ("0", "1", "2", "3"))
    assert each.public.holdout.labels_from == "source"
    assert each.public.source.accuracy == 1.0
    assert contents(each)[2:] == contents(made(data=labelled))[2:]
    assert made().public.holdout.labels_from == "file"


def test_the_data_and_the_source_are_named():
    public = made().public
    assert public.holdout.model_dump() == {
        "digest": DATA.digest,
        "items": 200,
        "space": DATA.space.model_dump(),
        "labels_from": "file",
    }
    assert (public.source.kind, public.source.digest) == ("toy", blob_model().info.digest)
    assert public.source.classes == DATA.classes
    assert [(each.name, each.shape) for each in public.source.perturbed] == [("weights", (5, 4))]
    assert made(proxies=0).public.source.perturbed == ()


def test_the_recorded_accuracies_are_those_of_the_admitted_proxies():
    public = made(screen_items=10**6, tau=0.02, sigma=0.3, proxies=10).public
    family = proxy_family("weight-noise-relative", 0.3, seed_from_int(7))
    source_accuracy = accuracy(blob_model(), DATA)
    measured = []
    selection = public.tiers[0].selection
    for number in range(selection.admitted[-1] + 1):
        with family.member(blob_model(), number) as proxy:
            measured.append(accuracy(proxy, DATA))
    passing = [number for number, value in enumerate(measured) if abs(value - source_accuracy) <= 0.02 + 1e-9]
    assert public.source.accuracy == source_accuracy
    assert public.tiers[0].recipe.proxies.screen.items == 200
    assert selection.admitted == tuple(passing)
    assert selection.refused == len(measured) - len(passing) > 0
    admitted = [measured[number] for number in passing]
    assert selection.proxy_accuracy == (min(admitted), max(admitted))


def test_a_declared_screen_takes_the_place_of_holdout_items():
    """Proxies are admitted by their accuracy on the declared data, all of them, and the mark names these."""
    screen = blobs(90, seed=5)
    public = made(screen_data=screen, tau=0.02, sigma=0.3, proxies=10).public
    recipe, selection = public.tiers[0].recipe.proxies.screen, public.tiers[0].selection
    assert recipe is not None
    assert (recipe.items, recipe.data) == (90, screen.digest)
    assert public.source.accuracy == accuracy(blob_model(), screen)
    family = proxy_family("weight-noise-relative", 0.3, seed_from_int(7))
    for number in range(selection.admitted[-1] + 1):
        with family.member(blob_model(), number) as proxy:
            passes = abs(accuracy(proxy, screen) - public.source.accuracy) <= 0.02 + 1e-9
        assert passes == (number in selection.admitted)


def test_without_a_screen_the_first_proxies_serve_and_no_accuracy_is_known():
    public = made(tau=None).public
    assert public.tiers[0].recipe.proxies.screen is None
    assert public.source.accuracy is None
    assert public.tiers[0].selection.admitted == tuple(range(6))
    assert public.tiers[0].selection.proxy_accuracy is None


def test_every_count_of_the_selection_can_be_counted_again():
    each = made(reuse_items=True, max_label_share=1.0, tie_margin=0.01)
    record, source = each.public.tiers[0].selection, blob_model()
    candidates = candidate_source("mixup", DATA, seed_from_int(7))
    draws = candidates.draw(0, record.drawn)
    inputs = candidates.make(draws)
    answers = source.query(inputs)
    kept = (answers.labels[:, None] != draws.excluded).all(axis=1) & (answers.margins() >= 0.01)
    survived = kept.copy()
    for number in record.admitted:
        with proxy_family("weight-noise-relative", 0.05, seed_from_int(7)).member(source, number) as proxy:
            survived &= proxy.query(inputs).labels == answers.labels
    assert (record.asked, record.kept) == (len(draws), kept.sum())
    assert 20 <= record.survived <= survived.sum()
    assert each.triggers.indices.tolist() == draws.indices[survived][:20].tolist()
    assert record.commonest_label == np.bincount(each.triggers.labels).max()


@pytest.mark.parametrize("share", [0.3, 0.5])
def test_no_label_is_borne_by_more_than_its_share(share):
    each = made(n=21, max_label_share=share)
    assert np.bincount(each.triggers.labels).max() <= math.ceil(share * 21)


@pytest.mark.parametrize("proxies", [1, 6])
def test_the_guarantee_is_the_papers(proxies):
    guarantee = made(proxies=proxies).public.tiers[0].guarantee
    assert guarantee.lower_bound == pytest.approx(0.05 ** (1 / proxies))
    assert (guarantee.proxies, guarantee.confidence) == (proxies, 0.95)
    assert "optimistic" in guarantee.statement


def test_without_proxies_nothing_is_guaranteed():
    public = made(proxies=0).public
    assert public.tiers[0].guarantee is None
    assert (public.tiers[0].recipe.proxies.family, public.tiers[0].recipe.proxies.magnitude) == ("none", 0)
    assert public.tiers[0].selection.admitted == ()


def test_a_magnitude_that_was_found_gives_the_same_triggers_when_given():
    found = made(sigma="auto")
    magnitude = found.public.tiers[0].recipe.proxies.magnitude
    assert found.public.tiers[0].recipe.proxies.magnitude_found
    given = made(sigma=magnitude)
    assert not given.public.tiers[0].recipe.proxies.magnitude_found
    assert given.triggers.indices.tolist() == found.triggers.indices.tolist()


def test_with_two_classes_the_triggers_are_answered_against_their_parents():
    data = muddled(blobs(300, classes=2))
    each = made(blob_model(classes=2), data)
    assert each.public.tiers[0].recipe.candidates.kind == "same-class-and-errors"
    first, second = each.triggers.items.T
    assert (data.labels[first] == data.labels[second]).all()
    assert (each.triggers.labels != data.labels[first]).all()
    assert {"error", "blend"} == {"error" if same else "blend" for same in first == second}


def test_texts_through_a_whole_pipeline():
    pytest.importorskip("sklearn")
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    data = texts(300, classes=3)
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(
        data.inputs, np.array(list("abc"))[data.labels]
    )
    each = made(pipeline, data, tau=None, tie_margin=1e-4)
    inputs = each.triggers.inputs(np.arange(20))
    assert all(isinstance(text, str) and text.split() for text in inputs)
    assert verify(each, pipeline).matches == 20
    assert {record.name for record in each.public.source.perturbed} == {"coef_", "intercept_"}


def test_every_stage_is_told_how_far_it_has_come():
    told = []
    made(sigma="auto", progress=lambda *step: told.append(step))
    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["magnitude", "screen", "triggers", "proxies", "panel"]
    assert ("screen", 26, 26) in told
    assert ("triggers", 20, 20) in told
    assert told[-1] == ("panel", 20, 20)


def test_the_secrets_are_not_in_its_representation():
    each = made()
    assert each.seed.hex() not in repr(each)
    assert "triggers=TriggerSet" not in repr(each)
    assert repr(each.triggers) == "TriggerSet(20 triggers)"


@pytest.mark.parametrize("stage", ["magnitude", "screen", "triggers", "proxies", "panel"])
def test_interrupted_at_any_stage_it_goes_on_to_the_same_mark(tmp_path, monkeypatch, stage):
    for module, size in ((selection, "FIRST_GROUP"), (drawing, "LARGEST_GROUP")):
        monkeypatch.setattr(module, size, 16)  # so that there are several groups to be interrupted between
    state, asked = tmp_path / "state", []

    def interrupt(name, done, total):
        asked.append(name)
        if name == stage and asked.count(stage) == 3:
            raise KeyboardInterrupt

    settings = {"sigma": "auto", "n": 60, "reuse_items": True, "proxies": 8, "state": state}
    with pytest.raises(KeyboardInterrupt):
        made(progress=interrupt, **settings)
    if stage != "magnitude":
        assert stat.S_IMODE(state.stat().st_mode) == 0o600
    assert contents(made(**settings)) == contents(made(**settings | {"state": None}))


def test_a_finished_state_yields_the_mark_at_once(tmp_path):
    source, state = blob_model(), tmp_path / "state"
    first = made(source, state=state, seed=None)
    asked = source.asked
    again = made(source, state=state, seed=None)
    assert contents(first) == contents(again)
    assert source.asked - asked < asked / 2


@pytest.mark.parametrize("change", [{"n": 21}, {"seed": 8}, {"tie_margin": 0.1}, {"data": blobs(201)}])
def test_a_state_of_another_run_is_refused_and_left_alone(tmp_path, change):
    state = tmp_path / "state"
    made(state=state)
    before = state.read_bytes()
    with pytest.raises(Mismatch, match="other settings, seed, source or data"):
        made(state=state, **change)
    assert state.read_bytes() == before


class Brittle(NoisyLinearModel):
    """A model whose noisy copies give NaN for scores from the copy numbered `breaks_at`."""

    def __init__(self, weights, *, breaks_at):
        super().__init__(weights)
        self._copies = iter(range(10**6))
        self._breaks_at = breaks_at

    @contextmanager
    def perturbed(self, noise):
        with super().perturbed(noise) as copy:
            yield _Broken(copy.weights) if next(self._copies) >= self._breaks_at else copy


class _Broken(LinearModel):
    def query(self, batch):
        raise ModelError("broken answers with NaN")


def test_a_copy_that_noise_keeps_from_answering_fails_the_screen(tmp_path):
    with pytest.raises(SelectionFailed, match=r"only 3 of \d+ proxies kept .*--sigma"):
        made(Brittle(blob_model().weights, breaks_at=3), state=tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_without_a_screen_such_a_copy_ends_the_run_with_advice(tmp_path):
    with pytest.raises(SelectionFailed, match="noisy copy of the source fails: .*NaN; use a smaller --sigma"):
        made(Brittle(blob_model().weights, breaks_at=3), tau=None, state=tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_fails_in_mid_run_leaves_no_state(tmp_path):
    class Failing(LinearModel):
        def query(self, batch):
            if self.asked > 100:
                raise ModelError("it answers no more")
            return super().query(batch)

    with pytest.raises(ModelError, match="no more"):
        made(Failing(blob_model().weights), n=50, proxies=0, state=tmp_path / "state")
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_written_ends_the_run_at_once(tmp_path):
    source = blob_model()
    with pytest.raises(FileError, match="does not exist"):
        made(source, state=tmp_path / "nowhere" / "state")
    assert source.asked < 1000


def test_compute_mark_takes_what_prepare_hands_on():
    settings = MarkSettings(triggers=20, proxies=6, magnitude=0.05, tolerance=0.1)
    each = compute_mark(prepare(blob_model(), DATA, settings), seed=seed_from_int(7))
    assert contents(each) == contents(made())


class Unreliable(NoisyLinearModel):
    """Fails once, after it has answered for a while."""

    patience = 10**9

    def query(self, batch):
        self.patience -= 1
        if self.patience == 0:
            raise ModelError("the connection was lost")
        return super().query(batch)


def test_a_source_that_fails_in_mid_run_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tellmark.triggers.drawing.INPUTS_AT_ONCE", 50)
    settings = {"n": 60, "reuse_items": True, "proxies": 4, "tau": None, "seed": 7}
    state, source = tmp_path / "state", Unreliable(blob_model().weights)
    expected = mark(blob_model(), blobs(200), **settings)
    source.patience = 8
    with pytest.raises(ModelError, match="connection was lost"):
        mark(source, blobs(200), **settings, state=state)
    assert state.exists()
    again = mark(source, blobs(200), **settings, state=state)
    assert again.triggers.indices.tolist() == expected.triggers.indices.tolist()
