"""The judge's transcript: which models were asked which opened triggers, and what each answered.

One line of canonical JSON for each event, chained by digests (`tellmark.models.wrappers.chain`): the beginning, with
the claim and the models; each opening before the first of its triggers is asked; each answer. A judge who was stopped
goes on with the next line, and asks nothing again that is answered. So it is after further triggers were opened.

A question has the number of its trigger in the order of opening. Every model is asked them in this order, and all of
them. A label is written as a position among the model's own class names, where it names them; they are compared with
the committed classes by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO

from pydantic import ValidationError

from tellmark.documents import as_json, first_problem
from tellmark.errors import EvidenceError
from tellmark.evidence.bundle import Bundle
from tellmark.evidence.layout import TRANSCRIPT
from tellmark.evidence.transcript_lines import LINE, Answered, AskedModel, Begun, Diverted, Line, Taken
from tellmark.evidence.verdict_predicate import ModelRecord
from tellmark.models.wrappers.chain import BrokenChain, Place, TornLine, read_chain
from tellmark.types import Digest, Json

SUSPECT, SOURCE, BASE, INDEPENDENT = ROLES = ("suspect", "source", "base", "independent")
"""What a model is asked as: the accused one, the owner's, one that either may come from, one that owes them nothing."""


@dataclass
class Transcript:
    """What the lines so far say of a bundle.

    Attributes
    ----------
    bundle : Bundle
    begun : Begun or None
        None before the first line.
    answers : list of list of int
        For each model its answers to the first questions, as positions among the committed classes.
    taken : int
        Openings whose triggers may be asked.
    diverted : list of str
        Digests of natural inputs that the suspect was asked.
    place : Place
        Of the next line.
    length : int
        Bytes of the lines.
    """

    bundle: Bundle
    begun: Begun | None = None
    answers: list[list[int]] = field(default_factory=list)
    taken: int = 0
    diverted: list[Digest] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    length: int = 0
    _classes: list[dict[int, int]] = field(default_factory=list)

    @property
    def models(self) -> tuple[AskedModel, ...]:
        """Those that are asked."""
        return () if self.begun is None else self.begun.models

    @property
    def complete(self) -> bool:
        """Whether every model has answered every question."""
        return (
            self.begun is not None
            and self.taken == len(self.bundle.openings)
            and all(len(answers) == len(self.bundle.questions) for answers in self.answers)
        )

    def matches(self, model: int) -> tuple[bool, ...]:
        """Which of its answers are the labels of the triggers, in the order of opening."""
        asked = zip(self.answers[model], self.bundle.questions, strict=False)
        return tuple(label == trigger.committed.label for label, trigger in asked)

    def own_label(self, model: int, label: int) -> int:
        """The position among the model's own classes of a label among the committed ones."""
        return next(own for own, committed in self._classes[model].items() if committed == label)

    def take(self, line: Line) -> None:
        """Go on by one line.

        Raises
        ------
        EvidenceError
            If it cannot follow what is there, or speaks of another bundle.
        """
        match line:
            case Begun():
                self._begin(line)
            case Taken():
                self._take_opening(line)
            case Answered():
                self._answer(line)
            case Diverted():
                self._check_label(0, line.label)
                self.diverted.append(Digest(line.input))

    def _begin(self, line: Begun) -> None:
        if line.claim != self.bundle.disclosure.claim.digest:
            raise EvidenceError("it is the transcript of another claim")
        check_names([model.record for model in line.models])
        committed = self.bundle.registration.said.holdout.classes
        self.begun = line
        self.answers = [[] for _ in line.models]
        self._classes = [_places(model, committed) for model in line.models]

    def _take_opening(self, line: Taken) -> None:
        ahead = self.bundle.openings[self.taken : self.taken + 1]
        if self.begun is None or ahead != (line.opening,):
            raise EvidenceError("it takes an opening that is not the next of this bundle")
        self.taken += 1

    def _answer(self, line: Answered) -> None:
        self._check_label(line.model, line.label)
        given = self.answers[line.model]
        if line.question != len(given):
            raise EvidenceError("an answer is missing before it, or it is the second to one question")
        if not self.taken or line.question >= self.bundle.ends[self.taken - 1]:
            raise EvidenceError("it answers a question that was not open")
        given.append(self._classes[line.model][line.label])

    def _check_label(self, model: int, label: int) -> None:
        if model >= len(self._classes):
            raise EvidenceError("it is the answer of a model that is not asked")
        if label not in self._classes[model]:
            raise EvidenceError("it answers a label that is no class")


