"""A time-stamping authority on this machine: certificates of its own, and `openssl ts` that answers over HTTP."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = dt.timedelta(days=1)
TODAY = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
STAMPING = (ExtendedKeyUsageOID.TIME_STAMPING,)

_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""

REPLY = "application/timestamp-reply"
OPENSSL = shutil.which("openssl") or "openssl"

Disguise = Callable[[bytes], tuple[int, str, bytes]]
"""From an answer to what is sent: status, content type, body."""

CertificateKey = ed25519.Ed25519PrivateKey
SignerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Issuer:
    """A certificate that others are issued under. Ed25519: all signatures are equally long."""

    certificate: x509.Certificate
    key: CertificateKey

    def intermediate(
        self, name: str, *, ca: bool = True, path_length: int | None = None, signs_certificates: bool | None = None
    ) -> Issuer:
        """Another issuer, under this one; with a key usage where it is told what it may sign."""
        key = CertificateKey.generate()
        builder = _builder(name, self.certificate.subject, key.public_key(), TODAY - DAY, TODAY + DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        if signs_certificates is not None:
            builder = builder.add_extension(_key_usage(signs_certificates), critical=True)
        return Issuer(builder.sign(self.key, None), key)

    def signer(
        self,
        key: SignerKey,
        *,
        usages: Sequence[x509.ObjectIdentifier] = STAMPING,
        is_critical: bool = True,
        serial: int = 77,
        since: dt.datetime = TODAY - DAY,
        until: dt.datetime = TODAY + 2 * DAY,
    ) -> x509.Certificate:
        """A certificate for an authority's key."""
        builder = _builder("An authority", self.certificate.subject, key.public_key(), since, until, serial=serial)
        return builder.add_extension(x509.ExtendedKeyUsage(usages), critical=is_critical).sign(self.key, None)


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    names = "content_commitment key_encipherment data_encipherment key_agreement crl_sign encipher_only decipher_only"
    others = dict.fromkeys(names.split(), False)
    return x509.KeyUsage(digital_signature=True, key_cert_sign=signs_certificates, **others)


def as_it_is(body: bytes) -> tuple[int, str, bytes]:
    """Send an answer as it should be sent."""
    return 200, REPLY, body


def new_root(name: str = "A root") -> Issuer:
    """A self-signed issuer."""
    key = CertificateKey.generate()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(name, subject, key.public_key(), TODAY - 400 * DAY, TODAY + 400 * DAY)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return Issuer(builder.sign(key, None), key)


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as a PEM file holds them."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)


class Authority:
    """A time-stamping authority whose files are in a folder of its own.

    Parameters
    ----------
    folder : Path
        Empty, or not there yet.
    key : private key
    certificate : Certificate
    chain : sequence of Certificate
        Sent along with each token.

    Attributes
    ----------
    url : str
        Where it answers, while `serving`.
    disguise : callable
        What it does to its answers; see `Disguise`.
    """

    def __init__(
        self, folder: Path, key: SignerKey, certificate: x509.Certificate, chain: Sequence[x509.Certificate] = ()
    ) -> None:
        self.folder = folder
        self.certificate = certificate
        self.url = ""
        self.disguise: Callable[[bytes], tuple[int, str, bytes]] = lambda body: (
            200,
            "application/timestamp-reply",
            body,
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "signer.pem").write_bytes(pem(certificate))
        (folder / "signer.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "serial").write_text("01\n")
        config = _CONFIG.format(folder=folder)
        if chain:
            (folder / "chain.pem").write_bytes(pem(*chain))
            config += f"certs = {folder}/chain.pem\n"
        (folder / "tsa.cnf").write_text(config)

    def reply(self, query: bytes) -> bytes:
        """The answer to a request, both in DER."""
        (self.folder / "query.tsq").write_bytes(query)
        words = ["-config", self.folder / "tsa.cnf", "-queryfile", self.folder / "query.tsq"]
        return subprocess.run([OPENSSL, "ts", "-reply", *words], capture_output=True, check=True).stdout

    @contextmanager
    def serving(self) -> Iterator[Authority]:
        """Answer at `url`, on the loopback interface."""
        server = HTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/tsr"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def new_authority(folder: Path, root: Issuer | None = None) -> tuple[Authority, Issuer]:
    """An authority directly under a root, and the root."""
    root = root or new_root()
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(folder, key, root.signer(key)), root


def _handler(authority: Authority) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["content-type"] == "application/timestamp-query"
            query = self.rfile.read(int(self.headers["content-length"]))
            status, kind, body = authority.disguise(authority.reply(query))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    return Handler


def _builder(
    name: str, issuer: x509.Name, key: object, since: dt.datetime, until: dt.datetime, *, serial: int = 5
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateBuilder(issuer, subject, key, serial, since, until)
