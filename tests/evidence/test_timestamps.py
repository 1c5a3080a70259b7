"""Timestamps from a real responder: what OpenSSL accepts is accepted, and whatever is bent is refused."""

from __future__ import annotations

import base64
import datetime as dt
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

import tsa
from tellmark.digests import digest_bytes
from tellmark.documents import document_bytes, parsed
from tellmark.errors import EvidenceError, FileError, InvalidInput
from tellmark.evidence.base64_text import bytes_of, text_of
from tellmark.evidence.der import Element, elements, joined
from tellmark.evidence.timestamp_tokens import as_answer, reduced, token_in
from tellmark.evidence.timestamps import TimestampRecord, request_timestamp, verified_time
from tellmark.evidence.tsa_certificates import Roots, read_roots, root_digests
from tellmark.evidence.tsa_client import answer_of

repeatable = settings(derandomize=True, deadline=None)

MESSAGE = b'{"payload":"..."}'


@dataclass(frozen=True)
class Stamped:
    """A timestamp and who made it."""

    record: TimestampRecord
    authority: tsa.Authority
    roots: Roots
    root_file: Path
    between: list[x509.Certificate] = field(default_factory=list)

    @property
    def token(self) -> bytes:
        return bytes_of(self.record.token, where="token")

    def with_token(self, token: bytes) -> TimestampRecord:
        return self.record.model_copy(update={"token": text_of(token)})


def stamped(folder: Path, key: tsa.SignerKey, root: tsa.Issuer, *middle: tsa.Issuer) -> Stamped:
    """The chain is sent along in the wrong order, with the root, and with one that has nothing to do with it."""
    between = [each.certificate for each in middle]
    last = middle[0] if middle else root
    sent = [tsa.new_root("Nobody").certificate, root.certificate, *reversed(between)] if middle else []
    authority = tsa.Authority(folder / "tsa", key, last.signer(key), sent)
    roots = (tsa.new_root("Another root").certificate, root.certificate)
    (folder / "root.pem").write_bytes(tsa.pem(root.certificate))
    with authority.serving():
        record = request_timestamp(MESSAGE, authority.url, roots)
    return Stamped(record, authority, roots, folder / "root.pem", between)


@pytest.fixture(scope="module", params=["ecdsa", "rsa through two others"])
def stamp(request, tmp_path_factory) -> Stamped:
    folder, root = tmp_path_factory.mktemp("stamp"), tsa.new_root()
    if request.param == "ecdsa":
        return stamped(folder, ec.generate_private_key(ec.SECP256R1()), root)
    upper = root.intermediate("Upper")
    lower = upper.intermediate("Lower")
    return stamped(folder, rsa.generate_private_key(65537, 2048), root, lower, upper)


@pytest.fixture
def authority(tmp_path):
    made, root = tsa.new_authority(tmp_path / "tsa")
    with made.serving():
        yield made, (root.certificate,)


def answered(authority: tsa.Authority, message: bytes = MESSAGE, hashing=HashAlgorithm.SHA256) -> TimestampRecord:
    """A record of what the authority answers, whatever it is."""
    query = TimestampRequestBuilder().data(message).hash_algorithm(hashing).build()
    token, (signer, *_) = reduced(token_in(authority.reply(query.as_bytes())))
    return TimestampRecord(
        authority=signer.subject.rfc4514_string(), token=text_of(token), chain=(), nonce=f"{query.nonce:x}"
    )


def openssl_accepts(stamp: Stamped, folder: Path, message: bytes = MESSAGE) -> bool:
    (folder / "token.der").write_bytes(stamp.token)
    (folder / "message").write_bytes(message)
    (folder / "between.pem").write_bytes(tsa.pem(*stamp.between))
    words = ["-in", folder / "token.der", "-token_in", "-data", folder / "message", "-CAfile", stamp.root_file]
    words += ["-untrusted", folder / "between.pem"] if stamp.between else []
    return subprocess.run([tsa.OPENSSL, "ts", "-verify", *words], capture_output=True, check=False).returncode == 0


def test_openssl_and_we_accept_the_timestamp_and_refuse_it_for_another_message(stamp, tmp_path):
    verified_time(stamp.record, MESSAGE, stamp.roots)
    assert openssl_accepts(stamp, tmp_path)
    assert not openssl_accepts(stamp, tmp_path, MESSAGE + b" ")
    for other in (MESSAGE + b" ", b"", digest_bytes(MESSAGE).encode()):
        with pytest.raises(EvidenceError, match="mismatch between messages"):
            verified_time(stamp.record, other, stamp.roots)


