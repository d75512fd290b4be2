"""What one generation of a tenant's store answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from guandian.data.taxonomy import taxonomy
from guandian.display.names import category_name
from guandian.domain import Mined, Polarity, Review
from guandian.evaluation.changes import (
    CodedWords,
    DrawnReviews,
    OpinionCell,
    WindowCounts,
    blocked_cells,
)
from guandian.evaluation.correction import Correction, net_of, net_of_reviews
from guandian.evaluation.intervals.clustered import IntervalEstimate, Tally, proportion
from guandian.mining.aspect_groups import AspectProposal
from guandian.mining.headlines.topics import topic_names
from guandian.store.answers import (
    CountedShare,
    Overview,
    Page,
    Pair,
    Row,
    SearchHit,
    Spelling,
    StoredOpinion,
    StoredReview,
    Trend,
)
from guandian.store.duck import PartGone
from guandian.store.parts.bucket_clock import BucketClock
from guandian.store.parts.generation import Generation
from guandian.store.parts.store_rows import hash_of
from guandian.store.proposed_merges import proposed_merges
from guandian.store.review_counts import ReviewCounts
from guandian.store.selection import ALL, DIMENSIONS, Dimension, Selection
from guandian.store.text_search import folded, hits_of
from guandian.store.trends import Cut, trend_of
from guandian.store.view import Laid, Views
from guandian.text.aspect_names import Synonyms, synonyms
from guandian.wording import Name

Order = Literal["confidence", "time", "uncertain"]
_ORDERS: dict[Order, str] = {
    "confidence": "confidence desc, row, ordinal",
    "time": "day desc nulls last, row desc, ordinal",
    "uncertain": "abs(confidence - 0.5), row, ordinal",
}
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
_TRIES = 4
"""Generations that may come while one answer is sought."""
_OPINION = re.compile(r"o_([0-9a-f]{16})[0-9a-f]{8}\+?")
_HAN = ("\u3400", "\u9fff")
_MOST = 1 << 40
_AT_ONCE = 2000
"""Reviews that are held at once where all are listed."""
_COMMON = 300
"""Aspects that are looked for together, the commonest."""
_SEVERAL = 5
"""Reviews that speak of two aspects before the two are told as a pair."""

CellKey = tuple[str, str | None, str | None, str | None]


def _served(
    method: Callable[Concatenate[StoreReader, Given], Answer],
) -> Callable[Concatenate[StoreReader, Given], Answer]:
    """Answer from the present generation where a deletion took parts of an earlier one away."""

    @wraps(method)
    def answer(snapshot: StoreReader, /, *values: Given.args, **named: Given.kwargs) -> Answer:
        for _ in range(_TRIES):
            try:
                return method(snapshot, *values, **named)
            except PartGone:
                snapshot.renew()
        return method(snapshot, *values, **named)

    return answer


class StoreReader:
    """The numbers and quotes of one generation; what is loaded later is not seen.

    Args:
        folder: of the tenant's parts.
        views: what opens generations.
        laid: what lies over the parts.
    """

    def __init__(self, folder: Path, views: Views, laid: Laid) -> None:
        self._folder, self._views, self._laid = folder, views, laid
        self.renew()

    def renew(self) -> None:
        """See the present generation, and which of its parts are there."""
        self._view = self._views.present(self._folder, self._laid)

    @property
    def generation(self) -> Generation:
        """The generation that it sees."""
        return self._view.generation

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Parts that are missing; the rest is served."""
        return self._view.incomplete

    @_served
    def overview(
        self, selection: Selection = ALL, correction: Correction | None = None
    ) -> Overview:
        """The whole of a selection: reviews, opinions, net, sentiment, stars, days."""
        of_product = selection.of_products
        counts = ReviewCounts(self._view.reviews(selection, of_product=of_product))
        tally = self._view.tallies(selection, of_product=of_product).get(None, Tally())
        labels, labelled = counts.labels, counts.labels.total()
        return Overview(
            reviews=counts.reviews,
            aside=dict(counts.aside),
            copies=counts.copies,
            silent=counts.silent,
            tally=tally,
            net=net_of(tally, correction),
            net_as_found=tally.net(),
            corrected=correction is not None,
            sentiment={
                label: CountedShare(labels[label], proportion(labels[label], labelled))
                for label in Polarity
            },
            net_of_reviews=net_of_reviews(labels, correction),
            whole=correction.of_reviews(labels) if correction else None,
            stars=counts.star_answer(),
            first=counts.first,
            last=counts.last,
            models=dict(counts.models),
            languages=dict(counts.languages),
            incomplete=self.incomplete,
        )

    @_served
    def breakdown(
        self,
        selection: Selection = ALL,
        by: Dimension = "category",
        limit: int | None = None,
        correction: Correction | None = None,
    ) -> list[Row]:
        """The numbers by category, aspect, product and so on, the most opinions first."""
        _check(by)
        of_product = selection.of_products or by == "product"
        tallies = self._view.tallies(selection, [by], of_product=of_product, most=limit)
        ranked = sorted(tallies.items(), key=lambda item: (-item[1].opinions, item[0]))
        names = self.names(by, [key for key, _ in ranked])
        read = ReviewCounts(self._view.reviews(selection, of_product=selection.of_products)).read
        return [Row.of(key, names[key], tally, read, correction) for key, tally in ranked]

    @_served
    def trend(
        self,
        selection: Selection = ALL,
        unit: Cut = "auto",
        by: Dimension | None = None,
        correction: Correction | None = None,
    ) -> Trend:
        """The numbers by time, and by category and so on besides.

        A period is complete where both the store and the selection may hold all of its days.
        """
        if by is not None:
            _check(by)
        of_product = selection.of_products
        days = self._view.tallies(selection, ["day"], of_product=of_product)
        of_part = of_product or by == "product"  # as in `breakdown`
        parts = self._view.tallies(selection, ["day", by], of_product=of_part) if by else {}
        first, last = self._view.days
        first = max(filter(None, (first, selection.since)), default=None)
        last = min(filter(None, (last, selection.until)), default=None)
        return trend_of(days, parts, unit, (first, last), lambda tally: net_of(tally, correction))

    @_served
    def counted(
        self, by: Sequence[str], clock: BucketClock, own: str | None = None, rows: int = 0
    ) -> Any:
        """How many people complain of something and speak of it, by bucket of time.

        Args:
            by: dimensions, and `own`, a column of the owner's.
            clock: of the buckets.
            own: the name of that column.
            rows: only reviews loaded after a generation that had given out so many rows.

        Returns:
            An Arrow table: `bucket`, a column of each of `by`, `complaints` and `volume`;
            opinions that lack one of the values are left out, and reviews in no bucket.
        """
        for name in by:
            _check(name) if name != "own" else None
        return self._view.counted(by, clock, own, rows, of_product="product" in by)

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The first and the last day of all reviews read; None without any."""
        return self._view.days

    @_served
    def own_columns(self) -> list[str]:
        """The owner's columns that any review has, by their names."""
        return [name for (name,) in self._view.query("own_columns")]

    @_served
    def sliced(self, selection: Selection = ALL, own: str | None = None) -> list[tuple[Any, ...]]:
        """How many reviews speak of something and complain of it, by where they stand.

        Args:
            selection: of the opinions.
            own: a column of the owner's that is told besides.

        Returns:
            Category, aspect, product, source, value of `own` (empty where there is none), reviews
            that speak, and that complain; category and aspect are None for those of any.
        """
        return self._view.sliced(selection, own, of_product=selection.of_products)

    @_served
    def cells(
        self, selection: Selection = ALL, since: date | None = None, until: date | None = None
    ) -> Mapping[CellKey, Tally]:
        """The tallies by category, aspect, product and source, of some days.

        Opinions that name no aspect, product or source have None there. All reviews count once,
        as in `overview` of a selection without products.
        """
        chosen = _within(selection, since, until)
        return self._view.cells(chosen, of_product=selection.of_products)

    @_served
    def opinions(
        self,
        selection: Selection = ALL,
        order: Order = "confidence",
        limit: int = 20,
        offset: int = 0,
    ) -> Page[StoredOpinion]:
        """The opinions behind a number, as many as the number says."""
        of_product, view = selection.of_products, self._view
        total = view.tallies(selection, of_product=of_product).get(None, Tally()).opinions
        where, values = view.conditions(selection, of_product=of_product)
        values |= {"limit": min(limit, _MOST), "offset": min(offset, _MOST)}
        words = {"where": where, "order": _ORDERS[order], "source": view.opinions}
        rows = view.query("quotes", values, words, **view.matching(selection))
        listed = {row: self._stored(pair) for row, pair in view.pairs(r for r, _ in rows).items()}
        return Page(total, tuple(listed[row][ordinal] for row, ordinal in rows))

    @_served
    def unseen(
        self, selection: Selection = ALL, limit: int = 20, offset: int = 0
    ) -> Page[StoredOpinion]:
        """The opinions of which nobody said anything, the most uncertain first; all are counted."""
        of_product, view = selection.of_products, self._view
        total = view.tallies(selection, of_product=of_product).get(None, Tally()).opinions
        spoken = view.spoken_of(selection, of_product=of_product)
        where, values = view.conditions(selection, of_product=of_product)
        values |= {"limit": min(limit + offset, _MOST) + len(spoken), "offset": 0}
        words = {"where": where, "order": _ORDERS["uncertain"], "source": view.opinions}
        ranked = view.query("quotes", values, words, **view.matching(selection))
        rows = [row for row in ranked if row not in spoken][offset : offset + limit]
        listed = {row: self._stored(pair) for row, pair in view.pairs(r for r, _ in rows).items()}
        return Page(total - len(spoken), tuple(listed[row][ordinal] for row, ordinal in rows))

    @_served
    def search(
        self, words: str, selection: Selection = ALL, limit: int = 20, offset: int = 0
    ) -> Page[SearchHit]:
        """The reviews that hold the words, as `guandian report --containing`, the latest first.

        Copies and reviews that are set aside are found too.
        """
        sought, view = folded(words), self._view
        if not sought:
            return Page(0, ())
        total, rows = view.latest(sought, selection, min(offset, _MOST) + min(limit, _MOST))
        pairs, items = view.pairs(rows[offset:]), []
        for row in rows[offset:]:
            review, mined = pairs[row]
            hits = tuple(hits_of(sought, review.text))
            items.append(SearchHit(review, mined.language, hits, self._stored(pairs[row])))
        return Page(total, tuple(items))

    @_served
    def together(self, selection: Selection = ALL, limit: int = 20) -> list[Pair]:
        """Aspects that the same reviews speak of, five at least, of the commonest ones."""
        of_product, view = selection.of_products, self._view
        where, values = view.conditions(selection, of_product=of_product)
        values |= {"limit": limit, "most": _COMMON, "least": _SEVERAL}
        rows = view.query(
            "together",
            values,
            {"where": where, "source": view.opinions},
            **view.matching(selection),
        )
        names = self.names("aspect", sorted({key for row in rows for key in row[:2]}))
        read = ReviewCounts(view.reviews(selection, of_product=of_product)).read
        return [
            Pair(
                first,
                second,
                (names[first], names[second]),
                number,
                number * read / (of_first * of_second),
                _lift_of(number, sorted((of_first, of_second)), read),
            )
            for first, second, number, of_first, of_second in rows
        ]

    @_served
    def review(self, review_id: str) -> StoredReview | None:
        """A review with all that was mined from it; None where it is not stored."""
        rows = self._view.versions(review_id)
        pairs = self._view.pairs(row for row, _ in rows)
        current = next((row for row, seen in rows if seen), None)
        if current is None:
            return None
        earlier = tuple(pairs[row] for row, seen in sorted(rows) if not seen)
        review, mined = pairs[current]
        return StoredReview(review, mined, self._stored(pairs[current]), earlier)

    @_served
    def models_by_day(self) -> list[tuple[date, str, int]]:
        """How many reviews of each day each model mined, of those that readers see."""
        return [(day, model, number) for day, model, number in self._view.query("models_by_day")]

    @_served
    def mined_by_both(
        self, before: str, after: str, most: int = 20_000
    ) -> list[tuple[tuple[Review, Mined], tuple[Review, Mined]]]:
        """Reviews that are stored as two models mined them: what each made of them.

        Args:
            before: a model, as `name@version`.
            after: the other one.
            most: reviews.
        """
        rows: dict[str, dict[str, int]] = defaultdict(dict)
        values = {"before": before, "after": after, "most": most}
        for name, row, model in self._view.query("mined_twice", values):
            rows[name][model] = row
        versions = [its for its in rows.values() if len(its) == len({before, after})]
        pairs = self._view.pairs(row for its in versions for row in its.values())
        return [(pairs[its[before]], pairs[its[after]]) for its in versions]

    @property
    def aspect_names(self) -> Synonyms:
        """Which names of aspects mean one thing, the tenant's own before those that are shipped."""
        return {**synonyms(), **self._view.own_names}

    @_served
    def mined(self, review_ids: Sequence[str]) -> dict[str, tuple[Review, Mined]]:
        """Reviews with their opinions as the model gave them, by id; those that are stored."""
        names = set(review_ids)
        rows = self._view.of_ids([hash_of(name) for name in names])
        chosen = {row: name for row, name, seen in rows if seen and name in names}
        pairs = self._view.pairs(chosen)
        return {name: pairs[row] for row, name in chosen.items()}

    def reviews(self, selection: Selection = ALL) -> Iterator[tuple[Review, Mined]]:
        """All reviews of a selection of reviews, with their opinions, in the order of loading.

        Copies and reviews that are set aside are among them; opinions are as people corrected them.
        """
        view, chosen = self._view, selection.of_reviews()
        where, values = chosen.conditions()
        matching = view.matching(selection)
        where += ["row in (select row from matching)"] if matching else []
        words = {"where": " and ".join(["true", *where])}
        rows = [row for (row,) in view.query("listed", values, words, **matching)]
        for start in range(0, len(rows), _AT_ONCE):
            chunk = rows[start : start + _AT_ONCE]
            pairs = view.pairs(chunk)
            for row in chunk:
                review, mined = pairs[row]
                shown = tuple(its.opinion for its in view.judged((review, mined)))
                yield review, mined if shown == mined.opinions else replace(mined, opinions=shown)

    @_served
    def names(self, by: Dimension, keys: Sequence[str]) -> Mapping[str, Name]:
        """What people call these keys; an aspect by its commonest spelling in the store."""
        if by == "category":
            topics = {key: (its.zh, its.en) for key, its in topic_names().items()}
            known = topics | {key: (row.zh, row.en) for key, row in taxonomy().items()}
            known |= self._view.own_categories.names
            return {key: category_name(key, known) for key in keys}
        if by != "aspect":
            return {key: Name(key, key) for key in keys}
        spellings: dict[str, list[str]] = defaultdict(list)
        for key, _, written, *_ in self._view.spellings(keys) if keys else ():
            spellings[key].append(written)
        return {key: _spoken(key, spellings[key]) for key in keys}

    @_served
    def review_of(self, opinion_id: str) -> StoredReview | None:
        """The review that holds an opinion, by the opinion's id; None where it is not stored."""
        match = _OPINION.fullmatch(opinion_id)
        if match is None:
            return None
        number = int.from_bytes(bytes.fromhex(match[1]), "little")
        rows = self._view.of_ids([number])
        name = next((name for _, name, current in rows if current), None)
        return None if name is None else self.review(name)

    @_served
    def spellings(self, keys: Sequence[str]) -> Mapping[str, Sequence[Spelling]]:
        """How the things of these keys are called in reviews, the commonest name first."""
        spelled: dict[str, dict[str, Spelling]] = {key: {} for key in keys}
        for key, name, written, number, _ in self._view.spellings(keys) if keys else ():
            before = spelled[key].get(name, Spelling(written, 0))
            spelled[key][name] = Spelling(before.name, before.opinions + number)
        return {key: tuple(names.values()) for key, names in spelled.items()}

    def proposals(self, rows: Sequence[Row]) -> list[AspectProposal]:
        """Which of these rows by aspect may be one thing, for a person to decide; by their keys."""
        counts = tuple((row.key, row.tally.opinions) for row in rows)
        return [*proposed_merges(counts, tuple(sorted(self._view.own_names.items())))]

    @_served
    def blocks(self, selection: Selection, number: int) -> tuple[list[OpinionCell], WindowCounts]:
        """The opinions by block of reviews and by cell, as `evaluation.changes` takes them.

        Args:
            selection: of the opinions.
            number: of blocks; reviews fall into them by lot, evenly.
        """
        blocks, view = max(1, number), self._view
        where, values = view.conditions(selection, of_product=selection.of_products)
        words = {"where": where, "source": view.opinions}
        values |= {"blocks": blocks}
        table = view.table("blocks", values, words, **view.matching(selection))
        columns = [_coded(table[name]) for name in OpinionCell._fields]
        reviews = DrawnReviews(table["row"].to_numpy(), table["lot"].to_numpy())
        return blocked_cells(columns, reviews, table["polarity"].to_numpy(), blocks)

    def _stored(self, pair: tuple[Review, Mined]) -> tuple[StoredOpinion, ...]:
        review, mined = pair
        return tuple(
            StoredOpinion(
                its.id, review, mined.language, mined.model, its.opinion, corrected=its.corrected
            )
            for its in self._view.judged(pair)
        )


