"""The way back from a cleaned text to the raw one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from guandian.domain import Span

Edit = tuple[int, int, str]
"""Replace the characters `start` to `end` (half-open, not empty) by a text."""
_LENGTHS = 1 << 12
"""Lengths of texts whose identity is remembered: most cleaners change nothing in most texts."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """For every character of a cleaned text, the characters of the raw text it stands for.

    Kept as runs: run `i` is the cleaned characters `starts[i]` to `starts[i + 1]` (the last run
    ends at `length`) and the raw characters `raw_starts[i]` to `raw_ends[i]`. In a run with
    `exact[i]` the characters correspond one to one; in another all stand for all. Raw characters
    between two runs have left no trace. Both ends only ever grow from run to run.

    Attributes:
        length: characters of the cleaned text.
        raw_length: characters of the raw text.
    """

    starts: tuple[int, ...]
    raw_starts: tuple[int, ...]
    raw_ends: tuple[int, ...]
    exact: tuple[bool, ...]
    length: int
    raw_length: int

    @classmethod
    @lru_cache(_LENGTHS)
    def identity(cls, length: int) -> Alignment:
        """Of a text of `length` characters that was not changed, or one to one."""
        if not length:
            return cls((), (), (), (), 0, 0)
        return cls((0,), (0,), (length,), (True,), length, length)

    @property
    def is_identity(self) -> bool:
        """Tell whether every character stands at its raw place."""
        return self.length == self.raw_length and (not self.length or self.exact == (True,))

    def to_raw(self, span: Span) -> Span:
        """The raw characters that a span of the cleaned text stands for.

        What was removed inside the span is part of the answer, what was removed around it is not.

        Raises:
            ValueError: the span ends after the cleaned text.
        """
        if span.end > self.length:
            raise ValueError(f"{span} ends after the text of {self.length} characters")
        if self.is_identity:
            return span
        # The runs with the first and the last character of the span; `end - 1` since it is half-
        # open.
        first = bisect_right(self.starts, span.start) - 1
        last = bisect_right(self.starts, span.end - 1) - 1
        start, end = self.raw_starts[first], self.raw_ends[last]
        if self.exact[first]:
            start += span.start - self.starts[first]
        if self.exact[last]:
            # Within an exact run the span may end before the run does; in another all stand for
            # all.
            end = self.raw_starts[last] + span.end - self.starts[last]
        return Span(start, end)

    def to_clean(self, span: Span) -> Span | None:
        """The cleaned characters that stand for any part of a raw span, None if there are none.

        Raises:
            ValueError: the span ends after the raw text.
        """
        if span.end > self.raw_length:
            raise ValueError(f"{span} ends after the text of {self.raw_length} characters")
        if self.is_identity:
            return span
        # The first run that ends after the span begins and the last that begins before it ends:
        # what lies between runs was removed and belongs to none.
        first = bisect_right(self.raw_ends, span.start)
        last = bisect_left(self.raw_starts, span.end) - 1
        if first > last:
            return None
        start = self.starts[first]
        if self.exact[first]:
            start += max(0, span.start - self.raw_starts[first])
        end = self.starts[last + 1] if last + 1 < len(self.starts) else self.length
        if self.exact[last]:
            end -= max(0, self.raw_ends[last] - span.end)
        return Span(start, end)

    def then(self, later: Alignment) -> Alignment:
        """The alignment of two cleanings, this one first, `later` on its result.

        Raises:
            ValueError: `later` starts from a text of another length.
        """
        if later.raw_length != self.length:
            raise ValueError(
                f"an alignment of {later.raw_length} characters cannot follow one to {self.length}"
            )
        if later.is_identity:
            return self
        if self.is_identity:
            return later
        runs = _Runs()
        for run, start in enumerate(later.starts):
            middle, middle_end = later.raw_starts[run], later.raw_ends[run]
            if later.exact[run]:
                self._copy(runs, start, middle, middle_end)
            else:
                raw = self.to_raw(Span(middle, middle_end))
                # Several middle characters became these: which of them, nobody can say any more.
                runs.add(start, raw.start, raw.end, exact=False)
        return runs.aligned(later.length, self.raw_length)

    def _copy(self, runs: _Runs, target: int, start: int, end: int) -> None:
        """Add what the cleaned characters `start` to `end` stand for, put at `target`."""
        run = bisect_right(self.starts, start) - 1
        while start < end:
            run_end = self.starts[run + 1] if run + 1 < len(self.starts) else self.length
            stop = min(end, run_end)
            if self.exact[run]:
                raw = self.raw_starts[run] + start - self.starts[run]
                runs.add(target, raw, raw + stop - start, exact=True)
            else:
                runs.add(target, self.raw_starts[run], self.raw_ends[run], exact=False)
            target += stop - start
            start, run = stop, run + 1


class _Runs:
    """Runs of an alignment as they are found, neighbours joined."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.raw_starts: list[int] = []
        self.raw_ends: list[int] = []
        self.exact: list[bool] = []

    def add(self, start: int, raw_start: int, raw_end: int, *, exact: bool) -> None:
        if self.starts and self.exact[-1] == exact:
            # Exact runs join only without a gap between them, inexact ones only if of the same
            # source.
            if exact and self.raw_ends[-1] == raw_start:
                self.raw_ends[-1] = raw_end
                return
            if not exact and (self.raw_starts[-1], self.raw_ends[-1]) == (raw_start, raw_end):
                return
        self.starts.append(start)
        self.raw_starts.append(raw_start)
        self.raw_ends.append(raw_end)
        self.exact.append(exact)

    def aligned(self, length: int, raw_length: int) -> Alignment:
        return Alignment(
            tuple(self.starts),
            tuple(self.raw_starts),
            tuple(self.raw_ends),
            tuple(self.exact),
            length,
            raw_length,
        )


def apply_edits(text: str, edits: Iterable[Edit]) -> tuple[str, Alignment]:
    """Carry out `edits` on `text`.

    Args:
        text: what the edits point into.
        edits: in order, without overlap. A replacement stands for all that it replaces.

    Raises:
        ValueError: an edit is empty, out of order or outside the text.
    """
    runs = _Runs()
    parts: list[str] = []
    reached = length = 0
    for start, end, replacement in edits:
        if not reached <= start < end <= len(text):
            raise ValueError(f"the edit of {start} to {end} is empty, out of order or outside")
        if start > reached:
            runs.add(length, reached, start, exact=True)
            parts.append(text[reached:start])
            length += start - reached
        if replacement:
            # One character for one keeps its place; any other replacement stands for all as a
            # whole.
            runs.add(length, start, end, exact=len(replacement) == end - start == 1)
            parts.append(replacement)
            length += len(replacement)
        reached = end
    if not reached:
        return text, Alignment.identity(len(text))
    if reached < len(text):
        runs.add(length, reached, len(text), exact=True)
        parts.append(text[reached:])
        length += len(text) - reached
    return "".join(parts), runs.aligned(length, len(text))
