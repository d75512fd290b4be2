"""How sources are read, and how they are called."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult

from guandian.monitor.sources.source_positions import SourcePositions


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """How sources are read.

    Attributes:
        positions: how far they were read before.
        private: whether web addresses may lead into private ranges.
        every: seconds between two looks at a web address.
        once: whether all is read once, whatever was written a moment ago.
    """

    positions: SourcePositions
    private: bool = False
    every: float = 60.0
    once: bool = False


def shown_source(parts: SplitResult) -> str:
    """An address without user, password and question."""
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"
