"""How far sources that are asked were read; written when what they gave is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from guandian.io.atomic import replace_file


class SourcePositions:
    """A small file of JSON; one that is lost lets sources be read again, which changes nothing.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            known = json.loads(path.read_bytes())
        except (OSError, ValueError):
            known = {}
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}

    def of(self, source: str) -> dict[str, Any]:
        """The position of a source; empty where it was never read."""
        known = self._known.get(source)
        return dict(known) if isinstance(known, dict) else {}

    def put(self, source: str, position: dict[str, Any]) -> None:
        """Keep a position.

        Raises:
            OSError: it cannot be written.
        """
        self._known[source] = position
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(self._path, json.dumps(self._known, ensure_ascii=True).encode())
