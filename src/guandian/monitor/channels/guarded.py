"""No connection into a private range: looked at where it is made, whatever name led there."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from guandian.monitor.channels.channel_addresses import is_public


class PrivateAddress(OSError):
    """A connection into a private range was asked for."""


_REFUSED: ContextVar[list[str] | None] = ContextVar("refused", default=None)
"""Within `public_connections`, the addresses that were refused."""


@contextmanager
def public_connections() -> Iterator[list[str]]:
    """Let this thread connect to public addresses alone; gives those that were refused.

    The system's own address of every connection is looked at, redirects and later answers of the
    name service among them; a proxy in the environment is looked at in place of what it reaches.
    """
    _install()
    refused: list[str] = []
    token = _REFUSED.set(refused)
    try:
        yield refused
    finally:
        _REFUSED.reset(token)


@cache
def _install() -> None:
    sys.addaudithook(_look_at)


def _look_at(event: str, values: tuple[object, ...]) -> None:
    if event != "socket.connect" and event != "socket.sendto":
        return
    refused = _REFUSED.get()
    if refused is None:
        return
    address = values[1]
    host = str(address[0]) if isinstance(address, tuple) and address else ""
    try:
        public = is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:  # a name, or a file: nothing that was resolved
        public = False
    if not public:
        refused.append(host)
        raise PrivateAddress(f"{host or 'a local socket'} is no public address")
