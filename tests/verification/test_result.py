"""The result: readable, writable as JSON and back, and free of secrets."""

import json

import pytest

from planned_marks import tier
from tellmark.verification.result import Verification
from tellmark.verification.session import verify


@pytest.fixture
def mark(make_mark):
    return make_mark(100)


def test_it_names_the_mark_and_the_model(mark, rote):
    result = verify(mark, rote(mark, 97), order_seed=5)
    assert result.recipe_digests == (mark.public.tiers[0].recipe_digest,)
    assert result.model_digest == mark.public.source.digest
    assert result.order_seed == 5


@pytest.mark.parametrize("method", ["sequential", "fixed"])
@pytest.mark.parametrize(("null_rate", "max_queries"), [(None, None), (0.0, None), (0.45, None), (0.45, 10)])
def test_json_and_back(mark, rote, null_rate, max_queries, method):
    """At a null rate of 0 one match makes the e-value infinite, which JSON does not know."""
    result = verify(mark, rote(mark, 97), null_rate=null_rate, max_queries=max_queries, method=method)
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
    lines = str(verify(mark, rote(mark, 100), max_queries=20, null_rate=0.5, method="fixed")).splitlines()
    assert lines[0] == "20 of 20 triggers matched (100.0 %, 95 % interval 83.2-100.0 %), 20 queries"
    assert lines[1].startswith("20 of 100 triggers were asked, in random order: between 8")
    assert lines[1].endswith("match (95 % interval).")
    assert lines[2].startswith("Verdict: supports - ")


def test_where_asking_stopped_at_the_verdict_no_rate_has_an_interval_but_the_number_has(mark, rote):
    lines = str(verify(mark, rote(mark, 100), null_rate=0.5)).splitlines()
    assert lines[0] == "9 of 9 triggers matched (100.0 %), 9 queries"
    assert lines[1] == (
        "9 of 100 triggers were asked, in random order: between 59 and 100 of all 100 match "
        "(95 % interval, valid whenever one stops)."
    )
    assert lines[2].startswith("Verdict: supports - ")


def test_three_tiers_have_a_line_each(make_tiers, rote):
    mark = make_tiers(
        tier("copy", 100, references=(52, 55, 57, 59)),
        tier("derived", 10, references=(3, 9)),
        tier("distilled", 150, references=(59, 61, 62, 63)),
    )
    result = verify(mark, rote(mark, (0, 0, 150)), order_seed=1)
    lines = str(result).splitlines()
    assert lines[:4] == [f"{result.queries} queries in all", *result.findings[1:]]
    assert lines[1].startswith(f"copy: 0 of {result.tiers[0].queries} triggers matched (0.0 %), ")
    assert "of 100 triggers were asked, in random order" in lines[1]
    assert lines[2] == "derived: none of 10 triggers asked"
    assert lines[3].startswith(f"distilled: {result.tiers[2].queries} of {result.tiers[2].queries} triggers matched")
    assert lines[4].startswith("Verdict: supports - ")
    assert result.interval is result.matching is None
    assert result.rate == result.matches / result.queries


def test_two_marks_that_differ_in_secrets_alone_give_the_same_report(make_mark, rote):
    """Nothing of seed, inputs or labels can be in it."""
    mark = make_mark(50)
    twin = type(mark)(
        mark.public, b"\xff" * 32, type(mark.triggers)(**vars(mark.triggers) | {"labels": 3 - mark.triggers.labels})
    )
    one, other = (verify(each, rote(each, 30), null_rate=0.4, max_queries=20, order_seed=9) for each in (mark, twin))
    assert one.to_json() == other.to_json()
    assert str(one) == str(other)
