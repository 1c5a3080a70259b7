"""What goes wrong between here and the suspect: what may pass is tried again, the rest is said in a sentence."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time as real_time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from suspects import LABELS, ROWS, classifier, described, reply
from tellmark.errors import BadAnswer, ModelError, QuotaSpent, SuspectRefused, SuspectUnreachable
from tellmark.models.http.statuses import retry_after


def cut_off(handler, asked):
    """Promise more than is sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"labels": [')
    handler.close_connection = True


def reset(handler, asked):
    """Hang up with a reset, before any answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def drip(where):
    """Send forever, a byte at a time: in the headers or in the body."""

    def send(handler, asked):
        head = b"HTTP/1.1 200 OK\r\nX-Slow: " if where == "headers" else b"HTTP/1.1 200 OK\r\n\r\n"
        handler.wfile.write(head)
        for _ in range(500):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            real_time.sleep(0.01)
        handler.close_connection = True

    return send


@pytest.mark.parametrize(
    "fault",
    [reply(status=500), reply(status=502), reply(status=503), reply(status=504), reply(status=429), cut_off, reset],
    ids=["500", "502", "503", "504", "429", "cut off", "reset"],
)
def test_what_may_pass_is_tried_again(server, suspect, fault):
    server.replies = [fault, fault, classifier]
    seen = []
    model = suspect(described(server.url))
    model.on_exchange = seen.append
    assert model.query(ROWS).labels.tolist() == LABELS.tolist()
    assert [exchange.attempt for exchange in seen] == [1, 2, 3]
    assert len({exchange.request for exchange in seen}) == 1
    assert seen[-1].status == 200
    assert len(server.asked) == 3


def test_trying_ends(server, suspect):
    server.replies = [reply(status=503)]
    model = suspect(described(server.url, manners={"retries": 2}))
    with pytest.raises(SuspectUnreachable, match=r"status 503; asked 3 times$"):
        model.query(ROWS)
    assert len(server.asked) == 3


def test_nobody_listens(suspect):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(SuspectUnreachable, match=r"refused; asked 2 times$"):
        suspect(described(url, manners={"retries": 1})).query(ROWS)


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_drip_ends_in_time(server, suspect, where):
    """Each byte comes in time, the response does not."""
    server.replies = [drip(where)]
    model = suspect(described(server.url, manners={"timeout": 0.2, "retries": 0}))
    with pytest.raises(SuspectUnreachable, match=r"within 0.2 seconds"):
        model.query(ROWS)


def test_a_silence_ends_in_time_and_is_asked_again(server, suspect):
    """A server that would answer after ten seconds, were it not done before."""
    done = threading.Event()

    def silent(handler, asked):
        done.wait(10)
        handler.close_connection = True

    server.replies = [silent, classifier]
    model, told = suspect(described(server.url, manners={"timeout": 0.5})), []
    model.on_repeat = told.append
    assert model.query(ROWS).labels.tolist() == LABELS.tolist()
    done.set()
    assert len(told) == 1  # it may have been answered, too late


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_drip_through_a_proxy_ends_in_time(server, suspect, where):
    server.replies = [drip(where)]
    manners, safety = {"timeout": 0.2, "retries": 0}, {"proxy": server.url}
    with pytest.raises(SuspectUnreachable, match=r"within 0.2 seconds"):
        suspect(described("http://suspect.invalid/m", manners=manners, safety=safety)).query(ROWS)
    assert server.asked[0].path == "http://suspect.invalid/m"


def test_a_proxy_passes_questions_on(server, suspect):
    server.replies = [classifier]
    model = suspect(described("http://suspect.invalid/m", safety={"proxy": server.url}))
    assert model.query(ROWS).labels.tolist() == LABELS.tolist()


def test_no_cookie_is_kept(server, suspect):
    server.replies = [reply(status=503, Set_Cookie="who=you; Path=/"), classifier]
    model = suspect(described(server.url))
    model.query(ROWS)
    model.query(ROWS)
    assert [asked.headers.get("cookie") for asked in server.asked] == [None] * 3


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, SuspectRefused, "tellmark ask"),
        (401, SuspectRefused, "credentials"),
        (402, QuotaSpent, "paid"),
        (403, SuspectRefused, "credentials"),
        (404, SuspectRefused, "nothing at this address"),
        (413, SuspectRefused, "batch_size"),
        (422, SuspectRefused, "tellmark ask"),
        (418, SuspectRefused, "status 418"),
    ],
)
def test_what_does_not_pass_is_not_tried_again(server, suspect, status, error, words):
    server.replies = [reply({"error": "no"}, status=status)]
    with pytest.raises(error, match=words) as caught:
        suspect(described(server.url)).query(ROWS)
    assert isinstance(caught.value, ModelError)
    assert len(server.asked) == 1


NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Sun, 01 Mar 2026 12:01:00 -0000", 60.0),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("nan", None),
        ("٣", None),
        ("Sun, 99 Mar 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after(value, now=NOW) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_is_asked_for_is_kept(server, suspect, time, status):
    server.replies = [reply(status=status, Retry_After="7"), classifier]
    suspect(described(server.url)).query(ROWS)
    assert time.slept == [pytest.approx(7.0)]


def test_a_pause_until_a_date_is_kept(server, suspect, time):
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    server.replies = [reply(status=429, Retry_After=date), classifier]
    suspect(described(server.url)).query(ROWS)
    assert len(time.slept) == 1
    assert 0 < time.slept[0] <= 100


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (reply({"error": {"code": "insufficient_quota"}}, status=429), "no further queries"),
        (reply({"message": "Your monthly limit is reached"}, status=429), "no further queries"),
        (reply({"detail": "You exceeded your current quota"}, status=429), "no further queries"),
        (reply(status=429, Retry_After="86400"), "asks to wait 86400 s"),
        (reply(status=503, Retry_After="999999999999999"), "more than a week"),
    ],
)
def test_a_spent_quota_is_no_matter_of_waiting(server, suspect, time, fault, words):
    server.replies = [fault]
    with pytest.raises(QuotaSpent, match=words):
        suspect(described(server.url)).query(ROWS)
    assert len(server.asked) == 1
    assert time.slept == []


def test_a_quota_per_minute_is_a_rate(server, suspect):
    text = {"message": "Quota exceeded for quota metric 'requests' and limit 'requests per minute'"}
    server.replies = [reply(text, status=429), classifier]
    assert len(suspect(described(server.url)).query(ROWS)) == len(ROWS)


BOMB = gzip.compress(b" " * (8 << 20))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (reply(body=b"x" * 5000), "more than 2,000 bytes"),
        (reply(body=gzip.compress(b" " * 100_000), Content_Encoding="gzip"), "more than 2,000 bytes"),
        (reply(body=b"no gzip", Content_Encoding="gzip"), "compressed wrongly"),
        (reply(body=b'{"labels": [{"la'), "cut short"),
        (reply(body=b"<!DOCTYPE html><p>Sign in"), "an HTML page instead of JSON"),
        (reply(body=b""), "nothing instead of JSON"),
        (reply(body=b"\xff\xfe\x00"), "neither JSON nor text"),
        (reply(body=b"[" * 1900), "JSON"),
        (reply(body=b'{"labels": [NaN]}'), "NaN"),
        (reply({"labels": []}), "0 answers to 7 inputs"),
        (reply({"labels": [{"label": "cat"}] * 8}), "8 answers to 7 inputs"),
        (reply({"label": "cat"}), "0 answers to 7 inputs"),
        (reply({"labels": [{"class": "cat"}] * 7}), r"nothing at \$\.label"),
        (reply({"labels": [{"label": "cow"}] * 7}), "'cow', which is none of the 3 classes"),
        (reply({"labels": [{"label": 3}] * 7}), "label 3, but has classes 0 to 2"),
        (reply({"labels": [{"label": -1}] * 7}), "label -1"),
        (reply({"labels": [{"label": 10**30}] * 7}), "label 1000"),
        (reply({"labels": [{"label": 0.5}] * 7}), "one score per class"),
        (reply({"labels": [{"label": None}] * 7}), "null where a label"),
        (reply(body=b'{"labels": ' + b"9" * 1900), "JSON"),
    ],
)
def test_a_bad_answer_is_said_and_not_asked_again(server, suspect, fault, words):
    server.replies = [fault]
    model = suspect(described(server.url, safety={"max_body_bytes": 2000}))
    with pytest.raises(BadAnswer, match=words) as caught:
        model.query(ROWS)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert len(server.asked) == 1


def test_a_bomb_is_not_unpacked(server, suspect):
    """8 MiB in 8 kB: the default limit holds for what comes out, too."""
    server.replies = [reply(body=BOMB, Content_Encoding="gzip")]
    seen = []
    model = suspect(described(server.url, safety={"max_body_bytes": len(BOMB) + 1}))
    model.on_exchange = seen.append
    with pytest.raises(BadAnswer, match="more than"):
        model.query(ROWS)
    assert [(one.body, one.failure is None) for one in seen] == [(b"", False)]


def test_a_bomb_within_a_bomb_is_not_unpacked(server, suspect):
    """Three layers: 2 kB on the way, beyond any memory in the end; no layer of them is opened."""
    body = gzip.compress(gzip.compress(gzip.compress(b" " * (64 << 20), 9), 9), 9)
    server.replies = [reply(body=body, Content_Encoding="gzip, gzip, gzip")]
    tracemalloc.start()
    with pytest.raises(BadAnswer, match="compressed 3 times over"):
        suspect(described(server.url)).query(ROWS)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(body) < 3000
    assert most < 8 << 20


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_answer_is_read(server, suspect, coding):
    body = {"gzip": gzip.compress, "deflate": zlib.compress}[coding](b'{"labels": [{"label": "eel"}]}')
    server.replies = [reply(body=body, Content_Encoding=coding)]
    assert suspect(described(server.url)).query(ROWS[:1]).labels.tolist() == [2]
    assert server.asked[0].headers["accept-encoding"] == "identity"
