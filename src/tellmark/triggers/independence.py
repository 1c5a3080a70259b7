"""Ask of each reference whether it can be independent: it must not answer like a copy of the source.

A copy that serves as a reference spoils everything built on it: triggers that copies answer are thrown away, and the
null limit rises until no thief passes it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import numpy as np

from tellmark.candidates.base import CandidateSource
from tellmark.errors import InvalidInput, SelectionFailed
from tellmark.models.base import Model
from tellmark.triggers.drawing import DrawRule
from tellmark.triggers.journal import Accepted, State
from tellmark.triggers.panel import Panelist
from tellmark.triggers.responses import answers_of, matches
from tellmark.triggers.selection import Proxies, select
from tellmark.types import silent

CANDIDATES = 400
FEWEST = 20
"""With fewer candidates any two models may agree."""
COPIES = 4
LIKE_A_COPY = 0.9
"""Agreement that counts as a copy's where the source yields no noisy copies."""


@dataclass(frozen=True)
class Likeness:
    """Shares of the candidates answered as the source does.

    Attributes
    ----------
    copies : float
        By the noisy copy that agrees least.
    references : tuple of float
        By each reference, in order.
    """

    copies: float
    references: tuple[float, ...]


def likeness(
    source: Model, candidates: CandidateSource, rule: DrawRule, copies: Proxies | None, references: tuple[Panelist, ...]
) -> Likeness | None:
    """Ask references and copies about candidates that no proxy has tested and no model has ranked.

    Parameters
    ----------
    source, candidates, rule
        As for `tellmark.triggers.selection.select`.
    copies : Proxies or None
        The first few of them are asked.
    references : tuple of Panelist

    Returns
    -------
    Likeness or None
        None where there are fewer than `FEWEST` candidates to ask about.
    """
    asked = _untested(source, candidates, rule)
    if len(asked) < FEWEST:
        return None
    agreeing = [LIKE_A_COPY]
    if copies is not None:
        agreeing = [
            _share(matches(partial(copies.answers, number), candidates, asked))
            for number in range(min(COPIES, len(copies)))
        ]
    return Likeness(min(agreeing), tuple(_share(matches(answers_of(one), candidates, asked)) for one in references))


def require_independence(found: Likeness, references: tuple[Panelist, ...]) -> None:
    """Raise `InvalidInput` if a reference agrees with the source as often as a noisy copy of it does."""
    for panelist, agreement in zip(references, found.references, strict=True):
        if agreement >= found.copies:
            raise InvalidInput(
                f"{panelist.name} answers {agreement:.0%} of the candidates as the source does, no fewer than a copy "
                f"of the source ({found.copies:.0%}): is it really independent? If it is, give --accept-similar, as "
                f"leaving it out would make the limit for innocent models too low; else leave it out"
            )


def _untested(source: Model, candidates: CandidateSource, rule: DrawRule) -> Accepted:
    """The first few candidates; fewer where the data yields no more."""
    states = [State()]
    with suppress(SelectionFailed):
        select(candidates, source, None, rule, State(), triggers=CANDIDATES, keep=states.append, progress=silent)
    return states[-1].accepted


def _share(matched: np.ndarray) -> float:
    return float(matched.mean())
