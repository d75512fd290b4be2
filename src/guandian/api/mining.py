"""A model to mine with in Python, and what it finds, as notebooks and terminals show it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, overload

from guandian import files, report
from guandian import pipelines as composition
from guandian.api.arguments import FromOne, FromZero
from guandian.api.error_words import in_python, told_in_python
from guandian.api.fragments_shared import plain
from guandian.bundle import folders_of, model_folder, shipped
from guandian.domain import Entity, Mined, Opinion, Review, Sentiment
from guandian.errors import GuandianError
from guandian.evaluation.rightness import Meaning
from guandian.files.output.opinion_rows import header, rows
from guandian.io.output_guard import refuse_outputs
from guandian.mining.batching import Answers
from guandian.mining.caution.promises import Caution
from guandian.mining.chunks import chunks
from guandian.mining.miner import Miner
from guandian.pipelines.engines.answer_settings import AnswerSettings
from guandian.pipelines.engines.mining_engines import MinerSource, engine_of
from guandian.pipelines.promising import promise_of
from guandian.tracking.status import is_run, open_folder_of_run
from guandian.wording import counted, say

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
        reviews: the reviews.
        names: Chinese and English names of the categories.
        correction: of the net for what the model misses; None where that was never measured.
        rejected: rows of their file that were skipped.
        notes: what else to know of it.
        reads: the files and folders that it was made from, onto which nothing is written.
    """

    def __init__(
        self,
        reviews: Sequence[MinedReview],
        names: report.Names,
        correction: report.Correction | None = None,
        rejected: int = 0,
        notes: tuple[str, ...] = (),
        reads: tuple[Path, ...] = (),
    ) -> None:
        self._reviews = tuple(reviews)
        self._names, self._reads = names, reads
        self._correction = correction
        self.rejected, self.notes = rejected, notes

    def __len__(self) -> int:
        return len(self._reviews)

    @overload
    def __getitem__(self, index: int) -> MinedReview: ...

    @overload
    def __getitem__(self, index: slice) -> MinedReviews: ...

    def __getitem__(self, index: int | slice) -> MinedReview | MinedReviews:
        if isinstance(index, slice):
            rest = (self._names, self._correction, self.rejected, self.notes, self._reads)
            return MinedReviews(self._reviews[index], *rest)
        return self._reviews[index]

    def rows(self) -> list[dict[str, Any]]:
        """A dict an opinion, and one for a review without any: `pandas.DataFrame(found.rows())`."""
        return [row for review in self for row in review.rows()]

    @told_in_python()
    def summary(
        self, *, measured: str | Path | None = None, corrected: bool = True, listed: FromZero = 3000
    ) -> Summary:
        """Shares and net sentiment by category and aspect, with their intervals.

        Args:
            measured: what `guandian evaluate --json` wrote, or a bundle's folder: what the model
                misses; None takes the model's own measure.
            corrected: whether the net is corrected for that, where it is known.
            listed: opinions that can be searched on the page that `save` writes.

        Raises:
            GuandianError: `measured` says nothing of what is missed.
        """
        correction, reads = self._correction, self._reads
        if measured is not None:
            path = Path(measured)
            reads = (*reads, *_kept(path))
            correction = report.Correction(composition.read_rates(path), source=path.name)
        total = report.Aggregate(listed=listed)
        for mined_review in self:
            total.add(mined_review.review, mined_review.mined)
        corrected = corrected and not total.chosen
        return Summary(total, self._names, correction if corrected else None, reads)

    def __repr__(self) -> str:
        shown = [repr(review).rstrip() for review in self._reviews[:_SHOWN]]
        return "\n\n".join([*shown, *self._more()])

    def _repr_html_(self) -> str:
        shown = [review._repr_html_() for review in self._reviews[:_SHOWN]]
        return "\n".join([*shown, *(f"<div>{escape(line)}</div>" for line in self._more())])

    def _more(self) -> Iterator[str]:
        if len(self) > _SHOWN or not self:
            yield say("{reviews:,} reviews in all", reviews=len(self))
        if self.rejected:
            yield counted(self.rejected, "rejects")
        yield from (f"{say('note')}: {note}" for note in self.notes)


