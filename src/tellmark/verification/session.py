"""One verification: a mark, a suspect, a fixed number of queries."""

from __future__ import annotations

from tellmark.errors import InvalidInput
from tellmark.models.base import Model
from tellmark.models.classes import aligned
from tellmark.statistics.arguments import check_confidence
from tellmark.statistics.bounds import proportion_interval
from tellmark.statistics.finite_population import count_interval
from tellmark.triggers.mark import Mark
from tellmark.types import Progress, silent
from tellmark.verification.asking import count_matches
from tellmark.verification.order import asking_order, fresh_order_seed
from tellmark.verification.result import Verification
from tellmark.verification.verdict import Counts, check_alpha, check_null_rate, decide
from tellmark.verification.wording import assumptions, reasons


def verify(
    mark: Mark,
    suspect: Model,
    *,
    null_rate: float | None = None,
    max_queries: int | None = None,
    alpha: float = 0.01,
    confidence: float = 0.95,
    order_seed: int | None = None,
    progress: Progress = silent,
) -> Verification:
    """Ask the suspect the mark's triggers in random order and say what the answers are worth.

    Only labels are used. Each trigger is asked at most once.

    Parameters
    ----------
    mark : Mark
    suspect : Model
        Its class names, where it has them, must be the mark's, in any order.
    null_rate : float or None
        In [0, 1): an upper limit on the share of triggers that independent models match. It is taken as
        stated. Without one the verdict is ``inconclusive``.
    max_queries : int or None
        Query budget, at least 1; None asks every trigger. Fix it before looking at any answer.
    alpha : float
        Level of the tests behind the verdict, in (0, 0.5].
    confidence : float
        Of the intervals, in (0, 1).
    order_seed : int or None
        Order of asking, for a repetition; None draws a fresh one.
    progress : Progress

    Returns
    -------
    Verification

    Raises
    ------
    InvalidInput
        If a setting lies outside its range, or the suspect is no model.
    Mismatch
        If the suspect has another label set, or cannot take the mark's inputs.
    """
    _check(suspect, null_rate=null_rate, max_queries=max_queries, alpha=alpha, confidence=confidence)
    seed = fresh_order_seed() if order_seed is None else order_seed
    order = asking_order(len(mark), seed=seed)[:max_queries]
    matches = count_matches(
        mark.triggers,
        aligned(suspect, mark.public.source.classes),
        order,
        space=mark.public.holdout.space,
        progress=progress,
    )
    counts = Counts(matches, len(order), len(mark))
    decision = decide(counts, null_rate=null_rate, alpha=alpha)
    return Verification(
        triggers=counts.triggers,
        queries=counts.queries,
        matches=counts.matches,
        rate=counts.matches / counts.queries,
        confidence=confidence,
        interval=proportion_interval(matches, counts.queries, confidence=confidence),
        matching=count_interval(matches, counts.queries, population=counts.triggers, confidence=confidence),
        null_rate=null_rate,
        alpha=alpha,
        p_value=decision.p_value,
        p_value_opposite=decision.p_value_opposite,
        verdict=decision.verdict,
        reasons=(
            *reasons(
                counts,
                decision,
                null_rate=null_rate,
                alpha=alpha,
                commonest_label=mark.public.selection.commonest_label,
            ),
            *assumptions(
                counts,
                order_given=order_seed is not None,
                items_reused=mark.public.recipe.candidates.reuse_items,
            ),
        ),
        recipe_digest=mark.public.recipe_digest,
        model_digest=mark.public.source.digest,
        order_seed=seed,
        order_given=order_seed is not None,
    )


def _check(
    suspect: Model, *, null_rate: float | None, max_queries: int | None, alpha: float, confidence: float
) -> None:
    """Refuse bad settings before the first query is spent."""
    check_null_rate(null_rate)
    check_alpha(alpha)
    check_confidence(confidence)
    if max_queries is not None and max_queries < 1:
        raise InvalidInput(f"a budget of {max_queries} queries asks nothing; give at least 1, or none to ask all")
    if not isinstance(suspect, Model):
        raise InvalidInput(f"a {type(suspect).__name__} answers no queries; load the suspect with load_model")