def test_the_time_is_that_of_the_token_and_its_accuracy_rounded_up(stamp):
    """The authority states an accuracy of 1.5 seconds."""
    told = decode_timestamp_response(as_answer(stamp.token)).tst_info.gen_time
    found = verified_time(stamp.record, MESSAGE, stamp.roots)
    assert found == told + dt.timedelta(seconds=2)
    assert found.tzinfo is dt.UTC


def test_a_record_holds_the_chain_in_order_without_the_root(stamp):
    assert stamp.record.authority == "CN=An authority"
    assert [base64.b64decode(each) for each in stamp.record.chain] == [
        each.public_bytes(Encoding.DER) for each in stamp.between
    ]
    assert parsed(TimestampRecord, document_bytes(stamp.record)) == stamp.record
    same, found = reduced(stamp.token)
    assert (same, found) == (stamp.token, [stamp.authority.certificate])


def test_no_bit_of_a_token_can_be_changed(stamp):
    """Every bit of every third byte; signatures, certificates and what surrounds them."""
    for place in range(8 * len(stamp.token)):
        if place // 8 % 3 == 0:
            changed = bytearray(stamp.token)
            changed[place // 8] ^= 1 << place % 8
            with pytest.raises(EvidenceError):
                verified_time(stamp.with_token(bytes(changed)), MESSAGE, stamp.roots)


def test_tokens_that_are_cut_short_or_prolonged_are_refused(stamp):
    for length in range(0, len(stamp.token), 7):
        with pytest.raises(EvidenceError):
            verified_time(stamp.with_token(stamp.token[:length]), MESSAGE, stamp.roots)
    for more in (stamp.token + b"\0", stamp.token + b"\x05\x00", stamp.token * 2):
        with pytest.raises(EvidenceError):
            verified_time(stamp.with_token(more), MESSAGE, stamp.roots)


@pytest.mark.parametrize("nonce", ["1", "ffffffffffffffff", "f" * 40])
def test_another_nonce_is_refused(stamp, nonce):
    with pytest.raises(EvidenceError, match="nonce mismatch"):
        verified_time(stamp.record.model_copy(update={"nonce": nonce}), MESSAGE, stamp.roots)


def test_other_roots_and_none_are_refused(stamp):
    with pytest.raises(EvidenceError, match="none of the given roots"):
        verified_time(stamp.record, MESSAGE, stamp.roots[:1])
    with pytest.raises(EvidenceError, match="none of the given roots"):
        verified_time(stamp.record, MESSAGE, (tsa.new_root().certificate,))
    with pytest.raises(EvidenceError, match="proves nothing"):
        verified_time(stamp.record, MESSAGE, ())


def test_another_name_of_the_authority_is_refused(stamp):
    with pytest.raises(EvidenceError, match="another authority"):
        verified_time(stamp.record.model_copy(update={"authority": "CN=Another"}), MESSAGE, stamp.roots)


def test_a_token_that_holds_more_than_is_signed_is_refused(stamp):
    """Certificates beside the signer's, attributes that nobody signed, another name of the algorithm."""
    (outer,) = elements(stamp.token)
    kind, wrapper = outer.inner
    version, digests, content, certificates, signers = wrapper.inner[0].inner
    (signer,) = signers.inner
    extra = Element(0xA0, certificates.content + stamp.roots[0].public_bytes(Encoding.DER))
    unsigned = joined(0x31, joined(0x30, *signer.inner, Element(0xA1, b"")))
    named = joined(0x31, joined(0x30, *signer.inner[:4], signer.inner[2], signer.inner[5]))
    crls = Element(0xA1, b"")
    for parts in (
        (version, digests, content, extra, signers),
        (version, digests, content, certificates, crls, signers),
        (version, digests, content, certificates, unsigned),
        (version, digests, content, certificates, named),
    ):
        more = joined(outer.tag, kind, joined(wrapper.tag, joined(0x30, *parts))).encoded
        with pytest.raises(EvidenceError, match="not in its reduced form"):
            verified_time(stamp.with_token(more), MESSAGE, stamp.roots)
        assert reduced(more)[0] == stamp.token
    for parts in ((version, digests, content, signers), (version, digests, content, Element(0xA0, b""), signers)):
        less = joined(outer.tag, kind, joined(wrapper.tag, joined(0x30, *parts))).encoded
        with pytest.raises(EvidenceError, match="without the certificate"):
            verified_time(stamp.with_token(less), MESSAGE, stamp.roots)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"usages": (ExtendedKeyUsageOID.CODE_SIGNING,)}, "not for time-stamping"),
        ({"usages": (*tsa.STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)}, "not for time-stamping"),
        ({"is_critical": False}, "is not critical"),
        ({"until": tsa.TODAY - tsa.DAY / 2}, "not valid at that time"),
        ({"since": tsa.TODAY + 2 * tsa.DAY, "until": tsa.TODAY + 3 * tsa.DAY}, "not valid at that time"),
        ({"serial": 78}, "without the certificate"),
    ],
)
def test_a_certificate_that_may_not_stamp_is_refused(tmp_path, change, words):
    """The same key, issuer and number, certified otherwise."""
    root, key = tsa.new_root(), ec.generate_private_key(ec.SECP256R1())
    record = answered(tsa.Authority(tmp_path, key, root.signer(key)))
    verified_time(record, MESSAGE, (root.certificate,))
    (outer,) = elements(bytes_of(record.token, where=""))
    kind, wrapper = outer.inner
    version, digests, content, _, signers = wrapper.inner[0].inner
    other = Element(0xA0, root.signer(key, **change).public_bytes(Encoding.DER))
    bent = joined(outer.tag, kind, joined(wrapper.tag, joined(0x30, version, digests, content, other, signers)))
    with pytest.raises(EvidenceError, match=words):
        verified_time(record.model_copy(update={"token": text_of(bent.encoded)}), MESSAGE, (root.certificate,))


