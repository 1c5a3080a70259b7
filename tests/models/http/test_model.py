"""A suspect behind a network is a model: asked in pieces, at its pace, through connections that stay open."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from suspects import CLASSES, LABELS, ROWS, classifier, described, reply
from tellmark.digests import digest_bytes, digest_input
from tellmark.errors import BadAnswer, FileError, SuspectRefused
from tellmark.models.base import Model
from tellmark.models.classes import NamingModel, aligned
from tellmark.models.http.retrying import Retrier
from tellmark.models.loading import load_model


def test_is_a_model(server, suspect):
    model = suspect(described(server.url))
    assert isinstance(model, Model)
    assert isinstance(model, NamingModel)
    assert (model.info.kind, model.info.classes) == ("rest", CLASSES)
    assert repr(model) == "HttpModel(rest, 127.0.0.1)"


@pytest.mark.parametrize("batch", [1, 3, 7, 100])
def test_batches_are_as_long_as_is_said(server, suspect, batch):
    server.replies = [classifier]
    assert suspect(described(server.url, batch=batch)).query(ROWS).labels.tolist() == LABELS.tolist()
    assert [len(asked.json["rows"]) for asked in server.asked] == [
        min(batch, 7 - start) for start in range(0, 7, batch)
    ]
    assert np.concatenate([asked.json["rows"] for asked in server.asked]).tolist() == ROWS.tolist()


def test_connections_stay_open(server, suspect):
    server.replies = [classifier]
    model = suspect(described(server.url, batch=1))
    model.query(ROWS)
    model.query(ROWS)
    assert len(server.asked) == 14
    assert len({asked.connection for asked in server.asked}) == 1


def test_no_more_are_under_way_than_is_said(server, suspect):
    """The server lets nobody go before three are there, and a fourth would be seen."""
    together = threading.Barrier(3, timeout=20)

    def wait_for_others(handler, asked):
        together.wait()
        classifier(handler, asked)

    server.replies = [wait_for_others]
    model = suspect(described(server.url, batch=1, manners={"concurrency": 3}))
    assert model.most_at_once == 3
    assert model.query(ROWS[:6]).labels.tolist() == LABELS[:6].tolist()
    assert server.most_at_once == 3


def test_one_that_fails_stops_those_that_have_not_begun(server, suspect):
    server.replies = [reply(status=400)]
    model = suspect(described(server.url, batch=1, manners={"concurrency": 2}))
    with pytest.raises(SuspectRefused):
        model.query(np.repeat(ROWS, 30, axis=0))
    assert len(server.asked) < 210


def test_the_rate_is_kept(server, suspect, time):
    server.replies = [classifier]
    suspect(described(server.url, batch=1, manners={"rate": 4})).query(ROWS)
    assert time.slept == [pytest.approx(0.25)] * 6


def test_exchanges_are_told(server, suspect):
    server.replies = [classifier]
    seen = []
    model = aligned(suspect(described(server.url, batch=4)), CLASSES)
    model.unaligned.on_exchange = seen.append
    model.query(ROWS)
    assert [exchange.status for exchange in seen] == [200, 200]
    assert [exchange.request for exchange in seen] == [digest_bytes(asked.body) for asked in server.asked]
    assert [digest for exchange in seen for digest in exchange.inputs] == [digest_input(row) for row in ROWS]
    assert seen[0].header("content-length") == str(len(seen[0].body))
    assert b"label" in seen[0].body
    assert "label" not in repr(seen[0])


def test_names_take_the_order_of_the_data(server, suspect):
    server.replies = [classifier]
    wanted = ("eel", "cat", "dog")
    model = aligned(suspect(described(server.url, classes=None)), wanted)
    assert [wanted[label] for label in model.query(ROWS).labels] == [CLASSES[label] for label in LABELS]


def test_aliases(server, suspect):
    server.replies = [classifier]
    aliases = {"cat": "Katze", "dog": "Hund", "eel": "Aal"}
    model = aligned(suspect(described(server.url, classes=None, aliases=aliases)), ("Aal", "Hund", "Katze"))
    assert (2 - model.query(ROWS).labels).tolist() == LABELS.tolist()


def test_an_unknown_name_is_an_error_and_no_mismatch(server, suspect):
    server.replies = [classifier]
    model = suspect(described(server.url, classes=None)).with_classes(("cat", "dog"))
    with pytest.raises(BadAnswer, match="'eel', which is none of the 2 classes"):
        model.query(ROWS)
    assert 2 in LABELS


def test_own_names(server, suspect):
    server.replies = [classifier]
    assert suspect(described(server.url)).names(ROWS) == [CLASSES[label] for label in LABELS]


def test_closed_it_can_be_asked_again(server, suspect):
    server.replies = [classifier]
    model = suspect(described(server.url))
    model.query(ROWS)
    model.close()
    assert len(model.query(ROWS)) == len(ROWS)


def test_nothing_is_sent_before_the_first_question(server):
    model = load_model(f"kserve:{server.url}")
    assert model.info.kind == "kserve"
    assert len(model.query(ROWS[:0])) == 0
    assert server.asked == []


def test_a_missing_description_is_named(tmp_path):
    with pytest.raises(FileError, match=r"absent\.toml"):
        load_model(f"rest:{tmp_path}/absent.toml")


def test_waits_are_the_librarys(monkeypatch):
    """Exponential, with jitter: left to the library unless the suspect says how long."""
    import stamina

    from tellmark.models.http.description import Manners
    from tellmark.models.http.pacing import Pacer
    from tellmark.models.http.transport import NoResponse

    stamina.set_testing(False)
    slept = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)

    def fail(attempt):
        raise NoResponse("no", counts=True)

    with pytest.raises(Exception, match="asked 4 times"):
        Retrier(Manners(retries=3), Pacer(None)).sent(fail, again=lambda: None)
    assert [low <= wait <= low + 1 for low, wait in zip((0.5, 1, 2), slept, strict=True)] == [True] * 3
