"""The first line of a verification's transcript: what the run is about, and with which settings alone it goes on."""

from __future__ import annotations

from datetime import UTC, datetime

from tellmark._version import __version__
from tellmark.digests import digest_json
from tellmark.documents import as_json
from tellmark.models.base import Model
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.written import in_milliseconds, printable
from tellmark.triggers.mark import Mark
from tellmark.types import Digest, Json
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.order import fresh_order_seed

_LONGEST_NAME = 200


def header_of(
    mark: Mark, model: Model, choice: Choice, conduct: Conduct, *, triggers: int | None, budget: int | None
) -> Header:
    """The header of a run that begins now.

    Parameters
    ----------
    mark : Mark
    model : Model
    choice : Choice
        Without an order seed one is drawn.
    conduct : Conduct
    triggers : int or None
        How many are asked, where that is settled beforehand.
    budget : int or None
        Queries of all kinds that are allowed.
    """
    seed = choice.order_seed
    return Header(
        time=in_milliseconds(datetime.now(UTC)),
        tellmark=__version__,
        mark=digest_json(as_json(mark.public)),
        suspect=suspect_record(model),
        order_seed=fresh_order_seed() if seed is None else int(seed),
        order_given=seed is not None,
        triggers=triggers,
        settings=_settings(choice, conduct, max_queries=budget if conduct.controls and triggers is None else None),
    )


def _settings(choice: Choice, conduct: Conduct, *, max_queries: int | None) -> dict[str, Json]:
    """A run may go on with a larger budget, unless its end was marked by controls."""
    return {
        "method": choice.method,
        "tiers": None if choice.tiers is None else list(choice.tiers),
        "null_rate": choice.null_rate,
        "max_queries": max_queries,
        "alpha": choice.alpha,
        "beta": choice.beta,
        "confidence": choice.confidence,
        "decoys": conduct.decoys,
        "repeats": conduct.repeats,
        "controls": conduct.controls,
        "reserve": digest_json([list(tier) for tier in choice.reserve]) if choice.reserve else None,
        "natural": None if conduct.natural is None else conduct.natural.digest,
    }


def suspect_record(model: Model) -> SuspectRecord:
    """Who is asked; nothing of it is secret."""
    own = type(model).__module__.partition(".")[0] == "tellmark"
    name = repr(model) if own else type(model).__name__  # what others show of their models may be secret
    digest: Digest | None = model.info.digest
    if isinstance(model, HttpModel):
        digest = digest_json(model.description.model_dump(mode="json", exclude={"manners", "safety"}))
    return SuspectRecord(
        name=printable(name[:_LONGEST_NAME]), kind=model.info.kind, digest=digest, classes=model.info.classes
    )
