"""A verification with all that may go with it: a transcript, a budget, decoys, repeated questions, controls.

None of it touches the test. Triggers are asked in the same order, the first answer to each is what counts, and no other
answer is looked at before the end; what the others tell is said with the result. They can only take a decision back.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace

from tellmark.errors import BudgetSpent, Mismatch
from tellmark.models.base import Model
from tellmark.models.classes import naming
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.budget import Budget, BudgetedModel, repeats_charged
from tellmark.models.wrappers.recording import RecordingModel, RememberingModel
from tellmark.models.wrappers.repeats import RepeatingModel
from tellmark.models.wrappers.transcript import Transcript, open_transcript
from tellmark.randomness import derive_key, seed_from_int
from tellmark.triggers.mark import Mark
from tellmark.types import Progress, silent
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conduct_asking import Surroundings, shares, surrounded
from tellmark.verification.conduct_header import header_of
from tellmark.verification.conduct_natural import controls_and_decoys, natural_inputs
from tellmark.verification.conduct_record import ConductRecord, DriftRecord, RepeatsRecord, TranscriptRecord
from tellmark.verification.order import DrawnSeed, fresh_order_seed
from tellmark.verification.result import Verification
from tellmark.verification.session import is_settled_beforehand, verify


def verify_with(
    mark: Mark, suspect: Model, choice: Choice, conduct: Conduct, *, progress: Progress = silent
) -> Verification:
    """`tellmark.verification.session.verify`, and all that goes with it.

    With anything that goes with it, and for a suspect behind a network, `Choice.max_queries` is for queries of all
    kinds. Where the number of triggers is settled beforehand the queries are so divided that all kinds have their
    share, and it has to be reached: a run whose budget was spent on repetitions goes on with a larger one.

    Raises
    ------
    TellmarkError
        What `verify` and the wrappers raise; `Mismatch` if the transcript is of another run.
    """
    model = naming(suspect, mark.public.source.classes)
    choice, conduct = _with_manners(choice, conduct, model)
    if conduct.plain and (choice.max_queries is None or not isinstance(model, HttpModel)):
        return _verify(mark, model, choice, progress)
    if conduct.natural is not None:
        mark.public.holdout.space.check(conduct.natural.inputs[:1])
    run = _Run(mark, model, choice, conduct, progress)
    with ExitStack() as stack:
        return run.done(stack)


def _with_manners(choice: Choice, conduct: Conduct, model: Model) -> tuple[Choice, Conduct]:
    """Where nothing else is said, what the suspect's description says of budget and cost."""
    if not isinstance(model, HttpModel):
        return choice, conduct
    manners = model.description.manners
    if choice.max_queries is None:
        choice = replace(choice, max_queries=manners.max_queries)
    if conduct.cost_per_query is None and manners.cost_per_query:
        conduct = replace(conduct, cost_per_query=manners.cost_per_query)
    return choice, conduct


def _verify(mark: Mark, model: Model, choice: Choice, progress: Progress) -> Verification:
    return verify(
        mark,
        model,
        method=choice.method,
        tiers=choice.tiers,
        null_rate=choice.null_rate,
        max_queries=choice.max_queries,
        alpha=choice.alpha,
        beta=choice.beta,
        confidence=choice.confidence,
        order_seed=choice.order_seed,
        reserve=choice.reserve,
        progress=progress,
    )


