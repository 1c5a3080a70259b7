"""One tier of a mark in words: how its triggers came about, and what they are worth."""

from __future__ import annotations

from tellmark.proxies.thefts import TheftClass
from tellmark.report.text import plural
from tellmark.triggers.document import MarkDocument
from tellmark.triggers.family_words import family_sentences, is_meant_for
from tellmark.triggers.recipe import ProxyRecipe, RecipeName
from tellmark.triggers.tier import FamilyRecord, TierRecord
from tellmark.triggers.tier_words import TRANSFER_NOT_MEASURED, null_sentences, warnings_of

_RECIPES: dict[RecipeName, str] = {
    "paper": "paper: the first candidates that all proxies answer alike",
    "copy": "copy, against theft that keeps the weights: the best of a pool",
    "derived": "derived, against theft that trains the weights on: the best of a pool",
    "distilled": "distilled, against theft of the answers alone: the best of a pool",
}
_CANDIDATES = {
    "mixup": "blends of two items of different classes, answered as neither",
    "mixup-and-errors": "blends of two items of different classes, answered as neither, and the source's errors",
    "errors-and-mixup": "the source's errors, then blends of two items of different classes, answered as neither",
    "natural-errors": "the source's errors",
    "same-class-and-errors": "blends of two items of one class answered as the other, and the source's errors",
}
_KEPT = {
    "mixup": "as neither parent",
    "mixup-and-errors": "as no class of their items",
    "errors-and-mixup": "as no class of their items",
    "natural-errors": "wrongly",
    "same-class-and-errors": "against their parents' class",
}
_NOISE = {
    "weight-noise-absolute": "weight noise, σ = {:g}",
    "weight-noise-relative": "weight noise, σ = {:g} of each parameter's scale",
    "weight-ball": "uniform in a ball of radius {:g} around the weights",
}
_CLASSES: dict[TheftClass, str] = {"copy": "copies", "derived": "derived models", "distilled": "distilled models"}


def tier_facts(tier: TierRecord, public: MarkDocument) -> list[tuple[str, str]]:
    """What a mark says of one tier, as (name, sentence); a name may come several times."""
    facts = [
        ("recipe", _RECIPES[tier.recipe.name]),
        ("candidates", _candidates(tier)),
        ("proxies", _proxies(tier, public)),
    ]
    if tier.recipe.discrimination is not None:
        facts.append(("ranking", _ranking(tier)))
    facts.append(("selection", _selection(tier)))
    facts.append(("guarantee", tier.guarantee.in_words if tier.guarantee else "none: no proxy tested the triggers"))
    facts += [("transfer", sentence) for sentence in _transfer(tier)]
    facts += [("null limit", sentence) for sentence in null_sentences(tier, public.references)]
    return facts + [("warning", sentence) for sentence in warnings_of(tier)]


def _candidates(tier: TierRecord) -> str:
    recipe = tier.recipe.candidates
    reuse = "items may be reused" if recipe.reuse_items else "each item serves once"
    share = f"share of one label at most {recipe.max_label_share:g}"
    return f"{_CANDIDATES[recipe.kind]}; {reuse}; margin to a tie at least {recipe.tie_margin:g}; {share}"


def _proxies(tier: TierRecord, public: MarkDocument) -> str:
    recipe = tier.recipe.proxies
    if recipe.family == "none":
        return "none"
    noise = _NOISE[recipe.family].format(recipe.magnitude)
    found = " (the largest that passed the screen)" if recipe.magnitude_found else ""
    tensors = plural(len(public.source.perturbed), "parameter tensor")
    return f"{recipe.count} × {noise}{found}, on {tensors}; {_screen(recipe, refused=tier.selection.refused)}"


def _screen(recipe: ProxyRecipe, *, refused: int) -> str:
    if recipe.screen is None:
        return "not screened"
    items = plural(recipe.screen.items, "item" if recipe.screen.data is None else "declared item")
    screen = f"accuracy within {recipe.screen.tolerance:g} of the source's on {items}"
    return f"{screen}, {refused} refused" if refused else screen


def _ranking(tier: TierRecord) -> str:
    ranking = tier.recipe.discrimination
    assert ranking is not None
    stolen = "the proxies" if not ranking.families else f"models of the {_families(ranking.families)}"
    if not ranking.families and not tier.recipe.proxies.count:
        stolen = "the source"
    values = ""
    if tier.selection.divergence is not None:
        lowest, highest = tier.selection.divergence
        values = f": {lowest:.3g} to {highest:.3g} nats among the triggers"
    return (
        f"{ranking.pool} candidates by the divergence between the answers of {stolen} and those of "
        f"{plural(ranking.references, 'reference')}, agreements smoothed by {ranking.smoothing:g}{values}"
    )


def _families(names: tuple[str, ...]) -> str:
    return f"{'family' if len(names) == 1 else 'families'} {', '.join(names)}"


def _selection(tier: TierRecord) -> str:
    record, recipe = tier.selection, tier.recipe
    survived = f"{record.survived} alike by all proxies, " if recipe.proxies.count else ""
    taken = "taken" if recipe.discrimination is None else "taken, the highest-ranking for which there was room"
    return (
        f"{record.drawn} candidates drawn, {record.asked} answered by the source, "
        f"{record.kept} {_KEPT[recipe.candidates.kind]}, {survived}{recipe.triggers} {taken}; "
        f"a model that answers everything alike can match {record.commonest_label}"
    )


def _transfer(tier: TierRecord) -> list[str]:
    if not tier.families:
        return [TRANSFER_NOT_MEASURED]
    said = []
    for record in tier.families:
        sentences = "; ".join(family_sentences(record, triggers=tier.recipe.triggers))
        said.append(f"{_family(tier, record)}: {sentences}")
    return said


def _family(tier: TierRecord, record: FamilyRecord) -> str:
    """Name and origin of a family's members, and whether the tier is meant for them."""
    selecting = f", {record.selection} others helped to select" if record.selection else ""
    other = "" if is_meant_for(tier, record) else f", {_CLASSES[record.theft_class]} that this tier is not made for"
    return f"{record.family} ({record.made}; {plural(len(record.matches), 'fresh one')}{selecting}{other})"
