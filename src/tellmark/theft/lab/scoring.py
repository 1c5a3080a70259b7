"""From findings to figures: how each detector fared with each kind of theft, and with the innocent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.separation import auc, bootstrap_auc_interval, true_positive_rate
from tellmark.theft.lab.form import DetectorResult, HardestTwins, InnocentKind, Innocents, StolenKind
from tellmark.theft.lab.results import Finding
from tellmark.theft.lab.terms import Terms

VERDICTS = ("supports", "does not support", "inconclusive")
_DIGITS = 4


def score_detector(
    findings: Sequence[Finding],
    *,
    levels: Sequence[float],
    accuracy_lost: Mapping[str, float],
    seed: int,
    terms: Terms | None = None,
    known: Collection[str] | None = None,
) -> DetectorResult:
    """How a detector fared.

    Parameters
    ----------
    findings : sequence of Finding
        About all models that learnt, stolen and innocent.
    levels : sequence of float
        False positive rates.
    accuracy_lost : mapping of str to float
        By name of the suspect.
    seed : int
        Of the bootstrap.
    terms : Terms or None
        What its verdicts rest on.
    known : collection of str or None
        Kinds of theft of which it was prepared with models; None where nobody says.
    """
    twins = [one for one in findings if one.innocent]
    scoring = _Scoring(_by_kind(twins), levels, accuracy_lost, seed)
    return DetectorResult(
        kinds={
            kind: scoring.kind(some, known=None if known is None else kind in known)
            for kind, some in _by_kind(one for one in findings if not one.innocent).items()
        },
        innocents=_innocents(twins) if twins else None,
        terms=terms,
    )


@dataclass(frozen=True)
class _Scoring:
    """What the scores of stolen models are held against."""

    twins: Mapping[str, Sequence[Finding]]
    levels: Sequence[float]
    accuracy_lost: Mapping[str, float]
    seed: int

    def kind(self, findings: Sequence[Finding], *, known: bool | None) -> StolenKind:
        supported = [one.queries for one in findings if one.verdict == "supports"]
        mean, sd = _transfer(findings)
        separation = self._separation([one.score for one in findings]) if self.twins else {}
        return StolenKind(
            models=len(findings),
            transfer_mean=mean,
            transfer_sd=sd,
            median_queries=float(np.median(supported)) if supported else None,
            verdicts={name: sum(one.verdict == name for one in findings) for name in VERDICTS},
            accuracy_lost=round(float(np.mean([self.accuracy_lost[one.suspect] for one in findings])), _DIGITS),
            known=known,
            **separation,
        )

    def _separation(self, scores: Sequence[float]) -> dict[str, Any]:
        by_kind = {kind: [one.score for one in some] for kind, some in self.twins.items()}
        everyone = [score for some in by_kind.values() for score in some]
        area, interval = self._area(scores, everyone)
        return {
            "auc": area,
            "auc_ci95": interval,
            "hardest_twins": self._hardest(scores, by_kind) if len(by_kind) > 1 else None,
            "tpr": {f"{level:g}": _rate(scores, everyone, level) for level in self.levels},
        }

    def _hardest(self, scores: Sequence[float], twins: Mapping[str, Sequence[float]]) -> HardestTwins:
        kind = min(twins, key=lambda one: auc(scores, twins[one]))
        area, interval = self._area(scores, twins[kind])
        return HardestTwins(kind=kind, auc=area, auc_ci95=interval)

    def _area(self, scores: Sequence[float], twins: Sequence[float]) -> tuple[float, tuple[float, float]]:
        interval = bootstrap_auc_interval(scores, twins, seed=self.seed)
        return round(auc(scores, twins), _DIGITS), _rounded(interval)


def _by_kind(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    kinds: dict[str, list[Finding]] = {}
    for one in findings:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def _rate(scores: Sequence[float], twins: Sequence[float], level: float) -> float:
    return round(true_positive_rate(scores, twins, false_positives=level), _DIGITS)


def _innocents(findings: Sequence[Finding]) -> Innocents:
    kinds = {kind: InnocentKind(**_claims(some)) for kind, some in _by_kind(findings).items()}
    return Innocents(**_claims(findings), kinds=kinds)


def _claims(findings: Sequence[Finding]) -> dict[str, Any]:
    claims = sum(one.verdict == "supports" for one in findings)
    mean, sd = _transfer(findings)
    return {
        "models": len(findings),
        "false_claims": claims,
        "rate_ci95": _rounded(proportion_interval(claims, len(findings))),
        "transfer_mean": mean,
        "transfer_sd": sd,
    }


def _transfer(findings: Sequence[Finding]) -> tuple[float, float]:
    """Mean and standard deviation of the shares that were matched; 0 for a single model, which has no spread."""
    shares = [one.matched for one in findings]
    return round(float(np.mean(shares)), _DIGITS), round(float(np.std(shares, ddof=1)), _DIGITS) if shares[1:] else 0.0


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    return round(interval[0], _DIGITS), round(interval[1], _DIGITS)
