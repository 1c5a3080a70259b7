"""Ask of the models given whether they can be what they were given for.

A reference must not answer like a copy of the source. A copy that serves as a reference spoils everything built on
it: triggers that copies answer are thrown away, and the null limit rises until no thief passes it. And no model may
be given twice, under whatever name: it would count for two, and could both select and say what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from tellmark.candidates.base import CandidateSource
from tellmark.errors import InvalidInput, SelectionFailed
from tellmark.models.base import Model
from tellmark.proxies.thefts import THEFT_CLASS
from tellmark.triggers.document import FEWEST_TO_CHECK, IndependenceRecord
from tellmark.triggers.drawing import DrawRule
from tellmark.triggers.journal import Accepted, State
from tellmark.triggers.panel import Panelist
from tellmark.triggers.responses import matches, scored_answers_of
from tellmark.triggers.sameness import Portrait, pairs_alike, pairs_unclear, portrait_of
from tellmark.triggers.selection import Proxies, select
from tellmark.triggers.shadows import Supplied
from tellmark.types import silent

CANDIDATES = 400
COPIES = 4
LIKE_A_COPY = 0.9
"""Agreement that counts as a copy's where the source yields no noisy copies."""


@dataclass(frozen=True)
class Findings:
    """What the models given answered.

    Attributes
    ----------
    candidates : int
        How many they were asked about.
    copies : float
        Share that the noisy copy which agrees least answers as the source does.
    agreements : tuple of (str, float)
        Share that each reference answers so, by its name, in order.
    alike : tuple of (Portrait, Portrait)
        Pairs that answer as one model given twice.
    unclear : int
        Further pairs of which their answers do not tell.
    """

    candidates: int
    copies: float
    agreements: tuple[tuple[str, float], ...]
    alike: tuple[tuple[Portrait, Portrait], ...]
    unclear: int


def compared(
    source: Model,
    candidates: CandidateSource,
    rule: DrawRule,
    copies: Proxies | None,
    references: Sequence[Panelist],
    supplied: Sequence[Supplied],
) -> Findings:
    """Ask the models given, and a few noisy copies, about candidates that no proxy has tested and no model has ranked.

    Parameters
    ----------
    source, candidates, rule
        As for `tellmark.triggers.selection.select`.
    copies : Proxies or None
        The first few of them are asked.
    references : sequence of Panelist
    supplied : sequence of Supplied
        Shadows that the owner brings.
    """
    asked = _untested(source, candidates, rule)
    if len(asked) < FEWEST_TO_CHECK:
        return Findings(len(asked), LIKE_A_COPY, (), (), 0)
    agreeing = [LIKE_A_COPY]
    if copies is not None and references:
        agreeing = [
            _share(matches(partial(copies.answers, number), candidates, asked))
            for number in range(min(COPIES, len(copies)))
        ]
    portraits = [portrait_of(one.name, scored_answers_of(one), candidates, asked) for one in references]
    agreements = tuple((each.name, _share(each.labels == asked.labels)) for each in portraits)
    portraits.append(portrait_of("the source", source.query, candidates, asked, theft_class="copy"))
    for group in supplied:
        portraits += [
            portrait_of(one.name, scored_answers_of(one), candidates, asked, theft_class=THEFT_CLASS[group.family])
            for one in group.models
        ]
    alike, unclear = tuple(pairs_alike(portraits)), len(pairs_unclear(portraits))
    return Findings(len(asked), min(agreeing), agreements, alike, unclear)


def record_of(found: Findings, *, accepted: bool) -> IndependenceRecord:
    """What a mark says of it.

    Parameters
    ----------
    accepted : bool
        Whether the owner vouches for models that are like a copy or alike.

    Raises
    ------
    InvalidInput
        If there are such models, and he does not.
    """
    if not accepted:
        _require_independence(found)
        _require_difference(found)
    return IndependenceRecord(
        candidates=found.candidates,
        copies=found.copies if found.agreements else None,
        agreements=tuple(agreement for _, agreement in found.agreements),
        alike=len(found.alike),
        unclear=found.unclear,
        accepted=accepted,
    )


def _require_independence(found: Findings) -> None:
    for name, agreement in found.agreements:
        if agreement >= found.copies:
            raise InvalidInput(
                f"{name} answers {agreement:.0%} of the candidates as the source does, no fewer than a copy "
                f"of the source ({found.copies:.0%}): is it really independent? If it is, give --accept-similar, as "
                f"leaving it out would make the limit for innocent models too low; else leave it out"
            )


def _require_difference(found: Findings) -> None:
    for first, second in found.alike:
        raise InvalidInput(
            f"{second.name} answers all of {found.candidates} candidates as {first.name} does: are they one model, "
            f"given twice? If they were made apart, give --accept-similar; else leave one of them out"
        )


def _untested(source: Model, candidates: CandidateSource, rule: DrawRule) -> Accepted:
    """The first few candidates; fewer where the data yields no more."""
    states = [State()]
    with suppress(SelectionFailed):
        select(candidates, source, None, rule, State(), triggers=CANDIDATES, keep=states.append, progress=silent)
    return states[-1].accepted


def _share(matched: np.ndarray) -> float:
    return float(matched.mean())
