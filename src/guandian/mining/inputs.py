"""What a job reads: one file after the other, as one stream of reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from guandian.domain import Review
from guandian.files import ColumnChoice, ColumnGuess, Layout, OnError, RejectFile, read_reviews
from guandian.io.output_guard import redirected, refuse_twins
from guandian.privacy import Masking

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Inputs:
    """Files of reviews and how to read them.

    Attributes:
        paths: the files in order; `-` is standard input.
        columns: which columns to take, where the guess is not wanted.
        layout: how the files are laid out.
        on_error: `stop` at a bad row, or `skip` it.
        limit: how many reviews to read at most.
        masking: how personal data is written over before anything else sees it.
    """

    paths: tuple[str, ...]
    columns: ColumnChoice = field(default_factory=ColumnChoice)
    layout: Layout = field(default_factory=Layout)
    on_error: OnError = "stop"
    limit: int | None = None
    masking: Masking = field(default_factory=lambda: Masking("off"))

    def __post_init__(self) -> None:
        """Refuse one file under two names: its reviews would count twice."""
        refuse_twins([Path(path) for path in self.paths if path != "-"])

    def read(
        self,
        rejects: RejectFile,
        opened: Callable[[str, ColumnGuess], None],
        noted: Callable[[str], None],
    ) -> Iterator[Review]:
        """The reviews, one at a time.

        Where several files are read, a review without an id of its own is `FILE:ROW`.

        Args:
            rejects: takes the skipped rows.
            opened: told which columns were taken as each file is opened, for each of its sheets.
            noted: told at the end of each file what its owner must know, if anything.

        Raises:
            GuandianError: as `guandian.files.read_reviews`.
        """
        if self.masking.mode != "off":
            rejects.cover = lambda row: self.masking.text(row)[0]
        reviews = islice(self._all(rejects, opened, noted), self.limit)
        return map(self.masking.review, reviews)

    @property
    def files(self) -> list[Path]:
        """The files among `paths` that an output could be; standard input where it is a file's."""
        named = (Path(path) if path != STANDARD_INPUT else redirected(0) for path in self.paths)
        return [path for path in named if path is not None]

    def prefix(self, name: str) -> str:
        """What stands before the row's number in the id of a review of a file without its own."""
        return f"{name}:" if len(self.paths) > 1 else ""

    def _all(
        self,
        rejects: RejectFile,
        opened: Callable[[str, ColumnGuess], None],
        noted: Callable[[str], None],
    ) -> Iterator[Review]:
        for path in self.paths:
            name = path.encode(errors="replace").decode()  # it may not be Unicode
            with read_reviews(
                path,
                self.columns,
                on_error=self.on_error,
                rejects=rejects,
                layout=self.layout,
                unnamed=self.prefix(name),
            ) as reviews:
                for table in reviews.tables:
                    opened(table.path, table.guess)
                try:
                    yield from reviews
                finally:  # also where the limit is reached
                    rejects.skipped += reviews.empty + reviews.aside
                    for note in reviews.notes:
                        noted(note)
