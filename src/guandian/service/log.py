"""The log: a JSON object a line, without a word of a review."""

from __future__ import annotations

import json
import logging
import sys

LOG = logging.getLogger("guandian.service")


def log_to_stderr() -> None:
    """Write the log to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.INFO)
    LOG.propagate = False


def log_event(event: str, **members: object) -> None:
    """A line of the log that is no request's; nothing that a review says belongs in it."""
    LOG.info(json.dumps({"event": event, **members}, ensure_ascii=False))
