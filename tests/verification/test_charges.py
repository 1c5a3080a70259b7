"""Whatever a suspect may have answered counts in the budget, also what is sent again after a failure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import stamina

from suspects import Server, Time, described, reply, serving
from tellmark.errors import BudgetSpent, SuspectUnreachable
from tellmark.models.http.endpoint import Endpoint
from tellmark.models.http.model import HttpModel
from tellmark.models.wrappers.contents import read_transcript
from tellmark.verification.conduct import Choice, Conduct
from tellmark.verification.conducted import verify_with

CLASSES = ("cat", "dog", "fox", "owl")
FAULT, LIMIT = reply(status=503), reply(status=429)


@pytest.fixture
def server() -> Iterator[Server]:
    stamina.set_testing(True, attempts=100, cap=True)
    with serving() as told:
        yield told
    stamina.set_testing(False)


@pytest.fixture
def mark(make_mark):
    return make_mark(60)


@pytest.fixture
def answer(mark, rote):
    """A reply with the source's own answers."""
    source = rote(mark, 60)

    def send(handler, asked):
        images = np.array(asked.json["rows"], dtype=np.uint8)
        labels = [{"label": CLASSES[label]} for label in source.query(images).labels]
        reply({"labels": labels})(handler, asked)

    return send


def model_at(server: Server, **manners) -> HttpModel:
    time = Time()
    description = described(server.url, classes=list(CLASSES), input={"encoding": "nested"}, batch=4, manners=manners)
    return HttpModel(Endpoint(description, clock=time.clock, sleep=time.sleep))


def sent_to(server: Server) -> int:
    """Inputs that reached it."""
    return sum(len(asked.json["rows"]) for asked in server.asked)


@pytest.mark.parametrize("transcript", [False, True])
def test_a_request_that_is_sent_again_counts_again(server, mark, answer, tmp_path, transcript):
    server.replies = [FAULT, answer, FAULT, FAULT, LIMIT, answer]
    conduct = Conduct(tmp_path / "run.jsonl" if transcript else None, cost_per_query=0.5)
    found = verify_with(mark, model_at(server), Choice(null_rate=0.5), conduct)
    assert found.verdict == "supports"
    assert sent_to(server) == found.queries + 4
    assert (found.conduct.sent, found.conduct.repeated) == (found.queries + 3, 3)  # the limit answered nothing
    assert found.conduct.cost == found.conduct.sent / 2
    assert f"{found.conduct.sent} queries went to the suspect, 3 of them again after a failure, which cost" in str(
        found
    )


@pytest.mark.parametrize("limit", [{"max_queries": 7}, {"max_cost": 3.6}])
@pytest.mark.parametrize("transcript", [False, True])
def test_the_budget_is_never_exceeded(server, mark, answer, tmp_path, limit, transcript):
    server.replies = [answer, FAULT, answer, FAULT, FAULT, answer, FAULT, answer]
    choice = Choice(null_rate=0.9, max_queries=limit.get("max_queries"))
    path = tmp_path / "run.jsonl" if transcript else None
    conduct = Conduct(path, cost_per_query=0.5, max_cost=limit.get("max_cost"))
    found = verify_with(mark, model_at(server), choice, conduct)
    assert (sent_to(server), found.conduct.sent, found.queries) == (7, 7, 3)
    assert "The budget ended before a decision" in str(found)


def test_a_budget_alone_counts_them_too(server, mark, answer):
    server.replies = [answer, FAULT, FAULT, answer]
    found = verify_with(mark, model_at(server, max_queries=4), Choice(null_rate=0.9), Conduct())
    assert (sent_to(server), found.conduct.sent, found.queries) == (4, 4, 2)


def test_nothing_stays_hooked_to_the_suspect(server, mark, answer):
    server.replies = [answer]
    model = model_at(server)
    verify_with(mark, model, Choice(null_rate=0.5, max_queries=9), Conduct())
    assert (model.on_repeat, model.on_exchange) == (None, None)


def test_a_run_goes_on_with_what_its_repetitions_left(server, mark, answer, tmp_path):
    path = tmp_path / "run.jsonl"
    server.replies = [answer, FAULT, FAULT, answer]
    first = verify_with(mark, model_at(server), Choice(null_rate=0.9, max_queries=4), Conduct(path))
    assert (first.conduct.sent, first.queries) == (4, 2)
    contents = read_transcript(path)
    assert (contents.sent, contents.repeated, contents.answered, contents.lost) == (4, 2, 2, 0)
    second = verify_with(mark, model_at(server), Choice(null_rate=0.9, max_queries=6), Conduct(path))
    assert (second.conduct.sent, second.conduct.repeated, second.queries, sent_to(server)) == (6, 2, 4, 6)


def test_a_settled_number_of_triggers_is_reached_with_a_larger_budget(server, mark, answer, tmp_path):
    """It stays what it was: a number that follows from the answers would be no settled one."""
    path = tmp_path / "run.jsonl"
    server.replies = [answer, FAULT, answer]
    with pytest.raises(BudgetSpent, match=r"budget of 20 queries .*settled beforehand.* the same transcript"):
        verify_with(mark, model_at(server), Choice("fixed", null_rate=0.5, max_queries=20), Conduct(path))
    assert sent_to(server) <= 20
    found = verify_with(mark, model_at(server), Choice("fixed", null_rate=0.5, max_queries=60), Conduct(path))
    assert found.queries == 20
    assert found.conduct.sent == sent_to(server) + found.conduct.transcript.lost


def test_a_budget_spent_on_the_first_question_alone(server, mark):
    server.replies = [FAULT]
    found = verify_with(mark, model_at(server), Choice(null_rate=0.5, max_queries=2), Conduct())
    assert (sent_to(server), found.queries, found.verdict) == (2, 0, "inconclusive")
    assert str(found)


def test_a_suspect_that_does_not_answer_the_first_question_leaves_no_result(server, mark):
    server.replies = [FAULT]
    with pytest.raises(SuspectUnreachable, match="status 503; asked 3 times"):
        verify_with(mark, model_at(server, retries=2), Choice(null_rate=0.5), Conduct())
