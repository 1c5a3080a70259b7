"""Which files a bundle of evidence has, and what each is called."""

from __future__ import annotations

REGISTRATION, CLAIM, OPENINGS = "registration.tmk", "claim.json", "openings"
TRANSCRIPT, VERDICT, SUMMARY = "transcript.jsonl", "verdict.json", "summary.json"
MOST_OPENINGS = 9999


def opening_name(number: int) -> str:
    """The file of opening `number`, counted from 1, within the bundle.

    Examples
    --------
    >>> opening_name(1)
    'openings/0001.json'
    """
    return f"{OPENINGS}/{number:04d}.json"
