"""The aggregate as the plain data that the page draws: numbers, names and a pool of quotes."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

from guandian.display.names import Names, category_name
from guandian.domain import Language, Polarity
from guandian.domain.periods import clock_of, next_period
from guandian.evaluation.correction import Correction, net_of
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.figures import outwards
from guandian.report.mined.quotes import Quote, Sample
from guandian.report.mined.standing_out import disagreements, standouts
from guandian.report.mined.tallies import OpinionTally

_PARTS = 10_000
"""Of a unit, in which intervals are given."""

ORDER = (Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE)
"""The order of every list with one entry a polarity."""


@dataclass(frozen=True, slots=True)
class PageOptions:
    """Options of a report.

    Args:
        minimum: numbers that rest on fewer reviews are shown in grey.
        language: the language the page opens in; None is the one of most reviews.
        title: the heading; empty gives the default one in each language.
        aspects, products, trends: how many are shown at most (trends: categories with a line).
        correction: of the net for what the model misses; None where that was never measured.
        corrected: whether the page opens with the corrected net; both are on it.
        filtered: by which fields of a `Filter` reviews and opinions were left out.
    """

    minimum: int = 10
    language: Language | None = None
    title: str = ""
    aspects: int = 30
    products: int = 12
    trends: int = 12
    correction: Correction | None = None
    corrected: bool = True
    filtered: tuple[tuple[str, str], ...] = ()


def payload(total: Aggregate, names: Names, options: PageOptions | None = None) -> dict[str, Any]:
    """Everything on the page as JSON-able data; an interval is `[value, low, high]`.

    Where there is a correction, each cell has beside its `net` as found the `fixed` one.
    """
    options = options or PageOptions()
    pool = _Pool(options.correction)
    categories = [
        {"key": key, **_cell(cell, pool, total.read)} for key, cell in total.categories.ranked()
    ]
    listed = [pool.number(quote) for quote in total.listing.quotes()]
    return {
        "title": options.title,
        "language": options.language or majority(total),
        "minimum": options.minimum,
        "filtered": [list(field) for field in options.filtered],
        "corrected": bool(options.correction and options.corrected),
        "reviews": total.reviews,
        "read": total.read,
        "span": [day.isoformat() if day else None for day in (total.first, total.last)],
        "languages": [
            [key, round(number / total.read, 4)] for key, number in total.languages.most_common()
        ],
        **_beside(total, options),
        "whole": _cell(total.whole, pool, total.read),
        "categories": categories,
        "aspects": _aspects(total, pool, options),
        "trend": _trend(total, pool, options),
        "standouts": _standouts(total, pool, options),
        **_comparison(total, pool, options),
        "notes": _notes(total, options),
        "names": {
            category["key"]: list(display(category["key"], names)) for category in categories
        },
        "listed": listed,
        "quotes": [_quote(quote) for quote in pool.quotes],
    }


def _beside(total: Aggregate, options: PageOptions) -> dict[str, Any]:
    """Figures beside the opinions: whole reviews, stars, and the reviews that say nothing."""
    stars = total.stars
    positive, negative, neutral = stars.by_kind() if stars.number else (0, 0, 0)
    return {
        "sentiment": [
            [
                total.sentiment[polarity],
                *_interval(proportion(total.sentiment[polarity], total.sentiment.total())),
            ]
            for polarity in ORDER
        ],
        "reviewNet": _interval(total.of_reviews()),
        "reviewFixed": _fixed_reviews(total, options.correction),
        "stars": {
            "number": stars.number,
            "scale": stars.scale,
            "mean": _interval(stars.mean()),
            "net": _interval(stars.net()),
            "counts": [positive, neutral, negative],
        }
        if stars.number
        else None,
        "silent": [total.silent, *_interval(total.without_opinion())],
        "aside": total.aside.most_common(),
        "copies": _copies(total, options),
        "disagree": {
            "found": disagreements(total, None),
            "fixed": disagreements(total, options.correction),
        },
    }


def _fixed_reviews(total: Aggregate, correction: Correction | None) -> dict[str, Any] | None:
    """The corrected net and shares of whole reviews; None where that was not measured."""
    fixed = correction.of_reviews(total.sentiment) if correction else None
    if fixed is None:
        return None
    return {
        "net": _interval(fixed.net),
        "shares": [_interval(fixed.shares[polarity]) for polarity in ORDER],
    }


def _copies(total: Aggregate, options: PageOptions) -> dict[str, Any]:
    every, correction = total.with_copies(), options.correction
    nets = {"found": every.net(), "fixed": net_of(every, correction)}
    return {
        "repeated": total.copies.repeated,
        "parted": total.copies.parted,
        "share": round(total.share_copied(), 4),
        "most": list(total.copies.most or ()),
        "pasted": total.copies.pasted(),
        "opinions": every.opinions,
        "net": {name: round(net.value, 4) if net else None for name, net in nets.items()},
    }


def _standouts(total: Aggregate, pool: _Pool, options: PageOptions) -> dict[str, Any]:
    categories = standouts(total, options.minimum)
    move = categories.pop("moved")
    if move:
        cell, interval = move.pop("cell"), move.pop("change")
        move = {**move, "change": _interval(interval), "cell": _cell(cell, pool, None)}
    fixed = dict(categories)
    if options.correction:
        fixed = standouts(total, options.minimum, options.correction)
        del fixed["moved"]
    return {"found": categories, "fixed": fixed, "moved": move}


def majority(total: Aggregate) -> Language:
    """Chinese or English, whichever more reviews are in (mixed ones count as Chinese)."""
    chinese = total.languages[Language.CHINESE] + total.languages[Language.MIXED]
    english = total.languages[Language.ENGLISH]
    return Language.CHINESE if chinese >= english else Language.ENGLISH


def display(category: str, names: Names) -> tuple[str, str]:
    """The Chinese and English name of a category; its key made readable when it has none."""
    return category_name(category, names)


class _Pool:
    """Quotes by number; a quote that stands behind several numbers is kept once."""

    def __init__(self, correction: Correction | None) -> None:
        self.correction = correction
        self.quotes: list[Quote] = []
        self._number: dict[Quote, int] = {}

    def number(self, quote: Quote) -> int:
        """The quote's place in the pool."""
        if quote not in self._number:
            self._number[quote] = len(self.quotes)
            self.quotes.append(quote)
        return self._number[quote]


