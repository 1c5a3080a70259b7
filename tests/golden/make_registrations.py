"""Writes the registrations of format 1 that lie beside it: ``python -m golden.make_registrations`` in ``tests``.

Files of a format that was released are never written again: readers of every later version are tested on them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from opened_triggers import registered
from tellmark.digests import digest_bytes
from tellmark.evidence.envelope import sealed
from tellmark.evidence.keys import SigningKey, load_key
from tellmark.evidence.predicates import FileRecord, NullBasis, RegistrationPredicate
from tellmark.evidence.registration import Extras, Registration, registration_of, subjects_of
from tellmark.evidence.statement import statement
from tellmark.evidence.timestamps import request_timestamp
from tsa import new_authority, pem

FOLDER = Path(__file__).parent
SPACES = {"ed25519": "images", "p256": "texts"}
MATCHES = (2, 3, 3, 4)
LEVEL = 0.8
LIMIT = 5
"""Of 12 triggers; it follows from the matches at content and confidence `LEVEL`."""


def golden_key(kind: str) -> SigningKey:
    """A key that everybody knows."""
    secret = _ED25519 if kind == "ed25519" else _p256()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "owner.key")
        path.write_bytes(secret)
        return load_key(path, None)


def golden_predicate(kind: str) -> RegistrationPredicate:
    """What the file ``registration-1-KIND.tmk`` says; `kind` is one of `SPACES`."""
    said, _ = registered(SPACES[kind], triggers=12, tiers=2)
    null = NullBasis(matches=MATCHES, content=LEVEL, confidence=LEVEL)
    first = said.tiers[0].model_copy(update={"limit": LIMIT, "null": null, "promising": 11})
    return said.model_copy(
        update={
            "owner": golden_key(kind).public.record,
            "files": (
                FileRecord(name="config.json", digest=digest_bytes(b"{}")),
                FileRecord(name="weights/part 1.safetensors", digest=digest_bytes(b"weights")),
            ),
            "source": digest_bytes(b"source") if kind == "ed25519" else None,
            "tiers": (first, said.tiers[1]),
            "rule": said.rule.model_copy(update={"budget": 24}),
        }
    )


def signed(said: RegistrationPredicate, kind: str) -> Registration:
    """The registration that says this; of ``p256`` the signature is another each time."""
    return registration_of(sealed(statement(said, subjects_of(said)), golden_key(kind)))


def _p256() -> bytes:
    key = ec.derive_private_key(int.from_bytes(bytes(range(1, 33)), "big"), ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


_ED25519 = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""


def main() -> None:
    """Write all of them."""
    for kind in SPACES:
        signed(golden_predicate(kind), kind).save(FOLDER / f"registration-1-{kind}.tmk")
    registration = signed(golden_predicate("ed25519"), "ed25519")
    with tempfile.TemporaryDirectory() as folder:
        authority, root = new_authority(Path(folder, "tsa"))
        with authority.serving():
            record = request_timestamp(registration.stamped, authority.url, (root.certificate,))
    (FOLDER / "registration-1-root.pem").write_bytes(pem(root.certificate))
    extras = Extras(ots="AE9wZW5UaW1lc3RhbXBz", rekor={"logIndex": 7, "body": "…"})
    stamped = registration.with_timestamp(record)
    document = stamped.document.model_copy(update={"extras": extras})
    Registration(document, stamped.said).save(FOLDER / "registration-1-stamped.tmk")


if __name__ == "__main__":
    main()