def test_an_authority_that_vouches_for_itself_is_refused(tmp_path):
    """The library alone would accept it: the certificate that comes with a token counts there as a root."""
    root, key = tsa.new_root(), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Self-made")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 9, tsa.TODAY - tsa.DAY, tsa.TODAY + tsa.DAY)
    own = builder.add_extension(x509.ExtendedKeyUsage(tsa.STAMPING), critical=True).sign(key, SHA256())
    record = answered(tsa.Authority(tmp_path, key, own))
    response = decode_timestamp_response(as_answer(bytes_of(record.token, where="")))
    careless = VerifierBuilder(tsa_certificate=own, roots=[root.certificate], nonce=int(record.nonce, 16)).build()
    assert careless.verify_message(response, MESSAGE)
    with pytest.raises(EvidenceError, match="none of the given roots"):
        verified_time(record, MESSAGE, (root.certificate,))
    with pytest.raises(EvidenceError, match="chain of certificates of a timestamp is broken"):
        verified_time(
            record.model_copy(update={"chain": (text_of(root.certificate.public_bytes(Encoding.DER)),)}),
            MESSAGE,
            (root.certificate,),
        )


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)])
def test_a_token_signed_over_sha_1_is_refused(tmp_path, key):
    """A forger can make two contents with one such digest."""
    authority = tsa.Authority(tmp_path, key, tsa.new_root().signer(key))
    config = tmp_path / "tsa.cnf"
    config.write_text(config.read_text().replace("signer_digest = sha256", "signer_digest = sha1"))
    with pytest.raises(EvidenceError, match="digest other than SHA-256, SHA-384 and SHA-512"):
        answered(authority)


LINKS = {
    "no authority": ([{"ca": False}], False),
    "not for certificates": ([{"signs_certificates": False}], False),
    "for certificates": ([{"signs_certificates": True}], True),
    "one below none": ([{}, {"path_length": 0}], False),
    "one below one": ([{}, {"path_length": 1}], True),
    "none below none": ([{"path_length": 0}, {}], True),
}
"""From the signer's issuer upwards, and whether they may issue what they issued."""


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_may_not_issue_what_it_did_is_refused(tmp_path, name):
    settings, may = LINKS[name]
    root, key = tsa.new_root(), ec.generate_private_key(ec.SECP256R1())
    links = [root]
    for number, each in enumerate(reversed(settings)):
        links.append(links[-1].intermediate(f"Link {number}", **each))
    record = answered(tsa.Authority(tmp_path, key, links[-1].signer(key)))
    chain = tuple(text_of(each.certificate.public_bytes(Encoding.DER)) for each in reversed(links[1:]))
    chained = record.model_copy(update={"chain": chain})
    if may:
        verified_time(chained, MESSAGE, (root.certificate,))
        return
    with pytest.raises(EvidenceError, match="may not issue any"):
        verified_time(chained, MESSAGE, (root.certificate,))


@pytest.mark.parametrize("hashing", list(HashAlgorithm))
def test_both_digests_of_the_message_are_known(authority, hashing):
    made, roots = authority
    verified_time(answered(made, hashing=hashing), MESSAGE, roots)


