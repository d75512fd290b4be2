"""Histories of mined reviews with a surge of complaints that was planted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span

FIRST = date(2024, 1, 1)
MODEL = "guandian-small@1.0.0"
SAYINGS = {
    "battery": ("电池", "电池不耐用🔋", "电池很耐用"),
    "display": ("屏幕", "屏幕有划痕", "屏幕很清晰"),
    "logistics": ("物流", "物流太慢", "物流很快"),
}


def history(
    weeks: int = 104,
    surge: tuple[date, date] | None = None,
    a_day: float = 4.0,
    seed: int = 7,
    times: float = 6.0,
) -> Iterator[tuple[Review, Mined]]:
    """Reviews of two products in two sources, day by day.

    From the first to the last day of `surge` so many times as many complaints come about the
    battery of one product in the app.
    """
    rng = np.random.default_rng(seed)
    number = 0
    for offset in range(weeks * 7):
        day = FIRST + timedelta(days=offset)
        surging = surge is not None and surge[0] <= day <= surge[1]
        for product in ("星河 X2", "Kite 14"):
            for source in ("app", "论坛"):
                for category in SAYINGS:
                    hit = surging and (product, source, category) == ("星河 X2", "app", "battery")
                    for bad, rate in ((True, 0.25 * (times if hit else 1)), (False, 0.75)):
                        for _ in range(rng.poisson(a_day * rate / 3)):
                            number += 1
                            where = {"product": product, "source": source, "time": str(day)}
                            yield said(f"r{seed}-{number}", category, where, bad=bad)


def said(name: str, category: str, where: dict[str, str], *, bad: bool) -> tuple[Review, Mined]:
    """A review that says one thing."""
    aspect, complaint, praise = SAYINGS[category]
    words = complaint if bad else praise
    text = f"😀{name}，{words}"
    start = len(text) - len(words)
    polarity = Polarity.NEGATIVE if bad else Polarity.POSITIVE
    opinion = Opinion(
        Span(start, start + len(aspect)),
        Span(start + len(aspect), len(text)),
        Span(start, len(text)),
        category,
        polarity,
        0.9,
        words,
    )
    mood = Sentiment(polarity, 0.2, 0.3, 0.5)
    review = Review(name, text, **where)  # type: ignore[arg-type]
    return review, Mined(name, Language.CHINESE, mood, (opinion,), (), (), MODEL)


def sales(
    first: date,
    last: date,
    surge: tuple[date, date] | None = None,
    a_day: float = 4.0,
    categories: Sequence[str] = tuple(SAYINGS),
    times: float = 5.0,
    seed: int = 11,
) -> Iterator[tuple[Review, Mined]]:
    """Reviews of one product, day by day.

    In the week of each 双十一 so many times as many come, of complaints and of praise; in the
    days of `surge` so many times as many complaints of the battery. `a_day` come of each category.
    """
    rng = np.random.default_rng(seed)
    day, number = first, 0
    while day <= last:
        sale = times if day.month == 11 and 11 <= day.day <= 18 else 1.0
        surging = surge is not None and surge[0] <= day <= surge[1]
        for category in categories:
            more = times if surging and category == "battery" else 1.0
            for bad, rate in ((True, 0.3 * more), (False, 0.7)):
                for _ in range(rng.poisson(a_day * sale * rate)):
                    number += 1
                    where = {"product": "星河 X2", "source": "app", "time": str(day)}
                    yield said(f"s{seed}-{number}", category, where, bad=bad)
        day += timedelta(days=1)
