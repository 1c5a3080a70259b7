"""Connections that end in time and do not lead where they should not."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from tellmark.errors import SuspectRefused

IsPrivate = Callable[[str], bool]


def is_private(address: str) -> bool:
    """Whether an IP address is loopback, link-local, private, or otherwise not part of the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or ip
    return not ip.is_global or ip.is_multicast


class Deadline(threading.local):
    """The moment by which the request of this thread must be over; reads and writes share what time is left."""

    at: float = float("inf")

    def start(self, seconds: float) -> None:
        """Begin a request that may take so long."""
        self.at = time.monotonic() + seconds

    @property
    def is_past(self) -> bool:
        """Whether no time is left."""
        return self.at <= time.monotonic()

    def left(self, timeout: float | None) -> float:
        """Seconds for the next step; none are left once the deadline is past."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the request took longer in all than it may")
        return left if timeout is None else min(left, timeout)


class AddressGuard:
    """Keeps a public suspect from sending requests to private addresses, by a redirect or a change of its name.

    The host that the user named may be anywhere. Others may be private only if that one is, too. What is looked at is
    the address of the connection, not of a look-up before it.

    Parameters
    ----------
    host : str
        The one that the user named.
    allow : bool
        Let everything pass.
    is_private : callable
        Tells private addresses.
    """

    def __init__(self, host: str, *, allow: bool, is_private: IsPrivate = is_private) -> None:
        self._host = host
        self._allow = allow
        self._is_private = is_private
        self._home_is_private: bool | None = None

    def check(self, host: str, address: str) -> None:
        """Raise `SuspectRefused` unless a connection to `host` may end at `address`."""
        private = self._is_private(address)
        if self._home_is_private is None and host == self._host:
            self._home_is_private = private
        if private and not self._home_is_private and not self._allow:
            raise SuspectRefused(
                f"the suspect leads to the private address {address}, which a public one may not; if it is yours, "
                f"name that address itself or allow private_redirects"
            )


class GuardedTransport(httpx2.HTTPTransport):
    """The library's transport, whose connections keep a deadline and are checked by a guard.

    Behind a proxy all connections are to the proxy, and there is nothing for the guard to see.
    """

    def __init__(
        self, *, verify: bool, most: int, deadline: Deadline, guard: AddressGuard, proxy: str | None = None
    ) -> None:
        context = httpx2.create_ssl_context(verify=verify, trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # The library has no parameter for its network backend.
        settings: dict[str, Any] = {
            "ssl_context": context,
            "max_connections": most,
            "max_keepalive_connections": most,
            "keepalive_expiry": 30.0,
        }
        if proxy is None:
            self._pool = httpcore2.ConnectionPool(network_backend=_Backend(deadline, guard), **settings)
        else:
            self._pool = httpcore2.HTTPProxy(proxy, network_backend=_Backend(deadline, None), **settings)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline, guard: AddressGuard | None) -> None:
        self._real = httpcore2.SyncBackend()
        self._deadline = deadline
        self._guard = guard

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._real.connect_tcp(host, port, left, local_address, socket_options)
        if self._guard is None:
            return _Stream(stream, self._deadline)
        try:
            self._guard.check(host, stream.get_extra_info("server_addr")[0])
        except BaseException:
            stream.close()
            raise
        return _Stream(stream, self._deadline)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, real: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._real = real
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._real.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._real.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._real.start_tls(ssl_context, server_hostname, self._deadline.left(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._real.get_extra_info(info)
