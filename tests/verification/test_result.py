"""The result: readable, writable as JSON and back, and free of secrets."""

import json

import pytest

from tellmark.verification.result import Verification
from tellmark.verification.session import verify


@pytest.fixture
def mark(make_mark):
    return make_mark(100)


def test_it_names_the_mark_and_the_model(mark, rote):
    result = verify(mark, rote(mark, 97), order_seed=5)
    assert result.recipe_digest == mark.public.recipe_digest
    assert result.model_digest == mark.public.source.digest
    assert result.order_seed == 5


@pytest.mark.parametrize(("null_rate", "max_queries"), [(None, None), (0.45, None), (0.45, 10)])
def test_json_and_back(mark, rote, null_rate, max_queries):
    result = verify(mark, rote(mark, 97), null_rate=null_rate, max_queries=max_queries)
    text = json.dumps(result.to_json(), allow_nan=False)
    assert json.loads(text)["schema"] == "tellmark.verification/1"
    assert Verification.model_validate_json(text) == result


def test_an_engineer_reads(mark, rote):
    lines = str(verify(mark, rote(mark, 97))).splitlines()
    assert lines[0] == "97 of 100 triggers matched (97.0 %, 95 % interval 91.5-99.4 %), 100 queries"
    assert "exact for this set" in lines[1]
    assert lines[2].startswith("Verdict: inconclusive - ")
    assert all(line.startswith("- ") for line in lines[3:])
    assert "--null-rate" in "\n".join(lines)


def test_a_sample_is_called_one(mark, rote):
    lines = str(verify(mark, rote(mark, 100), max_queries=20, null_rate=0.5)).splitlines()
    assert lines[0].startswith("20 of 20 triggers matched (100.0 %, 95 % interval 83.2-100.0 %), 20 queries")
    assert lines[1].startswith("20 of the mark's 100 triggers were asked, in random order: between 8")
    assert lines[2].startswith("Verdict: supports - ")


def test_two_marks_that_differ_in_secrets_alone_give_the_same_report(make_mark, rote):
    """Nothing of seed, inputs or labels can be in it."""
    mark = make_mark(50)
    twin = type(mark)(
        mark.public, b"\xff" * 32, type(mark.triggers)(**vars(mark.triggers) | {"labels": 3 - mark.triggers.labels})
    )
    one, other = (verify(each, rote(each, 30), null_rate=0.4, max_queries=20, order_seed=9) for each in (mark, twin))
    assert one.to_json() == other.to_json()
    assert str(one) == str(other)