def _coded(column: Any) -> CodedWords:
    coded = column.combine_chunks().dictionary_encode()
    return CodedWords(coded.dictionary.to_pylist(), coded.indices.to_numpy())


def _within(selection: Selection, since: date | None, until: date | None) -> Selection:
    first = max(filter(None, (selection.since, since)), default=None)
    last = min(filter(None, (selection.until, until)), default=None)
    return replace(selection, since=first, until=last)


def _lift_of(common: int, alone: Sequence[int], read: int) -> IntervalEstimate | None:
    """A lift with its interval: how many reviews of the rarer aspect also have the commoner one.

    Args:
        common: reviews that have both.
        alone: reviews of the rarer and of the commoner aspect.
        read: all reviews.
    """
    rarer, commoner = alone
    share = proportion(common, rarer)
    if share is None:
        return None
    usual = commoner / read
    return IntervalEstimate(share.value / usual, share.low / usual, share.high / usual)


def _spoken(key: str, spellings: Sequence[str]) -> Name:
    def first(*, han: bool) -> str:
        fitting = (text for text in spellings if any(_HAN[0] <= c <= _HAN[1] for c in text) == han)
        return next(fitting, spellings[0] if spellings else key)

    return Name(first(han=True), first(han=False))


def _check(by: str) -> None:
    if by not in DIMENSIONS:
        raise ValueError(f"by {by!r}: one of {', '.join(DIMENSIONS)}")
