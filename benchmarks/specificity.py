"""How well marks tell stolen models from independent ones that were trained on the same data.

Run by ``make bench-specificity``. Writes ``docs/benchmarks/specificity.json``, a figure and the page beside it. The
models come from the zoo (`benchmarks.population`), which trains those that are missing: hours on one core.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import nn

from benchmarks.data import CIFAR10_PREPROCESSING, cifar10
from benchmarks.form import (
    RESULTS,
    Innocents,
    Result,
    StolenKind,
    checked_out_commit,
    now,
    this_machine,
    write_result,
)
from benchmarks.pages import write_page
from benchmarks.population import (
    TRUE_SHARE,
    Portrait,
    fine_tuned,
    references,
    shadows,
    strong_source,
    thieves,
    train_missing,
    twins,
    weak_source,
)
from benchmarks.running import progress, run
from benchmarks.separation import auc, auc_interval
from benchmarks.specificity_figure import draw
from benchmarks.zoo import Zoo, cache_folder
from tellmark.api import load_model, mark, verify
from tellmark.candidates.choosing import candidate_source
from tellmark.data.dataset import Dataset
from tellmark.models.base import Model
from tellmark.proxies.thefts import TheftFamilyName
from tellmark.randomness import seed_from_int
from tellmark.statistics.bounds import proportion_interval
from tellmark.theft.base import ThiefData
from tellmark.theft.pruning import MagnitudePrune
from tellmark.theft.quantisation import QuantiseWeights
from tellmark.triggers.drawing import DrawRule
from tellmark.triggers.journal import Accepted, State
from tellmark.triggers.mark import Mark
from tellmark.triggers.responses import matches
from tellmark.triggers.selection import select
from tellmark.types import silent
from tellmark.verification.result import Verification

SEED = 11
TRIGGERS = 300
POOL = 6000
BUDGET = 300
ALPHA, BETA = 0.01, 0.05
CONTENT, CONFIDENCE = 0.95, 0.95
PAPER_SIGMA = 0.016
NATURAL_ERRORS = "natural errors"
FAMILY_OF_ROLE: dict[str, TheftFamilyName] = {
    "shadow-soft": "distilled-soft",
    "shadow-hard": "distilled-hard",
    "shadow-rgt": "distilled-rgt",
}
COPIES = ("int8", "int4", "prune-30", "finetune")
"""Kinds that keep the source's weights; the others are students."""


@dataclass(frozen=True)
class Suspect:
    """A model under examination, and what it really is."""

    kind: str
    architecture: str
    model: Model


@dataclass(frozen=True)
class Finding:
    """What came of examining a suspect.

    Attributes
    ----------
    rates : dict
        Share of triggers matched, by recipe.
    verification : Verification
        With the mark of tiers, within the budget.
    """

    suspect: Suspect
    rates: dict[str, float]
    verification: Verification


@dataclass(frozen=True)
class Case:
    """One source and everybody around it."""

    name: str
    source: Portrait
    shadows: tuple[Portrait, ...]
    thieves: tuple[Portrait, ...]
    copies: tuple[Portrait, ...]


