"""A model to mine with in Python, and what it finds, as notebooks and terminals show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, overload

from guandian import composition, files, report
from guandian.bundle import shipped
from guandian.comparison.runs import is_run, open_folder_of_run
from guandian.domain import Entity, Mined, Opinion, Review, Sentiment
from guandian.errors import GuandianError
from guandian.files.flat import header, rows
from guandian.mining.miner import Miner
from guandian.notebook.parts import plain

_SHOWN = 10
Row = Mapping[str, object]


@dataclass(frozen=True, slots=True, repr=False)
class MinedReview:
    """One review and everything that was found in it.

    Attributes:
        review: as it was given; offsets are Unicode code points over its raw `text`.
        mined: what was found.
        names: Chinese and English names of the categories.
    """

    review: Review
    mined: Mined
    names: report.Names

    @property
    def text(self) -> str:
        """The raw text."""
        return self.review.text

    @property
    def opinions(self) -> tuple[Opinion, ...]:
        """Spans, category, polarity and calibrated confidence of each opinion."""
        return self.mined.opinions

    @property
    def sentiment(self) -> Sentiment:
        """Of the whole review."""
        return self.mined.sentiment

    @property
    def entities(self) -> tuple[Entity, ...]:
        """Named products, brands and models."""
        return self.mined.entities

    def to_dict(self) -> dict[str, Any]:
        """The object that `guandian mine` writes as a line of JSON."""
        return files.to_wire(self.review, self.mined)

    def rows(self) -> list[dict[str, Any]]:
        """A dict an opinion, and one where there is none: `pandas.DataFrame(found.rows())`."""
        names = header(())
        return [dict(zip(names, row, strict=True)) for row in rows(self.review, self.mined, ())]

    def __repr__(self) -> str:
        return plain(report.one_review(self.review, self.mined, self.names))

    def _repr_html_(self) -> str:
        return report.review_fragment(self.review, self.mined, self.names)


class MinedReviews(Sequence[MinedReview]):
    """Mined reviews in their order; a notebook shows the first ten.

    Args:
        found: the reviews.
        names: Chinese and English names of the categories.
    """

    def __init__(self, found: Sequence[MinedReview], names: report.Names) -> None:
        self._found = tuple(found)
        self._names = names

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, place: int) -> MinedReview: ...

    @overload
    def __getitem__(self, place: slice) -> MinedReviews: ...

    def __getitem__(self, place: int | slice) -> MinedReview | MinedReviews:
        if isinstance(place, slice):
            return MinedReviews(self._found[place], self._names)
        return self._found[place]

    def rows(self) -> list[dict[str, Any]]:
        """A dict an opinion, and one for a review without any: `pandas.DataFrame(found.rows())`."""
        return [row for one in self for row in one.rows()]

    def summary(self) -> Summary:
        """Shares and net sentiment by category and aspect, with their intervals."""
        return Summary(report.aggregate((one.review, one.mined) for one in self), self._names)

    def __repr__(self) -> str:
        shown = [repr(one).rstrip() for one in self._found[:_SHOWN]]
        return "\n\n".join([*shown, *self._more()])

    def _repr_html_(self) -> str:
        shown = [one._repr_html_() for one in self._found[:_SHOWN]]
        return "\n".join([*shown, *(f"<div>{line}</div>" for line in self._more())])

    def _more(self) -> Iterator[str]:
        if len(self) > _SHOWN or not self:
            yield f"共 {len(self):,} 条评论 reviews in all"


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """Counts over mined reviews, and what they are worth.

    Attributes:
        total: the counts: `total.categories.ranked()` gives cells, whose `tally` has shares.
        names: Chinese and English names of the categories.
    """

    total: report.Aggregate
    names: report.Names

    def save(self, path: str | Path, *, title: str = "", overwrite: bool = False) -> Path:
        """Write the page of charts that `guandian report` draws.

        Raises:
            GuandianError: the file exists, or cannot be written.
        """
        html = report.page(self.total, self.names, report.Options(title=title))
        report.write_page(html, Path(path), overwrite=overwrite)
        return Path(path)

    def __repr__(self) -> str:
        return plain(report.summary_table(self.total, self.names))

    def _repr_html_(self) -> str:
        return report.summary_fragment(self.total, self.names)


class Model:
    """A bundle that mines; `guandian.open` gives one.

    Args:
        miner: what answers.
        path: of its folder.
    """

    def __init__(self, miner: Miner, path: Path) -> None:
        self.miner = miner
        self.path = path

    @property
    def names(self) -> report.Names:
        """Chinese and English names of its categories."""
        return self.miner.labels.names

    @overload
    def mine(  # type: ignore[overload-overlap]  # a text is one review, not its characters
        self, what: str | Review | Row
    ) -> MinedReview: ...

    @overload
    def mine(self, what: Iterable[str | Review | Row]) -> MinedReviews: ...

    def mine(
        self, what: str | Review | Row | Iterable[str | Review | Row]
    ) -> MinedReview | MinedReviews:
        """Mine one text or row, or several, without any file.

        Args:
            what: a text, or a dict with a text and perhaps product, time and so on, whose keys are
                recognised as the columns of a file are; or several of them
                (`frame.to_dict("records")` of a pandas table is such a list).

        Raises:
            GuandianError: it is something else, or no key of the rows holds a text; `BadRow`: one
                of them has none.
        """
        if isinstance(what, str | Review | Mapping):
            return self._mined(_reviews([what]))[0]
        given: object = what
        # A table of pandas would give the names of its columns.
        if not isinstance(given, Iterable) or isinstance(given, bytes) or hasattr(given, "columns"):
            raise GuandianError(
                f"what is to be mined is a {type(what).__name__}",
                'give texts, or dicts with a text: of a pandas table, frame.to_dict("records")',
            )
        return self._mined(_reviews(list(what)))

    def mine_file(self, path: str | Path, limit: int | None = None) -> MinedReviews:
        """Mine a file of reviews that fits in memory; `guandian mine` takes any.

        Args:
            path: CSV, TSV, JSON Lines, text, Excel or Parquet.
            limit: how many reviews to read at most.

        Raises:
            GuandianError: as `guandian.files.read_reviews`, or a limit below 0.
        """
        if limit is not None and limit < 0:
            raise GuandianError(f"limit={limit}: there are no fewer than 0 reviews", "leave it out")
        with files.read_reviews(path) as reviews:
            return self._mined(list(islice(reviews, limit)))

    def _mined(self, reviews: Sequence[Review]) -> MinedReviews:
        found = zip(reviews, self.miner.mine(reviews), strict=True)
        names = self.names
        return MinedReviews([MinedReview(*each, names) for each in found], names)

    def __repr__(self) -> str:
        return f"<guandian model {self.miner.model}>"


def open(
    bundle: str | Path | None = None, threads: int | None = None, custom: str | None = None
) -> Model:
    """Open a model to mine with.

    Args:
        bundle: the folder of a bundle, an ensemble or a run; `guandian-small`, or None, is the
            one that ships with the package.
        threads: batches that are read at the same time; None = all usable cores.
        custom: of annotation to answer by, such as `zhijiang`, or a set that follows it; None = the
            model's own, which marks every judgement.

    Raises:
        GuandianError: there is none, or it is not whole; or no thread.
    """
    if threads is not None and threads < 1:
        raise GuandianError(
            f"threads={threads}: it takes one at least", "leave it out for all cores"
        )
    named = Path(bundle or shipped().name)
    folder = shipped() if str(named) == shipped().name and not named.is_dir() else named
    if is_run(folder):
        folder = open_folder_of_run(folder).bundle
    return Model(composition.open_miner(folder, threads, custom), folder)


def _reviews(given: Sequence[str | Review | Row]) -> list[Review]:
    """Texts and reviews as they are; rows by their keys."""
    if given and all(isinstance(one, Mapping) for one in given):
        return list(files.review_rows([one for one in given if isinstance(one, Mapping)]))
    found = []
    for number, one in enumerate(given, start=1):
        if not isinstance(one, str | Review):
            raise GuandianError(
                f"number {number} to mine is a {type(one).__name__}",
                "give texts, or dicts with a text, not both",
            )
        found.append(Review(str(number), one) if isinstance(one, str) else one)
    return found
