"""Writes the marks of format 1 that lie beside it: ``python tests/golden/make_marks.py``.

Files of a format that was released are never written again: readers of every later version are tested on
them. The unencrypted ones have one byte string only, so that a test can also see that they are still written
as they were.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tellmark.digests import digest_bytes
from tellmark.models.preprocessing import Preprocessing
from tellmark.spaces import Column, ImageSpace, InputSpace, TableSpace, TextSpace
from tellmark.triggers.document import (
    HoldoutRecord,
    IndependenceRecord,
    MarkDocument,
    ModelRecord,
    ParameterRecord,
    ReferencesRecord,
    SourceRecord,
)
from tellmark.triggers.mark import Mark
from tellmark.triggers.recipe import CandidateRecipe, DiscriminationRecipe, ProxyRecipe, Recipe, ScreenRecipe
from tellmark.triggers.tier import FamilyRecord, Guarantee, Limit, NullRecord, SelectionRecord, TierRecord
from tellmark.triggers.trigger_set import TriggerSet
from tellmark.types import Batch, Seed

FOLDER = Path(__file__).parent
PASSPHRASE = "correct horse battery staple"
SEED = Seed(bytes(range(32)))
TRIGGERS = 5
ITEMS = 40
LAST_CANDIDATE = 2**40  # beyond 32 bits
DECLARED = digest_bytes(b"data of the screen")

SPACES: dict[str, InputSpace] = {
    "image": ImageSpace(height=3, width=4, channels=2),
    "table": TableSpace(columns=(Column(name="age", decimals=0), Column(name="income", decimals=2), Column(name="β"))),
    "text": TextSpace(),
}
INPUTS: dict[str, Batch] = {
    "image": np.arange(TRIGGERS * 24, dtype=np.uint8).reshape(TRIGGERS, 3, 4, 2) * 2,
    "table": np.array([[30, 1.25, 1e-300], [41, -0.5, np.pi], [0, 1e6, -1 / 3], [99, 0.1, 5e-324], [7, 2.5, -1e300]]),
    "text": np.array(["plain", "two\nlines", 'a "quote" \\ and a tab\t', "λ ≤ ½ · 鍵 🔑", ""], dtype=object),
}
CLASSES = {"image": ("cat", "dog", "ship"), "table": ("no", "yes"), "text": ("negative", "positive")}
KINDS = (*SPACES, "tiers")

TIERS = (3, 2)
"""Triggers of the two tiers of the mark ``tiers``; its inputs are those of ``image``."""


def golden_inputs(kind: str) -> Batch:
    """The trigger inputs of `golden_mark`."""
    return INPUTS["image" if kind == "tiers" else kind]


def golden_mark(kind: str) -> Mark:
    """The mark that lies in the file ``mark-1-KIND.mark``; `kind` is one of `KINDS`."""
    if kind == "tiers":
        return _mark_with_tiers()
    labels = np.arange(TRIGGERS) % len(CLASSES[kind])
    items = np.stack([np.arange(0, 2 * TRIGGERS, 2), np.arange(1, 2 * TRIGGERS, 2)], axis=1)
    inputs = INPUTS[kind]
    triggers = TriggerSet(np.array([0, 3, 4, 11, LAST_CANDIDATE]), items, labels, lambda positions: inputs[positions])
    return Mark(_document(kind), SEED, triggers)


def _document(kind: str) -> MarkDocument:
    recipe = _paper_recipe() if kind == "image" else _untested_recipe()
    return MarkDocument(
        tellmark="0.1.0",
        created=datetime(2026, 1, 31, 12, 0, 59, tzinfo=UTC),
        source=_source(kind),
        holdout=HoldoutRecord(digest="sha256:" + "0d" * 32, items=ITEMS, space=SPACES[kind], labels_from="file"),
        tiers=(
            TierRecord(
                recipe=recipe,
                recipe_digest=recipe.digest,
                selection=_selection(kind),
                guarantee=_guarantee() if kind == "image" else None,
            ),
        ),
        seed_guessable=False,
    )


def _mark_with_tiers() -> Mark:
    """Candidate numbers begin anew with the second tier."""
    image = golden_mark("image")
    digests = ["sha256:" + f"{number:02x}" * 32 for number in range(6)]
    references = ReferencesRecord(
        selection=(ModelRecord(kind="torch", digest=digests[0]), ModelRecord(kind="callable", digest=None)),
        calibration=tuple(ModelRecord(kind="onnx", digest=digest) for digest in digests[2:]),
        independence=IndependenceRecord(
            candidates=400,
            copies=0.9375,
            agreements=(0.5, 0.625, 0.5, 0.95, 0.5625, 0.5),
            alike=0,
            unclear=0,
            accepted=True,
        ),
    )
    public = image.public.model_copy(update={"references": references, "tiers": (_copy_tier(), _distilled_tier())})
    indices = np.array([0, 3, LAST_CANDIDATE, 3, 7])
    triggers = TriggerSet(indices, image.triggers.items, image.triggers.labels, image.triggers.inputs)
    return Mark(public, SEED, triggers)


def _copy_tier() -> TierRecord:
    recipe = Recipe(
        name="copy",
        triggers=TIERS[0],
        candidates=CandidateRecipe(kind="mixup-and-errors", reuse_items=True),
        proxies=_noise(),
        discrimination=DiscriminationRecipe(pool=60, families=("pruned",), references=2, smoothing=0.5),
    )
    noise = FamilyRecord(
        family="weight-noise-absolute",
        theft_class="copy",
        origin="made",
        made="noise of magnitude 0.008 on the source's weights",
        selection=3,
        matches=(3, 3, 3),
        limit=_by_normal(0.477827915195578),
    )
    pruned = FamilyRecord(
        family="pruned",
        theft_class="copy",
        origin="supplied",
        made="5 supplied by the owner",
        selection=4,
        matches=(2,),
        limit=None,
    )
    return TierRecord(
        recipe=recipe,
        recipe_digest=recipe.digest,
        selection=_selection("image").model_copy(
            update={"survived": 61, "commonest_label": 1, "divergence": (1.25, 2.5)}
        ),
        guarantee=_guarantee(),
        families=(noise, pruned),
        null=NullRecord(matches=(0, 1, 0, 1), limit=_by_normal(0.6134222032706443)),
    )


def _distilled_tier() -> TierRecord:
    recipe = Recipe(
        name="distilled",
        triggers=TIERS[1],
        candidates=CandidateRecipe(kind="mixup-and-errors", reuse_items=True),
        proxies=ProxyRecipe(family="none", magnitude=0, count=0),
        discrimination=DiscriminationRecipe(pool=40, families=("distilled",), references=2, smoothing=0.5),
    )
    distilled = FamilyRecord(
        family="distilled",
        theft_class="distilled",
        origin="made",
        made="8 made by Tellmark",
        selection=4,
        matches=(2, 1, 2, 2),
        limit=_by_rank(1.0),
    )
    return TierRecord(
        recipe=recipe,
        recipe_digest=recipe.digest,
        selection=SelectionRecord(
            drawn=900,
            asked=700,
            kept=41,
            survived=41,
            commonest_label=1,
            admitted=(),
            divergence=(0.5, 1.75),
        ),
        guarantee=None,
        families=(distilled,),
        null=NullRecord(matches=(0, 0, 0, 0), limit=_by_rank(0.0)),
    )


def _by_normal(value: float) -> Limit:
    return Limit(value=value, method="logit-normal", content=0.75, confidence=0.75)


def _by_rank(value: float) -> Limit:
    return Limit(value=value, method="order statistic", content=0.5, confidence=0.5)


def _source(kind: str) -> SourceRecord:
    if kind != "image":
        return SourceRecord(kind="callable", digest=None, classes=CLASSES[kind], preprocessing=None)
    return SourceRecord(
        kind="torch",
        digest="sha256:" + "5e" * 32,
        classes=CLASSES[kind],
        preprocessing=Preprocessing(mean=(0.5, 0.25), std=(0.25, 0.125)),
        perturbed=(ParameterRecord(name="fc.weight", shape=(3, 24)), ParameterRecord(name="fc.bias", shape=(3,))),
        accuracy=0.925,
    )


def _noise() -> ProxyRecipe:
    screen = ScreenRecipe(tolerance=0.1, items=30, data=DECLARED)
    return ProxyRecipe(family="weight-noise-absolute", magnitude=0.008, count=3, screen=screen)


def _paper_recipe() -> Recipe:
    return Recipe(triggers=TRIGGERS, candidates=CandidateRecipe(kind="mixup"), proxies=_noise())


def _untested_recipe() -> Recipe:
    proxies = ProxyRecipe(family="none", magnitude=0, count=0)
    return Recipe(triggers=TRIGGERS, candidates=CandidateRecipe(kind="same-class-and-errors"), proxies=proxies)


def _selection(kind: str) -> SelectionRecord:
    if kind == "image":
        return SelectionRecord(
            drawn=LAST_CANDIDATE + 1,
            asked=800,
            kept=90,
            survived=6,
            commonest_label=2,
            admitted=(0, 1, 3),
            refused=1,
            proxy_accuracy=(0.875, 0.95),
        )
    return SelectionRecord(drawn=LAST_CANDIDATE + 1, asked=512, kept=9, survived=9, commonest_label=3, admitted=())


def _guarantee() -> Guarantee:
    statement = "Optimistic: the same proxies select."
    return Guarantee(proxies=3, confidence=0.95, lower_bound=0.3684031498640387, statement=statement)


def main() -> None:
    """Write all of them."""
    for kind in KINDS:
        golden_mark(kind).save(FOLDER / f"mark-1-{kind}.mark")
    golden_mark("image").save(FOLDER / "mark-1-passphrase.mark", passphrase=PASSPHRASE)


if __name__ == "__main__":
    main()