def read_transcript(raw: bytes, bundle: Bundle) -> Transcript:
    """What a transcript says that ends with a whole line.

    Parameters
    ----------
    raw : bytes
        Of ``transcript.jsonl``.
    bundle : Bundle

    Raises
    ------
    EvidenceError
        If it is not as it was written, breaks off, or belongs to another bundle.
    """
    found = resumed(raw, bundle)
    if found.length < len(raw) or not raw.endswith(b"\n"):
        raise EvidenceError(f"{TRANSCRIPT} breaks off: the judge was stopped, and tellmark judge goes on from it")
    return found


def resumed(raw: bytes, bundle: Bundle) -> Transcript:
    """What the whole lines say of a transcript that may break off in its last line; see `read_transcript`."""
    found = Transcript(bundle)
    try:
        for content, place, length in read_chain(BytesIO(raw)):
            found.take(_line(content, found.place))
            found.place, found.length = place, found.length + length
    except TornLine:
        pass
    except BrokenChain as error:
        raise EvidenceError(f"{TRANSCRIPT} is not as it was written: {error}") from None
    except EvidenceError as error:
        raise EvidenceError(f"{TRANSCRIPT}: line {found.place.number + 1}: {error}") from None
    if found.begun is None and found.length == len(raw):
        raise EvidenceError(f"{TRANSCRIPT} has no line")
    return found


def check_names(models: Sequence[ModelRecord]) -> None:
    """Check that models are the suspect, the source or not, base models, and independent ones, each in order.

    Raises
    ------
    EvidenceError
        If they are not.
    """
    names = [model.name for model in models]
    source = [name for name in names if name == SOURCE]
    counts = [sum(role_of(model) == role for model in models) for role in (BASE, INDEPENDENT)]
    if names != [SUSPECT, *source[:1], *numbered(BASE, counts[0]), *numbered(INDEPENDENT, counts[1])]:
        raise EvidenceError("it asks other models than a suspect, a source, base models and independent ones")


def numbered(role: str, count: int) -> list[str]:
    """What so many models of one role are called.

    Examples
    --------
    >>> numbered(INDEPENDENT, 2)
    ['independent 1', 'independent 2']
    """
    return [f"{role} {number}" for number in range(1, count + 1)]


def role_of(model: ModelRecord) -> str:
    """What a model is asked as, by its name."""
    return model.name.partition(" ")[0]


def _line(content: Json, place: Place) -> Line:
    try:
        line = LINE.validate_python(content)
    except ValidationError as error:
        raise EvidenceError(first_problem(error)) from None
    if as_json(line) != content:
        raise EvidenceError("it is not written as Tellmark writes")
    if (place.number == 0) != isinstance(line, Begun):
        raise EvidenceError("a transcript begins with its first line, and with no other")
    return line


def _places(model: AskedModel, committed: Sequence[str]) -> dict[int, int]:
    """For each of the model's own labels its position among the committed classes."""
    own = committed if model.classes is None else model.classes
    if sorted(own) != sorted(committed):
        raise EvidenceError(f"the classes of the {model.record.name} are not those that were committed to")
    places = {name: place for place, name in enumerate(committed)}
    return {label: places[name] for label, name in enumerate(own)}
