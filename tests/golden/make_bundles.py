"""Writes the bundles of evidence that lie in ``bundles-1``: ``python -m golden.make_bundles`` in ``tests``.

Good ones are whole folders. Of a broken one there is what is changed in a good one, in ``broken/NAME``; the list
``broken.json`` says in which, what is left out of it, and what the check finds.

Files of a format that was released are never written again: readers of every later version are tested on them.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import digit_models as digits
from golden.make_registrations import golden_key
from tellmark.digests import digest_bytes, digest_input
from tellmark.documents import document_bytes
from tellmark.evidence.bundle import Files, bundle_files, read_bundle
from tellmark.evidence.claiming import new_claim
from tellmark.evidence.dates import proven_time
from tellmark.evidence.encoded_inputs import encoded
from tellmark.evidence.envelope import opened, read_envelope, sealed
from tellmark.evidence.judging import Decoys, Drawn, Knowledge, Panel, Secrets, judge
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import CLAIM, REGISTRATION, SUMMARY, TRANSCRIPT, VERDICT
from tellmark.evidence.opening import open_next
from tellmark.evidence.predicates import OpeningPredicate, RegistrationPredicate
from tellmark.evidence.registering import RegistrationSettings, register
from tellmark.evidence.registration import load_registration, registration_of, subjects_of
from tellmark.evidence.statement import statement, subject
from tellmark.evidence.timestamps import request_timestamp
from tellmark.evidence.tsa_certificates import Roots
from tellmark.evidence.verdict_predicate import SuspectAge, VerdictPredicate
from tsa import new_authority, pem

FOLDER = Path(__file__).parent / "bundles-1"
BROKEN, ROOT = FOLDER / "broken", FOLDER / "root.pem"
OWNER, JUDGE = golden_key("ed25519"), golden_key("p256")
SETTINGS = RegistrationSettings(alpha=0.05, beta=0.05, reserve=0.5)
BASE = 8
"""A model that the source could come from; this one does not."""
GOOD = {
    "copy": "supports",
    "independent": "does not support",
    "alone": "inconclusive",
    "unjudged": "inconclusive",
    "unopened": "inconclusive",
}
"""What the check finds in each, under the root of the authority."""


def make_good(folder: Path) -> None:
    """The good ones, and the root of their authority."""
    with tempfile.TemporaryDirectory() as there:
        file = Path(there, "my.tmk")
        root = _register(file)
        roots = (root,)
        registered = proven_time(load_registration(file), roots)
        assert registered is not None
        age = SuspectAge(since=registered + timedelta(hours=1), source="release notes")
        secrets = Secrets(digits.marked(), digits.holdout())
        twin, other, third = digits.learnt(1), digits.learnt(4), digits.learnt(BASE)
        decoys = Decoys(digits.others(), 3)
        whole = Panel(digits.copy(), digits.source(), [twin, other], [third])
        judge(_claimed(file, folder / "copy", 1), whole, JUDGE, _known(file, roots, age, 1, secrets))
        rest = _claimed(file, folder / "independent", 2, counts=(6, 6))
        judge(rest, Panel(other, None, [twin]), JUDGE, _known(file, roots, age, 2), decoys=decoys)
        _forget(file)
        alone = _claimed(file, folder / "alone", 3)
        judge(alone, Panel(digits.copy(), digits.source(), []), JUDGE, _known(file, roots, age, 3))
        _forget(file)
        _claimed(file, folder / "unjudged", 4)
        new_claim(file, folder / "unopened", OWNER, suspect="a model", nonce=_nonce(5))
    (folder / "root.pem").write_bytes(pem(root))


def _register(file: Path):
    made = register(digits.marked(), digits.holdout(), OWNER, SETTINGS, secrets=digest_bytes(b"digits.mark"))
    with tempfile.TemporaryDirectory() as folder:
        authority, root = new_authority(Path(folder, "tsa"))
        with authority.serving():
            record = request_timestamp(made.stamped, authority.url, (root.certificate,))
    made.with_timestamp(record).save(file)
    return root.certificate


def _claimed(file: Path, bundle: Path, number: int, *, counts: tuple[int, ...] = (8, 4)) -> Path:
    nonce = _nonce(number)
    new_claim(file, bundle, OWNER, suspect=f"model {number} at models.example", nonce=nonce)
    for count in counts:
        open_next(file, bundle, digits.marked(), digits.holdout(), OWNER, count=count, nonce=nonce)
    return bundle


def _nonce(number: int) -> str:
    return f"{number:02x}" * 16


def _known(file: Path, roots: Roots, age: SuspectAge, number: int, secrets: Secrets | None = None) -> Knowledge:
    """What the judge of a claim on this registration knows."""
    drawn = Drawn(_nonce(number), load_registration(file).digest)
    return Knowledge(roots, age, secrets, "the owner's ledger, which the judge was shown", drawn)


def _forget(file: Path) -> None:
    """There are few triggers: later claims open some that were opened before, as no owner should."""
    Path(f"{file}.opened.jsonl").unlink(missing_ok=True)


# Broken ones: from the files of a good one, and of another, to what is changed; None leaves a file out

Change = Callable[[Files, Files], dict[str, bytes | None]]


def _registration_says(**changes: object) -> Change:
    def change(files: Files, _other: Files) -> dict[str, bytes | None]:
        said = read_bundle(files).registration.said
        made: RegistrationPredicate = said.model_copy(update=changes)
        registration = registration_of(sealed(statement(made, subjects_of(made)), OWNER))
        return {REGISTRATION: registration.content}

    return change


def _rule_of_half(files: Files, other: Files) -> dict[str, bytes | None]:
    rule = read_bundle(files).registration.said.rule
    return _registration_says(rule=rule.model_copy(update={"alpha": 0.5}))(files, other)


def _unstamped(files: Files, _other: Files) -> dict[str, bytes | None]:
    return {REGISTRATION: registration_of(read_bundle(files).registration.document.envelope).content}


def _crafted(files: Files, _other: Files) -> dict[str, bytes | None]:
    """The first trigger has another input than its random words yield, and the owner signs that."""
    said = _opening(files)
    first = said.triggers[0]
    pixels = digits.others().inputs[0]
    committed = first.committed.model_copy(update={"input": digest_input(pixels)})
    crafted = first.model_copy(update={"committed": committed, "input": encoded(pixels)})
    return _opens(files, said.model_copy(update={"triggers": (crafted, *said.triggers[1:])}))


def _picked_by_the_owner(files: Files, _other: Files) -> dict[str, bytes | None]:
    said = _opening(files)
    return _opens(files, said.model_copy(update={"triggers": said.triggers[::-1]}))


def _opening(files: Files) -> OpeningPredicate:
    return opened(read_envelope(files["openings/0001.json"], ""), OpeningPredicate, OWNER.public).predicate


def _opens(files: Files, said: OpeningPredicate) -> dict[str, bytes | None]:
    claim = read_bundle(files).disclosure.claim.digest
    envelope = sealed(statement(said, [subject(CLAIM, claim)]), OWNER)
    return {"openings/0001.json": document_bytes(envelope)}


def _transcript(edit: Callable[[list[bytes]], list[bytes]]) -> Change:
    """A transcript that was touched, in a bundle that has no verdict yet: with one every change shows at once."""

    def change(files: Files, _other: Files) -> dict[str, bytes | None]:
        touched = b"".join(edit(files[TRANSCRIPT].splitlines(keepends=True)))
        return {TRANSCRIPT: touched, VERDICT: None, SUMMARY: None}

    return change


def _verdict_says(judge: SigningKey = JUDGE, **changes: object) -> Change:
    """Another verdict, which the judge signs, or whoever plays him."""

    def change(files: Files, _other: Files) -> dict[str, bytes | None]:
        said = opened(read_envelope(files[VERDICT], ""), VerdictPredicate, JUDGE.public).predicate
        made = said.model_copy(update={"judge": judge.public.record, **changes})
        subjects = [subject(file.name, file.digest) for file in made.files]
        return {VERDICT: document_bytes(sealed(statement(made, subjects), judge)), SUMMARY: None}

    return change


def _swapped_suspect(files: Files, other: Files) -> dict[str, bytes | None]:
    said = opened(read_envelope(files[VERDICT], ""), VerdictPredicate, JUDGE.public).predicate
    model = said.suspect.model.model_copy(update={"digest": digest_bytes(b"another model")})
    return _verdict_says(suspect=said.suspect.model_copy(update={"model": model}))(files, other)


CHANGES: dict[str, tuple[str, Change, str]] = {
    "another-rule": ("copy", _rule_of_half, "the claim is made on another registration"),
    "timestamp-taken-away": ("copy", _unstamped, "the claim is made on another registration"),
    "crafted-trigger": ("copy", _crafted, "does not follow the opening before it"),
    "crafted-last": (
        "unjudged",
        lambda files, other: {**_crafted(files, other), "openings/0002.json": None},
        "is not the one that the registration lists",
    ),
    "picked-by-the-owner": ("copy", _picked_by_the_owner, "other than the nonce picks"),
    "opening-left-out": ("copy", lambda files, other: {"openings/0001.json": None}, "an opening before it is missing"),
    "opening-of-another-claim": (
        "copy",
        lambda files, other: {"openings/0002.json": other["openings/0002.json"]},
        "belongs to another claim",
    ),
    "transcript-truncated": (
        "copy",
        lambda files, other: {TRANSCRIPT: files[TRANSCRIPT][: files[TRANSCRIPT].rindex(b"\n", 0, -1) + 1]},
        "does not know transcript.jsonl",
    ),
    "transcript-torn": ("copy", _transcript(lambda lines: [*lines[:-1], lines[-1][:40]]), "breaks off"),
    "transcript-reordered": (
        "copy",
        _transcript(lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]]),
        "line 5 does not follow",
    ),
    "transcript-duplicated": ("copy", _transcript(lambda lines: [*lines[:5], *lines[4:]]), "line 6 does not follow"),
    "transcript-replayed": (
        "copy",
        lambda files, other: {TRANSCRIPT: other[TRANSCRIPT], VERDICT: None, SUMMARY: None},
        "transcript of another claim",
    ),
    "foreign-verdict": ("copy", lambda files, other: {VERDICT: other[VERDICT]}, "a verdict on other files"),
    "swapped-suspect": ("copy", _swapped_suspect, "states of the suspect what does not follow"),
    "verdict-that-does-not-follow": ("independent", _verdict_says(outcome="supports"), "'does not support' follows"),
    "verdict-by-the-owner": ("copy", _verdict_says(OWNER), "the owner signed the verdict on his own claim"),
    "another-nonce-drawn": ("copy", _verdict_says(nonce="ff" * 16), "drew another nonce"),
    "foreign-summary": ("copy", lambda files, other: {SUMMARY: other[SUMMARY]}, "something else than verdict.json"),
    "summary-alone": ("copy", lambda files, other: {VERDICT: None}, "no verdict.json that it could be of"),
    "no-transcript": ("copy", lambda files, other: {TRANSCRIPT: None}, "a verdict on other files"),
    "strange-file": ("copy", lambda files, other: {"notes.txt": b"see attachment"}, "notes.txt is no file of a bundle"),
}


def make_broken(folder: Path) -> None:
    """The broken ones, from the good ones in the same folder."""
    listed = {}
    for name, (of, change, finding) in CHANGES.items():
        files = bundle_files(folder / of)
        other = bundle_files(folder / ("independent" if of == "copy" else "copy"))
        changed = change(files, other)
        for each, content in changed.items():
            if content is not None:
                path = folder / "broken" / name / each
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        without = [each for each, content in changed.items() if content is None]
        listed[name] = {"of": of, "without": without, "finding": finding}
    (folder / "broken.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")


def broken_files(folder: Path, name: str) -> dict[str, bytes]:
    """The files of a broken one."""
    listed = json.loads((folder / "broken.json").read_text(encoding="utf-8"))[name]
    files = bundle_files(folder / listed["of"])
    changed = folder / "broken" / name
    paths = [path for path in changed.rglob("*") if path.is_file()]
    files |= {path.relative_to(changed).as_posix(): path.read_bytes() for path in paths}
    return {each: content for each, content in files.items() if each not in listed["without"]}


def main() -> None:
    """Write all of them."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    make_good(FOLDER)
    make_broken(FOLDER)


if __name__ == "__main__":
    main()
