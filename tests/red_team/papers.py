"""Attacks on what is written: files edited, cut, put in another's place, and judges who are none."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress

from populations import source, thief, twin, twins
from red_team.court import LATER_NONCE, VICTIM, Court, Outcome, refused
from tellmark.evidence.check import check_bundle
from tellmark.evidence.judging import Panel, judge
from tellmark.evidence.keys import SigningKey, new_key
from tellmark.evidence.layout import REGISTRATION, SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.recording import keeper_of
from tellmark.models.base import Model


def replayed_transcript(court: Court) -> Outcome:
    """The answers of a guilty model, from another bundle, are put beside the claim on an innocent one."""
    guilty, innocent = court.honest("guilty"), court.honest("innocent", nonce=LATER_NONCE)
    court.judged(guilty, thief(90, share=0.98))
    for name in (TRANSCRIPT, VERDICT, SUMMARY):
        shutil.copy(guilty / name, innocent / name)
    return court.checked(innocent)


def prefilled_transcript(court: Court) -> Outcome:
    """The owner hands in a well chained transcript of right answers, and what a judge keeps beside the bundle."""
    bundle, played = court.honest("prefilled"), court.folder / "prefilled-played"
    shutil.copytree(bundle, played)
    pretended = thief(90, share=0.98)
    pretended.info = twin(VICTIM).info
    independents = [each.model for each in twins(3, start=60)]
    judge(played, Panel(pretended, source(), independents), new_key(), court.knowledge(played))
    shutil.copy(played / TRANSCRIPT, bundle / TRANSCRIPT)
    shutil.copy(keeper_of(played), keeper_of(bundle))
    return refused(lambda: court.judged(bundle, twin(VICTIM)))


def fabricated_transcript(court: Court) -> Outcome:
    """The owner plays the judge with a key of his own: he signs answers that the suspect never gave."""
    return court.checked(_played(court, "fabricated", new_key()))


def judge_whom_nobody_knows(court: Court) -> Outcome:
    """The same, and who checks does not know whose key a judge has."""
    found = check_bundle(_played(court, "unknown", new_key()), court.roots)
    return Outcome(found.outcome, found.reasons[0] if found.reasons else "")


def owner_as_judge(court: Court) -> Outcome:
    """The owner judges his own claim with the key that he registered under."""
    return refused(lambda: court.checked(_played(court, "owner", court.owner)))


def _played(court: Court, name: str, key: SigningKey):
    bundle = court.honest(name)
    judge(bundle, Panel(thief(90, share=0.98), source(), [twin(60)]), key, court.knowledge(bundle))
    return bundle


def source_not_shown(court: Court) -> Outcome:
    """The owner keeps his model to himself: that it gives the labels is his word."""
    bundle = court.honest("unshown")
    judge(bundle, Panel(thief(90, share=0.98), None, [twin(60)]), court.judge_key, court.knowledge(bundle))
    return court.checked(bundle)


def swapped_suspect(court: Court) -> Outcome:
    """The judge was stopped; the attacker puts another model in the suspect's place before it goes on."""
    bundle = court.honest("swapped")
    stopped = _Stopping(thief(90, share=0.98), after=5)
    with suppress(KeyboardInterrupt):
        court.judged(bundle, stopped)
    return refused(lambda: court.judged(bundle, twin(VICTIM)))


class _Stopping:
    """Answers a few times, then is stopped."""

    def __init__(self, behind: Model, *, after: int) -> None:
        self.info, self._behind, self._left = behind.info, behind, after

    def query(self, batch):
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._behind.query(batch)


def edited_file(court: Court) -> Outcome:
    """One number of a registration is changed in the file."""
    bundle = court.honest("edited-file")
    path = bundle / REGISTRATION
    document = json.loads(path.read_bytes())
    document["envelope"]["payload"] = document["envelope"]["payload"][:-8] + "AAAAAAA="
    path.write_bytes(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())
    return refused(lambda: court.judged(bundle, twin(VICTIM)))


def truncated_transcript(court: Court) -> Outcome:
    """Answers that do not suit are cut off at the end of the transcript."""
    bundle = court.honest("truncated")
    court.judged(bundle, thief(90, share=0.98))
    lines = (bundle / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    (bundle / TRANSCRIPT).write_bytes(b"".join(lines[:-3]))
    return court.checked(bundle)


def reordered_transcript(court: Court) -> Outcome:
    """Two answers change places."""
    bundle = court.honest("reordered")
    court.judged(bundle, thief(90, share=0.98))
    lines = (bundle / TRANSCRIPT).read_bytes().splitlines(keepends=True)
    lines[-2], lines[-3] = lines[-3], lines[-2]
    (bundle / TRANSCRIPT).write_bytes(b"".join(lines))
    return court.checked(bundle)
