"""The results as tables: all detectors side by side, and each by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tellmark.theft.lab.form import DetectorResult, InnocentKind, Innocents, Result, StolenKind
from tellmark.theft.lab.terms import Terms

VERDICTS = ("supports", "does not support", "inconclusive")


@dataclass(frozen=True)
class Table:
    """Cells in words.

    Attributes
    ----------
    title : str
    header : tuple of str
    rows : tuple of tuple of str
        As long as the header; the first cell names the row.
    last : int
        How many rows at the end are of another sort than those before.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    last: int = 0

    def markdown(self) -> str:
        """The table as GitHub writes them, without its title."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        return "\n".join("| " + " | ".join(row) + " |" for row in (self.header, rule, *self.rows))


def kinds_of(result: Result) -> list[str]:
    """Every kind of theft that some detector examined, in the order of the configuration."""
    return list(dict.fromkeys(kind for detector in result.detectors.values() for kind in detector.kinds))


def twins_of(result: Result) -> list[str]:
    """Every kind of twin that some detector examined."""
    innocents = [found.innocents for found in result.detectors.values() if found.innocents]
    return list(dict.fromkeys(kind for one in innocents for kind in one.kinds))


def overview(result: Result) -> Table:
    """Area under the curve of every detector on every kind of theft; in the last rows, false claims."""
    rows: list[tuple[str, ...]] = [
        (
            kind,
            str(_any(result, kind).models),
            _loss(_any(result, kind)),
            *(_area(detector.kinds.get(kind)) for detector in result.detectors.values()),
        )
        for kind in kinds_of(result)
    ]
    claims = list(_claims(result))
    title = "AUC of telling stolen models from twins; in the last rows, how many twins were claimed"
    header = ("theft", "models", "accuracy lost", *result.detectors)
    return Table(title, header, (*rows, *claims), last=len(claims))


def details(name: str, found: DetectorResult, levels: Sequence[str]) -> Table:
    """All that was measured of one detector on stolen models."""
    header = (
        *("theft", "models", "matched, mean (sd)", "AUC (95 %)", "AUC, hardest twins (95 %)"),
        *(f"TPR at {level}" for level in levels),
        *("queries", *VERDICTS, "accuracy lost", "in shadows"),
    )
    rows = tuple(
        (
            kind,
            str(one.models),
            _matched(one),
            _area_with_interval(one.auc, one.auc_ci95),
            _hardest(one),
            *(f"{one.tpr[level]:.2f}" if level in one.tpr else "" for level in levels),
            "" if one.median_queries is None else f"{one.median_queries:g}",
            *(str(one.verdicts.get(verdict, 0)) for verdict in VERDICTS),
            _loss(one),
            "" if one.known is None else "yes" if one.known else "no",
        )
        for kind, one in found.kinds.items()
    )
    return Table(name, header, rows)


def twins_table(twins: Innocents) -> Table:
    """Every kind of twin, and all of them."""
    groups = [*twins.kinds.items(), ("all", twins)]
    rows = tuple(
        (kind, str(one.models), _matched(one), str(one.false_claims), _interval(one.rate_ci95)) for kind, one in groups
    )
    return Table("twins", ("twins", "models", "matched, mean (sd)", "claimed", "rate (95 %)"), rows, last=1)


def terms_table(terms: Terms) -> Table:
    """What the verdicts of a detector rest on, tier by tier."""
    header = ("tier", "N", "θ₀", "θ₀ N", "kind of limit", "k", "1-γ", "1-δ")
    rows = tuple(
        (
            tier.name,
            str(tier.questions),
            _number(tier.null_limit, ".3f"),
            _number(tier.most_matches, "d"),
            tier.method or "",
            str(tier.references),
            _number(tier.content, "g"),
            _number(tier.confidence, "g"),
        )
        for tier in terms.tiers
    )
    return Table("terms", header, rows)


def levels_of(result: Result) -> list[str]:
    """The false positive rates at which true positive rates are given."""
    return list(
        dict.fromkeys(
            level for found in result.detectors.values() for kind in found.kinds.values() for level in kind.tpr
        )
    )


def false_claims(found: DetectorResult) -> str:
    """How often twins were claimed, in words, and how often that may be."""
    twins = found.innocents
    if twins is None:
        return "no twin was examined"
    said = f"{twins.false_claims} of {twins.models} twins were claimed (95 %: {_interval(twins.rate_ci95)})"
    if found.terms is None:
        return said
    bound = found.terms.false_claim_bound
    if bound is None:
        return f"{said}; no answers can exceed its limit, so it claims nobody"
    return f"{said}; stated bound {bound:.3g}"


def _claims(result: Result) -> Iterator[tuple[str, ...]]:
    twins = [found.innocents for found in result.detectors.values()]
    kinds = twins_of(result)
    for kind in kinds if len(kinds) > 1 else ():
        some = [None if one is None else one.kinds.get(kind) for one in twins]
        yield (f"twins: {kind}", _most(some), "", *(_share(one) for one in some))
    yield ("twins: all" if len(kinds) > 1 else "twins", _most(twins), "", *(_share(one) for one in twins))


def _most(twins: Sequence[InnocentKind | None]) -> str:
    return str(max((one.models for one in twins if one is not None), default=0))


def _share(twins: InnocentKind | None) -> str:
    return "" if twins is None else f"{twins.false_claims}/{twins.models}"


def _any(result: Result, kind: str) -> StolenKind:
    return next(found.kinds[kind] for found in result.detectors.values() if kind in found.kinds)


def _matched(one: StolenKind | InnocentKind) -> str:
    if one.transfer_mean is None:
        return ""
    return f"{one.transfer_mean:.3f}" + (f" ({one.transfer_sd or 0.0:.3f})" if one.models > 1 else "")


def _area(kind: StolenKind | None) -> str:
    return "" if kind is None else _number(kind.auc, ".3f")


def _area_with_interval(area: float | None, interval: tuple[float, float] | None) -> str:
    return _number(area, ".3f") + (f" ({_interval(interval)})" if interval is not None else "")


def _hardest(kind: StolenKind) -> str:
    """Nothing where those are told as well as all."""
    hardest = kind.hardest_twins
    if hardest is None or hardest.auc == kind.auc:
        return ""
    return f"{_area_with_interval(hardest.auc, hardest.auc_ci95)} {hardest.kind}"


def _interval(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2f}-{ends[1]:.2f}"


def _loss(kind: StolenKind) -> str:
    return _number(kind.accuracy_lost, "+.3f")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else f"{value:{form}}"
