"""A registration that an authority vouches for, and what judges know of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from judged_bundles import registration
from tellmark.evidence.dates import proven_time
from tellmark.evidence.judging import Knowledge
from tellmark.evidence.predicates import SuspectAge
from tellmark.evidence.timestamps import request_timestamp
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
    return Knowledge(roots, SuspectAge(since=proven_time(made, roots) + timedelta(hours=12), source="release notes"))
