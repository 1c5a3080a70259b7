"""A certificate that nobody vouches for is refused, and that is not tried again."""

from __future__ import annotations

import ssl
import threading
from http.server import ThreadingHTTPServer

import pytest

from own_certificate import certificate
from suspects import LABELS, ROWS, Handler, Server, classifier, described
from tellmark.errors import SuspectUnreachable


@pytest.fixture
def secured(tmp_path):
    """A server with a certificate of its own making."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads, http.lock, http.busy = True, threading.Lock(), 0
    http.told = Server(f"https://127.0.0.1:{http.server_address[1]}", [classifier])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path / "own.pem"))
    http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    http.handle_error = lambda request, address: None
    yield http.told
    http.shutdown()
    http.server_close()


def test_a_certificate_of_its_own_making_is_refused(secured, suspect):
    with pytest.raises(SuspectUnreachable, match="certificate is not trusted") as caught:
        suspect(described(secured.url)).query(ROWS)
    assert "asked" not in str(caught.value)
    assert secured.asked == []


def test_unless_that_is_wanted(secured, suspect):
    model = suspect(described(secured.url, safety={"verify_tls": False}))
    assert model.query(ROWS).labels.tolist() == LABELS.tolist()
