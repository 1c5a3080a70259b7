"""A model whose file only a process in a sandbox has opened."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

import numpy as np

from tellmark.models.answers import no_answers
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.inputs import is_text
from tellmark.models.sandbox.frames import PipeError
from tellmark.models.sandbox.limits import Limits
from tellmark.models.sandbox.messages import (
    MOST_BODY,
    answers_in,
    batch_message,
    info_in,
    spec_document,
)
from tellmark.models.sandbox.process import Process
from tellmark.models.spec import ModelSpec
from tellmark.types import Batch

_PIECE_INPUTS = 1024
_PIECE_BYTES = 1 << 26


class SandboxedModel:
    """Passes batches on to a process, and takes its answers for what a stranger says.

    What is known of the model is what the process says of it, the digest included.

    Parameters
    ----------
    process : Process
        Just started.
    spec : ModelSpec
    limits : Limits
    confinement : str
        What is kept from the process, in words.

    Raises
    ------
    TellmarkError
        If the process cannot load the model.
    """

    def __init__(self, process: Process, spec: ModelSpec, *, limits: Limits, confinement: str) -> None:
        self.confinement = confinement
        self._process = process
        self._spec = spec
        bounds = {"memory": limits.memory, "seconds": limits.seconds, "patience": limits.patience}
        frame = process.exchange({"spec": spec_document(spec), "limits": bounds}, most=0)
        try:
            self.info: ModelInfo = info_in(frame, kind=spec.kind)
        except PipeError as error:
            raise process.failed(error) from None

    def __repr__(self) -> str:
        return f"SandboxedModel({self._spec})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process; nothing can be asked any more."""
        self._process.close()

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`.

        Raises
        ------
        ModelError
            If the process dies, takes too long or more than its limits, or answers as no classifier does.
        """
        if len(batch) == 0:
            return no_answers()
        parts = [self._ask(piece) for piece in _pieces(batch)]
        labels = np.concatenate([part.labels for part in parts])
        scores = [part.scores for part in parts if part.scores is not None]
        return Answers(labels, np.concatenate(scores) if len(scores) == len(parts) else None)

    def _ask(self, piece: Batch) -> Answers:
        header, body = batch_message(piece)
        frame = self._process.exchange(header, body, most=MOST_BODY)
        try:
            return answers_in(
                frame, asked=len(piece), info=self.info, model=self._spec.target, quoting=not is_text(piece)
            )
        except PipeError as error:
            raise self._process.failed(error) from None


def _pieces(batch: Batch) -> Iterator[Batch]:
    """Stretches of the batch that neither pipe nor memory minds."""
    each = max(1, batch.nbytes // len(batch))
    count = max(1, min(_PIECE_INPUTS, _PIECE_BYTES // each))
    for start in range(0, len(batch), count):
        yield batch[start : start + count]
