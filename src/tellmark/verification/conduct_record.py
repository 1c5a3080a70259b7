"""What a verification asked beside its triggers, what that told, and what was written down."""

from __future__ import annotations

from tellmark.documents import Document
from tellmark.statistics.bounds import proportion_interval
from tellmark.verification.drift import DRIFT_LEVEL


class TranscriptRecord(Document):
    """The transcript of a run, as it stood at the end.

    Attributes
    ----------
    lines : int
    digest : str
        Of the last line, and through it of all.
    known : int
        Answers that were in it already when the program was started for the last time.
    lost : int
        Queries that were sent, and nothing is known to have come of them.
    """

    lines: int
    digest: str
    known: int
    lost: int


class RepeatsRecord(Document):
    """Triggers that were asked a second time.

    Attributes
    ----------
    asked, changed : int
        How many, and how many of them were answered otherwise.
    """

    asked: int
    changed: int


class DriftRecord(Document):
    """Natural inputs that were asked twice at the start and once at the end.

    Attributes
    ----------
    controls : int
    unsteady : int
        Answered in two ways at the start.
    changed : int
        Answered at the end as they were neither time at the start.
    p_value : float
        Of the hypothesis that the suspect did not change during the run.
    """

    controls: int
    unsteady: int
    changed: int
    p_value: float


class ConductRecord(Document):
    """How a suspect was asked.

    Attributes
    ----------
    sent : int
        Queries of all kinds that were sent to it, in all starts of the program together.
    repeated : int
        Of these, how many were sent again after a failure that may have been an answer.
    cost : float or None
        Of these; None where the cost of one is unknown.
    decoys : int
        Natural inputs asked between the triggers.
    repeats : RepeatsRecord or None
    drift : DriftRecord or None
        None also where the controls were not answered once more.
    drift_unknown : str or None
        Why they were not.
    transcript : TranscriptRecord or None
    """

    sent: int
    repeated: int = 0
    cost: float | None = None
    decoys: int = 0
    repeats: RepeatsRecord | None = None
    drift: DriftRecord | None = None
    drift_unknown: str | None = None
    transcript: TranscriptRecord | None = None

    @property
    def drifted(self) -> bool:
        """Whether the suspect is said to have changed."""
        return self.drift is not None and self.drift.p_value <= DRIFT_LEVEL

    def in_words(self, *, confidence: float) -> tuple[str, ...]:
        """A sentence or two for each thing that was done."""
        said = [*_repeats_in_words(self.repeats, confidence), *_drift_in_words(self.drift)]
        if self.drift_unknown is not None:
            said.append(
                f"The controls were not answered once more at the end ({self.drift_unknown}): whether the suspect "
                f"changed during the run is not known, and the levels hold only if it did not."
            )
        if self.decoys:
            said.append(f"Between the triggers {_count(self.decoys, 'decoy')} were asked; no answer to them is used.")
        cost = "" if self.cost is None else f", which cost {self.cost:g}"
        again = f", {self.repeated} of them again after a failure" if self.repeated else ""
        said.append(f"In all {_count(self.sent, 'query', 'queries')} went to the suspect{again}{cost}.")
        return (*said, *_transcript_in_words(self.transcript))


def _repeats_in_words(repeats: RepeatsRecord | None, confidence: float) -> tuple[str, ...]:
    if repeats is None or not repeats.asked:
        return ()
    low, high = proportion_interval(repeats.changed, repeats.asked, confidence=confidence)
    seen = (
        f"Of {_count(repeats.asked, 'trigger')} asked a second time {repeats.changed} got another answer "
        f"({100 * confidence:g} % interval {100 * low:.1f}-{100 * high:.1f} %)."
    )
    if not repeats.changed:
        return (seen,)
    return (f"{seen} The suspect's answers change from call to call; the first answer to each trigger is what counts.",)


def _drift_in_words(drift: DriftRecord | None) -> tuple[str, ...]:
    if drift is None:
        return ()
    seen = (
        f"Of {_count(drift.controls, 'control')} asked twice at the start and once at the end {drift.changed} got a "
        f"new answer at the end, and {drift.unsteady} two answers at the start (p = {drift.p_value:.2g} for a suspect "
        f"that stayed as it was)."
    )
    if drift.p_value > DRIFT_LEVEL:
        return (seen,)
    return (f"{seen} It changed during the run, so that no level holds and nothing is decided: verify once more.",)


def _transcript_in_words(transcript: TranscriptRecord | None) -> tuple[str, ...]:
    if transcript is None:
        return ()
    said = [
        f"The transcript has {transcript.lines} lines; the digest of the last, {transcript.digest}, stands for all."
    ]
    if transcript.lost:
        lost = _count(transcript.lost, "query was", "queries were")
        said.append(
            f"{lost} under way when the run was stopped, and asked again: the suspect may have seen them twice."
        )
    return tuple(said)


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
