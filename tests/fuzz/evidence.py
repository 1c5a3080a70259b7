"""Parsers of evidence, with golden files to start from: changed bytes, and changed words that their owner signed anew.

A signature keeps changed bytes from most of the readers. Whoever may sign gets past it, so the readers behind it are
given what the owner and the judge of the golden bundles could sign.
"""

from __future__ import annotations

import json
import random
from base64 import b64decode
from functools import cache
from pathlib import Path

from fuzz.mutating import bytes_from, document_from
from fuzz.parser import Parser, file
from golden.make_bundles import FOLDER, JUDGE, OWNER, ROOT
from tellmark.digests import canonical_json
from tellmark.errors import EvidenceError, TellmarkError
from tellmark.evidence.base64_text import text_of
from tellmark.evidence.bundle import Files, bundle_files
from tellmark.evidence.check import check_files
from tellmark.evidence.dates import proven_time
from tellmark.evidence.envelope import PAYLOAD_TYPE, pre_authentication_encoding
from tellmark.evidence.keys import SigningKey
from tellmark.evidence.layout import CLAIM, REGISTRATION, SUMMARY, TRANSCRIPT, VERDICT, opening_name
from tellmark.evidence.registration import load_registration
from tellmark.evidence.tsa_certificates import read_roots
from tellmark.models.wrappers.chain import Place, chained
from tellmark.types import Json

_SIGNED = {CLAIM: OWNER, opening_name(1): OWNER, opening_name(2): OWNER, VERDICT: JUDGE, SUMMARY: JUDGE}
_LINKS = ("number", "previous", "digest")
_UNSAYABLE = (ValueError, TypeError, RecursionError, TellmarkError)
"""No canonical JSON can say it."""


@cache
def _files() -> Files:
    return bundle_files(FOLDER / "copy")


@cache
def _registration() -> dict[str, Json]:
    return json.loads(_files()[REGISTRATION])


@cache
def _roots():
    return read_roots([ROOT])


def signed_anew(chance: random.Random, envelope: dict[str, Json], key: SigningKey) -> dict[str, Json]:
    """An envelope whose payload was changed before it was signed."""
    payload = canonical_json(document_from(chance, json.loads(b64decode(envelope["payload"]))))
    signature = key.sign(pre_authentication_encoding(PAYLOAD_TYPE, payload))
    return {
        "payload": text_of(payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key.public.keyid, "sig": text_of(signature)}],
    }


def signed_registration(chance: random.Random, folder: Path) -> Path:
    """A registration that its owner signed with other words, or around whose envelope other things stand."""
    document = dict(_registration())
    path = folder / "signed.tmk"
    try:
        if chance.random() < 0.7:
            document["envelope"] = signed_anew(chance, document["envelope"], OWNER)
        else:
            document = document_from(chance, document)
        path.write_bytes(canonical_json(document))
    except _UNSAYABLE:
        path.write_bytes(b"")
    return path


def stamped_registration(chance: random.Random, folder: Path) -> Path:
    """A registration whose timestamp, or the chain of it, is damaged in its DER."""
    document = json.loads(_files()[REGISTRATION])
    (stamp,) = document["timestamps"]
    token = b64decode(stamp["token"])
    if chance.random() < 0.8:
        stamp["token"] = text_of(bytes_from(chance, [token]))
    else:
        stamp["chain"] = [text_of(bytes_from(chance, [token])) for _ in range(chance.randrange(3))]
    path = folder / "stamped.tmk"
    path.write_bytes(canonical_json(document))
    return path


def changed_bundle(chance: random.Random, _: Path) -> Files:
    """A bundle one of whose files was changed."""
    name = chance.choice(sorted(_files()))
    return {
        **_files(),
        name: bytes_from(chance, list(_files().values()) if chance.random() < 0.1 else [_files()[name]]),
    }


def signed_bundle(chance: random.Random, _: Path) -> Files:
    """A bundle one of whose envelopes was signed anew with other words."""
    name = chance.choice(sorted(_SIGNED))
    try:
        return {**_files(), name: canonical_json(signed_anew(chance, json.loads(_files()[name]), _SIGNED[name]))}
    except _UNSAYABLE:
        return _files()


def chained_bundle(chance: random.Random, _: Path) -> Files:
    """A bundle without a verdict whose transcript says other things, in a chain that holds."""
    lines = [json.loads(line) for line in _files()[TRANSCRIPT].splitlines()]
    plain = [{key: line[key] for key in line if key not in _LINKS} for line in lines]
    place, written = Place(), []
    for line in document_from(chance, plain):
        try:
            content, place = chained(line if isinstance(line, dict) else {"odd": line}, place)
        except _UNSAYABLE:
            continue
        written.append(content + b"\n")
    unjudged = {name: raw for name, raw in _files().items() if name not in (VERDICT, SUMMARY)}
    return unjudged | {TRANSCRIPT: b"".join(written)}


def _checked(files: Files) -> object:
    """The finding; what is wrong with the bundle is a reason there, and never an error."""
    found = check_files(files, _roots())
    if found.outcome == "invalid":
        raise EvidenceError("; ".join(found.reasons))
    return found


EVIDENCE: dict[str, Parser] = {
    "registration": Parser(file("fuzz.tmk", (FOLDER / "copy" / REGISTRATION).read_bytes()), load_registration),
    "registration-signed": Parser(signed_registration, load_registration),
    "timestamps": Parser(stamped_registration, lambda path: proven_time(load_registration(path), _roots())),
    "roots": Parser(file("fuzz.pem", ROOT.read_bytes()), lambda path: read_roots([path])),
    "bundle": Parser(changed_bundle, _checked),
    "bundle-signed": Parser(signed_bundle, _checked),
    "bundle-chained": Parser(chained_bundle, _checked),
}
