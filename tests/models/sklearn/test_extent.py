"""What a file of skops will take is told from its schema and its members, before any of it is made."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from tellmark.models.sklearn.extent import loaded_bytes, stored_bytes


def archive(schema, **members) -> zipfile.ZipFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("schema.json", schema if isinstance(schema, str) else json.dumps(schema))
        for name, content in members.items():
            written.writestr(name, content)
    return zipfile.ZipFile(buffer)


def test_members_count_once_for_each_place_that_names_them():
    named = {"content": [{"file": "a"}, {"x": {"file": "a"}}, {"file": "b"}, {"file": "nowhere"}, {"file": 7}]}
    assert loaded_bytes(archive(named, a=bytes(100), b=bytes(7), c=bytes(10_000))) == 207


def test_an_archive_within_counts_as_what_it_unpacks_to():
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("data.npy", bytes(100_000))
    assert len(inner.getvalue()) < 1000
    assert loaded_bytes(archive({"file": "a"}, a=inner.getvalue())) == 100_000


def test_the_schema_counts_as_the_objects_that_come_of_it():
    assert stored_bytes(archive("[]", a=bytes(100))) == 100 + 2 * 32


@pytest.mark.parametrize("schema", ["", "{", "[" * 100_000])
def test_a_schema_that_is_none(schema):
    with pytest.raises((ValueError, RecursionError)):
        loaded_bytes(archive(schema))
