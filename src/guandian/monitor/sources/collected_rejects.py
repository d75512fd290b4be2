"""Rows of a file that are no reviews, as dead letters."""

from __future__ import annotations

from guandian.errors import BadRow
from guandian.files import RejectFile
from guandian.monitor.sources.review_source import DeadLetter


class CollectedRejects(RejectFile):
    """Takes rejected rows and writes no file.

    Attributes:
        letters: that were not taken yet.
    """

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[DeadLetter] = []

    def add(self, error: BadRow, row: str) -> None:
        """Note one rejected row with its raw text."""
        super().add(error, row)
        self.letters.append(DeadLetter(f"{error.place}: {error.reason}", row.rstrip()))

    def taken(self) -> list[DeadLetter]:
        """Those since the last time."""
        letters, self.letters = self.letters, []
        return letters
