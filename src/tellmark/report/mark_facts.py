"""The public part of a mark in words."""

from __future__ import annotations

from tellmark.triggers.document import MarkDocument
from tellmark.triggers.records import Protection

SHOWN_CLASSES = 12

_CANDIDATES = {
    "mixup": "blends of two items of different classes, answered as neither",
    "same-class-and-errors": "blends of two items of one class answered as the other, and the source's errors",
}
_KEPT = {"mixup": "as neither parent", "same-class-and-errors": "against their parents' class"}
_NOISE = {
    "weight-noise-absolute": "weight noise, σ = {:g}",
    "weight-noise-relative": "weight noise, σ = {:g} of each parameter's scale",
    "weight-ball": "uniform in a ball of radius {:g} around the weights",
}
_SECRETS: dict[Protection, str] = {
    "none": "not encrypted: whoever can read the file can read them",
    "passphrase": "encrypted under a passphrase",
    "recipients": "encrypted to age or ssh keys",
}


def mark_facts(public: MarkDocument, protection: Protection) -> list[tuple[str, str]]:
    """What a mark says of itself, as (name, sentence)."""
    facts = [
        ("made", f"{public.created:%Y-%m-%d %H:%M} UTC by Tellmark {public.tellmark}, format {public.format}"),
        ("source", _source(public)),
        ("classes", _classes(public.source.classes)),
        ("hold-out", _holdout(public)),
        ("candidates", _candidates(public)),
        ("proxies", _proxies(public)),
        ("selection", _selection(public)),
        ("guarantee", public.guarantee.in_words if public.guarantee else "none: no proxy tested the triggers"),
        ("secrets", _SECRETS[protection]),
    ]
    if public.seed_guessable:
        facts.append(("warning", "the seed is a small number that can be guessed: good for experiments only"))
    return facts


def mark_digests(public: MarkDocument) -> list[tuple[str, str]]:
    """SHA-256 of what the mark was made from and how, as (name, hexadecimal digits)."""
    digests = [("source", public.source.digest), ("hold-out", public.holdout.digest), ("recipe", public.recipe_digest)]
    return [(name, "none" if digest is None else digest.removeprefix("sha256:")) for name, digest in digests]


def plural(count: int, noun: str) -> str:
    """The count and the noun, in the plural where it belongs."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _source(public: MarkDocument) -> str:
    accuracy = public.source.accuracy
    measured = "" if accuracy is None else f", accuracy {accuracy:.3f} on the screen's items"
    return f"{public.source.kind} model{measured}"


def _classes(classes: tuple[str, ...]) -> str:
    shown = ", ".join(classes[:SHOWN_CLASSES])
    more = len(classes) - SHOWN_CLASSES
    return f"{len(classes)}: {shown}" + (f" and {more} more" if more > 0 else "")


def _holdout(public: MarkDocument) -> str:
    holdout = public.holdout
    labels = "" if holdout.labels_from == "file" else "; it had no labels, the source's own answers served"
    return f"{plural(holdout.items, 'item')}, {holdout.space}{labels}"


def _candidates(public: MarkDocument) -> str:
    recipe = public.recipe.candidates
    reuse = "items may be reused" if recipe.reuse_items else "each item serves once"
    share = f"share of one label at most {recipe.max_label_share:g}"
    return f"{_CANDIDATES[recipe.kind]}; {reuse}; margin to a tie at least {recipe.tie_margin:g}; {share}"


def _proxies(public: MarkDocument) -> str:
    recipe = public.recipe.proxies
    if recipe.family == "none":
        return "none"
    noise = _NOISE[recipe.family].format(recipe.magnitude)
    found = " (the largest that passed the screen)" if recipe.magnitude_found else ""
    tensors = plural(len(public.source.perturbed), "parameter tensor")
    screen = "not screened"
    if recipe.screen is not None:
        screen = f"accuracy within {recipe.screen.tolerance:g} of the source's on {plural(recipe.screen.items, 'item')}"
        if public.selection.refused:
            screen += f", {public.selection.refused} refused"
    return f"{recipe.count} × {noise}{found}, on {tensors}; {screen}"


def _selection(public: MarkDocument) -> str:
    record, recipe = public.selection, public.recipe
    survived = f"{record.survived} alike by all proxies, " if recipe.proxies.count else ""
    return (
        f"{record.drawn} candidates drawn, {record.asked} answered by the source, "
        f"{record.kept} {_KEPT[recipe.candidates.kind]}, {survived}{recipe.triggers} taken; "
        f"a model that answers everything alike can match {record.commonest_label}"
    )
