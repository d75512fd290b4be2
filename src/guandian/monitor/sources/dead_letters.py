"""What came and is no review, kept where its owner can look at it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from guandian.io.atomic import telling
from guandian.monitor.sources.review_source import DeadLetter

_LONGEST = 16_384
"""Characters of a message that are kept."""
_LARGEST = 64 << 20
"""Bytes of the file, beyond which it becomes the older of two."""


class DeadLetters:
    """A file of JSON Lines that grows: moment, source, reason, content.

    Args:
        path: of the file; there is none before the first dead letter.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self, source: str, letters: Iterable[DeadLetter]) -> int:
        """Write them down, so that they outlive any end of the process; how many there were.

        Raises:
            GuandianError: the file cannot be written.
        """
        lines = [_line(source, letter) for letter in letters]
        if not lines:
            return 0
        with telling(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > _LARGEST:
                self.path.replace(self.path.with_suffix(".older.jsonl"))
            with self.path.open("ab") as file:
                file.write(b"".join(lines))
                file.flush()
                os.fsync(file.fileno())
        return len(lines)


def _line(source: str, letter: DeadLetter) -> bytes:
    entry = {
        "moment": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": source,
        "reason": letter.reason,
        "content": letter.content[:_LONGEST],
    }
    return (json.dumps(entry, ensure_ascii=False) + "\n").encode(errors="backslashreplace")
