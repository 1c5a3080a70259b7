"""A mark as JSON: what `tellmark show --json` prints."""

from __future__ import annotations

from tellmark.triggers.document import MarkDocument
from tellmark.triggers.mark import Mark
from tellmark.types import Json


def public_json(public: MarkDocument, protection: str) -> dict[str, Json]:
    """The public part, and how the secrets are protected."""
    return {"public": public.model_dump(mode="json", by_alias=True), "protection": protection}


def secret_json(mark: Mark) -> dict[str, Json]:
    """Seed and triggers, without the inputs themselves: `tellmark questions` writes those."""
    triggers, classes = mark.triggers, mark.public.source.classes
    tiers = [tier.recipe.name for tier in mark.public.tiers for _ in range(tier.recipe.triggers)]
    return {
        "seed": mark.seed.hex(),
        "triggers": [
            {"tier": tier, "candidate": index, "items": items, "label": classes[label]}
            for tier, index, items, label in zip(
                tiers, triggers.indices.tolist(), triggers.items.tolist(), triggers.labels.tolist(), strict=True
            )
        ],
    }
