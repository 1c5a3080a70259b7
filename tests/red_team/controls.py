"""What must not fail: an honest claim is supported, and an innocent model is not claimed by the rules."""

from __future__ import annotations

from populations import thief, twin
from red_team.court import VICTIM, Court, Outcome


def honest_claim(court: Court) -> Outcome:
    """The owner accuses a thief who fine-tuned the source."""
    return court.judged(court.honest("honest"), thief(90, share=0.98))


def honest_claim_on_a_twin(court: Court) -> Outcome:
    """The owner accuses an innocent twin, by the rules."""
    return court.judged(court.honest("twin"), twin(VICTIM))