@dataclass
class _Run:
    """One start of the program: puts the wrappers around the suspect, and says in the end what they saw."""

    mark: Mark
    model: Model
    choice: Choice
    conduct: Conduct
    progress: Progress

    def done(self, stack: ExitStack) -> Verification:
        """Verify, with the transcript open until `stack` ends."""
        choice, conduct = self.choice, self.conduct
        budget = Budget(choice.max_queries, conduct.cost_per_query or 0.0, conduct.max_cost)
        triggers, most_decoys = shares(budget.allowed, conduct)
        natural = natural_inputs(self.mark, conduct)
        settled = self._settled(triggers)
        transcript = self._transcript(stack, settled=settled, budget=budget.allowed)
        if settled is not None and transcript is not None:
            triggers = transcript.contents.header.triggers
        seed = self._order_seed(transcript)
        key = derive_key(seed_from_int(int(seed)), "verification/conduct")
        controls, decoys = controls_and_decoys(natural, conduct.controls, key=key)
        stack.enter_context(repeats_charged(self.model, budget))
        asked = self._asked_through(transcript, budget)
        around = surrounded(asked, conduct, controls=controls, decoys=decoys, most_decoys=most_decoys, key=key)
        budget.held_back = conduct.controls
        found = self._found(around, replace(choice, max_queries=triggers, order_seed=seed))
        budget.held_back = 0
        return _with_conduct(found, self._record(found, around, budget, transcript))

    def _settled(self, triggers: int | None) -> int | None:
        """How many triggers are asked, if that does not depend on the answers."""
        choice = self.choice
        if is_settled_beforehand(self.mark, method=choice.method, tiers=choice.tiers, null_rate=choice.null_rate):
            askable = self.mark.public.triggers - sum(map(len, choice.reserve))
            return askable if triggers is None else min(triggers, askable)
        return None

    def _transcript(self, stack: ExitStack, *, settled: int | None, budget: int | None) -> Transcript | None:
        if self.conduct.transcript is None:
            return None
        header = header_of(self.mark, self.model, self.choice, self.conduct, triggers=settled, budget=budget)
        return stack.enter_context(open_transcript(self.conduct.transcript, header))

    def _order_seed(self, transcript: Transcript | None) -> int:
        given = self.choice.order_seed
        if transcript is None:
            return DrawnSeed(fresh_order_seed()) if given is None else given
        header = transcript.contents.header
        if header.order_seed is None or given not in (None, header.order_seed):
            raise Mismatch(
                f"{self.conduct.transcript} is the transcript of a run in another order: leave the order seed out "
                f"to go on with it, or choose another file"
            )
        return header.order_seed if header.order_given else DrawnSeed(header.order_seed)

    def _asked_through(self, transcript: Transcript | None, budget: Budget) -> Model:
        if transcript is None:
            return BudgetedModel(self.model, budget)
        budget.sent, budget.repeated = transcript.contents.sent, transcript.contents.repeated
        classes = len(self.model.info.classes or self.mark.public.source.classes)
        recording = RecordingModel(self.model, transcript, classes=classes)
        return RememberingModel(BudgetedModel(recording, budget), transcript)

    def _found(self, around: Surroundings, choice: Choice) -> Verification:
        try:
            return _verify(self.mark, around.suspect, choice, self.progress)
        except BudgetSpent as error:  # one that stops by its answers ends with what it has
            kept = "" if self.conduct.transcript is None else " and the same transcript"
            raise BudgetSpent(
                f"{error}, before all triggers were asked whose number was settled beforehand: go on with a larger "
                f"budget{kept}"
            ) from None

    def _record(
        self, found: Verification, around: Surroundings, budget: Budget, transcript: Transcript | None
    ) -> ConductRecord:
        """Ask the controls once more, end the transcript, and say what was done."""
        drift, missed = around.drift() if found.failure is None else (None, None)
        if found.failure is not None and around.controls is not None:
            missed = "the suspect had failed before"
        if transcript is not None and found.failure is None and missed is None:
            transcript.end()
        return ConductRecord(
            sent=budget.sent,
            repeated=budget.repeated,
            cost=None if self.conduct.cost_per_query is None else budget.cost,
            decoys=0 if around.decoys is None else around.decoys.asked,
            repeats=_repeats_record(around.repeats),
            drift=None if drift is None else DriftRecord(**asdict(drift)),
            drift_unknown=missed,
            transcript=None if transcript is None else _transcript_record(transcript),
        )


def _repeats_record(repeats: RepeatingModel | None) -> RepeatsRecord | None:
    return None if repeats is None else RepeatsRecord(asked=repeats.asked, changed=repeats.changed)


def _transcript_record(transcript: Transcript) -> TranscriptRecord:
    contents = transcript.contents
    return TranscriptRecord(
        lines=contents.place.number,
        digest=contents.place.digest or "",
        known=transcript.known,
        lost=contents.lost,
    )


def _with_conduct(found: Verification, record: ConductRecord) -> Verification:
    """The result with what else was seen. A suspect that changed is decided nothing about."""
    said = record.in_words(confidence=found.confidence)
    verdict = "inconclusive" if record.drifted else found.verdict
    return found.model_copy(update={"conduct": record, "verdict": verdict, "reasons": (*found.reasons, *said)})
