"""What one generation of a tenant's store answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property, wraps
from hashlib import blake2b
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from guandian.data.taxonomy import taxonomy
from guandian.display.names import category_name
from guandian.domain import Language, Opinion, Polarity, Review
from guandian.domain.periods import Unit, next_period, period_start
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import Tally, proportion
from guandian.files.columns.stars import Stars
from guandian.store.answers import (
    Overview,
    Page,
    Part,
    Period,
    Row,
    StarAnswer,
    StoredOpinion,
    Trend,
    tally_of,
)
from guandian.store.duck import Duck, PartGone
from guandian.store.generation import Generation, read_generation
from guandian.store.part_files import KINDS, Kind
from guandian.store.selection import ALL, DIMENSIONS, Dimension, Parameters, Selection
from guandian.store.store_rows import ASIDE, COPY, OUT, POLARITIES, WHOLE, pair_of
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
_HAN = ("\u3400", "\u9fff")
_MOST_OFFSET = 1 << 40


def _served(
    method: Callable[Concatenate[Snapshot, Given], Answer],
) -> Callable[Concatenate[Snapshot, Given], Answer]:
    """Answer from the present generation where a deletion took parts of an earlier one away."""

    @wraps(method)
    def answer(snapshot: Snapshot, *values: Given.args, **named: Given.kwargs) -> Answer:
        for _ in range(_TRIES):
            try:
                return method(snapshot, *values, **named)
            except PartGone:
                snapshot.renew()
        return method(snapshot, *values, **named)

    return answer


class Snapshot:
    """The numbers and quotes of one generation; what is loaded later is not seen.

    Args:
        folder: of the tenant's parts.
        generation: that it sees.
        duck: what reads them.

    Attributes:
        incomplete: parts that are missing; the rest is served.
    """

    def __init__(self, folder: Path, generation: Generation, duck: Duck) -> None:
        self._folder, self._duck = folder, duck
        self._see(generation)

    def renew(self) -> None:
        """See the present generation, and which of its parts are there."""
        self.__dict__.pop("_days", None)
        self._see(read_generation(self._folder))

    def _see(self, generation: Generation) -> None:
        self.generation = generation
        whole = [segment for segment in generation.segments if not self._missing(segment.parts)]
        self.incomplete = tuple(
            name for segment in generation.segments for name in self._missing(segment.parts)
        )
        self._files: Parameters = {
            kind: self._duck.paths(kind, [self._folder / segment.parts[kind] for segment in whole])
            for kind in KINDS
        }

    @_served
    def overview(
        self, selection: Selection = ALL, correction: Correction | None = None
    ) -> Overview:
        """The whole of a selection: reviews, opinions, net, sentiment, stars, days."""
        told = _Reviews()
        chosen = selection.of_reviews()
        where, values = chosen.conditions()
        state = "again" if selection.of_products else "first"
        words = {"state": state, "where": " and ".join(["true", *where])}
        for row in self._duck.rows("reviews", self._files | values, words):
            told.add(row)
        tally = self._tallies(selection).get("", Tally())
        read = told.labels.total()
        return Overview(
            reviews=told.reviews,
            aside=dict(told.aside),
            copies=told.copies,
            silent=told.silent,
            tally=tally,
            net=net_of(tally, correction),
            net_as_found=tally.net(),
            corrected=correction is not None,
            sentiment={
                polarity: Part(told.labels[polarity], proportion(told.labels[polarity], read))
                for polarity in Polarity
            },
            stars=told.star_answer(),
            first=told.first,
            last=told.last,
            models=dict(told.models),
            languages=dict(told.languages),
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
        tallies = self._tallies(selection, by)
        ranked = sorted(tallies.items(), key=lambda item: (-item[1].opinions, item[0]))[:limit]
        names = self.names(by, [key for key, _ in ranked])
        read = self.overview(selection.of_reviews()).read
        return [Row.of(key, names[key], tally, read, correction) for key, tally in ranked]

    @_served
    def trend(
        self,
        selection: Selection = ALL,
        unit: Unit | Literal["auto"] = "auto",
        by: Dimension | None = None,
        correction: Correction | None = None,
    ) -> Trend:
        """The numbers by time, and by category and so on besides; as `guandian report` cuts it."""
        days = self._by_day(selection, None)
        whole: dict[date, Tally] = {day: tallies[""] for day, tallies in days.items()}
        cut = _unit_of({day: tally.opinions for day, tally in whole.items()}, unit)
        parts = self._by_day(selection, by) if by else {}
        starts = sorted({period_start(day, cut) for day in whole})
        sums: dict[date, Tally] = {start: Tally() for start in starts}
        inside: dict[date, dict[str, Tally]] = {start: defaultdict(Tally) for start in starts}
        for day, tally in whole.items():
            sums[period_start(day, cut)].merge(tally)
            for key, part in parts.get(day, {}).items():
                inside[period_start(day, cut)][key].merge(part)
        first, last = self._days
        first, last = max(first, selection.since or first), min(last, selection.until or last)
        periods = []
        for start in starts:
            end = next_period(start, cut) - timedelta(days=1)
            by_key = {key: (t, net_of(t, correction)) for key, t in sorted(inside[start].items())}
            net = net_of(sums[start], correction)
            complete = first <= start and end <= last
            periods.append(Period(start, end, complete, sums[start], net, by_key))
        return Trend(cut, tuple(periods))

    @_served
    def opinions(
        self,
        selection: Selection = ALL,
        order: Order = "confidence",
        limit: int = 20,
        offset: int = 0,
    ) -> Page[StoredOpinion]:
        """The opinions behind a number, as many as the number says."""
        where, values = self._opinion_conditions(selection)
        values |= {"limit": limit, "offset": min(offset, _MOST_OFFSET)}
        words = {"where": where, "order": _ORDERS[order]}
        rows = self._duck.rows("quotes", self._files | values, words)
        if not rows:
            return Page(self._tallies(selection).get("", Tally()).opinions, ())
        pairs = self._pairs(row for row, _, _ in rows)
        items = []
        for row, ordinal, _ in rows:
            review, mined = pairs[row]
            name = opinion_ids(review, mined.opinions)[ordinal]
            opinion = mined.opinions[ordinal]
            items.append(StoredOpinion(name, review, mined.language, mined.model, opinion))
        return Page(rows[0][2], tuple(items))

    @_served
    def names(self, by: Dimension, keys: list[str]) -> Mapping[str, Name]:
        """What people call these keys; an aspect by its commonest spelling in the store."""
        if by == "category":
            known = {key: (row.zh, row.en) for key, row in taxonomy().items()}
            return {key: category_name(key, known) for key in keys}
        if by != "aspect":
            return {key: Name(key, key) for key in keys}
        spellings: dict[str, list[str]] = defaultdict(list)
        for key, written, *_ in self._duck.rows("spellings", self._files | {"keys": keys}):
            spellings[key].append(written)
        return {key: _spoken(key, spellings[key]) for key in keys}

    @cached_property
    def _days(self) -> tuple[date, date]:
        ((first, last),) = self._duck.rows("days", self._files)
        return first or date.max, last or date.min

    def _by_day(self, selection: Selection, by: Dimension | None) -> dict[date, dict[str, Tally]]:
        days: dict[date, dict[str, Tally]] = defaultdict(dict)
        key = f"{{'day': day, 'by': {by}}}" if by else "{'day': day, 'by': ''}"
        where, values = self._opinion_conditions(selection)
        where += " and day is not null"
        words = {"by": key, "where": f"{where} and {by} is not null" if by else where}
        for row, *sums in self._duck.rows("tallies", self._files | values, words):
            days[row["day"]][row["by"]] = tally_of(sums)
        return days

    def _tallies(self, selection: Selection, by: Dimension | None = None) -> dict[str, Tally]:
        of_product = selection.of_products or by == "product"
        where, values = self._opinion_conditions(selection, of_product=of_product)
        words = {"by": by or "''", "where": f"{where} and {by} is not null" if by else where}
        rows = self._duck.rows("tallies", self._files | values, words)
        return {key: tally_of(sums) for key, *sums in rows}

    def _opinion_conditions(
        self, selection: Selection, *, of_product: bool | None = None
    ) -> tuple[str, Parameters]:
        of_product = selection.of_products if of_product is None else of_product
        words, values = selection.conditions()
        return " and ".join(["again" if of_product else "first", *words]), values

    def _pairs(self, rows: Iterable[int]) -> dict[int, Any]:
        wanted = self._files | {"rows": sorted(set(rows))}
        return {row: pair_of(record) for row, record in self._duck.rows("records", wanted)}

    def _missing(self, parts: Mapping[Kind, str]) -> list[str]:
        return [name for name in parts.values() if not (self._folder / name).is_file()]


class _Reviews:
    """The numbers of whole reviews."""

    def __init__(self) -> None:
        self.reviews = self.copies = self.silent = 0
        self.aside: Counter[str] = Counter()
        self.models: Counter[str] = Counter()
        self.labels: Counter[Polarity] = Counter()
        self.languages: Counter[Language] = Counter()
        self.first: date | None = None
        self.last: date | None = None
        self._stars, self._rated = Stars(), 0
        self._whys = {number: words for words, number in ASIDE.items()}

    def add(self, row: Sequence[Any]) -> None:
        aside, state, silent, sentiment, model, language, rating, scale, *rest = row
        unread, number, first, last = rest
        self.reviews += number
        self.models[model] += number
        if unread is not None:
            self._stars.miss(unread, number)
            self._rated += number
        if aside:
            self.aside[self._whys[aside]] += number
        elif state == COPY:
            self.copies += number
        elif state != OUT:
            if state == WHOLE:
                self.labels[POLARITIES[sentiment]] += number
            self.languages[Language(language)] += number
            self.silent += number * silent
            self._stars.add(rating, scale, number)
            self._rated += number * (rating is not None)
            self.first = min(filter(None, (self.first, first)), default=None)
            self.last = max(filter(None, (self.last, last)), default=None)

    def star_answer(self) -> StarAnswer | None:
        if not self._rated:
            return None
        stars = self._stars
        return StarAnswer(stars.number, stars.unread, stars.scale, stars.mean(), stars.net())


def opinion_ids(review: Review, opinions: Iterable[Opinion]) -> list[str]:
    """The ids of a review's opinions, the same wherever and whenever the same are found in it.

    The first 16 hex digits are the review's.
    """
    seen: Counter[str] = Counter()
    names = []
    for opinion in opinions:
        spans = [opinion.aspect, opinion.expression]
        spans += [] if any(spans) else [opinion.evidence]
        said = repr([span and (span.start, span.end) for span in spans])
        said += f"{opinion.category}\0{opinion.polarity}"
        seen[said] += 1
        digest = blake2b(f"{said}\0{seen[said]}".encode(), digest_size=4).hexdigest()
        names.append(f"o_{review_digest(review.id)}{digest}")
    return names


def review_digest(name: str) -> str:
    """The 16 hex digits that stand for the id of a review."""
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _spoken(key: str, spellings: list[str]) -> Name:
    def first(*, han: bool) -> str:
        fitting = (text for text in spellings if any(_HAN[0] <= c <= _HAN[1] for c in text) == han)
        return next(fitting, spellings[0] if spellings else key)

    return Name(first(han=True), first(han=False))


def _unit_of(weight: Mapping[date, int], unit: Unit | Literal["auto"]) -> Unit:
    if unit != "auto":
        return unit
    if not weight:
        return "week"
    days = sorted(weight)
    span = (_quantile(days, weight, 0.99) - _quantile(days, weight, 0.01)).days
    return "week" if span <= 184 else "month" if span <= 3660 else "year"


def _quantile(days: list[date], weight: Mapping[date, int], share: float) -> date:
    left = share * sum(weight.values())
    for day in days:
        left -= weight[day]
        if left <= 0:
            return day
    return days[-1]


def _check(by: str) -> None:
    if by not in DIMENSIONS:
        raise ValueError(f"by {by!r}: one of {', '.join(DIMENSIONS)}")
