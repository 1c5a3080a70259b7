"""Sends one request and brings back the response, whatever it is, within bounds of size and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

from tellmark.errors import BadAnswer, InvalidInput, SuspectRefused, SuspectUnreachable
from tellmark.models.http.decompression import too_long, unpacked
from tellmark.models.http.description import Manners, Safety
from tellmark.models.http.exchange import Exchange, Request
from tellmark.models.http.pacing import Clock
from tellmark.models.http.secrets import Redactor, has_placeholder
from tellmark.models.http.signing import is_amazon, signature_headers

if TYPE_CHECKING:
    import httpx2

MOST_REDIRECTS = 5
_CHUNK = 1 << 16
_REPEATS_THE_REQUEST = (307, 308)
"""Redirects after which the same request is sent again; all others ask for something else."""


class NoResponse(SuspectUnreachable):
    """No response came, which may be different the next time.

    Parameters
    ----------
    message : str
    counts : bool
        Whether the request may have reached the suspect, which then may have answered it, or charged for it.
    """

    def __init__(self, message: str, *, counts: bool) -> None:
        super().__init__(message)
        self.counts = counts


class Transport:
    """Keeps connections open between requests.

    Parameters
    ----------
    url : str
        The suspect's, as the user named it; placeholders are allowed.
    manners : Manners
    safety : Safety
    redactor : Redactor
    clock : callable
        Measures exchanges.
    is_private : callable or None
        Tells private addresses; None knows the usual ones.
    """

    def __init__(
        self,
        url: str,
        manners: Manners,
        safety: Safety,
        *,
        redactor: Redactor,
        clock: Clock = time.monotonic,
        is_private: Callable[[str], bool] | None = None,
    ) -> None:
        from tellmark.models.http import connections

        self._manners = manners
        self._safety = safety
        self._redactor = redactor
        self._clock = clock
        self._deadline = connections.Deadline()
        self._guard = connections.AddressGuard(
            _host(url), allow=safety.private_redirects, is_private=is_private or connections.is_private
        )
        self._client = self._made_client()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def send(self, request: Request, *, attempt: int, note: Callable[[Exchange], None]) -> Exchange:
        """Send the request and read the response; `note` is told of it, and of a failure, too.

        Returns
        -------
        Exchange
            The response as it is. What `note` gets is the same without secrets.

        Raises
        ------
        NoResponse
            If the connection fails, breaks off, or takes too long.
        SuspectUnreachable
            If the suspect's certificate is not valid.
        SuspectRefused
            If it redirects to where it must not.
        BadAnswer
            If the response is too long, or compressed wrongly.
        InvalidInput
            If the URL or a header cannot be sent.
        """
        start = self._clock()
        status, headers = None, ()
        try:
            response, body = self._followed(request)
            status, headers = response.status_code, _headers_of(response)
        except (SuspectUnreachable, SuspectRefused, BadAnswer) as error:
            seconds = self._clock() - start
            note(Exchange(status, headers, b"", seconds, attempt, request.digest, request.inputs, str(error)))
            raise
        seconds = self._clock() - start
        exchange = Exchange(status, headers, body, seconds, attempt, request.digest, request.inputs)
        note(self._redacted(exchange))
        return exchange

    def _redacted(self, exchange: Exchange) -> Exchange:
        headers = tuple((key, self._redactor.text(value)) for key, value in exchange.headers)
        body = self._redactor.bytes(exchange.body)
        fields = (exchange.seconds, exchange.attempt, exchange.request, exchange.inputs)
        return Exchange(exchange.status, headers, body, *fields)

    def _followed(self, request: Request) -> tuple[httpx2.Response, bytes]:
        self._deadline.start(self._manners.timeout)
        home = self._redactor.resolved(request.url)
        url, headers = home, {name: self._redactor.resolved(value) for name, value in request.headers.items()}
        public = {name: value for name, value in request.headers.items() if not has_placeholder(value)}
        for _ in range(MOST_REDIRECTS + 1):
            response, body = self._once(request, url, headers)
            if not response.has_redirect_location:
                return response, body
            url = self._next(url, response)
            if _origin(url) != _origin(home):
                headers = public  # secrets are for the suspect that the user named
        raise SuspectRefused(f"the suspect redirects more than {MOST_REDIRECTS} times in a row")

    def _once(self, request: Request, url: str, headers: Mapping[str, str]) -> tuple[httpx2.Response, bytes]:
        import httpx2

        given = {name.lower() for name in headers}
        own = {"Content-Type": request.content.media_type, "Accept-Encoding": "identity"}
        own = {name: value for name, value in own.items() if name.lower() not in given}
        sent = self._signed(request, url, {**own, **headers})
        try:
            with self._client.stream(request.method, url, content=request.content.data, headers=sent) as got:
                return got, self._body(got)
        except (httpx2.RequestError, httpx2.InvalidURL, httpx2.CookieConflict, UnicodeError) as error:
            self._raise(error)

    def _signed(self, request: Request, url: str, headers: dict[str, str]) -> dict[str, str]:
        """With the user's signature, if this is Amazon, and the host that the user named."""
        is_named = _origin(url) == _origin(self._redactor.resolved(request.url))
        in_the_clear = urlsplit(url).scheme != "https"
        has_own = any(name.lower() == "authorization" for name in headers)
        if not is_named or in_the_clear or has_own or not is_amazon(url):
            return headers
        added = signature_headers(request.method, url, headers, request.content.data, redactor=self._redactor)
        return {**headers, **added}

    def _body(self, response: httpx2.Response) -> bytes:
        """Read to the end, or to the first byte too many or too late."""
        import httpx2

        most = self._safety.max_body_bytes
        announced = response.headers.get("content-length", "")
        if announced.isdecimal() and int(announced[:18]) > most:
            raise too_long(most)
        body = bytearray()
        for chunk in response.iter_raw():
            if self._deadline.is_past:
                raise httpx2.ReadTimeout("the response took longer in all than it may")
            body += chunk
            if len(body) > most:
                raise too_long(most)
        return unpacked(bytes(body), response.headers.get("content-encoding", ""), most=most)

    def _next(self, url: str, response: httpx2.Response) -> str:
        target = _target(url, response.headers["location"])
        shown = self._redactor.text(target.partition("?")[0])
        if response.status_code not in _REPEATS_THE_REQUEST:
            raise SuspectRefused(
                f"the suspect redirects with status {response.status_code} to {shown}; if that is its address, "
                f"name it instead"
            )
        scheme = urlsplit(target).scheme
        if scheme not in ("http", "https") or (scheme == "http" and urlsplit(url).scheme == "https"):
            raise SuspectRefused(f"the suspect redirects to {shown}, which is no https:// address")
        return target

    def _raise(self, error: Exception) -> NoReturn:
        """What failed, without what the library quotes of the request."""
        import httpx2

        counts = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
        if isinstance(error, httpx2.TimeoutException):
            limit = f"{self._manners.timeout:g}"
            message = f"the suspect did not answer within {limit} seconds; timeout= gives it more"
            raise NoResponse(message, counts=counts) from None
        if isinstance(error, httpx2.LocalProtocolError | httpx2.InvalidURL | httpx2.UnsupportedProtocol | UnicodeError):
            raise InvalidInput("the suspect's URL or one of its headers has a sign that cannot be sent") from None
        lines = self._redactor.text(str(error)).strip().splitlines()
        reason = lines[0][:200] if lines else type(error).__name__
        if "CERTIFICATE" in reason.upper():
            raise SuspectUnreachable(f"the suspect's certificate is not trusted: {reason}") from None
        raise NoResponse(f"the connection to the suspect failed: {reason}", counts=counts) from None

    def _made_client(self) -> httpx2.Client:
        import httpx2

        from tellmark.models.http.connections import GuardedTransport

        transport = GuardedTransport(
            verify=self._safety.verify_tls,
            most=self._manners.concurrency,
            deadline=self._deadline,
            guard=self._guard,
            proxy=self._safety.proxy,
        )
        return httpx2.Client(transport=transport, timeout=self._manners.timeout, trust_env=False, cookies=_no_cookies())


def _no_cookies() -> CookieJar:
    """Takes none: a cookie would tell the suspect which queries are of one run, and the transcript keeps none."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=()))


def _headers_of(response: httpx2.Response) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in response.headers.multi_items())


def _host(url: str) -> str:
    """The host as connections are told it: in ASCII."""
    import httpx2

    try:
        return httpx2.URL(url).raw_host.decode("ascii")
    except httpx2.InvalidURL:
        raise InvalidInput("the suspect's URL cannot be understood") from None


def _target(url: str, location: str) -> str:
    """Where a redirect leads."""
    import httpx2

    try:
        target = urljoin(url, location)
        _origin(target)
        httpx2.URL(target)
    except (ValueError, UnicodeError, httpx2.InvalidURL):
        raise SuspectRefused("the suspect redirects to an address that cannot be understood") from None
    return target


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