class Examination:
    """Marks one source and examines all suspects.

    Parameters
    ----------
    case : Case
    training, holdout : Dataset
    zoo : Zoo
        Holds every model already.
    """

    def __init__(self, case: Case, training: Dataset, holdout: Dataset, zoo: Zoo) -> None:
        self._case = case
        self._training = training
        self._holdout = holdout
        self._zoo = zoo

    @cached_property
    def source(self) -> Model:
        """The owner's model."""
        return self._model(self._case.source)

    @cached_property
    def tiers(self) -> Mark:
        """The mark with a tier against copies and one against students."""
        by_role: dict[TheftFamilyName, list[Model]] = {
            family: [self._model(one) for one in self._case.shadows if one.role == role]
            for role, family in FAMILY_OF_ROLE.items()
        }
        return mark(
            self.source,
            self._holdout,
            n=TRIGGERS,
            seed=SEED,
            references=[self._model(one) for one in references(self._training)],
            shadows=by_role,
            recipes=("copy", "distilled"),
            pool=POOL,
            content=CONTENT,
            limit_confidence=CONFIDENCE,
        )

    @cached_property
    def paper(self) -> Mark:
        """The paper's selection: 64 copies with absolute noise must agree."""
        return mark(
            self.source,
            self._holdout,
            n=TRIGGERS,
            seed=SEED,
            noise="absolute",
            sigma=PAPER_SIGMA,
            tau=None,
            fresh=0,
            max_label_share=1.0,
        )

    def suspects(self) -> list[Suspect]:
        """Copies, students and twins, none of which had a part in the mark."""
        network, architecture = self._zoo.load(self._case.source.digest), self._case.source.pedigree.architecture
        nothing = ThiefData(_no_input())
        copies = {
            "int8": QuantiseWeights(bits=8).steal(network, nothing, seed=0),
            "int4": QuantiseWeights(bits=4).steal(network, nothing, seed=0),
            "prune-30": MagnitudePrune(share=0.3).steal(network, nothing, seed=0),
        }
        made = [Suspect(kind, architecture, _loaded(copy)) for kind, copy in copies.items()]
        trained = (*self._case.copies, *self._case.thieves, *twins(self._training))
        return made + [Suspect(one.role, one.pedigree.architecture, self._model(one)) for one in trained]

    def examined(self, suspect: Suspect) -> Finding:
        """The suspect's rates on every trigger set, and the verdict within the budget."""
        verification = verify(self.tiers, suspect.model, max_queries=BUDGET, alpha=ALPHA, beta=BETA, order_seed=SEED)
        rates = {"paper": _rate(self.paper, suspect.model)}
        for tier, stretch in zip(self.tiers.public.tiers, self.tiers.public.stretches, strict=True):
            rates[tier.recipe.name] = _rate(self.tiers, suspect.model, stretch)
        rates[NATURAL_ERRORS] = self._rate_on_natural_errors(suspect.model)
        return Finding(suspect, rates, verification)

    def _rate_on_natural_errors(self, model: Model) -> float:
        candidates = candidate_source("natural-errors", self._holdout, seed_from_int(SEED))
        return float(matches(lambda inputs: model.query(inputs).labels, candidates, self._errors).mean())

    @property
    def accuracy(self) -> float:
        """Of the source, on the hold-out data."""
        return round(float((self.source.query(self._holdout.inputs).labels == self._holdout.labels).mean()), 4)

    @property
    def source_settings(self) -> dict[str, object]:
        """What made the source."""
        return self._case.source.pedigree.model_dump(mode="json", exclude={"data", "lesson", "start"})

    @cached_property
    def _errors(self) -> Accepted:
        candidates = candidate_source("natural-errors", self._holdout, seed_from_int(SEED))
        classes = len(self._holdout.classes)
        rule = DrawRule(len(self._holdout), classes, reuse_items=True, tie_margin=0.0, most_per_label=TRIGGERS)
        return select(candidates, self.source, None, rule, State(), triggers=TRIGGERS, progress=silent).accepted

    def _model(self, portrait: Portrait) -> Model:
        return _loaded(self._zoo.load(portrait.digest))


def _loaded(network: nn.Module) -> Model:
    return load_model(network, preprocessing=CIFAR10_PREPROCESSING)


def _no_input() -> torch.Tensor:
    return torch.zeros(1, 3, 32, 32)


def _rate(of: Mark, model: Model, stretch: slice | None = None) -> float:
    positions = np.arange(len(of))[stretch or slice(None)]
    return float(np.mean(model.query(of.triggers.inputs(positions)).labels == of.triggers.labels[positions]))


def recipe_for(kind: str) -> str:
    """The tier whose triggers are meant for this kind of theft."""
    return "copy" if kind in COPIES else "distilled"


def kind_of(findings: Sequence[Finding], innocents: Sequence[Finding], kind: str) -> StolenKind:
    """How one kind of theft fares against the innocents, on the tier that is meant for it."""
    tier = recipe_for(kind)
    rates = [one.rates[tier] for one in findings]
    others = [one.rates[tier] for one in innocents]
    area = auc(rates, others)
    verdicts = [one.verification.verdict for one in findings]
    supported = [one.verification.queries for one in findings if one.verification.verdict == "supports"]
    return StolenKind(
        models=len(findings),
        transfer_mean=round(float(np.mean(rates)), 4),
        transfer_sd=round(float(np.std(rates, ddof=1)), 4) if len(rates) > 1 else 0.0,
        auc=round(area, 4),
        auc_ci95=_rounded(auc_interval(area, stolen=len(rates), independent=len(others))),
        tpr={f"{ALPHA:g}": round(len(supported) / len(findings), 4)},
        median_queries=float(np.median(supported)) if supported else None,
        verdicts={name: verdicts.count(name) for name in ("supports", "does not support", "inconclusive")},
    )


def innocents_of(findings: Sequence[Finding]) -> Innocents:
    """How often twins were claimed."""
    claims = sum(one.verification.verdict == "supports" for one in findings)
    return Innocents(
        models=len(findings), false_claims=claims, rate_ci95=_rounded(proportion_interval(claims, len(findings)))
    )


def areas_of(findings: Sequence[Finding], innocents: Sequence[Finding], name: str) -> dict[str, float]:
    """For each trigger set, the area under the curve on every kind: what the recipes gain."""
    figures = {}
    for kind in sorted({one.suspect.kind for one in findings}):
        mine = [one for one in findings if one.suspect.kind == kind]
        for recipe in mine[0].rates:
            area = auc([one.rates[recipe] for one in mine], [one.rates[recipe] for one in innocents])
            figures[f"{name}/auc/{recipe}/{kind}"] = round(area, 4)
    return figures


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], 4), round(interval[1], 4)


