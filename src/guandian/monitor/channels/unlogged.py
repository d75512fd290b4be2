"""Addresses hold secrets, and what connects to them logs them: it says nothing meanwhile."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

_LOGGERS = (
    "aiokafka",
    "aiokafka.cluster",
    "aiokafka.conn",
    "aiokafka.consumer.consumer",
    "aiokafka.consumer.fetcher",
    "aiokafka.consumer.group_coordinator",
    "apprise",
    "httpx2",
    "httpcore2.connection",
    "httpcore2.http11",
    "httpcore2.proxy",
    "urllib3.connectionpool",
    "urllib3.util.retry",
)
_STATUS = re.compile(r"error=(\d{3})")
_STATUSES: ContextVar[list[str] | None] = ContextVar("statuses", default=None)
"""Within `without_log`, what receivers answered."""


@contextmanager
def without_log() -> Iterator[list[str]]:
    """Keep what this thread does out of all logs; gives the numbers that receivers answered."""
    _install()
    outer = _STATUSES.get()
    statuses: list[str] = [] if outer is None else outer
    token = _STATUSES.set(statuses)
    try:
        yield statuses
    finally:
        _STATUSES.reset(token)


@cache
def _install() -> None:
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_pass)


def _pass(record: logging.LogRecord) -> bool:
    statuses = _STATUSES.get()
    if statuses is None:
        return True
    if match := _STATUS.search(record.getMessage()):
        statuses.append(match[1])
    return False