def _interval(estimate: IntervalEstimate | None) -> list[float]:
    if estimate is None:
        return []
    low, high = outwards(estimate.low, estimate.high, _PARTS)
    return [round(estimate.value, 4), low / _PARTS, high / _PARTS]


def _cell(cell: OpinionTally, pool: _Pool, reviews: int | None) -> dict[str, Any]:
    """A cell's numbers; with `reviews`, the shares of them that mention, praise and complain."""
    tally = cell.tally
    shares = (tally.positive_share(), tally.neutral_share(), tally.negative_share())
    data: dict[str, Any] = {
        "reviews": tally.reviews,
        "counts": [tally.positive, tally.neutral, tally.negative],
        "net": _interval(tally.net()),
        "shares": [_interval(share) for share in shares],
        "quotes": [[pool.number(quote) for quote in cell.sample.shown(kind)] for kind in ORDER],
    }
    if pool.correction and tally.opinions:
        data["fixed"] = _interval(pool.correction.net(tally))
    if reviews:
        parts = (tally.reviews, tally.praising, tally.complaining)
        data["rates"] = [_interval(proportion(part, reviews)) for part in parts]
    return data


def _aspects(total: Aggregate, pool: _Pool, options: PageOptions) -> list[dict[str, Any]]:
    shown = list(total.aspects.ranked())[: options.aspects]
    return [
        {
            "key": total.spelling(key),
            "also": total.spellings(key),
            **_cell(cell, pool, total.read),
        }
        for key, cell in shown
    ]


def _trend(total: Aggregate, pool: _Pool, options: PageOptions) -> dict[str, Any] | None:
    unit, series = total.timeline.series()
    first = [day for day, row in series.items() if None in row]
    if len(first) < 2:
        return None
    shown = [key for key, _ in total.categories.ranked()][: options.trends]
    lines = []
    for key in (None, *shown):
        points = [
            {"at": day.isoformat(), **_cell(cell, pool, None)}
            for day, row in series.items()
            if (cell := row.get(key))
        ]
        lines.append({"key": key, "points": points})
    end = next_period(first[-1], unit).isoformat()
    return {"unit": unit, "first": first[0].isoformat(), "end": end, "lines": lines}


def _comparison(total: Aggregate, pool: _Pool, options: PageOptions) -> dict[str, Any]:
    ranked = [(key, cell) for key, cell in total.products.ranked() if cell.seen]
    if len(ranked) < 2:
        return {"products": [], "grid": {}}
    shown = ranked[: options.products]
    grid: dict[str, list[Any]] = {}
    for category, _ in total.categories.ranked():
        row = [(total.grid.get((key, category)), product.seen) for key, product in shown]
        grid[category] = [_cell(cell or OpinionTally(Sample(1)), pool, seen) for cell, seen in row]
    return {
        "products": [
            {"key": key, "seen": cell.seen, **_cell(cell, pool, cell.seen)} for key, cell in shown
        ],
        "grid": grid,
    }


def _notes(total: Aggregate, options: PageOptions) -> dict[str, Any]:
    correction, tally = options.correction, total.whole.tally
    return {
        "rates": correction and correction.told(),
        "chosen": total.chosen,
        "models": total.models.most_common(),
        "warnings": total.warnings.most_common(),
        "dated": total.dated,
        "unread_dates": total.unread_dates,
        "unsaid": total.unsaid,
        "unfitted": total.unfitted,
        "dominated": [tally.reviews, round(tally.effective, 1)] if tally.dominated else None,
        "unread_stars": [total.stars.unread, total.stars.example],
        "aspects": len(total.aspects),
        "missed": total.aspects.missed,
        "products": len(total.products),
    }


def _quote(quote: Quote) -> dict[str, Any]:
    return {
        "id": quote.review_id,
        "pieces": [[piece.text, piece.kinds] for piece in quote.pieces],
        "more": [quote.before, quote.after],
        "category": quote.category,
        "polarity": ORDER.index(quote.polarity),
        "confidence": floor(1000 * quote.confidence) / 1000,  # rounded up it would pass the slider
        "product": quote.product,
        "time": clock_of(quote.time) if quote.time else None,
    }
