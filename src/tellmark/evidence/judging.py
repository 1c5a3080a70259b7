"""Judge a claim: verify the bundle, ask the models the opened triggers, apply the committed rule, and sign the verdict.

Everything that can be verified is verified before any model is asked, and no model is asked a trigger that cannot be
made anew from committed items. The source is asked first: where it does not answer as its owner committed to, nobody
else is asked. The suspect is asked last. All answers go to the transcript as they come.

A bundle that does not verify has no verdict: there is nothing to rest one on. What is wrong is said, and anybody finds
the same with `tellmark.evidence.check`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tellmark._version import __version__
from tellmark.data.dataset import Dataset
from tellmark.documents import document_bytes
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.evidence.asking import ask_all, asked_model, diversion_from
from tellmark.evidence.audit import audit
from tellmark.evidence.bundle import Bundle, bundle_files, check_folder, read_bundle
from tellmark.evidence.check import Finding, check_files
from tellmark.evidence.dates import check_age, proven_time
from tellmark.evidence.grounds import Dates, Grounds, check_digests, check_source, grounds_of
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import TRANSCRIPT, VERDICT
from tellmark.evidence.predicates import AuditRecord, SuspectAge
from tellmark.evidence.recording import Recorder, recording
from tellmark.evidence.transcript import SOURCE, SUSPECT, Transcript, independent_name
from tellmark.evidence.transcript_lines import Begun, Taken
from tellmark.evidence.tsa_certificates import Roots, root_digests
from tellmark.evidence.verdict import made_verdict
from tellmark.files import open_to_read, replacing
from tellmark.locking import sole_run
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark
from tellmark.types import Progress


@dataclass(frozen=True)
class Panel:
    """The models that a judge asks.

    Attributes
    ----------
    suspect : Model
    source : Model or None
        The owner's, where the judge has it.
    independents : sequence of Model
        The judge's own choice, which owe the source nothing; without any no claim is supported.
    """

    suspect: Model
    source: Model | None
    independents: Sequence[Model]

    @property
    def named(self) -> list[tuple[str, Model]]:
        """Each with its name in the transcript."""
        source = [] if self.source is None else [(SOURCE, self.source)]
        others = [(independent_name(number), model) for number, model in enumerate(self.independents, start=1)]
        return [(SUSPECT, self.suspect), *source, *others]


@dataclass(frozen=True)
class Decoys:
    """Natural inputs to ask the suspect between questions: so many, drawn from these, so that no trigger stands out."""

    data: Dataset
    count: int


@dataclass(frozen=True)
class Secrets:
    """What an owner gives a judge who is to see the whole trigger set: the mark, opened, and its hold-out data."""

    mark: Mark
    holdout: Dataset


@dataclass(frozen=True)
class Knowledge:
    """What the judge knows from elsewhere.

    Attributes
    ----------
    roots : tuple of Certificate
        Of time-stamping authorities that the judge trusts.
    age : SuspectAge or None
    secrets : Secrets or None
    burned : str or None
        How it is known that what the claim calls burned was opened in earlier claims, under nonces of their judges.
    nonce : str or None
        The one that the judge drew; None leaves it to the judge to compare it with the claim's.
    """

    roots: Roots = ()
    age: SuspectAge | None = None
    secrets: Secrets | None = None
    burned: str | None = None
    nonce: str | None = None


def judge(
    path: str | Path,
    panel: Panel,
    key: SigningKey,
    knowledge: Knowledge = Knowledge(),
    *,
    decoys: Decoys | None = None,
    progress: Progress | None = None,
) -> Finding:
    """Judge a bundle, and write transcript and verdict into it.

    Stopped midway, the same call goes on: no answered question is asked again.

    Parameters
    ----------
    path : str or Path
        The folder of the bundle.
    panel : Panel
    key : SigningKey
        The judge's.
    knowledge : Knowledge
    decoys : Decoys or None
    progress : callable, optional

    Returns
    -------
    Finding
        What `tellmark.evidence.check` makes of the judged bundle.

    Raises
    ------
    EvidenceError
        If the bundle does not verify, an audit fails, the source answers otherwise than committed, or a model called
        independent is another one of those asked, or the suspect is said to exist since a day to come; there is no
        verdict then.
    InvalidInput
        If the bundle is judged already, no trigger is open, or there are too few decoys.
    Mismatch
        If a model takes other inputs or knows other classes, or the transcript has the answers of other models.
    ModelError
        If a model fails; what it answered until then is kept.
    FileError
        If something cannot be read or written.
    """
    folder = check_folder(path)
    real = Path(os.path.realpath(folder))
    with sole_run(real.with_name(f"{real.name}.lock")):
        check_age(knowledge.age, judged=datetime.now(UTC))
        bundle = _to_be_judged(folder)
        _check_nonce(bundle, knowledge.nonce)
        dates = Dates(proven_time(bundle.registration, knowledge.roots), knowledge.age)
        begun = _begun(bundle, panel)
        audited = _audited(bundle, panel, knowledge.secrets)
        with recording(folder, bundle, begun) as recorder:
            _ask(recorder, panel, decoys, progress)
        grounds = grounds_of(recorder.transcript, dates, audited, burned_known=knowledge.burned)
        return _signed(folder, bundle, grounds, knowledge.roots, key)


def _to_be_judged(folder: Path) -> Bundle:
    files = bundle_files(folder)
    if VERDICT in files:
        raise InvalidInput(
            f"{folder} is judged already: check it with tellmark check, or judge a copy without {VERDICT}"
        )
    bundle = read_bundle(files)
    if not bundle.questions:
        raise InvalidInput(f"no trigger of the claim in {folder} is open: the owner opens some with tellmark open")
    return bundle


def _check_nonce(bundle: Bundle, nonce: str | None) -> None:
    """An owner who chose the nonce himself chose which triggers are asked."""
    if nonce is not None and nonce.lower() != bundle.disclosure.claim.said.nonce:
        raise EvidenceError(
            "the claim was made under another nonce than the one you drew: its owner may have picked it"
        )


def _begun(bundle: Bundle, panel: Panel) -> Begun:
    """The first line of the transcript; models that are none of their kind by their digest are refused."""
    models = tuple(asked_model(name, model, bundle) for name, model in panel.named)
    claim = bundle.disclosure.claim.digest
    begun = Begun(time=datetime.now(UTC), tellmark=__version__, claim=claim, models=models)
    unasked = Transcript(bundle)
    unasked.take(begun)
    check_digests(unasked)
    return begun


def _audited(bundle: Bundle, panel: Panel, secrets: Secrets | None) -> AuditRecord | None:
    if secrets is None:
        return None
    return audit(secrets.mark, secrets.holdout, bundle.registration.said, source=panel.source)


def _ask(recorder: Recorder, panel: Panel, decoys: Decoys | None, progress: Progress | None) -> None:
    """Ask the source, then the independent models, then the suspect."""
    transcript = recorder.transcript
    diversion = None if decoys is None else diversion_from(decoys.data, decoys.count, transcript.bundle)
    for opening in transcript.bundle.openings[transcript.taken :]:
        recorder.write(Taken(time=datetime.now(UTC), opening=opening))
    (_, suspect), *others = panel.named
    for number, (_, model) in enumerate(others, start=1):
        ask_all(recorder, number, model, progress=progress)
        check_source(transcript)
    ask_all(recorder, 0, suspect, diversion=diversion, progress=progress)


def _signed(folder: Path, bundle: Bundle, grounds: Grounds, roots: Roots, key: SigningKey) -> Finding:
    """Sign the verdict, and write it if whoever checks it comes to the same."""
    with open_to_read(folder / TRANSCRIPT) as file:
        files = {**bundle.files, TRANSCRIPT: file.read()}
    verdict = document_bytes(made_verdict(files, grounds, root_digests(roots), key))
    found = check_files({**files, VERDICT: verdict}, roots)
    if found.outcome == "invalid":
        raise EvidenceError(f"the verdict would not stand: {' '.join(found.reasons)}")
    with replacing(folder / VERDICT) as file:
        file.write(verdict)
    return found