@pytest.mark.parametrize(
    ("disguise", "words"),
    [
        (lambda body: (500, tsa.REPLY, body), "HTTP status 500"),
        (lambda body: (302, tsa.REPLY, body), "HTTP status 302"),
        (lambda body: (200, "text/html", body), "another content type"),
        (lambda body: (200, tsa.REPLY, b""), "no timestamp response"),
        (lambda body: (200, tsa.REPLY, body[:-1]), "cut short"),
        (lambda body: (200, tsa.REPLY, b"\x30\x80" + body), "no timestamp"),
        (lambda body: (200, tsa.REPLY, bytes.fromhex("30053003020102")), "status 2"),
        (lambda body: (200, tsa.REPLY, bytes(300_000)), "more than 262,144 bytes"),
    ],
)
def test_what_is_no_timestamp_is_refused(authority, disguise, words):
    made, roots = authority
    made.disguise = disguise
    with pytest.raises(EvidenceError, match=words) as caught:
        request_timestamp(MESSAGE, made.url, roots)
    assert "127.0.0.1" in str(caught.value)


def test_an_authority_that_takes_too_long_is_given_up(authority):
    made, _ = authority
    given_up = threading.Event()
    made.disguise = lambda body: (given_up.wait(60), tsa.as_it_is(body))[1]
    query = TimestampRequestBuilder().data(MESSAGE).build()
    try:
        with pytest.raises(EvidenceError, match=r"gives no answer \(ReadTimeout\)"):
            answer_of(made.url, query.as_bytes(), seconds=0.1)
    finally:
        given_up.set()


def test_an_answer_to_another_request_is_refused(authority):
    made, roots = authority
    query = TimestampRequestBuilder().data(MESSAGE).hash_algorithm(HashAlgorithm.SHA256).build()
    old = made.reply(query.as_bytes())
    made.disguise = lambda body: (200, tsa.REPLY, old)
    with pytest.raises(EvidenceError, match="nonce mismatch"):
        request_timestamp(MESSAGE, made.url, roots)


def test_an_authority_that_is_not_there_is_told_without_its_address(authority):
    made, roots = authority
    port = made.url.rpartition(":")[2]
    with pytest.raises(EvidenceError, match=r"the authority localhost\.invalid gives no answer") as caught:
        request_timestamp(MESSAGE, f"http://ann:secret@localhost.invalid:{port}", roots)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "ftp://host", "host/tsr", "https://", "http://[::1", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(authority, url):
    with pytest.raises(InvalidInput, match="begins with https"):
        request_timestamp(MESSAGE, url, authority[1])


def test_no_timestamp_is_asked_for_that_nobody_could_check(authority):
    with pytest.raises(InvalidInput, match="give the root certificate"):
        request_timestamp(MESSAGE, authority[0].url, ())


def test_an_authority_under_another_root_is_refused(authority):
    with pytest.raises(EvidenceError, match="none of the given roots"):
        request_timestamp(MESSAGE, authority[0].url, (tsa.new_root().certificate,))


def test_roots_are_read_once_each_and_are_roots(tmp_path):
    one, two = tsa.new_root("One"), tsa.new_root("Two")
    both, again, no_root, none = (tmp_path / name for name in ("both.pem", "again.pem", "no-root.pem", "none.pem"))
    both.write_bytes(tsa.pem(one.certificate, two.certificate))
    again.write_bytes(tsa.pem(two.certificate))
    assert read_roots([both, again]) == (one.certificate, two.certificate)
    assert root_digests((one.certificate,)) == (digest_bytes(one.certificate.public_bytes(Encoding.DER)),)
    no_root.write_bytes(tsa.pem(one.intermediate("Middle").certificate))
    none.write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(InvalidInput, match="no root"):
        read_roots([no_root])
    with pytest.raises(InvalidInput, match="no certificates"):
        read_roots([none])
    with pytest.raises(FileError):
        read_roots([tmp_path / "absent.pem"])


@repeatable
@given(
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), min_size=1, max_size=4) | st.binary(max_size=99)
)
def test_no_token_gets_past_the_errors(stamp, change):
    token = stamp.token
    if isinstance(change, bytes):
        token = change
    else:
        for place, piece in change:
            at = place % len(token)
            token = token[:at] + piece + token[at + 2 :]
    assume(token != stamp.token)
    with pytest.raises(EvidenceError):
        verified_time(stamp.with_token(token), MESSAGE, stamp.roots)


@repeatable
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda body: Element(0x30, body).encoded))
def test_no_answer_gets_past_the_errors(body):
    with pytest.raises(EvidenceError):
        reduced(token_in(body))


@repeatable
@given(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=300)), max_size=5))
def test_der_comes_back(parts):
    made = [Element(tag, content) for tag, content in parts]
    assert elements(b"".join(each.encoded for each in made)) == made
