"""What the command line shows of a registration: what is committed, what is not, and what to keep."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from tellmark.evidence.predicates import RegistrationPredicate, TierCommitment
from tellmark.evidence.registration import Registration
from tellmark.report.layout import bullets, console, definitions, print_lines, width_of
from tellmark.report.text import plural, printable

UNPROVEN = (
    "Nothing shows when this was signed: the date is unproven. Have an authority vouch for it now, with "
    "tellmark stamp TMK --tsa URL --tsa-root PEM; without that no claim can be supported."
)
_NOT_COMMITTED = (
    "Not committed: who you are. Whoever holds the key could have signed; publish the public key under your name, or "
    "have it certified."
)
_KEEP = (
    "Keep the mark, the hold-out data, the key and this file, each as it is: without any one of them no trigger can be "
    "opened. Publish this file, or give it to others; it holds nothing secret."
)
_GUESSABLE = (
    "The seed of the mark is a small number: whoever tries numbers finds it from this registration, and with the "
    "hold-out data every trigger. Good for experiments only."
)
_UNDECIDABLE = (
    "No tier can decide anything: how often innocent models match is not known. A claim on this registration can be "
    "no more than inconclusive; make the mark with more references, or state a limit with --null-rate."
)


def print_registration(path: Path, registration: Registration, *, guessable: bool) -> None:
    """What was registered, on standard output.

    Parameters
    ----------
    guessable : bool
        Whether the seed of the mark is.
    """
    target = console()
    print_lines(target, registration_lines(path, registration, guessable=guessable, width=width_of(target)))


def print_dates(path: Path, registration: Registration) -> None:
    """Who vouches for the date, on standard output."""
    target = console()
    print_lines(target, [_heading(path)])
    print_lines(target, definitions(_dates(registration), width=width_of(target)))


def registration_lines(path: Path, registration: Registration, *, guessable: bool, width: int) -> Iterator[Text]:
    """What a registration commits to, wrapped at `width`."""
    said = registration.said
    yield _heading(path)
    yield from definitions([*_commitments(said), *_dates(registration)], width=width)
    yield Text("SHA-256", style="bold")
    yield from definitions([(name, digest.removeprefix("sha256:")) for name, digest in _digests(said)], width=width)
    yield from bullets(_remarks(registration, guessable=guessable), width=width)


def _heading(path: Path) -> Text:
    return Text.assemble((f"Registration {printable(str(path))}", "bold"))


def _commitments(said: RegistrationPredicate) -> list[tuple[str, str]]:
    rule = said.rule
    asked = f"at most {plural(rule.budget, 'trigger')} asked for one claim"
    return [
        ("owner", f"whoever holds this {said.owner.kind} key"),
        ("model", plural(len(said.files), "file") if said.files else "none of its files; name them with --model"),
        ("hold-out", f"{plural(said.holdout.items, 'item')} with labels"),
        *((f"tier {tier.name}", _tier(tier)) for tier in said.tiers),
        ("rule", f"one trigger after another, alpha {rule.alpha:g}, beta {rule.beta:g}, {asked}"),
    ]


def _digests(said: RegistrationPredicate) -> list[tuple[str, str]]:
    return [
        ("key", said.owner.keyid),
        ("mark", said.mark),
        ("its file", said.secrets),
        ("hold-out", said.holdout.digest),
        *((file.name, file.digest) for file in said.files),
    ]


def _tier(tier: TierCommitment) -> str:
    limit = "it is not known how many innocent models match"
    if tier.limit is not None:
        limit = f"innocent models match at most {tier.limit}"
    return f"{plural(tier.triggers, 'trigger')}, {len(tier.reserve)} of them in reserve; {limit}"


def _dates(registration: Registration) -> list[tuple[str, str]]:
    records = registration.document.timestamps
    return [("date", f"vouched for by {record.authority}") for record in records] or [("date", "unproven")]


def _remarks(registration: Registration, *, guessable: bool) -> Iterator[str]:
    said = registration.said
    if not registration.document.timestamps:
        yield UNPROVEN
    if all(tier.limit is None or tier.limit == tier.triggers for tier in said.tiers):
        yield _UNDECIDABLE
    if guessable:
        yield _GUESSABLE
    yield _NOT_COMMITTED
    if any(tier.reserve for tier in said.tiers):
        yield "No private check asks the reserve: give this file to tellmark verify with --registration."
    yield _KEEP
