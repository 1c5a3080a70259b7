"""What a bundle of evidence shows to whoever checks it: in the terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from rich.text import Text

from tellmark.documents import as_json
from tellmark.evidence.check import CheckOutcome, Facts, Finding
from tellmark.evidence.grounds import Examined, Grounds
from tellmark.evidence.predicates import KeyRecord
from tellmark.evidence.verdict_predicate import VerdictPredicate
from tellmark.evidence.verdict_words import moment
from tellmark.report.layout import INDENT, bullets, columns, console, definitions, paragraph, print_lines, width_of
from tellmark.report.text import plural, printable
from tellmark.types import Json
from tellmark.verification.wording import probability

_MEANING: dict[CheckOutcome, str] = {
    "supports": "the answers are consistent with the suspect's being derived from the registered model",
    "does not support": "the suspect's answers match too rarely to speak for a derivation from the registered model",
    "inconclusive": "what is here does not decide the claim",
    "invalid": "the bundle is not what it should be, and shows nothing",
}
_COLOURS: dict[CheckOutcome, str] = {
    "supports": "bold red",
    "does not support": "bold green",
    "inconclusive": "bold yellow",
    "invalid": "bold magenta",
}
_HEADER = ("model", "matches", "the rule saw", "p-value", "its result", "what it is")


def print_finding(path: str | Path, found: Finding) -> None:
    """What came of a check, on standard output."""
    target = console()
    print_lines(target, finding_lines(path, found, width=width_of(target)))


def finding_lines(path: str | Path, found: Finding, *, width: int) -> Iterator[Text]:
    """What came of a check, wrapped at `width`."""
    yield Text(f"Evidence {printable(str(path))}", style="bold")
    for line in paragraph(Text(INDENT), f"Finding: {found.outcome} - {_MEANING[found.outcome]}.", width=width):
        line.highlight_words([found.outcome], _COLOURS[found.outcome])
        yield line
    yield from bullets(found.reasons, width=width)
    if found.facts is not None:
        yield Text("What was checked", style="bold")
        yield from definitions(list(_facts(found.facts)), width=width)
    if found.facts is not None and found.facts.grounds is not None:
        yield Text("Which models gave the committed labels", style="bold")
        yield from columns(_HEADER, _rows(found.facts.grounds))
    if found.remarks:
        yield Text("What that rests on", style="bold")
        yield from bullets(found.remarks, width=width)


def finding_json(found: Finding) -> Json:
    """The same as JSON."""
    said: Json = {"outcome": found.outcome, "reasons": list(found.reasons), "remarks": list(found.remarks)}
    facts = found.facts
    if facts is None:
        return {**said, "bundle": None}
    registration, claim = facts.bundle.registration.said, facts.bundle.disclosure.claim.said
    return {
        **said,
        "bundle": {
            "owner": registration.owner.keyid,
            "registered": _iso(facts.registered),
            "suspect": claim.suspect,
            "claimed": _iso(claim.created),
            "nonce": claim.nonce,
            "opened": {
                tier.name: {"triggers": tier.triggers, "limit": tier.limit, "opened": opened}
                for tier, opened in zip(registration.tiers, facts.bundle.disclosure.opened, strict=True)
            },
            "questions": len(facts.bundle.questions),
            "models": [] if facts.grounds is None else [_model_json(one) for one in facts.grounds.examined],
            "source_asked": None if facts.grounds is None else facts.grounds.source_asked,
            "verdict": None if facts.verdict is None else _verdict_json(facts.verdict),
        },
    }


def _facts(facts: Facts) -> Iterator[tuple[str, str]]:
    registration, claim = facts.bundle.registration.said, facts.bundle.disclosure.claim.said
    yield "claim", f"against {claim.suspect}, of {moment(claim.created)} as its owner says"
    yield "owner", _key(registration.owner)
    yield "registered", _date(facts)
    for tier, opened in zip(registration.tiers, facts.bundle.disclosure.opened, strict=True):
        limit = "not known how many" if tier.limit is None else f"at most {tier.limit}"
        yield f"tier {tier.name}", f"{plural(tier.triggers, 'trigger')}, {opened} opened; innocent models match {limit}"
    verdict = facts.verdict
    if verdict is not None:
        yield "judge", _key(verdict.judge)
        yield "verdict", f"{verdict.outcome}, of {moment(verdict.created)} as the judge says"
        if verdict.age is not None:
            yield "suspect", f"since {moment(verdict.age.since)} as the judge says: {verdict.age.source}"
        if verdict.nonce is not None:
            yield "nonce", "drawn by the judge, as the judge says"
        if verdict.earlier_claims is not None:
            yield "earlier", f"claims on this registration, as the judge says: {verdict.earlier_claims}"


def _date(facts: Facts) -> str:
    if facts.registered is not None:
        return f"proven since {moment(facts.registered)}"
    stamped = len(facts.bundle.registration.document.timestamps)
    if not stamped:
        return "unproven: no authority vouches for the date"
    return f"unproven here: {plural(stamped, 'timestamp')}, under none of the roots given"


def _rows(grounds: Grounds) -> Iterator[tuple[str, ...]]:
    for one in grounds.examined:
        found = one.finding
        looked_at = " + ".join(f"{tally.matched} of {tally.asked}" for tally in found.tallies)
        yield (
            found.model.name,
            f"{sum(one.matches)} of {len(one.matches)}",
            looked_at,
            "-" if found.p_value is None else probability(found.p_value),
            found.outcome,
            found.model.described,
        )


def _key(record: KeyRecord) -> str:
    return f"whoever holds the {record.kind} key {record.keyid.removeprefix('sha256:')}"


def _model_json(one: Examined) -> Json:
    return {**as_json(one.finding), "matched_of_all": sum(one.matches)}


def _verdict_json(verdict: VerdictPredicate) -> Json:
    return {
        "judge": verdict.judge.keyid,
        "created": _iso(verdict.created),
        "outcome": verdict.outcome,
        "registered": _iso(verdict.registered),
        "roots": list(verdict.roots),
        "age": None if verdict.age is None else as_json(verdict.age),
        "nonce_drawn": verdict.nonce is not None,
        "earlier_claims": verdict.earlier_claims,
        "audit": None if verdict.audit is None else as_json(verdict.audit),
        "reasons": list(verdict.reasons),
    }


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat().replace("+00:00", "Z")
