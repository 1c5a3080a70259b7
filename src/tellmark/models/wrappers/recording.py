"""Two wrappers around one transcript: the inner one writes down what is asked, the outer one asks nothing twice.

A budget belongs between them, as in ``RememberingModel(BudgetedModel(RecordingModel(suspect, …), …), …)``: it is to
count what is sent, and not what is answered from the transcript.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tellmark.digests import digest_input
from tellmark.errors import BudgetSpent, ModelError
from tellmark.models.answers import first_line, no_answers
from tellmark.models.base import Answers, Model, ModelInfo
from tellmark.models.wrappers.contents import OneAnswer
from tellmark.models.wrappers.exchanging import ExchangingModel
from tellmark.models.wrappers.records import Body, Exchanged
from tellmark.models.wrappers.transcript import Transcript
from tellmark.models.wrappers.written import printable
from tellmark.types import Batch, Digest

if TYPE_CHECKING:
    from tellmark.models.http.exchange import Exchange


class RecordingModel:
    """Writes every question and every answer into a transcript.

    Inputs are asked in pieces of as many as are under way at one time, and the answers to a piece are in the
    transcript before the next is sent. Of a model in this process a piece is the whole batch.

    What a run that was killed had under way is settled first, without asking: responses that had come, and were not
    understood yet, are now.

    Parameters
    ----------
    model : Model
    transcript : Transcript
    classes : int or None
        How many the model knows: another label is no answer. None takes any label.
    """

    def __init__(self, model: Model, transcript: Transcript, *, classes: int | None = None) -> None:
        self._model = model
        self._transcript = transcript
        self._classes = classes
        self._networked = model if isinstance(model, ExchangingModel) else None
        self._salvage()

    def __repr__(self) -> str:
        return f"RecordingModel({self._model!r})"

    @property
    def info(self) -> ModelInfo:
        """The model's."""
        return self._model.info

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        if len(batch) == 0:
            return no_answers()
        size = len(batch) if self._networked is None else max(1, self._networked.most_at_once)
        return joined([self._asked(batch[start : start + size]) for start in range(0, len(batch), size)])

    def _asked(self, piece: Batch) -> Answers:
        inputs = [digest_input(one) for one in piece]
        self._transcript.sent(inputs)
        try:
            answers = self._told(piece)
            self._take(inputs, answers)
        except (ModelError, BudgetSpent) as error:
            self._salvage()
            self._transcript.failed(list(self._transcript.contents.open), _in_words(error))
            raise
        return answers

    def _take(self, inputs: Sequence[Digest], answers: Answers) -> None:
        """Write answers down; a label that is no class is none, and is asked again another time."""
        labels = np.asarray(answers.labels)
        if self._classes is not None and labels.dtype.kind in "iu" and not np.isin(labels, range(self._classes)).all():
            raise ModelError(f"the suspect answered a label that is none of its {self._classes} classes")
        self._transcript.answered(inputs, answers)

    def _told(self, piece: Batch) -> Answers:
        """Ask; while this lasts, exchanges and repetitions are written down."""
        suspect = self._networked
        if suspect is None:
            return self._model.query(piece)
        before, allowing = suspect.on_exchange, suspect.on_repeat

        def repeating(inputs: tuple[Digest, ...]) -> None:
            if allowing is not None:
                allowing(inputs)
            self._transcript.again(inputs)

        suspect.on_exchange, suspect.on_repeat = self._note, repeating
        try:
            return suspect.query(piece)
        finally:
            suspect.on_exchange, suspect.on_repeat = before, allowing

    def _note(self, exchange: Exchange) -> None:
        record = Exchanged(
            time=self._transcript.time(),
            inputs=exchange.inputs,
            request=exchange.request,
            attempt=exchange.attempt,
            status=exchange.status,
            seconds=round(exchange.seconds, 6),
            body=Body.of(exchange.body),
            failure=None if exchange.failure is None else printable(exchange.failure),
        )
        self._transcript.exchanged(record)

    def _salvage(self) -> None:
        """Understand good responses to inputs that have no answer yet."""
        if self._networked is None:
            return
        for exchange in list(self._transcript.contents.exchanges):
            if exchange.failure is not None or exchange.status is None or not 200 <= exchange.status < 300:
                continue
            body, inputs = exchange.body.whole, [Digest(one) for one in exchange.inputs]
            if body is None or not inputs or Counter(inputs) - Counter(self._transcript.contents.open):
                continue
            try:
                self._take(inputs, self._networked.answers_in(body, asked=len(inputs)))
            except ModelError:
                continue  # it is asked once more


class RememberingModel:
    """Answers from the transcript what is there, and asks only the rest.

    The second time an input is asked, it is the second answer to it that counts, and so on: repeating a question on
    purpose goes on where it was as well. So each answer is used once, and leaves memory then.

    Parameters
    ----------
    model : Model
        Writes to the same transcript.
    transcript : Transcript
        Nobody else uses its answers.
    """

    def __init__(self, model: Model, transcript: Transcript) -> None:
        self._model = model
        self._transcript = transcript

    def __repr__(self) -> str:
        return f"RememberingModel({self._model!r})"

    @property
    def info(self) -> ModelInfo:
        """The model's."""
        return self._model.info

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`."""
        if len(batch) == 0:
            return no_answers()
        times, known = Counter[Digest](), list[OneAnswer | None]()
        for one in batch:
            digest = digest_input(one)
            ahead = self._transcript.answers_ahead(digest)
            known.append(ahead[times[digest]] if times[digest] < len(ahead) else None)
            times[digest] += 1
        missing = [place for place, answer in enumerate(known) if answer is None]
        answers = self._model.query(batch[missing]) if missing else no_answers()
        for digest, asked in times.items():
            self._transcript.used(digest, asked)
        return filled_in(known, answers)


def filled_in(known: Sequence[OneAnswer | None], rest: Answers) -> Answers:
    """Known answers, and in the places of those that are None, in order, the rest; scores where all have some."""
    missing = [place for place, answer in enumerate(known) if answer is None]
    labels = np.array([0 if answer is None else answer.label for answer in known], dtype=np.int64)
    labels[missing] = rest.labels
    rows: list[object] = [None if answer is None else answer.scores for answer in known]
    if rest.scores is not None:
        for place, row in zip(missing, rest.scores, strict=True):
            rows[place] = row
    if any(row is None for row in rows):
        return Answers(labels)
    return Answers(labels, np.array(rows, dtype=np.float32))


def joined(parts: Sequence[Answers]) -> Answers:
    """Answers to one batch after another; scores where all have some."""
    labels = np.concatenate([part.labels for part in parts])
    scores = [part.scores for part in parts if part.scores is not None]
    return Answers(labels, np.concatenate(scores) if len(scores) == len(parts) else None)


def _in_words(error: Exception) -> str:
    """What an adapter put into words of its own; of what it passes on only the name, as its text may show the input."""
    foreign = error.__cause__
    return first_line(error) if foreign is None else type(foreign).__name__
