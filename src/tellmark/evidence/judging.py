"""Judge a claim: verify the bundle, ask the models the opened triggers, apply the committed rule, and sign the verdict.

Everything that can be verified is verified before any model is asked, and no model is asked a trigger that cannot be
made anew from committed items. The source is asked first: where it does not answer as its owner committed to, nobody
else is asked. The suspect is asked last. All answers go to the transcript as they come.

A bundle that does not verify has no verdict: there is nothing to rest one on. What is wrong is said, and anybody finds
the same with `tellmark.evidence.check`.
"""

from __future__ import annotations

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
from tellmark.evidence.bundle import Bundle, bundle_files, check_folder, lock_of, read_bundle
from tellmark.evidence.check import Finding, Pins, check_files
from tellmark.evidence.dates import check_age, proven_time
from tellmark.evidence.grounds import Dates, Grounds, JudgesWord, check_digests, check_source, grounds_of
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import OPENINGS, SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.recording import Recorder, recording
from tellmark.evidence.summary import made_summary
from tellmark.evidence.transcript import BASE, INDEPENDENT, SOURCE, SUSPECT, Transcript, numbered
from tellmark.evidence.transcript_lines import Begun, Taken
from tellmark.evidence.tsa_certificates import Roots, root_digests
from tellmark.evidence.verdict import made_verdict, said_of
from tellmark.evidence.verdict_predicate import AuditRecord, SuspectAge
from tellmark.files import open_to_read, remove_partials, replacing
from tellmark.locking import sole_run
from tellmark.models.base import Model
from tellmark.triggers.mark import Mark
from tellmark.types import Digest, Progress

_LONGEST_WORD = 500
"""Characters of what a judge says in his own words."""


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
    bases : sequence of Model
        That the source or the suspect may come from: public ones, or a rival owner's.
    """

    suspect: Model
    source: Model | None
    independents: Sequence[Model]
    bases: Sequence[Model] = ()

    @property
    def named(self) -> list[tuple[str, Model]]:
        """Each with its name in the transcript."""
        source = [] if self.source is None else [(SOURCE, self.source)]
        bases = zip(numbered(BASE, len(self.bases)), self.bases, strict=True)
        independents = zip(numbered(INDEPENDENT, len(self.independents)), self.independents, strict=True)
        return [(SUSPECT, self.suspect), *source, *bases, *independents]


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
class Drawn:
    """The nonce that the judge drew, and which registration he had taken before.

    Without the latter an owner could hand in one registration, learn the nonce, and claim under another of many that
    he had prepared: the order in which triggers are opened takes in what the registration says.

    Attributes
    ----------
    nonce : str
        Hexadecimal digits.
    registration : str
        Digest of the registration's file, timestamps included.
    """

    nonce: str
    registration: Digest


@dataclass(frozen=True)
class Knowledge:
    """What the judge knows from elsewhere.

    Attributes
    ----------
    roots : tuple of Certificate
        Of time-stamping authorities that the judge trusts.
    age : SuspectAge or None
    secrets : Secrets or None
    earlier_claims : str or None
        What is known of earlier claims on the registration and of what they opened, and how.
    drawn : Drawn or None

    Raises
    ------
    InvalidInput
        If what is said of earlier claims is nothing, longer than 500 characters, or not printable.
    """

    roots: Roots = ()
    age: SuspectAge | None = None
    secrets: Secrets | None = None
    earlier_claims: str | None = None
    drawn: Drawn | None = None

    def __post_init__(self) -> None:
        said = self.earlier_claims
        if said is not None and not (0 < len(said) <= _LONGEST_WORD and said.isprintable()):
            raise InvalidInput(
                f"say of earlier claims what you know, and how, in 1 to {_LONGEST_WORD} printable characters"
            )


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
    with sole_run(lock_of(folder)):
        check_age(knowledge.age, judged=datetime.now(UTC))
        bundle = _to_be_judged(folder, key)
        _check_drawn(bundle, knowledge.drawn)
        dates = Dates(proven_time(bundle.registration, knowledge.roots), knowledge.age)
        begun = _begun(bundle, panel)
        audited = _audited(bundle, panel, knowledge.secrets)
        with recording(folder, bundle, begun, key) as recorder:
            _ask(recorder, panel, decoys, progress)
        said = JudgesWord(knowledge.drawn is not None, knowledge.earlier_claims, audited)
        grounds = grounds_of(recorder.transcript, dates, said)
        return _signed(folder, bundle, grounds, knowledge.roots, key)


def _to_be_judged(folder: Path, key: SigningKey) -> Bundle:
    remove_partials(folder)
    remove_partials(folder / OPENINGS)
    files = {name: content for name, content in bundle_files(folder).items() if name != SUMMARY}
    if VERDICT in files:
        raise InvalidInput(
            f"{folder} is judged already: check it with tellmark check, or judge a copy without {VERDICT} and "
            f"{SUMMARY}, with {folder.name}.judging copied along under its name"
        )
    bundle = read_bundle(files)
    if key.public.record == bundle.registration.said.owner:
        raise InvalidInput("this is the owner's key: a claim is judged by somebody else, with a key of his own")
    if not bundle.questions:
        raise InvalidInput(f"no trigger of the claim in {folder} is open: the owner opens some with tellmark open")
    return bundle


def _check_drawn(bundle: Bundle, drawn: Drawn | None) -> None:
    """An owner who chose the nonce himself, or the registration when he knew it, chose which triggers are asked."""
    if drawn is None:
        return
    if drawn.registration != bundle.registration.digest:
        raise EvidenceError("the claim is made on another registration than the one you took before you drew the nonce")
    if drawn.nonce.lower() != bundle.disclosure.claim.said.nonce:
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
    """Ask the source, then the others, then the suspect."""
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
    """Sign the verdict and its summary, and write them if whoever checks them comes to the same; the verdict last."""
    with open_to_read(folder / TRANSCRIPT) as file:
        files = {**bundle.files, TRANSCRIPT: file.read()}
    nonce = bundle.disclosure.claim.said.nonce
    said = said_of(files, grounds, root_digests(roots), key.public.record, nonce=nonce)
    verdict = document_bytes(made_verdict(said, key))
    written = {SUMMARY: document_bytes(made_summary(verdict, said, grounds, key)), VERDICT: verdict}
    found = check_files({**files, **written}, roots, Pins(judge=key.public))
    if found.outcome == "invalid":
        raise EvidenceError(f"the verdict would not stand: {' '.join(found.reasons)}")
    for name, content in written.items():
        with replacing(folder / name) as file:
            file.write(content)
    return found
