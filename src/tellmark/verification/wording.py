"""What a verification says in words: of lineage, never of guilt; of a null rate as stated, not as measured."""

from __future__ import annotations

from tellmark.verification.verdict import Counts, Decision, Verdict, null_rate_range, queries_to_settle

_SMALLEST = 1e-300
"""Below this a p-value is a rounding of the machine, not a number to print."""

_MEANING: dict[Verdict, str] = {
    "supports": "the answers are consistent with being derived from the source model of this mark",
    "does not support": "the answers match no more often than the null rate allows to an independent model",
    "inconclusive": "the answers do not decide whether the suspect is derived from the source model of this mark",
}

_NOT_MEASURED = (
    "How often innocent models match was not measured and no null rate was stated, so the matching rate alone says "
    "nothing about lineage: a model trained on similar data can match most triggers without owing anything to the "
    "source. Stolen and innocent models can both match highly."
)

_HOW_TO_MEASURE = (
    "To get further, verify models that owe nothing to the source (same data and architecture where possible) with "
    "this mark, and state an upper limit of their rates, settled without regard to this suspect, with --null-rate "
    "(null_rate= in Python)."
)

_FIXED_BUDGET = (
    "The level alpha holds for one run whose number of queries was fixed beforehand; asking again with a larger budget "
    "because the answer did not suit is a second test."
)

_NOT_INNOCENCE = (
    "This does not show that the suspect is independent: a model derived from the source by distillation or heavy "
    "retraining can match this rarely."
)


_ORDER_GIVEN = (
    "The order of asking was given, not drawn afresh: every probability here holds only if the order seed was settled "
    "at random before any answer was known. Whoever tries seeds until one suits can have any verdict."
)

_ITEMS_REUSED = (
    "Hold-out items serve in several triggers of this mark, so triggers do not match independently of each other: the "
    "interval of the matching rate, as far as it speaks of further triggers, is too narrow."
)


def assumptions(counts: Counts, *, order_given: bool, items_reused: bool) -> tuple[str, ...]:
    """What the numbers take for granted in this case, beyond what they always do."""
    said = []
    if order_given and not counts.exhausted:
        said.append(_ORDER_GIVEN)
    if items_reused:
        said.append(_ITEMS_REUSED)
    return tuple(said)


def headline(counts: Counts, *, interval: tuple[float, float], confidence: float) -> str:
    """Counts, rate and interval in one line."""
    low, high = (f"{100 * end:.1f}" for end in interval)
    return (
        f"{counts.matches} of {counts.queries} triggers matched "
        f"({100 * counts.matches / counts.queries:.1f} %, {100 * confidence:g} % interval {low}-{high} %), "
        f"{counts.queries} {'query' if counts.queries == 1 else 'queries'}"
    )


def coverage(counts: Counts, *, matching: tuple[int, int], confidence: float) -> str:
    """What the counts say of the mark's own triggers, beside those that could have been."""
    if counts.exhausted:
        return (
            f"Every trigger of the mark was asked: {counts.matches} of {counts.triggers} is exact for this set, and "
            "the interval is for further triggers made the same way."
        )
    low, high = matching
    return (
        f"{counts.queries} of the mark's {counts.triggers} triggers were asked, in random order: between {low} and "
        f"{high} of all {counts.triggers} match ({100 * confidence:g} % interval)."
    )


def verdict_line(verdict: Verdict) -> str:
    """The verdict and what it means."""
    return f"Verdict: {verdict} - {_MEANING[verdict]}."


def reasons(
    counts: Counts, decision: Decision, *, null_rate: float | None, alpha: float, commonest_label: int
) -> tuple[str, ...]:
    """Why this verdict, under which assumptions, and what would change it.

    Parameters
    ----------
    counts : Counts
    decision : Decision
        On these counts, at this null rate and level.
    null_rate : float or None
    alpha : float
    commonest_label : int
        How many of the N triggers bear the commonest label.
    """
    turning_points = _turning_points(counts, alpha=alpha)
    constant = _constant_answer(counts, commonest_label)
    if null_rate is None:
        return (_NOT_MEASURED, *constant, _HOW_TO_MEASURE, turning_points)
    sentences = [_tests(counts, decision, null_rate=null_rate, alpha=alpha), _stated(null_rate), *constant]
    if decision.verdict == "inconclusive":
        sentences.append(_budget(counts, null_rate=null_rate, alpha=alpha))
    if decision.verdict == "does not support":
        sentences.append(_NOT_INNOCENCE)
    if not counts.exhausted:
        sentences.append(_FIXED_BUDGET)
    return (*sentences, turning_points)


def _tests(counts: Counts, decision: Decision, *, null_rate: float, alpha: float) -> str:
    """What the tests found; certainty where the triggers asked leave no room for the hypothesis."""
    limit = decision.limit or 0
    matched, missed = counts.matches, counts.queries - counts.matches
    allowed = f"the {limit} of {counts.triggers} that the null rate {null_rate:g} allows"
    if matched > limit:
        return f"{matched} triggers matched, more than {allowed}."
    if counts.triggers - missed <= limit:
        return f"{missed} triggers did not match, so no more can match than {allowed}."
    within, beyond = _probability(decision.p_value), _probability(decision.p_value_opposite)
    match decision.verdict:
        case "supports":
            refuted, seen, p_value = "no more", "more", within
        case "does not support":
            refuted, seen, p_value = "more", "fewer", beyond
        case _:
            return (
                f"{matched} of {counts.queries} is compatible with no more triggers matching than {allowed} "
                f"(p = {within}) and with more (p = {beyond}; alpha {alpha:g})."
            )
    return (
        f"If {refuted} triggers matched than {allowed}, {matched} or {seen} of {counts.queries} would match with "
        f"probability at most {p_value} (alpha {alpha:g})."
    )


def _constant_answer(counts: Counts, commonest_label: int) -> tuple[str, ...]:
    """Said where one and the same answer to everything would match at least half the share seen."""
    if not 0 < counts.matches * counts.triggers <= 2 * commonest_label * counts.queries:
        return ()
    triggers = f"{counts.triggers} trigger{'' if counts.triggers == 1 else 's'}"
    return (f"A model that gives one answer to everything would match up to {commonest_label} of the {triggers}.",)


def _stated(null_rate: float) -> str:
    return (
        f"The null rate {null_rate:g} was stated, not measured here: the verdict is worth as much as the evidence that "
        "hardly any independent model matches more often. Such models differ from one another, so it has to be an "
        "upper limit over models, not their mean."
    )


def _budget(counts: Counts, *, null_rate: float, alpha: float) -> str:
    needed = queries_to_settle(counts, null_rate=null_rate, alpha=alpha)
    return (
        f"The budget ended at {counts.queries} of {counts.triggers} triggers. At the rate seen so far about "
        f"{needed - counts.queries} more queries would have settled it; asking all {counts.triggers} always does."
    )


def _turning_points(counts: Counts, *, alpha: float) -> str:
    """Which null rates would give which verdict on the same counts."""
    turning = null_rate_range(counts, alpha=alpha)
    verdicts = []
    if turning.supports_below > 0:
        verdicts.append(f"'supports' for any null rate below {turning.supports_below:.6g}")
    if turning.refutes_from < 1:
        verdicts.append(f"'does not support' for any of {turning.refutes_from:.6g} or more")
    return f"At alpha {alpha:g} these counts give {' and '.join(verdicts)}."


def _probability(p_value: float | None) -> str:
    if p_value is None:
        return "unknown"
    return f"{p_value:.2g}" if p_value >= _SMALLEST else f"below {_SMALLEST:g}"
