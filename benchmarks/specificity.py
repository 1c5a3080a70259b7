"""How well marks tell stolen models from independent ones that were trained on the same data.

Run by ``make bench-specificity``. Writes ``docs/benchmarks/specificity.json``, a figure and the page beside it. The
models come from the zoo (`benchmarks.population`), which trains those that are missing: hours on one core.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.data import cifar10
from benchmarks.examination import (
    ALPHA,
    BETA,
    BUDGET,
    CONFIDENCE,
    CONTENT,
    PAPER_SIGMA,
    POOL,
    SEED,
    TRIGGERS,
    Case,
    Examination,
    Finding,
)
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
from benchmarks.specificity_figure import draw
from benchmarks.zoo import Zoo, cache_folder
from tellmark.data.dataset import Dataset
from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.separation import auc, bootstrap_auc_interval

COPIES = ("int8", "int4", "prune-30", "finetune")
"""Kinds that keep the source's weights; the others are students."""


def recipe_for(kind: str) -> str:
    """The tier whose triggers are meant for this kind of theft."""
    return "copy" if kind in COPIES else "distilled"


def kind_of(findings: Sequence[Finding], innocents: Sequence[Finding], kind: str) -> StolenKind:
    """How one kind of theft fares against the innocents, on the tier that is meant for it."""
    tier = recipe_for(kind)
    rates = [one.rates[tier] for one in findings]
    others = [one.rates[tier] for one in innocents]
    verdicts = [one.verification.verdict for one in findings]
    supported = [one.verification.queries for one in findings if one.verification.verdict == "supports"]
    return StolenKind(
        models=len(findings),
        transfer_mean=round(float(np.mean(rates)), 4),
        transfer_sd=round(float(np.std(rates, ddof=1)), 4) if len(rates) > 1 else 0.0,
        auc=round(auc(rates, others), 4),
        auc_ci95=_rounded(bootstrap_auc_interval(rates, others, seed=SEED)),
        tpr={f"{ALPHA:g}": round(len(supported) / len(findings), 4)},
        median_queries=float(np.median(supported)) if supported else None,
        verdicts={name: verdicts.count(name) for name in ("supports", "does not support", "inconclusive")},
    )


def innocents_of(claimed: Sequence[Sequence[bool]]) -> Innocents:
    """How many twins were claimed with any of the marks; for each mark, whether each twin was."""
    models = len(claimed[0])
    claims = sum(map(any, zip(*claimed, strict=True)))
    return Innocents(models=models, false_claims=claims, rate_ci95=_rounded(proportion_interval(claims, models)))


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
            tuple(thieves(training, weak.digest)),
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
    claimed: list[list[bool]] = []
    for case in (case for case in cases(training) if not names or case.name in names):
        train_missing(_everyone(case, training), training, zoo)
        examination = Examination(case, training, holdout, zoo)
        findings = []
        for suspect in examination.suspects():
            findings.append(examination.examined(suspect))
            progress(_line(case.name, findings[-1]))
        innocents = [one for one in findings if one.suspect.kind == "twin"]
        stolen = [one for one in findings if one.suspect.kind != "twin"]
        for kind in dict.fromkeys(one.suspect.kind for one in stolen):
            some = [one for one in stolen if one.suspect.kind == kind]
            kinds[kind if case.name == "weak" else f"{kind} ({case.name} source)"] = kind_of(some, innocents, kind)
        figures |= areas_of(stolen, innocents, case.name)
        settings[case.name] = _settings(examination, findings)
        claimed.append([one.verification.verdict == "supports" for one in innocents])
    result = Result(
        name="specificity",
        command=" ".join(["python -m benchmarks.specificity", *names]),
        commit=commit,
        date=now(),
        machine=this_machine(),
        seed=SEED,
        settings={**_common_settings(training), **settings},
        kinds=kinds,
        innocents=innocents_of(claimed),
        figures=figures,
    )
    draw(result, RESULTS / "specificity.svg")
    print(write_page(write_result(result)))


def _everyone(case: Case, training: Dataset) -> list[Portrait]:
    return [case.source, *references(training), *case.shadows, *case.thieves, *case.copies, *twins(training)]


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
