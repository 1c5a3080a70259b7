"""The sentences of a verification: of lineage, never of guilt; of a null rate as stated, not as measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tellmark.verification.verdict import Counts, Decision, Verdict, null_rate_range, queries_to_settle

_SMALLEST = 1e-300
"""Below this a p-value is a rounding of the machine, not a number to print."""

_MEANING: dict[Verdict, str] = {
    "supports": "the answers are consistent with being derived from the source model of this mark",
    "does not support": "the answers match too rarely to speak for a derivation from the source model of this mark",
    "inconclusive": "the answers do not decide whether the suspect is derived from the source model of this mark",
}
"""The same for every way to a verdict; how rarely is too rarely, and at which level, the reasons say."""

BOTH_MATCH = (
    "The matching rate alone says nothing about lineage: a model trained on similar data can match most triggers "
    "without owing anything to the source. Stolen and innocent models can both match highly."
)

STATE_A_RATE = (
    "To get further, verify models that owe nothing to the source (same data and architecture where possible) with "
    "this mark, and state an upper limit of their rates, settled without regard to this suspect, with --null-rate "
    "(null_rate= in Python)."
)

MORE_REFERENCES = (
    "To get further, make a new mark with more models that owe nothing to the source (same data and architecture "
    "where possible) as references."
)

INTERVAL_MEANING = "The interval of the rate is for further triggers made the same way."
"""Said where every trigger was asked, and the rate of these is exact."""

FIXED_BUDGET = (
    "The level alpha holds for one run whose number of queries was fixed beforehand; asking again with a larger budget "
    "because the answer did not suit is a second test."
)

NOT_INNOCENCE = (
    "This does not show that the suspect is independent: a model derived from the source by distillation or heavy "
    "retraining can match this rarely."
)

_ORDER_GIVEN = (
    "The order of asking was given, not drawn afresh: every probability here holds only if the order seed was settled "
    "at random before any answer was known. Whoever tries seeds until one suits can have any verdict."
)

_LEFT_OUT = (
    "Left out by choice: {tiers}. The levels hold only if that was settled before any answer was known; whoever "
    "tries one choice of tiers after another tests more often than is counted here."
)

RESERVE_LEFT = (
    "Every trigger outside the reserve was asked, and that does not decide. Nothing is left for a private check; a "
    "judge who opens the reserve can go on."
)

_RESERVE = (
    "{reserved} of the {triggers} triggers are the registration's reserve and were not asked: a judge is to be the "
    "first to ask them. They were drawn at random beforehand, so that those asked are a random draw from all."
)

_ITEMS_REUSED = (
    "Hold-out items serve in several triggers of this mark, so triggers do not match independently of each other: the "
    "interval of the matching rate, as far as it speaks of further triggers, is too narrow."
)


def reserve(reserved: int, triggers: int) -> tuple[str, ...]:
    """What became of the reserve, if there is one."""
    return (_RESERVE.format(reserved=reserved, triggers=triggers),) if reserved else ()


def left_out_by_choice(tiers: Sequence[str]) -> tuple[str, ...]:
    """What it takes to have these tiers of a mark not asked, if there are any."""
    names = f"{'tier' if len(tiers) == 1 else 'tiers'} {', '.join(tiers)}"
    return (_LEFT_OUT.format(tiers=names),) if tiers else ()


def assumptions(*, order_given: bool, items_reused: bool, left_out: Sequence[str] = ()) -> tuple[str, ...]:
    """What the numbers take for granted in this case, beyond what they always do.

    `left_out` names the tiers that the caller had not asked.
    """
    said = [*left_out_by_choice(left_out)]
    if order_given:
        said.append(_ORDER_GIVEN)
    if items_reused:
        said.append(_ITEMS_REUSED)
    return tuple(said)


def headline(counts: Counts, *, interval: tuple[float, float] | None, confidence: float) -> str:
    """Counts, rate and interval in one line; no interval where asking stopped depending on the answers."""
    rate = f"{100 * counts.matches / counts.queries:.1f} %"
    if interval is not None:
        low, high = (f"{100 * end:.1f}" for end in interval)
        rate += f", {100 * confidence:g} % interval {low}-{high} %"
    return (
        f"{counts.matches} of {counts.queries} triggers matched ({rate}), "
        f"{counts.queries} {'query' if counts.queries == 1 else 'queries'}"
    )


def coverage(counts: Counts, *, matching: tuple[int, int], interval: str) -> str:
    """What the counts say of the mark's own triggers, beside those that could have been.

    `interval` says what kind of interval the number of matching triggers lies in.
    """
    if counts.exhausted:
        return f"Every trigger was asked: {counts.matches} of {counts.triggers} is exact for this set."
    low, high = matching
    return (
        f"{counts.queries} of {counts.triggers} triggers were asked, in random order: between {low} and {high} of all "
        f"{counts.triggers} match ({interval})."
    )


def verdict_line(verdict: Verdict) -> str:
    """The verdict and what it means."""
    return f"Verdict: {verdict} - {_MEANING[verdict]}."


def exact_outcome(counts: Counts, decision: Decision, *, allowed_by: str, alpha: float) -> str:
    """What the tests found; certainty where the triggers asked leave no room for the hypothesis.

    `allowed_by` names what `Decision.limit` comes from, such as "the null rate 0.5".
    """
    limit = decision.limit or 0
    matched, missed = counts.matches, counts.queries - counts.matches
    allowed = f"the {limit} of {counts.triggers} that {allowed_by} allows"
    if matched > limit:
        return f"{matched} triggers matched, more than {allowed}."
    if counts.triggers - missed <= limit:
        return f"{missed} triggers did not match, so no more can match than {allowed}."
    within, beyond = probability(decision.p_value), probability(decision.p_value_opposite)
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


def constant_answer(counts: Counts, commonest_label: int) -> tuple[str, ...]:
    """Said where one and the same answer to everything would match at least half the share seen."""
    if not 0 < counts.matches * counts.triggers <= 2 * commonest_label * counts.queries:
        return ()
    triggers = f"{counts.triggers} trigger{'' if counts.triggers == 1 else 's'}"
    return (f"A model that gives one answer to everything would match up to {commonest_label} of the {triggers}.",)


def stated(null_rate: float) -> str:
    """What a null rate that the caller stated is worth."""
    return (
        f"The null rate {null_rate:g} was stated, not measured here: the verdict is worth as much as the evidence that "
        "hardly any independent model matches more often. Such models differ from one another, so it has to be an "
        "upper limit over models, not their mean."
    )


def budget_ended(counts: Counts, *, null_rate: float, alpha: float) -> str:
    """How many more queries would have helped, all asked beforehand."""
    needed = queries_to_settle(counts, null_rate=null_rate, alpha=alpha)
    return (
        f"The budget ended at {counts.queries} of {counts.triggers} triggers. At the rate seen so far about "
        f"{needed - counts.queries} more queries would have settled it; asking all {counts.triggers} always does."
    )


def turning_points(counts: Counts, *, alpha: float) -> str:
    """Which null rates would give which verdict on the same counts."""
    turning = null_rate_range(counts, alpha=alpha)
    verdicts = []
    if turning.supports_below > 0:
        verdicts.append(f"'supports' for any null rate below {turning.supports_below:.6g}")
    if turning.refutes_from < 1:
        verdicts.append(f"'does not support' for any of {turning.refutes_from:.6g} or more")
    return f"At alpha {alpha:g} these counts give {' and '.join(verdicts)}."


def amount(wealth: float) -> str:
    """A finite wealth with three digits."""
    return f"{wealth:.3g}"


def probability(p_value: float | None) -> str:
    """A p-value with two digits, or bounded where it is too small to compute."""
    if p_value is None:
        return "unknown"
    return f"{p_value:.2g}" if p_value >= _SMALLEST else f"below {_SMALLEST:g}"


def at_most_percent(share: float) -> str:
    """In percent, one decimal, rounded up; a millionth spares 0.29 the rounding of its product with 1000."""
    return f"{math.ceil(1000 * share - 1e-6) / 10:g} %"
