"""What `guandian watch --from` does between two looks: it takes reviews in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.cli.console.notes import tell
from guandian.errors import GuandianError
from guandian.wording import counted

if TYPE_CHECKING:
    from guandian.monitor.sources import Intake, ReviewSource, TakenIn
    from guandian.store import Store

FOLDER = "sources"
"""In the folder of the store: positions of sources, and dead letters."""
_PAUSE = 0.5
_LONGEST_WAIT = 600.0
"""Seconds, at most, before a source that failed is asked again."""


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """What is taken in, and by what.

    Attributes:
        sources: their addresses.
        model: the folder of a bundle; None for the shipped one.
        threads: that mine.
        private: whether web addresses may lead into private ranges.
        every: seconds between two looks at a web address.
        once: whether each source is read once.
        tenant: whose reviews they are.
    """

    sources: Sequence[str]
    model: Path | None
    threads: int | None
    private: bool
    every: float
    once: bool
    tenant: str


@dataclass(slots=True)
class RunningIntake:
    """Sources that are read in turn."""

    intake: Intake
    sources: Sequence[ReviewSource]
    _again: dict[str, tuple[float, float]] = field(default_factory=dict)
    """By source that failed, when it is asked again and after how many seconds then."""

    def run(self, seconds: float, *, once: bool) -> None:
        """Take in what comes for so many seconds, or once all that is there."""
        until = time.monotonic() + seconds
        while once or time.monotonic() < until:
            if any([self._take(source, once=once) for source in self.sources]):  # noqa: C419 - all of them
                continue
            if once:
                return
            time.sleep(min(_PAUSE, max(until - time.monotonic(), 0)))

    def _take(self, source: ReviewSource, *, once: bool) -> bool:
        """Whether a source gave anything."""
        from guandian.monitor.sources import SourceFailure

        due, wait = self._again.get(source.name, (0.0, 5.0))
        if time.monotonic() < due:
            return False
        try:
            number = self.intake.take(source, 2.0 if once else 0.0)
        except SourceFailure as error:
            if once:
                raise GuandianError(
                    f"no reviews can be read from {source.name}: {error.problem}",
                    error.repair or "run the same command again later",
                ) from error
            tell(f"no reviews come from {source.name}, which is asked again: {error}")
            self._again[source.name] = time.monotonic() + wait, min(2 * wait, _LONGEST_WAIT)
            return False
        self._again.pop(source.name, None)
        if number.reviews or number.dead:
            tell(f"{source.name}: {_words(number)}")
        if number.dead:
            tell(f"what could not be read lies in {self.intake.letters.path}, each with its reason")
        return bool(number)


@contextmanager
def running_intake(store: Store, options: IntakeOptions) -> Iterator[RunningIntake]:
    """Open the model and the sources.

    Raises:
        GuandianError: there is no such source or model.
    """
    from guandian.engine import usable_cores
    from guandian.mining.batching import Answers
    from guandian.monitor.sources import Intake
    from guandian.monitor.sources.dead_letters import DeadLetters
    from guandian.monitor.sources.source_addresses import source_at
    from guandian.monitor.sources.source_positions import SourcePositions
    from guandian.monitor.sources.source_terms import SourceTerms
    from guandian.pipelines.miners import open_model

    folder = store.folder / FOLDER
    positions = SourcePositions(folder / "positions.json")
    terms = SourceTerms(positions, options.private, options.every, options.once)
    with ExitStack() as closing:
        threads = options.threads or usable_cores()
        model = open_model(options.model, threads)
        answers = closing.enter_context(Answers(model, threads))
        sources = []
        for name in options.sources:
            source = source_at(name, terms)
            closing.callback(source.close)
            sources.append(source)
        letters = DeadLetters(folder / "dead_letters.jsonl")
        yield RunningIntake(Intake(store, answers, model, letters, options.tenant), sources)


def _words(number: TakenIn) -> str:
    words = [counted(number.reviews, "reviews", sense="new")]
    if number.dead:
        words.append(counted(number.dead, "dead letters"))
    return ", ".join(words)
