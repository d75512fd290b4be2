"""Makes a call: the store's own numbers and quotes for it, nothing computed beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from guandian.analyst.digests.digest import QuotedWords
from guandian.analyst.digests.key_points import POOL
from guandian.analyst.digests.quote_choice import choose_quotes, quoted_words
from guandian.analyst.questions.answered_question import AnswerRow, Numbers
from guandian.analyst.questions.known_names import KnownNames
from guandian.analyst.questions.tool_calls import CHOICES, Dimensions, ToolCall
from guandian.domain import Span
from guandian.evaluation.changes import Cause, DayWindow, WindowPair, net_change, window_pair
from guandian.evaluation.correction import Correction
from guandian.evaluation.intervals.clustered import proportion
from guandian.store import Overview, SearchHit, Selection
from guandian.store.changed import compare_windows
from guandian.store.snapshot import StoreReader
from guandian.wording import Name, term

_ROWS = 10
_QUOTES = 3
_MANY_QUOTES = 6
_AROUND = 40
"""Characters on each side of words that were searched."""


@dataclass(frozen=True)
class AskedStore:
    """What a call is made of.

    Attributes:
        reader: of one state of the store.
        today: the day that is running.
        correction: of nets, by the model's own rates.
    """

    reader: StoreReader
    today: date
    correction: Correction | None = None

    @cached_property
    def names(self) -> KnownNames:
        """All names of it, read once: they take as long as an answer."""
        return KnownNames.of(self.reader)


def make_call(call: ToolCall, store: AskedStore) -> Numbers:
    """The numbers and quotes that a call asks for."""
    made = _TOOLS[call.tool](call, store)
    if store.reader.incomplete:
        missing = term("files of the store are missing, and this is of the rest")
        made = replace(made, remarks=(*made.remarks, missing))
    return made


def _volume(call: ToolCall, store: AskedStore) -> Numbers:
    selection = call.selection()
    overview = store.reader.overview(selection)
    return Numbers(
        (AnswerRow(term("reviews read"), reviews=overview.read), _spoken(overview)),
        _quotes(store, selection, _QUOTES),
        _empty(overview),
    )


def _net(call: ToolCall, store: AskedStore) -> Numbers:
    selection = call.selection()
    overview = store.reader.overview(selection, store.correction)
    row = AnswerRow(term("net sentiment"), overview.tally.reviews, overview.opinions, overview.net)
    return Numbers((row,), _quotes(store, selection, _QUOTES), _empty(overview))


def _share(call: ToolCall, store: AskedStore) -> Numbers:
    assert call.by is not None
    selection, reader = call.selection(), store.reader
    rows = reader.breakdown(selection, call.by, _ROWS, store.correction)
    quotes: list[QuotedWords] = []
    for row in rows[:_QUOTES]:
        behind = _of(selection, call.by, row.key)
        quotes += _quotes(store, behind, 1)
    one_side = selection.polarity is not None
    return Numbers(
        tuple(
            AnswerRow(
                row.name,
                row.tally.reviews,
                row.tally.opinions,
                None if one_side else row.net,
                row.share,
            )
            for row in rows
        ),
        tuple(quotes),
        () if rows else (_nothing(),),
    )


def _trend(call: ToolCall, store: AskedStore) -> Numbers:
    selection = call.selection()
    trend = store.reader.trend(selection, call.unit, None, store.correction)
    rows = []
    for period in trend.periods:
        name = f"{period.start} … {period.end}" if trend.unit != "day" else f"{period.start}"
        runs = term("{period} (not whole)", period=name)
        label = Name(name, name) if period.complete else runs
        rows.append(AnswerRow(label, period.tally.reviews, period.tally.opinions, period.net))
    quotes = _quotes(store, selection, _QUOTES)
    return Numbers(tuple(rows), quotes, () if rows else (_nothing(),))


def _compare(call: ToolCall, store: AskedStore) -> Numbers:
    assert call.by is not None
    selection, reader = call.selection(), store.reader
    names = reader.names(call.by, call.compared)
    rows, overviews, quotes = [], [], list[QuotedWords]()
    for key in call.compared:
        of_it = _of(selection, call.by, key)
        overview = reader.overview(of_it, store.correction)
        net = overview.net if call.polarity is None else None
        share = _spoken(overview).share if call.polarity else None
        rows.append(AnswerRow(names[key], overview.tally.reviews, overview.opinions, net, share))
        overviews.append(overview)
        quotes += _quotes(store, of_it, 1)
    if len(overviews) == 2 and call.polarity is None:
        first, second = (overview.tally for overview in overviews)
        change = net_change(second, first, store.correction)
        rows.append(AnswerRow(term("difference of the nets"), net=change))
    return Numbers(tuple(rows), tuple(quotes))


def _changes(call: ToolCall, store: AskedStore) -> Numbers:
    windows = _windows(call, store)
    if windows is None:
        return Numbers((), (), (term("the reviews do not reach over two such windows"),))
    selection = replace(call.selection(), since=None, until=None)
    compared = compare_windows(store.reader, selection, windows, store.correction)
    pairs = ((compared.before, windows.before), (compared.after, windows.after))
    one_side = call.polarity is not None
    rows = [
        AnswerRow(
            _days(window),
            overview.tally.reviews,
            overview.opinions,
            None if one_side else overview.net,
        )
        for overview, window in pairs
    ]
    ratio = compared.volume.ratio
    rows.append(AnswerRow(term("change of the reviews (later over earlier)"), share=ratio))
    if one_side:
        later = replace(selection, since=windows.after.since, until=windows.after.until)
        return Numbers(tuple(rows), _quotes(store, later, _QUOTES))
    rows.append(AnswerRow(term("change of the net"), net=compared.change))
    causes = compared.explanation.causes
    rows += [AnswerRow(_cause(cause, store), net=cause.effect) for cause in causes]
    quotes = [quoted_words(stored) for behind in compared.quotes for stored in behind[:1]]
    remarks = () if causes else (term("no group of opinions changed for sure"),)
    return Numbers(tuple(rows), tuple(quotes), remarks)


def _windows(call: ToolCall, store: AskedStore) -> WindowPair | None:
    """The days that are asked for against as many before, moved back by whole weeks."""
    first, last = store.reader.days
    if first is None or last is None:
        return None
    if call.since is None and call.until is None:
        unit = "week" if call.unit == "auto" else call.unit
        return window_pair(first, last, unit, store.today)
    since, until = call.since or first, min(call.until or last, last)
    if until < since:
        return None
    days = (until - since).days + 1
    back = timedelta(days=-(-days // 7) * 7)
    before = DayWindow(since - back, until - back)
    return None if before.since < first else WindowPair(before, DayWindow(since, until))


def _quoted(call: ToolCall, store: AskedStore) -> Numbers:
    selection = call.selection()
    overview = store.reader.overview(selection)
    return Numbers((_spoken(overview),), _quotes(store, selection, _MANY_QUOTES), _empty(overview))


def _search(call: ToolCall, store: AskedStore) -> Numbers:
    page = store.reader.search(call.words, call.selection(), _MANY_QUOTES)
    quotes = tuple(_hit(hit) for hit in page.items)
    remarks = () if page.total else (_nothing(),)
    row = AnswerRow(term("reviews that hold the words, copies too"), reviews=page.total)
    return Numbers((row,), quotes, remarks)


def _hit(hit: SearchHit) -> QuotedWords:
    """The words around the first place that holds what was searched."""
    review, length = hit.review, len(hit.review.text)
    words = hit.hits[0] if hit.hits else Span(0, max(1, min(length, 2 * _AROUND)))
    span = Span(max(0, words.start - _AROUND), max(1, min(length, words.end + _AROUND)))
    return QuotedWords(
        "", review.id, span, span.of(review.text), 1.0, review.product, review.source, review.time
    )


def _spoken(overview: Overview) -> AnswerRow:
    tally = overview.tally
    share = proportion(min(tally.reviews, overview.read), overview.read)
    return AnswerRow(term("reviews that say so"), tally.reviews, tally.opinions, share=share)


def _empty(overview: Overview) -> tuple[Name, ...]:
    return () if overview.opinions else (_nothing(),)


def _nothing() -> Name:
    return term("no review of the store says this")


def _quotes(store: AskedStore, selection: Selection, number: int) -> tuple[QuotedWords, ...]:
    return tuple(choose_quotes(store.reader.opinions(selection, limit=POOL).items, number))


def _of(selection: Selection, by: Dimensions, key: str) -> Selection:
    """What a selection holds of one product, aspect and so on."""
    chosen: dict[str, Any] = {CHOICES.get(by, "languages"): (key,)}
    return replace(selection, **chosen)


def _days(window: DayWindow) -> Name:
    return Name(*[f"{window.since} … {window.until}"] * 2)


def _cause(cause: Cause, store: AskedStore) -> Name:
    reader = store.reader
    parts = []
    for key in (cause.product, cause.source):
        parts += [Name(key, key)] if key else []
    if cause.aspect:
        parts.append(reader.names("aspect", [cause.aspect])[cause.aspect])
    elif cause.category:
        parts.append(reader.names("category", [cause.category])[cause.category])
    kind = (
        term("more or less is said of it")
        if cause.kind == "mix"
        else term("it is liked more or less")
    )
    zh, en = (
        " · ".join(getattr(part, side) or part.zh or part.en for part in parts)
        for side in ("zh", "en")
    )
    whole = term("everything")
    return Name(f"{zh or whole.zh}：{kind.zh}", f"{en or whole.en}: {kind.en}")


_TOOLS: dict[str, Callable[[ToolCall, AskedStore], Numbers]] = {
    "volume": _volume,
    "net": _net,
    "share": _share,
    "trend": _trend,
    "compare": _compare,
    "changes": _changes,
    "quotes": _quoted,
    "search": _search,
}
