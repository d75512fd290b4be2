"""The progress of `guandian mine`: columns taken, reviews done, rate, time left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from guandian.cli.console.log_lines import LogLines
from guandian.domain import Mined, Review
from guandian.files import ColumnGuess
from guandian.mining.job import Watch
from guandian.report import Aggregate
from guandian.report.mined.single_review import shown
from guandian.report.mined.terminal import rate
from guandian.wording import say, spoken


class Rate(ProgressColumn):
    """Reviews answered a second."""

    def render(self, task: Task) -> Text:
        """The rate, blank until it is known."""
        return Text(f"{rate(task.speed)} {say('reviews/s')}" if task.speed else "")


def reviews_bar(console: Console, *, quiet: bool = False) -> Progress:
    """A bar of reviews, with their rate; shown on terminals alone."""
    return Progress(
        BarColumn(),
        TextColumn(f"{{task.completed:,.0f}} {say('reviews', sense='rows')}", markup=False),
        Rate(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


class Progressing(Watch):
    """A progress bar (lines where there is no terminal), and the counts of what was mined.

    Args:
        console: where to show.
        quiet: show nothing.

    Attributes:
        total: the counts.
        kept_in: the folder of a job that stopped before its end.
        notes: what the owner of the files must know of them.
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self.total = Aggregate()
        self.kept_in: Path | None = None
        self.notes: list[str] = []
        self._console, self._quiet = console, quiet
        self._last: ColumnGuess | None = None
        self._bar = reviews_bar(console, quiet=quiet)
        self._task = self._bar.add_task("", total=None)
        self._lines = LogLines(console, quiet=quiet)

    def started(self, rows: int | None) -> None:
        """Show how far it is; line ends overestimate files whose cells hold some."""
        self._bar.update(self._task, total=rows)
        self._lines.total = rows

    def opened(self, path: str, guess: ColumnGuess) -> None:
        """Tell which columns are taken, once for files that are alike."""
        if self._quiet or guess == self._last or guess.columns == {"text": "text"}:
            return
        self._last = guess
        for line in spoken(guess.zh, guess.en, "\n").split("\n"):
            text = Text(shown(f"{Path(path).name}: {line}"), style="dim")
            self._console.print(text, soft_wrap=True)

    def passing(self, reviews: Iterable[Review]) -> Iterator[Review]:
        """The same reviews, shown as they pass."""
        for review in reviews:
            yield review
            self._bar.advance(self._task)
            self._lines.advance(1)

    def noted(self, words: str) -> None:
        """Remember it for the end."""
        self.notes.append(words)

    def mined(self, reviews: Sequence[Review], mined: Sequence[Mined], *, earlier: bool) -> None:
        """Count and move on."""
        for review, answer in zip(reviews, mined, strict=True):
            self.total.add(review, answer)
        self._lines.advance(len(reviews), earlier=earlier)
        if earlier:
            self._bar.reset(self._task, completed=int(self._completed + len(reviews)))
        else:
            self._bar.advance(self._task, len(reviews))

    def kept(self, folder: Path) -> None:
        """Remember where a job can be gone on with."""
        self.kept_in = folder

    @property
    def _completed(self) -> float:
        return self._bar.tasks[0].completed

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._bar.stop()
