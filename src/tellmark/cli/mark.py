"""`tellmark mark`: compute a trigger set and save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from tellmark.cli.holdout import Classes, LabelColumn, reading
from tellmark.cli.keys import new_passphrase
from tellmark.cli.options import SECRETS, BatchSize, Device, PassphraseFile, Trust
from tellmark.errors import InvalidInput

if TYPE_CHECKING:
    from tellmark.proxies.thefts import TheftFamilyName
    from tellmark.triggers.panel import Panelist
    from tellmark.triggers.records import Protection


class Noise(StrEnum):
    """How the noise on the weights is measured."""

    relative = "relative"
    absolute = "absolute"
    ball = "ball"


class RecipeChoice(StrEnum):
    """The recipes, each for a class of theft."""

    paper = "paper"
    copy = "copy"
    derived = "derived"
    distilled = "distilled"


_TRIGGERS, _PROXIES = "Triggers", "Proxies"
_REFERENCES, _SHADOWS = "Independent models", "Stolen models to learn from"


def command(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Your model, for example onnx:model.onnx.")],
    holdout: Annotated[Path, typer.Option("--holdout", metavar="DATA", help="Hold-out data: folder, zip, npz, csv, …")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MARK", help="Where the mark is written.")],
    triggers: Annotated[
        int, typer.Option("-n", "--triggers", help="How many triggers.", rich_help_panel=_TRIGGERS)
    ] = 100,
    seed: Annotated[
        int | None,
        typer.Option(
            help="The secret seed, to repeat a run. Small numbers can be guessed.",
            show_default="fresh",
            rich_help_panel=_TRIGGERS,
        ),
    ] = None,
    reuse_items: Annotated[
        bool,
        typer.Option(
            "--reuse-items", help="Let a hold-out item serve in more than one trigger.", rich_help_panel=_TRIGGERS
        ),
    ] = False,
    tie_margin: Annotated[
        float,
        typer.Option(
            help="Least distance between the source's best score and the runner-up.", rich_help_panel=_TRIGGERS
        ),
    ] = 1e-3,
    max_label_share: Annotated[
        float,
        typer.Option(help="Largest share of the triggers that may bear one label.", rich_help_panel=_TRIGGERS),
    ] = 0.5,
    proxies: Annotated[
        int, typer.Option(help="Noisy copies that must all agree; 0 tests nothing.", rich_help_panel=_PROXIES)
    ] = 64,
    sigma: Annotated[
        str,
        typer.Option(
            metavar="NUMBER",
            help="Size of the noise, or auto: the largest that keeps the accuracy within tau.",
            rich_help_panel=_PROXIES,
        ),
    ] = "0.02",
    noise: Annotated[
        Noise,
        typer.Option(
            metavar="KIND",
            help="relative (to each parameter), absolute, or ball (uniform, of radius sigma).",
            rich_help_panel=_PROXIES,
        ),
    ] = Noise.relative,
    tau: Annotated[
        float,
        typer.Option(help="Largest difference in accuracy between a proxy and the source.", rich_help_panel=_PROXIES),
    ] = 0.02,
    screen: Annotated[
        bool,
        typer.Option("--screen/--no-screen", help="Test the accuracy of each proxy.", rich_help_panel=_PROXIES),
    ] = True,
    screen_items: Annotated[
        int, typer.Option(help="Hold-out items that measure that accuracy, at most.", rich_help_panel=_PROXIES)
    ] = 256,
    screen_data: Annotated[
        Path | None,
        typer.Option(
            help="Labelled data that measure it instead of hold-out items.",
            show_default=False,
            rich_help_panel=_PROXIES,
        ),
    ] = None,
    fresh: Annotated[
        int,
        typer.Option(
            help="Further noisy copies that select nothing and say how often such copies match.",
            rich_help_panel=_PROXIES,
        ),
    ] = 20,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            "--reference",
            metavar="MODEL",
            help="A model that owes nothing to SOURCE, or a folder or pattern of such; repeatable.",
            show_default=False,
            rich_help_panel=_REFERENCES,
        ),
    ] = None,
    calibrate: Annotated[
        int | None,
        typer.Option(
            help="How many references select nothing and say how often innocent models match.",
            show_default="half of them",
            rich_help_panel=_REFERENCES,
        ),
    ] = None,
    accept_similar: Annotated[
        bool,
        typer.Option(
            "--accept-similar",
            help="Vouch for models that answer like a copy of SOURCE, or like each other; the mark says so.",
            rich_help_panel=_REFERENCES,
        ),
    ] = False,
    content: Annotated[
        float,
        typer.Option(help="Share of models that keep to the limits in the mark.", rich_help_panel=_REFERENCES),
    ] = 0.95,
    limit_confidence: Annotated[
        float, typer.Option(help="Confidence of these limits.", rich_help_panel=_REFERENCES)
    ] = 0.95,
    recipe: Annotated[
        list[RecipeChoice] | None,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="paper, copy, derived or distilled: one tier of triggers for each; repeatable.",
            show_default="those for which there are models",
            rich_help_panel=_TRIGGERS,
        ),
    ] = None,
    pool: Annotated[
        int | None,
        typer.Option(
            help="Candidates that triggers are the best of.", show_default="20 a trigger", rich_help_panel=_TRIGGERS
        ),
    ] = None,
    proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--proxy",
            metavar="FAMILY:COUNT",
            help="Shadows to be made: distill, distill-soft, distill-hard, distill-rgt, fine-tune, fine-tune-last, "
            "prune or quantise, and how many, such as distill:8; repeatable.",
            show_default=False,
            rich_help_panel=_SHADOWS,
        ),
    ] = None,
    shadow: Annotated[
        list[str] | None,
        typer.Option(
            "--shadow",
            metavar="[FAMILY=]MODEL",
            help="A stolen model made elsewhere, or a folder or pattern of such; distilled unless said otherwise; "
            "repeatable.",
            show_default=False,
            rich_help_panel=_SHADOWS,
        ),
    ] = None,
    thief_data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="What shadows are trained on; not the hold-out data.",
            show_default=False,
            rich_help_panel=_SHADOWS,
        ),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Architecture of distilled shadows, torch:package.module:factory.",
            show_default="a small network",
            rich_help_panel=_SHADOWS,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Of the shadows' training.", show_default="by family", rich_help_panel=_SHADOWS),
    ] = None,
    label_column: LabelColumn = None,
    classes: Classes = None,
    encrypt: Annotated[
        bool,
        typer.Option("--encrypt", help="Encrypt the secrets with a passphrase.", rich_help_panel=SECRETS),
    ] = False,
    passphrase_file: PassphraseFile = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient",
            "-r",
            help="Encrypt the secrets to this age or ssh key; repeatable.",
            show_default=False,
            rich_help_panel=SECRETS,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Overwrite an existing mark.")] = False,
    trust: Trust = False,
    device: Device = None,
    batch_size: BatchSize = None,
) -> None:
    """Compute a secret trigger set for SOURCE from hold-out data, and save it as a mark.

    SOURCE is not changed. With references the triggers are those that stolen models answer like SOURCE and
    independent ones do not, and the mark says how often either match. An interrupted run goes on where it
    stopped when the same command is given again.
    """
    from tellmark.api import load_data, load_model, mark
    from tellmark.cli.progress import progress_bars
    from tellmark.locking import sole_run
    from tellmark.report.terminal import print_mark, say
    from tellmark.triggers.shadows import remove_shadows

    _check_output(output, force=force)
    protection = _protection(encrypt=encrypt, passphrase_file=passphrase_file, recipients=recipient or ())
    passphrase = new_passphrase(passphrase_file) if encrypt else None
    magnitude = _sigma(sigma)
    make = _orders(proxy or ())
    columns = reading(label_column, classes)
    holdout_data = load_data(holdout, **columns)
    thief = None if thief_data is None else load_data(thief_data, **columns)
    screening = None if screen_data is None else load_data(screen_data, **columns)
    options = {"trust": trust, "device": device, "batch_size": batch_size}
    model = load_model(source, **options)
    references = [one for given in reference or () for one in _panelists(given, options)]
    shadows = _shadows(shadow or (), options)
    if holdout_data.labels is None:
        say(f"{holdout_data.name} has no labels: the source's own answers serve as labels")
    state = output.with_name(output.name + ".partial")
    try:
        with sole_run(output.with_name(output.name + ".lock")), progress_bars() as progress:
            made = mark(
                model,
                holdout_data,
                n=triggers,
                seed=seed,
                proxies=proxies,
                sigma=magnitude,
                noise=noise.value,
                tau=tau if screen else None,
                screen_items=screen_items,
                screen_data=screening,
                reuse_items=reuse_items,
                tie_margin=tie_margin,
                max_label_share=max_label_share,
                references=references,
                shadows=shadows,
                make=make,
                thief_data=thief,
                student=student,
                epochs=epochs,
                recipes=None if not recipe else [choice.value for choice in recipe],
                pool=pool,
                fresh=fresh,
                kept_back=calibrate,
                content=content,
                limit_confidence=limit_confidence,
                accept_similar=accept_similar,
                state=state,
                progress=progress,
            )
            made.save(output, passphrase=passphrase, recipients=recipient or ())
    except KeyboardInterrupt:
        if state.exists():
            say(f"state kept in {state}: give the same command again to go on")
        raise
    state.unlink(missing_ok=True)
    remove_shadows(state)
    print_mark(output, made.public, protection)


def _check_output(output: Path, *, force: bool) -> None:
    """Find out before hours of work, not after, whether the mark can be written."""
    from tellmark.files import check_replaceable

    check_replaceable(output)
    if output.exists() and not force:
        raise InvalidInput(f"{output} exists: choose another name, or use --force")


def _protection(*, encrypt: bool, passphrase_file: Path | None, recipients: Sequence[str]) -> Protection:
    """How the mark will be protected; likewise found out before."""
    from tellmark.triggers.age_keys import age, parse_recipients

    if encrypt and recipients:
        raise InvalidInput("choose either --encrypt (a passphrase) or --recipient (keys)")
    if passphrase_file is not None and not encrypt:
        raise InvalidInput("--passphrase-file alone encrypts nothing: add --encrypt")
    if encrypt:
        age()
        return "passphrase"
    return "recipients" if parse_recipients(recipients) else "none"


def _panelists(given: str, options: Mapping[str, Any]) -> list[Panelist]:
    """The models that one word names: a spec, a folder or a pattern."""
    from tellmark.api import load_model
    from tellmark.models.folders import each_model
    from tellmark.triggers.panel import Panelist

    return [Panelist(spec, load_model(spec, **options)) for spec in each_model(given)]


def _shadows(texts: Sequence[str], options: Mapping[str, Any]) -> dict[TheftFamilyName, list[Panelist]]:
    """The shadows that were made elsewhere, by family."""
    from tellmark.proxies.thefts import parse_shadow

    shadows: dict[TheftFamilyName, list[Panelist]] = {}
    for text in texts:
        family, where = parse_shadow(text)
        shadows.setdefault(family, []).extend(_panelists(where, options))
    return shadows


def _orders(texts: Sequence[str]) -> dict[TheftFamilyName, int]:
    """How many shadows of each family are to be made."""
    from tellmark.proxies.thefts import parse_proxy

    orders: dict[TheftFamilyName, int] = {}
    for text in texts:
        family, count = parse_proxy(text)
        if family in orders:
            raise InvalidInput(f"--proxy names {text.partition(':')[0]} twice: give it once, with the whole count")
        orders[family] = count
    return orders


def _sigma(text: str) -> float | Literal["auto"]:
    if text == "auto":
        return "auto"
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput(f"--sigma is a number or auto, not {text!r}") from error