@dataclass(frozen=True, slots=True, repr=False)
class Summary:
    """Counts over mined reviews, and what they are worth.

    Attributes:
        total: the counts: `total.categories.ranked()` gives cells, whose `tally` has shares.
        names: Chinese and English names of the categories.
        correction: of the net for what the model misses; None shows it as found.
        reads: the files and folders that it was made from, onto which `save` does not write.
    """

    total: report.Aggregate
    names: report.Names
    correction: report.Correction | None = None
    reads: tuple[Path, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The headline: counts, and nets from -1 to 1 as `(value, low, high)`, None where unknown.

        `net` is that of the opinions and `net_of_reviews` that of whole reviews, corrected where
        they can be; each `_as_found` and `net_of_stars` stand beside them, and `disagreements`
        names those of them whose 95 % intervals do not meet. `most_copied` is the beginning of a
        text and how often it stands, None where there are no copies. They count in
        `opinions_with_copies` and `net_with_copies` alone.
        """
        total = self.total
        every = total.with_copies()
        with_copies = report.net_of(every, self.correction)
        nets = {
            "net": report.net_of(total.whole.tally, self.correction),
            "net_as_found": total.whole.tally.net(),
            "net_of_reviews": total.of_reviews(self.correction),
            "net_of_reviews_as_found": total.of_reviews(),
            "net_of_stars": total.stars.net(),
            "mean_of_stars": total.stars.mean(),
            "share_without_opinion": total.without_opinion(),
        }
        return {
            "reviews": total.reviews,
            "set_aside": total.aside.total(),
            "without_opinion": total.silent,
            "copies": total.copies.repeated,
            "with_a_copied_column": total.copies.parted,
            "share_of_copies": total.share_copied(),
            "most_copied": total.copies.most,
            "opinions": total.whole.tally.opinions,
            "reviews_with_opinions": total.whole.tally.reviews,
            "effective_reviews": total.whole.tally.effective,
            "opinions_with_copies": every.opinions,
            "corrected": self.correction is not None,
            **{
                name: estimate and (estimate.value, estimate.low, estimate.high)
                for name, estimate in nets.items()
            },
            "net_with_copies": with_copies and with_copies.value,
            "ratings_not_read": total.stars.unread,
            "confidence_fitted": not total.unfitted,
            "disagreements": report.disagreements(total, self.correction),
        }

    @told_in_python()
    def save(self, path: str | Path, *, title: str = "", overwrite: bool = False) -> Path:
        """Write the page of charts that `guandian report` draws.

        Raises:
            GuandianError: the file exists, is one that was mined, or cannot be written.
        """
        refuse_outputs([Path(path)], self.reads, overwrite=overwrite)
        options = report.PageOptions(title=title, correction=self.correction)
        html = report.page(self.total, self.names, options)
        report.write_page(html, Path(path), overwrite=overwrite)
        return Path(path)

    def __repr__(self) -> str:
        return plain(report.summary_table(self.total, self.names, correction=self.correction))

    def _repr_html_(self) -> str:
        return report.summary_fragment(self.total, self.names, correction=self.correction)


class LayoutOptions(TypedDict, total=False):
    """The layout of a file, where its name and content are not to decide."""

    sheet: str | tuple[str, ...] | None
    header_rows: tuple[int, int] | None
    encoding: str | None
    format: files.Format | None
    delimiter: str | None
    hidden: files.Hidden
    header: bool
    time_format: str | None


class Model:
    """A bundle that mines; `guandian.open` gives one.

    Args:
        miner: what answers.
        path: of its folder.
        source: opens the same elsewhere; None opens what is in the folder.
    """

    def __init__(self, miner: Miner, path: Path, source: MinerSource | None = None) -> None:
        self.miner = miner
        self.path = path
        self._source = source or MinerSource(path)

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

    @told_in_python()
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

    @told_in_python()
    def mine_file(
        self,
        path: str | Path,
        limit: FromZero | None = None,
        columns: Mapping[str, str | int | Sequence[str | int]] | None = None,
        on_error: files.OnError = "stop",
        engine: Literal["local", "ray"] = "local",
        workers: FromOne | None = None,
        **layout: Unpack[LayoutOptions],
    ) -> MinedReviews:
        """Mine a file of reviews that fits in memory; `guandian mine` takes any.

        Args:
            path: CSV, TSV, JSON Lines, text, Excel or Parquet.
            limit: how many reviews to read at most.
            columns: names or numbers of columns by what they hold, where that is not to be
                guessed: `{"text": "评价", "product": "型号"}`; several of `text` are parts of one
                review.
            on_error: at a row that cannot be read: `stop`, or `skip`, and count it.
            engine: `local`, or `ray`: the workers of a cluster, of which `RAY_ADDRESS` tells.
            workers: of that cluster, as many as it has cores where they are not told.
            **layout: `sheet`, `encoding` and so on, as `guandian.files.Layout` has them.

        Returns:
            The reviews; `rejected` counts those that were skipped, `notes` say what else to know.

        Raises:
            GuandianError: as `guandian.files.read_reviews`, a limit below 0, or no such column.
        """
        if rows := layout.get("header_rows"):
            files.header_rows("-".join(map(str, rows)))
        choice, file_layout = files.choose_columns(columns or {}), files.Layout(**layout)
        with files.read_reviews(path, choice, on_error=on_error, layout=file_layout) as reviews:
            limited = list(islice(reviews, limit and min(limit, sys.maxsize)))
        notes = tuple(map(in_python, reviews.notes))
        answers = None if engine == "local" else self._elsewhere(limited, engine, workers)
        return self._mined(limited, reviews.rejected, notes, Path(path), answers=answers)

    def _elsewhere(
        self, reviews: Sequence[Review], engine: Literal["ray"], workers: int | None
    ) -> list[Mined]:
        model = self._source.opened()
        made = engine_of(engine, self._source, model, workers)()
        with Answers(model, engine=made) as answers:
            pending = [answers.ask(chunk) for chunk in chunks(reviews)]
            return [mined for query in pending for mined in query.wait()]

    def _mined(
        self,
        reviews: Sequence[Review],
        rejected: int = 0,
        notes: tuple[str, ...] = (),
        *files: Path,
        answers: Sequence[Mined] | None = None,
    ) -> MinedReviews:
        caution = self._source.settings.caution
        if answers is None:
            answers = [caution.keep(mined) for mined in self.miner.mine(reviews)]
        answered = zip(reviews, answers, strict=True)
        names = self.names
        # What was measured of all opinions says nothing of those that a caution keeps.
        rates = None if caution.key else self.miner.rates
        correction = report.Correction.of(rates, self.miner.model)
        mined = [MinedReview(*pair, names) for pair in answered]
        reads = _kept(self.path, *files)
        return MinedReviews(mined, names, correction, rejected, notes, reads)

    def __repr__(self) -> str:
        return f"<guandian model {self.miner.model}>"


@told_in_python()
def open(
    bundle: str | Path | None = None,
    threads: FromOne | None = None,
    *,
    custom: str | None = None,
    boilerplate: str | Path | None = None,
    precision: float | None = None,
    precision_of: Meaning = "whole",
    promises: str | Path | None = None,
) -> Model:
    """Open a model to mine with.

    Args:
        bundle: the folder of a bundle, an ensemble or a run, or the name of one that ships with
            the package; None is `guandian-small`.
        threads: batches that are read at the same time; None = all usable cores.
        custom: of annotation to answer by, such as `zhijiang`, or a set that follows it; None = the
            model's own, which marks every judgement.
        boilerplate: a file of texts, one a line, that are set aside as no opinions, besides those
            that are known.
        precision: the share of opinions that are right, such as 0.9: others are held back.
        precision_of: what is right: the `whole` opinion, all but its category (`triplet`), or its
            `polarity`.
        promises: a file of `guandian promise`, for a model of your own.

    Raises:
        GuandianError: there is none, or it is not whole; no thread; a list that cannot be read; a
            precision that it cannot promise.
    """
    folder = model_folder(shipped().name if bundle is None else bundle)
    if is_run(folder):
        folder = open_folder_of_run(folder).bundle  # which says why there is none
    filler = None if boilerplate is None else Path(boilerplate)
    files = () if promises is None else (Path(promises),)
    promise = promise_of(folder, precision, precision_of, *files, custom=custom)
    settings = AnswerSettings(Caution(promise))
    source = MinerSource(folder, custom, filler, settings)
    return Model(composition.open_miner(folder, threads, custom, filler), folder, source)


def _kept(*named: Path) -> tuple[Path, ...]:
    """The paths that a save must leave alone, wherever the working folder is by then."""
    return tuple(path.absolute() for source in named for path in folders_of(source))


def _reviews(given: Sequence[str | Review | Row]) -> list[Review]:
    """Texts and reviews as they are; rows by their keys."""
    if given and all(isinstance(item, Mapping) for item in given):
        return list(files.review_rows([item for item in given if isinstance(item, Mapping)]))
    reviews = []
    mixed = all(isinstance(item, str | Review | Mapping) for item in given)
    kinds = str | Review if mixed else str | Review | Mapping
    for number, item in enumerate(given, start=1):
        if not isinstance(item, kinds):
            raise GuandianError(
                f"number {number} to mine is of the type {type(item).__name__}",
                "give texts, or dicts with a text" + (", not both" if mixed else ""),
            )
        reviews.append(Review(str(number), item) if isinstance(item, str) else item)
    return reviews
