"""Certificates of time-stamping authorities: those that a checker trusts, and the path from a signer to one of them.

The roots always come from whoever checks. Nothing that arrives with a token is trusted: each certificate of it counts
as far as the one after it signed it, and the last one as far as a root did.

References
----------
C. Adams, P. Cain, D. Pinkas, R. Zuccherato. Time-Stamp Protocol. RFC 3161, section 2.3, 2001.
D. Cooper et al. Internet X.509 Public Key Infrastructure Certificate and CRL Profile. RFC 5280, 2008.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tellmark.digests import digest_bytes
from tellmark.errors import EvidenceError, InvalidInput
from tellmark.files import open_to_read
from tellmark.types import Digest

Roots = tuple[x509.Certificate, ...]
"""Root certificates that a checker trusts to name time-stamping authorities; none: no time is proven."""

_LONGEST_FILE = 1 << 20
_UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def read_roots(paths: Sequence[str | Path]) -> Roots:
    """The root certificates in PEM files, each once.

    Raises
    ------
    InvalidInput
        If a file holds no certificate, or one that is no root: that somebody else signed.
    FileError
        If it cannot be read.
    """
    found = {each: None for path in paths for each in _certificates_in(Path(path))}
    return tuple(found)


def root_digests(roots: Roots) -> tuple[Digest, ...]:
    """Digests of the roots, DER: how a verdict names them."""
    return tuple(digest_bytes(der_of_certificate(root)) for root in roots)


def read_certificate(der: bytes) -> x509.Certificate:
    """The certificate in DER.

    Raises
    ------
    EvidenceError
        If there is none.
    """
    with reading_hostile("a certificate that came with a timestamp"):
        return x509.load_der_x509_certificate(der)


def der_of_certificate(certificate: x509.Certificate) -> bytes:
    """A certificate in DER."""
    return certificate.public_bytes(Encoding.DER)


@contextmanager
def reading_hostile(what: str) -> Iterator[None]:
    """Turn whatever the libraries say of malformed certificates and tokens into an `EvidenceError`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of certificates that bend the rules
        try:
            yield
        except _UNREADABLE:
            raise EvidenceError(f"{what} is malformed") from None


def check_may_stamp(certificate: x509.Certificate) -> None:
    """Check that a certificate is made for time-stamping and nothing else, as RFC 3161 demands.

    Raises
    ------
    EvidenceError
        If its extended key usage is another, is one of several, or is not critical.
    """
    with reading_hostile("the certificate of a time-stamping authority"):
        usages = [each for each in certificate.extensions if isinstance(each.value, x509.ExtendedKeyUsage)]
    if not usages or list(usages[0].value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise EvidenceError("a timestamp is signed with a certificate that is not for time-stamping")
    if not usages[0].critical:
        raise EvidenceError("a timestamp is signed with a certificate whose extended key usage is not critical")


def ordered_chain(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Roots
) -> tuple[x509.Certificate, ...]:
    """Those of `others` that lead from the signer to a root, in this order, without the root.

    Raises
    ------
    EvidenceError
        If they do not.
    """
    links = [signer]
    while not any(_issued(root, links[-1]) for root in roots):
        following = [each for each in others if each not in links and _issued(each, links[-1])]
        if not following:
            raise EvidenceError("a timestamp is signed with a certificate that leads to none of the given roots")
        links.append(following[0])
    return tuple(links[1:])


def checked_path(
    signer: x509.Certificate, chain: Sequence[x509.Certificate], roots: Roots, *, at: datetime
) -> tuple[x509.Certificate, ...]:
    """The path from the signer, by the first links of the chain, to one of the roots.

    Revocation is not looked at: a check must work offline, and years later.

    Parameters
    ----------
    chain : sequence of Certificate
        Each signed the one before it, the first one the signer's.
    at : datetime
        When all of the path must be valid.

    Returns
    -------
    tuple of Certificate
        From the signer to the root, both included.

    Raises
    ------
    EvidenceError
        If one link did not sign the one before it, none leads to a root, one was not valid, or is no authority.
    """
    links = (signer, *chain)
    if not all(_issued(issuer, child) for child, issuer in pairwise(links)):
        raise EvidenceError("the chain of certificates of a timestamp is broken")
    for length, last in enumerate(links, start=1):
        root = next((root for root in roots if _issued(root, last)), None)
        if root is not None:
            path = (*links[:length], root)
            _check_authorities(path, at)
            return path
    raise EvidenceError("a timestamp is signed with a certificate that leads to none of the given roots")


def _check_authorities(path: Sequence[x509.Certificate], at: datetime) -> None:
    with reading_hostile("a certificate that came with a timestamp"):
        if not all(each.not_valid_before_utc <= at <= each.not_valid_after_utc for each in path):
            raise EvidenceError("a timestamp is signed with a certificate that was not valid at that time")
        for below, each in enumerate(path[1:-1]):
            if not _may_issue(each, below):
                raise EvidenceError("the chain of certificates of a timestamp has a link that may not issue any")


def _may_issue(certificate: x509.Certificate, below: int) -> bool:
    """Whether a certificate may issue others, with so many issuers between it and the last one."""
    said = {type(one.value): one.value for one in certificate.extensions}
    constraints, usage = said.get(x509.BasicConstraints), said.get(x509.KeyUsage)
    if not isinstance(constraints, x509.BasicConstraints) or not constraints.ca:
        return False
    if isinstance(usage, x509.KeyUsage) and not usage.key_cert_sign:
        return False
    return constraints.path_length is None or below <= constraints.path_length


def _issued(issuer: x509.Certificate, child: x509.Certificate) -> bool:
    try:
        with reading_hostile("a certificate that came with a timestamp"):
            child.verify_directly_issued_by(issuer)
    except (EvidenceError, InvalidSignature):
        return False
    return True


def _certificates_in(path: Path) -> list[x509.Certificate]:
    with open_to_read(path) as file:
        raw = file.read(_LONGEST_FILE)
    try:
        with reading_hostile(f"{path}"):
            found = x509.load_pem_x509_certificates(raw)
    except EvidenceError:
        raise InvalidInput(f"{path} holds no certificates in PEM") from None
    if not all(_issued(each, each) for each in found):
        raise InvalidInput(f"{path} holds a certificate that is no root: somebody else signed it; give the root alone")
    return found
