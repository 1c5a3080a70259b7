"""A registration that an authority vouches for, and what judges know of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from judged_bundles import NONCE, TRIGGERS, owners_files, registration, written
from tellmark.evidence.dates import proven_time
from tellmark.evidence.judging import Drawn, Knowledge
from tellmark.evidence.timestamps import request_timestamp
from tellmark.evidence.verdict_predicate import SuspectAge
from tsa import new_authority


@pytest.fixture(scope="session")
def stamped(tmp_path_factory):
    """A stamped registration, and the roots of its authority."""
    authority, root = new_authority(tmp_path_factory.mktemp("tsa"))
    made, roots = registration(), (root.certificate,)
    with authority.serving():
        return made.with_timestamp(request_timestamp(made.stamped, authority.url, roots)), roots


@pytest.fixture(scope="session")
def knowledge(stamped):
    """Of a judge who trusts the authority, for a suspect that came half a day later."""
    made, roots = stamped
    age = SuspectAge(since=proven_time(made, roots) + timedelta(hours=12), source="release notes")
    return Knowledge(roots, age, earlier_claims="none, by the owner's ledger", drawn=Drawn(NONCE, made.digest))


@pytest.fixture
def make(tmp_path, stamped):
    """A bundle on the stamped registration, in a folder."""
    made, _ = stamped

    def call(counts=((TRIGGERS,),), name="bundle"):
        return written(tmp_path / name, owners_files(made, counts=counts))

    return call
