"""A verification with all that may go with it: a transcript, a budget, decoys, repeated questions, controls.

None of it touches the test. Triggers are asked in the same order, the first answer to each is what counts, and no other
answer is looked at before the end; what the others tell is said with the result. They can only take a decision back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tellmark._version import __version__
from tellmark.data.dataset import Dataset
from tellmark.digests import digest_json
from tellmark.documents import as_json
from tellmark.errors import BudgetSpent, InvalidInput, Mismatch, ModelError
from tellmark.models.base import Model
from tellmark.models.classes import naming
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.budget import Budget, BudgetedModel
from tellmark.models.wrappers.decoys import DecoyModel
from tellmark.models.wrappers.recording import RecordingModel, RememberingModel
from tellmark.models.wrappers.records import Header, SuspectRecord
from tellmark.models.wrappers.repeats import RepeatingModel
from tellmark.models.wrappers.transcript import Transcript, in_milliseconds, open_transcript, printable
from tellmark.randomness import derive_key, random_words, seed_from_int
from tellmark.triggers.mark import Mark
from tellmark.types import Batch, Digest, Json, Progress, silent
from tellmark.verification.conduct_record import ConductRecord, DriftRecord, RepeatsRecord, TranscriptRecord
from tellmark.verification.drift import Controls, Drift
from tellmark.verification.order import DrawnSeed, fresh_order_seed
from tellmark.verification.result import Method, Verification
from tellmark.verification.session import is_settled_beforehand, verify

_LONGEST_NAME = 200


@dataclass(frozen=True)
class Conduct:
    """What goes with a verification.

    Attributes
    ----------
    transcript : Path or None
        Where the run is written down, and goes on from if it was stopped.
    cost_per_query : float or None
        None takes what the suspect's description says.
    max_cost : float or None
        The most that all queries may cost.
    decoys : float
        In [0, 1): share of natural inputs among the queries.
    repeats : int
        How many triggers are asked a second time.
    controls : int
        How many natural inputs are asked twice at the start and once at the end.
    natural : Dataset or None
        Where decoys and controls come from.

    Raises
    ------
    InvalidInput
        If a number lies outside its range, or natural inputs are wanted and not given, or too few.
    """

    transcript: Path | None = None
    cost_per_query: float | None = None
    max_cost: float | None = None
    decoys: float = 0.0
    repeats: int = 0
    controls: int = 0
    natural: Dataset | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.decoys < 1:
            raise InvalidInput(f"the share of decoys must be at least 0 and below 1, not {self.decoys}")
        for name, number in (("repeats", self.repeats), ("controls", self.controls)):
            if number < 0:
                raise InvalidInput(f"the number of {name} must be at least 0, not {number}")
        needed = self.controls + (1 if self.decoys else 0)
        if needed and self.natural is None:
            raise InvalidInput("decoys and controls are natural inputs: say with --decoy-data where they come from")
        if self.natural is not None and len(self.natural) < needed:
            raise InvalidInput(
                f"{self.natural.name} has {len(self.natural)} inputs, fewer than decoys and controls need"
            )

    @property
    def plain(self) -> bool:
        """Whether nothing goes with the verification."""
        return self == Conduct(natural=self.natural)


@dataclass(frozen=True)
class Choice:
    """What is tested, and how; see `tellmark.verification.session.verify`."""

    method: Method | None = None
    tiers: Sequence[str] | None = None
    null_rate: float | None = None
    max_queries: int | None = None
    alpha: float = 0.01
    beta: float = 0.05
    confidence: float = 0.95
    order_seed: int | None = field(default=None, repr=False)


def verify_with(
    mark: Mark, suspect: Model, choice: Choice, conduct: Conduct, *, progress: Progress = silent
) -> Verification:
    """`tellmark.verification.session.verify`, and all that goes with it.

    With anything that goes with it, `Choice.max_queries` is for queries of all kinds. Where the number of triggers is
    settled beforehand it is so divided that all kinds have their share; queries that a stopped run lost come on top.

    Raises
    ------
    TellmarkError
        What `verify` and the wrappers raise; `Mismatch` if the transcript is of another run.
    """
    model = naming(suspect, mark.public.source.classes)
    choice, conduct = _with_manners(choice, conduct, model)
    if conduct.plain:
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
        settled = is_settled_beforehand(self.mark, method=choice.method, tiers=choice.tiers, null_rate=choice.null_rate)
        budget = _budget(choice, conduct)
        triggers, decoys = _shares(budget.allowed, conduct)
        if settled:
            budget = Budget(None, budget.cost_per_query)
        transcript = self._transcript(stack, settled=settled)
        seed = self._order_seed(transcript)
        asked = self._asked_through(transcript, budget)
        wrapped = _Wrapped.around(asked, conduct, seed=seed, most_decoys=decoys)
        budget.held_back = conduct.controls
        choice = replace(choice, max_queries=triggers, order_seed=seed)
        found = _verify(self.mark, wrapped.suspect, choice, self.progress)
        budget.held_back = 0
        drift = wrapped.drift() if found.failure is None else None
        if transcript is not None and found.failure is None:
            transcript.end()
        record = ConductRecord(
            sent=budget.sent,
            cost=None if conduct.cost_per_query is None else budget.cost,
            decoys=0 if wrapped.decoys is None else wrapped.decoys.asked,
            repeats=_repeats_record(wrapped.repeats),
            drift=None if drift is None else DriftRecord(**asdict(drift)),
            transcript=None if transcript is None else _transcript_record(transcript),
        )
        return _with_conduct(found, record)

    def _transcript(self, stack: ExitStack, *, settled: bool) -> Transcript | None:
        if self.conduct.transcript is None:
            return None
        seed = self.choice.order_seed
        header = Header(
            time=in_milliseconds(datetime.now(UTC)),
            tellmark=__version__,
            mark=digest_json(as_json(self.mark.public)),
            suspect=suspect_record(self.model),
            order_seed=fresh_order_seed() if seed is None else int(seed),
            order_given=seed is not None,
            settings=_settings(self.choice, self.conduct, settled=settled),
        )
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
        recording = RecordingModel(self.model, transcript)
        budget.sent = transcript.contents.sent
        return RememberingModel(BudgetedModel(recording, budget), transcript)


@dataclass(frozen=True)
class _Wrapped:
    """The suspect as it is asked triggers, and what to ask in the end what it saw."""

    suspect: Model
    decoys: DecoyModel | None = None
    repeats: RepeatingModel | None = None
    controls: Controls | None = None

    @classmethod
    def around(cls, model: Model, conduct: Conduct, *, seed: int, most_decoys: int | None) -> _Wrapped:
        """Ask the controls, and put around the model what hides and repeats triggers."""
        key = derive_key(seed_from_int(int(seed)), "verification/conduct")
        control_inputs, decoy_inputs = _natural(conduct, key)
        controls = Controls(model, control_inputs) if conduct.controls else None
        decoys = repeats = None
        if conduct.decoys:
            model = decoys = DecoyModel(model, decoy_inputs, share=conduct.decoys, key=key, most=most_decoys)
        if conduct.repeats:
            model = repeats = RepeatingModel(model, conduct.repeats, key=key)
        return cls(model, decoys, repeats, controls)

    def drift(self) -> Drift | None:
        """What became of the controls; None where there are none, or they have no answer."""
        try:
            return None if self.controls is None else self.controls.at_end()
        except (ModelError, BudgetSpent):
            return None


def _shares(allowed: int | None, conduct: Conduct) -> tuple[int | None, int | None]:
    """Of the queries allowed, how many are for triggers, and how many for decoys."""
    if allowed is None:
        return None, None
    free = allowed - 3 * conduct.controls - conduct.repeats
    if free < 1:
        raise InvalidInput(f"a budget of {allowed} queries leaves none for triggers beside repeats and controls")
    triggers = max(1, math.floor(free * (1 - conduct.decoys)))
    return triggers, free - triggers


def _natural(conduct: Conduct, key: bytes) -> tuple[Batch, Batch]:
    """Controls and decoys: none of them both."""
    if conduct.natural is None:
        return np.empty(0), np.empty(0)
    words = random_words(derive_key(key, "natural"), 0, len(conduct.natural))[:, 0]
    shuffled = conduct.natural.inputs[np.argsort(words, kind="stable")]
    return shuffled[: conduct.controls], shuffled[conduct.controls :]


def _budget(choice: Choice, conduct: Conduct) -> Budget:
    return Budget(choice.max_queries, conduct.cost_per_query or 0.0, conduct.max_cost)


def _settings(choice: Choice, conduct: Conduct, *, settled: bool) -> dict[str, Json]:
    """With which alone a run goes on. One that stops by its answers may go on with a larger budget."""
    return {
        "method": choice.method,
        "tiers": None if choice.tiers is None else list(choice.tiers),
        "null_rate": choice.null_rate,
        "max_queries": _budget(choice, conduct).allowed if settled or conduct.controls else None,
        "alpha": choice.alpha,
        "beta": choice.beta,
        "confidence": choice.confidence,
        "decoys": conduct.decoys,
        "repeats": conduct.repeats,
        "controls": conduct.controls,
        "natural": None if conduct.natural is None else conduct.natural.digest,
    }


def suspect_record(model: Model) -> SuspectRecord:
    """Who is asked; nothing of it is secret."""
    own = type(model).__module__.partition(".")[0] == "tellmark"
    name = repr(model) if own else type(model).__name__  # what others show of their models may be secret
    digest: Digest | None = model.info.digest
    if isinstance(model, HttpModel):
        digest = digest_json(model.description.model_dump(mode="json", exclude={"manners", "safety"}))
    return SuspectRecord(
        name=printable(name[:_LONGEST_NAME]), kind=model.info.kind, digest=digest, classes=model.info.classes
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
