"""Attacks on a verdict: what each attacker does, and what comes of it. None may end in ``supports``.

All play against one small population of linear models (`populations`): a source, twins that owe it nothing, thieves,
a mark with real triggers, real keys, and a time-stamping authority on this machine. The honest claim is among them:
it must be supported, or the court could not tell anything.
"""

from red_team.circumstances import (
    convenient_burning,
    fitted_to_a_forerunner,
    forgotten_ledger,
    later_owner,
    later_owner_of_a_younger_suspect,
    leaked_triggers,
    nonce_of_the_owners,
    registered_after_the_suspect,
    somebody_elses_base,
    swapped_registration,
    unproven_date,
)
from red_team.controls import honest_claim, honest_claim_on_a_twin
from red_team.court import Court
from red_team.papers import (
    edited_file,
    fabricated_transcript,
    judge_whom_nobody_knows,
    owner_as_judge,
    prefilled_transcript,
    reordered_transcript,
    replayed_transcript,
    source_not_shown,
    swapped_suspect,
    truncated_transcript,
)
from red_team.triggers import (
    chosen_reserve,
    crafted_after_the_victim,
    crafted_inputs,
    edited_limit,
    ground_seed,
    ground_seed_for_a_younger_victim,
    invented_references,
    invented_references_and_few_triggers,
    stated_limit,
    transferable_holdout,
    turns_with_foresight,
    worthless_levels,
)

__all__ = ["ATTACKS", "CONTROLS", "Court"]

CONTROLS = (honest_claim, honest_claim_on_a_twin)

ATTACKS = (
    crafted_inputs,
    crafted_after_the_victim,
    transferable_holdout,
    ground_seed,
    ground_seed_for_a_younger_victim,
    chosen_reserve,
    turns_with_foresight,
    invented_references,
    invented_references_and_few_triggers,
    stated_limit,
    worthless_levels,
    edited_limit,
    registered_after_the_suspect,
    unproven_date,
    fitted_to_a_forerunner,
    somebody_elses_base,
    later_owner,
    later_owner_of_a_younger_suspect,
    nonce_of_the_owners,
    swapped_registration,
    leaked_triggers,
    forgotten_ledger,
    convenient_burning,
    replayed_transcript,
    prefilled_transcript,
    fabricated_transcript,
    judge_whom_nobody_knows,
    owner_as_judge,
    source_not_shown,
    swapped_suspect,
    edited_file,
    truncated_transcript,
    reordered_transcript,
)
