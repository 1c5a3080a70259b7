"""A transcript as a suspect: it answers as it did then, and nobody is asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tellmark.digests import digest_file, digest_input
from tellmark.errors import Mismatch, ModelError
from tellmark.models.answers import no_answers
from tellmark.models.base import Answers, ModelInfo
from tellmark.models.wrappers.contents import read_transcript
from tellmark.models.wrappers.recording import filled_in
from tellmark.types import Batch, Digest

TRANSCRIPT_SUFFIX = ".jsonl"


class ReplayedModel:
    """Answers inputs as the transcript of a run says.

    The second time an input is asked it gives the second answer that it got then, and so on; when these are used up,
    the last one.

    Parameters
    ----------
    path : Path
    classes : tuple of str or None
        Class names in order, where the suspect named none. Where it did, these must be the same.

    Raises
    ------
    FileError
        If there is no such file.
    Mismatch
        If it is no transcript, was changed after it was written, or has other classes.
    """

    def __init__(self, path: Path, *, classes: tuple[str, ...] | None = None) -> None:
        contents = read_transcript(path)
        own = contents.header.suspect.classes
        if classes is not None and own is not None and classes != own:
            raise Mismatch(f"{path} has answers in the order {', '.join(own)}: leave classes= out")
        self.info = ModelInfo("recorded", digest_file(path), own or classes)
        self._path = path
        self._answers = contents.answers
        self._times: Counter[Digest] = Counter()

    def __repr__(self) -> str:
        return f"ReplayedModel({self._path.name}, {len(self._answers)} inputs)"

    def query(self, batch: Batch) -> Answers:
        """Answer a batch; see `tellmark.models.base.Model.query`.

        Raises
        ------
        ModelError
            If the transcript has no answer to some input.
        """
        if len(batch) == 0:
            return no_answers()
        digests = [digest_input(one) for one in batch]
        if unknown := sum(digest not in self._answers for digest in digests):
            raise ModelError(
                f"{self._path} has no answer to {unknown} of {len(digests)} inputs; verify with the order seed in its "
                f"first line, or go on with the run that it is of"
            )
        said = []
        for digest in digests:
            known = self._answers[digest]
            said.append(known[min(self._times[digest], len(known) - 1)])
            self._times[digest] += 1
        return filled_in(said, no_answers())
