"""Why asking ended without a decision, and what would bring one."""

from __future__ import annotations

from collections.abc import Sequence

from tellmark.errors import Mismatch, ModelError
from tellmark.models.answers import first_line
from tellmark.verification import wording
from tellmark.verification.fixed import FixedDecision
from tellmark.verification.sequential import SequentialTest
from tellmark.verification.tier_test import TierTest
from tellmark.verification.verdict import Counts


def failure_in_words(error: ModelError | Mismatch) -> str:
    """What kept a suspect from answering, fit to be passed on with a result.

    An error that an adapter put into words of its own is quoted, as such words hold no secret. Of one that passes on
    what a framework said only the framework's error is named: its text may show the input, which is a trigger's.

    Examples
    --------
    >>> failure_in_words(ModelError("the server hung up."))
    'the server hung up'
    """
    foreign = error.__cause__
    return first_line(error).rstrip(".") if foreign is None else type(foreign).__name__


def failed_sequence(test: SequentialTest, failure: str) -> str:
    """What the answers before a suspect's failure are worth."""
    answers = "1 answer" if test.queries == 1 else f"{test.queries} answers"
    return (
        f"The suspect failed after {answers} ({failure}). What is said here rests on the answers until then, and "
        f"holds whatever the failure had to do with the trigger that was asked."
    )


def undecided_sequence(test: SequentialTest, *, order_seed: int, failed: bool) -> str:
    """Of a test that was asked one trigger after another."""
    mute = _mute(test.tiers)
    if test.futile:
        return _all_but_mute(mute)
    if test.next_tier is None:  # all were asked that may be
        return wording.RESERVE_LEFT
    prospect = "a decision falls at the latest when every trigger was asked"
    if mute:
        prospect = f"it {_at_most_supports(mute)}"
    elif any(tier.reserved for tier in test.tiers):
        prospect = "it can bring one, but need not, as the reserve stays unasked"
    return (
        f"{'The suspect failed' if failed else 'The budget ended'} before a decision. Asking on in the same order "
        f"(order seed {order_seed}) costs no validity, and {prospect}; a new order is a new test."
    )


def undecided_counts(
    tests: Sequence[TierTest], counts: Sequence[Counts], decision: FixedDecision, *, alpha: float
) -> str:
    """Of numbers of triggers that were settled beforehand, and tested once."""
    mute = _mute(tests)
    if len(tests) == 1:
        return wording.budget_ended(counts[0], null_rate=(tests[0].limit or 0) / tests[0].triggers, alpha=alpha)
    if not mute:
        return "The budget ended before a decision; asking every trigger always brings one."
    if decision.p_value_opposite is not None and decision.p_value_opposite <= alpha:
        return _all_but_mute(mute)
    return f"The budget ended before a decision. Asking every trigger {_at_most_supports(mute)}."


def _mute(tests: Sequence[TierTest]) -> str:
    """The tiers that no answers can decide, in words; empty where there are none."""
    names = [test.name for test in tests if not test.testable]
    return f"{'tier' if len(names) == 1 else 'tiers'} {', '.join(names)}" if names else ""


def _all_but_mute(mute: str) -> str:
    return (
        f"Every tier that can be tested speaks against a derivation. That leaves {mute}, which cannot be tested and "
        f"has not said no: models of the kind meant there may match few triggers of the others. A mark with more "
        f"references makes it testable; a verification about the other tiers alone (--tier) has to be settled on "
        f"before any answer is known."
    )


def _at_most_supports(mute: str) -> str:
    return f"can bring 'supports', but not 'does not support', since {mute} cannot be tested"