def cases(training: Dataset) -> list[Case]:
    """The source of 80 % and the stronger one."""
    weak, strong = weak_source(training), strong_source(training)
    return [
        Case(
            "weak",
            weak,
            tuple(shadows(training, weak.digest)),
            tuple(thieves(training, weak.digest, each=2)),
            tuple(fine_tuned(training, weak)),
        ),
        Case(
            "strong",
            strong,
            tuple(shadows(training, strong.digest, first_seed=601)),
            tuple(thieves(training, strong.digest, first_seed=701, each=2)),
            tuple(fine_tuned(training, strong, first_seed=801, count=2)),
        ),
    ]


def main(names: Sequence[str]) -> None:
    """Run the benchmark for the sources of these names, or for all."""
    commit = checked_out_commit()
    training, holdout, zoo = cifar10("train"), cifar10("test"), Zoo(cache_folder())
    kinds: dict[str, StolenKind] = {}
    figures: dict[str, float] = {}
    settings: dict[str, object] = {}
    claims: list[Finding] = []
    for case in (case for case in cases(training) if not names or case.name in names):
        everyone = [case.source, *references(training), *case.shadows, *case.thieves, *case.copies, *twins(training)]
        train_missing(everyone, training, zoo)
        examination = Examination(case, training, holdout, zoo)
        findings = []
        for suspect in examination.suspects():
            findings.append(examination.examined(suspect))
            progress(_line(case.name, findings[-1]))
        innocents = [one for one in findings if one.suspect.kind == "twin"]
        stolen = [one for one in findings if one.suspect.kind != "twin"]
        for kind in dict.fromkeys(one.suspect.kind for one in stolen):
            name = kind if case.name == "weak" else f"{kind} ({case.name} source)"
            kinds[name] = kind_of([one for one in stolen if one.suspect.kind == kind], innocents, kind)
        figures |= areas_of(stolen, innocents, case.name)
        settings[case.name] = _settings(examination, findings)
        claims += innocents
    result = Result(
        name="specificity",
        command=" ".join(["python -m benchmarks.specificity", *names]),
        commit=commit,
        date=now(),
        machine=this_machine(),
        seed=SEED,
        settings={**_common_settings(training), **settings},
        kinds=kinds,
        innocents=innocents_of(claims),
        figures=figures,
    )
    draw(result, RESULTS / "specificity.svg")
    print(write_page(write_result(result)))


def _line(case: str, found: Finding) -> str:
    rates = ", ".join(f"{name} {rate:.3f}" for name, rate in found.rates.items())
    outcome = f"{found.verification.verdict} after {found.verification.queries}"
    return f"{case}: {found.suspect.kind} {found.suspect.architecture}: {rates}; {outcome}"


def _common_settings(training: Dataset) -> dict[str, object]:
    return {
        "references": _in_words(references(training)),
        "shadows": _in_words(shadows(training, weak_source(training).digest)),
        "true_share": TRUE_SHARE,
        "data": "CIFAR-10, JPEG copies: 50000 training images for every model, 10000 hold-out images for the triggers",
        "triggers": TRIGGERS,
        "pool": POOL,
        "budget": BUDGET,
        "alpha": ALPHA,
        "beta": BETA,
        "content": CONTENT,
        "confidence": CONFIDENCE,
        "paper_sigma": PAPER_SIGMA,
    }


def _in_words(portraits: Sequence[Portrait]) -> str:
    counts = Counter((one.role, one.pedigree.architecture) for one in portraits)
    return ", ".join(f"{count} × {role} {architecture}" for (role, architecture), count in counts.items())


def _settings(examination: Examination, findings: Sequence[Finding]) -> dict[str, object]:
    public = examination.tiers.public
    return {
        "accuracy": examination.accuracy,
        "source": examination.source_settings,
        "tiers": {
            tier.recipe.name: {
                "null_matches": None if tier.null is None else list(tier.null.matches),
                "null_limit": None if tier.null is None or tier.null.limit is None else tier.null.limit.value,
                "families": {
                    record.family: {
                        "matches": list(record.matches),
                        "limit": None if record.limit is None else record.limit.value,
                    }
                    for record in tier.families
                },
            }
            for tier in public.tiers
        },
        "suspects": [
            {
                "kind": one.suspect.kind,
                "architecture": one.suspect.architecture,
                "rates": {name: round(rate, 4) for name, rate in one.rates.items()},
                "verdict": one.verification.verdict,
                "queries": one.verification.queries,
            }
            for one in findings
        ],
    }


if __name__ == "__main__":
    run(lambda: main(sys.argv[1:]))
