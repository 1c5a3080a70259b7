"""`tellmark judge`: ask the models of a claim, and sign a verdict."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tellmark.cli.holdout import Classes, LabelColumn, reading
from tellmark.cli.keys import opened, signing_key
from tellmark.cli.options import (
    CONDUCT,
    AsJson,
    BatchSize,
    Bundle,
    Device,
    Identity,
    Key,
    KeyPassphraseFile,
    Keyring,
    PassphraseFile,
    Sandbox,
    SandboxMemory,
    SandboxNetwork,
    SandboxSeconds,
    Trust,
    TrustedRoots,
)
from tellmark.cli.suspect import SandboxChoice, confined, suspect_loaded
from tellmark.errors import InvalidInput

if TYPE_CHECKING:
    from tellmark.evidence.judging import Decoys, Drawn, Secrets
    from tellmark.evidence.verdict_predicate import SuspectAge

_AGE, _WHOLE = "Age of the suspect", "The whole trigger set"


def command(
    bundle: Bundle,
    suspect: Annotated[
        str, typer.Option("--suspect", metavar="MODEL", help="The model under examination, e.g. onnx:model.onnx.")
    ],
    key: Key,
    independent: Annotated[
        list[str] | None,
        typer.Option(
            "--independent",
            metavar="MODEL",
            help="A model of your own choice that owes the source nothing; repeatable. Without any no claim is "
            "supported.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="MODEL",
            help="The owner's model: does it answer as committed? Without it no claim is supported.",
            show_default=False,
        ),
    ] = None,
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base",
            metavar="MODEL",
            help="A model that the source or the suspect may come from, such as a public one or a rival owner's; "
            "repeatable.",
            show_default=False,
        ),
    ] = None,
    tsa_root: TrustedRoots = None,
    suspect_since: Annotated[
        str | None,
        typer.Option(
            "--suspect-since",
            metavar="DATE",
            help="Since when the suspect exists, or the oldest model that it is shown to be made from (an earlier "
            "version, a base, a teacher) and that you do not ask with --base, such as 2026-03-01. Without it no claim "
            "is supported.",
            show_default=False,
            rich_help_panel=_AGE,
        ),
    ] = None,
    suspect_since_source: Annotated[
        str | None,
        typer.Option(
            "--suspect-since-source",
            metavar="TEXT",
            help="How you know that.",
            show_default=False,
            rich_help_panel=_AGE,
        ),
    ] = None,
    nonce: Annotated[
        str | None,
        typer.Option(
            "--nonce",
            metavar="HEX",
            help="The nonce that you drew after you took the registration: a claim under another one is refused. "
            "Goes with --registration; without them no claim is supported.",
            show_default=False,
        ),
    ] = None,
    registration: Annotated[
        Path | None,
        typer.Option(
            "--registration",
            metavar="TMK",
            help="The registration that you had taken when you drew the nonce: a claim on another one is refused. "
            "Goes with --nonce.",
            show_default=False,
        ),
    ] = None,
    earlier_claims: Annotated[
        str | None,
        typer.Option(
            "--earlier-claims",
            metavar="TEXT",
            help="What you know of earlier claims on this registration and of the triggers that they opened, and how. "
            "Without it no claim is supported.",
            show_default=False,
        ),
    ] = None,
    mark: Annotated[
        Path | None,
        typer.Option(
            "--mark",
            metavar="MARK",
            help="The owner's mark, to make all triggers anew from its seed.",
            show_default=False,
            rich_help_panel=_WHOLE,
        ),
    ] = None,
    holdout: Annotated[
        Path | None,
        typer.Option(
            "--holdout",
            metavar="DATA",
            help="The hold-out data of the mark.",
            show_default=False,
            rich_help_panel=_WHOLE,
        ),
    ] = None,
    label_column: LabelColumn = None,
    classes: Classes = None,
    decoys: Annotated[
        int | None,
        typer.Option(
            "--decoys",
            metavar="N",
            help="Natural inputs to ask the suspect between triggers, so that these do not stand out.",
            show_default="none",
            rich_help_panel=CONDUCT,
        ),
    ] = None,
    decoy_data: Annotated[
        Path | None,
        typer.Option(
            "--decoy-data",
            metavar="DATA",
            help="Where they come from.",
            show_default=False,
            rich_help_panel=CONDUCT,
        ),
    ] = None,
    as_json: AsJson = False,
    identity: Identity = None,
    passphrase_file: PassphraseFile = None,
    key_passphrase_file: KeyPassphraseFile = None,
    keyring: Keyring = None,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
    sandbox: Sandbox = False,
    sandbox_network: SandboxNetwork = False,
    sandbox_memory: SandboxMemory = None,
    sandbox_seconds: SandboxSeconds = None,
) -> None:
    """Judge the claim in BUNDLE: verify it, ask the models its opened triggers one by one, and sign a verdict.

    Every model is asked the same triggers: the owner's model, models that it may come from, your independent models,
    and the suspect last. --sandbox holds for suspect and owner's model, where they are files. All answers are written
    to BUNDLE/transcript.jsonl as they come; stopped, the same command goes on from there. A bundle that does not verify
    gets no verdict: the command says what is wrong, with exit code 2. Else the exit code is 0 whatever the verdict.
    """
    from tellmark.cli.progress import progress_bars
    from tellmark.evidence.judging import Knowledge, Panel, judge
    from tellmark.evidence.tsa_certificates import read_roots
    from tellmark.models.loading import load_model
    from tellmark.report.finding import finding_json, print_finding

    choice = SandboxChoice(sandbox, sandbox_network, sandbox_memory, sandbox_seconds)
    age = _age(suspect_since, suspect_since_source)
    hidden = _decoys(decoys, decoy_data)
    secrets = None
    if mark is not None and holdout is not None:
        secrets = _secrets(mark, holdout, label_column, classes, passphrase_file=passphrase_file, identities=identity)
    elif mark is not None or holdout is not None:
        raise InvalidInput("--mark and --holdout go together: both are needed to make the triggers anew")
    drawn = _drawn(nonce, registration)
    knowledge = Knowledge(read_roots(tsa_root or ()), age, secrets, earlier_claims, drawn)
    signer = signing_key(key, passphrase_file=key_passphrase_file, keyring=keyring)
    loading = {"trust": trust, "device": device, "batch_size": batch_size}
    with ExitStack() as stack:
        strangers = confined([suspect, *([] if source is None else [source])], choice)
        model, *owners = (stack.enter_context(suspect_loaded(spec, own, **loading)) for spec, own in strangers)
        independents, bases = ([load_model(each, **loading) for each in specs or ()] for specs in (independent, base))
        panel = Panel(model, owners[0] if owners else None, independents, bases)
        progress = stack.enter_context(progress_bars())
        found = judge(bundle, panel, signer, knowledge, decoys=hidden, progress=progress)
    if as_json:
        from tellmark.report.terminal import print_json

        print_json(finding_json(found))
    else:
        print_finding(bundle, found)


def _age(since: str | None, source: str | None) -> SuspectAge | None:
    from pydantic import ValidationError

    from tellmark.documents import first_problem
    from tellmark.evidence.verdict_predicate import SuspectAge

    if since is None and source is None:
        return None
    if since is None or source is None or not (0 < len(source) <= 500 and source.isprintable()):
        raise InvalidInput(
            "say with --suspect-since when, and with --suspect-since-source, in 1 to 500 printable characters, how you "
            "know"
        )
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise InvalidInput(
            f"{since!r} is no date: write it as 2026-03-01, or with a time as 2026-03-01T12:00Z"
        ) from None
    try:
        return SuspectAge(since=moment if moment.tzinfo else moment.replace(tzinfo=UTC), source=source)
    except ValidationError as error:
        raise InvalidInput(f"what you say of the suspect's age {first_problem(error)}") from None


def _drawn(nonce: str | None, registration: Path | None) -> Drawn | None:
    from tellmark.evidence.judging import Drawn
    from tellmark.evidence.registration import load_registration

    if nonce is None and registration is None:
        return None
    if nonce is None or registration is None:
        raise InvalidInput(
            "--nonce and --registration go together: which nonce you drew, and which registration you had taken then"
        )
    return Drawn(nonce, load_registration(registration).digest)


def _decoys(count: int | None, path: Path | None) -> Decoys | None:
    from tellmark.data.loading import load_data
    from tellmark.evidence.judging import Decoys

    if count is None and path is None:
        return None
    if count is None or path is None:
        raise InvalidInput("say with --decoys how many, and with --decoy-data where they come from")
    return Decoys(load_data(path), count)


def _secrets(
    mark: Path,
    holdout: Path,
    label_column: str | None,
    classes: str | None,
    *,
    passphrase_file: Path | None,
    identities: list[Path] | None,
) -> Secrets:
    from tellmark.data.loading import load_data
    from tellmark.evidence.judging import Secrets
    from tellmark.triggers.mark import read_mark_file

    file = read_mark_file(mark)
    return Secrets(
        opened(file, passphrase_file=passphrase_file, identities=identities),
        load_data(holdout, **reading(label_column, classes)),
    )
